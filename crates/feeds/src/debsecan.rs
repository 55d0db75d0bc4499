//! debsecan's wire format, version 1 (`/tracker/debsecan/release/1/SUITE`): zlib over four blocks of
//! lines. A fallback. Its program compares the list of fixed versions for equality, so that a rebuild of
//! a fixed version looks exposed there; `Feed::exposures` has the right answer, and `Feed::compat` the
//! program's, so that one can be held against the other.
//!
//! The format does not say which release it speaks of: who loads it does.

mod read;
mod right;

use crate::limits::{Limits, Refused};
use decide::version;
use model::advisory::RowSet;
use model::package::Package;
use std::cmp::Ordering;
use std::collections::BTreeMap;

pub use read::read;

/// The whole of one feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// In the order of the feed; entries index into it.
    pub names: Vec<Name>,
    /// Sorted by package; those of one package in the order of the feed.
    pub entries: Vec<Entry>,
    /// The binary packages that each source builds today.
    pub binaries: BTreeMap<String, Vec<String>>,
}

/// One identifier: mostly a CVE, else the tracker's own name (`TEMP-...`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    pub id: String,
    pub description: String,
}

/// One pair of package and identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub package: String,
    /// Index into `Feed::names`.
    pub name: usize,
    /// `package` is a binary package, not a source.
    pub is_binary: bool,
    pub urgency: Urgency,
    /// Whether it can be exploited over a network, where that is known.
    pub is_remote: Option<bool>,
    /// The suite has a fix.
    pub has_fix: bool,
    /// The version from which on unstable is fixed; `None`: it is not.
    pub unstable_fixed: Option<String>,
    /// Versions elsewhere that are fixed, each for itself.
    pub other_fixed: Vec<String>,
}

/// The tracker's urgency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    NotGiven,
    Low,
    Medium,
    High,
}

impl Urgency {
    /// Returns debsecan's word for it, or an empty text.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotGiven => "",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// Reads a feed whose release is not known: never, because its rows would hold everywhere.
///
/// # Errors
/// Always: which release it speaks of has to be said (`parse_for`).
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<RowSet, Refused> {
    read(bytes, limits)?;
    Err(Refused::no_stream("debsecan feed"))
}

/// Reads a feed of the release `stream` (`debian:12`) into normal form: one affected row per entry, and
/// a hole where another release's fixed version and its rebuilds lie.
///
/// # Errors
/// The bytes are no debsecan feed, are cut off, or exceed a limit.
pub fn parse_for(bytes: &[u8], stream: &str, limits: &Limits) -> Result<RowSet, Refused> {
    right::rows(&read(bytes, limits)?, stream, limits)
}

impl Feed {
    /// Returns the entries of one package.
    pub fn of(&self, package: &str) -> &[Entry] {
        let begin = self.entries.partition_point(|entry| entry.package.as_str() < package);
        let rest = &self.entries[begin..];
        let end = rest.partition_point(|entry| entry.package == package);
        &rest[..end]
    }

    /// Returns what debsecan 0.4 says of an installed package: its entries, decided by its rules.
    /// It looks at the source's entries, and only where there is none at the binary's; it looks at
    /// packages in the state `installed` only.
    pub fn compat(&self, package: &Package) -> Vec<&Entry> {
        let Some('i') = package.state.chars().nth(1) else { return Vec::new() };
        self.looked_at(package).filter(|entry| entry.is_exposed_compat(package)).collect()
    }

    /// Returns the entries that an installed package is exposed to. Half-configured packages count:
    /// their code is on the disk.
    pub fn exposures(&self, package: &Package) -> Vec<&Entry> {
        if !package.is_installed() {
            return Vec::new();
        }
        self.looked_at(package).filter(|entry| entry.is_exposed(package)).collect()
    }

    /// Returns debsecan's line for one answer in its `summary` format.
    pub fn line(&self, entry: &Entry, package: &Package) -> String {
        let id = self.names.get(entry.name).map_or("", |name| name.id.as_str());
        let mut notes = Vec::new();
        if entry.has_fix {
            notes.push("fixed".to_owned());
        }
        if entry.is_remote == Some(true) {
            notes.push("remotely exploitable".to_owned());
        }
        if entry.urgency != Urgency::NotGiven {
            notes.push(format!("{} urgency", entry.urgency.word()));
        }
        if self.is_obsolete(entry, package) {
            notes.push("obsolete".to_owned());
        }
        if notes.is_empty() {
            return format!("{id} {}", package.name);
        }
        format!("{id} {} ({})", package.name, notes.join(", "))
    }

    /// The source no longer builds the package.
    fn is_obsolete(&self, entry: &Entry, package: &Package) -> bool {
        !entry.is_binary
            && self.binaries.get(&entry.package).is_some_and(|built| !built.contains(&package.name))
    }

    fn looked_at(&self, package: &Package) -> impl Iterator<Item = &Entry> {
        let by_source = self.of(&package.source);
        let entries = if by_source.is_empty() { self.of(&package.name) } else { by_source };
        entries.iter()
    }
}

impl Entry {
    /// debsecan's rule, to the letter: a version that is not listed and below unstable's is exposed.
    fn is_exposed_compat(&self, package: &Package) -> bool {
        if self.is_binary && package.name == self.package {
            return self.is_below_unstable(&package.version);
        }
        package.source == self.package
            && self.is_below_unstable(&package.source_version)
            && !self.other_fixed.iter().any(|fixed| is_equal(fixed, &package.source_version))
    }

    fn is_exposed(&self, package: &Package) -> bool {
        if self.is_binary && package.name == self.package {
            return self.is_below_unstable(&package.version);
        }
        package.source == self.package && right::is_exposed(self, &package.source_version)
    }

    fn is_below_unstable(&self, version: &str) -> bool {
        let fixed = self.unstable_fixed.as_deref();
        fixed.is_none_or(|fixed| version::compare(version, fixed) == Ordering::Less)
    }
}

fn is_equal(a: &str, b: &str) -> bool {
    version::compare(a, b) == Ordering::Equal
}

#[cfg(test)]
mod tests;
