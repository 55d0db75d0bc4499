//! Facts about the database itself.

use crate::error::StoreError;
use crate::row;
use crate::tx::{Tx, View};
use rusqlite::params;

/// Key of the number that changes when the data comes back from a backup.
pub const RESTORE_EPOCH: &str = "restore_epoch";

/// Returns a fact's value.
pub fn get(view: &View<'_>, key: &str) -> Result<Option<String>, StoreError> {
    row::one_if(
        view.conn
            .prepare_cached("SELECT value FROM meta WHERE key = ?")?
            .query_row([key], |r| r.get(0)),
    )
}

/// Sets a fact.
pub fn put(tx: &Tx<'_>, key: &str, value: &str) -> Result<(), StoreError> {
    tx.conn
        .prepare_cached("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)")?
        .execute(params![key, value])?;
    Ok(())
}
