//! Changes with their plans, the order that people signed, and who signed it.

use crate::error::StoreError;
use crate::row;
use crate::scope::TenantScope;
use crate::tx::{Tx, View};
use model::change::Approval;
use model::problem::Problem;
use model::wire::Envelope;
use model::{ChangeId, Digest, OrderId};
use rusqlite::{Row, params};

/// A change as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRow {
    pub change: ChangeId,
    pub title: String,
    pub created_at: i64,
    pub created_by: String,
    pub plan: Digest,
    pub generation: u64,
    pub hosts: u32,
    pub packages: u32,
    /// What the plan's second reading found.
    pub notes: Vec<Problem>,
    pub order: Option<OrderRow>,
    /// Signatures that the roster asks for.
    pub need: u32,
    pub approved_at: Option<i64>,
    pub stopped: Option<(String, i64)>,
    pub expired_at: Option<i64>,
}

/// The signed order of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRow {
    pub order: OrderId,
    /// With all signatures collected so far.
    pub envelope: Envelope,
    /// Digest of the payload bytes.
    pub payload: Digest,
    pub serial: u64,
    pub not_before: i64,
    pub not_after: i64,
}

const COLUMNS: &str = "change, title, created_at, created_by, plan, generation, hosts, packages,
    notes, need, approved_at, stopped_by, stopped_at, expired_at, order_id, envelope, payload,
    serial, not_before, not_after FROM changes";

fn read(row: &Row<'_>) -> rusqlite::Result<ChangeRow> {
    let stopped_by: Option<String> = row.get(11)?;
    let stopped_at: Option<i64> = row.get(12)?;
    Ok(ChangeRow {
        change: row::parsed(row, 0)?,
        title: row.get(1)?,
        created_at: row.get(2)?,
        created_by: row.get(3)?,
        plan: row::parsed(row, 4)?,
        generation: row::count(row, 5)?,
        hosts: row::small(row, 6)?,
        packages: row::small(row, 7)?,
        notes: row::document(row, 8)?,
        need: row::small(row, 9)?,
        approved_at: row.get(10)?,
        stopped: stopped_by.zip(stopped_at),
        expired_at: row.get(13)?,
        order: read_order(row)?,
    })
}

fn read_order(row: &Row<'_>) -> rusqlite::Result<Option<OrderRow>> {
    let order: Option<String> = row.get(14)?;
    if order.is_none() {
        return Ok(None);
    }
    Ok(Some(OrderRow {
        order: row::parsed(row, 14)?,
        envelope: row::document(row, 15)?,
        payload: row::parsed(row, 16)?,
        serial: row::count(row, 17)?,
        not_before: row.get(18)?,
        not_after: row.get(19)?,
    }))
}

/// The ids of the newest changes, as `list` returns them: `?1` is the tenant, `?2` how many.
pub(crate) const NEWEST: &str =
    "SELECT change FROM changes WHERE tenant = ?1 ORDER BY created_at DESC, change LIMIT ?2";

/// Returns the newest `limit` changes, newest first.
pub fn list(
    view: &View<'_>,
    scope: &TenantScope,
    limit: u32,
) -> Result<Vec<ChangeRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} WHERE tenant = ? ORDER BY created_at DESC, change LIMIT ?");
    let mut statement = view.conn.prepare_cached(&sql)?;
    Ok(statement.query_map(params![scope.key(), limit], read)?.collect::<Result<_, _>>()?)
}

/// Returns one change.
pub fn get(
    view: &View<'_>,
    scope: &TenantScope,
    change: ChangeId,
) -> Result<ChangeRow, StoreError> {
    let sql = format!("SELECT {COLUMNS} WHERE tenant = ? AND change = ?");
    let found =
        view.conn.prepare_cached(&sql)?.query_row(params![scope.key(), change.to_string()], read);
    row::one(found, "change")
}

/// Returns the changes whose id begins with `prefix` (`change_` and hexadecimal digits), at most two.
pub fn with_prefix(
    view: &View<'_>,
    scope: &TenantScope,
    prefix: &str,
) -> Result<Vec<ChangeId>, StoreError> {
    let mut statement = view.conn.prepare_cached(
        "SELECT change FROM changes WHERE tenant = ? AND substr(change, 1, length(?2)) = ?2
         ORDER BY change LIMIT 2",
    )?;
    let rows = statement
        .query_map(params![scope.key(), prefix], |r| row::parsed(r, 0))?
        .collect::<Result<_, _>>()?;
    Ok(rows)
}

/// Returns changes that are approved and not yet stopped or expired: those the loops look at.
pub fn open(view: &View<'_>, scope: &TenantScope) -> Result<Vec<ChangeRow>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} WHERE tenant = ? AND expired_at IS NULL AND not_after IS NOT NULL
         ORDER BY created_at, change"
    );
    let mut statement = view.conn.prepare_cached(&sql)?;
    Ok(statement.query_map([scope.key()], read)?.collect::<Result<_, _>>()?)
}

/// Stores a plan and its change.
pub fn insert(
    tx: &Tx<'_>,
    scope: &TenantScope,
    change: &ChangeRow,
    plan_bytes: &[u8],
) -> Result<(), StoreError> {
    tx.conn.execute(
        "INSERT INTO plans (digest, tenant, change, generation, body) VALUES (?, ?, ?, ?, ?)",
        params![
            change.plan.to_string(),
            scope.key(),
            change.change.to_string(),
            row::stored(change.generation),
            plan_bytes
        ],
    )?;
    tx.conn.execute(
        "INSERT INTO changes (change, tenant, title, created_at, created_by, plan, generation, hosts,
           packages, notes, need) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            change.change.to_string(),
            scope.key(),
            change.title,
            change.created_at,
            change.created_by,
            change.plan.to_string(),
            row::stored(change.generation),
            change.hosts,
            change.packages,
            row::text_of(&change.notes)?,
            change.need
        ],
    )?;
    Ok(())
}

/// Returns a plan's bytes, exactly as they were made.
pub fn plan(view: &View<'_>, scope: &TenantScope, digest: Digest) -> Result<Vec<u8>, StoreError> {
    let found = view
        .conn
        .prepare_cached("SELECT body FROM plans WHERE tenant = ? AND digest = ?")?
        .query_row(params![scope.key(), digest.to_string()], |r| r.get(0));
    row::one(found, "plan")
}

/// Stores the order with its signatures; the first one fixes the payload.
pub fn put_order(
    tx: &Tx<'_>,
    scope: &TenantScope,
    change: ChangeId,
    order: &OrderRow,
) -> Result<(), StoreError> {
    let changed = tx.conn.execute(
        "UPDATE changes SET order_id = ?1, envelope = ?2, payload = ?3, serial = ?4, not_before = ?5,
           not_after = ?6
         WHERE tenant = ?7 AND change = ?8 AND (payload IS NULL OR payload = ?3)",
        params![
            order.order.to_string(),
            row::text_of(&order.envelope)?,
            order.payload.to_string(),
            row::stored(order.serial),
            order.not_before,
            order.not_after,
            scope.key(),
            change.to_string()
        ],
    )?;
    if changed == 0 {
        let text = "another order was already signed for this change".to_owned();
        return Err(StoreError::Conflict { text });
    }
    Ok(())
}

/// Notes a person's signature. Twice is once.
pub fn put_approval(
    tx: &Tx<'_>,
    scope: &TenantScope,
    change: ChangeId,
    approval: &Approval,
) -> Result<(), StoreError> {
    tx.conn.execute(
        "INSERT OR IGNORE INTO approvals (change, key_id, tenant, person, at) VALUES (?, ?, ?, ?, ?)",
        params![
            change.to_string(),
            approval.key_id,
            scope.key(),
            approval.person,
            approval.at
        ],
    )?;
    Ok(())
}

/// Returns who signed, earliest first.
pub fn approvals(
    view: &View<'_>,
    scope: &TenantScope,
    change: ChangeId,
) -> Result<Vec<Approval>, StoreError> {
    let mut statement = view.conn.prepare_cached(
        "SELECT person, key_id, at FROM approvals WHERE tenant = ? AND change = ? ORDER BY at, key_id",
    )?;
    let rows = statement
        .query_map(params![scope.key(), change.to_string()], |r| {
            Ok(Approval { person: r.get(0)?, key_id: r.get(1)?, at: r.get(2)? })
        })?
        .collect::<Result<_, _>>()?;
    Ok(rows)
}

/// Returns who signed the newest `limit` changes, with the change, earliest first: one query for a
/// whole list of changes.
pub fn approvals_of_newest(
    view: &View<'_>,
    scope: &TenantScope,
    limit: u32,
) -> Result<Vec<(ChangeId, Approval)>, StoreError> {
    let sql = format!(
        "SELECT person, key_id, at, change FROM approvals
         WHERE tenant = ?1 AND change IN ({NEWEST}) ORDER BY at, key_id"
    );
    let mut statement = view.conn.prepare_cached(&sql)?;
    let rows = statement
        .query_map(params![scope.key(), limit], |r| {
            let approval = Approval { person: r.get(0)?, key_id: r.get(1)?, at: r.get(2)? };
            Ok((row::parsed(r, 3)?, approval))
        })?
        .collect::<Result<_, _>>()?;
    Ok(rows)
}

/// Notes how many signatures are needed and, once there are enough, when that was.
pub fn put_need(
    tx: &Tx<'_>,
    scope: &TenantScope,
    change: ChangeId,
    (need, approved_at): (u32, Option<i64>),
) -> Result<(), StoreError> {
    tx.conn.execute(
        "UPDATE changes SET need = ?, approved_at = coalesce(approved_at, ?)
         WHERE tenant = ? AND change = ?",
        params![need, approved_at, scope.key(), change.to_string()],
    )?;
    Ok(())
}

/// Stops a change; returns whether it was not stopped before.
pub fn stop(
    tx: &Tx<'_>,
    scope: &TenantScope,
    change: ChangeId,
    (by, now): (&str, i64),
) -> Result<bool, StoreError> {
    let changed = tx.conn.execute(
        "UPDATE changes SET stopped_by = ?, stopped_at = ?
         WHERE tenant = ? AND change = ? AND stopped_at IS NULL",
        params![by, now, scope.key(), change.to_string()],
    )?;
    Ok(changed > 0)
}

/// Notes that a change's order ran out; returns whether it was noted before.
pub fn expire(
    tx: &Tx<'_>,
    scope: &TenantScope,
    change: ChangeId,
    now: i64,
) -> Result<bool, StoreError> {
    let changed = tx.conn.execute(
        "UPDATE changes SET expired_at = ? WHERE tenant = ? AND change = ? AND expired_at IS NULL",
        params![now, scope.key(), change.to_string()],
    )?;
    Ok(changed > 0)
}
