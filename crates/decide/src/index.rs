//! The fleet index: which hosts are exposed to what, for a hundred thousand hosts and a million rows, in
//! microseconds. Versions are matched, never hosts: every different version is kept once, in order, with the
//! set of its hosts, and a row is a slice of that order. Exposures are derived at each question and never
//! stored; after any sequence of edits the index equals one that is built anew.

mod edit;
pub mod entry;
mod found;
pub(crate) mod holdings;
pub(crate) mod hosts;
mod installed;
mod items;
mod kernel;
mod lines;
mod lookup;
pub(crate) mod packages;
mod precedence;
pub mod query;
pub(crate) mod rows;
pub(crate) mod slices;
mod unions;
pub(crate) mod versions;
pub(crate) mod weigh;

pub use entry::{Coverage, EntryInput, HostEntry, Item, Part, StaleUnits, entry};
pub use query::{Counts, Found, PackageName, Page, Query, Scope, Subject, SubjectLine};

pub use rows::UNKNOWN_HAZARD_MICRO;

use crate::action::KeptSums;
use holdings::Holdings;
use hosts::Hosts;
pub(crate) use hosts::WEIGHT_PLAIN;
use items::Items;
use model::advisory::{Advisory, Feed, Row};
use packages::Packages;
use rows::{Advisories, Names, Sources, Subjects};
use slices::Slices;
use std::collections::BTreeMap;
use std::sync::OnceLock;
use versions::{PkgId, Versions};

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
pub struct Index {
    pub(crate) versions: Versions,
    pub(crate) packages: Packages,
    pub(crate) holdings: Holdings,
    pub(crate) hosts: Hosts,
    pub(crate) subjects: Subjects,
    pub(crate) advisories: Advisories,
    pub(crate) sources: Sources,
    pub(crate) channels: Names<String>,
    pub(crate) arches: Names<String>,
    /// Architectures that some host has together.
    pub(crate) arch_sets: Names<Vec<u16>>,
    /// Where each row lies: its own package and its subject.
    rows: BTreeMap<RowId, (PkgId, u32)>,
    items: Items,
    scratch: Slices,
    pub(crate) kept_sums: KeptSums,
    /// Subjects, the worst first; made when it is asked for.
    worst_first: OnceLock<Vec<u32>>,
}

impl Index {
    /// Returns an index without hosts and rows.
    pub fn new() -> Self {
        Self::default()
    }
}

#[cfg(test)]
mod tests;
