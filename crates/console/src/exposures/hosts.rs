//! Exposure by host.

use crate::exposure::{Due, hazard, state};
use crate::exposures::{ExposureFilter, Head, HeadInput, View};
use crate::mark::{Mark, Tone};
use crate::quantity::{count, counted};
use crate::query::link;
use crate::shell::{Section, Shell};
use askama::Template;
use model::exposure::{HostLine, HostListPage, ReachCount};

/// Hosts of one page.
pub const HOSTS_PER_PAGE: u32 = 50;

/// The page `/exposures/hosts`.
#[derive(Debug, Template)]
#[template(path = "exposures_hosts.html")]
pub struct ExposedHostsPage {
    pub shell: Shell,
    head: Head,
    rows: Vec<HostRow>,
    total: String,
    next: String,
    first: String,
}

/// One host as a row.
#[derive(Debug)]
struct HostRow {
    id: String,
    name: String,
    stream: String,
    exposures: String,
    each_href: String,
    kev: String,
    has_kev: bool,
    overdue: String,
    has_overdue: bool,
    states: Vec<(String, Mark)>,
    due: Due,
    hazard: String,
    questions: String,
}

impl ExposedHostsPage {
    /// Returns one page of the list.
    pub fn new(
        shell: Shell,
        list: &HostListPage,
        input: &HeadInput<'_>,
        filter: &ExposureFilter,
    ) -> Self {
        let path = View::Hosts.path();
        let link_to = |after: &str| filter.link(path, after);
        Self {
            head: Head::new(&shell, View::Hosts, filter, input),
            rows: list.hosts.iter().map(|line| HostRow::new(line, &shell)).collect(),
            total: counted(list.total, "host"),
            next: if list.next.is_empty() { String::new() } else { link_to(&list.next) },
            first: if filter.after.is_empty() { String::new() } else { link_to("") },
            shell,
        }
    }

    fn section(&self) -> Section {
        Section::Exposure
    }
}

impl HostRow {
    fn new(line: &HostLine, shell: &Shell) -> Self {
        Self {
            id: line.host.to_string(),
            name: line.host_name.clone(),
            stream: line.stream.clone(),
            exposures: count(line.exposures),
            each_href: link("/exposures/each", &[("host", &line.host.to_string())]),
            kev: count(line.kev),
            has_kev: line.kev > 0,
            overdue: count(line.overdue),
            has_overdue: line.overdue > 0,
            states: tally(&line.counts),
            due: Due::new(line.due_at, &line.clause, shell),
            hazard: hazard(line.hazard_micro),
            questions: match line.open_questions {
                0 => String::new(),
                number => counted(number.into(), "question"),
            },
        }
    }
}

/// Returns counts by state with their marks, in the order in which people act on states.
pub(crate) fn tally(counts: &[ReachCount]) -> Vec<(String, Mark)> {
    let place = |word: &str| crate::exposure::STATES.iter().position(|state| state.word == word);
    let mut counts: Vec<&ReachCount> = counts.iter().filter(|count| count.hosts > 0).collect();
    counts.sort_by_key(|count| (place(&count.state).unwrap_or(usize::MAX), count.state.clone()));
    let mark = |word: &str| match state(word) {
        Some(known) => Mark::new(known.tone, known.label),
        None => Mark::new(Tone::Wait, word),
    };
    counts.iter().map(|of| (count(of.hosts), mark(&of.state))).collect()
}
