//! Loads: a new set is compared with what its source stated before, and only differences are written, in
//! chunks, so that reports never wait for a large feed. A load counts from its last chunk on: one that was
//! interrupted is as if it had never begun.

mod diff;

pub use diff::{Difference, diff};

use crate::advisories::{state_word, until_text};
use crate::error::StoreError;
use crate::feeds::{self, SourceRow};
use crate::row;
use crate::tx::{Tx, View};
use rusqlite::params;
use std::ops::Range;

/// Lines of one chunk. 4,000 rows take about 40 ms to write; that long a report may have to wait.
const CHUNK_LINES: usize = 4_000;

/// A load that has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    pub load: i64,
    pub source_id: i64,
    /// Seconds since the Unix epoch; what the load brings was learned then.
    pub at: i64,
    /// Id of the first new row; the others follow in order.
    pub row_id: i64,
}

/// One transaction's share of a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    what: What,
    lines: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    RowsIn,
    RowsOut,
    AdvisoriesIn,
    AdvisoriesOut,
    StatementsIn,
    StatementsOut,
    EpssIn,
    EpssOut,
    LifecyclesIn,
    LifecyclesOut,
}

/// Takes back what a load left that was interrupted. For the start of the server: no load may be at work.
///
/// Returns whether there was one.
pub fn sweep(tx: &Tx<'_>) -> Result<bool, StoreError> {
    let mut statement = tx.conn.prepare("SELECT load FROM feed_loads WHERE done_at IS NULL")?;
    let open: Vec<i64> = statement.query_map([], |r| r.get(0))?.collect::<Result<_, _>>()?;
    for load in &open {
        for table in ["advisory_rows", "advisories", "cve_statements", "lifecycles"] {
            tx.conn.execute(&format!("DELETE FROM {table} WHERE load_in = ?"), [load])?;
            let sql = format!("UPDATE {table} SET load_out = NULL WHERE load_out = ?");
            tx.conn.execute(&sql, [load])?;
        }
        tx.conn.execute("DELETE FROM feed_loads WHERE load = ?", [load])?;
    }
    Ok(!open.is_empty())
}

/// Returns whether an interrupted load waits to be swept.
pub fn has_open(view: &View<'_>) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM feed_loads WHERE done_at IS NULL)";
    Ok(view.conn.query_row(sql, [], |r| r.get(0))?)
}

/// Begins a load. Only one may be at work at a time: the caller holds the lock for it.
pub fn begin(tx: &Tx<'_>, source: &SourceRow, at: i64) -> Result<Load, StoreError> {
    feeds::put_trouble(tx, (source.feed, &source.source), &source.trouble)?;
    let source_id: i64 = tx
        .conn
        .prepare_cached("SELECT source_id FROM feed_sources WHERE feed = ? AND source = ?")?
        .query_row(params![source.feed.word(), source.source], |r| r.get(0))?;
    tx.conn.execute("INSERT INTO feed_loads (source_id, at) VALUES (?, ?)", [source_id, at])?;
    let load = tx.conn.last_insert_rowid();
    let row_id =
        tx.conn.query_row("SELECT coalesce(max(row_id), 0) + 1 FROM advisory_rows", [], |r| {
            r.get(0)
        })?;
    Ok(Load { load, source_id, at, row_id })
}

/// Returns the chunks that a difference is written in.
pub fn chunks(difference: &Difference) -> Vec<Chunk> {
    let parts = [
        (What::RowsIn, difference.rows_in.len()),
        (What::RowsOut, difference.rows_out.len()),
        (What::AdvisoriesIn, difference.advisories_in.len()),
        (What::AdvisoriesOut, difference.advisories_out.len()),
        (What::StatementsIn, difference.statements_in.len()),
        (What::StatementsOut, difference.statements_out.len()),
        (What::EpssIn, difference.epss_in.len()),
        (What::EpssOut, difference.epss_out.len()),
        (What::LifecyclesIn, difference.lifecycles_in.len()),
        (What::LifecyclesOut, difference.lifecycles_out.len()),
    ];
    let mut chunks = Vec::new();
    for (what, total) in parts {
        let mut start = 0;
        while start < total {
            let end = total.min(start + CHUNK_LINES);
            chunks.push(Chunk { what, lines: start..end });
            start = end;
        }
    }
    chunks
}

/// Writes one chunk. Nothing of it counts before `finish`; EPSS scores do at once, since no past day of
/// theirs is kept.
pub fn write(
    tx: &Tx<'_>,
    load: &Load,
    difference: &Difference,
    chunk: &Chunk,
) -> Result<(), StoreError> {
    let lines = chunk.lines.clone();
    let end = |table: &str, key: &str, ids: &[i64]| end_lines(tx, load, (table, key), ids);
    match chunk.what {
        What::RowsIn => rows_in(tx, load, difference, lines),
        What::RowsOut => end("advisory_rows", "row_id", part(&difference.rows_out, lines)),
        What::AdvisoriesIn => {
            let sql = "INSERT INTO advisories (source_id, load_in, name, body) VALUES (?, ?, ?, ?)";
            documents_in(tx, load, sql, part(&difference.advisories_in, lines))
        }
        What::AdvisoriesOut => {
            end("advisories", "advisory_id", part(&difference.advisories_out, lines))
        }
        What::StatementsIn => {
            let sql =
                "INSERT INTO cve_statements (source_id, load_in, cve, body) VALUES (?, ?, ?, ?)";
            let lines = part(&difference.statements_in, lines);
            let keyed: Vec<_> =
                lines.iter().map(|(cve, body)| (row::cve_key(*cve), body.clone())).collect();
            documents_in(tx, load, sql, &keyed)
        }
        What::StatementsOut => {
            end("cve_statements", "statement_id", part(&difference.statements_out, lines))
        }
        What::EpssIn => epss_in(tx, load, difference, lines),
        What::EpssOut => epss_out(tx, load, difference, lines),
        What::LifecyclesIn => {
            let sql =
                "INSERT INTO lifecycles (source_id, load_in, stream, body) VALUES (?, ?, ?, ?)";
            documents_in(tx, load, sql, part(&difference.lifecycles_in, lines))
        }
        What::LifecyclesOut => {
            end("lifecycles", "lifecycle_id", part(&difference.lifecycles_out, lines))
        }
    }
}

/// Ends a load: from this transaction on it counts. The caller records the event.
pub fn finish(tx: &Tx<'_>, load: &Load, source: &SourceRow) -> Result<(), StoreError> {
    feeds::put_source(tx, source)?;
    tx.conn
        .prepare_cached("UPDATE feed_loads SET done_at = ? WHERE load = ?")?
        .execute([load.at, load.load])?;
    Ok(())
}

fn part<T>(lines: &[T], range: Range<usize>) -> &[T] {
    lines.get(range).unwrap_or_default()
}

fn rows_in(
    tx: &Tx<'_>,
    load: &Load,
    difference: &Difference,
    lines: Range<usize>,
) -> Result<(), StoreError> {
    let mut statement = tx.conn.prepare_cached(
        "INSERT INTO advisory_rows (row_id, source_id, advisory, cve, stream, package, module, arch,
           from_version, until, state, channel, is_foreign, first_at, load_in)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    let first_id = load.row_id + i64::try_from(lines.start).unwrap_or(i64::MAX);
    for ((first_at, row), row_id) in part(&difference.rows_in, lines).iter().zip(first_id..) {
        statement.execute(params![
            row_id,
            load.source_id,
            row.advisory,
            row.cve.map(row::cve_key),
            row.stream,
            row.package,
            row.module,
            row.arch,
            row.from,
            until_text(&row.until),
            state_word(row.state),
            row.channel,
            row.is_foreign,
            first_at.unwrap_or(load.at),
            load.load
        ])?;
    }
    Ok(())
}

fn documents_in<K: rusqlite::ToSql>(
    tx: &Tx<'_>,
    load: &Load,
    sql: &str,
    lines: &[(K, String)],
) -> Result<(), StoreError> {
    let mut statement = tx.conn.prepare_cached(sql)?;
    for (key, body) in lines {
        statement.execute(params![load.source_id, load.load, key, body])?;
    }
    Ok(())
}

fn end_lines(
    tx: &Tx<'_>,
    load: &Load,
    (table, key): (&str, &str),
    ids: &[i64],
) -> Result<(), StoreError> {
    let sql = format!("UPDATE {table} SET load_out = ? WHERE {key} = ?");
    let mut statement = tx.conn.prepare_cached(&sql)?;
    for id in ids {
        statement.execute([load.load, *id])?;
    }
    Ok(())
}

fn epss_in(
    tx: &Tx<'_>,
    load: &Load,
    difference: &Difference,
    lines: Range<usize>,
) -> Result<(), StoreError> {
    let mut statement = tx.conn.prepare_cached(
        "INSERT OR REPLACE INTO epss (cve, source_id, score_ppm, percentile_ppm)
         VALUES (?, ?, ?, ?)",
    )?;
    for (cve, epss) in part(&difference.epss_in, lines) {
        statement.execute(params![
            row::cve_key(*cve),
            load.source_id,
            epss.score_ppm,
            epss.percentile_ppm
        ])?;
    }
    Ok(())
}

fn epss_out(
    tx: &Tx<'_>,
    load: &Load,
    difference: &Difference,
    lines: Range<usize>,
) -> Result<(), StoreError> {
    let mut statement =
        tx.conn.prepare_cached("DELETE FROM epss WHERE cve = ? AND source_id = ?")?;
    for cve in part(&difference.epss_out, lines) {
        statement.execute([row::cve_key(*cve), load.source_id])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
