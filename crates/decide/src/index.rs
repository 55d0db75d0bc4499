//! The fleet index: which hosts are exposed to what, for a hundred thousand hosts and a million rows, in
//! microseconds. Versions are matched, never hosts: every different version is kept once, in order, with the
//! set of its hosts, and a row is a slice of that order. Exposures are derived at each question and never
//! stored; after any sequence of edits the index equals one that is built anew.

pub mod entry;
mod kernel;
pub mod query;

pub use entry::{Coverage, EntryInput, HostEntry, Item, Part, StaleUnits, entry};
pub use query::{Counts, Found, PackageName, Page, Query, Scope, Subject, SubjectLine};

use model::advisory::{Advisory, Feed, Row};
use model::{CveId, HostId};

/// Names a row across loads; the caller's choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowId(pub u64);

/// Where rows come from: decides which of them is believed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    /// `RowSet::source` (`osv/Ubuntu`, `debian-list/DSA`).
    pub name: String,
    pub feed: Feed,
}

/// A row with when it was learned and the document that it is from.
#[derive(Debug, Clone, Copy)]
pub struct NewRow<'a> {
    pub id: RowId,
    /// Seconds since the Unix epoch.
    pub learned_at: i64,
    pub row: &'a Row,
    /// `None`: the source has no documents apart from rows.
    pub advisory: Option<&'a Advisory>,
}

/// The index. Deterministic: the order of edits leaves no trace in any answer.
#[derive(Debug, Default)]
pub struct Index {}

impl Index {
    /// Returns an index without hosts and rows.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a host in the place of what was known of it.
    pub fn put_host(&mut self, entry: &HostEntry) {
        let _ = entry;
    }

    /// Forgets a host.
    pub fn remove_host(&mut self, host: HostId) {
        let _ = host;
    }

    /// Adds rows of one source; a row whose id is known is replaced.
    pub fn put_rows(&mut self, source: &Source, rows: &[NewRow<'_>]) {
        let _ = (source, rows);
    }

    /// Withdraws rows; unknown ids are left out.
    pub fn remove_rows(&mut self, rows: &[RowId]) {
        let _ = rows;
    }

    /// States what a CVE weighs (`hazard::of`) and whether it is in the KEV catalogue.
    pub fn set_hazard(&mut self, cve: CveId, micro: u32, is_kev: bool) {
        let _ = (cve, micro, is_kev);
    }

    /// States whether a CVE was rejected: its rows are withdrawn everywhere, whenever they come.
    pub fn set_rejected(&mut self, cve: CveId, is_rejected: bool) {
        let _ = (cve, is_rejected);
    }
}
