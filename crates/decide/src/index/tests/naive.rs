//! The second path: what a fleet is exposed to, by loops over hosts and rows and by direct comparison of versions.
//! It knows nothing of the index. Slow on purpose.

use crate::index::{HostEntry, Item, Part, RowId, Source};
use crate::scheme::{Scheme, without_suffix};
use crate::stream::{self, Borrowed};
use model::advisory::{Advisory, AdvisoryKind, Feed, Row, RowState, Until};
use model::exposure::{NoFix, NotKnown, NotReachable, Reach};
use model::{CveId, HostId};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// A fleet and what is said of it.
#[derive(Debug, Clone, Default)]
pub(super) struct World {
    pub(super) hosts: BTreeMap<HostId, HostEntry>,
    pub(super) rows: BTreeMap<RowId, Learned>,
    pub(super) hazards: BTreeMap<CveId, (u32, bool)>,
    pub(super) rejected: BTreeSet<CveId>,
}

#[derive(Debug, Clone)]
pub(super) struct Learned {
    pub(super) source: Source,
    pub(super) learned_at: i64,
    pub(super) row: Row,
    pub(super) advisory: Option<Advisory>,
}

/// One exposure, in the words that matter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Line {
    pub(super) package: (String, String, String),
    /// The CVE, or the advisory.
    pub(super) subject: String,
    pub(super) installed: String,
    pub(super) fixed: String,
    pub(super) reach: Reach,
}

#[derive(Clone, Copy)]
struct Said<'a> {
    id: RowId,
    learned: &'a Learned,
    borrowed: Option<Borrowed>,
}

impl World {
    /// Returns every exposure of one host, sorted.
    pub(super) fn exposures_of(&self, host: &HostEntry) -> Vec<Line> {
        let packages: BTreeSet<(&str, &str, &str)> =
            host.items.iter().map(|i| (&*i.stream, &*i.package, &*i.module)).collect();
        let mut lines = Vec::new();
        for package in packages {
            let mut subjects: BTreeMap<String, Vec<Said<'_>>> = BTreeMap::new();
            for (id, learned) in &self.rows {
                let Some(borrowed) = concerns(package, &learned.row) else { continue };
                let row = &learned.row;
                if row.cve.is_some_and(|cve| self.rejected.contains(&cve)) {
                    continue;
                }
                let subject = row.cve.map_or_else(|| row.advisory.clone(), |cve| cve.to_string());
                let said = Said { id: *id, learned, borrowed };
                subjects.entry(subject).or_default().push(said);
            }
            for (subject, said) in subjects {
                let judged = judge(host, package, &said);
                lines.extend(judged.map(|(installed, fixed, reach)| Line {
                    package: (package.0.to_owned(), package.1.to_owned(), package.2.to_owned()),
                    subject,
                    installed,
                    fixed,
                    reach,
                }));
            }
        }
        lines.sort();
        lines
    }
}

/// `None`: the row is about something else; `Some(None)`: about this very package.
fn concerns(package: (&str, &str, &str), row: &Row) -> Option<Option<Borrowed>> {
    if row.package != package.1 {
        return None;
    }
    if row.stream == package.0 && row.module == package.2 {
        return Some(None);
    }
    if stream::family(&row.stream) != stream::family(package.0) {
        return None;
    }
    stream::borrows((package.0, package.2), (&row.stream, &row.module)).map(Some)
}

fn class(source: &Source) -> u8 {
    match source.feed {
        Feed::DebianTracker | Feed::OpenVex | Feed::CsafVex => 0,
        Feed::Osv if source.name.contains("Debian") => 3,
        Feed::Osv => 2,
        Feed::Changelog => 4,
        Feed::Debsecan => 5,
        Feed::Nvd | Feed::CveRecord => 6,
        Feed::DebianList
        | Feed::Csaf
        | Feed::Hydra
        | Feed::Updateinfo
        | Feed::Oval
        | Feed::Secdb
        | Feed::Msrc
        | Feed::DebianSupport => 1,
        Feed::Kev | Feed::Epss | Feed::DistroInfo | Feed::Endoflife => 6,
    }
}

fn is_usable(said: &Said<'_>, host: &HostEntry, stream: &str) -> bool {
    let row = &said.learned.row;
    let is_cpe = matches!(said.learned.source.feed, Feed::Nvd | Feed::CveRecord);
    if is_cpe && Scheme::of_stream(stream).is_some() {
        return false;
    }
    if !row.arch.is_empty() && !host.arches.contains(&row.arch) {
        return false;
    }
    let Some(advisory) = &said.learned.advisory else { return true };
    advisory.withdrawn_at.is_none()
        && match advisory.kind {
            AdvisoryKind::Security | AdvisoryKind::EndOfLife => true,
            AdvisoryKind::Maintenance => row.cve.is_some(),
            AdvisoryKind::Broken | AdvisoryKind::Withdrawn => false,
        }
}

/// What is believed of one subject in one package.
struct Believed<'a> {
    scheme: Option<Scheme>,
    affected: Vec<Said<'a>>,
    holes: Vec<Said<'a>>,
    has_fix_elsewhere: bool,
}

fn believe<'a>(host: &HostEntry, stream: &str, all: &[Said<'a>]) -> Believed<'a> {
    let has_fix = |said: &Said<'_>| said.learned.row.until != Until::Open;
    let is_hole = |said: &Said<'_>| said.learned.row.state == RowState::NotAffected;
    let is_vex = |said: &Said<'_>| said.learned.source.feed == Feed::OpenVex;
    let mut usable: Vec<Said<'a>> =
        all.iter().copied().filter(|said| is_usable(said, host, stream)).collect();
    let has_fix_elsewhere =
        usable.iter().any(|said| said.borrowed == Some(Borrowed::OtherMinor) && has_fix(said));
    if usable.iter().any(|said| said.borrowed.is_none()) {
        usable.retain(|said| said.borrowed.is_none());
    }
    usable.sort_by_key(|said| (said.borrowed, class(&said.learned.source), said.id));
    let (holes, mut affected): (Vec<_>, Vec<_>) = usable.into_iter().partition(|s| is_hole(s));
    let has_bound =
        affected.iter().any(|s| has_fix(s) && class(&s.learned.source) <= 2 && !is_vex(s));
    if has_bound {
        affected.retain(|said| !is_vex(said));
    }
    let best = affected.iter().map(|said| class(&said.learned.source)).min();
    affected.retain(|said| Some(class(&said.learned.source)) == best);
    let holes = holes
        .into_iter()
        .filter(|said| {
            let own = class(&said.learned.source);
            own <= 2 || best.is_none_or(|best| own <= best)
        })
        .collect();
    let is_plain = |said: &Said<'_>| said.learned.row.channel.is_empty();
    if affected.iter().any(|said| is_plain(said) && has_fix(said)) {
        affected.retain(is_plain);
    } else if affected.iter().any(|said| !is_plain(said) && has_fix(said)) {
        affected.retain(|said| !is_plain(said));
    }
    Believed { scheme: Scheme::of_stream(stream), affected, holes, has_fix_elsewhere }
}

impl<'a> Believed<'a> {
    fn compare(&self, a: &str, b: &str) -> Option<Ordering> {
        self.scheme?.compare(a, b).ok()
    }

    fn is_version(&self, text: &str) -> bool {
        self.compare(text, text).is_some()
    }

    fn is_unreadable(&self, row: &Row) -> bool {
        let end = match &row.until {
            Until::Open => None,
            Until::Fixed(version) | Until::Last(version) => Some(version.as_str()),
        };
        let from = Some(row.from.as_str()).filter(|from| !from.is_empty());
        from.into_iter().chain(end).any(|bound| !self.is_version(bound))
    }

    fn contains(&self, said: &Said<'_>, version: &str) -> bool {
        let row = &said.learned.row;
        if self.is_unreadable(row) {
            return true;
        }
        let is_foreign = row.is_foreign || said.borrowed == Some(Borrowed::NextRelease);
        let is_dpkg = self.scheme == Some(Scheme::Dpkg);
        let version = if is_foreign && is_dpkg { without_suffix(version) } else { version };
        let against = |bound: &str| self.compare(version, bound).expect("both were read");
        (row.from.is_empty() || against(&row.from).is_ge())
            && match &row.until {
                Until::Open => true,
                Until::Fixed(bound) => against(bound).is_lt(),
                Until::Last(bound) => against(bound).is_le(),
            }
    }

    /// The row that affects a version: the one that must be waited for longest.
    fn affecting(&self, version: &str) -> Option<Said<'a>> {
        if self.holes.iter().any(|hole| self.contains(hole, version)) {
            return None;
        }
        let mut best: Option<Said<'a>> = None;
        for said in self.affected.iter().filter(|said| self.contains(said, version)) {
            let is_later = best
                .is_none_or(|best| self.compare_ends(&said.learned.row, &best.learned.row).is_gt());
            if is_later {
                best = Some(*said);
            }
        }
        best
    }

    fn compare_ends(&self, a: &Row, b: &Row) -> Ordering {
        let parts = |row: &Row| match &row.until {
            Until::Open => (true, None, true),
            Until::Fixed(_) | Until::Last(_) if self.is_unreadable(row) => (false, None, true),
            Until::Fixed(bound) => (false, Some(bound.clone()), false),
            Until::Last(bound) => (false, Some(bound.clone()), true),
        };
        let ((a_open, a_bound, a_in), (b_open, b_bound, b_in)) = (parts(a), parts(b));
        a_open.cmp(&b_open).then_with(|| match (a_bound, b_bound) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(a), Some(b)) => {
                self.compare(&a, &b).expect("both were read").then(a_in.cmp(&b_in))
            }
        })
    }

    /// Where the earliest believed row begins; `None`: nothing can be affected.
    fn floor(&self) -> Option<(Said<'a>, Vec<String>)> {
        let open: Vec<Said<'a>> = self
            .affected
            .iter()
            .copied()
            .filter(|said| !self.holes.iter().any(|hole| self.covers(hole, said)))
            .collect();
        let first = *open.first()?;
        let starts = open.iter().map(|said| {
            let row = &said.learned.row;
            if self.is_unreadable(row) { String::new() } else { row.from.clone() }
        });
        Some((first, starts.collect()))
    }

    fn covers(&self, hole: &Said<'_>, said: &Said<'_>) -> bool {
        let (hole, row) = (&hole.learned.row, &said.learned.row);
        let start = |row: &Row| {
            let is_beginning = self.is_unreadable(row) || row.from.is_empty();
            (!is_beginning).then(|| row.from.clone())
        };
        let begins_before = match (start(hole), start(row)) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(hole), Some(row)) => self.compare(&hole, &row).expect("read").is_le(),
        };
        // An end that cannot be read is as far as one can be, with or without a fix.
        let is_open = |row: &Row| row.until == Until::Open || self.is_unreadable(row);
        begins_before && (is_open(hole) || (!is_open(row) && self.compare_ends(hole, row).is_ge()))
    }

    /// Picks the lowest of the versions that are affected.
    fn hit(&self, versions: &[&str]) -> Option<(String, Said<'a>)> {
        let mut hits: Vec<(&str, Said<'a>)> = versions
            .iter()
            .filter(|version| self.is_version(version))
            .filter_map(|version| Some((*version, self.affecting(version)?)))
            .collect();
        hits.sort_by(|(a, _), (b, _)| self.compare(a, b).expect("read").then(a.cmp(b)));
        hits.first().map(|(version, said)| ((*version).to_owned(), *said))
    }

    /// Picks the highest of those that are not.
    fn clear(&self, versions: &[&str]) -> Option<String> {
        let mut clear: Vec<&str> = versions
            .iter()
            .copied()
            .filter(|version| self.is_version(version) && self.affecting(version).is_none())
            .collect();
        clear.sort_by(|a, b| self.compare(b, a).expect("read").then(a.cmp(b)));
        clear.first().map(|version| (*version).to_owned())
    }

    fn unread(&self, versions: &[&str]) -> Option<String> {
        versions.iter().filter(|v| !self.is_version(v)).min().map(|v| (*v).to_owned())
    }
}

#[expect(
    clippy::too_many_lines,
    reason = "one look at all cases, in the order in which they count"
)]
fn judge(
    host: &HostEntry,
    package: (&str, &str, &str),
    said: &[Said<'_>],
) -> Option<(String, String, Reach)> {
    let believed = believe(host, package.0, said);
    let (first, starts) = believed.floor()?;
    let of_package = |item: &&Item| (&*item.stream, &*item.package, &*item.module) == package;
    let with = |part: Part| -> Vec<&str> {
        let items = host.items.iter().filter(of_package);
        items.filter(|item| item.part == part).map(|item| &*item.version).collect()
    };
    let side = Side { host, package, believed: &believed };
    let (main, mapped) = (with(Part::Main), with(Part::Mapped));
    let shown = |(version, said): (String, Said<'_>), reach: Reach| {
        let fixed = side.fixed(&said);
        Some((version, fixed, side.certain(&said, reach)))
    };
    let unknown = |version: String, why: NotKnown| {
        Some((version, side.fixed(&first), Reach::Unknown { why }))
    };
    let offered = (with(Part::Offered), with(Part::HeldBack));
    if !with(Part::Running).is_empty() || !with(Part::Elsewhere).is_empty() {
        if let Some(hit) = believed.hit(&with(Part::Running)) {
            return if believed.clear(&main).is_none() {
                let reach = side.offer(&hit.1, &offered);
                shown(hit, reach)
            } else if believed.hit(&with(Part::NextBoot)).is_some() {
                shown(hit, Reach::BootsVulnerable)
            } else {
                shown(hit, Reach::NeedsReboot)
            };
        }
        if let Some(version) = believed.unread(&with(Part::Running)) {
            return unknown(version, NotKnown::KernelOwner);
        }
        if let Some(hit) = believed.hit(&with(Part::NextBoot)) {
            return shown(hit, Reach::BootsVulnerable);
        }
        if let Some((version, said)) = believed.hit(&main) {
            return Some((version, side.fixed(&said), Reach::StaleImage));
        }
        if let Some(version) = believed.unread(&main) {
            return unknown(version, NotKnown::Version);
        }
    } else {
        if let Some(hit) = believed.hit(&main) {
            let reach = side.offer(&hit.1, &offered);
            return shown(hit, reach);
        }
        if let Some(version) = believed.unread(&main) {
            return unknown(version, NotKnown::Version);
        }
        let stale = host.stale.iter().find(|s| (&*s.stream, &*s.package, &*s.module) == package);
        if let Some(hit) = believed.hit(&mapped) {
            let reach = match stale {
                Some(stale) if stale.needs_reboot => Reach::NeedsReboot,
                Some(stale) => Reach::NeedsRestart { units: stale.units.clone() },
                None => Reach::NeedsRestart { units: Vec::new() },
            };
            return shown(hit, reach);
        }
        let is_newer = |version: &&str| {
            starts.iter().any(|start| {
                start.is_empty() || believed.compare(version, start).expect("read").is_gt()
            })
        };
        let parsed: Vec<&str> =
            main.iter().copied().filter(|version| believed.is_version(version)).collect();
        let may_be = parsed.is_empty() || parsed.iter().any(is_newer);
        if let Some(version) = believed.unread(&mapped).filter(|_| may_be) {
            return unknown(version, NotKnown::MappedVersion);
        }
    }
    let (version, said) = believed.hit(&with(Part::Carried))?;
    Some((version, side.fixed(&said), Reach::Carried))
}

struct Side<'a> {
    host: &'a HostEntry,
    package: (&'a str, &'a str, &'a str),
    believed: &'a Believed<'a>,
}

impl Side<'_> {
    fn fixed(&self, said: &Said<'_>) -> String {
        match &said.learned.row.until {
            Until::Fixed(version) => version.clone(),
            Until::Open | Until::Last(_) => String::new(),
        }
    }

    fn certain(&self, said: &Said<'_>, reach: Reach) -> Reach {
        if self.believed.is_unreadable(&said.learned.row) {
            Reach::Unknown { why: NotKnown::Version }
        } else if self.package.2 == "?" || said.borrowed == Some(Borrowed::AnyModule) {
            Reach::Unknown { why: NotKnown::ModuleStream }
        } else {
            reach
        }
    }

    fn offer(&self, said: &Said<'_>, (offered, held): &(Vec<&str>, Vec<&str>)) -> Reach {
        let row = &said.learned.row;
        let why = |why| Reach::FixNotReachable { why };
        if let Some(to) = self.believed.clear(offered) {
            return Reach::Actionable { to };
        }
        let is_elsewhere = match row.until {
            Until::Open => self.believed.has_fix_elsewhere,
            Until::Fixed(_) | Until::Last(_) => said.borrowed == Some(Borrowed::OtherMinor),
        };
        if is_elsewhere {
            return why(NotReachable::OtherMinor);
        }
        if row.until == Until::Open {
            let why = match row.state {
                RowState::Affected | RowState::NotAffected => NoFix::Open,
                RowState::UnderInvestigation => NoFix::UnderInvestigation,
                RowState::Deferred => NoFix::Deferred,
                RowState::WillNotFix => NoFix::WillNotFix,
                RowState::EndOfLife => NoFix::EndOfLife,
            };
            return Reach::NoFix { why };
        }
        if self.believed.clear(held).is_some() {
            return why(NotReachable::Held);
        }
        let is_attached = self.host.channels.contains(&row.channel);
        why(if self.host.is_release_ended {
            NotReachable::ReleaseEnded
        } else if !row.channel.is_empty() && !is_attached {
            NotReachable::NeedsSubscription
        } else if self.host.is_lists_stale {
            NotReachable::ArchiveStale
        } else {
            NotReachable::NotOffered
        })
    }
}
