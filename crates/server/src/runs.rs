//! Runs: how each host's part stands. What agents tell is taken here; what people see is made here.

pub mod told;

use crate::app::App;
use crate::changes::facts::{Facts, objects};
use crate::error::ApiError;
use decide::gap::WaitInput;
use model::run::{RunState, RunView, WaitingOn};
use model::{HostId, RunId};
use store::runs::RunRow;
use store::{TenantScope, View};

/// Digits of an id that a person must type at least.
const PREFIX_DIGITS_MIN: usize = 6;

/// Returns one run.
pub fn get(app: &App, scope: &TenantScope, run: RunId) -> Result<RunView, ApiError> {
    app.read(|view| {
        let row = store::runs::get(view, scope, run)?;
        let facts = Facts::read(view, scope, row.change)?;
        to_view(app, view, scope, (&facts, &row))
    })
}

/// Returns a host's newest runs, newest first.
pub fn of_host(
    app: &App,
    scope: &TenantScope,
    host: HostId,
    limit: u32,
) -> Result<Vec<RunView>, ApiError> {
    app.read(|view| {
        store::runs::of_host(view, scope, host, limit)?
            .iter()
            .map(|row| {
                let facts = Facts::read(view, scope, row.change)?;
                to_view(app, view, scope, (&facts, row))
            })
            .collect()
    })
}

/// Finds a run by its id, or by the first six or more digits of it.
///
/// # Errors
/// `NotFound`, or `BadInput` when several begin like that.
pub fn find(app: &App, scope: &TenantScope, text: &str) -> Result<RunId, ApiError> {
    if let Ok(run) = text.parse::<RunId>() {
        return Ok(run);
    }
    let prefix = format!("run_{}", text.strip_prefix("run_").unwrap_or(text));
    let found = app.read(|view| Ok(store::runs::with_prefix(view, scope, &prefix)?))?;
    only_one(&found, text, (&prefix, "run"))
}

/// Returns the only id that begins like `prefix`.
pub(crate) fn only_one<T: Copy>(
    found: &[T],
    text: &str,
    (prefix, kind): (&str, &str),
) -> Result<T, ApiError> {
    let digits = prefix.len().saturating_sub(kind.len() + 1);
    match found {
        _ if digits < PREFIX_DIGITS_MIN => {
            let said = format!("`{text}` is too short for a {kind}: {PREFIX_DIGITS_MIN} digits");
            Err(ApiError::bad_input("short_id", &said))
        }
        [only] => Ok(*only),
        [] => Err(ApiError::not_found(&format!("no {kind} begins with `{text}`"))),
        _ => {
            let said = format!("more than one {kind} begins with `{text}`");
            Err(ApiError::bad_input("ambiguous_id", &said).hint("type more of its digits"))
        }
    }
}

/// Makes a run's view from the facts of its change.
pub(crate) fn to_view(
    app: &App,
    view: &View<'_>,
    scope: &TenantScope,
    (facts, run): (&Facts, &RunRow),
) -> Result<RunView, ApiError> {
    let entry = facts.entry(run.host);
    Ok(RunView {
        run: run.run,
        change: run.change,
        order: run.order,
        host: run.host,
        host_name: entry.map(|entry| entry.name.clone()).unwrap_or_default(),
        state: run.state.clone(),
        since: run.since,
        waiting_on: waiting(app, view, scope, (facts, run))?,
        done: run.done,
        total: run.total,
        note: run.note.clone(),
        history: store::runs::history(view, scope, run.run)?,
        outcome: run.outcome.clone(),
        steps_total: run.steps_total,
        entry: run.entry,
    })
}

fn waiting(
    app: &App,
    view: &View<'_>,
    scope: &TenantScope,
    (facts, run): (&Facts, &RunRow),
) -> Result<Option<WaitingOn>, ApiError> {
    let (Some(order), Some(entry)) = (&facts.order, facts.entry(run.host)) else {
        return Ok(None);
    };
    let (host_seen_at, trouble) = match app.fleet.get(run.host) {
        Some(cell) => (cell.seen_at(), cell.trouble()),
        None => (store::hosts::get(view, scope, run.host)?.seen_at, String::new()),
    };
    // A host that cannot take the order up has no run to tell of: its polls say why.
    let is_troubled = run.state == RunState::Ordered && !trouble.is_empty();
    let troubled = is_troubled.then_some(WaitingOn::HostTrouble { text: trouble });
    let waiting = decide::gap::waiting(&WaitInput {
        now: app.now(),
        state: &run.state,
        told: troubled.as_ref().or(run.waiting_on.as_ref()),
        host_seen_at,
        order,
        entry,
        stopped_by: facts.stopped_by(),
        failures: facts.failures(),
    });
    let is_staging =
        matches!(run.state, RunState::Ordered | RunState::Assigned | RunState::Staging);
    let missing = || objects(entry).into_iter().find_map(|file| facts.wanted.get(&file));
    let may_say = matches!(waiting, None | Some(WaitingOn::Vault { .. } | WaitingOn::Server));
    Ok(match missing() {
        Some(object) if is_staging && may_say => {
            let file = crate::vault::file_name(&object.artifact.uri).to_owned();
            Some(WaitingOn::Vault { file })
        }
        _ => waiting,
    })
}
