//! Hosts, their tags and their certificates.

use crate::error::StoreError;
use crate::row;
use crate::scope::TenantScope;
use crate::tx::{Tx, View};
use model::{Digest, HostId};
use rusqlite::{Row, params};

/// A host as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostRow {
    pub host: HostId,
    /// The label people use; unique within the tenant.
    pub name: String,
    /// What the host calls itself; not unique.
    pub hostname: String,
    /// OpenSSH public key that signs its outcomes.
    pub host_key: String,
    pub enrolled_at: i64,
    pub seen_at: i64,
    pub reported_at: Option<i64>,
    /// Set when two holders of its key were seen.
    pub locked_at: Option<i64>,
    pub tags: Vec<String>,
}

/// One generation of a host's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateRow {
    pub generation: u64,
    /// Serial number of the certificate, hexadecimal.
    pub serial: String,
    /// Digest of its public key.
    pub key_digest: Digest,
    pub issued_at: i64,
    pub expires_at: i64,
    pub used_at: Option<i64>,
}

const COLUMNS: &str = "h.host, h.name, h.hostname, h.host_key, h.enrolled_at, h.seen_at,
    h.reported_at, h.locked_at,
    (SELECT json_group_array(t.tag) FROM (SELECT tag FROM host_tags WHERE host = h.host ORDER BY tag) t)";

fn read(row: &Row<'_>) -> rusqlite::Result<HostRow> {
    Ok(HostRow {
        host: row::parsed(row, 0)?,
        name: row.get(1)?,
        hostname: row.get(2)?,
        host_key: row.get(3)?,
        enrolled_at: row.get(4)?,
        seen_at: row.get(5)?,
        reported_at: row.get(6)?,
        locked_at: row.get(7)?,
        tags: row::document(row, 8)?,
    })
}

/// Returns the tenant's hosts by name.
pub fn list(view: &View<'_>, scope: &TenantScope) -> Result<Vec<HostRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM hosts h WHERE h.tenant = ? ORDER BY h.name");
    let mut statement = view.conn.prepare_cached(&sql)?;
    Ok(statement.query_map([scope.key()], read)?.collect::<Result<_, _>>()?)
}

/// Returns one host.
pub fn get(view: &View<'_>, scope: &TenantScope, host: HostId) -> Result<HostRow, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM hosts h WHERE h.tenant = ? AND h.host = ?");
    let found =
        view.conn.prepare_cached(&sql)?.query_row(params![scope.key(), host.to_string()], read);
    row::one(found, "host")
}

/// Returns whether the tenant has a host of that name.
pub fn has_name(view: &View<'_>, scope: &TenantScope, name: &str) -> Result<bool, StoreError> {
    Ok(view
        .conn
        .prepare_cached("SELECT 1 FROM hosts WHERE tenant = ? AND name = ?")?
        .exists(params![scope.key(), name])?)
}

/// Adds a host with its tags.
pub fn insert(tx: &Tx<'_>, scope: &TenantScope, host: &HostRow) -> Result<(), StoreError> {
    tx.conn.execute(
        "INSERT INTO hosts (host, tenant, name, hostname, host_key, enrolled_at, seen_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
        params![
            host.host.to_string(),
            scope.key(),
            host.name,
            host.hostname,
            host.host_key,
            host.enrolled_at,
            host.seen_at
        ],
    )?;
    for tag in &host.tags {
        tx.conn.execute(
            "INSERT OR IGNORE INTO host_tags (tenant, host, tag) VALUES (?, ?, ?)",
            params![scope.key(), host.host.to_string(), tag],
        )?;
    }
    Ok(())
}

/// Locks a host out: two holders of its key were seen.
pub fn lock(tx: &Tx<'_>, scope: &TenantScope, host: HostId, now: i64) -> Result<(), StoreError> {
    tx.conn.execute(
        "UPDATE hosts SET locked_at = ? WHERE tenant = ? AND host = ? AND locked_at IS NULL",
        params![now, scope.key(), host.to_string()],
    )?;
    Ok(())
}

/// Writes when hosts were last heard and last reported. Times only rise.
pub fn put_seen(
    tx: &Tx<'_>,
    scope: &TenantScope,
    seen: &[(HostId, i64, Option<i64>)],
) -> Result<(), StoreError> {
    let mut statement = tx.conn.prepare_cached(
        "UPDATE hosts SET seen_at = max(seen_at, ?),
           reported_at = CASE WHEN ?2 IS NULL THEN reported_at
                              ELSE max(coalesce(reported_at, 0), ?2) END
         WHERE tenant = ?3 AND host = ?4",
    )?;
    for (host, seen_at, reported_at) in seen {
        statement.execute(params![seen_at, reported_at, scope.key(), host.to_string()])?;
    }
    Ok(())
}

/// Returns the newest certificate of a host.
pub fn certificate(
    view: &View<'_>,
    scope: &TenantScope,
    host: HostId,
) -> Result<CertificateRow, StoreError> {
    let found = view.conn.query_row(
        "SELECT generation, serial, key_digest, issued_at, expires_at, used_at FROM certificates
         WHERE tenant = ? AND host = ? ORDER BY generation DESC LIMIT 1",
        params![scope.key(), host.to_string()],
        |r| {
            Ok(CertificateRow {
                generation: row::count(r, 0)?,
                serial: r.get(1)?,
                key_digest: row::parsed(r, 2)?,
                issued_at: r.get(3)?,
                expires_at: r.get(4)?,
                used_at: r.get(5)?,
            })
        },
    );
    row::one(found, "certificate")
}

/// Stores a certificate; one that was never used may be replaced within its generation.
pub fn put_certificate(
    tx: &Tx<'_>,
    scope: &TenantScope,
    host: HostId,
    certificate: &CertificateRow,
) -> Result<(), StoreError> {
    let changed = tx.conn.execute(
        "INSERT INTO certificates (host, generation, tenant, serial, key_digest, issued_at, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (host, generation) DO UPDATE SET serial = excluded.serial,
           issued_at = excluded.issued_at, expires_at = excluded.expires_at
         WHERE used_at IS NULL",
        params![
            host.to_string(),
            row::stored(certificate.generation),
            scope.key(),
            certificate.serial,
            certificate.key_digest.to_string(),
            certificate.issued_at,
            certificate.expires_at
        ],
    )?;
    if changed == 0 {
        let text = "that generation of the certificate is in use already".to_owned();
        return Err(StoreError::Conflict { text });
    }
    Ok(())
}

/// Notes the first use of a certificate.
pub fn use_certificate(
    tx: &Tx<'_>,
    scope: &TenantScope,
    (host, serial): (HostId, &str),
    now: i64,
) -> Result<(), StoreError> {
    tx.conn.execute(
        "UPDATE certificates SET used_at = ?
         WHERE tenant = ? AND host = ? AND serial = ? AND used_at IS NULL",
        params![now, scope.key(), host.to_string(), serial],
    )?;
    Ok(())
}
