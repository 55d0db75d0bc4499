//! Feeds: the sources that brought sets, as their newest accepted load left them, and the addresses that
//! are fetched. Public statements of others: they belong to the installation, so no tenant's scope is
//! asked for.

use crate::error::StoreError;
use crate::row;
use crate::tx::{Tx, View};
use model::advisory::{Feed, Reject};
use rusqlite::{Row, params};

/// A source as its newest accepted load left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRow {
    pub source_id: i64,
    pub feed: Feed,
    pub source: String,
    /// The address or the file's name.
    pub origin: String,
    /// `None`: every load so far was refused.
    pub fetched_at: Option<i64>,
    pub content_at: Option<i64>,
    pub version: String,
    /// Of the file as it was fetched, hexadecimal.
    pub sha256: String,
    pub entries: u64,
    pub rows: u64,
    pub cves: u64,
    pub lifecycles: u64,
    pub rejects_total: u64,
    pub rejects: Vec<Reject>,
    /// Why the newest load was refused, or empty.
    pub trouble: String,
}

/// An address that is fetched, and how that goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressRow {
    pub url: String,
    pub feed: Feed,
    pub etag: String,
    pub last_modified: String,
    pub tried_at: Option<i64>,
    pub fetched_at: Option<i64>,
    /// Since the last success.
    pub failures: u32,
    pub next_fetch_at: i64,
    pub trouble: String,
}

const SOURCE: &str = "source_id, feed, source, origin, fetched_at, content_at, version, sha256,
    entries, rows, cves, rejects_total, rejects, trouble, lifecycles FROM feed_sources";

const ADDRESS: &str = "url, feed, etag, last_modified, tried_at, fetched_at, failures,
    next_fetch_at, trouble FROM feed_addresses";

/// Returns every source by feed and name.
pub fn sources(view: &View<'_>) -> Result<Vec<SourceRow>, StoreError> {
    let sql = format!("SELECT {SOURCE} ORDER BY feed, source");
    let mut statement = view.conn.prepare_cached(&sql)?;
    Ok(statement.query_map([], read_source)?.collect::<Result<_, _>>()?)
}

/// Returns one source.
pub fn source(view: &View<'_>, feed: Feed, source: &str) -> Result<Option<SourceRow>, StoreError> {
    let sql = format!("SELECT {SOURCE} WHERE feed = ? AND source = ?");
    row::one_if(
        view.conn.prepare_cached(&sql)?.query_row(params![feed.word(), source], read_source),
    )
}

/// Notes why a load of a source was refused; what it stated before stays.
pub fn put_trouble(
    tx: &Tx<'_>,
    (feed, source): (Feed, &str),
    trouble: &str,
) -> Result<(), StoreError> {
    tx.conn
        .prepare_cached(
            "INSERT INTO feed_sources (feed, source, trouble) VALUES (?, ?, ?)
             ON CONFLICT (feed, source) DO UPDATE SET trouble = excluded.trouble",
        )?
        .execute(params![feed.word(), source, trouble])?;
    Ok(())
}

/// Writes what a source's newest accepted load left; makes the source where it is new. The id in `source`
/// is not looked at.
///
/// Returns the source's id.
pub fn put_source(tx: &Tx<'_>, source: &SourceRow) -> Result<i64, StoreError> {
    tx.conn
        .prepare_cached(
            "INSERT INTO feed_sources (feed, source, origin, fetched_at, content_at, version, sha256,
               entries, rows, cves, rejects_total, rejects, trouble, lifecycles)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (feed, source) DO UPDATE SET origin = excluded.origin,
               fetched_at = excluded.fetched_at, content_at = excluded.content_at,
               version = excluded.version, sha256 = excluded.sha256, entries = excluded.entries,
               rows = excluded.rows, cves = excluded.cves, rejects_total = excluded.rejects_total,
               rejects = excluded.rejects, trouble = excluded.trouble,
               lifecycles = excluded.lifecycles",
        )?
        .execute(params![
            source.feed.word(),
            source.source,
            source.origin,
            source.fetched_at,
            source.content_at,
            source.version,
            source.sha256,
            row::stored(source.entries),
            row::stored(source.rows),
            row::stored(source.cves),
            row::stored(source.rejects_total),
            row::text_of(&source.rejects)?,
            source.trouble,
            row::stored(source.lifecycles)
        ])?;
    Ok(tx
        .conn
        .prepare_cached("SELECT source_id FROM feed_sources WHERE feed = ? AND source = ?")?
        .query_row(params![source.feed.word(), source.source], |r| r.get(0))?)
}

/// Returns every address that was tried once.
pub fn addresses(view: &View<'_>) -> Result<Vec<AddressRow>, StoreError> {
    let sql = format!("SELECT {ADDRESS} ORDER BY url");
    let mut statement = view.conn.prepare_cached(&sql)?;
    Ok(statement.query_map([], read_address)?.collect::<Result<_, _>>()?)
}

/// Writes how an address went.
pub fn put_address(tx: &Tx<'_>, address: &AddressRow) -> Result<(), StoreError> {
    tx.conn
        .prepare_cached(
            "INSERT OR REPLACE INTO feed_addresses (url, feed, etag, last_modified, tried_at,
               fetched_at, failures, next_fetch_at, trouble) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            address.url,
            address.feed.word(),
            address.etag,
            address.last_modified,
            address.tried_at,
            address.fetched_at,
            address.failures,
            address.next_fetch_at,
            address.trouble
        ])?;
    Ok(())
}

fn read_source(row: &Row<'_>) -> rusqlite::Result<SourceRow> {
    Ok(SourceRow {
        source_id: row.get(0)?,
        feed: row::feed(row, 1)?,
        source: row.get(2)?,
        origin: row.get(3)?,
        fetched_at: row.get(4)?,
        content_at: row.get(5)?,
        version: row.get(6)?,
        sha256: row.get(7)?,
        entries: row::count(row, 8)?,
        rows: row::count(row, 9)?,
        cves: row::count(row, 10)?,
        lifecycles: row::count(row, 14)?,
        rejects_total: row::count(row, 11)?,
        rejects: row::document(row, 12)?,
        trouble: row.get(13)?,
    })
}

fn read_address(row: &Row<'_>) -> rusqlite::Result<AddressRow> {
    Ok(AddressRow {
        url: row.get(0)?,
        feed: row::feed(row, 1)?,
        etag: row.get(2)?,
        last_modified: row.get(3)?,
        tried_at: row.get(4)?,
        fetched_at: row.get(5)?,
        failures: row::small(row, 6)?,
        next_fetch_at: row.get(7)?,
        trouble: row.get(8)?,
    })
}
