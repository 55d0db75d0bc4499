//! How a run ended, as the host observed it; and how an order was refused. Both are signed by the host's key.

use crate::digest::Digest;
use crate::id::{HostId, OrderId, RunId};
use serde::{Deserialize, Serialize};

pub const OUTCOME_TYPE: &str = "patch-outcome/v1";
pub const REFUSAL_TYPE: &str = "patch-refusal/v1";
pub const OUTCOME_SCHEMA: u32 = 1;
/// Bytes of the transaction's output that travel with an outcome.
pub const OUTPUT_TAIL_BYTES_MAX: usize = 8 * 1024;

/// What the host's package database and units said afterwards: an observation, never an exit code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    pub schema: u32,
    pub run: RunId,
    pub order: OrderId,
    pub host: HostId,
    pub attempt: u32,
    pub end: RunEnd,
    pub started_at: i64,
    pub ended_at: i64,
    /// Digest of the installed set before and after.
    pub before: Digest,
    pub after: Digest,
    pub changes: Vec<VersionChange>,
    /// Units that were active before and are not now.
    pub units_lost: Vec<String>,
    /// Configuration files that the administrator had changed: kept, the new version lies beside them.
    pub conffiles_kept: Vec<String>,
    /// The package manager's exit code, where it ran. Shown, never decided on.
    pub exit_code: Option<i32>,
    pub output_tail: String,
}

/// One package before and after; empty means absent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct VersionChange {
    pub name: String,
    pub arch: String,
    pub before: String,
    pub after: String,
}

/// The terminal states of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "end")]
pub enum RunEnd {
    Succeeded,
    /// A precondition failed; the host is as it was.
    Blocked {
        reason: BlockReason,
    },
    /// Something around it failed (network, vault, time); the host is as it was.
    Aborted {
        reason: AbortReason,
    },
    /// Stopped by a person before anything was done.
    Cancelled {
        by: String,
    },
    /// Needs a person: the host is not as planned.
    Stuck {
        reason: StuckReason,
    },
}

impl RunEnd {
    /// Returns the state's name as pages and tables show it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Blocked { .. } => "blocked",
            Self::Aborted { .. } => "aborted",
            Self::Cancelled { .. } => "cancelled",
            Self::Stuck { .. } => "stuck",
        }
    }

    /// Returns why, for people, or empty after success.
    pub fn why(&self) -> String {
        match self {
            Self::Succeeded => String::new(),
            Self::Blocked { reason } => reason.to_string(),
            Self::Aborted { reason } => reason.to_string(),
            Self::Cancelled { by } => format!("stopped by {by}"),
            Self::Stuck { reason } => reason.to_string(),
        }
    }

    /// Returns what a person can do about it, or empty.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Succeeded | Self::Cancelled { .. } => "",
            Self::Blocked { reason } => reason.remedy(),
            Self::Aborted { .. } => "plan again once the cause is gone; nothing was changed",
            Self::Stuck { .. } => {
                "read the output, repair on the host, or take the run back with `patchwell undo RUN`"
            }
        }
    }
}

/// Why a host was not touched. Each has a remedy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum BlockReason {
    #[error("the installed packages changed since the plan was made")]
    Drift { expected: Digest, found: Digest },
    #[error("half-installed packages: {}", packages.join(", "))]
    TornDatabase { packages: Vec<String> },
    #[error("packages of the plan are held on the host: {}", packages.join(", "))]
    Held { packages: Vec<String> },
    #[error("{mount} has {have_bytes} bytes free, {need_bytes} are needed")]
    NoSpace { mount: String, need_bytes: u64, have_bytes: u64 },
    #[error("{mount} is mounted read-only")]
    ReadOnly { mount: String },
    #[error("the agent runs without root and cannot change this host")]
    Unprivileged,
    #[error("the package manager would do something else than the plan says: {text}")]
    OtherThanPlanned { text: String },
    #[error("this host has no record of having had {package} {version}")]
    NotRecorded { package: String, version: String },
    #[error("the plan does not fit this host's part of the signed order")]
    BadPlan { text: String },
}

impl BlockReason {
    /// Returns what to do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Drift { .. } => "plan again: the new plan starts from what is installed now",
            Self::TornDatabase { .. } => "run `dpkg --configure -a` on the host, then plan again",
            Self::Held { .. } => {
                "`apt-mark unhold` on the host if the hold is no longer wanted, then plan again"
            }
            Self::NoSpace { .. } => "free space there, then plan again",
            Self::ReadOnly { .. } => "find out why (a disk error?), remount it, then plan again",
            Self::Unprivileged => "install the agent as root on this host",
            Self::OtherThanPlanned { .. } => {
                "read what it would do; repair dependencies on the host, then plan again"
            }
            Self::NotRecorded { .. } => "only versions that a run recorded here can be put back",
            Self::BadPlan { .. } => "plan again; if it happens twice, report it as a defect",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum AbortReason {
    #[error("could not stage {file}: {text}")]
    Staging { file: String, text: String },
    #[error("no permit before the order ran out")]
    NoPermit,
    #[error("the package lock was not released in time")]
    LockNotReleased,
    #[error("the transaction could not be started: {text}")]
    NotStarted { text: String },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum StuckReason {
    #[error("the package database is not as planned after two repairs: {}", packages.join(", "))]
    NotAsPlanned { packages: Vec<String> },
    #[error("units that were active before are not: {}", units.join(", "))]
    UnitsLost { units: Vec<String> },
    #[error("the run's journal is damaged: {text}")]
    Journal { text: String },
    #[error("illegal transition from {from} on {on}")]
    Illegal { from: String, on: String },
}

/// The payload of a signed refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusalNotice {
    pub schema: u32,
    pub host: HostId,
    /// Absent where the envelope could not be read that far.
    pub order: Option<OrderId>,
    /// Digest of the envelope's payload bytes: what exactly was refused.
    pub payload: Digest,
    pub at: i64,
    pub refusal: Refusal,
}

/// Why an order is not obeyed. One variant per reason; refusing is an answer, not an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "refusal")]
pub enum Refusal {
    #[error("the envelope is larger than allowed")]
    TooBig,
    #[error("the envelope is nested too deeply")]
    TooDeep,
    #[error("the envelope cannot be read: {text}")]
    Malformed { text: String },
    #[error("the order has a field that this agent does not know: {field}")]
    UnknownField { field: String },
    #[error("the order is of type or schema {found}, which this agent does not know")]
    WrongType { found: String },
    #[error("the order is for another tenant root")]
    WrongTenantRoot,
    #[error("the roster does not verify against the pinned tenant root: {text}")]
    RosterBroken { text: String },
    #[error("the roster is older than one already seen here")]
    RosterOld,
    #[error("the roster has expired")]
    RosterExpired,
    #[error("a signature does not verify")]
    BadSignature,
    #[error("signed by a key that is not in the roster: {key_id}")]
    UnknownKey { key_id: String },
    #[error("signed by a revoked key: {key_id}")]
    RevokedKey { key_id: String },
    #[error(
        "signed by a key that this host has known for too short a time for a wide order: {key_id}"
    )]
    CoolingKey { key_id: String },
    #[error("the hardware key was not touched")]
    NoPresence,
    #[error("the hardware key did not verify its user")]
    NoVerification,
    #[error("signed for another purpose: namespace {found}")]
    WrongNamespace { found: String },
    #[error("signed with a form or algorithm that is not accepted: {found}")]
    WrongForm { found: String },
    #[error("signed by {have} person(s), {need} needed")]
    TooFewPersons { have: u32, need: u32 },
    #[error("a wide order needs an approver other than its author")]
    AuthorAlone,
    #[error("{person} may not approve this: {text}")]
    NotAllowed { person: String, text: String },
    #[error("the order does not name this host")]
    NotForMe,
    #[error("the order's entry for this host is another plan")]
    WrongEntry,
    #[error("the order names more hosts than it allows itself")]
    TooManyHosts,
    #[error("the order is not valid yet")]
    TooEarly,
    #[error("the order has expired, or would live too long")]
    Expired,
    #[error("this host's clock is behind the newest signed time it has seen")]
    ClockWentBack,
    #[error("this host's clock differs from the server's by {secs} seconds")]
    ClockSkewed { secs: i64 },
    #[error("the order was already carried out here")]
    Replayed,
    #[error("the order's serial is below the roster's floor")]
    OldSerial,
    #[error("a newer generation of this rollout was already seen here")]
    OldGeneration,
    #[error("the host's own ceiling `{key}` forbids it: {text}")]
    Ceiling { key: String, text: String },
    #[error("the start of this host's wave is not reached")]
    WaveNotReached,
    #[error("the host's ceilings cannot be read: {text}")]
    CeilingsUnreadable { text: String },
}

#[cfg(test)]
mod tests;
