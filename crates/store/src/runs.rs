//! Runs: where each stands, its history, its permits, and what its host signed.

use crate::error::StoreError;
use crate::row;
use crate::scope::TenantScope;
use crate::tx::{Tx, View};
use model::outcome::Outcome;
use model::run::{RunState, WaitingOn};
use model::wire::Envelope;
use model::{ChangeId, Digest, HostId, OrderId, RunId};
use rusqlite::{OptionalExtension as _, Row, params};

/// A run as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    pub run: RunId,
    pub change: ChangeId,
    pub order: OrderId,
    pub host: HostId,
    /// Place in the plan.
    pub position: u32,
    pub entry: Digest,
    pub steps_total: u32,
    pub state: RunState,
    /// When the present state began.
    pub since: i64,
    /// When the host last told something of this run, by the server's clock.
    pub heard_at: i64,
    pub attempt: u32,
    /// Number of the newest progress that was taken.
    pub seq: u64,
    pub waiting_on: Option<WaitingOn>,
    pub done: u64,
    pub total: u64,
    pub note: String,
    pub outcome: Option<Outcome>,
}

/// What a host signed about a run, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    pub run: RunId,
    pub attempt: u32,
    pub host: HostId,
    /// Envelope type.
    pub kind: String,
    /// Digest of the payload bytes.
    pub payload: Digest,
    pub envelope: Envelope,
    pub stored_at: i64,
}

const COLUMNS: &str = "run, change, order_id, host, position, entry, steps_total, state, since,
    heard_at, attempt, seq, waiting_on, done, total, note, outcome FROM runs";

fn read(row: &Row<'_>) -> rusqlite::Result<RunRow> {
    Ok(RunRow {
        run: row::parsed(row, 0)?,
        change: row::parsed(row, 1)?,
        order: row::parsed(row, 2)?,
        host: row::parsed(row, 3)?,
        position: row::small(row, 4)?,
        entry: row::parsed(row, 5)?,
        steps_total: row::small(row, 6)?,
        state: row::document(row, 7)?,
        since: row.get(8)?,
        heard_at: row.get(9)?,
        attempt: row::small(row, 10)?,
        seq: row::count(row, 11)?,
        waiting_on: row::document_if(row, 12)?,
        done: row::count(row, 13)?,
        total: row::count(row, 14)?,
        note: row.get(15)?,
        outcome: row::document_if(row, 16)?,
    })
}

/// Returns one run.
pub fn get(view: &View<'_>, scope: &TenantScope, run: RunId) -> Result<RunRow, StoreError> {
    let sql = format!("SELECT {COLUMNS} WHERE tenant = ? AND run = ?");
    let found =
        view.conn.prepare_cached(&sql)?.query_row(params![scope.key(), run.to_string()], read);
    row::one(found, "run")
}

/// Returns a change's runs in the plan's order.
pub fn of_change(
    view: &View<'_>,
    scope: &TenantScope,
    change: ChangeId,
) -> Result<Vec<RunRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} WHERE tenant = ? AND change = ? ORDER BY position");
    query(view, &sql, params![scope.key(), change.to_string()])
}

/// Returns the runs of the newest `limit` changes, each change's in the plan's order: one query for a
/// whole list of changes.
pub fn of_newest(
    view: &View<'_>,
    scope: &TenantScope,
    limit: u32,
) -> Result<Vec<RunRow>, StoreError> {
    let newest = crate::changes::NEWEST;
    let sql =
        format!("SELECT {COLUMNS} WHERE tenant = ?1 AND change IN ({newest}) ORDER BY position");
    query(view, &sql, params![scope.key(), limit])
}

/// Returns a host's newest runs, newest first.
pub fn of_host(
    view: &View<'_>,
    scope: &TenantScope,
    host: HostId,
    limit: u32,
) -> Result<Vec<RunRow>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} WHERE tenant = ? AND host = ? ORDER BY since DESC, run LIMIT ?");
    query(view, &sql, params![scope.key(), host.to_string(), limit])
}

/// Returns the outcome of the host's newest run that has one, and when it was stored; none where that is
/// before `since`, by the server's clock.
pub fn last_outcome(
    view: &View<'_>,
    scope: &TenantScope,
    (host, since): (HostId, i64),
) -> Result<Option<(i64, Outcome)>, StoreError> {
    let mut statement = view.conn.prepare_cached(
        "SELECT since, outcome FROM runs
         WHERE tenant = ? AND host = ? AND since >= ? AND outcome IS NOT NULL AND is_over = 1
         ORDER BY since DESC, run LIMIT 1",
    )?;
    let found = statement
        .query_row(params![scope.key(), host.to_string(), since], |r| {
            Ok((r.get(0)?, row::document(r, 1)?))
        })
        .optional()?;
    Ok(found)
}

/// Returns every run that is not over.
pub fn open(view: &View<'_>, scope: &TenantScope) -> Result<Vec<RunRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} WHERE tenant = ? AND is_over = 0 ORDER BY run");
    query(view, &sql, params![scope.key()])
}

/// Returns the runs whose id begins with `prefix` (`run_` and hexadecimal digits), at most two.
pub fn with_prefix(
    view: &View<'_>,
    scope: &TenantScope,
    prefix: &str,
) -> Result<Vec<RunId>, StoreError> {
    let mut statement = view.conn.prepare_cached(
        "SELECT run FROM runs WHERE tenant = ? AND substr(run, 1, length(?2)) = ?2
         ORDER BY run LIMIT 2",
    )?;
    let rows = statement
        .query_map(params![scope.key(), prefix], |r| row::parsed(r, 0))?
        .collect::<Result<_, _>>()?;
    Ok(rows)
}

/// Adds a run and the first line of its history.
pub fn insert(tx: &Tx<'_>, scope: &TenantScope, new: &RunRow) -> Result<(), StoreError> {
    tx.conn
        .prepare_cached(
            "INSERT INTO runs (run, tenant, change, order_id, host, position, entry, steps_total, state,
               is_over, since, heard_at, attempt, seq, done, total, note)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            new.run.to_string(),
            scope.key(),
            new.change.to_string(),
            new.order.to_string(),
            new.host.to_string(),
            new.position,
            new.entry.to_string(),
            new.steps_total,
            row::text_of(&new.state)?,
            new.since,
            new.heard_at,
            new.attempt,
            row::stored(new.seq),
            row::stored(new.done),
            row::stored(new.total),
            new.note
        ])?;
    put_history(tx, scope, new.run, (&new.state, new.since))
}

/// Stores where a run stands now. Adds a line to its history when `state` is another one.
pub fn update(tx: &Tx<'_>, scope: &TenantScope, new: &RunRow) -> Result<(), StoreError> {
    let before = get(tx, scope, new.run)?;
    tx.conn
        .prepare_cached(
            "UPDATE runs SET state = ?, is_over = ?, since = ?, heard_at = ?, attempt = ?, seq = ?,
               waiting_on = ?, done = ?, total = ?, note = ?, outcome = ?
             WHERE tenant = ? AND run = ?",
        )?
        .execute(params![
            row::text_of(&new.state)?,
            new.state.is_over(),
            new.since,
            new.heard_at,
            new.attempt,
            row::stored(new.seq),
            new.waiting_on.as_ref().map(row::text_of).transpose()?,
            row::stored(new.done),
            row::stored(new.total),
            new.note,
            new.outcome.as_ref().map(row::text_of).transpose()?,
            scope.key(),
            new.run.to_string()
        ])?;
    if before.state == new.state {
        return Ok(());
    }
    put_history(tx, scope, new.run, (&new.state, new.since))
}

/// Returns each state of a run with the time it began, oldest first.
pub fn history(
    view: &View<'_>,
    scope: &TenantScope,
    run: RunId,
) -> Result<Vec<(RunState, i64)>, StoreError> {
    let mut statement = view.conn.prepare_cached(
        "SELECT state, at FROM run_history WHERE tenant = ? AND run = ? ORDER BY position",
    )?;
    let rows = statement
        .query_map(params![scope.key(), run.to_string()], |r| {
            Ok((row::document(r, 0)?, r.get(1)?))
        })?
        .collect::<Result<_, _>>()?;
    Ok(rows)
}

/// Returns the permit of a claim, if one was given.
pub fn permit(
    view: &View<'_>,
    scope: &TenantScope,
    (run, attempt): (RunId, u32),
) -> Result<Option<u64>, StoreError> {
    row::one_if(
        view.conn
            .prepare_cached(
                "SELECT permit_seq FROM permits WHERE tenant = ? AND run = ? AND attempt = ?",
            )?
            .query_row(params![scope.key(), run.to_string(), attempt], |r| row::count(r, 0)),
    )
}

/// Returns the runs of a change that hold a permit.
pub fn permitted(
    view: &View<'_>,
    scope: &TenantScope,
    change: ChangeId,
) -> Result<Vec<RunId>, StoreError> {
    let mut statement = view.conn.prepare_cached(
        "SELECT DISTINCT run FROM permits WHERE tenant = ? AND change = ? ORDER BY run",
    )?;
    let rows = statement
        .query_map(params![scope.key(), change.to_string()], |r| row::parsed(r, 0))?
        .collect::<Result<_, _>>()?;
    Ok(rows)
}

/// Returns a number higher than that of any permit given before.
pub fn next_permit_seq(view: &View<'_>) -> Result<u64, StoreError> {
    let sql = "SELECT coalesce(max(permit_seq), 0) + 1 FROM permits";
    Ok(view.conn.prepare_cached(sql)?.query_row([], |r| row::count(r, 0))?)
}

/// Gives a permit under the number that was decided on. One per run and attempt.
pub fn put_permit(
    tx: &Tx<'_>,
    scope: &TenantScope,
    change: ChangeId,
    (run, attempt): (RunId, u32),
    (permit_seq, now): (u64, i64),
) -> Result<(), StoreError> {
    tx.conn.execute(
        "INSERT INTO permits (permit_seq, tenant, change, run, attempt, granted_at)
         VALUES (?, ?, ?, ?, ?, ?)",
        params![
            row::stored(permit_seq),
            scope.key(),
            change.to_string(),
            run.to_string(),
            attempt,
            now
        ],
    )?;
    Ok(())
}

/// Returns whether there is such a run.
pub fn exists(view: &View<'_>, scope: &TenantScope, run: RunId) -> Result<bool, StoreError> {
    Ok(view
        .conn
        .prepare_cached("SELECT 1 FROM runs WHERE tenant = ? AND run = ?")?
        .exists(params![scope.key(), run.to_string()])?)
}

/// Returns what a host signed about a run's attempt.
pub fn signed(
    view: &View<'_>,
    scope: &TenantScope,
    (run, attempt): (RunId, u32),
) -> Result<Option<Signed>, StoreError> {
    let found = view.conn.query_row(
        "SELECT run, attempt, host, kind, payload, envelope, stored_at FROM signed
         WHERE tenant = ? AND run = ? AND attempt = ?",
        params![scope.key(), run.to_string(), attempt],
        |r| {
            Ok(Signed {
                run: row::parsed(r, 0)?,
                attempt: row::small(r, 1)?,
                host: row::parsed(r, 2)?,
                kind: r.get(3)?,
                payload: row::parsed(r, 4)?,
                envelope: row::document(r, 5)?,
                stored_at: r.get(6)?,
            })
        },
    );
    row::one_if(found)
}

/// Keeps what a host signed; a second one for the same attempt is a `Conflict`.
pub fn put_signed(tx: &Tx<'_>, scope: &TenantScope, signed: &Signed) -> Result<(), StoreError> {
    tx.conn.execute(
        "INSERT INTO signed (run, attempt, tenant, host, kind, payload, envelope, stored_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            signed.run.to_string(),
            signed.attempt,
            scope.key(),
            signed.host.to_string(),
            signed.kind,
            signed.payload.to_string(),
            row::text_of(&signed.envelope)?,
            signed.stored_at
        ],
    )?;
    Ok(())
}

fn put_history(
    tx: &Tx<'_>,
    scope: &TenantScope,
    run: RunId,
    (state, at): (&RunState, i64),
) -> Result<(), StoreError> {
    tx.conn
        .prepare_cached(
            "INSERT INTO run_history (run, position, tenant, state, at)
             SELECT ?1, coalesce(max(position), 0) + 1, ?2, ?3, ?4 FROM run_history WHERE run = ?1",
        )?
        .execute(params![run.to_string(), scope.key(), row::text_of(state)?, at])?;
    Ok(())
}

fn query(
    view: &View<'_>,
    sql: &str,
    params: &[&dyn rusqlite::ToSql],
) -> Result<Vec<RunRow>, StoreError> {
    let mut statement = view.conn.prepare_cached(sql)?;
    Ok(statement.query_map(params, read)?.collect::<Result<_, _>>()?)
}
