//! What the server keeps in memory of each host, so that a poll or an unchanged report needs no
//! database: when it was heard, what it reported last, and its doorbell. All of it can be lost.

use crate::error::ApiError;
use model::report::Report;
use model::wire::TROUBLE_CHARS_MAX;
use model::{Digest, HostId};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use store::hosts::HostRow;
use store::reports::ReportRow;
use store::{Store, TenantScope};
use tokio::sync::watch;

/// All hosts of this server.
#[derive(Default)]
pub struct Fleet {
    cells: RwLock<BTreeMap<HostId, Arc<Cell>>>,
}

/// One host.
pub struct Cell {
    pub host: HostId,
    pub scope: TenantScope,
    pub name: String,
    /// OpenSSH public key that signs its outcomes.
    pub host_key: String,
    /// Cursor of its newest delivery; a parked poll waits for it to rise.
    pub doorbell: watch::Sender<u64>,
    seen_at: AtomicI64,
    /// 0: never.
    reported_at: AtomicI64,
    flushed_at: AtomicI64,
    is_locked: AtomicBool,
    /// Serial of the newest certificate until its first use was noted.
    unused_serial: Mutex<Option<String>>,
    /// Digest of the report that is stored, apart from its time.
    stored: Mutex<Option<Digest>>,
    /// Why the host cannot take its orders up, by its own word, or empty.
    trouble: Mutex<String>,
}

impl Fleet {
    /// Reads every host at start.
    pub(crate) fn load(store: &Store, scope: &TenantScope) -> Result<Self, ApiError> {
        let fleet = Self::default();
        store.read(|view| -> Result<(), ApiError> {
            let cursors: BTreeMap<_, _> =
                store::deliveries::newest(view, scope)?.into_iter().collect();
            for row in store::hosts::list(view, scope)? {
                let cell = fleet.add(scope, &row);
                cell.doorbell.send_replace(cursors.get(&row.host).copied().unwrap_or(0));
                let newest = store::hosts::certificate(view, scope, row.host)?;
                if newest.used_at.is_none() {
                    cell.expect_serial(&newest.serial);
                }
            }
            for report in store::reports::list(view, scope)? {
                if let Some(cell) = fleet.get(report.host) {
                    cell.put_stored(digest_of_row(&report));
                }
            }
            Ok(())
        })?;
        Ok(fleet)
    }

    /// Adds a host that was just enrolled or loaded.
    pub(crate) fn add(&self, scope: &TenantScope, row: &HostRow) -> Arc<Cell> {
        let cell = Arc::new(Cell {
            host: row.host,
            scope: *scope,
            name: row.name.clone(),
            host_key: row.host_key.clone(),
            doorbell: watch::Sender::new(0),
            seen_at: AtomicI64::new(row.seen_at),
            reported_at: AtomicI64::new(row.reported_at.unwrap_or(0)),
            flushed_at: AtomicI64::new(row.seen_at),
            is_locked: AtomicBool::new(row.locked_at.is_some()),
            unused_serial: Mutex::new(None),
            stored: Mutex::new(None),
            trouble: Mutex::default(),
        });
        let mut cells = self.cells.write().unwrap_or_else(PoisonError::into_inner);
        cells.insert(row.host, Arc::clone(&cell));
        cell
    }

    /// Returns a host's cell.
    pub fn get(&self, host: HostId) -> Option<Arc<Cell>> {
        let cells = self.cells.read().unwrap_or_else(PoisonError::into_inner);
        cells.get(&host).cloned()
    }

    /// Returns every cell.
    pub fn all(&self) -> Vec<Arc<Cell>> {
        let cells = self.cells.read().unwrap_or_else(PoisonError::into_inner);
        cells.values().cloned().collect()
    }

    /// Rings the doorbells of new deliveries.
    pub fn ring(&self, deliveries: &[(HostId, u64)]) {
        for (host, cursor) in deliveries {
            if let Some(cell) = self.get(*host) {
                cell.doorbell.send_modify(|newest| *newest = (*newest).max(*cursor));
            }
        }
    }

    /// Returns the cells heard since they were flushed last, with their times, and takes them as flushed.
    pub(crate) fn take_seen(&self) -> Vec<(HostId, i64, Option<i64>)> {
        let mut seen = Vec::new();
        for cell in self.all() {
            let seen_at = cell.seen_at();
            if cell.flushed_at.swap(seen_at, Ordering::SeqCst) < seen_at {
                seen.push((cell.host, seen_at, cell.reported_at()));
            }
        }
        seen
    }
}

impl Cell {
    /// Notes what the host says about its own trouble, at most `TROUBLE_CHARS_MAX` printable
    /// characters of it; an empty text says that there is none. Returns whether that is news.
    pub fn note_trouble(&self, text: &str) -> bool {
        let text: String =
            text.chars().filter(|c| !c.is_control()).take(TROUBLE_CHARS_MAX).collect();
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        let is_news = *trouble != text;
        *trouble = text;
        is_news
    }

    /// Returns why the host cannot take its orders up, by its own word, or an empty text.
    pub fn trouble(&self) -> String {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes that the host was heard.
    pub fn heard(&self, now: i64) {
        self.seen_at.fetch_max(now, Ordering::SeqCst);
    }

    /// Notes that the host reported.
    pub fn reported(&self, now: i64) {
        self.heard(now);
        self.reported_at.fetch_max(now, Ordering::SeqCst);
    }

    /// Returns when the host was heard last.
    pub fn seen_at(&self) -> i64 {
        self.seen_at.load(Ordering::SeqCst)
    }

    /// Returns when the host reported last.
    pub fn reported_at(&self) -> Option<i64> {
        Some(self.reported_at.load(Ordering::SeqCst)).filter(|at| *at > 0)
    }

    /// Returns whether the host is locked out.
    pub fn is_locked(&self) -> bool {
        self.is_locked.load(Ordering::SeqCst)
    }

    /// Locks the host out.
    pub(crate) fn lock(&self) {
        self.is_locked.store(true, Ordering::SeqCst);
    }

    /// Waits for the first use of a certificate.
    pub(crate) fn expect_serial(&self, serial: &str) {
        let mut unused = self.unused_serial.lock().unwrap_or_else(PoisonError::into_inner);
        *unused = Some(serial.to_owned());
    }

    /// Returns whether this is the first use of the newest certificate, once.
    pub(crate) fn is_first_use(&self, serial: &str) -> bool {
        let mut unused = self.unused_serial.lock().unwrap_or_else(PoisonError::into_inner);
        unused.take_if(|expected| expected == serial).is_some()
    }

    /// Returns whether this report says what is stored already.
    pub fn is_stored(&self, digest: Digest) -> bool {
        let stored = self.stored.lock().unwrap_or_else(PoisonError::into_inner);
        *stored == Some(digest)
    }

    /// Takes a report's digest as stored.
    pub(crate) fn put_stored(&self, digest: Digest) {
        let mut stored = self.stored.lock().unwrap_or_else(PoisonError::into_inner);
        *stored = Some(digest);
    }
}

/// Returns the digest of all that a report says, apart from when it was made.
pub fn digest_of(report: &Report) -> Digest {
    digest_of_parts(
        [report.packages, report.installed, report.pending],
        &(&report.facts, &report.conditions),
    )
}

fn digest_of_row(row: &ReportRow) -> Digest {
    digest_of_parts([row.packages, row.installed, row.pending], &(&row.facts, &row.conditions))
}

fn digest_of_parts<T: serde::Serialize>(sets: [Digest; 3], rest: &T) -> Digest {
    let mut bytes: Vec<u8> = sets.iter().flat_map(|set| set.0).collect();
    bytes.extend(serde_json::to_vec(rest).expect("facts are strings, numbers and lists"));
    Digest::of(&bytes)
}
