//! Which obligations a tenant follows. Lines are added, never changed; the newest one counts.

use crate::error::StoreError;
use crate::row;
use crate::scope::TenantScope;
use crate::tx::{Tx, View};
use rusqlite::params;

/// Returns the ids that were chosen at `at`; `None`: nobody has chosen yet.
pub fn chosen(
    view: &View<'_>,
    scope: &TenantScope,
    at: i64,
) -> Result<Option<Vec<String>>, StoreError> {
    row::one_if(
        view.conn
            .prepare_cached(
                "SELECT ids FROM chosen_obligations WHERE tenant = ? AND at <= ?
                 ORDER BY choice_id DESC LIMIT 1",
            )?
            .query_row(params![scope.key(), at], |r| row::document(r, 0)),
    )
}

/// Chooses exactly these.
pub fn choose(
    tx: &Tx<'_>,
    scope: &TenantScope,
    ids: &[String],
    (person, at): (&str, i64),
) -> Result<(), StoreError> {
    tx.conn.execute(
        "INSERT INTO chosen_obligations (tenant, ids, person, at) VALUES (?, ?, ?, ?)",
        params![scope.key(), row::text_of(&ids)?, person, at],
    )?;
    Ok(())
}
