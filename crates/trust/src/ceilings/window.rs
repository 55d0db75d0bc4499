//! Weekly windows of a host's own policy: `Tue 02:00-04:00 Europe/Berlin`.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan};
use std::str::FromStr;

const DAYS: [(&str, Weekday); 7] = [
    ("Mon", Weekday::Monday),
    ("Tue", Weekday::Tuesday),
    ("Wed", Weekday::Wednesday),
    ("Thu", Weekday::Thursday),
    ("Fri", Weekday::Friday),
    ("Sat", Weekday::Saturday),
    ("Sun", Weekday::Sunday),
];

/// A span of time that comes back each week. One that ends before it begins reaches into the next day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    days: Vec<Weekday>,
    opens: Time,
    closes: Time,
    zone: TimeZone,
}

/// Why a window cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{window}` is not a window: {text} (as in `Tue 02:00-04:00 Europe/Berlin`)")]
pub struct ParseWindowError {
    window: String,
    text: String,
}

impl Window {
    /// Returns whether it is open at `now`.
    pub fn is_open(&self, now: i64) -> bool {
        let Ok(at) = Timestamp::from_second(now) else { return false };
        let today = at.to_zoned(self.zone.clone()).date();
        let days = [today.checked_sub(1.day()).ok(), Some(today)];
        days.into_iter()
            .flatten()
            .filter_map(|day| self.span(day))
            .any(|(opens, closes)| opens <= now && now < closes)
    }

    /// Returns when it opens next, in seconds since the Unix epoch; `None` only at the end of time.
    pub fn next_opening(&self, now: i64) -> Option<i64> {
        let at = Timestamp::from_second(now).ok()?;
        let today = at.to_zoned(self.zone.clone()).date();
        (0..=8)
            .filter_map(|ahead| self.span(today.checked_add(ahead.days()).ok()?))
            .map(|(opens, _)| opens)
            .find(|opens| *opens > now)
    }

    /// The occurrence that begins on `day`, in absolute time. Hours that a change of clocks skips
    /// or repeats are taken as jiff's `compatible` rule does.
    fn span(&self, day: Date) -> Option<(i64, i64)> {
        if !self.days.contains(&day.weekday()) {
            return None;
        }
        let end = if self.closes <= self.opens { day.checked_add(1.day()).ok()? } else { day };
        let absolute = |date: Date, time: Time| {
            let zoned = date.to_datetime(time).to_zoned(self.zone.clone()).ok()?;
            Some(zoned.timestamp().as_second())
        };
        Some((absolute(day, self.opens)?, absolute(end, self.closes)?))
    }
}

impl FromStr for Window {
    type Err = ParseWindowError;

    fn from_str(text: &str) -> Result<Self, ParseWindowError> {
        let bad = |said: &str| ParseWindowError { window: text.to_owned(), text: said.to_owned() };
        let parts: Vec<&str> = text.split_whitespace().collect();
        let &[days, times, zone] = parts.as_slice() else {
            return Err(bad("days, times and time zone are needed"));
        };
        let days = self::days(days).ok_or_else(|| bad("its days are unknown"))?;
        let (opens, closes) = times.split_once('-').ok_or_else(|| bad("its times are unclear"))?;
        let time =
            |text: &str| Time::strptime("%H:%M", text).map_err(|_| bad("its times are unclear"));
        let zone =
            TimeZoneDatabase::bundled().get(zone).map_err(|_| bad("its time zone is unknown"))?;
        Ok(Self { days, opens: time(opens)?, closes: time(closes)?, zone })
    }
}

/// `Tue`, `Mon,Wed`, `Mon-Fri`, `daily`.
fn days(text: &str) -> Option<Vec<Weekday>> {
    if text == "daily" {
        return Some(DAYS.iter().map(|(_, day)| *day).collect());
    }
    let index = |name: &str| DAYS.iter().position(|(word, _)| *word == name);
    let mut days = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (index(first)?, index(last)?);
        // `Sat-Mon` goes over the end of the week.
        let count = (last + DAYS.len() - first) % DAYS.len();
        days.extend((0..=count).map(|ahead| DAYS[(first + ahead) % DAYS.len()].1));
    }
    Some(days)
}
