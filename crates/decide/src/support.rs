//! Whether the vendor still repairs a release. A table of published dates, and the words for people.
//!
//! Source of the dates: distro-info-data (`debian.csv`, `ubuntu.csv`, ISC licence), as published in
//! November 2026. A release that is not in the table is `Unknown`, never "supported".

use jiff::{Timestamp, tz::TimeZone};
use model::host::{Support, SupportStatus};

/// One release. Each date is the last day of that kind of support, ISO 8601; empty: there is none.
struct Release {
    os_id: &'static str,
    version: &'static str,
    /// Security support for everyone, by the distribution's own security team.
    standard: &'static str,
    /// Support for everyone by somebody else (Debian LTS).
    long_term: &'static str,
    /// Support that must be paid or subscribed to: the usual kind, and an add-on to it.
    paid: [&'static str; 2],
}

const fn release(
    os_id: &'static str,
    version: &'static str,
    [standard, long_term, paid, add_on]: [&'static str; 4],
) -> Release {
    Release { os_id, version, standard, long_term, paid: [paid, add_on] }
}

#[rustfmt::skip] // a table is read by its columns
const RELEASES: [Release; 16] = [
    //                         standard      long term     paid          paid add-on
    release("debian", "8",     ["2018-06-17", "2020-06-30", "2025-06-30", ""]),
    release("debian", "9",     ["2020-07-18", "2022-06-30", "2027-06-30", ""]),
    release("debian", "10",    ["2022-09-10", "2024-06-30", "2029-06-30", ""]),
    release("debian", "11",    ["2024-08-14", "2026-08-31", "2031-06-30", ""]),
    release("debian", "12",    ["2026-07-11", "2028-06-30", "2033-06-30", ""]),
    release("debian", "13",    ["2028-08-09", "2030-06-30", "2035-06-30", ""]),
    release("ubuntu", "14.04", ["2019-04-25", "",           "2024-04-25", "2026-04-28"]),
    release("ubuntu", "16.04", ["2021-04-30", "",           "2026-04-23", "2028-04-25"]),
    release("ubuntu", "18.04", ["2023-05-31", "",           "2028-04-26", "2030-04-30"]),
    release("ubuntu", "20.04", ["2025-05-29", "",           "2030-04-23", "2032-04-27"]),
    release("ubuntu", "22.04", ["2027-06-01", "",           "2032-04-21", "2034-04-25"]),
    release("ubuntu", "24.04", ["2029-05-31", "",           "2034-04-25", "2036-04-29"]),
    release("ubuntu", "25.04", ["2026-01-15", "",           "",           ""]),
    release("ubuntu", "25.10", ["2026-07-09", "",           "",           ""]),
    release("ubuntu", "26.04", ["2031-05-29", "",           "2036-04-23", "2038-04-27"]),
    release("ubuntu", "26.10", ["2027-07-15", "",           "",           ""]),
];

/// Returns the support of a release on the day of `today` (seconds since the Unix epoch, UTC).
/// `os_id` and `os_version` are os-release's `ID` and `VERSION_ID`.
pub fn of(os_id: &str, os_version: &str, today: i64) -> Support {
    if os_version.is_empty() {
        return unknown("rolling release: no end of support is published");
    }
    let Some(found) = RELEASES.iter().find(|r| r.os_id == os_id && r.version == os_version) else {
        return unknown("support dates of this release are not known here");
    };
    let Ok(now) = Timestamp::from_second(today) else {
        return unknown("the time to judge support by is out of range");
    };
    // ISO dates of equal length compare as text. The last day still counts.
    found.on(&now.to_zoned(TimeZone::UTC).date().to_string())
}

impl Release {
    fn on(&self, day: &str) -> Support {
        let is_running = |ends: &str| day <= ends;
        let until = |status, ends: &str, who: &str| Support {
            status,
            ends: ends.to_owned(),
            text: format!("security support by {who} until {ends}"),
        };
        if is_running(self.standard) {
            let who = if self.os_id == "debian" { "the Debian security team" } else { "Ubuntu" };
            return until(SupportStatus::Supported, self.standard, who);
        }
        if is_running(self.long_term) {
            return until(SupportStatus::LongTerm, self.long_term, "Debian LTS");
        }
        let ended = if self.long_term.is_empty() { self.standard } else { self.long_term };
        let paid = self.paid.into_iter().zip(self.paid_words()).find(|(ends, _)| is_running(ends));
        let more = match paid {
            Some((ends, who)) => format!("; {who} until {ends}"),
            None => String::new(),
        };
        Support {
            status: SupportStatus::Ended,
            ends: ended.to_owned(),
            text: format!("security support ended on {ended}{more}"),
        }
    }

    fn paid_words(&self) -> [&'static str; 2] {
        if self.os_id == "debian" {
            ["paid support (Freexian ELTS)", ""]
        } else {
            ["with an Ubuntu Pro subscription (ESM)", "with Ubuntu Pro and its Legacy add-on"]
        }
    }
}

fn unknown(text: &str) -> Support {
    Support { status: SupportStatus::Unknown, ends: String::new(), text: text.to_owned() }
}

#[cfg(test)]
mod tests;
