//! Exposures one by one: of a host, and of the fleet page by page.

use crate::index::Index;
use crate::index::holdings::HoldingId;
use crate::index::hosts::HostData;
use crate::index::query::{Found, PackageName, Page, Query, Scope, Subject, Within};
use crate::index::rows::{End, RowData};
use crate::index::slices::Slices;
use crate::index::versions::{PkgId, VerId};
use crate::index::weigh::Judge;
use crate::reach::{self, HostSide, Stand, Stood};
use model::HostId;
use model::advisory::{AdvisoryKind, Label, RowState};
use roaring::RoaringBitmap;
use std::cmp::Reverse;

/// One exposure before its words are looked up.
struct Bare<'a> {
    host: &'a HostData,
    pkg: PkgId,
    rows: &'a [RowData],
    stood: Stood,
}

impl Index {
    /// Returns every exposure of one host, those that do not count as exposed too: sorted by package and
    /// subject. Empty for a host of another tenant. Costs about a microsecond for each exposure.
    pub fn exposures_of_host(&self, scope: &Scope, host: HostId) -> Vec<Found> {
        let mut all = Vec::new();
        let number = self.hosts.number(host);
        let within = self.within(scope);
        let Some((number, _)) = number.zip(within).filter(|(number, w)| w.contains(*number)) else {
            return all;
        };
        let Some(host) = self.hosts.get(number) else { return all };
        let mut slices = Slices::default();
        let mut held: Vec<(PackageName, HoldingId)> = host
            .holdings()
            .into_iter()
            .filter(|holding| !self.packages.get(self.holdings.package(*holding)).rows.is_empty())
            .map(|holding| (self.packages.name(self.holdings.package(holding)), holding))
            .collect();
        held.sort_unstable();
        for (_, holding) in held {
            let pkg = self.holdings.package(holding);
            let package = self.packages.get(pkg);
            let start = all.len();
            let (arches, pieces) = (self.holdings.arches(holding), self.holdings.pieces(holding));
            for rows in package.rows.chunk_by(|a, b| a.subject == b.subject) {
                if self.subjects.get(rows[0].subject).is_rejected {
                    continue;
                }
                let tables = (&self.versions, &self.arch_sets);
                let stood = Judge::new(tables, package, rows, &mut slices).stand(arches, pieces);
                all.extend(stood.map(|stood| self.found(&Bare { host, pkg, rows, stood })));
            }
            all[start..].sort_unstable_by(|a: &Found, b| a.subject.cmp(&b.subject));
        }
        all
    }

    /// Returns one page of exposures. Without a subject, package or host, a page costs a walk over the holdings for
    /// its total; with a state, a walk over all rows.
    pub fn exposures(&self, scope: &Scope, query: &Query, after: &str, limit: usize) -> Page {
        let Some(within) = self.within(scope) else { return Page::default() };
        let (total, hosts) = (self.total(&within, query), self.set_of(&within, query).len());
        let mut page = Page { total, hosts, found: Vec::new(), next: String::new() };
        let cursor = Cursor::read(after);
        let mut slices = Slices::default();
        let subjects = self.candidates(query);
        let start = subjects.partition_point(|subject| {
            let (kev, hazard, name) = self.badness(*subject);
            cursor.as_ref().is_some_and(|c| (kev, hazard, name) < (c.not_kev, c.hazard, &c.subject))
        });
        for subject in &subjects[start..] {
            let mut packages: Vec<(PackageName, PkgId)> = self
                .subjects
                .get(*subject)
                .packages
                .iter()
                .map(|p| (self.packages.name(*p), *p))
                .collect();
            packages.sort_unstable();
            for (name, pkg) in packages {
                let mut visits: Vec<(Stood, &RoaringBitmap)> = Vec::new();
                let mut union = RoaringBitmap::new();
                let rows = self.packages.get(pkg).group(*subject);
                self.visit_package(*subject, pkg, &mut slices, |visit| {
                    if self.is_asked(query, visit) && within.has(visit.hosts) {
                        within.add(&mut union, visit.hosts);
                        visits.push((visit.stood, self.holdings.hosts(visit.holding)));
                    }
                });
                let place = (self.badness(*subject), &name);
                let Some(from) = Cursor::start(cursor.as_ref(), place) else { continue };
                if let Some(host) = query.host {
                    union &= self.hosts.number(host).into_iter().collect::<RoaringBitmap>();
                }
                let room = limit + 1 - page.found.len();
                for id in self.hosts.ids_of(&union, from, room) {
                    if page.found.len() == limit {
                        page.next = page.found.last().map_or_else(String::new, Cursor::of);
                        return page;
                    }
                    let number = self.hosts.number(id);
                    let visit =
                        visits.iter().find(|(_, set)| number.is_some_and(|n| set.contains(n)));
                    if let Some((host, (stood, _))) =
                        number.and_then(|number| self.hosts.get(number)).zip(visit)
                    {
                        page.found.push(self.found(&Bare { host, pkg, rows, stood: *stood }));
                    }
                }
            }
        }
        page
    }

    /// Returns the number of exposures that match.
    fn total(&self, within: &Within<'_>, query: &Query) -> u64 {
        let is_whole = query.subject.is_none() && query.state.is_none() && query.host.is_none();
        if is_whole {
            let weigh = |holding| {
                let summary = self.holdings.summary(holding)?;
                let each = if query.is_kev_only { summary.kev } else { summary.exposed };
                (each > 0).then(|| u64::from(each) * within.count(self.holdings.hosts(holding)))
            };
            return match &query.package {
                Some(name) => {
                    let packages = self.packages.named(name);
                    let held = packages.iter().flat_map(|pkg| &self.packages.get(*pkg).holdings);
                    held.filter_map(|holding| weigh(*holding)).sum()
                }
                None => self.holdings.ids().filter_map(weigh).sum(),
            };
        }
        let mut total = 0;
        let mut slices = Slices::default();
        let host = query.host.map(|host| self.hosts.number(host));
        for subject in self.candidates(query) {
            self.visit(subject, &mut slices, |visit| {
                if self.is_asked(query, visit) {
                    total += match host {
                        None => within.count(visit.hosts),
                        Some(number) => u64::from(
                            number.is_some_and(|n| visit.hosts.contains(n) && within.contains(n)),
                        ),
                    };
                }
            });
        }
        total
    }

    /// Looks the words of an exposure up.
    fn found(&self, bare: &Bare<'_>) -> Found {
        let Bare { host, pkg, rows, stood } = bare;
        let row = &rows[stood.row];
        let subject = self.subjects.get(row.subject);
        let said = self.said(rows);
        let to = match stood.stand {
            Stand::Offered { to } => self.versions.text(to),
            Stand::Held
            | Stand::NotOffered
            | Stand::OtherMinor
            | Stand::NoFix
            | Stand::NeedsReboot
            | Stand::NeedsRestart
            | Stand::BootsVulnerable
            | Stand::StaleImage
            | Stand::Carried
            | Stand::Unknown { .. } => "",
        };
        let units = host.stale.iter().find(|(stale, _)| stale == pkg);
        let side = HostSide {
            is_release_ended: host.is_release_ended,
            is_lists_stale: host.is_lists_stale,
            is_in_channel: host.channels.contains(&row.channel),
            units: units.map_or(&[], |(_, units)| units),
        };
        let source = self.sources.get(row.source);
        let channel = row.channel.checked_sub(1).map(|at| self.channels.get(at).clone());
        Found {
            host: host.id,
            subject: subject.subject.clone(),
            advisories: said.advisories,
            package: self.packages.name(*pkg),
            installed: self.versions.text(stood.ver).to_owned(),
            fixed: match row.end {
                End::Fixed => self.versions.text(VerId(row.until)).to_owned(),
                End::Open | End::Last => String::new(),
            },
            channel: channel.unwrap_or_default(),
            reach: reach::reach(stood, row, to, &side),
            kind: said.kind,
            label: said.label,
            published_at: said.published_at,
            detected_at: said.learned_at.max(host.first_seen_at),
            hazard_micro: subject.hazard_micro,
            is_kev: subject.is_kev,
            feed: source.feed,
            source: source.name.clone(),
            is_by_suffix_rule: row.is_foreign
                && crate::scheme::without_suffix(self.versions.text(stood.ver))
                    != self.versions.text(stood.ver),
        }
    }

    /// Returns what the rows of a subject say together, weaker sources too.
    fn said(&self, rows: &[RowData]) -> Said {
        let mut said = self.sums_of(rows);
        let believed = rows.iter().filter(|row| is_statement(row));
        let ids = believed.map(|row| self.advisories.get(row.advisory).id.to_string());
        said.advisories = ids.collect();
        let name = match rows.first().map(|row| &self.subjects.get(row.subject).subject) {
            Some(Subject::Cve(cve)) => cve.to_string(),
            Some(Subject::Advisory(_)) | None => String::new(),
        };
        said.advisories.retain(|id| *id != name);
        said.advisories.sort_unstable();
        said.advisories.dedup();
        said
    }

    /// Returns the same without the names.
    pub(super) fn sums_of(&self, rows: &[RowData]) -> Said {
        let mut said = Said {
            advisories: Vec::new(),
            kind: AdvisoryKind::EndOfLife,
            label: Label::NotGiven,
            published_at: None,
            learned_at: i64::MAX,
        };
        for row in rows.iter().filter(|row| is_statement(row)) {
            let advisory = self.advisories.get(row.advisory);
            if advisory.kind != AdvisoryKind::EndOfLife {
                said.kind = AdvisoryKind::Security;
            }
            said.label = said.label.max(advisory.label);
            said.learned_at = said.learned_at.min(row.learned_at.into());
            said.published_at = match (said.published_at, advisory.published_at) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
        }
        said
    }
}

fn is_statement(row: &RowData) -> bool {
    !row.is_idle && row.state != RowState::NotAffected
}

/// What documents say of a subject in one package.
pub(super) struct Said {
    /// Sorted; without the CVE's own name.
    pub(super) advisories: Vec<String>,
    pub(super) kind: AdvisoryKind,
    pub(super) label: Label,
    pub(super) published_at: Option<i64>,
    pub(super) learned_at: i64,
}

/// Where a page ended. Text, because it travels through addresses.
struct Cursor {
    not_kev: bool,
    hazard: Reverse<u32>,
    subject: Subject,
    package: PackageName,
    host: HostId,
}

impl Cursor {
    fn of(last: &Found) -> String {
        let subject = match &last.subject {
            Subject::Cve(cve) => cve.to_string(),
            Subject::Advisory(id) => id.clone(),
        };
        let name = &last.package;
        format!(
            "{}|{}|{}|{}|{}|{}|{subject}",
            u8::from(last.is_kev),
            last.hazard_micro,
            name.stream,
            name.package,
            name.module,
            last.host
        )
    }

    /// A text that is no cursor begins at the beginning.
    fn read(text: &str) -> Option<Self> {
        let mut parts = text.splitn(7, '|');
        let mut next = || parts.next();
        let (kev, hazard) = (next()?, next()?.parse().ok()?);
        let package = PackageName {
            stream: next()?.to_owned(),
            package: next()?.to_owned(),
            module: next()?.to_owned(),
        };
        let host = next()?.parse().ok()?;
        let subject = next()?;
        let subject = match subject.parse() {
            Ok(cve) => Subject::Cve(cve),
            Err(_) => Subject::Advisory(subject.to_owned()),
        };
        Some(Self { not_kev: kev != "1", hazard: Reverse(hazard), subject, package, host })
    }

    /// Returns after which host to go on in a package of a subject; `None`: it was on an earlier page.
    fn start(
        cursor: Option<&Self>,
        (subject, package): ((bool, Reverse<u32>, &Subject), &PackageName),
    ) -> Option<Option<HostId>> {
        let Some(cursor) = cursor else { return Some(None) };
        let end = ((cursor.not_kev, cursor.hazard, &cursor.subject), &cursor.package);
        match (subject, package).cmp(&end) {
            std::cmp::Ordering::Less => None,
            std::cmp::Ordering::Equal => Some(Some(cursor.host)),
            std::cmp::Ordering::Greater => Some(None),
        }
    }
}
