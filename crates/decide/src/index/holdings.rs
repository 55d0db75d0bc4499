//! Holdings: what a host has of one package, all parts together. Hosts with the same holding are one set, so
//! that a row is judged once for each holding and never for each host.

use crate::index::entry::Part;
use crate::index::lookup::{Lookup, hash};
use crate::index::versions::{PkgId, VerId, count};
use roaring::RoaringBitmap;

/// A holding. Never renumbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct HoldingId(pub(crate) u32);

/// One part of a holding in 32 bits: what it is in the upper four, which version in the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Piece(u32);

/// `Part`, with mapped code told apart by what helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    Main,
    Carried,
    Running,
    Mapped,
    /// Mapped by something that cannot be restarted in place.
    MappedUntilReboot,
    Offered,
    HeldBack,
    NextBoot,
    /// A kernel runs, and it is another package's.
    Elsewhere,
}

/// How many roles there are.
pub(crate) const ROLES: usize = 9;

impl Role {
    const ALL: [Self; ROLES] = [
        Self::Main,
        Self::Carried,
        Self::Running,
        Self::Mapped,
        Self::MappedUntilReboot,
        Self::Offered,
        Self::HeldBack,
        Self::NextBoot,
        Self::Elsewhere,
    ];

    pub(crate) fn of(part: Part, is_until_reboot: bool) -> Self {
        match part {
            Part::Main => Self::Main,
            Part::Carried => Self::Carried,
            Part::Running => Self::Running,
            Part::Mapped if is_until_reboot => Self::MappedUntilReboot,
            Part::Mapped => Self::Mapped,
            Part::Offered => Self::Offered,
            Part::HeldBack => Self::HeldBack,
            Part::NextBoot => Self::NextBoot,
            Part::Elsewhere => Self::Elsewhere,
        }
    }

    /// Returns its place in `ALL`.
    pub(crate) fn index(self) -> usize {
        match self {
            Self::Main => 0,
            Self::Carried => 1,
            Self::Running => 2,
            Self::Mapped => 3,
            Self::MappedUntilReboot => 4,
            Self::Offered => 5,
            Self::HeldBack => 6,
            Self::NextBoot => 7,
            Self::Elsewhere => 8,
        }
    }
}

/// Bits for the version.
const VERSION_BITS: u32 = 28;

impl Piece {
    pub(crate) fn new(role: Role, ver: VerId) -> Self {
        Self(count(role.index()) << VERSION_BITS | ver.0)
    }

    pub(crate) fn role(self) -> Role {
        Role::ALL[(self.0 >> VERSION_BITS) as usize]
    }

    pub(crate) fn ver(self) -> VerId {
        VerId(self.0 & ((1 << VERSION_BITS) - 1))
    }
}

/// Verbs and their like: what an exposure of a holding asks for, as far as the holding tells.
pub(crate) const BUCKETS: usize = 8;

/// What a holding is exposed to, summed over subjects. Kept with every edit of rows and hazards.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) exposed: u32,
    pub(crate) kev: u32,
    /// Stale images: no exposures, and still worth removing.
    pub(crate) stale: u32,
    pub(crate) hazard_micro: u64,
    pub(crate) by_bucket: [Share; BUCKETS],
}

/// The part of a summary that one kind of action would close.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) exposed: u32,
    pub(crate) kev: u32,
    pub(crate) hazard_micro: u64,
}

/// All holdings.
#[derive(Debug, Default)]
pub(crate) struct Holdings {
    meta: Vec<Meta>,
    pieces: Vec<Piece>,
    hosts: Vec<RoaringBitmap>,
    summaries: Vec<Option<Box<Summary>>>,
    lookup: Lookup,
}

#[derive(Debug, Clone, Copy)]
struct Meta {
    pkg: PkgId,
    start: u32,
    length: u16,
    arches: u16,
}

impl Holdings {
    pub(crate) fn package(&self, id: HoldingId) -> PkgId {
        self.meta[id.0 as usize].pkg
    }

    pub(crate) fn arches(&self, id: HoldingId) -> u16 {
        self.meta[id.0 as usize].arches
    }

    /// Returns its parts, sorted.
    pub(crate) fn pieces(&self, id: HoldingId) -> &[Piece] {
        let meta = self.meta[id.0 as usize];
        &self.pieces[meta.start as usize..][..usize::from(meta.length)]
    }

    pub(crate) fn hosts(&self, id: HoldingId) -> &RoaringBitmap {
        &self.hosts[id.0 as usize]
    }

    pub(crate) fn hosts_mut(&mut self, id: HoldingId) -> &mut RoaringBitmap {
        &mut self.hosts[id.0 as usize]
    }

    pub(crate) fn summary(&self, id: HoldingId) -> Option<&Summary> {
        self.summaries[id.0 as usize].as_deref()
    }

    pub(crate) fn summary_mut(&mut self, id: HoldingId) -> &mut Summary {
        self.summaries[id.0 as usize].get_or_insert_default()
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = HoldingId> + use<> {
        (0..count(self.meta.len())).map(HoldingId)
    }

    pub(crate) fn find(&self, pkg: PkgId, arches: u16, pieces: &[Piece]) -> Option<HoldingId> {
        let found = self.lookup.find(hash_of(pkg, arches, pieces), |id| {
            let meta = self.meta[id as usize];
            meta.pkg == pkg && meta.arches == arches && self.pieces(HoldingId(id)) == pieces
        });
        found.map(HoldingId)
    }

    /// Adds a holding that is not there yet. `pieces` are sorted and different.
    pub(crate) fn add(&mut self, pkg: PkgId, arches: u16, pieces: &[Piece]) -> HoldingId {
        let id = HoldingId(count(self.meta.len()));
        let length = u16::try_from(pieces.len()).expect("pieces of a package are bounded");
        self.meta.push(Meta { pkg, start: count(self.pieces.len()), length, arches });
        self.pieces.extend_from_slice(pieces);
        self.hosts.push(RoaringBitmap::new());
        self.summaries.push(None);
        let (all, meta) = (&self.pieces, &self.meta);
        self.lookup.insert(hash_of(pkg, arches, pieces), id.0, |id| {
            let meta = meta[id as usize];
            let pieces = &all[meta.start as usize..][..usize::from(meta.length)];
            hash_of(meta.pkg, meta.arches, pieces)
        });
        id
    }
}

fn hash_of(pkg: PkgId, arches: u16, pieces: &[Piece]) -> u64 {
    let start = u64::from(pkg.0) << 16 | u64::from(arches);
    pieces
        .iter()
        .fold(hash(start, &[]), |state, piece| hash(state.rotate_left(7) ^ u64::from(piece.0), &[]))
}
