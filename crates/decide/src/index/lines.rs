//! Numbers: hosts by state, by class, by subject; what each source says; sums of hazards.

use crate::index::Index;
use crate::index::entry::Coverage;
use crate::index::query::{Counts, Query, Scope, Subject, SubjectLine};
use crate::index::rows::{End, RowData};
use crate::index::slices::Slices;
use crate::index::versions::{PkgId, VerId};
use model::HostId;
use model::advisory::{Label, RowState};
use model::exposure::FixLine;
use roaring::RoaringBitmap;

/// States, the one that counts for a host with several packages first.
const STATES: [&str; 9] = [
    "actionable",
    "fix_not_reachable",
    "no_fix",
    "needs_reboot",
    "needs_restart",
    "boots_vulnerable",
    "unknown",
    "stale_image",
    "carried",
];

impl Index {
    /// Returns the hosts of a subject by state.
    pub fn counts(&self, scope: &Scope, subject: &Subject) -> Counts {
        let Some(within) = self.within(scope) else { return Counts::default() };
        let total = self.hosts.tenants.get(&scope.tenant()).map_or(0, RoaringBitmap::len);
        let mut by_state = vec![RoaringBitmap::new(); STATES.len()];
        let mut exposed = RoaringBitmap::new();
        if let Some(subject) = self.subjects.find(subject) {
            self.visit(subject, &mut Slices::default(), |visit| {
                let stand = visit.stood.stand;
                let at = STATES.iter().position(|word| *word == stand.word());
                within.add(&mut by_state[at.expect("every word is a state")], visit.hosts);
                if stand.is_exposed() {
                    within.add(&mut exposed, visit.hosts);
                }
            });
        }
        let mut counted = RoaringBitmap::new();
        let mut counts = Vec::new();
        for (word, set) in STATES.into_iter().zip(by_state) {
            let hosts = (&set - &counted).len();
            if hosts > 0 {
                counts.push((word, hosts));
            }
            counted |= set;
        }
        Counts { by_state: counts, exposed: exposed.len(), total }
    }

    /// Returns one line for each subject that some host is exposed to: the worst hazard first. Costs a walk over
    /// all rows where neither subject, package nor host is asked for.
    pub fn subjects(&self, scope: &Scope, query: &Query) -> Vec<SubjectLine> {
        let Some(within) = self.within(scope) else { return Vec::new() };
        let host = query.host.map(|host| self.hosts.number(host));
        let mut slices = Slices::default();
        let mut lines = Vec::new();
        for subject in self.candidates(query) {
            if query.is_kev_only && !self.subjects.get(subject).is_kev {
                continue;
            }
            let mut tally = Tally::default();
            self.visit(subject, &mut slices, |visit| {
                let is_host =
                    host.is_none_or(|number| number.is_some_and(|n| visit.hosts.contains(n)));
                if is_host && self.is_asked(query, visit) {
                    let hosts = match host {
                        None => within.count(visit.hosts),
                        Some(number) => {
                            u64::from(number.is_some_and(|number| within.contains(number)))
                        }
                    };
                    if hosts > 0 {
                        tally.add(visit.pkg, hosts, visit.stood.stand.word() == "actionable");
                    }
                }
            });
            if tally.hosts > 0 {
                lines.push(self.line(&within, subject, query, tally));
            }
        }
        lines
    }

    fn line(
        &self,
        within: &crate::index::query::Within<'_>,
        subject: u32,
        query: &Query,
        mut tally: Tally,
    ) -> SubjectLine {
        let known = self.subjects.get(subject);
        // A host is in one release, so that only packages of the same one can count it twice.
        let release = |pkg: &PkgId| {
            let stream = self.packages.stream(self.packages.get(*pkg).stream);
            stream.trim_end_matches("-backports")
        };
        let mut streams: Vec<&str> = tally.packages.iter().map(release).collect();
        streams.sort_unstable();
        let is_twice = streams.windows(2).any(|pair| pair[0] == pair[1]);
        if is_twice && query.host.is_none() {
            let (mut all, mut offered) = (RoaringBitmap::new(), RoaringBitmap::new());
            self.visit(subject, &mut Slices::default(), |visit| {
                if self.is_asked(query, visit) {
                    within.add(&mut all, visit.hosts);
                    if visit.stood.stand.word() == "actionable" {
                        within.add(&mut offered, visit.hosts);
                    }
                }
            });
            (tally.hosts, tally.actionable) = (all.len(), offered.len());
        } else if is_twice {
            (tally.hosts, tally.actionable) = (1, tally.actionable.min(1));
        }
        let mut line = SubjectLine {
            subject: known.subject.clone(),
            hazard_micro: known.hazard_micro,
            is_kev: known.is_kev,
            label: Label::NotGiven,
            hosts: tally.hosts,
            actionable: tally.actionable,
            packages: tally.packages.iter().map(|pkg| self.packages.name(*pkg)).collect(),
            published_at: None,
            detected_at: i64::MAX,
        };
        line.packages.sort_unstable();
        for pkg in &tally.packages {
            let said = self.sums_of(self.packages.get(*pkg).group(subject));
            line.label = line.label.max(said.label);
            line.detected_at = line.detected_at.min(said.learned_at);
            line.published_at = match (line.published_at, said.published_at) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
        }
        line
    }

    /// Returns the numbers of exposed hosts of a subject by class (`HostEntry::class`), sorted by class.
    pub fn by_class(&self, scope: &Scope, subject: &Subject) -> Vec<(u32, u64)> {
        let query = Query { subject: Some(subject.clone()), ..Query::default() };
        let Some(within) = self.within(scope) else { return Vec::new() };
        let set = self.set_of(&within, &query);
        let counts = self.hosts.classes.iter().map(|(class, hosts)| {
            let count = hosts.intersection_len(&set);
            (*class, count)
        });
        counts.filter(|(_, count)| *count > 0).collect()
    }

    /// Returns what each source says of a subject, overruled ones too: sorted by stream, package and strength.
    pub fn fixes(&self, scope: &Scope, subject: &Subject) -> Vec<FixLine> {
        let Some((within, subject)) = self.within(scope).zip(self.subjects.find(subject)) else {
            return Vec::new();
        };
        let mut packages: Vec<_> = self.subjects.get(subject).packages.clone();
        packages.sort_unstable_by_key(|pkg| self.packages.name(*pkg));
        let mut lines = Vec::new();
        for pkg in packages {
            let rows = self.packages.get(pkg).group(subject);
            let mut hosts = vec![0; rows.len()];
            let mut slices = Slices::default();
            self.visit_package(subject, pkg, &mut slices, |visit| {
                if visit.stood.stand.is_exposed() {
                    hosts[visit.stood.row] += within.count(visit.hosts);
                }
            });
            let package = self.packages.get(pkg);
            slices.fill(&package.ground(&self.versions), rows, |_| true);
            let is_rejected = self.subjects.get(subject).is_rejected;
            // What is borrowed matters where some host has the package.
            let mut held = package.holdings.iter().map(|held| self.holdings.hosts(*held));
            let is_held = held.any(|hosts| within.has(hosts));
            for (at, row) in rows.iter().enumerate() {
                if row.borrowed.is_some() && !is_held {
                    continue;
                }
                let is_overruled = is_rejected || !slices.is_live(at);
                lines.push(self.fix(pkg, row, hosts[at], is_overruled));
            }
        }
        lines
    }

    fn fix(&self, pkg: PkgId, row: &RowData, hosts: u64, is_overruled: bool) -> FixLine {
        let name = self.packages.name(pkg);
        let until = || self.versions.text(VerId(row.until));
        let end = match (row.state, row.end) {
            (RowState::NotAffected, _) => "not affected".to_owned(),
            (_, End::Open) => "every version".to_owned(),
            (_, End::Fixed) => format!("below {}", until()),
            (_, End::Last) => format!("up to {}", until()),
        };
        let affected = match row.from {
            crate::index::rows::NONE => end,
            from => format!("{end}, from {}", self.versions.text(VerId(from))),
        };
        let channel = row.channel.checked_sub(1).map(|at| self.channels.get(at).clone());
        FixLine {
            stream: name.stream,
            package: name.package,
            module: name.module,
            affected,
            fixed: match row.end {
                End::Fixed if row.state != RowState::NotAffected => until().to_owned(),
                End::Open | End::Fixed | End::Last => String::new(),
            },
            channel: channel.unwrap_or_default(),
            source: self.sources.get(row.source).name.clone(),
            advisory: self.advisories.get(row.advisory).id.to_string(),
            learned_at: row.learned_at.into(),
            hosts,
            is_overruled,
        }
    }

    /// Returns the sum of hazards of each host of the scope in millionths, by host.
    pub fn risks(&self, scope: &Scope) -> Vec<(HostId, u64)> {
        let Some(within) = self.within(scope) else { return Vec::new() };
        let sums = self.sums();
        let hosts = self.hosts.by_id().filter(|(_, number)| within.contains(*number));
        hosts.map(|(id, number)| (id, sums[number as usize])).collect()
    }

    /// Returns the sum of hazards by host number.
    fn sums(&self) -> Vec<u64> {
        let mut sums = vec![0; self.hosts.numbers_max()];
        for holding in self.holdings.ids() {
            let Some(summary) = self.holdings.summary(holding) else { continue };
            if summary.hazard_micro > 0 {
                let hosts = self.holdings.hosts(holding).iter();
                hosts.for_each(|number| sums[number as usize] += summary.hazard_micro);
            }
        }
        sums
    }

    /// Returns the hosts of a scope by how far they can be judged.
    pub fn coverage(&self, scope: &Scope) -> Vec<(Coverage, u64)> {
        let Some(within) = self.within(scope) else { return Vec::new() };
        let mut counts = [Coverage::Covered, Coverage::Partly, Coverage::NoStream].map(|c| (c, 0));
        for (_, number) in self.hosts.by_id().filter(|(_, number)| within.contains(*number)) {
            let host = self.hosts.get(number);
            for (coverage, count) in &mut counts {
                *count += u64::from(host.is_some_and(|host| host.coverage == *coverage));
            }
        }
        counts.into_iter().filter(|(_, count)| *count > 0).collect()
    }
}

/// Hosts of one subject while its holdings are visited.
#[derive(Default)]
struct Tally {
    hosts: u64,
    actionable: u64,
    packages: Vec<PkgId>,
}

impl Tally {
    fn add(&mut self, pkg: PkgId, hosts: u64, is_actionable: bool) {
        self.hosts += hosts;
        if is_actionable {
            self.actionable += hosts;
        }
        if self.packages.last() != Some(&pkg) {
            self.packages.push(pkg);
        }
    }
}
