//! Deliveries: which host is handed which part of which order, under a cursor that only rises.

use crate::error::StoreError;
use crate::row;
use crate::scope::TenantScope;
use crate::tx::{Tx, View};
use model::wire::Envelope;
use model::{ChangeId, Digest, HostId, RunId};
use rusqlite::params;

/// One host's part of a signed order, on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub cursor: u64,
    pub run: RunId,
    pub envelope: Envelope,
    /// The `PlanHost` bytes.
    pub entry: Vec<u8>,
}

/// What `insert` needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelivery {
    pub host: HostId,
    pub change: ChangeId,
    pub run: RunId,
    pub entry: Vec<u8>,
    pub not_after: i64,
    /// Vault files that the entry names.
    pub objects: Vec<Digest>,
}

/// Queues a part for its host; returns the cursor.
pub fn insert(tx: &Tx<'_>, scope: &TenantScope, new: &NewDelivery) -> Result<u64, StoreError> {
    let (host, run) = (new.host.to_string(), new.run.to_string());
    tx.conn
        .prepare_cached(
            "INSERT INTO deliveries (tenant, host, change, run, entry, not_after)
             VALUES (?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            scope.key(),
            host,
            new.change.to_string(),
            run,
            new.entry,
            new.not_after
        ])?;
    let cursor = tx.conn.last_insert_rowid();
    let mut statement = tx.conn.prepare_cached(
        "INSERT OR IGNORE INTO delivery_objects (host, sha256, run, tenant) VALUES (?, ?, ?, ?)",
    )?;
    for object in &new.objects {
        statement.execute(params![host, object.to_string(), run, scope.key()])?;
    }
    Ok(u64::try_from(cursor).unwrap_or(0))
}

/// Returns a host's open deliveries after `after`, oldest first, at most `limit`.
pub fn list(
    view: &View<'_>,
    scope: &TenantScope,
    host: HostId,
    (after, now, limit): (u64, i64, u32),
) -> Result<Vec<Delivery>, StoreError> {
    let mut statement = view.conn.prepare_cached(
        "SELECT d.cursor, d.run, c.envelope, d.entry FROM deliveries d
         JOIN changes c ON c.change = d.change AND c.tenant = d.tenant
         WHERE d.tenant = ? AND d.host = ? AND d.cursor > ? AND d.closed_at IS NULL
           AND d.not_after >= ? ORDER BY d.cursor LIMIT ?",
    )?;
    let rows = statement
        .query_map(params![scope.key(), host.to_string(), row::stored(after), now, limit], |r| {
            Ok(Delivery {
                cursor: row::count(r, 0)?,
                run: row::parsed(r, 1)?,
                envelope: row::document(r, 2)?,
                entry: r.get(3)?,
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(rows)
}

/// Returns each host's newest cursor; for the start of the server.
pub fn newest(view: &View<'_>, scope: &TenantScope) -> Result<Vec<(HostId, u64)>, StoreError> {
    let mut statement = view
        .conn
        .prepare("SELECT host, max(cursor) FROM deliveries WHERE tenant = ? GROUP BY host")?;
    let rows = statement
        .query_map([scope.key()], |r| Ok((row::parsed(r, 0)?, row::count(r, 1)?)))?
        .collect::<Result<_, _>>()?;
    Ok(rows)
}

/// Returns whether an open delivery of this host names the vault file.
pub fn names_object(
    view: &View<'_>,
    scope: &TenantScope,
    host: HostId,
    object: Digest,
) -> Result<bool, StoreError> {
    Ok(view
        .conn
        .prepare_cached(
            "SELECT 1 FROM delivery_objects WHERE tenant = ? AND host = ? AND sha256 = ?",
        )?
        .exists(params![scope.key(), host.to_string(), object.to_string()])?)
}

/// Closes a delivery: its run is over or its order ran out. Its files are no longer the host's to fetch.
pub fn close(tx: &Tx<'_>, scope: &TenantScope, run: RunId, now: i64) -> Result<(), StoreError> {
    let run = run.to_string();
    tx.conn
        .prepare_cached(
            "UPDATE deliveries SET closed_at = ?
             WHERE tenant = ? AND run = ? AND closed_at IS NULL",
        )?
        .execute(params![now, scope.key(), run])?;
    tx.conn
        .prepare_cached("DELETE FROM delivery_objects WHERE tenant = ? AND run = ?")?
        .execute(params![scope.key(), run])?;
    Ok(())
}
