//! Orders in: one long poll after the other; what comes goes to the root half unread.

use crate::clock;
use crate::failure::say;
use crate::halves::{Answer, Ask, body_of, fd_of};
use crate::link::backoff::{chance, jittered};
use crate::net::{Net, Patience, RootHalf};
use model::wire::POLL_SECS_MAX;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::time::Duration;

/// Seconds between two polls at least, where a server answers at once with nothing to say.
const IDLE_SECS: u64 = 1;
/// Seconds before an answer that the root half could not take is fetched again.
const REFUSED_SECS: u64 = 30;

/// As much of the answer as carrying it needs. The root half reads the whole of it, from the same bytes.
#[derive(Debug, Deserialize)]
struct Cover {
    server_time: i64,
    restore_epoch: u64,
    cursor: u64,
    root: Option<IgnoredAny>,
    roster: Option<IgnoredAny>,
    orders: Vec<IgnoredAny>,
}

/// Polls for ever.
pub(crate) fn run(net: &Net) {
    let mut root = RootHalf::new(net);
    let mut patience = Patience::default();
    let mut cursor = 0;
    let mut epoch = None;
    loop {
        net.renew_if_due();
        // The first poll does not wait: it brings what was ordered while this half was away.
        let wait = if epoch.is_none() { 0 } else { jittered(POLL_SECS_MAX, chance()).as_secs() };
        let asked_at = clock::monotonic_secs();
        let bytes = match net.gateway().orders(cursor, wait, &net.trouble()) {
            Ok(bytes) => bytes,
            Err(error) => {
                clock::wait(patience.after(&error));
                continue;
            }
        };
        patience.heard();
        let cover = match serde_json::from_slice::<Cover>(&bytes) {
            Ok(cover) => cover,
            Err(error) => {
                say(&format!("the server's orders cannot be read: {error}"));
                clock::wait(Duration::from_secs(REFUSED_SECS));
                continue;
            }
        };
        net.note_server_time(cover.server_time);
        let is_news = epoch != Some(cover.restore_epoch)
            || !cover.orders.is_empty()
            || cover.root.is_some()
            || cover.roster.is_some();
        if is_news && !hand_over(net, &mut root, &bytes) {
            clock::wait(Duration::from_secs(REFUSED_SECS));
            continue;
        }
        if !is_news && clock::monotonic_secs() - asked_at < IDLE_SECS {
            clock::wait(Duration::from_secs(IDLE_SECS));
        }
        epoch = Some(cover.restore_epoch);
        cursor = cover.cursor;
    }
}

/// Returns whether the root half took the answer. Why it did not travels with the next poll: on a full
/// disk nothing else could say it.
fn hand_over(net: &Net, root: &mut RootHalf<'_>, bytes: &[u8]) -> bool {
    let body = match body_of(bytes) {
        Ok(body) => body,
        Err(error) => {
            say(&format!("could not hand orders to the root half: {error}"));
            return false;
        }
    };
    match root.ask(&Ask::Orders, Some(fd_of(&body))) {
        Some((Answer::Done, _)) => {
            net.note_trouble("");
            true
        }
        Some((Answer::Failed { text }, _)) => {
            say(&format!("the root half did not take the orders: {text}"));
            net.note_trouble(&text);
            false
        }
        Some((Answer::Sight | Answer::Work(_), _)) | None => false,
    }
}
