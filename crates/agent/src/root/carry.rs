//! Carries one run out: asks `run` what to do, writes the intent, does it, tells what it saw. All
//! decisions are in `run`; this loop and the deeds below it only act and observe.

mod cold;
mod hot;

use crate::clock;
use crate::failure::say;
use crate::hands::journal::{Journal, JournalError};
use crate::hands::runner::{self, Folder};
use crate::root::board::Board;
use crate::root::conclude;
use crate::root::home::Home;
use crate::run::entry::{Entry, Past};
use crate::run::recovery::{RunnerSeen, resume};
use crate::run::{self, Deed, Phase, Seen, Turn};
use model::outcome::StuckReason;
use model::plan::PlanHost;
use model::run::{Progress, WaitingOn};
use std::io;
use std::time::Duration;
use trust::order::VerifiedOrder;

/// Between two attempts at something that the disk refused.
const DISK_RETRY: Duration = Duration::from_secs(5);

/// What a run is carried out with.
#[derive(Debug, Clone, Copy)]
pub struct Means<'a> {
    pub home: &'a Home,
    pub board: &'a Board,
}

/// One run at work.
#[derive(Debug)]
pub struct Active<'a> {
    means: Means<'a>,
    folder: Folder,
    journal: Journal,
    past: Past,
    plan: PlanHost,
    /// Verified in this process; only cold phases need it.
    verified: Option<VerifiedOrder>,
    /// Until when the permit holds, on the forward-only clock.
    permit_until: Option<u64>,
    told: Told,
}

/// What was told last, so that only news are sent.
#[derive(Debug, Default)]
struct Told {
    seq: u64,
    what: Option<Progress>,
    /// On the forward-only clock.
    at_secs: u64,
}

/// Carries the run in `folder` to its end, from wherever its journal says it is.
///
/// # Errors
/// The run's files cannot be read. A damaged journal is no error: the run ends as stuck.
pub fn carry(means: Means<'_>, folder: &Folder) -> io::Result<()> {
    let (journal, entries) = match Journal::open(&folder.journal()) {
        Ok(opened) => opened,
        Err(JournalError::Damaged { at }) => {
            let text = format!("byte {at} does not read back and records follow");
            return conclude::damaged(means.home, folder, StuckReason::Journal { text });
        }
        Err(error @ JournalError::Io { .. }) => return Err(io::Error::other(error)),
    };
    let past = match Past::of(&entries) {
        Ok(past) => past,
        Err(reason) => return conclude::damaged(means.home, folder, reason),
    };
    if matches!(past.phase, Phase::Over(_)) {
        return Ok(());
    }
    let plan = folder.read_plan()?;
    let begun_at = u64::try_from(clock::now()).unwrap_or_default();
    // Higher than anything an earlier process of this run sent.
    let told = Told { seq: begun_at.saturating_mul(1_000), what: None, at_secs: 0 };
    let is_new = entries.len() == 1;
    let mut active = Active {
        means,
        folder: folder.clone(),
        journal,
        past,
        plan,
        verified: None,
        permit_until: None,
        told,
    };
    let first = if is_new { active.begin() } else { active.recover() };
    active.turns(first);
    means.board.forget_run();
    Ok(())
}

impl Active<'_> {
    fn begin(&self) -> Turn {
        let phase = Phase::Assigned;
        let deed = run::deed(&phase, &[]);
        Turn { entries: vec![Entry::State { phase, at: clock::now() }], deed }
    }

    fn recover(&self) -> Turn {
        let tries = self.past.tries();
        let unit = runner::unit(self.past.opened.run, tries);
        let seen = if self.past.phase.is_cold() {
            RunnerSeen::NeverBegan
        } else {
            self.folder.look(tries, &unit)
        };
        say(&format!("{}: found in {}, going on", self.past.opened.run, self.past.phase.word()));
        resume(&self.past, &seen, clock::now())
    }

    fn turns(&mut self, first: Turn) {
        let mut turn = first;
        loop {
            for entry in &turn.entries {
                self.write(entry);
            }
            if turn.deed == Deed::Rest {
                return;
            }
            self.tell(0, 0, "", None);
            let seen = self.perform(&turn.deed);
            turn = run::next(&self.past, seen, clock::now());
        }
    }

    /// Writes an entry. While the disk refuses, the run stands still: nothing is done unannounced.
    fn write(&mut self, entry: &Entry) {
        while let Err(error) = self.journal.write(entry) {
            say(&format!("{}: could not write the journal: {error}", self.past.opened.run));
            clock::wait(DISK_RETRY);
        }
        // The only entry that cannot be applied is a second opening, and no turn has one.
        drop(self.past.apply(entry));
    }

    fn perform(&mut self, deed: &Deed) -> Seen {
        match deed {
            Deed::CheckOrder => self.check_order(),
            Deed::CheckHost => self.check_host(),
            Deed::Stage => self.stage(),
            Deed::Claim => self.claim(),
            Deed::Baseline => self.baseline(),
            Deed::Fence { units } => self.fence(units),
            Deed::StartRunner => self.start_runner(),
            Deed::AwaitRunner => self.await_runner(0),
            Deed::Repair { tries } => self.repair(*tries),
            Deed::Verify => self.verify(),
            Deed::Unfence { units } => self.unfence(units),
            Deed::Conclude { end } => self.conclude(end),
            Deed::Rest => Seen::Concluded,
        }
    }

    fn conclude(&mut self, end: &model::outcome::RunEnd) -> Seen {
        loop {
            match conclude::conclude(self.means.home, &self.folder, &self.past, end) {
                Ok(id) => {
                    self.means.board.deliver(id);
                    return Seen::Concluded;
                }
                Err(error) => say(&format!("could not write the outcome: {error}")),
            }
            clock::wait(DISK_RETRY);
        }
    }

    /// Tells the server how far the run is, when there is something new to tell. Another state is told
    /// at once; how far it is within one, once a second: each telling costs a request and a commit there.
    fn tell(&mut self, done: u64, total: u64, note: &str, waiting_on: Option<WaitingOn>) {
        let opened = &self.past.opened;
        let mut progress = Progress {
            run: opened.run,
            order: opened.order,
            attempt: self.past.attempt,
            seq: self.told.seq,
            at: self.past.since,
            state: self.past.phase.state(),
            waiting_on,
            done,
            total,
            note: note.to_owned(),
        };
        // How it ended is the signed outcome's to say; a server refuses to hear it otherwise.
        if progress.state.is_over() {
            return;
        }
        let now_secs = clock::monotonic_secs();
        let is_step = self.told.what.as_ref().is_some_and(|told| {
            (&told.state, &told.waiting_on) == (&progress.state, &progress.waiting_on)
        });
        if self.told.what.as_ref() == Some(&progress) || (is_step && now_secs == self.told.at_secs)
        {
            return;
        }
        self.told.seq += 1;
        self.told.at_secs = now_secs;
        progress.seq = self.told.seq;
        self.told.what = Some(progress.clone());
        self.means.board.progress(Progress { at: clock::now(), ..progress });
    }
}
