//! Sign-in links and console sessions. Only hashes are stored.

use crate::error::StoreError;
use crate::row;
use crate::scope::TenantScope;
use crate::tx::{Tx, View};
use model::{Digest, TenantId};
use rusqlite::params;

/// A console session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub scope: TenantScope,
    pub person: String,
    pub made_at: i64,
    pub seen_at: i64,
}

/// Stores a one-time sign-in link's hash.
pub fn put_link(
    tx: &Tx<'_>,
    scope: &TenantScope,
    link_hash: Digest,
    person: &str,
    expires_at: i64,
) -> Result<(), StoreError> {
    tx.conn.execute(
        "INSERT INTO sign_in_links (link_hash, tenant, person, expires_at) VALUES (?, ?, ?, ?)",
        params![link_hash.to_string(), scope.key(), person, expires_at],
    )?;
    Ok(())
}

/// Uses a link up and returns whose it was. The link is what authenticates, so there is no scope yet.
pub fn use_link(
    tx: &Tx<'_>,
    link_hash: Digest,
    now: i64,
) -> Result<Option<(TenantScope, String)>, StoreError> {
    let found = tx.conn.query_row(
        "DELETE FROM sign_in_links WHERE link_hash = ? AND expires_at > ? RETURNING tenant, person",
        params![link_hash.to_string(), now],
        |r| Ok((TenantScope::of(row::parsed::<TenantId>(r, 0)?), r.get(1)?)),
    );
    row::one_if(found)
}

/// Stores a session under its secret's hash.
pub fn insert(tx: &Tx<'_>, session_hash: Digest, session: &Session) -> Result<(), StoreError> {
    tx.conn.execute(
        "INSERT INTO sessions (session_hash, tenant, person, made_at, seen_at) VALUES (?, ?, ?, ?, ?)",
        params![
            session_hash.to_string(),
            session.scope.key(),
            session.person,
            session.made_at,
            session.seen_at
        ],
    )?;
    Ok(())
}

/// Returns the session of a secret; the caller checks its age.
pub fn get(view: &View<'_>, session_hash: Digest) -> Result<Option<Session>, StoreError> {
    let found = view
        .conn
        .prepare_cached(
            "SELECT tenant, person, made_at, seen_at FROM sessions WHERE session_hash = ?",
        )?
        .query_row([session_hash.to_string()], |r| {
            Ok(Session {
                scope: TenantScope::of(row::parsed::<TenantId>(r, 0)?),
                person: r.get(1)?,
                made_at: r.get(2)?,
                seen_at: r.get(3)?,
            })
        });
    row::one_if(found)
}

/// Notes that a session was used.
pub fn put_seen(tx: &Tx<'_>, session_hash: Digest, now: i64) -> Result<(), StoreError> {
    tx.conn.execute(
        "UPDATE sessions SET seen_at = max(seen_at, ?) WHERE session_hash = ?",
        params![now, session_hash.to_string()],
    )?;
    Ok(())
}

/// Ends a session.
pub fn delete(tx: &Tx<'_>, session_hash: Digest) -> Result<(), StoreError> {
    tx.conn.execute("DELETE FROM sessions WHERE session_hash = ?", [session_hash.to_string()])?;
    Ok(())
}

/// Removes what has run out: sessions made before `made_before` or unused since `seen_before`, and links
/// and API tokens that expired before `now`.
pub fn sweep(
    tx: &Tx<'_>,
    now: i64,
    (made_before, seen_before): (i64, i64),
) -> Result<(), StoreError> {
    tx.conn.execute(
        "DELETE FROM sessions WHERE made_at < ? OR seen_at < ?",
        params![made_before, seen_before],
    )?;
    tx.conn.execute("DELETE FROM sign_in_links WHERE expires_at < ?", [now])?;
    tx.conn.execute("DELETE FROM api_tokens WHERE expires_at < ?", [now])?;
    Ok(())
}
