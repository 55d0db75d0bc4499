//! Fetches what the vault wants: ways back before new files, each once, a few at a time.

use crate::app::{App, event};
use crate::error::ApiError;
use crate::gateway::blocking;
use crate::vault::{closes, fetch};
use model::Digest;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use store::vault::ObjectRow;
use tokio::task::JoinSet;

/// Fetches at once.
const FETCHES_MAX: usize = 4;
/// Wanted files looked at per turn.
const DUE_MAX: u32 = 64;
/// Between two looks when nobody wakes it: a failed file's time may have come.
const TICK_SECS: u64 = 5;
/// First wait after a failed fetch, in seconds; doubled each time.
const RETRY_SECS: i64 = 5;
const RETRY_SECS_MAX: i64 = 900;

/// Runs until the server stops.
pub(crate) async fn run(app: Arc<App>) {
    let mut stopping = app.stopping.subscribe();
    let mut fetches: JoinSet<Digest> = JoinSet::new();
    let mut at_work: BTreeMap<Digest, u32> = BTreeMap::new();
    loop {
        for object in due(&app).await {
            let rank = object.rank;
            // New files wait until no way back is being fetched or due: mirrors drop old versions.
            let is_blocked = at_work.values().any(|other| *other < rank);
            if at_work.len() >= FETCHES_MAX || is_blocked {
                break;
            }
            if at_work.insert(object.artifact.sha256, rank).is_none() {
                let app = Arc::clone(&app);
                fetches.spawn(async move { fetch_one(app, object).await });
            }
        }
        tokio::select! {
            Some(done) = fetches.join_next() => match done {
                Ok(sha256) => { at_work.remove(&sha256); }
                // A panic does not say whose it was; all that is at work is looked at again.
                Err(_) => at_work.clear(),
            },
            () = app.vault.woken() => {}
            () = tokio::time::sleep(Duration::from_secs(TICK_SECS)) => {}
            _ = stopping.wait_for(|stop| *stop) => return,
        }
    }
}

async fn due(app: &Arc<App>) -> Vec<ObjectRow> {
    let looking = Arc::clone(app);
    let found = blocking(move || {
        let (scope, now) = (looking.tenant(), looking.now());
        looking.read(|view| Ok(store::vault::due(view, &scope, (now, DUE_MAX))?))
    });
    found.await.unwrap_or_else(|error| {
        tracing::error!(detail = %error.detail, "could not read what the vault wants");
        Vec::new()
    })
}

async fn fetch_one(app: Arc<App>, object: ObjectRow) -> Digest {
    let sha256 = object.artifact.sha256;
    let settled = blocking(move || {
        let fetched = fetch::fetch(&app.vault, &object.artifact);
        settle(&app, object, fetched.map_err(|e| e.text()))
    });
    if let Err(error) = settled.await {
        tracing::error!(detail = %error.detail, "could not store how a fetch went: {}", error.said);
    }
    sha256
}

/// Stores how a fetch went. Only the first of several failures is an event; each is shown.
fn settle(app: &App, object: ObjectRow, fetched: Result<(), String>) -> Result<(), ApiError> {
    let (scope, now) = (app.tenant(), app.now());
    let is_held = fetched.is_ok();
    let new = (is_held && object.rank > 0).then(|| object.artifact.clone());
    app.write(move |tx| {
        let sha256 = object.artifact.sha256;
        let name = sha256.to_string();
        let Err(problem) = fetched else {
            store::vault::put_held(&tx, &scope, sha256, now)?;
            let detail = serde_json::json!({
                "uri": object.artifact.uri, "bytes": object.artifact.size_bytes,
            });
            let held = event(now, "server", "vault.stored", &name, detail);
            return tx.record(&scope, &held)?.commit(());
        };
        let wait = RETRY_SECS.saturating_mul(1 << object.tries.min(16)).min(RETRY_SECS_MAX);
        store::vault::put_failed(&tx, &scope, sha256, (&problem, now + wait))?;
        if object.tries > 0 {
            return tx.commit_without_event(());
        }
        let detail = serde_json::json!({ "uri": object.artifact.uri, "problem": problem });
        let failed = event(now, "server", "vault.failed", &name, detail);
        tx.record(&scope, &failed)?.commit(())
    })?;
    if is_held {
        app.vault.has_arrived();
    }
    // Nobody waits for this: the file is there, and what it closes is only told.
    new.map_or(Ok(()), |artifact| closes::learn(app, &artifact))
}
