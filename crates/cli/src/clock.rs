//! The only reader of the clock and of the machine's time zone in this program; the only one that waits.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::time::Duration;

/// Returns seconds since the Unix epoch.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the time")]
pub(crate) fn now() -> i64 {
    Timestamp::now().as_second()
}

/// Lets `millis` pass.
#[expect(clippy::disallowed_methods, reason = "the one place that waits")]
pub(crate) fn pause(millis: u64) {
    std::thread::sleep(Duration::from_millis(millis));
}

/// Returns the zone in which times are printed: `TZ`, else the machine's.
pub(crate) fn zone() -> TimeZone {
    TimeZone::system()
}

/// Returns a moment to the second, in the given zone.
pub(crate) fn second(at: i64, zone: &TimeZone) -> String {
    let text = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
    Timestamp::from_second(at).map_or_else(|_| at.to_string(), text)
}
