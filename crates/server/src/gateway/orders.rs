//! Orders out: a long poll that costs nothing while it is parked. The database is asked only when the
//! host's doorbell rang.

use crate::app::App;
use crate::error::ApiError;
use crate::fleet::Cell;
use crate::gateway::blocking;
use crate::gateway::peer::Caller;
use crate::ids;
use axum::Json;
use axum::extract::{Query, State};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::wire::{OrderDelivery, OrdersAnswer, POLL_SECS_MAX};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use store::deliveries::Delivery;

/// Orders in one answer at most; agents size their buffers by it.
const ORDERS_MAX: u32 = 8;
/// A poll's wait is shortened by up to this part of it, so that a fleet does not answer in step.
const JITTER_PART: u32 = 16;

/// What a poll asks.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Poll {
    #[serde(default)]
    after: u64,
    #[serde(default)]
    wait: u32,
    /// Why the host could not take the last orders up.
    #[serde(default)]
    trouble: String,
}

/// `GET /agent/v1/orders?after=N&wait=S`
pub(crate) async fn orders(
    State(app): State<Arc<App>>,
    Caller(cell): Caller,
    Query(poll): Query<Poll>,
) -> Result<Json<OrdersAnswer>, ApiError> {
    if cell.note_trouble(&poll.trouble) {
        app.changed.send_modify(|count| *count += 1);
    }
    let mut doorbell = cell.doorbell.subscribe();
    let mut trusted = app.trusted_changed.subscribe();
    let mut stopping = app.stopping.subscribe();
    let wait = poll.wait.min(POLL_SECS_MAX);
    let wait = wait - ids::below(wait / JITTER_PART + 1);
    let deadline = tokio::time::sleep(Duration::from_secs(u64::from(wait)));
    tokio::pin!(deadline);
    let newest = *doorbell.borrow_and_update();
    // A cursor from before a restore is higher than any of ours: it starts again.
    let mut after = if poll.after > newest { 0 } else { poll.after };
    let mut tells_roster = after == 0;
    loop {
        let newest = *doorbell.borrow_and_update();
        let found = if newest > after { pending(&app, &cell, after).await? } else { Vec::new() };
        if !found.is_empty() {
            return Ok(Json(answer(&app, found, after, true)));
        }
        after = after.max(newest);
        let is_over = tokio::select! {
            () = &mut deadline => true,
            _ = stopping.wait_for(|stop| *stop) => true,
            _ = trusted.changed() => { tells_roster = true; true }
            rang = doorbell.changed() => rang.is_err(),
        };
        if is_over {
            cell.heard(app.now());
            return Ok(Json(answer(&app, Vec::new(), after, tells_roster)));
        }
    }
}

async fn pending(app: &Arc<App>, cell: &Arc<Cell>, after: u64) -> Result<Vec<Delivery>, ApiError> {
    let (app, cell) = (Arc::clone(app), Arc::clone(cell));
    blocking(move || {
        let now = app.now();
        app.read(|view| {
            let page = (after, now, ORDERS_MAX);
            Ok(store::deliveries::list(view, &cell.scope, cell.host, page)?)
        })
    })
    .await
}

/// The roster goes with every order, at the start, and at once to parked polls when it changes: a
/// revoked key is known before anything that it signed.
fn answer(app: &App, found: Vec<Delivery>, after: u64, tells_roster: bool) -> OrdersAnswer {
    let trusted = app.trusted().filter(|_| tells_roster);
    let cursor = found.last().map_or(after, |last| last.cursor);
    let orders = found
        .into_iter()
        .map(|delivery| OrderDelivery {
            envelope: delivery.envelope,
            entry: STANDARD.encode(delivery.entry),
        })
        .collect();
    OrdersAnswer {
        server_time: app.now(),
        restore_epoch: app.restore_epoch(),
        root: trusted.as_ref().map(|trusted| trusted.stored.root.clone()),
        roster: trusted.as_ref().map(|trusted| trusted.stored.roster.clone()),
        orders,
        cursor,
    }
}
