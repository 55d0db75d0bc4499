//! Waiting, always with an end. The only file that sleeps or reads the clock.

use anyhow::{Result, bail};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Pause between two looks.
const LOOK_MILLIS: u64 = 50;

/// A moment after which waiting is over.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(Instant);

impl Deadline {
    pub fn after(limit: Duration) -> Self {
        Self(instant() + limit)
    }

    pub fn is_over(&self) -> bool {
        instant() >= self.0
    }
}

/// Looks again and again until `look` finds something.
///
/// # Errors
/// `look` failed, or nothing was found within `limit`; the message names `what`.
pub fn until<T>(
    what: &str,
    limit: Duration,
    mut look: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let deadline = Deadline::after(limit);
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        if deadline.is_over() {
            bail!("waited {} seconds in vain for {what}", limit.as_secs());
        }
        pause(Duration::from_millis(LOOK_MILLIS));
    }
}

/// Sleeps for `span`.
pub fn pause(span: Duration) {
    #[expect(clippy::disallowed_methods, reason = "the one file that waits")]
    std::thread::sleep(span);
}

/// Returns the monotonic clock; for measuring.
pub fn instant() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "the one file that reads the clock")]
    Instant::now()
}

/// Returns nanoseconds since 1970: enough to tell two runs apart.
pub fn now_nanos() -> u128 {
    #[expect(clippy::disallowed_methods, reason = "the one file that reads the clock")]
    let now = SystemTime::now();
    now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos())
}
