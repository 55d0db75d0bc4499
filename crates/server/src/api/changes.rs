//! `/api/v1/changes`.

use crate::api::{Answer, nothing, number, read};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::http::Web;
use crate::web::page::blocking;
use crate::{changes, form};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, Path, RawQuery, State};
use model::ChangeId;
use model::change::{ChangeLine, ChangeView};
use model::wire::{
    ApproveAnswer, ApproveRequest, OrderDraft, POLL_SECS_MAX, PlanAnswer, PlanRequest, StopRequest,
};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use store::TenantScope;

/// Wait of a watch where the caller names none.
const WAIT_SECS_DEFAULT: u32 = 30;

pub(crate) async fn list(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
) -> Answer<Vec<ChangeLine>> {
    let scope = caller.actor.scope;
    blocking(&web.app, move |app| changes::list(app, &scope)).await.map(Json)
}

pub(crate) async fn plan(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    body: Bytes,
) -> Answer<PlanAnswer> {
    let request: PlanRequest = read(&body)?;
    let plan = move |app: &_| changes::plan(app, &caller.actor, request);
    let change = blocking(&web.app, plan).await?;
    Ok(Json(PlanAnswer { change }))
}

pub(crate) async fn get(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    Path(change): Path<String>,
) -> Answer<ChangeView> {
    let scope = caller.actor.scope;
    let change = move |app: &_| changes::get(app, &scope, changes::find(app, &scope, &change)?);
    blocking(&web.app, change).await.map(Json)
}

pub(crate) async fn order(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    Path(change): Path<String>,
) -> Answer<OrderDraft> {
    let scope = caller.actor.scope;
    let draft =
        move |app: &_| changes::order_draft(app, &scope, changes::find(app, &scope, &change)?);
    blocking(&web.app, draft).await.map(Json)
}

pub(crate) async fn approve(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    Path(change): Path<String>,
    body: Bytes,
) -> Answer<ApproveAnswer> {
    let request: ApproveRequest = read(&body)?;
    let approve = move |app: &_| {
        let change = changes::find(app, &caller.actor.scope, &change)?;
        changes::approve(app, &caller.actor, change, request.envelope)
    };
    blocking(&web.app, approve).await.map(Json)
}

pub(crate) async fn stop(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    Path(change): Path<String>,
    body: Bytes,
) -> Answer<serde_json::Value> {
    let request: StopRequest = if body.is_empty() { StopRequest::default() } else { read(&body)? };
    let stop = move |app: &_| {
        let change = changes::find(app, &caller.actor.scope, &change)?;
        changes::stop(app, &caller.actor, change, request)
    };
    blocking(&web.app, stop).await?;
    Ok(nothing())
}

/// Answer of a watch: the change, and what to pass as `after` next time.
#[derive(Debug, Serialize)]
pub(crate) struct Watched {
    cursor: u64,
    change: ChangeView,
}

/// Answers at once when the caller's cursor is not the present one, and otherwise when this change
/// differs, the wait is over, or the server stops.
pub(crate) async fn watch(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    Path(change): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer<Watched> {
    let pairs = form::Form(form::pairs(&query.unwrap_or_default()));
    let after: u64 = number(&pairs, "after", 0)?;
    let wait: u32 = number(&pairs, "wait", WAIT_SECS_DEFAULT)?;
    let scope = caller.actor.scope;
    let find = move |app: &_| changes::find(app, &scope, &change);
    let change = blocking(&web.app, find).await?;
    // Subscribed before reading, so that nothing that happens in between is missed.
    let mut changed = web.app.changed.subscribe();
    let mut stopping = web.app.stopping.subscribe();
    let seen = *changed.borrow_and_update();
    let first = look(&web, scope, change, seen).await?;
    if after != first.cursor {
        return Ok(Json(first));
    }
    let deadline = tokio::time::sleep(Duration::from_secs(wait.min(POLL_SECS_MAX).into()));
    let mut deadline = std::pin::pin!(deadline);
    let mut latest = first;
    loop {
        tokio::select! {
            () = deadline.as_mut() => return Ok(Json(latest)),
            _ = stopping.wait_for(|stopping| *stopping) => return Ok(Json(latest)),
            woken = changed.changed() => {
                if woken.is_err() {
                    return Ok(Json(latest));
                }
            }
        }
        let seen = *changed.borrow_and_update();
        let now = look(&web, scope, change, seen).await?;
        let differs = now.change != latest.change;
        latest = now;
        if differs {
            return Ok(Json(latest));
        }
    }
}

async fn look(
    web: &Arc<Web>,
    scope: TenantScope,
    change: ChangeId,
    seen: u64,
) -> Result<Watched, ApiError> {
    let change = blocking(&web.app, move |app| changes::get(app, &scope, change)).await?;
    // From 1, so that 0 always means "answer now", also right after a start.
    Ok(Watched { cursor: seen + 1, change })
}
