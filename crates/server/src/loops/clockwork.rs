//! What happens because time passes: last-seen times are written, orders run out, silent runs are lost,
//! certificates and sessions are renewed and swept.

use crate::app::{App, event};
use crate::error::ApiError;
use model::run::RunState;
use store::changes::ChangeRow;
use store::runs::RunRow;

/// Sessions live this long at most, in seconds.
const SESSION_SECS: i64 = 12 * 3_600;
/// And this long without use.
const SESSION_IDLE_SECS: i64 = 30 * 60;

/// Writes when hosts were last heard. Heartbeats are not writes; this is their sum.
pub(crate) fn flush_seen(app: &App) -> Result<(), ApiError> {
    let seen = app.fleet.take_seen();
    if seen.is_empty() {
        return Ok(());
    }
    let scope = app.tenant();
    app.store.write(move |tx| {
        store::hosts::put_seen(&tx, &scope, &seen)?;
        tx.commit_without_event(())
    })
}

/// Lets orders expire and counts silent runs at work as lost.
pub(crate) fn turn(app: &App) -> Result<(), ApiError> {
    app.exposures.forget_past();
    let (scope, now) = (app.tenant(), app.now());
    let (changes, runs) = app
        .read(|view| Ok((store::changes::open(view, &scope)?, store::runs::open(view, &scope)?)))?;
    for change in changes.into_iter().filter(|c| is_past(c, now)) {
        expire(app, &change, now)?;
    }
    for run in runs {
        let heard_at = app.fleet.get(run.host).map_or(0, |cell| cell.seen_at());
        if decide::gap::is_lost(&run.state, heard_at.max(run.heard_at), now)
            && run.state != RunState::Lost
        {
            lose(app, run, now)?;
        }
    }
    Ok(())
}

/// Makes the gateway's next certificate and sweeps what nobody can use any more.
pub(crate) fn keep_house(app: &App) -> Result<(), ApiError> {
    let now = app.now();
    app.gateway_key.renew(&app.ca, app.gateway_host(), now)?;
    app.store.write(move |tx| {
        let oldest = (now - SESSION_SECS, now - SESSION_IDLE_SECS);
        store::sessions::sweep(&tx, now, oldest)?;
        tx.commit_without_event(())
    })
}

fn is_past(change: &ChangeRow, now: i64) -> bool {
    change.order.as_ref().is_some_and(|order| order.not_after < now)
}

fn expire(app: &App, change: &ChangeRow, now: i64) -> Result<(), ApiError> {
    let (scope, id, was_approved) = (app.tenant(), change.change, change.approved_at.is_some());
    app.write(move |tx| {
        let runs = store::runs::of_change(&tx, &scope, id)?;
        store::changes::expire(&tx, &scope, id, now)?;
        for run in runs.iter().filter(|run| run.state == RunState::Ordered) {
            store::deliveries::close(&tx, &scope, run.run, now)?;
        }
        // A change whose runs are all over ended long before its order did.
        if was_approved && runs.iter().all(|run| run.state.is_over()) {
            return tx.commit_without_event(());
        }
        let waiting = runs.iter().filter(|run| !run.state.is_over()).count();
        let detail = serde_json::json!({ "not_begun": waiting });
        let expired = event(now, "server", "change.expired", &id.to_string(), detail);
        tx.record(&scope, &expired)?.commit(())
    })
}

fn lose(app: &App, run: RunRow, now: i64) -> Result<(), ApiError> {
    let scope = app.tenant();
    app.write(move |tx| {
        let current = store::runs::get(&tx, &scope, run.run)?;
        if current != run {
            // The host spoke in between.
            return tx.commit_without_event(());
        }
        let detail = serde_json::json!({ "was": run.state.word(), "heard_at": run.heard_at });
        let lost = RunRow { state: RunState::Lost, since: now, waiting_on: None, ..run };
        store::runs::update(&tx, &scope, &lost)?;
        let event = event(now, "server", "run.lost", &lost.run.to_string(), detail);
        tx.record(&scope, &event)?.commit(())
    })
}
