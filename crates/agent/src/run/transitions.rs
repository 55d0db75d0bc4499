//! The table of transitions: from which phase, on what, to where. The end of a state machine that is
//! easy to read; what is not named here cannot happen.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "phases are matched exhaustively; of what is seen, everything that a phase does not name \
              is illegal there, and `step` says so in one place"
)]

use super::entry::{Past, TxnEnd, TxnRefusal};
use super::{Applying, Ending, Phase, REPAIRS_MAX, Seen, illegal};
use model::outcome::{AbortReason, BlockReason, RunEnd, StuckReason};

/// Returns the phase that `seen` leads to.
///
/// # Errors
/// `StuckReason::Illegal` for a pair that cannot happen.
pub fn step(past: &Past, seen: &Seen) -> Result<Phase, StuckReason> {
    match &past.phase {
        Phase::Assigned => from_assigned(seen),
        Phase::Preflight => from_preflight(seen),
        Phase::Staging => from_staging(seen),
        Phase::Claiming => from_claiming(seen),
        Phase::Applying(part) => from_applying(past, part, seen),
        Phase::Repairing { tries } => from_repairing(past, *tries, seen),
        Phase::Verifying => from_verifying(past, seen),
        Phase::Returning => match seen {
            Seen::Unfenced => Some(Phase::Assigned),
            _ => None,
        },
        Phase::Unfencing(end) => match seen {
            Seen::Unfenced => Some(Phase::Concluding(end.clone())),
            _ => None,
        },
        Phase::Concluding(end) => match seen {
            Seen::Concluded => Some(Phase::Over(end.clone())),
            _ => None,
        },
        Phase::Over(_) => None,
    }
    .ok_or_else(|| illegal(&past.phase, seen))
}

fn from_assigned(seen: &Seen) -> Option<Phase> {
    match seen {
        Seen::Fits => Some(Phase::Preflight),
        Seen::Blocked(reason) => Some(blocked(reason)),
        Seen::OutOfTime => Some(aborted(AbortReason::NoPermit)),
        _ => None,
    }
}

fn from_preflight(seen: &Seen) -> Option<Phase> {
    match seen {
        Seen::Ready => Some(Phase::Staging),
        Seen::Blocked(reason) => Some(blocked(reason)),
        Seen::OutOfTime => Some(aborted(AbortReason::NoPermit)),
        _ => None,
    }
}

fn from_staging(seen: &Seen) -> Option<Phase> {
    match seen {
        Seen::Staged => Some(Phase::Claiming),
        Seen::NotStaged { file, text } => {
            Some(aborted(AbortReason::Staging { file: file.clone(), text: text.clone() }))
        }
        Seen::OutOfTime => Some(aborted(AbortReason::NoPermit)),
        _ => None,
    }
}

fn from_claiming(seen: &Seen) -> Option<Phase> {
    match seen {
        Seen::Granted { .. } => Some(Phase::Applying(Applying::Baselining)),
        Seen::Waiting(_) => Some(Phase::Claiming),
        Seen::Cancelled { by } => {
            Some(Phase::Unfencing(Ending(RunEnd::Cancelled { by: by.clone() })))
        }
        Seen::Blocked(reason) => Some(blocked(reason)),
        Seen::OutOfTime => Some(aborted(AbortReason::NoPermit)),
        _ => None,
    }
}

fn from_applying(past: &Past, part: &Applying, seen: &Seen) -> Option<Phase> {
    match (part, seen) {
        (Applying::Baselining, Seen::Baselined { .. }) => Some(Phase::Applying(Applying::Fencing)),
        (Applying::Fencing, Seen::Fenced { .. }) => Some(Phase::Applying(Applying::Committed)),
        (Applying::Baselining | Applying::Fencing, Seen::PermitLapsed) => Some(Phase::Returning),
        (Applying::Committed, Seen::Started { .. }) => Some(Phase::Applying(Applying::Running)),
        (_, Seen::NotStarted { text }) if *part != Applying::Running => {
            Some(aborted(AbortReason::NotStarted { text: text.clone() }))
        }
        (Applying::Running, Seen::RunnerEnded(end)) => Some(after_runner(past, end)),
        (Applying::Running, Seen::RunnerVanished) => Some(Phase::Repairing { tries: 1 }),
        _ => None,
    }
}

/// The first transaction ended: what it did not do is known from its word, what it did from the
/// package database.
fn after_runner(past: &Past, end: &TxnEnd) -> Phase {
    match &end.refused {
        Some(TxnRefusal::Blocked(reason)) => blocked(reason),
        Some(TxnRefusal::LockNotReleased) => aborted(AbortReason::LockNotReleased),
        None if is_as_planned(past, end) => Phase::Verifying,
        None => Phase::Repairing { tries: 1 },
    }
}

fn from_repairing(past: &Past, tries: u32, seen: &Seen) -> Option<Phase> {
    let again = |torn: Vec<String>| {
        if tries < REPAIRS_MAX {
            Phase::Repairing { tries: tries + 1 }
        } else {
            Phase::Unfencing(Ending(RunEnd::Stuck {
                reason: StuckReason::NotAsPlanned { packages: torn },
            }))
        }
    };
    match seen {
        Seen::RunnerEnded(end) if is_as_planned(past, end) => Some(Phase::Verifying),
        Seen::RunnerEnded(end) => Some(again(end.not_as_planned.clone())),
        Seen::RunnerVanished | Seen::NotStarted { .. } => Some(again(Vec::new())),
        _ => None,
    }
}

fn from_verifying(past: &Past, seen: &Seen) -> Option<Phase> {
    let Seen::Verified { installed, torn, units_lost } = seen else { return None };
    let end = if *installed != past.opened.installed_after || !torn.is_empty() {
        RunEnd::Stuck { reason: StuckReason::NotAsPlanned { packages: torn.clone() } }
    } else if units_lost.is_empty() {
        RunEnd::Succeeded
    } else {
        RunEnd::Stuck { reason: StuckReason::UnitsLost { units: units_lost.clone() } }
    };
    Some(Phase::Unfencing(Ending(end)))
}

fn is_as_planned(past: &Past, end: &TxnEnd) -> bool {
    end.refused.is_none() && end.installed == past.opened.installed_after && end.torn.is_empty()
}

fn blocked(reason: &BlockReason) -> Phase {
    Phase::Unfencing(Ending(RunEnd::Blocked { reason: reason.clone() }))
}

fn aborted(reason: AbortReason) -> Phase {
    Phase::Unfencing(Ending(RunEnd::Aborted { reason }))
}
