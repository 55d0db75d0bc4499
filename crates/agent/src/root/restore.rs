//! A server that was restored from a backup has forgotten outcomes. It says so by another epoch; then
//! those of the last seven days are sent again. Storing one twice changes nothing there.

use crate::clock;
use crate::hands::runner::{put_json, read_json};
use crate::root::board::Board;
use crate::root::home::{Home, Parcel};
use std::io;
use std::os::unix::fs::MetadataExt as _;

/// How far back outcomes are sent again: no backup that is restored should be older.
const AGAIN_SECS: i64 = 7 * 86_400;

/// Compares the server's epoch with the one seen last.
///
/// # Errors
/// The disk is full or broken; the old epoch stays, so that it is tried again.
pub fn follow(home: &Home, board: &Board, epoch: u64) -> io::Result<()> {
    let path = home.restore_epoch();
    let known: Option<u64> = read_json(&path).ok();
    if known == Some(epoch) {
        return Ok(());
    }
    if known.is_some() {
        send_again(home, board, clock::now().saturating_sub(AGAIN_SECS))?;
    }
    put_json(&path, &epoch)
}

fn send_again(home: &Home, board: &Board, since: i64) -> io::Result<()> {
    for folder in home.all_runs() {
        let path = folder.0.join("outcome.json");
        if std::fs::metadata(&path).is_ok_and(|found| found.mtime() >= since) {
            let parcel: Parcel = read_json(&path)?;
            home.post(&parcel)?;
            board.deliver(parcel.id);
        }
    }
    Ok(())
}
