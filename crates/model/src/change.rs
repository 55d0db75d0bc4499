//! A change: what people read and approve. Purpose, plan, approvals, runs.

use crate::digest::Digest;
use crate::id::{ChangeId, OrderId};
use crate::plan::Plan;
use crate::problem::Problem;
use crate::run::RunView;
use serde::{Deserialize, Serialize};

/// A change as pages, API and command line show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeView {
    pub id: ChangeId,
    pub title: String,
    pub state: ChangeState,
    pub created_at: i64,
    pub created_by: String,
    pub plan_digest: Digest,
    pub plan: Plan,
    /// Warnings of the plan's second reading; a fatal one would have refused the plan.
    pub notes: Vec<Problem>,
    pub approvals: Vec<Approval>,
    pub order: Option<OrderId>,
    /// End of the order's life, once there is one.
    pub not_after: Option<i64>,
    pub runs: Vec<RunView>,
}

/// Where a change stands; derived from approvals and runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum ChangeState {
    /// Waits for signatures.
    Planned {
        have: u32,
        need: u32,
    },
    /// Signed, no host has begun.
    Approved,
    Running,
    /// The failure threshold is reached; nothing new starts. Left only by a person.
    Halted {
        failures: u32,
    },
    /// A person stopped it; hosts at work finish, nothing new starts.
    Stopped {
        by: String,
    },
    /// Every run is over.
    Completed {
        succeeded: u32,
        failed: u32,
    },
    /// Nobody approved it, or hosts never came, before its time ran out.
    Expired,
}

impl ChangeState {
    /// Returns the state's name as pages and tables show it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Planned { .. } => "planned",
            Self::Approved => "approved",
            Self::Running => "running",
            Self::Halted { .. } => "halted",
            Self::Stopped { .. } => "stopped",
            Self::Completed { .. } => "completed",
            Self::Expired => "expired",
        }
    }
}

/// One person's signature on the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    pub person: String,
    pub key_id: String,
    pub at: i64,
}

/// A change in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeLine {
    pub id: ChangeId,
    pub title: String,
    pub state: ChangeState,
    pub created_at: i64,
    pub hosts: u32,
    pub packages: u32,
    pub runs_over: u32,
}
