//! What is asked of the index. Every question has a scope: one tenant's hosts.

use crate::index::Index;
use model::advisory::{AdvisoryKind, Feed, Label};
use model::exposure::Reach;
use model::{CveId, HostId, TenantId};

/// The hosts that an answer may speak of. There is no question without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    tenant: TenantId,
}

impl Scope {
    /// Returns the scope of all hosts of a tenant.
    pub fn of(tenant: TenantId) -> Self {
        Self { tenant }
    }
}

/// What an exposure is to: a CVE, or the advisory where it names none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    Cve(CveId),
    /// `Advisory::id`.
    Advisory(String),
}

/// Names of a package in a stream.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PackageName {
    pub stream: String,
    pub package: String,
    pub module: String,
}

/// What is asked for; every part that is set narrows the answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    pub subject: Option<Subject>,
    pub host: Option<HostId>,
    /// As the stream names it, in every stream.
    pub package: Option<String>,
    pub is_kev_only: bool,
    /// `Reach::word`; `None`: every state that counts as exposed.
    pub state: Option<String>,
}

/// One exposure with all that deadlines and pages need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub host: HostId,
    pub subject: Subject,
    /// Every advisory that says so, sorted: one exposure all the same.
    pub advisories: Vec<String>,
    pub package: PackageName,
    /// The version that decides: installed, running or mapped.
    pub installed: String,
    /// The first version without the hole; empty: none is known.
    pub fixed: String,
    /// Where the fix is offered: empty for everybody.
    pub channel: String,
    pub reach: Reach,
    pub kind: AdvisoryKind,
    pub label: Label,
    /// The earliest publication of its advisories, seconds since the Unix epoch.
    pub published_at: Option<i64>,
    /// The first moment at which host and row were both known here.
    pub detected_at: i64,
    pub hazard_micro: u32,
    pub is_kev: bool,
    /// The source that decided.
    pub feed: Feed,
    pub source: String,
    /// The comparison set distribution suffixes aside.
    pub is_by_suffix_rule: bool,
}

/// One page of exposures: the worst subject first, then by package and host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// Exposures that match, on all pages.
    pub total: u64,
    /// Hosts that have one of them.
    pub hosts: u64,
    pub found: Vec<Found>,
    /// Pass as `after` for the next page; empty: this is the last.
    pub next: String,
}

/// One subject with its numbers of hosts: a line of the list by CVE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectLine {
    pub subject: Subject,
    pub hazard_micro: u32,
    pub is_kev: bool,
    pub label: Label,
    /// Hosts that are exposed.
    pub hosts: u64,
    /// Of those, how many are offered a fix.
    pub actionable: u64,
    /// In the order of names.
    pub packages: Vec<PackageName>,
    pub published_at: Option<i64>,
    /// The earliest detection on any host.
    pub detected_at: i64,
}

/// Hosts of one subject by state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// `Reach::word` and hosts, in the order of states; a host is counted once, under its worst state.
    pub by_state: Vec<(&'static str, u64)>,
    pub exposed: u64,
    /// Hosts of the scope.
    pub total: u64,
}

impl Index {
    /// Returns the exposed hosts that match, sorted.
    pub fn hosts_of(&self, scope: &Scope, query: &Query) -> Vec<HostId> {
        let _asked = (scope.tenant, query);
        Vec::new()
    }

    /// Returns every exposure of one host, those that do not count as exposed too: sorted by package and
    /// subject. Empty for a host of another tenant.
    pub fn exposures_of_host(&self, scope: &Scope, host: HostId) -> Vec<Found> {
        let _asked = (scope, host);
        Vec::new()
    }

    /// Returns one page of exposures.
    pub fn exposures(&self, scope: &Scope, query: &Query, after: &str, limit: usize) -> Page {
        let _asked = (scope, query, after, limit);
        Page::default()
    }

    /// Returns the hosts of a subject by state.
    pub fn counts(&self, scope: &Scope, subject: &Subject) -> Counts {
        let _asked = (scope, subject);
        Counts::default()
    }

    /// Returns one line for each subject that some host is exposed to: the worst hazard first.
    pub fn subjects(&self, scope: &Scope, query: &Query) -> Vec<SubjectLine> {
        let _asked = (scope, query);
        Vec::new()
    }

    /// Returns the numbers of exposed hosts of a subject by class (`HostEntry::class`), sorted by class.
    pub fn by_class(&self, scope: &Scope, subject: &Subject) -> Vec<(u32, u64)> {
        let _asked = (scope, subject);
        Vec::new()
    }

    /// Returns what each source says of a subject, overruled ones too.
    pub fn fixes(&self, scope: &Scope, subject: &Subject) -> Vec<model::exposure::FixLine> {
        let _asked = (scope, subject);
        Vec::new()
    }

    /// Returns the sum of hazards of each host of the scope in millionths, by host.
    pub fn risks(&self, scope: &Scope) -> Vec<(HostId, u64)> {
        let _asked = scope;
        Vec::new()
    }
}
