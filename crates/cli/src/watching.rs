//! A change while it is carried out: what `watch` shows and when it ends. Pure: `now` is given.

use crate::output::table;
use crate::render;
use jiff::tz::TimeZone;
use model::change::{ChangeState, ChangeView};
use model::outcome::RunEnd;
use model::run::{RunState, RunView, WaitingOn};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Answer of the long poll.
#[derive(Debug, Deserialize)]
pub(crate) struct Watched {
    pub cursor: u64,
    pub change: ChangeView,
}

/// Whether there is anything left to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    GoesOn,
    AllSucceeded,
    /// Some failed, were refused, or will never start.
    NotAll,
}

/// Returns whether waiting on makes sense. A halted or stopped change is over once no host is at work:
/// only a person moves it again.
pub(crate) fn verdict(change: &ChangeView) -> Verdict {
    let nobody_works = change
        .runs
        .iter()
        .all(|run| run.state.is_over() || matches!(run.state, RunState::Ordered | RunState::Lost));
    match &change.state {
        ChangeState::Planned { .. } | ChangeState::Approved | ChangeState::Running => {
            Verdict::GoesOn
        }
        ChangeState::Completed { failed: 0, .. } => Verdict::AllSucceeded,
        ChangeState::Completed { .. } | ChangeState::Expired => Verdict::NotAll,
        ChangeState::Halted { .. } | ChangeState::Stopped { .. } if nobody_works => Verdict::NotAll,
        ChangeState::Halted { .. } | ChangeState::Stopped { .. } => Verdict::GoesOn,
    }
}

/// Renders the whole picture for a terminal.
pub(crate) fn picture(change: &ChangeView, zone: &TimeZone, now: i64) -> Vec<String> {
    let mut lines = vec![
        format!("{}  {}", change.id, change.title),
        format!("{}  ({})", render::state(&change.state), clock_time(now, zone)),
        String::new(),
    ];
    let rows: Vec<Vec<String>> = change.runs.iter().map(|run| row(run, zone, now)).collect();
    if rows.is_empty() {
        lines.push("no host has this order yet".to_owned());
    } else {
        let head = &["HOST", "STATE", "FOR", "PROGRESS", "NOW"];
        lines.extend(table(head, &rows).lines().map(str::to_owned));
    }
    lines
}

fn row(run: &RunView, zone: &TimeZone, now: i64) -> Vec<String> {
    let end = if run.state.is_over() { run.since } else { now };
    let start = if run.state.is_over() { began(run) } else { run.since };
    vec![
        run.host_name.clone(),
        run.state.word().to_owned(),
        span(end - start),
        bar(run),
        doing(run, zone, now),
    ]
}

/// For a run that is over, the time that counts is the whole run's.
fn began(run: &RunView) -> i64 {
    let begun = run.history.iter().find(|(state, _)| !matches!(state, RunState::Ordered));
    begun.map_or(run.since, |(_, at)| *at)
}

fn span(secs: i64) -> String {
    let secs = secs.max(0);
    match (secs / 3_600, secs / 60 % 60, secs % 60) {
        (0, minutes, secs) => format!("{minutes}:{secs:02}"),
        (hours, minutes, secs) => format!("{hours}:{minutes:02}:{secs:02}"),
    }
}

/// Shares of the present state, or empty where its length is not known.
fn bar(run: &RunView) -> String {
    const CELLS: u64 = 16;
    if matches!(run.state, RunState::Ended { end: RunEnd::Succeeded }) {
        return "[################] 100%".to_owned();
    }
    if run.total == 0 || run.state.is_over() {
        return String::new();
    }
    let done = run.done.min(run.total);
    let full = u128::from(done) * u128::from(CELLS) / u128::from(run.total);
    let full = usize::try_from(full).unwrap_or(0);
    let percent = u128::from(done) * 100 / u128::from(run.total);
    format!("[{:16}] {percent:3}%", "#".repeat(full))
}

/// What it does or what it waits for.
fn doing(run: &RunView, zone: &TimeZone, now: i64) -> String {
    if let Some(first) = render::why(&run.state).into_iter().next() {
        return first;
    }
    match &run.waiting_on {
        Some(waiting) if !run.state.is_over() => waits(waiting, zone, now),
        _ => run.note.clone(),
    }
}

fn waits(waiting: &WaitingOn, zone: &TimeZone, now: i64) -> String {
    let more = match waiting {
        WaitingOn::HostSilent { since } => format!(" for {}", model::plan::age(now - since)),
        WaitingOn::Window { opens_at } => format!(" at {}", crate::signing::local(*opens_at, zone)),
        WaitingOn::WaveStart { start_at } => {
            format!(" at {}", crate::signing::local(*start_at, zone))
        }
        WaitingOn::SlotFull { .. }
        | WaitingOn::Stopped { .. }
        | WaitingOn::Halted { .. }
        | WaitingOn::Vault { .. }
        | WaitingOn::PackageManager
        | WaitingOn::Server
        | WaitingOn::HostTrouble { .. } => String::new(),
    };
    format!("waits for {waiting}{more}")
}

fn clock_time(at: i64, zone: &TimeZone) -> String {
    jiff::Timestamp::from_second(at).map_or_else(
        |_| String::new(),
        |at| at.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string(),
    )
}

/// Remembers what was told, so that plain output has one line for each thing that is new.
#[derive(Debug, Default)]
pub(crate) struct Told {
    change: String,
    runs: BTreeMap<String, String>,
}

impl Told {
    /// Returns the lines that are new since the last call.
    pub(crate) fn news(&mut self, change: &ChangeView, zone: &TimeZone, now: i64) -> Vec<String> {
        let mut lines = Vec::new();
        let state = render::state(&change.state);
        if self.change != state {
            lines.push(format!("{}  {state}", clock_time(now, zone)));
            self.change = state;
        }
        for run in &change.runs {
            let waiting = run.waiting_on.as_ref().filter(|_| !run.state.is_over());
            let waiting = waiting.map(|w| format!("  (waits for {w})")).unwrap_or_default();
            let text = format!("{}{waiting}", run.state.word());
            if self.runs.get(&run.host_name) == Some(&text) {
                continue;
            }
            lines.push(format!("{}  {}  {text}", clock_time(now, zone), run.host_name));
            lines.extend(render::why(&run.state).into_iter().map(|line| format!("  {line}")));
            self.runs.insert(run.host_name.clone(), text);
        }
        lines
    }
}

#[cfg(test)]
mod tests;
