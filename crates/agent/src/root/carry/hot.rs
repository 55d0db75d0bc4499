//! The deeds from the point of no return on: the package manager works in a tree of its own, and this
//! half only looks at what it leaves.

use super::Active;
use crate::clock;
use crate::hands::runner::{self, Task, read_json};
use crate::hands::{packages, process, staging, units};
use crate::run::Seen;
use crate::run::recovery::RunnerSeen;
use model::run::WaitingOn;
use rustix::fs::{Mode, OFlags};
use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::time::Duration;

/// Between two looks at the runner: three system calls each, and the end is seen at once.
const POLL: Duration = Duration::from_millis(100);
/// Between two looks at the host that may end a wait.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// Seconds from a runner's start to its first sign.
const BEGIN_SECS: u64 = 60;
/// Seconds that units get to settle before one counts as lost.
const SETTLE_SECS: u64 = 15;
/// Seconds that the package manager's lock is waited for at most.
const LOCK_SECS: i64 = 3_600;

impl Active<'_> {
    /// APPLYING: hands the frozen transaction to the runner.
    pub(super) fn start_runner(&mut self) -> Seen {
        let unit = runner::unit(self.past.opened.run, 0);
        match self.start(0, &unit) {
            Ok(()) => Seen::Started { unit },
            // The answer may be lost and the runner there nevertheless.
            Err(error) => match self.folder.look(0, &unit) {
                RunnerSeen::NeverBegan => Seen::NotStarted { text: error.to_string() },
                RunnerSeen::Active | RunnerSeen::Ended(_) | RunnerSeen::Vanished => {
                    Seen::Started { unit }
                }
            },
        }
    }

    fn start(&self, tries: u32, unit: &str) -> io::Result<()> {
        let home = self.means.home;
        let opened = &self.past.opened;
        self.folder.write_task(&Task {
            tries,
            verb: opened.verb,
            lock_until: opened.start_by.min(clock::now().saturating_add(LOCK_SECS)),
            cache: home.cache(),
        })?;
        let program = staging::runner_copy(&process::own_program()?, &home.runner())?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::APPEND | OFlags::CLOEXEC;
        let log = rustix::fs::open(self.folder.log(), flags, Mode::from_raw_mode(0o600))?;
        units::start_runner(unit, &program, &self.folder.0, &File::from(log))
    }

    /// Waits for the runner, however long it takes, and shows how far it is.
    pub(super) fn await_runner(&mut self, tries: u32) -> Seen {
        let unit = runner::unit(self.past.opened.run, tries);
        let begun_at = clock::monotonic_secs();
        loop {
            match self.folder.look(tries, &unit) {
                RunnerSeen::Ended(end) => return Seen::RunnerEnded(end),
                RunnerSeen::Vanished => return Seen::RunnerVanished,
                RunnerSeen::NeverBegan
                    if clock::monotonic_secs().saturating_sub(begun_at) > BEGIN_SECS =>
                {
                    return Seen::RunnerVanished;
                }
                RunnerSeen::NeverBegan | RunnerSeen::Active => {}
            }
            let steps = u64::try_from(self.plan.steps.len()).unwrap_or_default();
            if self.folder.waiting().exists() {
                self.tell(0, steps, "", Some(WaitingOn::PackageManager));
            } else {
                let status = self.folder.read_status(steps);
                self.tell(status.done, steps, &status.note, None);
            }
            clock::wait(POLL);
        }
    }

    /// REPAIRING: `dpkg --configure -a`, then the same frozen transaction, by a runner as well.
    pub(super) fn repair(&mut self, tries: u32) -> Seen {
        let unit = runner::unit(self.past.opened.run, tries);
        if self.folder.look(tries, &unit) == RunnerSeen::NeverBegan
            && let Err(error) = self.start(tries, &unit)
        {
            return Seen::NotStarted { text: error.to_string() };
        }
        self.await_runner(tries)
    }

    /// VERIFYING: the package database, and what ran before.
    pub(super) fn verify(&mut self) -> Seen {
        loop {
            match self.observe() {
                Ok(seen) => return seen,
                // Unknown is no success and no failure: look again until it is known.
                Err(error) => self.tell(0, 0, &format!("could not look: {error}"), None),
            }
            clock::wait(LOOK_AGAIN * 10);
        }
    }

    fn observe(&mut self) -> io::Result<Seen> {
        let before: BTreeSet<String> = read_json(&self.folder.0.join("units.json"))?;
        let begun_at = clock::monotonic_secs();
        let units_lost = loop {
            let now = units::active()?;
            let lost: Vec<String> = before.difference(&now).cloned().collect();
            if lost.is_empty() || clock::monotonic_secs().saturating_sub(begun_at) >= SETTLE_SECS {
                break lost;
            }
            self.tell(0, 0, &format!("waiting for {} to settle", lost.join(", ")), None);
            clock::wait(LOOK_AGAIN);
        };
        let set = packages::installed()?;
        let torn = packages::torn(&set)?;
        Ok(Seen::Verified { installed: set.installed_digest(), torn, units_lost })
    }
}
