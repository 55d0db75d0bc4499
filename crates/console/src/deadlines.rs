//! Deadlines as a calendar: what must be gone by which day, and by which clause.

use crate::exposure::{status_word, term_words};
use crate::quantity::{count, counted, length};
use crate::query::{link, value};
use crate::shell::{Section, Shell};
use askama::Template;
use jiff::civil::Date;
use jiff::{Span, Timestamp};
use model::exposure::{DeadlineDay, ObligationView};

/// The page `/deadlines`.
#[derive(Debug, Template)]
#[template(path = "deadlines.html")]
pub struct DeadlinesPage {
    pub shell: Shell,
    month: String,
    /// Earlier and later month, as addresses and words.
    before: (String, String),
    after: (String, String),
    is_now: bool,
    weeks: Vec<Vec<Option<DayCell>>>,
    overdue: Option<DayCell>,
    undated: Option<DayCell>,
    later: String,
    obligations: Vec<ObligationRow>,
    hosts_with_questions: u64,
}

/// One day of the calendar.
#[derive(Debug, Clone)]
struct DayCell {
    number: i8,
    /// For people: `Monday, 30 November 2026`.
    name: String,
    iso: String,
    is_today: bool,
    is_past: bool,
    exposures: u64,
    words: String,
    details: String,
    kev: u64,
    clauses: String,
    href: String,
}

/// An obligation with what it asks.
#[derive(Debug)]
struct ObligationRow {
    id: String,
    title: String,
    is_guidance: bool,
    number: String,
    clauses: Vec<(String, String, &'static str)>,
}

impl DeadlinesPage {
    /// Returns the calendar of the month that the address names (`month=2026-11`), or of this one.
    pub fn new(
        shell: Shell,
        days: &[DeadlineDay],
        obligations: &[ObligationView],
        hosts_with_questions: u64,
        pairs: &[(String, String)],
    ) -> Self {
        let today = date_of(shell.now);
        let first = month_of(value(pairs, "month")).unwrap_or(today.first_of_month());
        let neighbour = |months: i64| {
            let there = first.saturating_add(Span::new().months(months));
            let href = link("/deadlines", &[("month", &there.strftime("%Y-%m").to_string())]);
            (href, there.strftime("%B %Y").to_string())
        };
        let last = first.last_of_month().to_string();
        let later: u64 = days.iter().filter(|day| day.day > last).map(|day| day.exposures).sum();
        Self {
            month: first.strftime("%B %Y").to_string(),
            before: neighbour(-1),
            after: neighbour(1),
            is_now: first == today.first_of_month(),
            weeks: weeks(first, today, days),
            overdue: overdue(today, days),
            undated: days.iter().find(|day| day.day.is_empty()).map(|day| cell(None, today, day)),
            later: if later == 0 { String::new() } else { counted(later, "exposure") },
            obligations: obligations.iter().filter(|of| of.is_chosen).map(obligation).collect(),
            hosts_with_questions,
            shell,
        }
    }

    fn section(&self) -> Section {
        Section::Deadlines
    }
}

fn date_of(at: i64) -> Date {
    let at = Timestamp::from_second(at).unwrap_or(Timestamp::UNIX_EPOCH);
    at.to_zoned(jiff::tz::TimeZone::UTC).date()
}

fn month_of(text: &str) -> Option<Date> {
    let is_month = text.len() == 7 && text.is_ascii();
    is_month.then(|| format!("{text}-01").parse().ok()).flatten()
}

/// Returns the month as weeks from Monday; `None` pads the first and last.
fn weeks(first: Date, today: Date, days: &[DeadlineDay]) -> Vec<Vec<Option<DayCell>>> {
    let empty = |date: Date| DeadlineDay {
        day: date.to_string(),
        is_past: date < today,
        exposures: 0,
        hosts: 0,
        cves: 0,
        kev: 0,
        clauses: Vec::new(),
    };
    let lead = usize::try_from(first.weekday().to_monday_zero_offset()).unwrap_or(0);
    let mut cells: Vec<Option<DayCell>> = vec![None; lead];
    let mut date = first;
    for _ in 0..first.days_in_month() {
        let found = days.iter().find(|day| day.day == date.to_string());
        let day = found.cloned().unwrap_or_else(|| empty(date));
        cells.push(Some(cell(Some(date), today, &day)));
        date = date.saturating_add(Span::new().days(1));
    }
    while !cells.len().is_multiple_of(7) {
        cells.push(None);
    }
    cells.chunks(7).map(<[_]>::to_vec).collect()
}

fn cell(date: Option<Date>, today: Date, day: &DeadlineDay) -> DayCell {
    let until = date.and_then(|date| date.since(today).ok()).map_or(0, |span| span.get_days());
    let due = until.max(0).to_string();
    DayCell {
        number: date.map_or(0, Date::day),
        name: date.map(|date| date.strftime("%A, %-d %B %Y").to_string()).unwrap_or_default(),
        iso: day.day.clone(),
        is_today: date == Some(today),
        is_past: day.is_past,
        exposures: day.exposures,
        words: count(day.exposures),
        details: format!("{} on {}", counted(day.cves, "CVE"), counted(day.hosts, "host")),
        kev: day.kev,
        clauses: day.clauses.join(", "),
        href: match date {
            Some(_) => link("/exposures/each", &[("due", &due)]),
            None => "/exposures/each".to_owned(),
        },
    }
}

/// Everything that is past, in one cell.
fn overdue(today: Date, days: &[DeadlineDay]) -> Option<DayCell> {
    let past: Vec<&DeadlineDay> = days.iter().filter(|day| day.is_past).collect();
    let exposures: u64 = past.iter().map(|day| day.exposures).sum();
    let mut clauses: Vec<String> = past.iter().flat_map(|day| day.clauses.clone()).collect();
    clauses.sort_unstable();
    clauses.dedup();
    let oldest = past.first().map(|day| day.day.clone()).unwrap_or_default();
    let sum = DeadlineDay {
        day: oldest,
        is_past: true,
        exposures,
        hosts: 0,
        cves: 0,
        kev: past.iter().map(|day| day.kev).sum(),
        clauses,
    };
    (exposures > 0).then(|| DayCell {
        details: format!("the oldest since {}", sum.day),
        ..cell(Some(today), today, &sum)
    })
}

fn obligation(of: &ObligationView) -> ObligationRow {
    ObligationRow {
        id: of.id.clone(),
        title: of.title.clone(),
        is_guidance: of.is_guidance,
        number: counted(length(&of.clauses), "clause"),
        clauses: of
            .clauses
            .iter()
            .map(|clause| {
                (clause.title.clone(), term_words(clause.term), status_word(clause.status))
            })
            .collect(),
    }
}
