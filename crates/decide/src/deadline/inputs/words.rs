//! Words for the values of inputs and for clocks.

use crate::deadline::known::{DataClass, Exposure};
use crate::ssvc::HumanImpact;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::advisory::Label;
use model::clause::{Applies, Clause, Clock};
use model::cve::{Exploitation, TechnicalImpact};

/// Stands for every value that nobody stated.
pub(in crate::deadline) const UNKNOWN: &str = "unknown";

pub(in crate::deadline) fn yes_no(value: Option<bool>) -> String {
    match value {
        Some(true) => "yes",
        Some(false) => "no",
        None => UNKNOWN,
    }
    .to_owned()
}

pub(in crate::deadline) fn impact(value: Option<TechnicalImpact>) -> String {
    match value {
        Some(TechnicalImpact::Partial) => "partial",
        Some(TechnicalImpact::Total) => "total",
        None => UNKNOWN,
    }
    .to_owned()
}

pub(in crate::deadline) fn exploitation(value: Option<Exploitation>) -> String {
    match value {
        Some(Exploitation::None) => "none",
        Some(Exploitation::PublicPoc) => "public proof of concept",
        Some(Exploitation::Active) => "active",
        None => UNKNOWN,
    }
    .to_owned()
}

pub(in crate::deadline) fn score(x10: Option<u16>) -> String {
    x10.map_or_else(|| UNKNOWN.to_owned(), |x10| format!("{}.{}", x10 / 10, x10 % 10))
}

pub(in crate::deadline) fn label(label: Label) -> String {
    match label {
        Label::NotGiven => "not given",
        Label::Negligible => "negligible",
        Label::Low => "low",
        Label::Medium => "medium",
        Label::High => "high",
        Label::Critical => "critical",
    }
    .to_owned()
}

pub(in crate::deadline) fn exposure(exposure: Exposure) -> String {
    match exposure {
        Exposure::No => "no",
        Exposure::Partner => "partner",
        Exposure::Yes => "yes",
        Exposure::Unknown => UNKNOWN,
    }
    .to_owned()
}

pub(in crate::deadline) fn criticality(impact: Option<HumanImpact>) -> String {
    match impact {
        Some(HumanImpact::Low) => "low",
        Some(HumanImpact::Medium) => "medium",
        Some(HumanImpact::High) => "high",
        Some(HumanImpact::VeryHigh) => "very_high",
        None => UNKNOWN,
    }
    .to_owned()
}

pub(in crate::deadline) fn data(data: Option<DataClass>) -> String {
    match data {
        Some(DataClass::None) => "none",
        Some(DataClass::Personal) => "personal",
        Some(DataClass::Health) => "health",
        Some(DataClass::Payment) => "payment",
        None => UNKNOWN,
    }
    .to_owned()
}

/// Returns the ISO 8601 date of a moment, UTC.
pub(in crate::deadline) fn day(at: i64) -> String {
    Timestamp::from_second(at)
        .map(|at| at.to_zoned(TimeZone::UTC).date().to_string())
        .unwrap_or_default()
}

/// Returns a moment as RFC 3339.
pub(in crate::deadline) fn instant(at: i64) -> String {
    Timestamp::from_second(at).map(|at| at.to_string()).unwrap_or_default()
}

/// Returns what starts a clause's clock, and how it is read when the condition comes true later.
pub(in crate::deadline) fn reading(clause: &Clause) -> String {
    let mut words = clock(&clause.clock);
    if clause.is_strict_clock {
        words.push_str(", even if its condition came true later");
    } else if clause.applies != Applies::Always {
        words.push_str("; if its condition came true later, that moment");
    }
    words
}

/// Returns what starts a clock, in words.
pub fn clock(clock: &Clock) -> String {
    let list = |of: &[Clock]| of.iter().map(self::clock).collect::<Vec<_>>().join(" and ");
    match clock {
        Clock::VendorRelease => "vendor release".to_owned(),
        Clock::AdvisoryPublished => "publication of the advisory".to_owned(),
        Clock::KevAdded => "addition to KEV".to_owned(),
        Clock::Detected => "detection here".to_owned(),
        Clock::EarlierOf { of } => format!("the earlier of {}", list(of)),
        Clock::LaterOf { of } => format!("the later of {}", list(of)),
    }
}
