//! What changelogs of Debian packages say is fixed: the first version whose entry names a CVE. Never
//! what is open. Reads plain changelogs (`deb-changelog(5)`) and a list of entries as JSON.
//!
//! A changelog names its source, not the release whose package it came from: who loads it does.

mod read;

use crate::limits::{Limits, Refused};
use decide::version;
use model::advisory::{Advisory, AdvisoryKind, Extent, Feed, Label, Row, RowSet, RowState, Until};
use model::advisory::{REJECTS_KEPT_MAX, Reject};
use model::cve::CveId;
use std::cmp::Ordering;
use std::collections::BTreeMap;

pub use read::{entries, json_entries};

/// One entry of a changelog: one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub source: String,
    pub version: String,
    /// Where it was uploaded to (`unstable`, `bookworm-security`).
    pub distribution: String,
    /// Seconds since the Unix epoch, or `None` where the date cannot be read.
    pub at: Option<i64>,
    /// As they are named, each once.
    pub cves: Vec<CveId>,
}

/// The entries of a file, and what of it could not be used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entries {
    pub entries: Vec<Entry>,
    pub rejects_total: u64,
    /// The first `REJECTS_KEPT_MAX` of them.
    pub rejects: Vec<Reject>,
}

impl Entries {
    fn reject(&mut self, pointer: &str, reason: &str) {
        self.rejects_total += 1;
        if self.rejects.len() < REJECTS_KEPT_MAX {
            self.rejects.push(Reject::new(pointer, reason));
        }
    }
}

/// Reads changelogs of packages of no known release: never, because their rows would hold everywhere.
///
/// # Errors
/// Always: which release they are of has to be said (`parse_for`).
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<RowSet, Refused> {
    any(bytes, limits)?;
    Err(Refused::no_stream("changelog"))
}

/// Reads changelogs of packages of the release `stream` (`debian:12`), as JSON or as text.
///
/// # Errors
/// There is no entry, or more than the limits allow.
pub fn parse_for(bytes: &[u8], stream: &str, limits: &Limits) -> Result<RowSet, Refused> {
    let read = any(bytes, limits)?;
    let mut set = RowSet::new(Feed::Changelog, &format!("changelog/{stream}"), Extent::Documents);
    set.entries = u64::try_from(read.entries.len()).unwrap_or(u64::MAX) + read.rejects_total;
    set.rejects_total = read.rejects_total;
    set.rejects = read.rejects;
    set.content_at = read.entries.iter().filter_map(|entry| entry.at).max();
    let firsts = first_fixed(&read.entries);
    limits.room_for_rows(0, firsts.len())?;
    let mut advisories: BTreeMap<String, Advisory> = BTreeMap::new();
    for ((source, cve), entry) in firsts {
        let id = format!("{source}_{}", entry.version);
        let advisory = advisories.entry(id.clone()).or_insert_with(|| advisory(&id, entry));
        advisory.cves.push(cve);
        set.rows.push(Row {
            advisory: id,
            cve: Some(cve),
            stream: stream.to_owned(),
            package: source.to_owned(),
            module: String::new(),
            arch: String::new(),
            from: String::new(),
            until: Until::Fixed(entry.version.clone()),
            state: RowState::Affected,
            channel: String::new(),
            is_foreign: is_foreign(entry, stream),
        });
    }
    set.advisories = advisories.into_values().collect();
    Ok(set)
}

fn any(bytes: &[u8], limits: &Limits) -> Result<Entries, Refused> {
    let is_json = bytes.trim_ascii_start().starts_with(b"[");
    let read = if is_json { json_entries(bytes, limits)? } else { entries(bytes, limits)? };
    if read.entries.is_empty() {
        return Err(Refused::form("changelog", "it has no entry"));
    }
    Ok(read)
}

/// Returns, per source and CVE, the entry of the lowest version that names it: later ones repeat it when
/// they complete the repair, and uploads to other releases stand between.
pub fn first_fixed(entries: &[Entry]) -> BTreeMap<(&str, CveId), &Entry> {
    let mut firsts: BTreeMap<(&str, CveId), &Entry> = BTreeMap::new();
    for entry in entries {
        for cve in &entry.cves {
            let first = firsts.entry((&entry.source, *cve)).or_insert(entry);
            if version::compare(&entry.version, &first.version) == Ordering::Less {
                *first = entry;
            }
        }
    }
    firsts
}

/// Whether the entry was uploaded to another release than the one that is spoken of: to unstable, mostly.
fn is_foreign(entry: &Entry, stream: &str) -> bool {
    let codename = entry.distribution.split('-').next().unwrap_or("");
    crate::release::of_codename(codename).as_deref() != Some(stream)
}

fn advisory(id: &str, entry: &Entry) -> Advisory {
    let (source, version) = (&entry.source, &entry.version);
    Advisory {
        id: id.to_owned(),
        kind: AdvisoryKind::Security,
        published_at: entry.at,
        modified_at: None,
        withdrawn_at: None,
        label: Label::NotGiven,
        title: format!("changelog of {source} {version}, uploaded to {}", entry.distribution),
        cves: Vec::new(),
        urls: Vec::new(),
        needs_reboot: false,
    }
}

#[cfg(test)]
mod tests;
