//! Join tokens and API tokens. Only hashes are stored; a join token's use is one conditional update.

use crate::error::StoreError;
use crate::row;
use crate::scope::TenantScope;
use crate::tx::{Tx, View};
use model::{Digest, TenantId};
use rusqlite::params;

/// A join token as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinToken {
    pub token_hash: Digest,
    pub uses: u32,
    pub expires_at: i64,
    pub tags: Vec<String>,
    pub made_by: String,
    pub made_at: i64,
}

/// Stores a join token.
pub fn put_join(tx: &Tx<'_>, scope: &TenantScope, token: &JoinToken) -> Result<(), StoreError> {
    tx.conn.execute(
        "INSERT INTO join_tokens (token_hash, tenant, uses_left, expires_at, tags, made_by, made_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
        params![
            token.token_hash.to_string(),
            scope.key(),
            token.uses,
            token.expires_at,
            row::text_of(&token.tags)?,
            token.made_by,
            token.made_at
        ],
    )?;
    Ok(())
}

/// Takes one use of a join token and returns its tenant and tags; `None` when it is unknown, used up or
/// expired. The token is what authenticates, so there is no scope yet.
pub fn use_join(
    tx: &Tx<'_>,
    token_hash: Digest,
    now: i64,
) -> Result<Option<(TenantScope, Vec<String>)>, StoreError> {
    let found = tx
        .conn
        .prepare_cached(
            "UPDATE join_tokens SET uses_left = uses_left - 1
             WHERE token_hash = ? AND uses_left > 0 AND expires_at > ? RETURNING tenant, tags",
        )?
        .query_row(params![token_hash.to_string(), now], |r| {
            Ok((TenantScope::of(row::parsed::<TenantId>(r, 0)?), row::document(r, 1)?))
        });
    row::one_if(found)
}

/// Stores an API token's hash.
pub fn put_api(
    tx: &Tx<'_>,
    scope: &TenantScope,
    token_hash: Digest,
    person: &str,
    (made_at, expires_at): (i64, i64),
) -> Result<(), StoreError> {
    tx.conn.execute(
        "INSERT INTO api_tokens (token_hash, tenant, person, made_at, expires_at)
         VALUES (?, ?, ?, ?, ?)",
        params![token_hash.to_string(), scope.key(), person, made_at, expires_at],
    )?;
    Ok(())
}

/// Returns whose API token this is. The token is what authenticates, so there is no scope yet.
pub fn api_holder(
    view: &View<'_>,
    token_hash: Digest,
    now: i64,
) -> Result<Option<(TenantScope, String)>, StoreError> {
    let found = view
        .conn
        .prepare_cached(
            "SELECT tenant, person FROM api_tokens WHERE token_hash = ? AND expires_at > ?",
        )?
        .query_row(params![token_hash.to_string(), now], |r| {
            Ok((TenantScope::of(row::parsed::<TenantId>(r, 0)?), r.get(1)?))
        });
    row::one_if(found)
}
