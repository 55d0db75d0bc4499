//! What a run does next: the state machine, as pure functions over what the journal says and what was
//! seen. No file, no process, no clock and no chance in here; `root` drives it and `hands` act.
//!
//! A turn is: entries that must be on the disk first, then one deed. What the deed saw leads to the
//! next turn. Every deed may be done twice, so that a crash between two turns only repeats one.
//! Drawn in `docs/states/run.dot`; a test compares the drawing with `step`.

pub mod entry;
pub mod recovery;
pub mod simulation;
pub mod status;
pub mod transaction;
pub mod transitions;
pub mod units;

use crate::halves::as_json;
use entry::{Entry, Past, TxnEnd};
use model::outcome::{BlockReason, RunEnd, StuckReason};
use model::run::{RunState, WaitingOn};
use serde::{Deserialize, Serialize};
use transitions::step;

/// Repairs of one run at most; then a person looks.
pub const REPAIRS_MAX: u32 = 2;
/// Times that a run may start over after an interruption before anything was done.
pub const ATTEMPTS_MAX: u32 = 3;

/// Where a run stands, finer than `RunState`: one phase for each deed. Written to the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    Assigned,
    Preflight,
    Staging,
    Claiming,
    Applying(Applying),
    Repairing {
        /// From 1.
        tries: u32,
    },
    Verifying,
    /// Fences are undone because the permit ran out or the agent was interrupted; then it starts over.
    Returning,
    /// How the run ends is decided; fences are undone first.
    Unfencing(Ending),
    /// The outcome is signed and laid into the outbox.
    Concluding(Ending),
    Over(Ending),
}

/// The parts of APPLYING. Nothing has been done to the packages before `Committed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Applying {
    Baselining,
    Fencing,
    Committed,
    Running,
}

/// A run's end inside the journal's compact encoding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending(#[serde(with = "as_json")] pub RunEnd);

/// What a deed saw. `hands` observe; they draw no conclusions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// The order is still the one that was verified, and the installed set is the plan's.
    Fits,
    Blocked(BlockReason),
    /// The host can take the change.
    Ready,
    Staged,
    NotStaged {
        file: String,
        text: String,
    },
    Granted {
        permit_seq: u64,
    },
    Waiting(WaitingOn),
    Cancelled {
        by: String,
    },
    /// What ran before, and the other updaters that this host has.
    Baselined {
        updaters: Vec<String>,
    },
    /// The permit's time ran out before the point of no return.
    PermitLapsed,
    Fenced {
        boot_id: String,
    },
    Started {
        unit: String,
    },
    NotStarted {
        text: String,
    },
    RunnerEnded(TxnEnd),
    /// The runner is gone and left no word.
    RunnerVanished,
    Verified {
        installed: model::Digest,
        torn: Vec<String>,
        units_lost: Vec<String>,
    },
    Unfenced,
    Concluded,
    /// The order's time is over.
    OutOfTime,
}

/// The one thing to do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    CheckOrder,
    CheckHost,
    Stage,
    Claim,
    Baseline,
    Fence { units: Vec<String> },
    StartRunner,
    AwaitRunner,
    Repair { tries: u32 },
    Verify,
    Unfence { units: Vec<String> },
    Conclude { end: RunEnd },
    Rest,
}

/// Entries to be on the disk, then the deed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    pub entries: Vec<Entry>,
    pub deed: Deed,
}

impl Phase {
    /// Returns the state as people and the server know it.
    pub fn state(&self) -> RunState {
        match self {
            Self::Assigned | Self::Returning => RunState::Assigned,
            Self::Preflight => RunState::Preflight,
            Self::Staging => RunState::Staging,
            Self::Claiming => RunState::Claiming,
            Self::Applying(_) => RunState::Applying,
            Self::Repairing { .. } => RunState::Repairing,
            Self::Verifying => RunState::Verifying,
            Self::Unfencing(end) | Self::Concluding(end) | Self::Over(end) => {
                RunState::Ended { end: end.0.clone() }
            }
        }
    }

    /// Returns the phase's name in `docs/states/run.dot` and in messages.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Assigned => "assigned",
            Self::Preflight => "preflight",
            Self::Staging => "staging",
            Self::Claiming => "claiming",
            Self::Applying(Applying::Baselining) => "baselining",
            Self::Applying(Applying::Fencing) => "fencing",
            Self::Applying(Applying::Committed) => "committed",
            Self::Applying(Applying::Running) => "running",
            Self::Repairing { .. } => "repairing",
            Self::Verifying => "verifying",
            Self::Returning => "returning",
            Self::Unfencing(_) => "unfencing",
            Self::Concluding(_) => "concluding",
            Self::Over(_) => "over",
        }
    }

    /// Returns whether nothing has been done to the packages yet, so that stopping is free.
    pub fn is_cold(&self) -> bool {
        match self {
            Self::Assigned
            | Self::Preflight
            | Self::Staging
            | Self::Claiming
            | Self::Returning
            | Self::Applying(Applying::Baselining | Applying::Fencing) => true,
            Self::Applying(Applying::Committed | Applying::Running)
            | Self::Repairing { .. }
            | Self::Verifying
            | Self::Unfencing(_)
            | Self::Concluding(_)
            | Self::Over(_) => false,
        }
    }

    /// Returns whether the phase waits for something outside, so that the order's time can run out.
    fn can_run_out_of_time(&self) -> bool {
        matches!(self, Self::Assigned | Self::Preflight | Self::Staging | Self::Claiming)
    }
}

impl Seen {
    /// Returns the word on the edge in `docs/states/run.dot`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Fits => "fits",
            Self::Blocked(_) => "blocked",
            Self::Ready => "ready",
            Self::Staged => "staged",
            Self::NotStaged { .. } => "not staged",
            Self::Granted { .. } => "granted",
            Self::Waiting(_) => "waiting",
            Self::Cancelled { .. } => "cancelled",
            Self::Baselined { .. } => "baselined",
            Self::PermitLapsed => "permit lapsed",
            Self::Fenced { .. } => "fenced",
            Self::Started { .. } => "started",
            Self::NotStarted { .. } => "not started",
            Self::RunnerEnded(_) => "runner ended",
            Self::RunnerVanished => "runner vanished",
            Self::Verified { .. } => "verified",
            Self::Unfenced => "unfenced",
            Self::Concluded => "concluded",
            Self::OutOfTime => "out of time",
        }
    }
}

/// Returns what to do after `seen`. The order's time is looked at here: a cold run whose time is over
/// ends, whatever else was seen, unless that already ended it.
pub fn next(past: &Past, seen: Seen, now: i64) -> Turn {
    let late = now > past.opened.start_by && past.phase.can_run_out_of_time();
    let has_ended =
        matches!(seen, Seen::Blocked(_) | Seen::Cancelled { .. } | Seen::NotStaged { .. });
    let seen = if late && !has_ended { Seen::OutOfTime } else { seen };
    let phase = step(past, &seen).unwrap_or_else(|reason| stuck(past, reason));
    let mut entries = facts(&seen, now);
    let mut fenced = past.fenced.clone();
    for entry in &entries {
        entry::apply_fences(&mut fenced, entry);
    }
    if phase != past.phase {
        entries.extend(intents(&phase, &seen, now));
        for entry in &entries {
            entry::apply_fences(&mut fenced, entry);
        }
        entries.push(Entry::State { phase: phase.clone(), at: now });
    }
    Turn { entries, deed: deed(&phase, &fenced) }
}

/// Returns the deed of a phase: the only thing that may be done in it.
pub fn deed(phase: &Phase, fenced: &[String]) -> Deed {
    match phase {
        Phase::Assigned => Deed::CheckOrder,
        Phase::Preflight => Deed::CheckHost,
        Phase::Staging => Deed::Stage,
        Phase::Claiming => Deed::Claim,
        Phase::Applying(Applying::Baselining) => Deed::Baseline,
        Phase::Applying(Applying::Fencing) => Deed::Fence { units: fenced.to_vec() },
        Phase::Applying(Applying::Committed) => Deed::StartRunner,
        Phase::Applying(Applying::Running) => Deed::AwaitRunner,
        Phase::Repairing { tries } => Deed::Repair { tries: *tries },
        Phase::Verifying => Deed::Verify,
        Phase::Returning | Phase::Unfencing(_) => Deed::Unfence { units: fenced.to_vec() },
        Phase::Concluding(Ending(end)) => Deed::Conclude { end: end.clone() },
        Phase::Over(_) => Deed::Rest,
    }
}

/// What goes on from an illegal transition: the run ends as stuck. An end that is already decided
/// stands: an outcome is written once.
fn stuck(past: &Past, reason: StuckReason) -> Phase {
    match &past.phase {
        Phase::Unfencing(_) | Phase::Concluding(_) | Phase::Over(_) => past.phase.clone(),
        Phase::Assigned
        | Phase::Preflight
        | Phase::Staging
        | Phase::Claiming
        | Phase::Applying(_)
        | Phase::Repairing { .. }
        | Phase::Verifying
        | Phase::Returning => Phase::Unfencing(Ending(RunEnd::Stuck { reason })),
    }
}

/// Returns the error of a transition that cannot happen; stops tests, never an agent.
fn illegal(from: &Phase, on: &Seen) -> StuckReason {
    debug_assert!(tolerates_illegal(), "illegal transition from {} on {}", from.word(), on.word());
    StuckReason::Illegal { from: from.word().to_owned(), on: on.word().to_owned() }
}

/// The test that walks every pair must not stop at the illegal ones.
#[cfg(test)]
fn tolerates_illegal() -> bool {
    tests::walks_every_pair()
}

#[cfg(not(test))]
fn tolerates_illegal() -> bool {
    false
}

/// Facts that the journal keeps of what was seen.
fn facts(seen: &Seen, now: i64) -> Vec<Entry> {
    match seen {
        Seen::Granted { permit_seq } => vec![Entry::Permit { seq: *permit_seq, at: now }],
        Seen::Started { unit } => vec![Entry::RunnerStarted { unit: unit.clone(), at: now }],
        Seen::RunnerEnded(end) => vec![Entry::RunnerEnded { end: end.clone(), at: now }],
        Seen::Unfenced => vec![Entry::Unfenced],
        Seen::Concluded => vec![Entry::OutcomeSent { at: now }],
        Seen::Fits
        | Seen::Blocked(_)
        | Seen::Ready
        | Seen::Staged
        | Seen::NotStaged { .. }
        | Seen::Waiting(_)
        | Seen::Cancelled { .. }
        | Seen::Baselined { .. }
        | Seen::PermitLapsed
        | Seen::Fenced { .. }
        | Seen::NotStarted { .. }
        | Seen::RunnerVanished
        | Seen::Verified { .. }
        | Seen::OutOfTime => Vec::new(),
    }
}

/// Intents that must be on the disk before the deed of `phase`.
fn intents(phase: &Phase, seen: &Seen, now: i64) -> Vec<Entry> {
    match (phase, seen) {
        (Phase::Applying(Applying::Fencing), Seen::Baselined { updaters }) => {
            vec![Entry::Fenced { units: updaters.clone() }]
        }
        (Phase::Applying(Applying::Committed), Seen::Fenced { boot_id }) => {
            vec![Entry::CommitIntent { boot_id: boot_id.clone(), at: now }]
        }
        (Phase::Repairing { tries }, _) => vec![Entry::RepairTry { tries: *tries, at: now }],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
