//! The facts of one change, read at once, so that its state and its runs' waits follow from one moment.

use crate::error::ApiError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use decide::change::ChangeFacts;
use model::change::{Approval, ChangeState};
use model::order::Order;
use model::plan::{Plan, PlanHost, Step};
use model::run::RunState;
use model::wire::Envelope;
use model::{ChangeId, Digest, HostId};
use std::collections::{BTreeMap, BTreeSet};
use store::changes::ChangeRow;
use store::runs::RunRow;
use store::vault::ObjectRow;
use store::{TenantScope, View};

/// A change with all that belongs to it.
pub struct Facts {
    pub row: ChangeRow,
    pub plan: Plan,
    pub order: Option<Order>,
    pub approvals: Vec<Approval>,
    pub runs: Vec<RunRow>,
    /// Files that the vault wants and does not hold, of this change or any other.
    pub wanted: BTreeMap<Digest, ObjectRow>,
}

impl Facts {
    /// Reads them.
    ///
    /// # Errors
    /// `NotFound`, or `Internal` where a stored document cannot be read.
    pub fn read(view: &View<'_>, scope: &TenantScope, change: ChangeId) -> Result<Self, ApiError> {
        let row = store::changes::get(view, scope, change)?;
        let plan = plan_of(&store::changes::plan(view, scope, row.plan)?)?;
        let order = row.order.as_ref().map(|order| order_of(&order.envelope)).transpose()?;
        let wanted = store::vault::wanted(view, scope)?;
        Ok(Self {
            approvals: store::changes::approvals(view, scope, change)?,
            runs: store::runs::of_change(view, scope, change)?,
            wanted: wanted.into_iter().map(|o| (o.artifact.sha256, o)).collect(),
            row,
            plan,
            order,
        })
    }

    /// Returns where the change stands.
    pub fn state(&self, now: i64) -> ChangeState {
        state(&self.row, &self.approvals, &self.runs, now)
    }

    /// Returns a host's part of the plan.
    pub fn entry(&self, host: HostId) -> Option<&PlanHost> {
        self.plan.hosts.iter().find(|entry| entry.host == host)
    }

    /// Returns whether the plan names the file.
    pub fn names(&self, file: Digest) -> bool {
        self.plan.hosts.iter().any(|entry| objects(entry).contains(&file))
    }

    /// Returns how many runs failed.
    pub fn failures(&self) -> u32 {
        decide::change::failures(&states(&self.runs))
    }

    /// Returns who stopped the change.
    pub fn stopped_by(&self) -> Option<&str> {
        self.row.stopped.as_ref().map(|(by, _)| by.as_str())
    }
}

/// Returns where a change stands.
pub fn state(row: &ChangeRow, approvals: &[Approval], runs: &[RunRow], now: i64) -> ChangeState {
    let persons: BTreeSet<_> = approvals.iter().map(|approval| &approval.person).collect();
    let order = row.order.as_ref().and_then(|order| order_of(&order.envelope).ok());
    decide::change::state(&ChangeFacts {
        now,
        created_at: row.created_at,
        have: u32::try_from(persons.len()).unwrap_or(u32::MAX),
        need: row.need,
        not_after: row.order.as_ref().map(|order| order.not_after),
        stopped_by: row.stopped.as_ref().map(|(by, _)| by.as_str()),
        halt_after: order.map_or(1, |order| order.halt_after),
        runs: &states(runs),
    })
}

/// Returns the vault files that a host's part names: new ones and ways back.
pub fn objects(entry: &PlanHost) -> BTreeSet<Digest> {
    entry
        .steps
        .iter()
        .flat_map(|step: &Step| [Some(&step.artifact), step.back.as_ref()])
        .flatten()
        .map(|artifact| artifact.sha256)
        .collect()
}

/// Reads a stored plan.
pub fn plan_of(bytes: &[u8]) -> Result<Plan, ApiError> {
    serde_json::from_slice(bytes)
        .map_err(|e| ApiError::internal(&format!("a stored plan cannot be read: {e}")))
}

/// Reads the order inside an envelope that was checked when it came.
pub fn order_of(envelope: &Envelope) -> Result<Order, ApiError> {
    let unreadable = |text: String| ApiError::internal(&format!("a stored order: {text}"));
    let payload = STANDARD.decode(&envelope.payload).map_err(|e| unreadable(e.to_string()))?;
    serde_json::from_slice(&payload).map_err(|e| unreadable(e.to_string()))
}

fn states(runs: &[RunRow]) -> Vec<RunState> {
    runs.iter().map(|run| run.state.clone()).collect()
}
