//! What the vault holds and still wants. The files themselves are the server's.

use crate::error::StoreError;
use crate::row;
use crate::scope::TenantScope;
use crate::tx::{Tx, View};
use model::Digest;
use model::package::Artifact;
use rusqlite::{Row, params};
use std::collections::{BTreeMap, BTreeSet};

/// A wanted file that replaces nothing.
pub const RANK_NEW: u32 = 1;
/// A wanted file that is a way back; fetched before any new one.
pub const RANK_BACK: u32 = 0;

/// A file that the vault holds or wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectRow {
    pub artifact: Artifact,
    pub rank: u32,
    pub is_held: bool,
    pub tries: u32,
    pub next_try_at: i64,
    /// Why the last try failed, or empty.
    pub problem: String,
}

/// A package version's name: name, architecture, version.
pub type VersionKey = (String, String, String);

const COLUMNS: &str =
    "sha256, size_bytes, uri, rank, state = 'held', tries, next_try_at, problem FROM vault_objects";

fn read(row: &Row<'_>) -> rusqlite::Result<ObjectRow> {
    Ok(ObjectRow {
        artifact: read_artifact(row, 0)?,
        rank: row::small(row, 3)?,
        is_held: row.get(4)?,
        tries: row::small(row, 5)?,
        next_try_at: row.get(6)?,
        problem: row.get(7)?,
    })
}

fn read_artifact(row: &Row<'_>, first: usize) -> rusqlite::Result<Artifact> {
    Ok(Artifact {
        sha256: row::parsed(row, first)?,
        size_bytes: row::count(row, first + 1)?,
        uri: row.get(first + 2)?,
    })
}

/// Returns one file's row.
pub fn get(
    view: &View<'_>,
    scope: &TenantScope,
    sha256: Digest,
) -> Result<Option<ObjectRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} WHERE tenant = ? AND sha256 = ?");
    row::one_if(
        view.conn.prepare_cached(&sql)?.query_row(params![scope.key(), sha256.to_string()], read),
    )
}

/// Returns the digests that are held.
pub fn held(view: &View<'_>, scope: &TenantScope) -> Result<BTreeSet<Digest>, StoreError> {
    let mut statement = view
        .conn
        .prepare_cached("SELECT sha256 FROM vault_objects WHERE tenant = ? AND state = 'held'")?;
    let rows =
        statement.query_map([scope.key()], |r| row::parsed(r, 0))?.collect::<Result<_, _>>()?;
    Ok(rows)
}

/// Returns the package versions whose files are held.
pub fn known(
    view: &View<'_>,
    scope: &TenantScope,
) -> Result<BTreeMap<VersionKey, Artifact>, StoreError> {
    let mut statement = view.conn.prepare_cached(
        "SELECT o.sha256, o.size_bytes, o.uri, v.name, v.arch, v.version FROM vault_versions v
         JOIN vault_objects o ON o.tenant = v.tenant AND o.sha256 = v.sha256
         WHERE v.tenant = ? AND o.state = 'held'",
    )?;
    let rows = statement
        .query_map([scope.key()], |r| {
            Ok(((r.get(3)?, r.get(4)?, r.get(5)?), read_artifact(r, 0)?))
        })?
        .collect::<Result<_, _>>()?;
    Ok(rows)
}

/// Returns wanted files whose time has come, ways back first, at most `limit`.
pub fn due(
    view: &View<'_>,
    scope: &TenantScope,
    (now, limit): (i64, u32),
) -> Result<Vec<ObjectRow>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} WHERE tenant = ? AND state = 'wanted' AND next_try_at <= ?
         ORDER BY rank, next_try_at, sha256 LIMIT ?"
    );
    let mut statement = view.conn.prepare_cached(&sql)?;
    Ok(statement.query_map(params![scope.key(), now, limit], read)?.collect::<Result<_, _>>()?)
}

/// Returns every file that is wanted and not held.
pub fn wanted(view: &View<'_>, scope: &TenantScope) -> Result<Vec<ObjectRow>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} WHERE tenant = ? AND state = 'wanted' ORDER BY rank, next_try_at, sha256"
    );
    let mut statement = view.conn.prepare_cached(&sql)?;
    Ok(statement.query_map([scope.key()], read)?.collect::<Result<_, _>>()?)
}

/// Wants a file and notes which package version it is. Twice is once; a way back is never ranked down.
pub fn want(
    tx: &Tx<'_>,
    scope: &TenantScope,
    (version, artifact): (&VersionKey, &Artifact),
    rank: u32,
) -> Result<(), StoreError> {
    tx.conn
        .prepare_cached(
            "INSERT INTO vault_objects (sha256, tenant, size_bytes, uri, rank, state)
             VALUES (?, ?, ?, ?, ?, 'wanted')
             ON CONFLICT (tenant, sha256) DO UPDATE SET rank = min(rank, excluded.rank),
               uri = CASE WHEN state = 'wanted' AND excluded.uri <> '' THEN excluded.uri ELSE uri END,
               next_try_at = CASE WHEN state = 'wanted' THEN 0 ELSE next_try_at END",
        )?
        .execute(params![
            artifact.sha256.to_string(),
            scope.key(),
            row::stored(artifact.size_bytes),
            artifact.uri,
            rank
        ])?;
    tx.conn
        .prepare_cached(
            "INSERT OR REPLACE INTO vault_versions (tenant, name, arch, version, sha256)
             VALUES (?, ?, ?, ?, ?)",
        )?
        .execute(params![
            scope.key(),
            version.0,
            version.1,
            version.2,
            artifact.sha256.to_string()
        ])?;
    Ok(())
}

/// Notes that a file is there, its digest checked.
pub fn put_held(
    tx: &Tx<'_>,
    scope: &TenantScope,
    sha256: Digest,
    now: i64,
) -> Result<(), StoreError> {
    tx.conn
        .prepare_cached(
            "UPDATE vault_objects SET state = 'held', held_at = ?, problem = '', tries = 0
             WHERE tenant = ? AND sha256 = ?",
        )?
        .execute(params![now, scope.key(), sha256.to_string()])?;
    Ok(())
}

/// Notes why a fetch failed and when to try again.
pub fn put_failed(
    tx: &Tx<'_>,
    scope: &TenantScope,
    sha256: Digest,
    (problem, next_try_at): (&str, i64),
) -> Result<(), StoreError> {
    tx.conn
        .prepare_cached(
            "UPDATE vault_objects SET problem = ?, tries = tries + 1, next_try_at = ?
             WHERE tenant = ? AND sha256 = ? AND state = 'wanted'",
        )?
        .execute(params![problem, next_try_at, scope.key(), sha256.to_string()])?;
    Ok(())
}

/// Wants a file again whose bytes on the disk are damaged or gone.
pub fn put_lost(
    tx: &Tx<'_>,
    scope: &TenantScope,
    sha256: Digest,
    problem: &str,
) -> Result<(), StoreError> {
    tx.conn
        .prepare_cached(
            "UPDATE vault_objects SET state = 'wanted', next_try_at = 0, held_at = NULL, problem = ?
             WHERE tenant = ? AND sha256 = ?",
        )?
        .execute(params![problem, scope.key(), sha256.to_string()])?;
    Ok(())
}
