//! How old a source's content may be before it is said aloud. Stale never removes an exposure and stops no
//! clock: it only forbids to claim that all is well.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, civil::Date};
use model::advisory::Feed;
use model::exposure::Freshness;

const DAY_SECS: i64 = 86_400;

/// Ages in days from which a feed is ageing, and stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ages {
    pub ageing_days: i64,
    pub stale_days: i64,
}

/// Returns the ages of a feed (exposure reference, section 6). Microsoft's is a calendar: see `of`.
pub fn ages(feed: Feed) -> Ages {
    let (ageing_days, stale_days) = match feed {
        Feed::Kev => (4, 7),
        Feed::Epss | Feed::Oval => (2, 7),
        Feed::DebianTracker
        | Feed::DebianList
        | Feed::Debsecan
        | Feed::Changelog
        | Feed::Secdb
        | Feed::Osv
        | Feed::OpenVex
        | Feed::CveRecord
        | Feed::Nvd
        | Feed::Csaf
        | Feed::CsafVex
        | Feed::Hydra => (1, 3),
        Feed::Endoflife => (1, 30),
        Feed::Updateinfo => (7, 14),
        Feed::Msrc => (1, 4),
        Feed::DistroInfo | Feed::DebianSupport => (180, 365),
    };
    Ages { ageing_days, stale_days }
}

/// Returns how fresh a source is at `now`. `content_at` is the time inside the document; where it has none, the
/// time of fetching stands for it. Neither: it was never loaded.
pub fn of(feed: Feed, content_at: Option<i64>, fetched_at: Option<i64>, now: i64) -> Freshness {
    let Some(at) = content_at.or(fetched_at) else { return Freshness::Absent };
    let Ages { ageing_days, stale_days } = ages(feed);
    let since = match feed {
        // A month's document is due on the second Tuesday; until the next one it is as fresh as can be.
        Feed::Msrc => match missed_tuesday(at, now) {
            Some(due) => due,
            None => return Freshness::Fresh,
        },
        Feed::Kev
        | Feed::Epss
        | Feed::CveRecord
        | Feed::Nvd
        | Feed::DebianTracker
        | Feed::DebianList
        | Feed::Debsecan
        | Feed::Changelog
        | Feed::Osv
        | Feed::OpenVex
        | Feed::Csaf
        | Feed::CsafVex
        | Feed::Hydra
        | Feed::Updateinfo
        | Feed::Oval
        | Feed::Secdb
        | Feed::DistroInfo
        | Feed::Endoflife
        | Feed::DebianSupport => at,
    };
    let age = now.saturating_sub(since);
    if age > stale_days * DAY_SECS {
        Freshness::Stale
    } else if age > ageing_days * DAY_SECS {
        Freshness::Ageing
    } else {
        Freshness::Fresh
    }
}

/// The beginning of the first second Tuesday after `at`, if it has come.
fn missed_tuesday(at: i64, now: i64) -> Option<i64> {
    let day = Timestamp::from_second(at).ok()?.to_zoned(TimeZone::UTC).date();
    let first_of_month = day.first_of_month();
    // The one of the same month, or of the next.
    let due = [first_of_month, first_of_month.checked_add(1.month()).ok()?]
        .into_iter()
        .map(second_tuesday)
        .find(|tuesday| *tuesday > day)?;
    let due = due.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second();
    (now >= due).then_some(due)
}

fn second_tuesday(first_of_month: Date) -> Date {
    // Tuesday is day 1 of a week that begins on Monday.
    let first = i64::from(first_of_month.weekday().to_monday_zero_offset());
    let to_first_tuesday = (8 - first) % 7;
    let days = to_first_tuesday + 7;
    first_of_month.checked_add(days.days()).unwrap_or(first_of_month)
}

#[cfg(test)]
mod tests;
