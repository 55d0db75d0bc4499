//! What a run's journal says: its entries, and what they amount to.
//!
//! The byte form is `len | crc32c | postcard`, see `hands::journal`; here is only the meaning.

use super::{Ending, Phase};
use crate::halves::as_json;
use model::order::Verb;
use model::outcome::{BlockReason, RunEnd, StuckReason};
use model::{ChangeId, Digest, HostId, OrderId, RunId};
use serde::{Deserialize, Serialize};

/// One record. New variants are only ever added at the end: the position is the wire form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Entry {
    /// The first record: which order, by what it is verified, and where it leads.
    Opened(Opened),
    State {
        phase: Phase,
        at: i64,
    },
    Permit {
        seq: u64,
        at: i64,
    },
    /// These units are about to be masked. Undone at the end and at agent start.
    Fenced {
        units: Vec<String>,
    },
    Unfenced,
    /// The point of no return.
    CommitIntent {
        boot_id: String,
        at: i64,
    },
    RunnerStarted {
        unit: String,
        at: i64,
    },
    RunnerEnded {
        end: TxnEnd,
        at: i64,
    },
    RepairTry {
        tries: u32,
        at: i64,
    },
    /// Interrupted while nothing was done; started over.
    Again {
        at: i64,
    },
    OutcomeSent {
        at: i64,
    },
}

/// What is fixed when a run begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    pub run: RunId,
    pub order: OrderId,
    pub host: HostId,
    pub rollout: ChangeId,
    pub generation: u64,
    pub verb: Verb,
    /// Digest of the host's part of the plan, which lies beside the journal.
    pub entry: Digest,
    pub installed_before: Digest,
    pub installed_after: Digest,
    pub not_before: i64,
    /// Nothing starts after it: the order's end, or its window's.
    pub start_by: i64,
    pub at: i64,
}

/// The runner's last word, as it stood in its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TxnEnd {
    /// Why nothing was done, where nothing was done.
    pub refused: Option<TxnRefusal>,
    /// The package manager's exit code; never decided on.
    pub exit_code: Option<i32>,
    /// The installed set afterwards.
    pub installed: Digest,
    /// Packages that are neither installed nor absent, or that `dpkg --audit` names.
    pub torn: Vec<String>,
    /// Packages of the plan, and torn ones, that are not as planned.
    pub not_as_planned: Vec<String>,
}

/// Why the runner did nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TxnRefusal {
    Blocked(#[serde(with = "as_json")] BlockReason),
    LockNotReleased,
}

/// What the journal amounts to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    pub opened: Opened,
    pub phase: Phase,
    /// When the phase began.
    pub since: i64,
    /// From 1; one more for each start over.
    pub attempt: u32,
    /// Units that are masked now, or were about to be.
    pub fenced: Vec<String>,
    /// Set once the point of no return is passed: the boot it happened in.
    pub committed_in: Option<String>,
    pub runner_unit: Option<String>,
    pub runner_end: Option<TxnEnd>,
    pub outcome_sent: bool,
}

impl Past {
    /// Returns the past of a run of which only the opening is known.
    pub fn new(opened: Opened) -> Self {
        let since = opened.at;
        Self {
            opened,
            phase: Phase::Assigned,
            since,
            attempt: 1,
            fenced: Vec::new(),
            committed_in: None,
            runner_unit: None,
            runner_end: None,
            outcome_sent: false,
        }
    }

    /// Folds entries into what they amount to.
    ///
    /// # Errors
    /// The first entry is no opening, or a second one is.
    pub fn of(entries: &[Entry]) -> Result<Self, StuckReason> {
        let journal = |text: &str| StuckReason::Journal { text: text.to_owned() };
        let Some((Entry::Opened(opened), rest)) = entries.split_first() else {
            return Err(journal("it does not begin with an opening"));
        };
        let mut past = Self::new(opened.clone());
        for entry in rest {
            past.apply(entry)?;
        }
        Ok(past)
    }

    /// Takes one more entry in.
    ///
    /// # Errors
    /// It is an opening: a journal has one.
    pub fn apply(&mut self, entry: &Entry) -> Result<(), StuckReason> {
        apply_fences(&mut self.fenced, entry);
        match entry {
            Entry::Opened(_) => {
                return Err(StuckReason::Journal { text: "it has two openings".to_owned() });
            }
            Entry::State { phase, at } => {
                self.phase = phase.clone();
                self.since = *at;
            }
            Entry::Permit { .. } | Entry::Fenced { .. } | Entry::Unfenced => {}
            Entry::CommitIntent { boot_id, .. } => self.committed_in = Some(boot_id.clone()),
            Entry::RunnerStarted { unit, .. } => self.runner_unit = Some(unit.clone()),
            Entry::RunnerEnded { end, .. } => self.runner_end = Some(end.clone()),
            Entry::RepairTry { .. } => self.runner_end = None,
            Entry::Again { at } => {
                self.attempt += 1;
                self.phase =
                    if self.fenced.is_empty() { Phase::Assigned } else { Phase::Returning };
                self.since = *at;
            }
            Entry::OutcomeSent { .. } => self.outcome_sent = true,
        }
        Ok(())
    }

    /// Returns which try of the runner the phase is about: 0 is the transaction, from 1 repairs.
    pub fn tries(&self) -> u32 {
        if let Phase::Repairing { tries } = self.phase { tries } else { 0 }
    }

    /// Returns the end of a run that has one.
    pub fn end(&self) -> Option<&RunEnd> {
        match &self.phase {
            Phase::Unfencing(Ending(end))
            | Phase::Concluding(Ending(end))
            | Phase::Over(Ending(end)) => Some(end),
            Phase::Assigned
            | Phase::Preflight
            | Phase::Staging
            | Phase::Claiming
            | Phase::Applying(_)
            | Phase::Repairing { .. }
            | Phase::Verifying
            | Phase::Returning => None,
        }
    }
}

/// Keeps the list of masked units up to date with one entry.
pub(super) fn apply_fences(fenced: &mut Vec<String>, entry: &Entry) {
    match entry {
        Entry::Fenced { units } => fenced.clone_from(units),
        Entry::Unfenced => fenced.clear(),
        Entry::Opened(_)
        | Entry::State { .. }
        | Entry::Permit { .. }
        | Entry::CommitIntent { .. }
        | Entry::RunnerStarted { .. }
        | Entry::RunnerEnded { .. }
        | Entry::RepairTry { .. }
        | Entry::Again { .. }
        | Entry::OutcomeSent { .. } => {}
    }
}
