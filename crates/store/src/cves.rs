//! What sources state about CVEs. Statements that ended stay, with the time: an entry that leaves a
//! catalogue without a trace leaves one here. Of EPSS only the newest day is kept.

use crate::error::StoreError;
use crate::row;
use crate::tx::View;
use model::cve::{CveId, CveStatement, Epss};
use rusqlite::{Row, params};

/// A statement with its source and its times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredStatement {
    pub source_id: i64,
    pub learned_at: i64,
    /// Since when the source no longer says so.
    pub gone_at: Option<i64>,
    pub statement: CveStatement,
}

/// What was known at `?1`, ended statements included, each with the end that was known then.
const KNOWN: &str =
    "x.source_id, i.at, CASE WHEN o.done_at IS NOT NULL AND o.at <= ?1 THEN o.at END,
      x.body FROM cve_statements x
    JOIN feed_loads i ON i.load = x.load_in
    LEFT JOIN feed_loads o ON o.load = x.load_out
    WHERE i.done_at IS NOT NULL AND i.at <= ?1";

/// Returns every statement about a CVE that was known at `at`, the day's EPSS scores included.
pub fn of(view: &View<'_>, cve: CveId, at: i64) -> Result<Vec<StoredStatement>, StoreError> {
    let sql = format!("SELECT {KNOWN} AND x.cve = ?2 ORDER BY x.statement_id");
    let mut statement = view.conn.prepare_cached(&sql)?;
    let mut found: Vec<StoredStatement> =
        statement.query_map(params![at, row::cve_key(cve)], read)?.collect::<Result<_, _>>()?;
    let mut scores = view.conn.prepare_cached(
        "SELECT x.source_id, coalesce(s.content_at, s.fetched_at, 0), x.cve, x.score_ppm,
           x.percentile_ppm
         FROM epss x JOIN feed_sources s ON s.source_id = x.source_id WHERE x.cve = ?",
    )?;
    let scores = scores.query_map([row::cve_key(cve)], read_epss)?;
    found.extend(scores.collect::<Result<Vec<_>, _>>()?);
    Ok(found)
}

/// Hands every statement that was known at `at` to `take`, by CVE; EPSS scores are not among them.
pub fn each(
    view: &View<'_>,
    at: i64,
    mut take: impl FnMut(StoredStatement),
) -> Result<(), StoreError> {
    let sql = format!("SELECT {KNOWN} ORDER BY x.cve, x.statement_id");
    let mut statement = view.conn.prepare(&sql)?;
    let mut lines = statement.query([at])?;
    while let Some(line) = lines.next()? {
        take(read(line)?);
    }
    Ok(())
}

/// Hands every EPSS score to `take`, by CVE, as a statement.
pub fn each_epss(view: &View<'_>, mut take: impl FnMut(StoredStatement)) -> Result<(), StoreError> {
    let mut statement = view.conn.prepare(
        "SELECT x.source_id, coalesce(s.content_at, s.fetched_at, 0), x.cve, x.score_ppm,
           x.percentile_ppm
         FROM epss x JOIN feed_sources s ON s.source_id = x.source_id ORDER BY x.cve, x.source_id",
    )?;
    let mut lines = statement.query([])?;
    while let Some(line) = lines.next()? {
        take(read_epss(line)?);
    }
    Ok(())
}

/// Returns whether any source ever stated anything about a CVE, or an advisory row names it.
pub fn is_known(view: &View<'_>, cve: CveId) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM cve_statements WHERE cve = ?1)
        OR EXISTS (SELECT 1 FROM epss WHERE cve = ?1)
        OR EXISTS (SELECT 1 FROM advisory_rows WHERE cve = ?1)";
    Ok(view.conn.prepare_cached(sql)?.query_row([row::cve_key(cve)], |r| r.get(0))?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<StoredStatement> {
    Ok(StoredStatement {
        source_id: row.get(0)?,
        learned_at: row.get(1)?,
        gone_at: row.get(2)?,
        statement: row::document(row, 3)?,
    })
}

fn read_epss(row: &Row<'_>) -> rusqlite::Result<StoredStatement> {
    let mut statement = CveStatement::of(row::cve(row, 2)?);
    statement.epss = Some(Epss { score_ppm: row.get(3)?, percentile_ppm: row.get(4)? });
    Ok(StoredStatement {
        source_id: row.get(0)?,
        learned_at: row.get(1)?,
        gone_at: None,
        statement,
    })
}
