//! The deeds before the point of no return: stopping after any of them costs nothing.

use super::Active;
use crate::clock;
use crate::failure::say;
use crate::hands::runner::{put_json, read_json};
use crate::hands::{packages, space, staging, units};
use crate::root::board::{Fetch, Permit};
use crate::root::inbox;
use crate::run::Seen;
use crate::run::transaction::check_words;
use model::order::Verb;
use model::outcome::{BlockReason, Refusal};
use model::package::{Artifact, PackageSet};
use model::plan::PlanHost;
use model::run::{PermitAnswer, PermitClaim, WaitingOn};
use std::io;
use std::time::Duration;
use trust::order::StartGate;

/// Attempts at one file; the network half waits between its own.
const FETCH_TRIES: u32 = 5;
/// Between two attempts at one file, times the number of attempts so far.
const FETCH_PAUSE: Duration = Duration::from_secs(2);
/// Between two looks while waiting.
const POLL: Duration = Duration::from_secs(2);
/// Seconds without an answer to a claim until "waiting for: server" is said.
const ANSWER_SECS: u64 = 10;
/// Seconds that a permit holds at most, from its claim; servers give a minute.
const PERMIT_SECS_MAX: u32 = 300;
/// Between two claims while the server says "not yet".
const CLAIM_PAUSE: Duration = Duration::from_secs(3);

impl Active<'_> {
    /// ASSIGNED: the order still holds, and the host is what the plan began with.
    pub(super) fn check_order(&mut self) -> Seen {
        let reason = match self.order_fits() {
            Ok(Ok(())) => return Seen::Fits,
            Ok(Err(reason)) => reason,
            Err(error) => {
                let text = format!("could not look at the host: {error}");
                BlockReason::BadPlan { text }
            }
        };
        Seen::Blocked(reason)
    }

    fn order_fits(&mut self) -> io::Result<Result<(), BlockReason>> {
        let verified = match inbox::verify_again(self.means.home, &self.folder)? {
            Ok(verified) => verified,
            Err(refusal) => return Ok(Err(not_any_more(&refusal))),
        };
        if verified.entry != self.plan {
            let text = "the kept plan is not the one that was signed".to_owned();
            return Ok(Err(BlockReason::BadPlan { text }));
        }
        let verb = verified.order.verb;
        self.verified = Some(verified);
        if let Err(reason) = check_words(&self.plan) {
            return Ok(Err(reason));
        }
        if verb == Verb::Rollback
            && let Err(reason) = self.is_recorded()
        {
            return Ok(Err(reason));
        }
        let installed = packages::installed()?;
        let (expected, found) = (self.plan.installed_before, installed.installed_digest());
        if expected != found {
            return Ok(Err(BlockReason::Drift { expected, found }));
        }
        put_json(&self.folder.0.join("before.json"), &installed)?;
        Ok(Ok(()))
    }

    /// Only versions that an earlier run here recorded can be put back: with them, nobody can talk a
    /// host into an old hole that it never had.
    fn is_recorded(&self) -> Result<(), BlockReason> {
        let earlier: Vec<(PlanHost, PackageSet)> = self
            .means
            .home
            .all_runs()
            .into_iter()
            .filter(|folder| folder.0 != self.folder.0)
            // A run that found another set than its plan's has no record: its plan proves nothing.
            .filter_map(|folder| {
                let recorded = read_json(&folder.0.join("before.json")).ok()?;
                Some((folder.read_plan().ok()?, recorded))
            })
            .collect();
        for step in &self.plan.steps {
            let was_here = earlier.iter().any(|(plan, recorded)| {
                plan.steps.iter().any(|old| {
                    (&old.name, &old.arch, &old.from) == (&step.name, &step.arch, &step.to)
                        && old.back.as_ref().is_some_and(|b| b.sha256 == step.artifact.sha256)
                }) && recorded
                    .packages
                    .iter()
                    .any(|p| (&p.name, &p.arch, &p.version) == (&step.name, &step.arch, &step.to))
            });
            if !was_here {
                let (package, version) = (step.name.clone(), step.to.clone());
                return Err(BlockReason::NotRecorded { package, version });
            }
        }
        Ok(())
    }

    /// PREFLIGHT: can this host take the change?
    pub(super) fn check_host(&mut self) -> Seen {
        match self.host_blocks() {
            Ok(None) => Seen::Ready,
            Ok(Some(reason)) => Seen::Blocked(reason),
            Err(error) => {
                let text = format!("could not look at the host: {error}");
                Seen::Blocked(BlockReason::BadPlan { text })
            }
        }
    }

    fn host_blocks(&self) -> io::Result<Option<BlockReason>> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Some(BlockReason::Unprivileged));
        }
        let set: PackageSet = read_json(&self.folder.0.join("before.json"))?;
        let is_planned = |name: &str| self.plan.steps.iter().any(|step| step.name == name);
        let mut torn = packages::torn(&set)?;
        if self.past.opened.verb == Verb::Rollback {
            // The way back is how a torn package is mended.
            torn.retain(|name| !is_planned(name));
        } else if packages::has_interrupted_dpkg() && torn.is_empty() {
            torn.push("(an interrupted dpkg)".to_owned());
        }
        if !torn.is_empty() {
            return Ok(Some(BlockReason::TornDatabase { packages: torn }));
        }
        let is_held = |step: &&model::plan::Step| {
            set.packages.iter().any(|p| p.name == step.name && p.arch == step.arch && p.is_held())
        };
        let held: Vec<String> =
            self.plan.steps.iter().filter(is_held).map(|s| s.name.clone()).collect();
        if !held.is_empty() {
            return Ok(Some(BlockReason::Held { packages: held }));
        }
        let cache = self.means.home.cache();
        let missing_bytes = staging::wanted(&self.plan)
            .iter()
            .filter(|artifact| !staging::holds(&cache, artifact))
            .map(|artifact| artifact.size_bytes)
            .sum();
        space::check(&self.plan, &cache, missing_bytes)
    }

    /// STAGING: the files of the way back first, then the new ones.
    pub(super) fn stage(&mut self) -> Seen {
        let cache = self.means.home.cache();
        let wanted = staging::wanted(&self.plan);
        let total = wanted.iter().map(|artifact| artifact.size_bytes).sum();
        let mut done = 0;
        for artifact in &wanted {
            let name = self.file_of(artifact);
            match self.fetch(artifact, &name, (done, total)) {
                Ok(true) => {}
                Ok(false) => return Seen::OutOfTime,
                Err(text) => return Seen::NotStaged { file: name, text },
            }
            done += artifact.size_bytes;
        }
        self.tell(done, total, "", None);
        match staging::lay_out(&cache, &self.folder.0, &self.plan) {
            Ok(()) => Seen::Staged,
            Err(error) => Seen::NotStaged { file: "files".to_owned(), text: error.to_string() },
        }
    }

    /// Fetches one file. `Ok(false)`: the order's time is over.
    fn fetch(
        &mut self,
        artifact: &Artifact,
        name: &str,
        (done, total): (u64, u64),
    ) -> Result<bool, String> {
        let (cache, board) = (self.means.home.cache(), self.means.board);
        let mut tries = 0;
        while !staging::holds(&cache, artifact) {
            board.want(artifact);
            // After a failure, what is waited for stays said.
            let note = format!("fetching {name}");
            if tries == 0 {
                self.tell(done, total, &note, None);
            }
            while let Some(Fetch::Wanted { .. }) = board.fetch(artifact.sha256, POLL) {
                if clock::now() > self.past.opened.start_by {
                    return Ok(false);
                }
                if tries == 0 {
                    self.tell(done, total, &note, None);
                }
            }
            if let Some(Fetch::Failed { text }) = board.fetch(artifact.sha256, Duration::ZERO) {
                tries += 1;
                if tries >= FETCH_TRIES {
                    return Err(text);
                }
                let waiting_on = WaitingOn::Vault { file: name.to_owned() };
                self.tell(done, total, &text, Some(waiting_on));
                clock::wait(FETCH_PAUSE * tries);
            }
        }
        Ok(true)
    }

    fn file_of(&self, artifact: &Artifact) -> String {
        let of = |step: &model::plan::Step| {
            if step.artifact.sha256 == artifact.sha256 {
                Some(format!("{} {}", step.name, step.to))
            } else if step.back.as_ref().is_some_and(|back| back.sha256 == artifact.sha256) {
                Some(format!("{} {} (way back)", step.name, step.from))
            } else {
                None
            }
        };
        self.plan.steps.iter().find_map(of).unwrap_or_default()
    }

    /// CLAIMING: the signed times first, then the server's leave. No answer means: not now.
    pub(super) fn claim(&mut self) -> Seen {
        if let Some(seen) = self.gate() {
            return seen;
        }
        let opened = &self.past.opened;
        let claim =
            PermitClaim { run: opened.run, order: opened.order, attempt: self.past.attempt };
        self.means.board.claim(&claim);
        let asked_at = clock::monotonic_secs();
        loop {
            if let Some(permit) = self.means.board.take_permit(POLL) {
                return self.permitted(permit);
            }
            if clock::now() > self.past.opened.start_by {
                return Seen::OutOfTime;
            }
            if clock::monotonic_secs().saturating_sub(asked_at) >= ANSWER_SECS {
                self.tell(0, 0, "", Some(WaitingOn::Server));
            }
        }
    }

    fn permitted(&mut self, permit: Permit) -> Seen {
        match permit.answer {
            PermitAnswer::Granted { permit_seq, valid_secs } => {
                self.permit_until = Some(permit_until(permit.claimed_at, valid_secs));
                self.may_act().unwrap_or(Seen::Granted { permit_seq })
            }
            PermitAnswer::Waiting { waiting_on } => {
                self.tell(0, 0, "", Some(waiting_on.clone()));
                clock::wait(CLAIM_PAUSE);
                Seen::Waiting(waiting_on)
            }
            PermitAnswer::Cancelled { by } => Seen::Cancelled { by },
        }
    }

    /// The last look before acting. A server can let a claim lie for days: meanwhile the host's window
    /// may have closed, its limits may have become stricter, and a key may have been revoked.
    fn may_act(&mut self) -> Option<Seen> {
        if let Some(seen) = self.gate() {
            return Some(seen);
        }
        let home = self.means.home;
        let again =
            inbox::note_statements(home).and_then(|()| inbox::verify_again(home, &self.folder));
        let reason = match again {
            Ok(Ok(_)) => return None,
            Ok(Err(refusal)) => not_any_more(&refusal),
            Err(error) => {
                let text = format!("could not look at the order again: {error}");
                BlockReason::BadPlan { text }
            }
        };
        Some(Seen::Blocked(reason))
    }

    /// The times that people signed and the host's own windows. A server can delay, never hurry.
    fn gate(&mut self) -> Option<Seen> {
        let Some(verified) = &self.verified else {
            // Not verified in this process: cold runs always start over, so this is never claimed.
            return Some(Seen::OutOfTime);
        };
        let gate = match self.means.home.ceilings() {
            Ok(ceilings) => trust::order::may_start(verified, &ceilings, clock::now()),
            Err(text) => {
                say(&format!("could not understand the host's limits, so nothing starts: {text}"));
                let until = self.past.opened.start_by;
                StartGate::Waiting(WaitingOn::Window { opens_at: until }, Refusal::TooEarly)
            }
        };
        match gate {
            StartGate::Open => None,
            StartGate::Closed(_) => Some(Seen::OutOfTime),
            StartGate::Waiting(waiting_on, _) => {
                self.tell(0, 0, "", Some(waiting_on.clone()));
                clock::wait(POLL);
                Some(Seen::Waiting(waiting_on))
            }
        }
    }

    pub(super) fn has_lapsed(&self) -> bool {
        self.permit_until.is_none_or(|until| clock::monotonic_secs() >= until)
    }

    /// What is active before, for comparing afterwards.
    pub(super) fn baseline(&mut self) -> Seen {
        if self.has_lapsed() {
            return Seen::PermitLapsed;
        }
        let looked = units::active().and_then(|active| {
            put_json(&self.folder.0.join("units.json"), &active)?;
            put_json(&self.folder.0.join("updaters.json"), &units::active_updaters()?)?;
            units::updaters()
        });
        match looked {
            Ok(updaters) => Seen::Baselined { updaters },
            Err(error) => Seen::NotStarted { text: error.to_string() },
        }
    }

    /// Keeps other updaters away; the last look at the permit before the point of no return.
    pub(super) fn fence(&mut self, fenced: &[String]) -> Seen {
        if let Err(error) = units::fence(fenced) {
            return Seen::NotStarted { text: error.to_string() };
        }
        if self.has_lapsed() {
            return Seen::PermitLapsed;
        }
        Seen::Fenced { boot_id: boot_id() }
    }

    pub(super) fn unfence(&mut self, fenced: &[String]) -> Seen {
        if let Err(error) = units::unfence(fenced) {
            // A runtime mask ends with the next boot at the latest; it must not hide the outcome.
            say(&format!("could not unmask {}: {error}", fenced.join(", ")));
        }
        let stopped: Vec<String> =
            read_json(&self.folder.0.join("updaters.json")).unwrap_or_default();
        if !fenced.is_empty()
            && let Err(error) = units::start_again(&stopped)
        {
            say(&format!("could not start {} again: {error}", stopped.join(", ")));
        }
        Seen::Unfenced
    }
}

/// Returns until when a permit holds. What the server says is capped: a permit that holds for years
/// would be one for any time.
fn permit_until(claimed_at: u64, valid_secs: u32) -> u64 {
    claimed_at.saturating_add(valid_secs.min(PERMIT_SECS_MAX).into())
}

/// The order was good and is not any more.
fn not_any_more(refusal: &Refusal) -> BlockReason {
    BlockReason::BadPlan { text: format!("the order does not hold any more: {refusal}") }
}

/// Recorded in the journal for people; nothing is decided on it.
fn boot_id() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .map_or_else(|_| "unknown".to_owned(), |text| text.trim().to_owned())
}

#[cfg(test)]
mod tests;
