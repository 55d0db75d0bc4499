//! The only reader of time in the agent, and the only place of the looking half that waits.

use std::time::Duration;

/// Returns the host's wall clock, in seconds since the Unix epoch.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
pub fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// Returns seconds on a clock that only runs forward; for spans and deadlines. Its zero means nothing.
pub fn monotonic_secs() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    u64::try_from(time.tv_sec).unwrap_or_default()
}

/// Waits.
#[expect(clippy::disallowed_methods, reason = "the one place that waits")]
pub fn wait(span: Duration) {
    std::thread::sleep(span);
}
