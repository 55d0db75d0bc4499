//! What the index keeps of one host: versions of packages, each with what it is to the host. Made from a
//! report's facts; nothing here looks at advisories.

use crate::index::kernel;
use crate::scheme::Scheme;
use crate::stream;
use model::host::{HostFacts, OwnedVersion};
use model::package::{Package, PackageSet, Update};
use model::report::{Conditions, PendingSet};
use model::{HostId, TenantId};
use std::collections::{BTreeMap, BTreeSet};

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
    /// A kernel runs, and it is another package's; the version is empty.
    Elsewhere,
}

impl Part {
    pub const ALL: [Self; 8] = [
        Self::Main,
        Self::Carried,
        Self::Running,
        Self::Mapped,
        Self::Offered,
        Self::HeldBack,
        Self::NextBoot,
        Self::Elsewhere,
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
    let stream = stream::of_host(input.facts);
    let coverage = coverage(stream.as_deref(), input.packages);
    let stream = stream.unwrap_or_default();
    let mut reader = Reader {
        stream: &stream,
        is_container: CONTAINERS.contains(&input.facts.virtualization.as_str()),
        packages: &input.packages.packages,
        items: Vec::new(),
    };
    let mut stale = BTreeMap::new();
    if !stream.is_empty() {
        reader.installed();
        reader.kernel(input.facts);
        reader.offered(input.pending);
        reader.mapped(input.conditions, &mut stale);
    }
    let mut items = reader.items;
    items.sort_unstable();
    items.dedup();
    let refreshed_at = input.conditions.lists.as_ref().and_then(|lists| lists.refreshed_at);
    HostEntry {
        host: input.host,
        tenant: input.tenant,
        first_seen_at: input.first_seen_at,
        items,
        coverage,
        stale: stale.into_values().collect(),
        channels: channels(input),
        arches: arches(input),
        is_lists_stale: refreshed_at.is_none_or(|at| input.seen_at - at > LISTS_AGE_SECS_MAX),
        is_release_ended: false,
        weight_halves: 2,
        class: 0,
        stream,
    }
}

/// What `facts.virtualization` says where the kernel is the machine's below.
const CONTAINERS: [&str; 12] = [
    "container",
    "container-other",
    "docker",
    "lxc",
    "lxc-libvirt",
    "openvz",
    "oci",
    "podman",
    "proot",
    "rkt",
    "systemd-nspawn",
    "wsl",
];
/// Endings of binary packages whose files no program loads: what is compiled from or read.
const WITHOUT_CODE: [&str; 7] = ["-dev", "-devel", "-doc", "-docs", "-dbg", "-dbgsym", "-headers"];
/// Units that take the host or its work along when they restart, so that only a reboot helps.
const NOT_RESTARTED: [&str; 11] = [
    "init.scope",
    "dbus.service",
    "dbus-broker.service",
    "systemd-logind.service",
    "systemd-networkd.service",
    "NetworkManager.service",
    "networking.service",
    "docker.service",
    "containerd.service",
    "crio.service",
    "libvirtd.service",
];
/// Origins of Ubuntu's archives for subscribers, and the channels that rows name them by.
const CHANNELS: [(&str, &str); 2] = [("UbuntuESM", "esm-infra"), ("UbuntuESMApps", "esm-apps")];

struct Reader<'a> {
    stream: &'a str,
    is_container: bool,
    packages: &'a [Package],
    items: Vec<Item>,
}

/// Name and version by which advisories of the stream know a binary package.
struct Known {
    package: String,
    version: String,
    is_kernel: bool,
}

impl Reader<'_> {
    fn is_rpm(&self) -> bool {
        Scheme::of_stream(self.stream) == Some(Scheme::Rpm)
    }

    /// A kernel's images have the binary's version: signed sources have one of their own.
    fn known(&self, package: &Package) -> Known {
        let source = if package.source.is_empty() { &package.name } else { &package.source };
        if self.is_rpm() {
            let is_kernel = kernel::is_of_kernel(self.stream, source, &package.name);
            let (package, version) = (package.name.clone(), package.version.clone());
            return Known { package, version, is_kernel };
        }
        let folded = kernel::folded(source);
        let source = folded.as_deref().unwrap_or(source);
        let is_kernel =
            folded.is_some() || kernel::is_of_kernel(self.stream, source, &package.name);
        let version = match package.source_version.as_str() {
            "" => without_rebuild(&package.version),
            _ if folded.is_some() => &package.version,
            own => own,
        };
        Known { package: source.to_owned(), version: version.to_owned(), is_kernel }
    }

    fn push(&mut self, package: &str, version: &str, part: Part) {
        // rpm says in the release, and only there, that a build is of a module.
        let release = version.rsplit_once('-').map_or("", |(_, release)| release);
        let is_modular =
            self.is_rpm() && (release.contains(".module_el") || release.contains(".module+el"));
        self.items.push(Item {
            stream: stream::of_package(self.stream, version),
            package: package.to_owned(),
            module: if is_modular { "?".to_owned() } else { String::new() },
            version: version.to_owned(),
            part,
        });
    }

    fn installed(&mut self) {
        for package in self.packages.iter().filter(|package| package.is_installed()) {
            let known = self.known(package);
            let is_image = kernel::is_image(self.stream, &package.name);
            let has_code = !WITHOUT_CODE.iter().any(|end| package.name.ends_with(end));
            let part = match known.is_kernel {
                true if self.is_container || !is_image => Part::Carried,
                false if !has_code => Part::Carried,
                true | false => Part::Main,
            };
            self.push(&known.package, &known.version, part);
        }
    }

    /// What runs and what boots next. A host that has images and is no container runs a kernel; where nobody
    /// knows which, that is said.
    fn kernel(&mut self, facts: &HostFacts) {
        let is_image = |package: &&Package| {
            package.is_installed() && kernel::is_image(self.stream, &package.name)
        };
        let images: Vec<&Package> = self.packages.iter().filter(is_image).collect();
        if self.is_container {
            return;
        }
        let owner = facts.kernel_package.as_ref();
        let version = owner.map_or("", |owner| owner.version.as_str());
        let owned = owner.and_then(|owner| self.packages.iter().find(|p| p.name == owner.name));
        let runs = owned
            .map(|package| (stream::of_package(self.stream, version), self.known(package).package));
        let mut kernels: BTreeSet<(String, String)> = images
            .iter()
            .map(|image| self.known(image))
            .map(|known| (stream::of_package(self.stream, &known.version), known.package))
            .collect();
        kernels.extend(runs.clone());
        for (stream, package) in kernels {
            // Modules of the same build are packages of their own in rpm streams.
            let part = match &runs {
                Some(runs) if self.is_rpm() || *runs == (stream.clone(), package.clone()) => {
                    Some(version)
                }
                Some(_) => None,
                // Nobody owns it: it may be any of the host's kernels, or none of them.
                None => Some(""),
            };
            let (version, part) = match part {
                Some(version) => (version.to_owned(), Part::Running),
                None => (String::new(), Part::Elsewhere),
            };
            self.items.push(Item { stream, package, module: String::new(), version, part });
        }
        let next = facts.kernel_next.as_str();
        let boots = images.iter().find(|p| kernel::release(&p.name) == Some(next));
        if let Some(image) = boots.filter(|_| !next.is_empty()) {
            let known = self.known(image);
            self.push(&known.package, &known.version, Part::NextBoot);
        }
    }

    /// Candidates of packages whose source the host has. New kernels come as additions.
    fn offered(&mut self, pending: &PendingSet) {
        let have: BTreeSet<(String, String)> =
            self.items.iter().map(|i| (i.stream.clone(), i.package.clone())).collect();
        let has_image = self.packages.iter().any(|p| kernel::is_image(self.stream, &p.name));
        for update in pending.updates.iter().chain(&pending.additions) {
            let as_package = self.candidate(update);
            let known = self.known(&as_package);
            // Headers may be newer than any image that is offered.
            let is_aside = known.is_kernel && !update.name.starts_with("linux-image");
            if known.version.is_empty() || (is_aside && has_image && !self.is_rpm()) {
                continue;
            }
            let part = if update.is_held { Part::HeldBack } else { Part::Offered };
            let stream = stream::of_package(self.stream, &known.version);
            // A backport that gives way to the release, or the release to a backport, is offered to what is
            // installed: versions are compared within its stream.
            let streams = have.iter().filter(|(_, package)| *package == known.package);
            let streams: Vec<String> = streams.map(|(stream, _)| stream.clone()).collect();
            if streams.contains(&stream) {
                self.push(&known.package, &known.version, part);
            } else if let Some(other) = streams.first() {
                let item = Item {
                    stream: other.clone(),
                    package: known.package.clone(),
                    module: String::new(),
                    version: known.version.clone(),
                    part,
                };
                self.items.push(item);
            }
        }
    }

    /// Returns the candidate as if it were installed; its source version is empty where it cannot be known.
    fn candidate(&self, update: &Update) -> Package {
        let now = self.packages.iter().find(|p| p.name == update.name && p.arch == update.arch);
        let is_of_own_lineage =
            now.is_none_or(|now| without_rebuild(&now.version) == now.source_version);
        let source_version = match update.candidate_source_version.as_str() {
            "" if is_of_own_lineage => without_rebuild(&update.candidate).to_owned(),
            told => told.to_owned(),
        };
        let version = match source_version.as_str() {
            "" => String::new(),
            _ => update.candidate.clone(),
        };
        Package {
            name: update.name.clone(),
            arch: update.arch.clone(),
            version,
            state: "ii".to_owned(),
            source: update.source.clone(),
            source_version,
            origin: None,
        }
    }

    fn mapped(&mut self, conditions: &Conditions, stale: &mut BTreeMap<Name, StaleUnits>) {
        if conditions.stale.is_empty() {
            return;
        }
        // Processes are many, and each names packages: no walk over all of them for each.
        let installed = self.packages.iter().filter(|package| package.is_installed());
        let names: BTreeMap<&str, &Package> = installed.map(|p| (p.name.as_str(), p)).collect();
        for process in &conditions.stale {
            for owned in &process.packages {
                let now = names.get(owned.name.as_str()).copied();
                let Some((package, version)) = self.mapped_as(owned, now) else { continue };
                self.push(&package, &version, Part::Mapped);
                let pushed = self.items.last().expect("pushed above");
                let name = (pushed.stream.clone(), package, pushed.module.clone());
                let units = stale.entry(name.clone()).or_insert_with(|| StaleUnits {
                    stream: name.0,
                    package: name.1,
                    module: name.2,
                    units: Vec::new(),
                    needs_reboot: false,
                });
                let unit = if process.unit.is_empty() { &process.name } else { &process.unit };
                if let Err(at) = units.units.binary_search(unit) {
                    units.units.insert(at, unit.clone());
                }
                units.needs_reboot |= process.pid == 1 || NOT_RESTARTED.contains(&unit.as_str());
            }
        }
    }

    /// Returns package and version of mapped code as advisories know them; the version is empty where the
    /// binary's version does not tell the source's.
    fn mapped_as(&self, owned: &OwnedVersion, now: Option<&Package>) -> Option<(String, String)> {
        let Some(now) = now else {
            return Some((owned.name.clone(), without_rebuild(&owned.version).to_owned()));
        };
        let known = self.known(now);
        if known.is_kernel {
            return None;
        }
        let version = if self.is_rpm() {
            owned.version.as_str()
        } else if without_rebuild(&now.version) == known.version {
            without_rebuild(&owned.version)
        } else {
            ""
        };
        Some((known.package, version.to_owned()))
    }
}

/// Stream, package and module.
type Name = (String, String, String);

/// Returns a binary version without the mark of a rebuild (`5.2.15-2+b13`): the source's version.
fn without_rebuild(version: &str) -> &str {
    match version.rsplit_once("+b") {
        Some((source, number))
            if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) =>
        {
            source
        }
        Some(_) | None => version,
    }
}

fn coverage(stream: Option<&str>, packages: &PackageSet) -> Coverage {
    let Some(scheme) = stream.and_then(Scheme::of_stream) else { return Coverage::NoStream };
    let installed = || packages.packages.iter().filter(|package| package.is_installed());
    let is_unknown = |package: &Package| {
        let version = if package.source_version.is_empty() || scheme == Scheme::Rpm {
            &package.version
        } else {
            &package.source_version
        };
        package.origin.is_none() || scheme.key(version).is_err()
    };
    if installed().any(is_unknown) { Coverage::Partly } else { Coverage::Covered }
}

fn channels(input: &EntryInput<'_>) -> Vec<String> {
    let installed = input.packages.packages.iter().filter_map(|p| p.origin.as_ref());
    let pending = input.pending.updates.iter().map(|update| &update.origin);
    let mut found: Vec<String> = installed
        .chain(pending)
        .filter_map(|origin| CHANNELS.iter().find(|(name, _)| *name == origin.origin))
        .map(|(_, channel)| (*channel).to_owned())
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

fn arches(input: &EntryInput<'_>) -> Vec<String> {
    let mut found: Vec<String> = input
        .packages
        .packages
        .iter()
        .map(|package| &package.arch)
        .chain([&input.facts.arch])
        .filter(|arch| !["", "all", "noarch"].contains(&arch.as_str()))
        .cloned()
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests;
