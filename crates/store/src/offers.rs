//! Versions that security archives offer, and when each was seen first.

use crate::error::StoreError;
use crate::scope::TenantScope;
use crate::tx::{Tx, View};
use rusqlite::params;

/// A version that a security archive offers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OfferRow {
    pub stream: String,
    /// Source package.
    pub package: String,
    /// Source version.
    pub version: String,
    /// The archive's label.
    pub label: String,
    pub first_at: i64,
}

/// Returns what was known at `at`.
pub fn list(view: &View<'_>, scope: &TenantScope, at: i64) -> Result<Vec<OfferRow>, StoreError> {
    let mut statement = view.conn.prepare_cached(
        "SELECT stream, package, version, label, first_at FROM security_offers
         WHERE tenant = ? AND first_at <= ? ORDER BY stream, package, version, label",
    )?;
    let read = |row: &rusqlite::Row<'_>| {
        Ok(OfferRow {
            stream: row.get(0)?,
            package: row.get(1)?,
            version: row.get(2)?,
            label: row.get(3)?,
            first_at: row.get(4)?,
        })
    };
    Ok(statement.query_map(params![scope.key(), at], read)?.collect::<Result<_, _>>()?)
}

/// Notes an offer; the first time stands.
pub fn insert(tx: &Tx<'_>, scope: &TenantScope, offer: &OfferRow) -> Result<(), StoreError> {
    tx.conn
        .prepare_cached(
            "INSERT OR IGNORE INTO security_offers (tenant, stream, package, version, label, first_at)
             VALUES (?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            scope.key(),
            offer.stream,
            offer.package,
            offer.version,
            offer.label,
            offer.first_at
        ])?;
    Ok(())
}
