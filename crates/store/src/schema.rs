//! The database file: pragmas, schema version, checks at start. Refuses what it does not know.

use crate::error::StoreError;
use rusqlite::Connection;
use std::path::Path;

/// In the header of each database of ours ("PWel"): a file of another program is refused.
const APPLICATION_ID: i64 = 0x5057_656c;
const MIGRATIONS: [&str; 2] =
    [include_str!("../migrations/0001_first.sql"), include_str!("../migrations/0002_exposure.sql")];

/// Opens a connection with the pragmas that all of them share.
pub(crate) fn connect(path: &Path) -> Result<Connection, StoreError> {
    let conn = Connection::open(path)?;
    conn.execute_batch(
        "PRAGMA busy_timeout = 5000;
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA cell_size_check = ON;",
    )?;
    conn.set_prepared_statement_cache_capacity(128);
    Ok(conn)
}

/// Checks the library and the file, then brings the schema up to date.
pub(crate) fn prepare(conn: &mut Connection) -> Result<(), StoreError> {
    let version = rusqlite::version_number();
    if !is_safe(version) {
        return Err(StoreError::UnsafeSqlite { version });
    }
    let found: i64 = conn.query_row("PRAGMA user_version", [], |r| r.get(0))?;
    let owner: i64 = conn.query_row("PRAGMA application_id", [], |r| r.get(0))?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if found > 0 && owner != APPLICATION_ID {
        return Err(StoreError::Corrupt { text: "it belongs to another program".to_owned() });
    }
    if found > known {
        return Err(StoreError::NewerSchema { found, known });
    }
    // The writer's own cache: a feed of a million rows touches pages all over its indexes, which SQLite's usual
    // 2 MB would read again and again. 32 MB hold the inner pages of the largest of them.
    conn.execute_batch("PRAGMA cache_size = -32768; PRAGMA wal_autocheckpoint = 4000;")?;
    let verdict: String = conn.query_row("PRAGMA quick_check(1)", [], |r| r.get(0))?;
    if verdict != "ok" {
        return Err(StoreError::Corrupt { text: verdict });
    }
    migrate(conn, found)
}

fn migrate(conn: &mut Connection, found: i64) -> Result<(), StoreError> {
    let tx = conn.transaction()?;
    for (sql, version) in MIGRATIONS.iter().zip(1_i64..).filter(|(_, version)| *version > found) {
        tx.execute_batch(sql)?;
        tx.pragma_update(None, "user_version", version)?;
        tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    Ok(tx.commit()?)
}

/// Returns whether this SQLite has the repair of the WAL-reset race, which can lose committed pages:
/// 3.51.3 and later, or its back-ports 3.50.7 and 3.44.6.
pub(crate) fn is_safe(version: i32) -> bool {
    version >= 3_051_003
        || (3_050_007..=3_050_999).contains(&version)
        || (3_044_006..=3_044_999).contains(&version)
}
