//! One run: where it stands, what it waits for, how long each state took, and how it ended.

use crate::mark::{Mark, run_tone};
use crate::moment::{Moment, span};
use crate::prose::Prose;
use crate::quantity::{bytes, count};
use crate::shell::{Section, Shell};
use askama::Template;
use model::change::ChangeView;
use model::outcome::{Outcome, RunEnd};
use model::run::{RunState, RunView};

/// The page `/runs/{id}`.
#[derive(Debug, Template)]
#[template(path = "run.html")]
pub struct RunPage {
    pub shell: Shell,
    change_title: String,
    run: RunLine,
}

impl RunPage {
    /// Returns the page of `run`, which belongs to `change`.
    pub fn new(shell: Shell, change: &ChangeView, run: &RunView) -> Self {
        let run = RunLine::new(run, &shell);
        Self { change_title: change.title.clone(), run, shell }
    }

    fn section(&self) -> Section {
        Section::Changes
    }
}

/// A run as a row of a table, with what is folded below it.
#[derive(Debug)]
pub(crate) struct RunLine {
    pub id: String,
    pub change: String,
    pub change_short: String,
    pub host: String,
    pub host_name: String,
    pub mark: Mark,
    pub since: Moment,
    /// What the run waits for, or empty.
    pub waits_for: String,
    pub note: String,
    /// Work done and in all, where it is known.
    pub progress: Option<(u64, u64)>,
    /// Why it ended as it did and what to do, or empty.
    pub why: String,
    pub remedy: Prose,
    pub timings: Vec<Timing>,
    pub took: String,
    pub is_over: bool,
    pub outcome: Option<OutcomeView>,
    pub can_undo: bool,
}

/// One state of a run and how long it lasted.
#[derive(Debug)]
pub(crate) struct Timing {
    pub mark: Mark,
    pub at: Moment,
    pub took: String,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct OutcomeView {
    pub changes: Vec<(String, String, String, String)>,
    pub units_lost: Vec<String>,
    pub conffiles_kept: Vec<String>,
    pub exit_code: String,
    pub before: String,
    pub after: String,
    pub is_changed: bool,
    pub attempt: u32,
    pub tail: String,
}

impl RunLine {
    /// Returns `run` as pages show it.
    pub(crate) fn new(run: &RunView, shell: &Shell) -> Self {
        let (why, remedy) = why(&run.state);
        let start = run.history.first().map_or(run.since, |(_, at)| *at);
        let until = if run.state.is_over() { run.since } else { shell.now };
        let hex = run.change.to_string();
        Self {
            id: run.run.to_string(),
            change_short: crate::events::short_id(&hex),
            change: hex,
            host: run.host.to_string(),
            host_name: run.host_name.clone(),
            mark: Mark { tone: run_tone(&run.state), word: run.state.word().to_owned() },
            since: shell.moment(run.since),
            waits_for: match &run.waiting_on {
                Some(on) if !run.state.is_over() => on.to_string(),
                _ => String::new(),
            },
            note: if run.state.is_over() { String::new() } else { note(run) },
            progress: (run.total > 0 && !run.state.is_over()).then_some((run.done, run.total)),
            why,
            remedy: Prose(remedy),
            timings: timings(run, shell),
            took: span(until - start),
            is_over: run.state.is_over(),
            can_undo: run.outcome.as_ref().is_some_and(|outcome| !outcome.changes.is_empty()),
            outcome: run.outcome.as_ref().map(OutcomeView::new),
        }
    }

    /// Returns what the row says behind the state: what it waits for, does, or why it ended.
    pub(crate) fn says(&self) -> String {
        if !self.waits_for.is_empty() {
            return format!("waits for: {}", self.waits_for);
        }
        if !self.note.is_empty() {
            return self.note.clone();
        }
        if !self.why.is_empty() {
            return self.why.clone();
        }
        match &self.outcome {
            Some(outcome) if outcome.is_changed => {
                format!("{} changed, verified", counted_packages(outcome.changes.len()))
            }
            Some(_) => "nothing changed".to_owned(),
            None => String::new(),
        }
    }
}

fn counted_packages(number: usize) -> String {
    crate::quantity::counted(u64::try_from(number).unwrap_or(u64::MAX), "package")
}

/// Bytes are counted while staging, package steps afterwards.
fn note(run: &RunView) -> String {
    let amount = match (&run.state, run.total) {
        (_, 0) => String::new(),
        (RunState::Staging, total) => format!("{} of {}", bytes(run.done), bytes(total)),
        (_, total) => format!("{} of {} steps", count(run.done), count(total)),
    };
    match (run.note.as_str(), amount.as_str()) {
        (note, "") => note.to_owned(),
        ("", amount) => amount.to_owned(),
        (note, amount) => format!("{note} ({amount})"),
    }
}

fn why(state: &RunState) -> (String, String) {
    match state {
        RunState::Refused { refusal } => (refusal.to_string(), String::new()),
        RunState::Ended { end } => (end.why(), end.remedy().to_owned()),
        RunState::Lost => (
            "no sign of life since work began".to_owned(),
            "look at the host; the agent tells what happened as soon as it can".to_owned(),
        ),
        RunState::Ordered
        | RunState::Assigned
        | RunState::Preflight
        | RunState::Staging
        | RunState::Claiming
        | RunState::Applying
        | RunState::Repairing
        | RunState::Verifying => (String::new(), String::new()),
    }
}

fn timings(run: &RunView, shell: &Shell) -> Vec<Timing> {
    let mut rows = Vec::with_capacity(run.history.len());
    for (index, (state, at)) in run.history.iter().enumerate() {
        let end = match run.history.get(index + 1) {
            Some((_, next)) => Some(*next),
            None if state.is_over() => None,
            None => Some(shell.now),
        };
        rows.push(Timing {
            mark: Mark::run(state),
            at: shell.moment(*at),
            took: end.map(|end| span(end - at)).unwrap_or_default(),
        });
    }
    rows
}

/// Sorts runs so that what needs a person comes first, then what works, then what waits.
pub(crate) fn urgency(run: &RunView) -> (u8, &str) {
    let rank = match &run.state {
        RunState::Ended { end: RunEnd::Stuck { .. } } | RunState::Lost => 0,
        RunState::Refused { .. } => 1,
        RunState::Ended { end: RunEnd::Blocked { .. } | RunEnd::Aborted { .. } } => 2,
        RunState::Assigned
        | RunState::Preflight
        | RunState::Staging
        | RunState::Claiming
        | RunState::Applying
        | RunState::Repairing
        | RunState::Verifying => 3,
        RunState::Ordered => 4,
        RunState::Ended { end: RunEnd::Cancelled { .. } } => 5,
        RunState::Ended { end: RunEnd::Succeeded } => 6,
    };
    (rank, &run.host_name)
}

impl OutcomeView {
    fn new(outcome: &Outcome) -> Self {
        let absent = |version: &str| match version {
            "" => "absent".to_owned(),
            version => version.to_owned(),
        };
        Self {
            changes: outcome
                .changes
                .iter()
                .map(|c| (c.name.clone(), c.arch.clone(), absent(&c.before), absent(&c.after)))
                .collect(),
            units_lost: outcome.units_lost.clone(),
            conffiles_kept: outcome.conffiles_kept.clone(),
            exit_code: outcome.exit_code.map(|code| code.to_string()).unwrap_or_default(),
            before: outcome.before.short(),
            after: outcome.after.short(),
            is_changed: outcome.before != outcome.after,
            attempt: outcome.attempt,
            tail: outcome.output_tail.clone(),
        }
    }
}
