//! The clock: the only place of the server where the time is read.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

/// Where the time comes from.
#[derive(Debug, Clone)]
pub enum Clock {
    System,
    /// Seconds since the Unix epoch, moved by tests.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// Returns a clock that stands at `now` until it is moved.
    pub fn manual(now: i64) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(now)))
    }

    /// Returns the time, seconds since the Unix epoch.
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub fn now(&self) -> i64 {
        match self {
            Self::System => jiff::Timestamp::now().as_second(),
            Self::Manual(now) => now.load(Ordering::SeqCst),
        }
    }

    /// Moves a manual clock; a system clock stays as it is.
    pub fn advance(&self, secs: i64) {
        if let Self::Manual(now) = self {
            now.fetch_add(secs, Ordering::SeqCst);
        }
    }
}

/// A moment of the machine's own steady clock, for what must end in time whatever the date is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    at: Instant,
}

impl Deadline {
    /// Returns the moment `span` from now.
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub(crate) fn after(span: Duration) -> Self {
        Self { at: Instant::now() + span }
    }

    /// Returns whether it is over.
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub(crate) fn has_passed(self) -> bool {
        Instant::now() > self.at
    }
}

/// Measures how long something takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopwatch {
    since: Instant,
}

impl Stopwatch {
    /// Starts to measure.
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub(crate) fn start() -> Self {
        Self { since: Instant::now() }
    }

    /// Returns how long it is since the start.
    pub(crate) fn elapsed(self) -> Duration {
        self.since.elapsed()
    }
}
