//! A plan: which bits, on which hosts, in what order, with which way back. Immutable, named by its content.

use crate::digest::Digest;
use crate::id::{ChangeId, HostId, RunId};
use crate::package::{Artifact, PatchKind};
use serde::{Deserialize, Serialize};

/// Format version of plans. An agent refuses one it does not know.
pub const PLAN_SCHEMA: u32 = 1;

/// What people approve by digest. Never edited: a change of mind is a new plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    pub schema: u32,
    pub change: ChangeId,
    pub generation: u64,
    pub purpose: Purpose,
    /// Seconds since the Unix epoch.
    pub planned_at: i64,
    /// In the order in which hosts may start; sorted by ring, then wave, then host.
    pub hosts: Vec<PlanHost>,
    pub left_out: Vec<LeftOut>,
}

/// Why the plan exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case", tag = "purpose")]
pub enum Purpose {
    /// Bring pending updates in.
    Upgrade { kinds: Vec<PatchKind>, packages: Vec<String> },
    /// Put back what an earlier run replaced.
    Undo { run: RunId },
}

/// One host's part: its whole instruction, handed to the agent as these bytes. The signed order names its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanHost {
    pub schema: u32,
    pub host: HostId,
    /// The host's label when the plan was made; for people.
    pub name: String,
    pub ring: u32,
    pub wave: u32,
    /// The installed set that the plan was made for; another one on the host blocks the run.
    pub installed_before: Digest,
    /// What the host's package database must say afterwards.
    pub installed_after: Digest,
    /// Sorted by package name, then architecture.
    pub steps: Vec<Step>,
    pub reboot: RebootExpectation,
    /// Bytes that staging needs (new and old files together).
    pub staging_bytes: u64,
    pub way_back: WayBack,
}

/// One package's move. Version and digest are not optional: bits, not intent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    pub name: String,
    pub arch: String,
    /// The installed version; empty for a package that the update brings in.
    pub from: String,
    pub to: String,
    /// Shown to people; the agent does not act on it.
    pub kind: PatchKind,
    pub artifact: Artifact,
    /// The file that puts `from` back; `None` only where nothing was there, or under `WayBack::Waived`.
    pub back: Option<Artifact>,
}

/// Whether the packages ask for a reboot. This runs never reboot; the host's page says what is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RebootExpectation {
    None,
    /// A kernel, libc, systemd or dbus is among the steps.
    Expected,
}

/// How the host gets its earlier packages back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "way", from = "WayBackRead")]
pub enum WayBack {
    /// Every replaced version is in the vault, by digest.
    Packages,
    /// A person does without, by name and with a reason; the packages without a way back are listed.
    Waived { by: String, reason: String, missing: Vec<String> },
}

/// As `WayBack`, for reading: serde lets unknown fields pass beside a variant that has none of its
/// own, but not beside an empty list of fields. An agent must not overlook a rule that it does not know.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case", tag = "way")]
enum WayBackRead {
    Packages {},
    Waived { by: String, reason: String, missing: Vec<String> },
}

impl From<WayBackRead> for WayBack {
    fn from(read: WayBackRead) -> Self {
        match read {
            WayBackRead::Packages {} => Self::Packages,
            WayBackRead::Waived { by, reason, missing } => Self::Waived { by, reason, missing },
        }
    }
}

/// A host or package that was asked for and is not in the plan.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    pub host: HostId,
    pub name: String,
    /// The package, or empty when the whole host is left out.
    pub package: String,
    pub reason: LeftOutReason,
}

/// Why something is left out. Typed, so that views never make up text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case", tag = "why")]
pub enum LeftOutReason {
    NeverReported,
    /// The newest report is too old to plan on.
    StaleReport {
        age_secs: i64,
    },
    /// The package lists behind the updates are too old.
    StaleLists {
        age_secs: i64,
    },
    /// There are no package lists at all, so that nothing is known of what pends.
    NoLists,
    NothingPending,
    /// Nothing of the asked kinds or packages.
    NothingMatches,
    Held,
    /// The host's package database has torn packages; repair first.
    TornPackages {
        names: Vec<String>,
    },
    /// The agent runs without root and cannot change the host.
    Unprivileged,
    /// The candidate is older than what is installed: a preference on the host asks for a downgrade.
    NotNewer {
        candidate: String,
    },
    /// The metadata names no file for the candidate.
    NoArtifact,
    /// The version being replaced is in no repository and not in the vault.
    NoWayBack {
        version: String,
    },
    /// It needs an update that is left out.
    NeedsLeftOut {
        package: String,
    },
    /// Another rollout still works on the host.
    Busy {
        change: ChangeId,
    },
    /// The newest report is of before the last run's end, and shows something else than the run left.
    NotReportedSince {
        run: RunId,
    },
    /// Our own agent is never part of a host's transaction.
    OwnAgent,
    /// The run to take back never changed this host, or it changed again since.
    NothingToUndo,
}

impl std::fmt::Display for LeftOutReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NeverReported => f.write_str("has never reported"),
            Self::StaleReport { age_secs } => write!(f, "last report is {} old", age(*age_secs)),
            Self::StaleLists { age_secs } => write!(f, "package lists are {} old", age(*age_secs)),
            Self::NoLists => f.write_str("has no package lists: nothing is known of what pends"),
            Self::NothingPending => f.write_str("nothing pending"),
            Self::NothingMatches => f.write_str("nothing pending of what was asked for"),
            Self::Held => f.write_str("held on the host"),
            Self::TornPackages { names } => {
                write!(f, "half-installed packages: {}", names.join(", "))
            }
            Self::Unprivileged => f.write_str("the agent there runs without root: it only looks"),
            Self::NotNewer { candidate } => {
                write!(f, "would go down to {candidate}: an update never does")
            }
            Self::NoArtifact => f.write_str("its repository names no file for the new version"),
            Self::NoWayBack { version } => {
                write!(f, "no way back: version {version} is in no repository and not in the vault")
            }
            Self::NeedsLeftOut { package } => write!(f, "needs {package}, which is left out"),
            Self::Busy { change } => write!(f, "{change} still works on it"),
            Self::NotReportedSince { .. } => f.write_str(
                "has not reported since its last run ended; it will within a minute, try again",
            ),
            Self::OwnAgent => f.write_str("the agent's own package has its own kind of change"),
            Self::NothingToUndo => f.write_str("that run left nothing to take back here"),
        }
    }
}

/// Returns a span of time as people say it: "9 days", "3 hours", "40 seconds".
pub fn age(secs: i64) -> String {
    let (count, unit) = match secs.max(0) {
        s @ 0..=119 => (s, "second"),
        s @ 120..=7_199 => (s / 60, "minute"),
        s @ 7_200..=172_799 => (s / 3_600, "hour"),
        s => (s / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

impl Plan {
    /// Returns the bytes that are stored, shown and named by the plan's digest.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a plan is strings, numbers and lists; it always encodes")
    }
}

impl PlanHost {
    /// Returns the bytes that travel to the host; the signed order names their digest.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a plan host is strings, numbers and lists; it encodes")
    }
}

#[cfg(test)]
mod tests;
