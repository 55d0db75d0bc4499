//! Ends of support that are known without any feed: the table of last resort, for hosts and servers
//! that have loaded nothing yet. Any feed beats it.
//!
//! Source of the dates: distro-info-data (`debian.csv`, `ubuntu.csv`, ISC licence) and
//! endoflife.date (MIT licence; Red Hat, Alma, Rocky, Windows Server), both as published in
//! November 2026. A release that is not in the table is unknown, never "supported".

use model::advisory::{Ends, Lifecycle, Phase, PhaseKind};

/// Names the table as a source.
pub(crate) const SOURCE: &str = "built-in table (distro-info-data, endoflife.date; November 2026)";

/// One release. Each date is the last day of that kind of support, ISO 8601; empty: there is none.
pub(crate) struct Release {
    /// The stream's part before `:`.
    pub(crate) family: &'static str,
    pub(crate) version: &'static str,
    /// With new features and hardware, where the publisher tells it from mere repairs.
    pub(crate) full: &'static str,
    /// Security support for everyone, by the publisher itself.
    pub(crate) standard: &'static str,
    /// Support for everyone by somebody else (Debian LTS).
    pub(crate) long_term: &'static str,
    /// Support that must be paid or subscribed to: the usual kind, and an add-on to it.
    pub(crate) paid: [&'static str; 2],
}

const fn release(
    family: &'static str,
    version: &'static str,
    [full, standard, long_term, paid, add_on]: [&'static str; 5],
) -> Release {
    Release { family, version, full, standard, long_term, paid: [paid, add_on] }
}

#[rustfmt::skip] // a table is read by its columns
pub(crate) const RELEASES: [Release; 32] = [
    //                         full standard long term     paid          paid add-on
    release("debian", "8",     ["", "2018-06-17", "2020-06-30", "2025-06-30", ""]),
    release("debian", "9",     ["", "2020-07-18", "2022-06-30", "2027-06-30", ""]),
    release("debian", "10",    ["", "2022-09-10", "2024-06-30", "2029-06-30", ""]),
    release("debian", "11",    ["", "2024-08-14", "2026-08-31", "2031-06-30", ""]),
    release("debian", "12",    ["", "2026-07-11", "2028-06-30", "2033-06-30", ""]),
    release("debian", "13",    ["", "2028-08-09", "2030-06-30", "2035-06-30", ""]),
    release("ubuntu", "14.04", ["", "2019-04-25", "",           "2024-04-25", "2026-04-28"]),
    release("ubuntu", "16.04", ["", "2021-04-30", "",           "2026-04-23", "2028-04-25"]),
    release("ubuntu", "18.04", ["", "2023-05-31", "",           "2028-04-26", "2030-04-30"]),
    release("ubuntu", "20.04", ["", "2025-05-29", "",           "2030-04-23", "2032-04-27"]),
    release("ubuntu", "22.04", ["", "2027-06-01", "",           "2032-04-21", "2034-04-25"]),
    release("ubuntu", "24.04", ["", "2029-05-31", "",           "2034-04-25", "2036-04-29"]),
    release("ubuntu", "25.04", ["", "2026-01-15", "",           "",           ""]),
    release("ubuntu", "25.10", ["", "2026-07-09", "",           "",           ""]),
    release("ubuntu", "26.04", ["", "2031-05-29", "",           "2036-04-23", "2038-04-27"]),
    release("ubuntu", "26.10", ["", "2027-07-15", "",           "",           ""]),
    //                         full          standard      long term     paid          paid add-on
    release("rhel", "6",       ["2016-05-10", "2020-11-30", "",           "2024-06-30", ""]),
    release("rhel", "7",       ["2019-08-06", "2024-06-30", "",           "2029-05-31", ""]),
    release("rhel", "8",       ["2024-05-31", "2029-05-31", "",           "2033-05-31", ""]),
    release("rhel", "9",       ["2027-05-31", "2032-05-31", "",           "2036-05-31", ""]),
    release("rhel", "10",      ["2030-05-31", "2035-05-31", "",           "2039-05-31", ""]),
    release("alma", "8",       ["2024-05-31", "2029-05-31", "",           "",           ""]),
    release("alma", "9",       ["2027-05-31", "2032-05-31", "",           "",           ""]),
    release("alma", "10",      ["2030-05-31", "2035-05-31", "",           "",           ""]),
    release("rocky", "8",      ["2024-05-31", "2029-05-31", "",           "",           ""]),
    release("rocky", "9",      ["2027-05-31", "2032-05-31", "",           "",           ""]),
    release("rocky", "10",     ["2030-05-31", "2035-05-31", "",           "",           ""]),
    release("windows", "2012", ["2018-10-09", "2023-10-10", "",           "2026-10-13", ""]),
    release("windows", "2016", ["2022-01-11", "2027-01-12", "",           "2030-01-12", ""]),
    release("windows", "2019", ["2024-01-09", "2029-01-09", "",           "",           ""]),
    release("windows", "2022", ["2026-10-13", "2031-10-14", "",           "",           ""]),
    release("windows", "2025", ["2029-11-13", "2034-11-14", "",           "",           ""]),
];

impl Release {
    /// Returns the release in the form that feeds bring, with the publisher's own names of its
    /// columns.
    pub(crate) fn lifecycle(&self) -> Lifecycle {
        let [full, standard, long_term, paid, add_on] = match self.family {
            "debian" => ["", "eol", "eol-lts", "eol-elts", ""],
            "ubuntu" => ["", "eol", "", "eol-esm", "eol-legacy"],
            // The columns of endoflife.date.
            _ => ["eoas", "eol", "", "eoes", ""],
        };
        let phases = [
            (full, PhaseKind::Full, self.full),
            (standard, self.standard_kind(), self.standard),
            (long_term, PhaseKind::CommunityLts, self.long_term),
            (paid, PhaseKind::Paid, self.paid[0]),
            (add_on, PhaseKind::Paid, self.paid[1]),
        ];
        Lifecycle {
            stream: format!("{}:{}", self.family, self.version),
            package: String::new(),
            last_version: String::new(),
            phases: phases
                .into_iter()
                .filter(|(.., ends)| !ends.is_empty())
                .map(|(name, kind, ends)| Phase {
                    name: name.to_owned(),
                    kind,
                    ends: Ends::On(ends.to_owned()),
                })
                .collect(),
            limited: String::new(),
            next: String::new(),
        }
    }

    fn standard_kind(&self) -> PhaseKind {
        if self.full.is_empty() { PhaseKind::Full } else { PhaseKind::Maintenance }
    }
}
