//! Packages on a host: the installed set, named by its content, and the updates that pend.

use crate::digest::Digest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One installed package, as the host's package database has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Package {
    pub name: String,
    /// Debian architecture (`amd64`, `all`, `i386`).
    pub arch: String,
    /// The whole version, with epoch and revision.
    pub version: String,
    /// dpkg's abbreviation: wanted, status and, when broken, the error letter (`ii`, `hi`, `rc`, `iF`, `iHR`).
    pub state: String,
    pub source: String,
    pub source_version: String,
    /// Where this version comes from, or `None` when no configured repository carries it.
    #[serde(default)]
    pub origin: Option<Origin>,
}

impl Package {
    /// Returns whether the package is on hold.
    pub fn is_held(&self) -> bool {
        self.state.starts_with('h')
    }

    /// Returns whether the package is in a state that a finished transaction never leaves.
    /// `ii`, `hi` (installed), `rc`, `hc`, `pc` (only its configuration is left) and `un`, `pn` are settled.
    pub fn is_torn(&self) -> bool {
        let mut letters = self.state.chars().skip(1);
        !matches!(letters.next(), Some('i' | 'c' | 'n')) || letters.next().is_some()
    }

    /// Returns whether its files are on the disk.
    pub fn is_installed(&self) -> bool {
        !matches!(self.state.chars().nth(1), Some('c' | 'n') | None)
    }
}

/// A repository as the host's own package manager names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Origin {
    /// The Release file's `Label` (`Debian-Security`).
    pub label: String,
    /// The Release file's `Origin` (`Debian`).
    pub origin: String,
    /// The Release file's `Codename`, or `Suite` where it has none (`bookworm-security`).
    pub suite: String,
    /// The repository's base address.
    pub site: String,
}

/// The kind of a pending update: what decides how soon it is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PatchKind {
    Security,
    Maintenance,
    Firmware,
    /// From a third party's repository.
    Application,
}

/// A package file in a repository, as the host's verified metadata names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Artifact {
    pub sha256: Digest,
    pub size_bytes: u64,
    /// Where the vault may fetch it. Only a hint: the digest decides.
    pub uri: String,
}

/// One pending update: what the host's package manager would install instead of what is there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Update {
    pub name: String,
    pub arch: String,
    pub source: String,
    /// The installed version, or empty for a package that an update brings in.
    pub current: String,
    pub candidate: String,
    /// The candidate's source version; empty where an older agent did not say it.
    #[serde(default)]
    pub candidate_source_version: String,
    pub origin: Origin,
    /// Whether another repository that carries the same candidate is the distribution's security channel.
    pub is_security: bool,
    /// The candidate's file. `None` when the metadata does not name one: such an update is shown, never planned.
    #[serde(default)]
    pub artifact: Option<Artifact>,
    /// The installed version's file, while a repository still lists it: the way back.
    #[serde(default)]
    pub back: Option<Artifact>,
    /// Names of other updates and additions that the candidate's dependencies need at their candidate version.
    #[serde(default)]
    pub requires: Vec<String>,
    pub is_held: bool,
}

/// A pending update with the kind that the server derives: what pages, API and command line show.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UpdateView {
    #[serde(flatten)]
    pub update: Update,
    pub kind: PatchKind,
}

/// The installed packages of a host, sorted; named by their content.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageSet {
    pub packages: Vec<Package>,
}

impl PackageSet {
    /// Returns the set with its packages sorted by name, architecture and version.
    pub fn new(mut packages: Vec<Package>) -> Self {
        packages.sort();
        Self { packages }
    }

    /// Returns the digest of what dpkg says is installed: SHA-256 over one line per package,
    /// `name arch version state`, sorted bytewise. Origins are not part of it: they change when a
    /// repository does, not when the host does.
    pub fn installed_digest(&self) -> Digest {
        let mut lines: Vec<String> = self
            .packages
            .iter()
            .map(|p| format!("{} {} {} {}\n", p.name, p.arch, p.version, p.state))
            .collect();
        lines.sort_unstable();
        Digest::of(lines.concat().as_bytes())
    }

    /// Returns the digest of everything that is known of the packages; names the set in reports.
    pub fn set_digest(&self) -> Digest {
        let bytes =
            serde_json::to_vec(self).expect("a set is strings and lists; it always encodes");
        Digest::of(&bytes)
    }

    /// Returns what turns `before` into this set.
    pub fn diff_from(&self, before: &Self) -> SetDiff {
        let key = |p: &Package| (p.name.clone(), p.arch.clone(), p.version.clone());
        let old: BTreeMap<_, _> = before.packages.iter().map(|p| (key(p), p)).collect();
        let new: BTreeMap<_, _> = self.packages.iter().map(|p| (key(p), p)).collect();
        SetDiff {
            base: before.set_digest(),
            removed: old.keys().filter(|k| !new.contains_key(*k)).cloned().collect(),
            put: new
                .iter()
                .filter(|(k, p)| old.get(*k) != Some(*p))
                .map(|(_, p)| (*p).clone())
                .collect(),
        }
    }

    /// Returns this set with `diff` applied. The caller compares the digest with the one it was told.
    #[must_use]
    pub fn with(&self, diff: &SetDiff) -> Self {
        self.clone().into_with(diff)
    }

    /// Returns this set with `diff` applied, without a copy of what stays: sets are large.
    #[must_use]
    pub fn into_with(self, diff: &SetDiff) -> Self {
        fn key(package: &Package) -> (&str, &str, &str) {
            (&package.name, &package.arch, &package.version)
        }
        let removed = diff.removed.iter().map(|(n, a, v)| (n.as_str(), a.as_str(), v.as_str()));
        let gone: std::collections::BTreeSet<_> = removed.chain(diff.put.iter().map(key)).collect();
        let mut packages = self.packages;
        packages.retain(|package| !gone.contains(&key(package)));
        packages.extend(diff.put.iter().cloned());
        Self::new(packages)
    }
}

/// The change from one package set to another, keyed by name, architecture and version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetDiff {
    /// The set that this applies to.
    pub base: Digest,
    pub removed: Vec<(String, String, String)>,
    /// Added, or there with other facts.
    pub put: Vec<Package>,
}

#[cfg(test)]
mod tests;
