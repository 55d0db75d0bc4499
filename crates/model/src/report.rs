//! A report: what an agent saw on its host at one moment.

use crate::digest::Digest;
use crate::host::{HostFacts, ListsAge, RebootReason, StaleProcess};
use crate::package::{Package, PackageSet, SetDiff, Update};
use crate::problem::Problem;
use serde::{Deserialize, Serialize};

/// Everything that a collection sees; lives on the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sight {
    pub facts: HostFacts,
    pub packages: PackageSet,
    pub pending: PendingSet,
    pub conditions: Conditions,
}

/// The pending updates; content-addressed like the package set, because they seldom change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingSet {
    /// One for each installed package with a newer candidate, held ones included.
    pub updates: Vec<Update>,
    /// Packages that are not installed and that some update needs.
    pub additions: Vec<Update>,
}

impl PendingSet {
    /// Returns the digest that names this content.
    pub fn digest(&self) -> Digest {
        let bytes = serde_json::to_vec(self).expect("updates are strings and lists; they encode");
        Digest::of(&bytes)
    }
}

/// What is true of the host now and small enough to send each time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conditions {
    #[serde(default)]
    pub reboot: Vec<RebootReason>,
    #[serde(default)]
    pub stale: Vec<StaleProcess>,
    #[serde(default)]
    pub lists: Option<ListsAge>,
    #[serde(default)]
    pub problems: Vec<Problem>,
}

/// A report on the wire. Sets are named by digest; a body travels only when the server lacks it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// When the host was looked at, on its own clock, seconds since the Unix epoch.
    pub seen_at: i64,
    pub facts: HostFacts,
    /// Names the package set (`PackageSet::set_digest`).
    pub packages: Digest,
    /// What dpkg has, for comparing with plans (`PackageSet::installed_digest`).
    pub installed: Digest,
    /// Names the pending set (`PendingSet::digest`).
    pub pending: Digest,
    pub conditions: Conditions,
    #[serde(default)]
    pub packages_body: PackagesBody,
    #[serde(default)]
    pub pending_body: Option<PendingSet>,
}

/// How the package set travels.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PackagesBody {
    /// Only the digest: the server is expected to know the set.
    #[default]
    Known,
    Diff(SetDiff),
    Full(Vec<Package>),
}

/// The server's answer to a report. A body that it lacks is asked for by name; nothing is stored until all is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportAnswer {
    pub stored: bool,
    #[serde(default)]
    pub want_packages: bool,
    #[serde(default)]
    pub want_pending: bool,
}
