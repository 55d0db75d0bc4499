//! Days and moments in the forms that text feeds write them. Seconds since the Unix epoch, UTC where a
//! form names no zone.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// Longest text that is looked at: no form is longer.
const BYTES_MAX: usize = 64;
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Reads `YYYY-MM-DD`, and returns it as it was written. Other forms are none: dates of this form are
/// compared as text.
pub(crate) fn iso_day(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let is_form = bytes.len() == 10
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    (is_form && text.parse::<Date>().is_ok()).then_some(text)
}

/// Returns the first second of a day in the form `29 Mar 2023`.
pub(crate) fn named_day(text: &str) -> Option<i64> {
    let mut words = text.split_ascii_whitespace();
    let (day, month, year) = (words.next()?, words.next()?, words.next()?);
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let date = Date::new(year.parse().ok()?, i8::try_from(month).ok()?, day.parse().ok()?).ok()?;
    words.next().is_none().then(|| begin_of(date)).flatten()
}

/// Returns the moment of `YYYY-MM-DD`, `YYYY-MM-DD HH:MM:SS` (also with `T`, fractions and a zone), or
/// of seconds since the epoch.
pub(crate) fn moment(text: &str) -> Option<i64> {
    let text = text.trim();
    if text.len() > BYTES_MAX {
        return None;
    }
    if iso_day(text).is_some() {
        return begin_of(text.parse().ok()?);
    }
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return Timestamp::from_second(text.parse().ok()?).ok().map(Timestamp::as_second);
    }
    // `UTC` after the time is one publisher's way to write `Z`.
    let text = text.strip_suffix("UTC").map_or(text, str::trim_end);
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment.as_second());
    }
    let civil: DateTime = text.parse().ok()?;
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second())
}

/// Returns the moment of a mail's date: `Sat, 14 Jan 2023 14:54:50 +0100`.
pub(crate) fn mail(text: &str) -> Option<i64> {
    let text = text.trim();
    if text.len() > BYTES_MAX {
        return None;
    }
    // Hands write the wrong weekday at times; the rest of such a line is right.
    let text = text.split_once(',').map_or(text, |(_, rest)| rest.trim());
    Some(jiff::fmt::rfc2822::parse(text).ok()?.timestamp().as_second())
}

fn begin_of(date: Date) -> Option<i64> {
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second())
}

#[cfg(test)]
mod tests;
