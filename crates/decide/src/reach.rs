//! Reachability: where one subject stands on one host, from what the host has of the package. The same code
//! judges a single host and, holding by holding, the whole fleet.

use crate::index::holdings::{Piece, ROLES, Role};
use crate::index::rows::RowData;
use crate::index::slices::{Floor, Slices};
use crate::index::versions::{UNPARSED, VerId, Versions};
use crate::stream::Borrowed;
use model::advisory::RowState;
use model::exposure::{NoFix, NotKnown, NotReachable, Reach};

/// Where a subject stands on every host with the same holding, before facts of single hosts are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stood {
    pub(crate) stand: Stand,
    /// The version that decides.
    pub(crate) ver: VerId,
    /// Index of the row that decides, among the rows of the subject.
    pub(crate) row: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stand {
    /// A version without the hole is offered.
    Offered {
        to: VerId,
    },
    /// One is offered and held back.
    Held,
    /// A fix exists and is not offered.
    NotOffered,
    /// A fix exists in another minor release's channel only.
    OtherMinor,
    NoFix,
    NeedsReboot,
    NeedsRestart,
    BootsVulnerable,
    StaleImage,
    Carried,
    Unknown {
        why: NotKnown,
    },
}

/// One kind of action that closes exposures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Bucket {
    Upgrade,
    Unhold,
    EnableChannel,
    MoveRelease,
    Mitigate,
    Reboot,
    Restart,
    Image,
}

impl Bucket {
    pub(crate) const ALL: [Self; 8] = [
        Self::Upgrade,
        Self::Unhold,
        Self::EnableChannel,
        Self::MoveRelease,
        Self::Mitigate,
        Self::Reboot,
        Self::Restart,
        Self::Image,
    ];

    pub(crate) fn index(self) -> usize {
        match self {
            Self::Upgrade => 0,
            Self::Unhold => 1,
            Self::EnableChannel => 2,
            Self::MoveRelease => 3,
            Self::Mitigate => 4,
            Self::Reboot => 5,
            Self::Restart => 6,
            Self::Image => 7,
        }
    }
}

impl Stand {
    /// Returns whether it counts as exposed.
    pub(crate) fn is_exposed(self) -> bool {
        !matches!(self, Self::Carried | Self::StaleImage)
    }

    /// Returns what kind of action closes it; `None`: none is known.
    pub(crate) fn bucket(self) -> Option<Bucket> {
        match self {
            Self::Offered { .. } => Some(Bucket::Upgrade),
            Self::Held => Some(Bucket::Unhold),
            Self::NotOffered => Some(Bucket::EnableChannel),
            Self::OtherMinor => Some(Bucket::MoveRelease),
            Self::NoFix => Some(Bucket::Mitigate),
            // A kernel that no package owns gives way to one that does.
            Self::NeedsReboot | Self::Unknown { why: NotKnown::KernelOwner } => {
                Some(Bucket::Reboot)
            }
            Self::NeedsRestart => Some(Bucket::Restart),
            Self::BootsVulnerable | Self::StaleImage => Some(Bucket::Image),
            Self::Carried
            | Self::Unknown {
                why: NotKnown::Version | NotKnown::MappedVersion | NotKnown::ModuleStream,
            } => None,
        }
    }

    /// Returns `Reach::word` of what this becomes.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Offered { .. } => "actionable",
            Self::Held | Self::NotOffered | Self::OtherMinor => "fix_not_reachable",
            Self::NoFix => "no_fix",
            Self::NeedsReboot => "needs_reboot",
            Self::NeedsRestart => "needs_restart",
            Self::BootsVulnerable => "boots_vulnerable",
            Self::StaleImage => "stale_image",
            Self::Carried => "carried",
            Self::Unknown { .. } => "unknown",
        }
    }
}

/// What a subject is judged by.
#[derive(Clone, Copy)]
pub(crate) struct Case<'a> {
    pub(crate) versions: &'a Versions,
    pub(crate) slices: &'a Slices,
    /// The rows of the subject.
    pub(crate) rows: &'a [RowData],
    /// Only that the package is modular is known.
    pub(crate) is_of_unknown_module: bool,
}

/// The versions of one role, by how they stand.
#[derive(Debug, Default, Clone, Copy)]
struct Seen {
    /// The lowest affected one.
    hit: Option<(u32, VerId, usize)>,
    /// The highest that is not.
    clear: Option<(u32, VerId)>,
    unparsed: Option<VerId>,
}

impl Seen {
    fn is_there(&self) -> bool {
        self.hit.is_some() || self.clear.is_some() || self.unparsed.is_some()
    }

    /// The highest version that parses.
    fn top(&self) -> Option<u32> {
        self.hit.map(|(rank, ..)| rank).max(self.clear.map(|(rank, _)| rank))
    }
}

/// Returns where the subject stands for a holding; `None`: it is not affected.
pub(crate) fn stand(case: &Case<'_>, pieces: &[Piece]) -> Option<Stood> {
    let floor = case.slices.floor?;
    // Nearly every holding is one version, perhaps with a candidate: clear at one look.
    if let [main] | [main, _] = pieces
        && main.role() == Role::Main
        && pieces.get(1).is_none_or(|other| other.role() == Role::Offered)
    {
        let rank = case.versions.rank(main.ver());
        if rank != UNPARSED {
            let row = case.slices.at(rank)?;
            return Some(case.simple((rank, main.ver(), row), pieces.get(1).map(|p| p.ver())));
        }
    }
    let mut seen = [Seen::default(); ROLES];
    for piece in pieces {
        case.look(&mut seen[piece.role().index()], piece.ver());
    }
    let of = |role: Role| &seen[role.index()];
    if of(Role::Running).is_there() || of(Role::Elsewhere).is_there() {
        return case.kernel(&seen);
    }
    if let Some(hit) = of(Role::Main).hit {
        return Some(case.exposed(hit, &seen));
    }
    let unknown = |why, ver| Some(case.stood(Stand::Unknown { why }, ver));
    if let Some(ver) = of(Role::Main).unparsed {
        return unknown(NotKnown::Version, ver);
    }
    if let Some(hit) = of(Role::MappedUntilReboot).hit {
        return Some(case.certain(Stand::NeedsReboot, hit));
    }
    if let Some(hit) = of(Role::Mapped).hit {
        return Some(case.certain(Stand::NeedsRestart, hit));
    }
    // Older code than what is installed: where even that is below the first affected version, so is the code.
    let may_be_hit = of(Role::Main).top().is_none_or(|top| Floor::At(top) > floor);
    let unread = of(Role::MappedUntilReboot).unparsed.or(of(Role::Mapped).unparsed);
    if let Some(ver) = unread.filter(|_| may_be_hit) {
        return unknown(NotKnown::MappedVersion, ver);
    }
    of(Role::Carried).hit.map(|hit| case.plain(Stand::Carried, hit))
}

impl Case<'_> {
    fn look(&self, seen: &mut Seen, ver: VerId) {
        // Equal versions may be written in two ways; the text decides, and not which came first.
        let is_before = |known: VerId| self.versions.text(ver) < self.versions.text(known);
        let rank = self.versions.rank(ver);
        if rank == UNPARSED {
            if seen.unparsed.is_none_or(is_before) {
                seen.unparsed = Some(ver);
            }
        } else if let Some(row) = self.slices.at(rank) {
            let is_lower = |(lowest, known, _): (u32, VerId, usize)| {
                rank < lowest || (rank == lowest && is_before(known))
            };
            if seen.hit.is_none_or(is_lower) {
                seen.hit = Some((rank, ver, row));
            }
        } else {
            let is_higher = |(highest, known): (u32, VerId)| {
                rank > highest || (rank == highest && is_before(known))
            };
            if seen.clear.is_none_or(is_higher) {
                seen.clear = Some((rank, ver));
            }
        }
    }

    /// What runs decides; then what the next boot starts; then what lies on the disk.
    fn kernel(&self, seen: &[Seen; ROLES]) -> Option<Stood> {
        let of = |role: Role| &seen[role.index()];
        if let Some(hit) = of(Role::Running).hit {
            if of(Role::Main).clear.is_none() {
                return Some(self.exposed(hit, seen));
            }
            // A fixed image lies there; a reboot helps unless it starts another one.
            let stand = match of(Role::NextBoot).hit {
                Some(_) => Stand::BootsVulnerable,
                None => Stand::NeedsReboot,
            };
            return Some(self.certain(stand, hit));
        }
        if let Some(ver) = of(Role::Running).unparsed {
            return Some(self.stood(Stand::Unknown { why: NotKnown::KernelOwner }, ver));
        }
        if let Some(hit) = of(Role::NextBoot).hit {
            return Some(self.certain(Stand::BootsVulnerable, hit));
        }
        if let Some(hit) = of(Role::Main).hit {
            return Some(self.plain(Stand::StaleImage, hit));
        }
        if let Some(ver) = of(Role::Main).unparsed {
            return Some(self.stood(Stand::Unknown { why: NotKnown::Version }, ver));
        }
        of(Role::Carried).hit.map(|hit| self.plain(Stand::Carried, hit))
    }

    /// One affected version, perhaps with a candidate.
    fn simple(&self, hit: (u32, VerId, usize), candidate: Option<VerId>) -> Stood {
        let clear = candidate.filter(|ver| {
            let rank = self.versions.rank(*ver);
            rank != UNPARSED && self.slices.at(rank).is_none()
        });
        self.offer(hit, clear, false)
    }

    /// An affected version in use: is something better offered?
    fn exposed(&self, hit: (u32, VerId, usize), seen: &[Seen; ROLES]) -> Stood {
        let clear = |role: Role| seen[role.index()].clear.map(|(_, ver)| ver);
        self.offer(hit, clear(Role::Offered), clear(Role::HeldBack).is_some())
    }

    fn offer(&self, hit: (u32, VerId, usize), to: Option<VerId>, is_held: bool) -> Stood {
        let row = &self.rows[hit.2];
        let stand = if let Some(to) = to {
            Stand::Offered { to }
        } else if self.is_elsewhere(row) {
            Stand::OtherMinor
        } else if !row.has_fix() {
            Stand::NoFix
        } else if is_held {
            Stand::Held
        } else {
            Stand::NotOffered
        };
        self.certain(stand, hit)
    }

    /// The only fix is in another minor release: its own channel has none, or says nothing.
    fn is_elsewhere(&self, row: &RowData) -> bool {
        if row.has_fix() {
            row.borrowed == Some(Borrowed::OtherMinor)
        } else {
            self.slices.has_fix_elsewhere
        }
    }

    /// Makes it unknown where the comparison itself is not certain.
    fn certain(&self, stand: Stand, hit: (u32, VerId, usize)) -> Stood {
        let row = &self.rows[hit.2];
        let is_other_module = row.borrowed == Some(Borrowed::AnyModule);
        let stand = if row.is_unreadable {
            Stand::Unknown { why: NotKnown::Version }
        } else if self.is_of_unknown_module || is_other_module {
            Stand::Unknown { why: NotKnown::ModuleStream }
        } else {
            stand
        };
        self.plain(stand, hit)
    }

    fn plain(&self, stand: Stand, (_, ver, row): (u32, VerId, usize)) -> Stood {
        Stood { stand, ver, row }
    }

    fn stood(&self, stand: Stand, ver: VerId) -> Stood {
        Stood { stand, ver, row: self.slices.first }
    }
}

/// What single hosts add to where their holding stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HostSide<'a> {
    pub(crate) is_release_ended: bool,
    pub(crate) is_lists_stale: bool,
    /// It gets packages from the row's channel.
    pub(crate) is_in_channel: bool,
    /// Units that run old code of the package.
    pub(crate) units: &'a [String],
}

/// Returns the state as it is shown.
pub(crate) fn reach(stood: &Stood, row: &RowData, to: &str, side: &HostSide<'_>) -> Reach {
    let why = |why| Reach::FixNotReachable { why };
    match stood.stand {
        Stand::Offered { .. } => Reach::Actionable { to: to.to_owned() },
        Stand::Held => why(NotReachable::Held),
        Stand::OtherMinor => why(NotReachable::OtherMinor),
        Stand::NotOffered => why(not_offered(row, side)),
        Stand::NoFix => Reach::NoFix { why: no_fix(row.state) },
        Stand::NeedsReboot => Reach::NeedsReboot,
        Stand::NeedsRestart => Reach::NeedsRestart { units: side.units.to_vec() },
        Stand::BootsVulnerable => Reach::BootsVulnerable,
        Stand::StaleImage => Reach::StaleImage,
        Stand::Carried => Reach::Carried,
        Stand::Unknown { why } => Reach::Unknown { why },
    }
}

/// The reason that explains most comes first: who does not subscribe needs no fresher lists.
fn not_offered(row: &RowData, side: &HostSide<'_>) -> NotReachable {
    if side.is_release_ended {
        NotReachable::ReleaseEnded
    } else if row.channel != 0 && !side.is_in_channel {
        NotReachable::NeedsSubscription
    } else if side.is_lists_stale {
        NotReachable::ArchiveStale
    } else {
        NotReachable::NotOffered
    }
}

fn no_fix(state: RowState) -> NoFix {
    match state {
        RowState::Affected | RowState::NotAffected => NoFix::Open,
        RowState::UnderInvestigation => NoFix::UnderInvestigation,
        RowState::Deferred => NoFix::Deferred,
        RowState::WillNotFix => NoFix::WillNotFix,
        RowState::EndOfLife => NoFix::EndOfLife,
    }
}
