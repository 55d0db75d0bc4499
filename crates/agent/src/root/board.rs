//! Where the run and the network half meet: what the run wants, and what came back. Nothing here is
//! believed or remembered beyond the process.
//!
//! A job that was handed out and not answered is handed out again when the same connection asks for
//! work the next time, or when it closes.

use crate::clock;
use crate::halves::Job;
use model::Digest;
use model::package::Artifact;
use model::run::{PermitAnswer, PermitClaim, Progress};
use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Which connection a job was handed to.
pub type LinkId = u64;

/// One wanted file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetch {
    Wanted {
        artifact: Artifact,
        handed_to: Option<LinkId>,
    },
    /// It lies in the cache, hashed.
    Taken,
    Failed {
        text: String,
    },
}

/// A permit's answer, with the moment the claim was handed out, on the forward-only clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit {
    pub answer: PermitAnswer,
    pub claimed_at: u64,
}

#[derive(Debug, Default)]
struct Inner {
    fetches: BTreeMap<Digest, Fetch>,
    claim: Option<(PermitClaim, Option<(LinkId, u64)>)>,
    permit: Option<Permit>,
    progress: Option<Progress>,
    /// Waiting envelopes by the digest of their payload; the value says who has it.
    deliveries: BTreeMap<Digest, Option<LinkId>>,
    has_orders: bool,
}

/// Shared by the run's thread and the threads of the connections.
#[derive(Debug, Default)]
pub struct Board {
    inner: Mutex<Inner>,
    changed: Condvar,
}

impl Board {
    /// A thread that panicked while it held the lock left nothing half done: each change is one
    /// assignment.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Inner) -> T) -> T {
        let result = change(&mut self.lock());
        self.changed.notify_all();
        result
    }

    /// Waits while `is_open`, at most `span`. What changed before the wait began counts: a change that is
    /// missed would cost the whole span.
    fn wait_while(
        &self,
        span: Duration,
        is_open: impl Fn(&Inner) -> bool,
    ) -> MutexGuard<'_, Inner> {
        let open = |inner: &mut Inner| is_open(inner);
        let waited = self.changed.wait_timeout_while(self.lock(), span, open);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Asks for a file.
    pub fn want(&self, artifact: &Artifact) {
        let wanted = Fetch::Wanted { artifact: artifact.clone(), handed_to: None };
        self.change(|inner| inner.fetches.insert(artifact.sha256, wanted));
    }

    /// Returns the file that the run wants under this digest.
    pub fn wanted(&self, sha256: Digest) -> Option<Artifact> {
        match self.lock().fetches.get(&sha256) {
            Some(Fetch::Wanted { artifact, .. }) => Some(artifact.clone()),
            Some(Fetch::Taken | Fetch::Failed { .. }) | None => None,
        }
    }

    /// Notes how a fetch went. What nobody wants is not noted.
    pub fn fetched(&self, sha256: Digest, result: Result<(), String>) {
        self.change(|inner| {
            if let Some(fetch) = inner.fetches.get_mut(&sha256) {
                *fetch = match result {
                    Ok(()) => Fetch::Taken,
                    Err(text) => Fetch::Failed { text },
                };
            }
        });
    }

    /// Returns how the fetch of `sha256` stands, once it is over, or after `span`.
    pub fn fetch(&self, sha256: Digest, span: Duration) -> Option<Fetch> {
        let is_open =
            |inner: &Inner| matches!(inner.fetches.get(&sha256), Some(Fetch::Wanted { .. }));
        self.wait_while(span, is_open).fetches.get(&sha256).cloned()
    }

    /// Forgets everything that a run wanted.
    pub fn forget_run(&self) {
        self.change(|inner| {
            inner.fetches.clear();
            inner.claim = None;
            inner.permit = None;
        });
    }

    /// Asks for a permit.
    pub fn claim(&self, claim: &PermitClaim) {
        self.change(|inner| {
            inner.permit = None;
            inner.claim = Some((claim.clone(), None));
        });
    }

    /// Notes the server's word on the claim that is open; another claim's is dropped.
    pub fn permit(&self, claim: &PermitClaim, answer: PermitAnswer) {
        self.change(|inner| {
            if let Some((open, Some((_, claimed_at)))) = &inner.claim
                && open == claim
            {
                inner.permit = Some(Permit { answer, claimed_at: *claimed_at });
                inner.claim = None;
            }
        });
    }

    /// Takes the server's word, if it comes within `span`.
    pub fn take_permit(&self, span: Duration) -> Option<Permit> {
        self.wait_while(span, |inner| inner.permit.is_none()).permit.take()
    }

    /// Tells the server; only the newest progress is kept.
    pub fn progress(&self, progress: Progress) {
        self.change(|inner| inner.progress = Some(progress));
    }

    /// Wants an envelope of the outbox delivered.
    pub fn deliver(&self, id: Digest) {
        self.change(|inner| {
            inner.deliveries.entry(id).or_insert(None);
        });
    }

    pub fn delivered(&self, id: Digest) {
        self.change(|inner| inner.deliveries.remove(&id));
    }

    pub fn orders_came(&self) {
        self.change(|inner| inner.has_orders = true);
    }

    /// Waits until orders came, at most `span`. Those that came since it waited the last time count:
    /// no order lies around because its call was missed.
    pub fn wait_for_orders(&self, span: Duration) {
        self.wait_while(span, |inner| !inner.has_orders).has_orders = false;
    }

    /// Gives back what the connection took and did not answer.
    pub fn give_back(&self, link: LinkId) {
        self.change(|inner| inner.give_back(link));
    }

    /// Returns jobs for a connection; waits for some at most `span`. What it took before and did not
    /// answer is given back first.
    pub fn work(&self, link: LinkId, span: Duration) -> Vec<Job> {
        self.give_back(link);
        let deadline = clock::monotonic_secs().saturating_add(span.as_secs());
        let mut guard = self.lock();
        loop {
            let jobs = guard.hand_out(link);
            let left = deadline.saturating_sub(clock::monotonic_secs());
            if !jobs.is_empty() || left == 0 {
                return jobs;
            }
            let waited = self.changed.wait_timeout(guard, Duration::from_secs(left));
            guard = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Inner {
    fn give_back(&mut self, link: LinkId) {
        for fetch in self.fetches.values_mut() {
            if let Fetch::Wanted { handed_to, .. } = fetch
                && *handed_to == Some(link)
            {
                *handed_to = None;
            }
        }
        for holder in self.deliveries.values_mut() {
            if *holder == Some(link) {
                *holder = None;
            }
        }
        if let Some((_, handed)) = &mut self.claim
            && handed.is_some_and(|(holder, _)| holder == link)
        {
            *handed = None;
        }
    }

    /// Small things first, and one file at a time: a long fetch must not hold them up.
    fn hand_out(&mut self, link: LinkId) -> Vec<Job> {
        let mut jobs = Vec::new();
        jobs.extend(self.progress.take().map(Job::Progress));
        if let Some((id, holder)) = self.deliveries.iter_mut().find(|(_, holder)| holder.is_none())
        {
            *holder = Some(link);
            jobs.push(Job::Deliver { id: *id });
        }
        if let Some((claim, handed @ None)) = &mut self.claim {
            *handed = Some((link, clock::monotonic_secs()));
            jobs.push(Job::Claim(claim.clone()));
        }
        if !jobs.is_empty() {
            return jobs;
        }
        let free = self.fetches.values_mut().find_map(|fetch| match fetch {
            Fetch::Wanted { artifact, handed_to: holder @ None } => Some((artifact, holder)),
            Fetch::Wanted { .. } | Fetch::Taken | Fetch::Failed { .. } => None,
        });
        if let Some((artifact, holder)) = free {
            *holder = Some(link);
            jobs.push(Job::Fetch { sha256: artifact.sha256, size_bytes: artifact.size_bytes });
        }
        jobs
    }
}

#[cfg(test)]
mod tests;
