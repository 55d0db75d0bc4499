//! Why a run does not go on right now, as the server sees it: every state that waits says for what.

use crate::schedule;
use model::order::Order;
use model::plan::PlanHost;
use model::run::{RunState, WaitingOn};
use model::wire::POLL_SECS_MAX;

/// Silence, in seconds, after which a host counts as silent: two long polls missed and some delay.
pub const SILENT_SECS: i64 = 2 * POLL_SECS_MAX as i64 + 120;
/// Silence, in seconds, after which a run at work counts as lost: longer than any reboot or usual
/// network cut. A fact from the agent ends it.
pub const LOST_SECS: i64 = 3_600;

/// One run, and the facts to answer from.
#[derive(Debug, Clone, Copy)]
pub struct WaitInput<'a> {
    /// Seconds since the Unix epoch.
    pub now: i64,
    pub state: &'a RunState,
    /// What the agent itself said last that it waits for.
    pub told: Option<&'a WaitingOn>,
    /// When the host was last heard.
    pub host_seen_at: i64,
    pub order: &'a Order,
    pub entry: &'a PlanHost,
    pub stopped_by: Option<&'a str>,
    /// `crate::change::failures` of the order's runs.
    pub failures: u32,
}

/// Returns what the run waits for, or `None` while it works or when it is over.
pub fn waiting(input: &WaitInput<'_>) -> Option<WaitingOn> {
    if input.state.is_over() {
        return None;
    }
    let is_cold = is_cold(input.state);
    if let Some(by) = input.stopped_by.filter(|_| is_cold) {
        return Some(WaitingOn::Stopped { by: by.to_owned() });
    }
    if input.now - input.host_seen_at > SILENT_SECS || *input.state == RunState::Lost {
        return Some(WaitingOn::HostSilent { since: input.host_seen_at });
    }
    if is_cold && input.failures >= input.order.halt_after.max(1) {
        return Some(WaitingOn::Halted { failures: input.failures });
    }
    if let Some(told) = input.told {
        return Some(told.clone());
    }
    if matches!(input.state, RunState::Ordered | RunState::Claiming) {
        return schedule::time(input.order, input.entry, input.now);
    }
    None
}

/// Returns whether a run in `state`, whose host was last heard at `seen_at`, counts as lost. Only
/// work that may have begun is lost; a run that never began merely waits for its host.
pub fn is_lost(state: &RunState, seen_at: i64, now: i64) -> bool {
    let is_hot = !is_cold(state) && !state.is_over();
    is_hot && now - seen_at > LOST_SECS
}

/// Returns whether nothing has been done to the host yet.
fn is_cold(state: &RunState) -> bool {
    match state {
        RunState::Ordered
        | RunState::Assigned
        | RunState::Preflight
        | RunState::Staging
        | RunState::Claiming => true,
        RunState::Applying
        | RunState::Repairing
        | RunState::Verifying
        | RunState::Refused { .. }
        | RunState::Ended { .. }
        | RunState::Lost => false,
    }
}

#[cfg(test)]
mod tests;
