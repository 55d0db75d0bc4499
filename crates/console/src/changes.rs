//! The list of changes, newest first.

use crate::hosts::{Choice, PageLink};
use crate::mark::Mark;
use crate::moment::Moment;
use crate::paging::{self, Paging};
use crate::quantity::count;
use crate::query::{link, value};
use crate::shell::{Section, Shell};
use askama::Template;
use model::change::{ChangeLine, ChangeState};

/// Rows of one page.
const CHANGES_PER_PAGE: usize = 50;

/// The states that the list can be narrowed to.
const STATES: [&str; 7] =
    ["planned", "approved", "running", "halted", "stopped", "completed", "expired"];

/// The page `/changes`.
#[derive(Debug, Template)]
#[template(path = "changes.html")]
pub struct ChangesPage {
    pub shell: Shell,
    text: String,
    states: Vec<Choice>,
    rows: Vec<ChangeRow>,
    paging: Paging,
    pages: Vec<PageLink>,
    is_filtered: bool,
}

/// One change as a row.
#[derive(Debug)]
struct ChangeRow {
    id: String,
    title: String,
    mark: Mark,
    says: String,
    created: Moment,
    hosts: String,
    packages: String,
    runs_over: u32,
    runs_total: u32,
    shows_progress: bool,
}

impl ChangesPage {
    /// Returns the page of `changes`, which come newest first.
    pub fn new(shell: Shell, changes: &[ChangeLine], pairs: &[(String, String)]) -> Self {
        let text = value(pairs, "q").trim().to_owned();
        let wanted = text.to_lowercase();
        let asked = value(pairs, "state");
        let state = STATES.into_iter().find(|word| *word == asked).unwrap_or_default();
        let found: Vec<&ChangeLine> = changes
            .iter()
            .filter(|change| state.is_empty() || change.state.word() == state)
            .filter(|change| {
                change.title.to_lowercase().contains(&wanted)
                    || change.id.to_string().contains(&wanted)
            })
            .collect();
        let paging =
            Paging::new(paging::number(value(pairs, "page")), found.len(), CHANGES_PER_PAGE);
        let page_link = |number: usize| PageLink {
            number,
            href: link(
                "/changes",
                &[("q", &text), ("state", state), ("page", &number.to_string())],
            ),
            is_here: number == paging.page,
        };
        Self {
            states: STATES
                .iter()
                .map(|word| Choice { word, label: word, is_chosen: *word == state })
                .collect(),
            rows: paging.slice(&found).iter().map(|line| ChangeRow::new(line, &shell)).collect(),
            pages: paging.numbers().into_iter().map(page_link).collect(),
            is_filtered: !text.is_empty() || !state.is_empty(),
            text,
            paging,
            shell,
        }
    }

    fn section(&self) -> Section {
        Section::Changes
    }
}

impl ChangeRow {
    fn new(change: &ChangeLine, shell: &Shell) -> Self {
        Self {
            id: change.id.to_string(),
            title: change.title.clone(),
            mark: Mark::change(&change.state),
            says: state_text(&change.state),
            created: shell.moment(change.created_at),
            hosts: count(change.hosts.into()),
            packages: count(change.packages.into()),
            runs_over: change.runs_over,
            runs_total: change.hosts,
            shows_progress: !matches!(
                change.state,
                ChangeState::Planned { .. } | ChangeState::Expired
            ),
        }
    }
}

/// Returns what a state says beyond its word.
pub(crate) fn state_text(state: &ChangeState) -> String {
    match state {
        ChangeState::Planned { have, need } => format!("{have} of {need} approvals"),
        ChangeState::Approved => "signed; hosts take it up when they next ask".to_owned(),
        ChangeState::Running => String::new(),
        ChangeState::Halted { failures } => {
            format!("{failures} failed; nothing new starts until a person decides")
        }
        ChangeState::Stopped { by } => format!("by {by}; hosts at work finish"),
        ChangeState::Completed { succeeded, failed: 0 } => format!("{succeeded} succeeded"),
        ChangeState::Completed { succeeded, failed } => {
            format!("{succeeded} succeeded, {failed} did not")
        }
        ChangeState::Expired => "its time ran out".to_owned(),
    }
}
