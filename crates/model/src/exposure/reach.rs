//! Where an exposure stands on its host, and why it stands there.

use serde::{Deserialize, Serialize};

/// Where one row stands on one host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum Reach {
    /// A version without the hole is offered to this host.
    Actionable {
        to: String,
    },
    /// A fix exists, and is not offered here.
    FixNotReachable {
        why: NotReachable,
    },
    NoFix {
        why: NoFix,
    },
    /// The fix is installed; what runs is older, and only a reboot changes that.
    NeedsReboot,
    /// The fix is installed; these units still run the old files.
    NeedsRestart {
        units: Vec<String>,
    },
    /// A vulnerable kernel image on the disk that is neither running nor next to boot.
    StaleImage,
    /// The fixed kernel runs, and the next boot starts a vulnerable one. Counts as exposed.
    BootsVulnerable,
    /// Another binary of the vulnerable source, without the vulnerable code in use. No deadline.
    Carried,
    Unknown {
        why: NotKnown,
    },
}

impl Reach {
    /// Returns whether it counts as exposed: has a deadline, and is not compliant.
    pub fn is_exposed(&self) -> bool {
        !matches!(self, Self::Carried | Self::StaleImage)
    }

    /// Returns the word that stands for the state in addresses and output.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Actionable { .. } => "actionable",
            Self::FixNotReachable { .. } => "fix_not_reachable",
            Self::NoFix { .. } => "no_fix",
            Self::NeedsReboot => "needs_reboot",
            Self::NeedsRestart { .. } => "needs_restart",
            Self::StaleImage => "stale_image",
            Self::BootsVulnerable => "boots_vulnerable",
            Self::Carried => "carried",
            Self::Unknown { .. } => "unknown",
        }
    }
}

/// Why a fix that exists is not offered here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotReachable {
    /// ESM, EUS, ELS, LTSS, and the host is not attached.
    NeedsSubscription,
    /// The fix is in another minor release's channel.
    OtherMinor,
    ModuleStreamDisabled,
    /// No configured repository offers it.
    NotOffered,
    Held,
    /// The host's package lists are too old to tell.
    ArchiveStale,
    /// The release gets no repairs any more.
    ReleaseEnded,
}

/// Why there is no fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoFix {
    Open,
    Deferred,
    WillNotFix,
    UnderInvestigation,
    EndOfLife,
}

/// Why it cannot be told whether the host is exposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotKnown {
    /// A version that does not parse.
    Version,
    /// The package that owns the running kernel is not known.
    KernelOwner,
    /// Old code is mapped, and which version it is is not known.
    MappedVersion,
    /// The feed does not say which module stream it means.
    ModuleStream,
}
