//! Loops: wake, look at the store, act. They take no input and hold no memory that matters, so that a
//! restart and normal running are one path.

mod clockwork;
mod fetching;

use crate::app::App;
use crate::error::ApiError;
use crate::exposures::keeper;
use crate::feeds;
use crate::gateway::blocking;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// Between two writes of when hosts were last heard.
const SEEN_SECS: u64 = 30;
/// Between two looks at what has run out.
const CLOCKWORK_SECS: u64 = 15;
/// Between two looks at the inbox and at which feeds are due.
const FEEDS_SECS: u64 = 10;
/// Between two looks at which releases are still repaired: that changes with the day.
const SUPPORT_SECS: u64 = 3_600;
/// Between two new certificates of the gateway, and two sweeps of old sessions.
const HOUSEKEEPING_SECS: u64 = 24 * 3_600;

/// Starts every loop; each ends once the server stops.
pub(crate) fn start(app: &Arc<App>) -> Vec<JoinHandle<()>> {
    vec![
        tokio::spawn(fetching::run(Arc::clone(app))),
        each(app, SEEN_SECS, clockwork::flush_seen),
        each(app, CLOCKWORK_SECS, clockwork::turn),
        each(app, HOUSEKEEPING_SECS, clockwork::keep_house),
        each(app, FEEDS_SECS, feeds::turn),
        each(app, SUPPORT_SECS, keeper::look_at_support),
    ]
}

/// Looks once at what has run out, as the loop does by itself; for tests, whose clocks jump.
///
/// # Errors
/// The store cannot be read or written.
pub fn turn(app: &App) -> Result<(), ApiError> {
    clockwork::turn(app)
}

/// Writes when hosts were last heard; called once more when the server stops.
pub(crate) fn flush_seen(app: &App) -> Result<(), ApiError> {
    clockwork::flush_seen(app)
}

fn each(app: &Arc<App>, secs: u64, act: fn(&App) -> Result<(), ApiError>) -> JoinHandle<()> {
    let app = Arc::clone(app);
    tokio::spawn(async move {
        let mut stopping = app.stopping.subscribe();
        loop {
            let rest = tokio::time::sleep(Duration::from_secs(secs));
            tokio::select! {
                () = rest => {}
                _ = stopping.wait_for(|stop| *stop) => return,
            }
            let turn = Arc::clone(&app);
            // A failed turn is told and tried again: it must not end the loop.
            if let Err(error) = blocking(move || act(&turn)).await {
                tracing::error!(error = error.error, detail = %error.detail, "{}", error.said);
            }
        }
    })
}
