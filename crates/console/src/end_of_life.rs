//! End of life: releases and packages that get no repairs any more, or soon none.

use crate::exposures::{ExposureFilter, Tab, View, first_names, tabs};
use crate::mark::{Mark, Tone};
use crate::quantity::count;
use crate::shell::{Section, Shell};
use askama::Template;
use model::exposure::EndOfLifeView;

/// Hosts that a row names.
const HOSTS_NAMED_MAX: usize = 4;
/// Warnings begin a year ahead: moving a release takes planning.
const WARN_DAYS: i64 = 365;
/// From here on it is urgent, in days.
const URGENT_DAYS: i64 = 90;

/// The page `/end-of-life`.
#[derive(Debug, Template)]
#[template(path = "end_of_life.html")]
pub struct EndOfLifePage {
    pub shell: Shell,
    tabs: Vec<Tab>,
    releases: Vec<EndRow>,
    packages: Vec<EndRow>,
}

/// One release or package as a row.
#[derive(Debug)]
pub(crate) struct EndRow {
    pub name: String,
    pub stream: String,
    pub installed: String,
    pub mark: Mark,
    pub phase: String,
    pub ends: String,
    pub days: String,
    pub hosts: String,
    pub host_names: String,
    pub hosts_more: u64,
    pub remedy: String,
    pub source: String,
    pub limited: String,
}

impl EndOfLifePage {
    /// Returns the page; what ended longest ago comes first.
    pub fn new(shell: Shell, all: &[EndOfLifeView]) -> Self {
        let mut all: Vec<&EndOfLifeView> = all.iter().collect();
        all.sort_by(|a, b| {
            let key = |of: &EndOfLifeView| (!of.is_ended, of.days_left.unwrap_or(i64::MAX));
            key(a).cmp(&key(b)).then_with(|| (&a.stream, &a.package).cmp(&(&b.stream, &b.package)))
        });
        Self {
            tabs: tabs(View::EndOfLife, &ExposureFilter::default()),
            releases: rows(&all, |of| of.package.is_empty()),
            packages: rows(&all, |of| !of.package.is_empty()),
            shell,
        }
    }

    fn section(&self) -> Section {
        Section::Exposure
    }
}

fn rows(all: &[&EndOfLifeView], is_wanted: impl Fn(&EndOfLifeView) -> bool) -> Vec<EndRow> {
    all.iter().filter(|of| is_wanted(of)).map(|of| EndRow::new(of)).collect()
}

impl EndRow {
    pub(crate) fn new(of: &EndOfLifeView) -> Self {
        let (host_names, hosts_more) = first_names(&of.host_names, HOSTS_NAMED_MAX, of.hosts);
        Self {
            name: if of.package.is_empty() { of.stream.clone() } else { of.package.clone() },
            stream: of.stream.clone(),
            installed: of.installed.clone(),
            mark: mark(of),
            phase: of.phase.clone(),
            ends: of.ends.clone(),
            days: days(of.days_left),
            hosts: count(of.hosts),
            host_names,
            hosts_more,
            remedy: of.remedy.clone(),
            source: of.source.clone(),
            limited: of.limited.clone(),
        }
    }
}

fn mark(of: &EndOfLifeView) -> Mark {
    match (of.is_ended, of.days_left) {
        (true, _) => Mark::new(Tone::Bad, "ended"),
        (false, Some(..=URGENT_DAYS)) => Mark::new(Tone::Warn, "ends soon"),
        (false, Some(..=WARN_DAYS)) => Mark::new(Tone::Wait, "ends within a year"),
        (false, Some(_)) if of.limited.is_empty() => Mark::new(Tone::Good, "supported"),
        (false, None) if of.limited.is_empty() => Mark::new(Tone::Wait, "end not known"),
        (false, _) => Mark::new(Tone::Calm, "limited support"),
    }
}

fn days(left: Option<i64>) -> String {
    let unit = |days: u64| if days == 1 { "day" } else { "days" };
    match left {
        None => String::new(),
        Some(0) => "today".to_owned(),
        Some(days @ ..0) => {
            let ago = days.unsigned_abs();
            format!("{} {} ago", count(ago), unit(ago))
        }
        Some(days) => {
            let left = days.unsigned_abs();
            format!("in {} {}", count(left), unit(left))
        }
    }
}
