//! Time arithmetic of terms: hours are instants, days and months end with the day, months clamp. UTC, because
//! that is where every date of the shipped sources is read.

use jiff::civil::Date;
use jiff::{Span, Timestamp, tz::TimeZone};

/// Seconds of a day; UTC has no other days.
const DAY_SECS: i64 = 86_400;
const EPOCH: Date = Date::constant(1970, 1, 1);

/// Returns the first second of an ISO 8601 date, or `None` where the text is none. Asked for twice a clause and
/// evaluation: an empty text costs nothing.
pub(super) fn midnight(date: &str) -> Option<i64> {
    if date.is_empty() {
        return None;
    }
    let date: Date = date.parse().ok()?;
    // Both dates lie in the calendar, so that their distance in days has no other units.
    let days = date.since(EPOCH).ok()?.get_days();
    Some(i64::from(days) * DAY_SECS)
}

/// Returns the last second of an ISO 8601 date.
pub(super) fn last_second(date: &str) -> Option<i64> {
    midnight(date).map(|start| start + DAY_SECS - 1)
}

/// Returns the end of the day that is `days` dates after the one of `start`.
pub(super) fn after_days(start: i64, days: u32) -> i64 {
    let day = start.div_euclid(DAY_SECS).saturating_add(i64::from(days));
    day.saturating_mul(DAY_SECS).saturating_add(DAY_SECS - 1)
}

/// Returns the end of the day `months` after the one of `start`, or of the month's last day where it has no such
/// day. Beyond the calendar's end (year 9999) the start itself: no term is that long.
pub(super) fn after_months(start: i64, months: u32) -> i64 {
    let end = Timestamp::from_second(start).ok().and_then(|at| {
        let date = at.to_zoned(TimeZone::UTC).date();
        let date = date.checked_add(Span::new().try_months(months).ok()?).ok()?;
        Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second() + DAY_SECS - 1)
    });
    end.unwrap_or(start)
}

/// Returns whether a moment is known to the day only: publishers write a date without a time as its midnight.
pub(super) fn is_date(at: i64) -> bool {
    at.rem_euclid(DAY_SECS) == 0
}
