//! Reports: the newest per host, the sets they name (stored once each), and which sets a host had when.

use crate::error::StoreError;
use crate::row;
use crate::scope::TenantScope;
use crate::tx::{Tx, View};
use model::host::HostFacts;
use model::package::PackageSet;
use model::report::{Conditions, PendingSet};
use model::{Digest, HostId};
use rusqlite::{Row, params};

/// The newest report of a host, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportRow {
    pub host: HostId,
    /// By the host's clock.
    pub seen_at: i64,
    /// By the server's clock; when these facts were stored first.
    pub stored_at: i64,
    pub packages: Digest,
    pub installed: Digest,
    pub pending: Digest,
    pub facts: HostFacts,
    pub conditions: Conditions,
}

const COLUMNS: &str =
    "host, seen_at, stored_at, packages, installed, pending, facts, conditions FROM reports";

fn read(row: &Row<'_>) -> rusqlite::Result<ReportRow> {
    Ok(ReportRow {
        host: row::parsed(row, 0)?,
        seen_at: row.get(1)?,
        stored_at: row.get(2)?,
        packages: row::parsed(row, 3)?,
        installed: row::parsed(row, 4)?,
        pending: row::parsed(row, 5)?,
        facts: row::document(row, 6)?,
        conditions: row::document(row, 7)?,
    })
}

/// Returns the newest report of each host that has one.
pub fn list(view: &View<'_>, scope: &TenantScope) -> Result<Vec<ReportRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} WHERE tenant = ? ORDER BY host");
    let mut statement = view.conn.prepare_cached(&sql)?;
    Ok(statement.query_map([scope.key()], read)?.collect::<Result<_, _>>()?)
}

/// Returns the newest report of one host.
pub fn get(
    view: &View<'_>,
    scope: &TenantScope,
    host: HostId,
) -> Result<Option<ReportRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} WHERE tenant = ? AND host = ?");
    row::one_if(
        view.conn.prepare_cached(&sql)?.query_row(params![scope.key(), host.to_string()], read),
    )
}

/// Stores a host's newest report and notes the sets in its history.
pub fn put(tx: &Tx<'_>, scope: &TenantScope, report: &ReportRow) -> Result<(), StoreError> {
    let host = report.host.to_string();
    let (packages, pending) = (report.packages.to_string(), report.pending.to_string());
    tx.conn
        .prepare_cached(
            "INSERT OR REPLACE INTO reports
               (host, tenant, seen_at, stored_at, packages, installed, pending, facts, conditions)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            host,
            scope.key(),
            report.seen_at,
            report.stored_at,
            packages,
            report.installed.to_string(),
            pending,
            row::text_of(&report.facts)?,
            row::text_of(&report.conditions)?
        ])?;
    tx.conn
        .prepare_cached(
            "INSERT OR REPLACE INTO report_history
               (host, stored_at, tenant, packages, pending, facts, conditions)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            host,
            report.stored_at,
            scope.key(),
            packages,
            pending,
            row::text_of(&report.facts)?,
            row::text_of(&report.conditions)?
        ])?;
    Ok(())
}

/// What a host's newest report said at a past moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastReport {
    pub host: HostId,
    pub stored_at: i64,
    pub packages: Digest,
    pub pending: Digest,
    /// `None` where a server stored it that did not keep them.
    pub facts: Option<HostFacts>,
    pub conditions: Option<Conditions>,
}

/// Returns the newest report of each host that was stored until `at`.
pub fn list_as_of(
    view: &View<'_>,
    scope: &TenantScope,
    at: i64,
) -> Result<Vec<PastReport>, StoreError> {
    // Of several reports of one second any would do; the digests decide, so that it is always the same.
    let mut statement = view.conn.prepare_cached(
        "SELECT h.host, h.stored_at, h.packages, h.pending, h.facts, h.conditions
         FROM report_history h
         JOIN (SELECT host, max(stored_at) AS newest FROM report_history
               WHERE tenant = ?1 AND stored_at <= ?2 GROUP BY host) n
           ON n.host = h.host AND n.newest = h.stored_at
         WHERE h.tenant = ?1 ORDER BY h.host, h.packages, h.pending",
    )?;
    let read = |line: &Row<'_>| {
        Ok(PastReport {
            host: row::parsed(line, 0)?,
            stored_at: line.get(1)?,
            packages: row::parsed(line, 2)?,
            pending: row::parsed(line, 3)?,
            facts: row::document_if(line, 4)?,
            conditions: row::document_if(line, 5)?,
        })
    };
    let mut found: Vec<PastReport> =
        statement.query_map(params![scope.key(), at], read)?.collect::<Result<_, _>>()?;
    found.dedup_by_key(|report| report.host);
    Ok(found)
}

/// Returns when the first report of each host was stored.
pub fn firsts(view: &View<'_>, scope: &TenantScope) -> Result<Vec<(HostId, i64)>, StoreError> {
    let mut statement = view.conn.prepare_cached(
        "SELECT host, min(stored_at) FROM report_history WHERE tenant = ? GROUP BY host",
    )?;
    let found = statement.query_map([scope.key()], |r| Ok((row::parsed(r, 0)?, r.get(1)?)))?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// Returns when the first report of a host was stored; `None`: there was none.
pub fn first(
    view: &View<'_>,
    scope: &TenantScope,
    host: HostId,
) -> Result<Option<i64>, StoreError> {
    Ok(view
        .conn
        .prepare_cached("SELECT min(stored_at) FROM report_history WHERE tenant = ? AND host = ?")?
        .query_row(params![scope.key(), host.to_string()], |r| r.get(0))?)
}

/// Returns a package set by its digest.
pub fn packages(
    view: &View<'_>,
    scope: &TenantScope,
    digest: Digest,
) -> Result<Option<PackageSet>, StoreError> {
    body(view, "SELECT body FROM package_sets WHERE tenant = ? AND digest = ?", scope, digest)
}

/// Returns a pending set by its digest.
pub fn pending(
    view: &View<'_>,
    scope: &TenantScope,
    digest: Digest,
) -> Result<Option<PendingSet>, StoreError> {
    body(view, "SELECT body FROM pending_sets WHERE tenant = ? AND digest = ?", scope, digest)
}

/// Returns the digest of what is installed by a stored package set; `None` when it is not stored.
pub fn installed(
    view: &View<'_>,
    scope: &TenantScope,
    digest: Digest,
) -> Result<Option<Digest>, StoreError> {
    let found = view
        .conn
        .prepare_cached("SELECT installed FROM package_sets WHERE tenant = ? AND digest = ?")?
        .query_row(params![scope.key(), digest.to_string()], |r| row::parsed(r, 0));
    row::one_if(found)
}

/// Returns whether a pending set is stored.
pub fn has_pending(
    view: &View<'_>,
    scope: &TenantScope,
    digest: Digest,
) -> Result<bool, StoreError> {
    Ok(view
        .conn
        .prepare_cached("SELECT 1 FROM pending_sets WHERE tenant = ? AND digest = ?")?
        .exists(params![scope.key(), digest.to_string()])?)
}

/// Stores a package set's JSON bytes under the digest that its caller checked: they are what was hashed,
/// so that they are made once. Twice is once.
pub fn put_packages(
    tx: &Tx<'_>,
    scope: &TenantScope,
    (digest, installed): (Digest, Digest),
    body: &[u8],
) -> Result<(), StoreError> {
    tx.conn
        .prepare_cached(
            "INSERT OR IGNORE INTO package_sets (tenant, digest, installed, body)
             VALUES (?, ?, ?, ?)",
        )?
        .execute(params![scope.key(), digest.to_string(), installed.to_string(), body])?;
    Ok(())
}

/// Stores a pending set under the digest that its caller checked. Twice is once.
pub fn put_pending(
    tx: &Tx<'_>,
    scope: &TenantScope,
    digest: Digest,
    set: &PendingSet,
) -> Result<(), StoreError> {
    tx.conn
        .prepare_cached(
            "INSERT OR IGNORE INTO pending_sets (tenant, digest, body) VALUES (?, ?, ?)",
        )?
        .execute(params![scope.key(), digest.to_string(), serde_json::to_vec(set)?])?;
    Ok(())
}

fn body<T: serde::de::DeserializeOwned>(
    view: &View<'_>,
    sql: &str,
    scope: &TenantScope,
    digest: Digest,
) -> Result<Option<T>, StoreError> {
    let bytes: Option<Vec<u8>> = row::one_if(
        view.conn
            .prepare_cached(sql)?
            .query_row(params![scope.key(), digest.to_string()], |r| r.get(0)),
    )?;
    Ok(bytes.map(|bytes| serde_json::from_slice(&bytes)).transpose()?)
}
