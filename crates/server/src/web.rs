//! The console's pages: read, call, render. The HTML is `console`'s, the facts are those of the API.

pub(crate) mod changes;
pub(crate) mod exposures;
pub(crate) mod hosts;
pub(crate) mod live;
pub(crate) mod page;
pub(crate) mod sign_in;

use crate::auth::Caller;
use crate::error::ApiError;
use crate::http::Web;
use crate::{events as record, form};
use axum::extract::{Extension, Path, RawQuery, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use console::events::{EVENTS_PER_PAGE, EventsPage};
use console::overview::{OPEN_CHANGES_MAX, OverviewInput, OverviewPage};
use model::change::{ChangeLine, ChangeState};
use page::{PageResult, blocking, html, shell};
use std::sync::Arc;

/// Entries of the record on the overview.
const EVENTS_ON_OVERVIEW: usize = 6;
/// Among which they are looked for.
const EVENTS_LOOKED_AT: u32 = 200;

pub(crate) async fn overview(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
) -> PageResult {
    blocking(&web.app, move |app| {
        let scope = &caller.actor.scope;
        let hosts = crate::hosts::list(app, scope)?;
        let changes = crate::changes::list(app, scope)?;
        let open = changes
            .iter()
            .filter(|line| is_open(line))
            .take(OPEN_CHANGES_MAX)
            .map(|line| crate::changes::get(app, scope, line.id))
            .collect::<Result<Vec<_>, _>>()?;
        let mut events = record::newest(app, scope, EVENTS_LOOKED_AT)?;
        // Fetched files are many and say little here; the record has them.
        events.retain(|event| event.action != "vault.stored");
        events.truncate(EVENTS_ON_OVERVIEW);
        let input =
            OverviewInput { hosts: &hosts, changes: &changes, open: &open, events: &events };
        html(&OverviewPage::new(shell(app, &caller, ""), &input))
    })
    .await
}

fn is_open(line: &ChangeLine) -> bool {
    match &line.state {
        ChangeState::Planned { .. }
        | ChangeState::Approved
        | ChangeState::Running
        | ChangeState::Halted { .. } => true,
        // Hosts that were at work when a person stopped it still finish.
        ChangeState::Stopped { .. } => line.runs_over < line.hosts,
        ChangeState::Completed { .. } | ChangeState::Expired => false,
    }
}

pub(crate) async fn events(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> PageResult {
    let pairs = form::Form(form::pairs(&query.unwrap_or_default()));
    blocking(&web.app, move |app| {
        let scope = &caller.actor.scope;
        let newest = record::newest(app, scope, 1)?.first().map_or(0, |event| event.seq);
        // What is no number shows the newest: an address is a wish.
        let to = pairs.value("to").parse().unwrap_or(newest).clamp(0, newest);
        let per_page = u32::try_from(EVENTS_PER_PAGE).unwrap_or(u32::MAX);
        let after = to.saturating_sub(u64::from(per_page));
        let wanted = u32::try_from(to - after).unwrap_or(per_page);
        let events = record::list(app, scope, after, wanted)?;
        let hosts = crate::hosts::list(app, scope)?;
        html(&EventsPage::new(shell(app, &caller, ""), &events, newest, &hosts))
    })
    .await
}

/// Style sheet, script, icon: named by their content, kept by browsers for ever.
pub(crate) async fn asset(Path(name): Path<String>) -> PageResult {
    let path = format!("/assets/{name}");
    let found = console::asset::all().iter().find(|asset| asset.path == path);
    let asset = found.ok_or_else(|| ApiError::not_found("there is no such file"))?;
    let kept = HeaderValue::from_static("public, max-age=31536000, immutable");
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type)),
        (header::CACHE_CONTROL, kept),
    ];
    Ok((StatusCode::OK, headers, asset.body).into_response())
}
