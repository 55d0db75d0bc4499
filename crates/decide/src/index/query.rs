//! What is asked of the index. Every question has a scope: one tenant's hosts.

use crate::index::Index;
use crate::index::holdings::HoldingId;
use crate::index::hosts::HostData;
use crate::index::rows::RowData;
use crate::index::slices::Slices;
use crate::index::versions::PkgId;
use crate::index::weigh::Judge;
use crate::reach::Stood;
use model::advisory::{AdvisoryKind, Feed, Label};
use model::exposure::Reach;
use model::{CveId, HostId, TenantId};
use roaring::RoaringBitmap;

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

    pub(crate) fn tenant(&self) -> TenantId {
        self.tenant
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

/// The hosts of a scope as a set; `None`: all hosts of the index are the tenant's.
#[derive(Clone, Copy)]
pub(crate) struct Within<'a> {
    hosts: Option<&'a RoaringBitmap>,
}

impl Within<'_> {
    pub(crate) fn count(&self, set: &RoaringBitmap) -> u64 {
        self.hosts.map_or_else(|| set.len(), |hosts| hosts.intersection_len(set))
    }

    pub(crate) fn has(&self, set: &RoaringBitmap) -> bool {
        self.hosts.map_or(!set.is_empty(), |hosts| !hosts.is_disjoint(set))
    }

    pub(crate) fn contains(&self, number: u32) -> bool {
        self.hosts.is_none_or(|hosts| hosts.contains(number))
    }

    /// Adds to `union` the hosts of `set` that are within.
    pub(crate) fn add(&self, union: &mut RoaringBitmap, set: &RoaringBitmap) {
        match self.hosts {
            Some(hosts) => *union |= hosts & set,
            None => *union |= set,
        }
    }
}

/// One holding with where a subject stands for it.
pub(crate) struct Visit<'a> {
    pub(crate) pkg: PkgId,
    pub(crate) holding: HoldingId,
    pub(crate) stood: Stood,
    /// The rows of the subject in this package.
    pub(crate) rows: &'a [RowData],
    pub(crate) hosts: &'a RoaringBitmap,
}

impl Index {
    /// Returns the hosts of a scope; `None`: it has none.
    pub(crate) fn within(&self, scope: &Scope) -> Option<Within<'_>> {
        let hosts = self.hosts.tenants.get(&scope.tenant)?;
        let is_all = self.hosts.tenants.len() == 1;
        Some(Within { hosts: (!is_all).then_some(hosts) })
    }

    /// Visits every holding with hosts that a subject stands for in some way. Costs some 20 ns for each
    /// holding of its packages.
    pub(crate) fn visit(&self, subject: u32, slices: &mut Slices, mut see: impl FnMut(&Visit<'_>)) {
        for pkg in &self.subjects.get(subject).packages {
            self.visit_package(subject, *pkg, slices, &mut see);
        }
    }

    pub(crate) fn visit_package(
        &self,
        subject: u32,
        pkg: PkgId,
        slices: &mut Slices,
        mut see: impl FnMut(&Visit<'_>),
    ) {
        if self.subjects.get(subject).is_rejected {
            return;
        }
        let package = self.packages.get(pkg);
        let rows = package.group(subject);
        let mut judge = Judge::new((&self.versions, &self.arch_sets), package, rows, slices);
        for holding in &package.holdings {
            let hosts = self.holdings.hosts(*holding);
            if hosts.is_empty() {
                continue;
            }
            let arches = self.holdings.arches(*holding);
            if let Some(stood) = judge.stand(arches, self.holdings.pieces(*holding)) {
                see(&Visit { pkg, holding: *holding, stood, rows, hosts });
            }
        }
    }

    /// Returns the exposed hosts that match, sorted. Costs microseconds for a subject; without one, a walk over all
    /// holdings.
    pub fn hosts_of(&self, scope: &Scope, query: &Query) -> Vec<HostId> {
        let Some(within) = self.within(scope) else { return Vec::new() };
        self.hosts.ids_of(&self.set_of(&within, query), None, usize::MAX)
    }

    /// Returns the number of exposed hosts that match.
    pub fn count_hosts(&self, scope: &Scope, query: &Query) -> u64 {
        self.within(scope).map_or(0, |within| self.set_of(&within, query).len())
    }

    pub(crate) fn set_of(&self, within: &Within<'_>, query: &Query) -> RoaringBitmap {
        let mut union = RoaringBitmap::new();
        if query.subject.is_none() && query.state.is_none() {
            self.add_exposed(within, query, &mut union);
        } else {
            let mut slices = Slices::default();
            for subject in self.candidates(query) {
                self.visit(subject, &mut slices, |visit| {
                    if self.is_asked(query, visit) {
                        within.add(&mut union, visit.hosts);
                    }
                });
            }
        }
        if let Some(host) = query.host {
            let number = self.hosts.number(host);
            union &= number.into_iter().collect::<RoaringBitmap>();
        }
        union
    }

    /// Adds hosts of holdings whose summary says that they are exposed; stops when all are in.
    fn add_exposed(&self, within: &Within<'_>, query: &Query, union: &mut RoaringBitmap) {
        let all = within.hosts.map_or(self.hosts.len() as u64, RoaringBitmap::len);
        let mut add = |holding: HoldingId| {
            let is_exposed = self.holdings.summary(holding).is_some_and(|summary| {
                if query.is_kev_only { summary.kev > 0 } else { summary.exposed > 0 }
            });
            if is_exposed {
                within.add(union, self.holdings.hosts(holding));
            }
            union.len() < all
        };
        match &query.package {
            Some(name) => {
                for pkg in self.packages.named(name) {
                    self.packages.get(pkg).holdings.iter().all(|holding| add(*holding));
                }
            }
            None => {
                self.holdings.ids().all(add);
            }
        }
    }

    /// Returns the subjects that a query may be about, the worst first.
    pub(crate) fn candidates(&self, query: &Query) -> Vec<u32> {
        if let Some(subject) = &query.subject {
            return self.subjects.find(subject).into_iter().collect();
        }
        let mut all = match (&query.package, query.host.and_then(|host| self.hosts.number(host))) {
            (Some(name), _) => self.subjects_of(self.packages.named(name)),
            (None, Some(number)) => {
                let held = self.hosts.get(number).map_or_else(Vec::new, HostData::holdings);
                self.subjects_of(held.into_iter().map(|held| self.holdings.package(held)))
            }
            (None, None) => return self.worst_first().to_vec(),
        };
        all.sort_unstable_by_key(|subject| self.badness(*subject));
        all
    }

    fn subjects_of(&self, packages: impl IntoIterator<Item = PkgId>) -> Vec<u32> {
        let mut all: Vec<u32> = packages
            .into_iter()
            .flat_map(|pkg| self.packages.get(pkg).rows.iter().map(|row| row.subject))
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    pub(crate) fn worst_first(&self) -> &[u32] {
        self.worst_first.get_or_init(|| {
            let has_rows = |subject: &u32| !self.subjects.get(*subject).packages.is_empty();
            let mut all: Vec<u32> = self.subjects.ids().filter(has_rows).collect();
            all.sort_unstable_by_key(|subject| self.badness(*subject));
            all
        })
    }

    /// Returns the place of a subject: known exploited ones first, then by hazard, then by name.
    pub(crate) fn badness(&self, subject: u32) -> (bool, std::cmp::Reverse<u32>, &Subject) {
        let known = self.subjects.get(subject);
        (!known.is_kev, std::cmp::Reverse(known.hazard_micro), &known.subject)
    }

    /// Returns whether a visit is what a query asks for, apart from hosts.
    pub(crate) fn is_asked(&self, query: &Query, visit: &Visit<'_>) -> bool {
        let subject = visit.rows.first().map(|row| self.subjects.get(row.subject));
        let is_kev = subject.is_some_and(|subject| subject.is_kev);
        let is_package = |name: &String| *self.packages.get(visit.pkg).name == **name;
        let is_state = match &query.state {
            Some(state) => visit.stood.stand.word() == state,
            None => visit.stood.stand.is_exposed(),
        };
        is_state && (is_kev || !query.is_kev_only) && query.package.as_ref().is_none_or(is_package)
    }
}
