//! A run: one host carrying out its part of an order. States as seen from outside; the agent's machine is `agent::run`.

use crate::digest::Digest;
use crate::id::{ChangeId, HostId, OrderId, RunId};
use crate::outcome::{Outcome, Refusal, RunEnd};
use serde::{Deserialize, Serialize};

/// Where a run stands. The states between CLAIMING and APPLYING and after VERIFYING come with later work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum RunState {
    /// Ordered; the host has not taken it up yet. The server's word: the agent knows it from ASSIGNED on.
    Ordered,
    Assigned,
    Preflight,
    Staging,
    Claiming,
    Applying,
    Repairing,
    Verifying,
    /// The host refused the order; nothing was done.
    Refused {
        refusal: Refusal,
    },
    Ended {
        end: RunEnd,
    },
    /// The server's word only: no sign of life after work began. A fact from the agent ends it.
    Lost,
}

impl RunState {
    /// Returns the state's name as pages and tables show it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Ordered => "ordered",
            Self::Assigned => "assigned",
            Self::Preflight => "preflight",
            Self::Staging => "staging",
            Self::Claiming => "claiming",
            Self::Applying => "applying",
            Self::Repairing => "repairing",
            Self::Verifying => "verifying",
            Self::Refused { .. } => "refused",
            Self::Ended { end } => end.word(),
            Self::Lost => "lost",
        }
    }

    /// Returns whether nothing more will happen by itself.
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::Ended { .. })
    }
}

/// Why a run does not go on right now. Every state that waits says for what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "on")]
pub enum WaitingOn {
    /// The host has not been heard since then.
    HostSilent {
        since: i64,
    },
    Window {
        opens_at: i64,
    },
    WaveStart {
        start_at: i64,
    },
    /// The in-flight budget is taken by these hosts.
    SlotFull {
        holders: Vec<String>,
    },
    /// A person stopped the change.
    Stopped {
        by: String,
    },
    /// The failure threshold is reached.
    Halted {
        failures: u32,
    },
    /// The vault does not have the file yet; it is being fetched.
    Vault {
        file: String,
    },
    /// Another program holds the package manager's lock. It is waited for, never broken.
    PackageManager,
    /// The server does not answer; without its permit nothing starts.
    Server,
    /// The host is heard, but cannot take the order up (its disk is full, say).
    HostTrouble {
        text: String,
    },
}

impl std::fmt::Display for WaitingOn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::HostSilent { .. } => f.write_str("host to come back: it has been silent"),
            Self::Window { .. } => f.write_str("window to open"),
            Self::WaveStart { .. } => f.write_str("start of its wave"),
            Self::SlotFull { holders } => write!(f, "slot held by {}", holders.join(", ")),
            Self::Stopped { by } => write!(f, "nothing: stopped by {by}"),
            Self::Halted { failures } => {
                write!(f, "a person: halted after {failures} failed host(s)")
            }
            Self::Vault { file } => write!(f, "vault to fetch {file}"),
            Self::PackageManager => f.write_str("another program to release the package lock"),
            Self::Server => f.write_str("server to answer"),
            Self::HostTrouble { text } => write!(f, "host to take the order up: {text}"),
        }
    }
}

/// What an agent tells while a run goes on. Numbered per run, so that a late one never overwrites a newer one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    pub run: RunId,
    pub order: OrderId,
    pub attempt: u32,
    pub seq: u64,
    pub at: i64,
    pub state: RunState,
    #[serde(default)]
    pub waiting_on: Option<WaitingOn>,
    /// Work done and in all, in units of the state (bytes staged, package steps applied); 0 of 0 where unknown.
    #[serde(default)]
    pub done: u64,
    #[serde(default)]
    pub total: u64,
    /// What is being done now ("unpacking libssl3"), or empty.
    #[serde(default)]
    pub note: String,
}

/// The server's leave for one run to start now. It can only narrow what people signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "permit")]
pub enum PermitAnswer {
    /// Valid for `valid_secs` from the moment the agent sent its claim, by its own monotonic clock.
    Granted {
        permit_seq: u64,
        valid_secs: u32,
    },
    Waiting {
        waiting_on: WaitingOn,
    },
    /// The order is stopped for good; the run ends as cancelled.
    Cancelled {
        by: String,
    },
}

/// What an agent asks when it claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermitClaim {
    pub run: RunId,
    pub order: OrderId,
    pub attempt: u32,
}

/// A run as the server knows it: what pages, API and `watch` show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunView {
    pub run: RunId,
    pub change: ChangeId,
    pub order: OrderId,
    pub host: HostId,
    pub host_name: String,
    pub state: RunState,
    /// When the present state began.
    pub since: i64,
    pub waiting_on: Option<WaitingOn>,
    pub done: u64,
    pub total: u64,
    pub note: String,
    /// Each state with the time it began, oldest first.
    pub history: Vec<(RunState, i64)>,
    pub outcome: Option<Outcome>,
    pub steps_total: u32,
    /// Digest of the host's part of the plan.
    pub entry: Digest,
}

#[cfg(test)]
mod tests;
