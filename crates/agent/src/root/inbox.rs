//! Orders in: kept on disk until they are refused or have become a run. Everything is verified from the
//! received bytes; the network half's word counts for nothing.

use crate::clock;
use crate::hands::journal::Journal;
use crate::hands::runner::{Folder, put_json, read_json};
use crate::root::home::{Home, entries, is_hidden};
use crate::run::entry::{Entry, Opened};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::order::Order;
use model::outcome::Refusal;
use model::wire::{ENTRY_BYTES_MAX, Envelope, OrderDelivery, OrdersAnswer};
use model::{Digest, OrderId, RunId};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use trust::envelope::bounded;
use trust::order::{Check, Floors, VerifiedOrder};
use trust::roster::VerifiedRoster;

/// Orders that may wait at once; a host has one run at a time, and its server knows that.
const INBOX_MAX: usize = 64;
/// Bytes of a plan entry's base64 at most.
const ENTRY_TEXT_BYTES_MAX: usize = ENTRY_BYTES_MAX.div_ceil(3) * 4;
/// Characters of a refusal's own text at most.
const REASON_CHARS_MAX: usize = 500;

/// One order as it came, with the statements that it is checked against.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Item {
    pub root: Envelope,
    pub roster: Envelope,
    pub delivery: OrderDelivery,
    pub server_time: i64,
    /// This host's clock when it came.
    pub came_at: i64,
}

/// What became of an item.
#[derive(Debug)]
pub enum Taken {
    /// A run was opened for it.
    Run(Folder),
    /// It stays: its time has not come.
    Early,
    Refused(Refusal),
    /// It is a run here already.
    Known(Folder),
}

/// Keeps the orders of an answer, and its root and roster. What could not be kept whole is refused at
/// once; `refused` gets the ids of the refusals.
///
/// # Errors
/// The disk is full, or too many wait.
pub fn keep(home: &Home, answer: &OrdersAnswer, mut refused: impl FnMut(Digest)) -> io::Result<()> {
    if let (Some(root), Some(roster)) = (&answer.root, &answer.roster)
        && bounded(root).and_then(|()| bounded(roster)).is_ok()
    {
        let came = Some((root.clone(), roster.clone()));
        *home.statements.lock().unwrap_or_else(PoisonError::into_inner) = came;
    }
    for delivery in &answer.orders {
        match item(answer, delivery) {
            Ok(item) => keep_one(home, &item)?,
            Err(refusal) => {
                let (payload, order) = named(&delivery.envelope);
                if let Some(id) = home.refuse(order, payload, refusal)? {
                    refused(id);
                }
            }
        }
    }
    Ok(())
}

/// The statements come once and are kept with each order: only within the limits that the check sets
/// anyway, or one answer would become gigabytes on the disk.
fn item(answer: &OrdersAnswer, delivery: &OrderDelivery) -> Result<Item, Refusal> {
    let (Some(root), Some(roster)) = (&answer.root, &answer.roster) else {
        let text = "it did not come with the order".to_owned();
        return Err(Refusal::RosterBroken { text });
    };
    for envelope in [root, roster, &delivery.envelope] {
        bounded(envelope)?;
    }
    if delivery.entry.len() > ENTRY_TEXT_BYTES_MAX {
        return Err(Refusal::TooBig);
    }
    Ok(Item {
        root: root.clone(),
        roster: roster.clone(),
        delivery: delivery.clone(),
        server_time: answer.server_time,
        came_at: clock::now(),
    })
}

fn keep_one(home: &Home, item: &Item) -> io::Result<()> {
    // The same order with other signatures or another roster is another item.
    let whole = (&item.root, &item.roster, &item.delivery);
    let name = Digest::of(&serde_json::to_vec(&whole).unwrap_or_default());
    let path = home.inbox().join(name.to_string());
    if !path.exists() && waiting(home).len() >= INBOX_MAX {
        return Err(io::Error::other(format!("{INBOX_MAX} orders wait already")));
    }
    put_json(&path, item)
}

/// Returns the files of waiting orders, in a fixed order. Those that are still being written are not
/// among them.
pub fn waiting(home: &Home) -> Vec<PathBuf> {
    let is_whole = |path: &PathBuf| path.file_name().is_some_and(|name| !is_hidden(name));
    let mut all: Vec<PathBuf> = entries(&home.inbox()).filter(is_whole).collect();
    all.sort();
    all
}

/// Takes note of the roster that came last, with an order or without: what it revokes is revoked from
/// now on. One that does not verify is nothing; an order that comes with it says so.
///
/// # Errors
/// The disk is full or broken.
pub fn note_statements(home: &Home) -> io::Result<()> {
    let came = home.statements.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some((root, roster)) = came else { return Ok(()) };
    let mut floors = home.floors()?;
    see_roster(home, (&root, &roster), &mut floors, clock::now()).map(drop)
}

/// Reads an item.
///
/// # Errors
/// It does not read back.
pub fn read(path: &Path) -> io::Result<Item> {
    read_json(path)
}

/// Returns the digest of the order's payload and, where it can be read that far, its id.
pub fn named(envelope: &Envelope) -> (Digest, Option<OrderId>) {
    let payload = STANDARD.decode(&envelope.payload).unwrap_or_default();
    let order: Option<Order> = serde_json::from_slice(&payload).ok();
    (Digest::of(&payload), order.map(|order| order.order_id))
}

/// Takes an order up: verifies it and opens its run, or says why not.
///
/// # Errors
/// The disk is full or broken; the item stays.
pub fn take(home: &Home, item: &Item) -> io::Result<Taken> {
    if let Some(folder) = known(home, &item.delivery.envelope) {
        return Ok(Taken::Known(folder));
    }
    let mut floors = home.floors()?;
    let verified = check(home, item, &mut floors)?;
    match verified {
        Ok(verified) => open(home, item, &verified).map(Taken::Run),
        Err(Refusal::TooEarly | Refusal::WaveNotReached) => Ok(Taken::Early),
        Err(refusal) => Ok(Taken::Refused(refusal)),
    }
}

/// Returns the run that these very payload bytes became. The server delivers at least once.
fn known(home: &Home, envelope: &Envelope) -> Option<Folder> {
    let (payload, order) = named(envelope);
    let folder = home.run(RunId::of(order?, home.identity.host));
    let kept: Item = read_json(&folder.order()).ok()?;
    (named(&kept.delivery.envelope).0 == payload).then_some(folder)
}

/// Steps 1 to 8 of the check, on the host's own memory.
fn check(
    home: &Home,
    item: &Item,
    floors: &mut Floors,
) -> io::Result<Result<VerifiedOrder, Refusal>> {
    let skew = item.came_at;
    if let Err(refusal) = trust::order::clock_agrees(skew, item.server_time) {
        return Ok(Err(refusal));
    }
    let now = clock::now();
    let roster = match see_roster(home, (&item.root, &item.roster), floors, now)? {
        Ok(roster) => roster,
        Err(refusal) => return Ok(Err(refusal)),
    };
    Ok(verify(home, item, &roster, floors, now))
}

/// Verifies the roster and takes note of it before any order is checked against it.
fn see_roster(
    home: &Home,
    (root, roster): (&Envelope, &Envelope),
    floors: &mut Floors,
    now: i64,
) -> io::Result<Result<VerifiedRoster, Refusal>> {
    let pin = home.identity.tenant_root;
    let verified = trust::roster::verify(root, roster, pin, floors.roster_serial, now);
    let roster = match verified {
        Ok(roster) => roster,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let before = floors.clone();
    floors.see_roster(&roster, now);
    if *floors != before {
        home.put_floors(floors)?;
    }
    Ok(Ok(roster))
}

fn verify(
    home: &Home,
    item: &Item,
    roster: &VerifiedRoster,
    floors: &Floors,
    now: i64,
) -> Result<VerifiedOrder, Refusal> {
    let ceilings =
        home.ceilings().map_err(|text| Refusal::CeilingsUnreadable { text: cut(&text) })?;
    let entry = entry(&item.delivery)?;
    let check = Check {
        pin: home.identity.tenant_root,
        roster,
        host: home.identity.host,
        entry: &entry,
        floors,
        ceilings: &ceilings,
        now,
    };
    trust::order::verify(&item.delivery.envelope, &check)
}

/// The text quotes the file, which may be anything.
fn cut(text: &str) -> String {
    text.chars().take(REASON_CHARS_MAX).collect()
}

fn entry(delivery: &OrderDelivery) -> Result<Vec<u8>, Refusal> {
    STANDARD
        .decode(&delivery.entry)
        .map_err(|_| Refusal::Malformed { text: "the plan entry is not base64".to_owned() })
}

/// Verifies the order of a run that was opened before, and makes sure that the floors know it. To be
/// called before each act of a cold run: everything anew, except that its own traces do not count.
///
/// # Errors
/// The disk is full or broken; nothing may be done.
pub fn verify_again(home: &Home, folder: &Folder) -> io::Result<Result<VerifiedOrder, Refusal>> {
    let item: Item = read_json(&folder.order())?;
    let mut floors = home.floors()?;
    let now = clock::now();
    let (_, order) = named(&item.delivery.envelope);
    let mut without = floors.clone();
    let is_raised = order.is_some_and(|order| without.orders_seen.remove(&order).is_some());
    if is_raised {
        without.runs_started_at.pop();
    }
    let pin = home.identity.tenant_root;
    // Its roster may have been replaced since: then the order does not count any more.
    let verified = trust::roster::verify(&item.root, &item.roster, pin, floors.roster_serial, now)
        .and_then(|roster| verify(home, &item, &roster, &without, now));
    if let Ok(verified) = &verified
        && !is_raised
    {
        floors.raise(verified, now);
        home.put_floors(&floors)?;
    }
    Ok(verified)
}

/// Opens the run: its folder appears whole, with a journal that begins with the order.
fn open(home: &Home, item: &Item, verified: &VerifiedOrder) -> io::Result<Folder> {
    let (order, plan) = (&verified.order, &verified.entry);
    let run = RunId::of(order.order_id, home.identity.host);
    let folder = home.run(run);
    let part = Folder(home.runs().join(format!(".{run}")));
    drop(std::fs::remove_dir_all(&part.0));
    std::fs::create_dir(&part.0)?;
    let entry = entry(&item.delivery).map_err(io::Error::other)?;
    home.put(&part.plan(), &entry)?;
    put_json(&part.order(), item)?;
    let closes_at = order.window.map_or(i64::MAX, |window| window.closes_at);
    let mut journal = Journal::create(&part.journal())?;
    journal.write(&Entry::Opened(Opened {
        run,
        order: order.order_id,
        host: home.identity.host,
        rollout: order.rollout,
        generation: order.generation,
        verb: order.verb,
        entry: Digest::of(&entry),
        installed_before: plan.installed_before,
        installed_after: plan.installed_after,
        not_before: order.not_before,
        start_by: order.not_after.min(closes_at),
        at: clock::now(),
    }))?;
    std::fs::rename(&part.0, &folder.0)?;
    std::fs::File::open(home.runs())?.sync_all()?;
    Ok(folder)
}
