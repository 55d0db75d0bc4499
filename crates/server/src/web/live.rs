//! `/live`: tells open pages that something changed, as server-sent events. What changed is not told:
//! the page is fetched again, so that there is one way to render it.

use crate::app::App;
use crate::auth::{self, Caller, Via};
use crate::http::Web;
use crate::web::page::blocking;
use axum::extract::{Extension, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{Stream, unfold};
use model::Digest;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Changes closer together than this are told once.
const TELL_PAUSE: Duration = Duration::from_millis(300);
/// How often the session is looked at while nothing changes; also keeps proxies from closing.
const LOOK_EVERY: Duration = Duration::from_secs(20);

/// One open page.
struct Watcher {
    app: Arc<App>,
    session: Option<Digest>,
    changed: watch::Receiver<u64>,
    stopping: watch::Receiver<bool>,
}

pub(crate) async fn stream(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let session = match caller.via {
        Via::Session { hash, .. } => Some(hash),
        Via::Token => None,
    };
    let watcher = Watcher {
        changed: web.app.changed.subscribe(),
        stopping: web.app.stopping.subscribe(),
        app: Arc::clone(&web.app),
        session,
    };
    let stream = unfold(watcher, |mut watcher| async {
        let event = watcher.next().await?;
        Some((Ok(event), watcher))
    });
    Sse::new(stream).keep_alive(KeepAlive::new().interval(LOOK_EVERY))
}

impl Watcher {
    /// Returns the next thing to tell; `None` ends the stream: the session is over, or the server stops.
    async fn next(&mut self) -> Option<Event> {
        let mut is_woken = false;
        while !is_woken {
            is_woken = tokio::select! {
                woken = self.changed.changed() => woken.ok().map(|()| true)?,
                () = tokio::time::sleep(LOOK_EVERY) => false,
                _ = self.stopping.wait_for(|stopping| *stopping) => return None,
            };
            if !self.is_good().await {
                return None;
            }
        }
        tokio::time::sleep(TELL_PAUSE).await;
        let count = *self.changed.borrow_and_update();
        Some(Event::default().event("changed").data(count.to_string()))
    }

    async fn is_good(&self) -> bool {
        let Some(hash) = self.session else { return false };
        blocking(&self.app, move |app| Ok::<_, crate::error::ApiError>(auth::is_good(app, hash)))
            .await
            .unwrap_or(false)
    }
}

#[cfg(test)]
mod tests;
