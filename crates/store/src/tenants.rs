//! Tenants, with what their agents pin: the root statement and the roster.

use crate::error::StoreError;
use crate::row;
use crate::scope::TenantScope;
use crate::tx::{Tx, View};
use model::wire::Envelope;
use model::{Digest, TenantId};
use rusqlite::params;

/// Who may approve, as the server passes it on. The server cannot make either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trusted {
    pub root_hash: Digest,
    pub root: Envelope,
    pub roster: Envelope,
    pub roster_serial: u64,
}

/// Returns every tenant, oldest first. For the start of the server only: no request may list them.
pub fn all_for_start(view: &View<'_>) -> Result<Vec<TenantScope>, StoreError> {
    let mut statement =
        view.conn.prepare("SELECT tenant FROM tenants ORDER BY created_at, tenant")?;
    let rows = statement
        .query_map([], |r| row::parsed::<TenantId>(r, 0))?
        .collect::<Result<Vec<_>, _>>()?;
    Ok(rows.into_iter().map(TenantScope::of).collect())
}

/// Adds a tenant.
pub fn insert(tx: &Tx<'_>, scope: &TenantScope, name: &str, now: i64) -> Result<(), StoreError> {
    tx.conn.execute(
        "INSERT INTO tenants (tenant, name, created_at) VALUES (?, ?, ?)",
        params![scope.key(), name, now],
    )?;
    Ok(())
}

/// Returns the root statement and the roster, once a person has put them.
pub fn trusted(view: &View<'_>, scope: &TenantScope) -> Result<Option<Trusted>, StoreError> {
    let found = view.conn.query_row(
        "SELECT root_hash, root, roster, roster_serial FROM tenants
         WHERE tenant = ? AND root IS NOT NULL",
        [scope.key()],
        |r| {
            Ok(Trusted {
                root_hash: row::parsed(r, 0)?,
                root: row::document(r, 1)?,
                roster: row::document(r, 2)?,
                roster_serial: row::count(r, 3)?,
            })
        },
    );
    row::one_if(found)
}

/// Stores the root statement and the roster.
pub fn put_trusted(tx: &Tx<'_>, scope: &TenantScope, trusted: &Trusted) -> Result<(), StoreError> {
    tx.conn.execute(
        "UPDATE tenants SET root_hash = ?, root = ?, roster = ?, roster_serial = ? WHERE tenant = ?",
        params![
            trusted.root_hash.to_string(),
            row::text_of(&trusted.root)?,
            row::text_of(&trusted.roster)?,
            row::stored(trusted.roster_serial),
            scope.key()
        ],
    )?;
    Ok(())
}

/// Returns the highest order serial that was accepted.
pub fn order_serial(view: &View<'_>, scope: &TenantScope) -> Result<u64, StoreError> {
    let found = view.conn.query_row(
        "SELECT order_serial FROM tenants WHERE tenant = ?",
        [scope.key()],
        |r| row::count(r, 0),
    );
    row::one(found, "tenant")
}

/// Raises the highest order serial.
pub fn raise_order_serial(tx: &Tx<'_>, scope: &TenantScope, serial: u64) -> Result<(), StoreError> {
    tx.conn.execute(
        "UPDATE tenants SET order_serial = max(order_serial, ?) WHERE tenant = ?",
        params![row::stored(serial), scope.key()],
    )?;
    Ok(())
}
