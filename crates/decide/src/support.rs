//! Whether the vendor still repairs a release: one line about a host, before any feed was loaded.
//! The dates are `lifecycle`'s table of last resort; a release that is not in it is `Unknown`,
//! never "supported".

use crate::lifecycle::last_resort::{RELEASES, Release};
use crate::lifecycle::paid_words;
use jiff::{Timestamp, tz::TimeZone};
use model::advisory::Ends;
use model::host::{Support, SupportStatus};

/// Returns the support of a release on the day of `today` (seconds since the Unix epoch, UTC).
/// `os_id` and `os_version` are os-release's `ID` and `VERSION_ID`.
pub fn of(os_id: &str, os_version: &str, today: i64) -> Support {
    if os_version.is_empty() {
        return unknown("rolling release: no end of support is published");
    }
    let Some(found) = find(os_id, os_version) else {
        return unknown("support dates of this release are not known here");
    };
    let Ok(now) = Timestamp::from_second(today) else {
        return unknown("the time to judge support by is out of range");
    };
    // ISO dates of equal length compare as text. The last day still counts.
    found.on(&now.to_zoned(TimeZone::UTC).date().to_string())
}

/// Red Hat and its rebuilds end a major release; their minor ones are one line of repairs.
fn find(os_id: &str, os_version: &str) -> Option<&'static Release> {
    let family = if os_id == "almalinux" { "alma" } else { os_id };
    let major = || os_version.split('.').next().unwrap_or(os_version);
    let version = if matches!(family, "rhel" | "alma" | "rocky") { major() } else { os_version };
    RELEASES.iter().find(|r| r.family == family && r.version == version)
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
            return until(SupportStatus::Supported, self.standard, self.publisher());
        }
        if is_running(self.long_term) {
            return until(SupportStatus::LongTerm, self.long_term, "Debian LTS");
        }
        let ended = if self.long_term.is_empty() { self.standard } else { self.long_term };
        let lifecycle = self.lifecycle();
        // Paid phases come last, in the order in which they end.
        let is_last = |ends: &str| self.paid.contains(&ends) && is_running(ends);
        let paid = lifecycle.phases.iter().find_map(|phase| match &phase.ends {
            Ends::On(ends) if is_last(ends) => Some((phase.name.as_str(), ends)),
            Ends::On(_) | Ends::NotKnown | Ends::Ended => None,
        });
        let more = match paid {
            Some((name, ends)) => format!("; {} until {ends}", paid_words(self.family, name)),
            None => String::new(),
        };
        Support {
            status: SupportStatus::Ended,
            ends: ended.to_owned(),
            text: format!("security support ended on {ended}{more}"),
        }
    }

    fn publisher(&self) -> &'static str {
        match self.family {
            "debian" => "the Debian security team",
            "ubuntu" => "Ubuntu",
            "rhel" => "Red Hat",
            "alma" => "AlmaLinux",
            "rocky" => "Rocky Linux",
            _ => "the publisher",
        }
    }
}

fn unknown(text: &str) -> Support {
    Support { status: SupportStatus::Unknown, ends: String::new(), text: text.to_owned() }
}

#[cfg(test)]
mod tests;
