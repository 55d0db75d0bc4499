//! Changes: what people plan, read, sign and stop.

pub mod approve;
pub mod draft;
pub mod facts;

use crate::app::{Actor, App, event};
use crate::error::ApiError;
use crate::runs;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use facts::Facts;
use model::ChangeId;
use model::change::{ChangeLine, ChangeView};
use model::problem::{Problem, Severity};
use model::run::RunState;
use model::wire::{OrderDraft, StopRequest};
use std::collections::BTreeMap;
use store::{TenantScope, View};

pub use approve::approve;
pub use draft::{plan, undo};

/// Changes that a list holds at most; older ones are reached by their ids.
pub const CHANGES_MAX: u32 = 500;

/// Returns the newest changes, newest first: three queries, however many there are.
pub fn list(app: &App, scope: &TenantScope) -> Result<Vec<ChangeLine>, ApiError> {
    let now = app.now();
    app.read(|view| {
        let mut runs_of: BTreeMap<ChangeId, Vec<_>> = BTreeMap::new();
        for run in store::runs::of_newest(view, scope, CHANGES_MAX)? {
            runs_of.entry(run.change).or_default().push(run);
        }
        let mut approvals_of: BTreeMap<ChangeId, Vec<_>> = BTreeMap::new();
        for (change, approval) in store::changes::approvals_of_newest(view, scope, CHANGES_MAX)? {
            approvals_of.entry(change).or_default().push(approval);
        }
        store::changes::list(view, scope, CHANGES_MAX)?
            .into_iter()
            .map(|row| {
                let runs = runs_of.remove(&row.change).unwrap_or_default();
                let approvals = approvals_of.remove(&row.change).unwrap_or_default();
                let state = facts::state(&row, &approvals, &runs, now);
                let over = runs.iter().filter(|run| run.state.is_over()).count();
                Ok(ChangeLine {
                    id: row.change,
                    title: row.title,
                    state,
                    created_at: row.created_at,
                    hosts: row.hosts,
                    packages: row.packages,
                    runs_over: u32::try_from(over).unwrap_or(u32::MAX),
                })
            })
            .collect()
    })
}

/// Returns one change.
pub fn get(app: &App, scope: &TenantScope, change: ChangeId) -> Result<ChangeView, ApiError> {
    app.read(|view| to_view(app, view, scope, change))
}

/// Finds a change by its id, or by the first six or more digits of it.
///
/// # Errors
/// `NotFound`, or `BadInput` when several begin like that.
pub fn find(app: &App, scope: &TenantScope, text: &str) -> Result<ChangeId, ApiError> {
    if let Ok(change) = text.parse::<ChangeId>() {
        return Ok(change);
    }
    let prefix = format!("change_{}", text.strip_prefix("change_").unwrap_or(text));
    let found = app.read(|view| Ok(store::changes::with_prefix(view, scope, &prefix)?))?;
    runs::only_one(&found, text, (&prefix, "change"))
}

/// Returns what an approver needs to build and sign the order.
pub fn order_draft(
    app: &App,
    scope: &TenantScope,
    change: ChangeId,
) -> Result<OrderDraft, ApiError> {
    let trusted = crate::trusted::roster(app)?;
    app.read(|view| {
        let row = store::changes::get(view, scope, change)?;
        let plan = store::changes::plan(view, scope, row.plan)?;
        let next_serial = match &row.order {
            Some(order) => order.serial,
            None => store::tenants::order_serial(view, scope)? + 1,
        };
        Ok(OrderDraft {
            plan: STANDARD.encode(plan),
            tenant_root_hash: trusted.stored.root_hash,
            next_serial,
            envelope: row.order.map(|order| order.envelope),
        })
    })
}

/// Stops a change: hosts at work finish, nothing new starts. Needs no signature.
///
/// # Errors
/// `NotFound`. Stopping twice is stopping once.
pub fn stop(
    app: &App,
    actor: &Actor,
    change: ChangeId,
    request: StopRequest,
) -> Result<(), ApiError> {
    let now = app.now();
    let (scope, person) = (actor.scope, actor.person.clone());
    app.write(move |tx| {
        store::changes::get(&tx, &scope, change)?;
        if !store::changes::stop(&tx, &scope, change, (&person, now))? {
            return tx.commit_without_event(());
        }
        // What no host has taken up yet is not handed out any more.
        for run in store::runs::of_change(&tx, &scope, change)? {
            if run.state == RunState::Ordered {
                store::deliveries::close(&tx, &scope, run.run, now)?;
            }
        }
        let detail = serde_json::json!({ "reason": request.reason });
        let stopped = event(now, &person, "change.stopped", &change.to_string(), detail);
        tx.record(&scope, &stopped)?.commit(())
    })
}

fn to_view(
    app: &App,
    view: &View<'_>,
    scope: &TenantScope,
    change: ChangeId,
) -> Result<ChangeView, ApiError> {
    let facts = Facts::read(view, scope, change)?;
    let state = facts.state(app.now());
    let runs = facts
        .runs
        .iter()
        .map(|run| runs::to_view(app, view, scope, (&facts, run)))
        .collect::<Result<_, _>>()?;
    let mut notes = facts.row.notes.clone();
    notes.extend(vault_problems(&facts));
    Ok(ChangeView {
        id: change,
        title: facts.row.title,
        state,
        created_at: facts.row.created_at,
        created_by: facts.row.created_by,
        plan_digest: facts.row.plan,
        plan: facts.plan,
        notes,
        approvals: facts.approvals,
        order: facts.row.order.as_ref().map(|order| order.order),
        not_after: facts.row.order.as_ref().map(|order| order.not_after),
        runs,
    })
}

/// Files of the plan that the vault tried to fetch and could not.
fn vault_problems(facts: &Facts) -> Vec<Problem> {
    let mut problems: Vec<Problem> = facts
        .wanted
        .values()
        .filter(|object| !object.problem.is_empty() && facts.names(object.artifact.sha256))
        .map(|object| {
            let file = crate::vault::file_name(&object.artifact.uri);
            let text = format!("could not be fetched: {}", object.problem);
            Problem::new(Severity::Warning, file, &text).hint(crate::vault::hint(&object.problem))
        })
        .collect();
    problems.sort();
    problems
}
