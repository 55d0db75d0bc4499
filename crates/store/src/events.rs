//! The record: each tenant's events, chained by leaf hashes. Written only through `Tx::record`.

use crate::error::StoreError;
use crate::row;
use crate::scope::TenantScope;
use crate::tx::{NewEvent, Tx, View};
use model::Digest;
use model::event::Event;
use rusqlite::params;

/// Appends an event; only `Tx::record` calls it.
pub(crate) fn append(tx: &Tx<'_>, scope: &TenantScope, new: &NewEvent) -> Result<(), StoreError> {
    let (last, prev) = head(tx, scope)?;
    let event = Event {
        seq: last + 1,
        at: new.at,
        actor: new.actor.clone(),
        action: new.action.to_owned(),
        object: new.object.clone(),
        detail: new.detail.clone(),
        prev,
        leaf: None,
    };
    let bytes = serde_json::to_vec(&event)?;
    let leaf = trust::record::leaf_hash(&bytes);
    tx.conn
        .prepare_cached("INSERT INTO events (tenant, seq, leaf, leaf_hash) VALUES (?, ?, ?, ?)")?
        .execute(params![scope.key(), row::stored(event.seq), bytes, leaf.to_string()])?;
    Ok(())
}

/// Returns the newest event's number and leaf hash; 0 and all zero where there is none.
pub fn head(view: &View<'_>, scope: &TenantScope) -> Result<(u64, Digest), StoreError> {
    let found = view
        .conn
        .prepare_cached(
            "SELECT seq, leaf_hash FROM events WHERE tenant = ? ORDER BY seq DESC LIMIT 1",
        )?
        .query_row([scope.key()], |r| Ok((row::count(r, 0)?, row::parsed(r, 1)?)));
    Ok(row::one_if(found)?.unwrap_or((0, Digest([0; 32]))))
}

/// Returns at most `limit` events after number `after`, oldest first.
pub fn list(
    view: &View<'_>,
    scope: &TenantScope,
    after: u64,
    limit: u32,
) -> Result<Vec<Event>, StoreError> {
    leaves(view, scope, after, limit)?
        .into_iter()
        .map(|(bytes, leaf)| {
            let mut event: Event = serde_json::from_slice(&bytes)?;
            event.leaf = Some(leaf);
            Ok(event)
        })
        .collect()
}

/// Returns the stored bytes of events with their leaf hashes, oldest first; for whoever verifies.
pub fn leaves(
    view: &View<'_>,
    scope: &TenantScope,
    after: u64,
    limit: u32,
) -> Result<Vec<(Vec<u8>, Digest)>, StoreError> {
    let mut statement = view.conn.prepare_cached(
        "SELECT leaf, leaf_hash FROM events WHERE tenant = ? AND seq > ? ORDER BY seq LIMIT ?",
    )?;
    let rows = statement
        .query_map(params![scope.key(), row::stored(after), limit], |r| {
            Ok((r.get(0)?, row::parsed(r, 1)?))
        })?
        .collect::<Result<_, _>>()?;
    Ok(rows)
}
