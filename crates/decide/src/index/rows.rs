//! Rows as the index keeps them: names are numbers, bounds are versions of the package.

use crate::index::lookup::{Lookup, hash};
use crate::index::query::Subject;
use crate::index::versions::{PkgId, count};
use crate::index::{RowId, Source};
use crate::stream::Borrowed;
use model::CveId;
use model::advisory::{Advisory, AdvisoryKind, Label, RowState};

/// No version: from the beginning, or without an end.
pub(crate) const NONE: u32 = u32::MAX;

/// Hazard of a CVE of which nothing is known: p 0.05 and w 0.5 (the reference's default), millionths of
/// -ln(1 - 0.025).
pub const UNKNOWN_HAZARD_MICRO: u32 = 25_318;

/// One row. Rows of a package are sorted by `place`: those of one subject lie together, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RowData {
    pub(crate) id: RowId,
    pub(crate) subject: u32,
    /// `VerId`, or `NONE`.
    pub(crate) from: u32,
    pub(crate) until: u32,
    pub(crate) advisory: u32,
    /// Seconds since the Unix epoch; what is learned after 2106 counts as learned then.
    pub(crate) learned_at: u32,
    /// Index of names; 0: everybody, every architecture.
    pub(crate) channel: u16,
    pub(crate) arch: u16,
    pub(crate) source: u16,
    /// `precedence::class`.
    pub(crate) class: u8,
    pub(crate) state: RowState,
    pub(crate) end: End,
    /// From another stream of the family.
    pub(crate) borrowed: Option<Borrowed>,
    /// Suffixes are set aside before comparing.
    pub(crate) is_foreign: bool,
    /// A bound does not parse: nobody can tell who is affected.
    pub(crate) is_unreadable: bool,
    /// It says that versions are affected or fixed by now, and not since which version.
    pub(crate) is_state_only: bool,
    /// It is a statement of another kind, or was taken back: kept to be shown, never believed.
    pub(crate) is_idle: bool,
}

/// Where affected versions end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Open,
    Fixed,
    Last,
}

impl RowData {
    pub(crate) fn place(&self) -> (u32, Option<Borrowed>, u8, RowId) {
        (self.subject, self.borrowed, self.class, self.id)
    }

    pub(crate) fn has_fix(&self) -> bool {
        match self.end {
            End::Open => false,
            End::Fixed | End::Last => true,
        }
    }
}

/// What exposures are to, with what is known of it.
#[derive(Debug, Default)]
pub(crate) struct Subjects {
    all: Vec<SubjectData>,
    lookup: Lookup,
}

#[derive(Debug)]
pub(crate) struct SubjectData {
    pub(crate) subject: Subject,
    pub(crate) hazard_micro: u32,
    pub(crate) is_kev: bool,
    pub(crate) is_rejected: bool,
    /// Packages with rows of it, sorted.
    pub(crate) packages: Vec<PkgId>,
}

impl Subjects {
    pub(crate) fn get(&self, id: u32) -> &SubjectData {
        &self.all[id as usize]
    }

    pub(crate) fn get_mut(&mut self, id: u32) -> &mut SubjectData {
        &mut self.all[id as usize]
    }

    pub(crate) fn ids(&self) -> std::ops::Range<u32> {
        0..count(self.all.len())
    }

    pub(crate) fn find(&self, subject: &Subject) -> Option<u32> {
        self.lookup.find(subject_hash(subject), |id| self.get(id).subject == *subject)
    }

    pub(crate) fn intern(&mut self, subject: &Subject) -> u32 {
        if let Some(id) = self.find(subject) {
            return id;
        }
        let id = count(self.all.len());
        self.all.push(SubjectData {
            subject: subject.clone(),
            hazard_micro: UNKNOWN_HAZARD_MICRO,
            is_kev: false,
            is_rejected: false,
            packages: Vec::new(),
        });
        let all = &self.all;
        self.lookup.insert(subject_hash(subject), id, |id| subject_hash(&all[id as usize].subject));
        id
    }
}

fn subject_hash(subject: &Subject) -> u64 {
    match subject {
        Subject::Cve(CveId { year, number }) => {
            hash(u64::from(*year) << 32 | u64::from(*number), &[])
        }
        Subject::Advisory(id) => hash(0, &[id]),
    }
}

/// Documents, each named within its source.
#[derive(Debug, Default)]
pub(crate) struct Advisories {
    all: Vec<AdvisoryData>,
    lookup: Lookup,
}

#[derive(Debug)]
pub(crate) struct AdvisoryData {
    pub(crate) id: Box<str>,
    pub(crate) source: u16,
    pub(crate) kind: AdvisoryKind,
    pub(crate) label: Label,
    pub(crate) published_at: Option<i64>,
    pub(crate) needs_reboot: bool,
}

impl Advisories {
    pub(crate) fn get(&self, id: u32) -> &AdvisoryData {
        &self.all[id as usize]
    }

    /// Returns the document of that name, with what it says now.
    pub(crate) fn put(&mut self, source: u16, id: &str, says: Option<&Advisory>) -> u32 {
        let found = self.lookup.find(hash(u64::from(source), &[id]), |at| {
            let known = self.get(at);
            known.source == source && *known.id == *id
        });
        let at = found.unwrap_or_else(|| self.add(source, id));
        if let Some(says) = says {
            let known = &mut self.all[at as usize];
            known.kind = says.kind;
            known.label = says.label;
            known.published_at = says.published_at;
            known.needs_reboot = says.needs_reboot;
        }
        at
    }

    fn add(&mut self, source: u16, id: &str) -> u32 {
        let at = count(self.all.len());
        self.all.push(AdvisoryData {
            id: id.into(),
            source,
            kind: AdvisoryKind::Security,
            label: Label::NotGiven,
            published_at: None,
            needs_reboot: false,
        });
        let all = &self.all;
        self.lookup.insert(hash(u64::from(source), &[id]), at, |at| {
            let known = &all[at as usize];
            hash(u64::from(known.source), &[&known.id])
        });
        at
    }
}

/// A short list of names that are numbers: sources, streams, channels. Found by walking it.
#[derive(Debug)]
pub(crate) struct Names<T> {
    all: Vec<T>,
}

impl<T> Default for Names<T> {
    fn default() -> Self {
        Self { all: Vec::new() }
    }
}

impl<T: PartialEq + Clone> Names<T> {
    pub(crate) fn get(&self, id: u16) -> &T {
        &self.all[usize::from(id)]
    }

    pub(crate) fn find(&self, name: &T) -> Option<u16> {
        let at = self.all.iter().position(|known| known == name)?;
        u16::try_from(at).ok()
    }

    pub(crate) fn intern(&mut self, name: &T) -> u16 {
        self.find(name).unwrap_or_else(|| {
            self.all.push(name.clone());
            u16::try_from(self.all.len() - 1).expect("streams, sources and channels are few")
        })
    }

    pub(crate) fn all(&self) -> &[T] {
        &self.all
    }
}

/// The sources that rows come from.
pub(crate) type Sources = Names<Source>;
