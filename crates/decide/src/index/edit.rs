//! Edits: hosts come and go, rows are learned and withdrawn, hazards change. Each costs what it changes.

use crate::index::entry::{HostEntry, Part};
use crate::index::holdings::{HoldingId, Piece, Role};
use crate::index::hosts::{self, StaleUnits};
use crate::index::query::Subject;
use crate::index::rows::{End, NONE, RowData};
use crate::index::versions::{PkgId, VerId};
use crate::index::{Index, NewRow, RowId, Source, precedence};
use crate::stream::Borrowed;
use model::advisory::{AdvisoryKind, Row, Until};
use model::{CveId, HostId};

/// Parts of one package on one host that are looked at. A host with more of them is made up; the rest is
/// left out rather than let it slow down everybody's answers.
const PIECES_MAX: usize = 4_096;
/// Architectures that mean every architecture.
const ANY_ARCH: [&str; 4] = ["", "all", "any", "noarch"];

impl Index {
    /// Puts a host in the place of what was known of it. Costs about 0.1 µs for each item and a microsecond for
    /// each package that changed.
    pub fn put_host(&mut self, entry: &HostEntry) {
        let (holdings, stale) = self.hold(entry);
        let channels = entry.channels.iter().map(|name| self.channel(name)).collect();
        let data = hosts::data(entry, &holdings, channels, stale);
        let (number, before, is_reweighed) = self.hosts.put(data);
        if is_reweighed {
            let all = before.iter().chain(&holdings);
            all.for_each(|held| self.kept_sums.forget(self.holdings.package(*held)));
        }
        self.exchange(number, &before, &holdings);
    }

    /// Forgets a host.
    pub fn remove_host(&mut self, host: HostId) {
        if let Some((number, before)) = self.hosts.remove(host) {
            self.exchange(number, &before, &[]);
        }
    }

    /// Both lists are sorted.
    fn exchange(&mut self, number: u32, before: &[HoldingId], after: &[HoldingId]) {
        let (mut old, mut new) = (before.iter().peekable(), after.iter().peekable());
        loop {
            let order = match (old.peek(), new.peek()) {
                (Some(o), Some(n)) => o.cmp(n),
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (None, None) => return,
            };
            if order.is_le() {
                let holding = old.next().filter(|_| order.is_lt());
                if let Some(holding) = holding {
                    self.kept_sums.forget(self.holdings.package(*holding));
                    self.holdings.hosts_mut(*holding).remove(number);
                }
            }
            if order.is_ge() {
                let holding = new.next().filter(|_| order.is_gt());
                if let Some(holding) = holding {
                    self.kept_sums.forget(self.holdings.package(*holding));
                    self.holdings.hosts_mut(*holding).insert(number);
                }
            }
        }
    }

    /// Returns the holdings of an entry, sorted, and the units that run old code, by package.
    fn hold(&mut self, entry: &HostEntry) -> (Vec<HoldingId>, StaleUnits) {
        let mut stale = Vec::with_capacity(entry.stale.len());
        let mut until_reboot = Vec::new();
        for units in &entry.stale {
            let stream = self.packages.intern_stream(&units.stream);
            let pkg = self.package(stream, &units.package, &units.module);
            stale.push((pkg, units.units.clone().into_boxed_slice()));
            if units.needs_reboot {
                until_reboot.push(pkg);
            }
        }
        let mut pieces: Vec<(PkgId, Piece)> = Vec::with_capacity(entry.items.len());
        for item in &entry.items {
            let is_held = !matches!(item.part, Part::Offered | Part::HeldBack);
            let (pkg, ver) = self.items.find(item, is_held).unwrap_or_else(|| {
                let stream = self.packages.intern_stream(&item.stream);
                let pkg = self.package(stream, &item.package, &item.module);
                let ver = self.packages.version(&mut self.versions, pkg, &item.version, is_held);
                self.items.add(item, is_held, (pkg, ver));
                (pkg, ver)
            });
            let role = Role::of(item.part, until_reboot.contains(&pkg));
            pieces.push((pkg, Piece::new(role, ver)));
        }
        pieces.sort_unstable();
        pieces.dedup();
        let arches = self.arch_set(&entry.arches);
        let mut holdings = Vec::new();
        let mut own = Vec::new();
        for of_package in pieces.chunk_by(|a, b| a.0 == b.0) {
            own.clear();
            own.extend(of_package.iter().take(PIECES_MAX).map(|(_, piece)| *piece));
            holdings.push(self.holding(of_package[0].0, arches, &own));
        }
        holdings.sort_unstable();
        (holdings, stale.into_boxed_slice())
    }

    fn holding(&mut self, pkg: PkgId, arches: u16, pieces: &[Piece]) -> HoldingId {
        if let Some(known) = self.holdings.find(pkg, arches, pieces) {
            return known;
        }
        let new = self.holdings.add(pkg, arches, pieces);
        self.packages.get_mut(pkg).holdings.push(new);
        self.weigh_holding(new);
        new
    }

    /// Returns the package. A new one gets the rows that it borrows.
    fn package(&mut self, stream: u16, name: &str, module: &str) -> PkgId {
        let new = match self.packages.intern(stream, name, module) {
            Ok(known) => return known,
            Err(new) => new,
        };
        for (lender, how) in self.packages.lenders(new) {
            let lent: Vec<RowData> = self.packages.get(lender).rows.clone();
            for row in lent.iter().filter(|row| row.borrowed.is_none()) {
                let row = self.lend(row, new, how);
                self.insert(new, row);
            }
        }
        new
    }

    /// Adds rows of one source; a row whose id is known is replaced. Costs some microseconds for each row.
    pub fn put_rows(&mut self, source: &Source, rows: &[NewRow<'_>]) {
        let known: Vec<RowId> =
            rows.iter().map(|row| row.id).filter(|id| self.rows.contains_key(id)).collect();
        self.remove_rows(&known);
        let number = self.sources.intern(source);
        // Packages first, all of them: a new one borrows rows that are in, and these are not yet.
        let place = |row: &NewRow<'_>| {
            let stream = self.packages.intern_stream(&row.row.stream);
            self.package(stream, &row.row.package, &row.row.module)
        };
        let packages: Vec<PkgId> = rows.iter().map(place).collect();
        let mut new: Vec<(PkgId, RowData)> = Vec::with_capacity(rows.len());
        for (row, pkg) in rows.iter().zip(packages) {
            let data = self.row(source, number, pkg, row);
            if self.rows.insert(row.id, (pkg, data.subject)).is_some() {
                // Named twice in one batch: the later one holds.
                new.retain(|(_, earlier)| earlier.id != row.id);
            }
            new.push((pkg, data));
            for (to, how) in self.packages.get(pkg).lends.clone() {
                let lent = self.lend(&data, to, how);
                new.push((to, lent));
            }
        }
        new.sort_unstable_by_key(|(pkg, row)| (*pkg, row.place()));
        for group in new.chunk_by(|a, b| (a.0, a.1.subject) == (b.0, b.1.subject)) {
            let (pkg, subject) = (group[0].0, group[0].1.subject);
            self.weigh(pkg, subject, false);
            for (_, row) in group {
                self.insert(pkg, *row);
            }
            self.weigh(pkg, subject, true);
        }
    }

    /// Withdraws rows; unknown ids are left out.
    pub fn remove_rows(&mut self, rows: &[RowId]) {
        for id in rows {
            let Some((home, subject)) = self.rows.remove(id) else { continue };
            let lent = self.packages.get(home).lends.clone();
            for pkg in lent.into_iter().map(|(to, _)| to).chain([home]) {
                self.weigh(pkg, subject, false);
                let package = self.packages.get_mut(pkg);
                let start = package.rows.partition_point(|row| row.subject < subject);
                let length = package.group(subject).len();
                let at = package.rows[start..start + length].iter().position(|r| r.id == *id);
                if let Some(at) = at {
                    package.rows.remove(start + at);
                    if length == 1 {
                        self.subjects.get_mut(subject).packages.retain(|known| *known != pkg);
                    }
                }
                self.weigh(pkg, subject, true);
            }
        }
    }

    /// States what a CVE weighs (`hazard::of`) and whether it is in the KEV catalogue. Costs a microsecond for
    /// each package that it is about.
    pub fn set_hazard(&mut self, cve: CveId, micro: u32, is_kev: bool) {
        self.restate(cve, |known| {
            known.hazard_micro = micro;
            known.is_kev = is_kev;
        });
    }

    /// States whether a CVE was rejected: its rows are withdrawn everywhere, whenever they come.
    pub fn set_rejected(&mut self, cve: CveId, is_rejected: bool) {
        self.restate(cve, |known| known.is_rejected = is_rejected);
    }

    fn restate(&mut self, cve: CveId, change: impl Fn(&mut crate::index::rows::SubjectData)) {
        let subject = self.subjects.intern(&Subject::Cve(cve));
        let packages = self.subjects.get(subject).packages.clone();
        for pkg in &packages {
            self.weigh(*pkg, subject, false);
        }
        change(self.subjects.get_mut(subject));
        self.worst_first.take();
        for pkg in &packages {
            self.weigh(*pkg, subject, true);
        }
    }

    fn row(&mut self, source: &Source, number: u16, pkg: PkgId, new: &NewRow<'_>) -> RowData {
        let row = new.row;
        let subject = match row.cve {
            Some(cve) => Subject::Cve(cve),
            None => Subject::Advisory(row.advisory.clone()),
        };
        let subject = self.subjects.intern(&subject);
        self.worst_first.take();
        let advisory = self.advisories.put(number, &row.advisory, new.advisory);
        let (end, until) = match &row.until {
            Until::Open => (End::Open, None),
            Until::Fixed(version) => (End::Fixed, Some(version.as_str())),
            Until::Last(version) => (End::Last, Some(version.as_str())),
        };
        let from = Some(row.from.as_str()).filter(|from| !from.is_empty());
        let mut bound = |text: Option<&str>| match text {
            Some(text) => self.packages.version(&mut self.versions, pkg, text, false).0,
            None => NONE,
        };
        let (from, until) = (bound(from), bound(until));
        let is_read = |ver: u32| ver == NONE || self.versions.is_parsed(VerId(ver));
        let is_unreadable = !is_read(from) || !is_read(until);
        let is_distribution = self.packages.get(pkg).scheme.is_some();
        RowData {
            id: new.id,
            subject,
            from,
            until,
            advisory,
            learned_at: u32::try_from(new.learned_at.max(0)).unwrap_or(u32::MAX),
            channel: self.channel(&row.channel),
            arch: self.arch(&row.arch),
            source: number,
            class: precedence::class(source),
            state: row.state,
            end,
            borrowed: None,
            is_foreign: row.is_foreign,
            is_unreadable,
            is_state_only: precedence::is_state_only(source),
            is_idle: is_idle(row, new) || (is_distribution && !precedence::may_match(source)),
        }
    }

    /// Returns a row as another package of the family sees it: with its own versions as bounds.
    fn lend(&mut self, row: &RowData, to: PkgId, how: Borrowed) -> RowData {
        let mut bound = |ver: u32| {
            if ver == NONE {
                return NONE;
            }
            let text = self.versions.text(VerId(ver)).to_owned();
            self.packages.version(&mut self.versions, to, &text, false).0
        };
        RowData {
            from: bound(row.from),
            until: bound(row.until),
            borrowed: Some(how),
            is_foreign: row.is_foreign || how == Borrowed::NextRelease,
            ..*row
        }
    }

    fn insert(&mut self, pkg: PkgId, row: RowData) {
        let package = self.packages.get_mut(pkg);
        let at = package.rows.partition_point(|known| known.place() < row.place());
        package.rows.insert(at, row);
        let packages = &mut self.subjects.get_mut(row.subject).packages;
        if let Err(at) = packages.binary_search(&pkg) {
            packages.insert(at, pkg);
        }
    }

    /// 0 is the plain archive.
    fn channel(&mut self, name: &str) -> u16 {
        if name.is_empty() {
            return 0;
        }
        self.channels.intern(&name.to_owned()) + 1
    }

    /// 0 is every architecture.
    fn arch(&mut self, name: &str) -> u16 {
        if ANY_ARCH.contains(&name) {
            return 0;
        }
        self.arches.intern(&name.to_owned()) + 1
    }

    fn arch_set(&mut self, names: &[String]) -> u16 {
        let mut set: Vec<u16> = names.iter().map(|name| self.arch(name)).collect();
        set.sort_unstable();
        set.dedup();
        self.arch_sets.intern(&set)
    }
}

/// Kept to be shown, never believed: taken back, about the new version, or about no hole at all. A row with a CVE
/// is about a hole, whatever its document calls itself.
fn is_idle(row: &Row, new: &NewRow<'_>) -> bool {
    let Some(advisory) = new.advisory else { return false };
    let is_about_holes = match advisory.kind {
        AdvisoryKind::Security | AdvisoryKind::EndOfLife => true,
        AdvisoryKind::Maintenance => row.cve.is_some(),
        AdvisoryKind::Broken | AdvisoryKind::Withdrawn => false,
    };
    advisory.withdrawn_at.is_some() || !is_about_holes
}
