//! Where a change stands, from its approvals and runs. Derived each time, never stored.

use model::change::ChangeState;
use model::outcome::RunEnd;
use model::run::RunState;

/// How long a plan waits for signatures, in seconds. After a week most hosts have moved on, and the
/// plan would block as drift.
pub const PLAN_LIFE_SECS: i64 = 7 * 86_400;

/// The facts of one change.
#[derive(Debug, Clone, Copy)]
pub struct ChangeFacts<'a> {
    /// Seconds since the Unix epoch.
    pub now: i64,
    pub created_at: i64,
    /// Distinct persons who signed, and how many must.
    pub have: u32,
    pub need: u32,
    /// End of the order's life; `None` while there is no order.
    pub not_after: Option<i64>,
    pub stopped_by: Option<&'a str>,
    /// The order's failure threshold.
    pub halt_after: u32,
    /// The state of each run of the order; one per host.
    pub runs: &'a [RunState],
}

/// Returns where the change stands. First match wins: over, stopped, halted, at work, expired, approved.
pub fn state(facts: &ChangeFacts<'_>) -> ChangeState {
    let Some(not_after) = facts.not_after.filter(|_| facts.have >= facts.need) else {
        return unsigned(facts);
    };
    let over = count(facts.runs, RunState::is_over);
    let waiting = count(facts.runs, |run| *run == RunState::Ordered);
    let total = count(facts.runs, |_| true);
    let failures = failures(facts.runs);
    if total > 0 && over == total {
        let succeeded = count(facts.runs, is_success);
        ChangeState::Completed { succeeded, failed: total - succeeded }
    } else if let Some(by) = facts.stopped_by {
        ChangeState::Stopped { by: by.to_owned() }
    } else if failures >= facts.halt_after.max(1) {
        ChangeState::Halted { failures }
    } else if over + waiting < total {
        ChangeState::Running
    } else if facts.now > not_after {
        ChangeState::Expired
    } else if over > 0 {
        ChangeState::Running
    } else {
        ChangeState::Approved
    }
}

fn unsigned(facts: &ChangeFacts<'_>) -> ChangeState {
    if let Some(by) = facts.stopped_by {
        ChangeState::Stopped { by: by.to_owned() }
    } else if facts.now - facts.created_at > PLAN_LIFE_SECS
        || facts.not_after.is_some_and(|end| facts.now > end)
    {
        ChangeState::Expired
    } else {
        ChangeState::Planned { have: facts.have, need: facts.need }
    }
}

/// Returns how many runs count as failures: hosts that need a person, and lost ones. A blocked, aborted,
/// refused or cancelled run left its host as it was and counts as none.
pub fn failures(runs: &[RunState]) -> u32 {
    count(runs, |run| matches!(run, RunState::Lost | RunState::Ended { end: RunEnd::Stuck { .. } }))
}

fn is_success(run: &RunState) -> bool {
    matches!(run, RunState::Ended { end: RunEnd::Succeeded })
}

fn count(runs: &[RunState], is_counted: impl Fn(&RunState) -> bool) -> u32 {
    u32::try_from(runs.iter().filter(|run| is_counted(run)).count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
