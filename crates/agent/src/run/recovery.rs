//! What to do with a run that was interrupted: rollout.md 9.3, as a pure function of what the journal
//! says and what is seen at agent start.

use super::entry::{Entry, Past, TxnEnd};
use super::{ATTEMPTS_MAX, Applying, Deed, Ending, Phase, Seen, Turn, deed, next};
use model::outcome::{AbortReason, RunEnd};

/// What is seen of the runner when the agent starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunnerSeen {
    /// It works. It is waited for.
    Active,
    /// It left its word.
    Ended(TxnEnd),
    /// It began, and is gone without a word.
    Vanished,
    /// It never began.
    NeverBegan,
}

/// Returns the first turn after a start. `runner` is the present transaction's or repair's.
///
/// A changed boot id makes no difference of its own: the runner is then gone, and a package database
/// that a power cut left torn is repaired like one that a kill left.
pub fn resume(past: &Past, runner: &RunnerSeen, now: i64) -> Turn {
    if past.phase.is_cold() {
        return again(past, now);
    }
    match (&past.phase, runner) {
        (Phase::Applying(_), RunnerSeen::Active) => running(past, now),
        (Phase::Applying(_), RunnerSeen::Ended(end)) => {
            next(&as_running(past), Seen::RunnerEnded(end.clone()), now)
        }
        // Committed, and no sign of a runner: it may have been about to start. Repairing carries out
        // the same transaction, and a late runner finds another installed set and does nothing.
        (Phase::Applying(_), RunnerSeen::Vanished | RunnerSeen::NeverBegan) => {
            next(&as_running(past), Seen::RunnerVanished, now)
        }
        (Phase::Repairing { .. }, RunnerSeen::Ended(end)) => {
            next(past, Seen::RunnerEnded(end.clone()), now)
        }
        (Phase::Repairing { .. }, RunnerSeen::Vanished) => next(past, Seen::RunnerVanished, now),
        (Phase::Repairing { .. }, RunnerSeen::Active | RunnerSeen::NeverBegan)
        | (Phase::Verifying | Phase::Unfencing(_) | Phase::Concluding(_) | Phase::Over(_), _) => {
            same(past)
        }
        (
            Phase::Assigned
            | Phase::Preflight
            | Phase::Staging
            | Phase::Claiming
            | Phase::Returning,
            _,
        ) => again(past, now),
    }
}

/// Cold: everything is verified anew, and the claim made again. Not for ever: a host that restarts its
/// agent each time needs a person.
fn again(past: &Past, now: i64) -> Turn {
    if past.attempt >= ATTEMPTS_MAX {
        let text = format!("interrupted {ATTEMPTS_MAX} times before anything was done");
        let end = Ending(RunEnd::Aborted { reason: AbortReason::NotStarted { text } });
        let phase = Phase::Unfencing(end);
        let deed = deed(&phase, &past.fenced);
        return Turn { entries: vec![Entry::State { phase, at: now }], deed };
    }
    let phase = if past.fenced.is_empty() { Phase::Assigned } else { Phase::Returning };
    Turn { entries: vec![Entry::Again { at: now }], deed: deed(&phase, &past.fenced) }
}

fn running(past: &Past, now: i64) -> Turn {
    let phase = Phase::Applying(Applying::Running);
    let entries =
        if past.phase == phase { Vec::new() } else { vec![Entry::State { phase, at: now }] };
    Turn { entries, deed: Deed::AwaitRunner }
}

fn as_running(past: &Past) -> Past {
    Past { phase: Phase::Applying(Applying::Running), ..past.clone() }
}

fn same(past: &Past) -> Turn {
    Turn { entries: Vec::new(), deed: deed(&past.phase, &past.fenced) }
}
