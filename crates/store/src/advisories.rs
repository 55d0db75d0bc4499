//! Advisories, their rows and lifecycles, as they stand now or stood at a past moment.

use crate::error::StoreError;
use crate::row;
use crate::tx::View;
use model::advisory::{Advisory, Lifecycle, Row, RowState, Until};
use model::cve::CveId;
use rusqlite::{Row as Line, params};
use std::collections::BTreeSet;

/// The present, as a moment: every load that is done counts.
pub const NOW: i64 = i64::MAX;

/// What makes a line count at a moment: the load that brought it is done and not later, and none that is
/// done and not later took it away. Takes the moment once, as `?1`.
pub(crate) const COUNTS: &str = "JOIN feed_loads i ON i.load = x.load_in
    LEFT JOIN feed_loads o ON o.load = x.load_out
    WHERE i.done_at IS NOT NULL AND i.at <= ?1
      AND (o.load IS NULL OR o.done_at IS NULL OR o.at > ?1)";

/// A row with where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRow {
    pub row_id: i64,
    pub source_id: i64,
    /// When the source said first that this advisory touches this package, whatever bound it named then.
    pub first_at: i64,
    /// When this form of it was learned.
    pub learned_at: i64,
    pub row: Row,
}

/// An advisory with where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAdvisory {
    pub source_id: i64,
    pub learned_at: i64,
    pub advisory: Advisory,
}

const ROW: &str = "x.row_id, x.source_id, x.first_at, i.at, x.advisory, x.cve, x.stream, x.package,
    x.module, x.arch, x.from_version, x.until, x.state, x.channel, x.is_foreign FROM advisory_rows x";

/// Hands every row that counts at `at` to `take`, by id. Rows may be millions: they are not collected.
pub fn each_row(
    view: &View<'_>,
    at: i64,
    mut take: impl FnMut(StoredRow),
) -> Result<(), StoreError> {
    let mut statement = view.conn.prepare(&format!("SELECT {ROW} {COUNTS} ORDER BY x.row_id"))?;
    let mut lines = statement.query([at])?;
    while let Some(line) = lines.next()? {
        take(read_row(line)?);
    }
    Ok(())
}

/// Returns the rows of a CVE that count at `at`.
pub fn rows_of_cve(view: &View<'_>, cve: CveId, at: i64) -> Result<Vec<StoredRow>, StoreError> {
    let sql = format!("SELECT {ROW} {COUNTS} AND x.cve = ?2 ORDER BY x.row_id");
    let mut statement = view.conn.prepare_cached(&sql)?;
    Ok(statement.query_map(params![at, row::cve_key(cve)], read_row)?.collect::<Result<_, _>>()?)
}

/// Returns the versions that CVEs of a package are fixed in, as far as rows that count at `at` say.
pub fn fixed_versions(
    view: &View<'_>,
    (stream, package): (&str, &str),
    at: i64,
) -> Result<Vec<String>, StoreError> {
    let sql = format!(
        "SELECT DISTINCT substr(x.until, 2) FROM advisory_rows x {COUNTS}
           AND x.package = ?2 AND x.stream = ?3 AND x.cve IS NOT NULL AND x.until LIKE '<%'"
    );
    let mut statement = view.conn.prepare_cached(&sql)?;
    let found = statement.query_map(params![at, package, stream], |r| r.get(0))?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// Returns the rows of some documents of a source that count now.
pub fn rows_of_documents(
    view: &View<'_>,
    source_id: i64,
    names: &BTreeSet<String>,
) -> Result<Vec<StoredRow>, StoreError> {
    let sql = format!("SELECT {ROW} {COUNTS} AND x.source_id = ?2 AND x.advisory = ?3");
    let mut statement = view.conn.prepare_cached(&format!("{sql} ORDER BY x.row_id"))?;
    let mut found = Vec::new();
    for name in names {
        for row in statement.query_map(params![NOW, source_id, name], read_row)? {
            found.push(row?);
        }
    }
    Ok(found)
}

/// Hands every advisory that counts at `at` to `take`.
pub fn each_advisory(
    view: &View<'_>,
    at: i64,
    mut take: impl FnMut(StoredAdvisory),
) -> Result<(), StoreError> {
    let sql = format!("SELECT x.source_id, i.at, x.body FROM advisories x {COUNTS}");
    let mut statement = view.conn.prepare(&format!("{sql} ORDER BY x.advisory_id"))?;
    let mut lines = statement.query([at])?;
    while let Some(line) = lines.next()? {
        take(read_advisory(line)?);
    }
    Ok(())
}

/// Returns an advisory of a source by its name, as it counts at `at`.
pub fn advisory(
    view: &View<'_>,
    (source_id, name): (i64, &str),
    at: i64,
) -> Result<Option<StoredAdvisory>, StoreError> {
    let sql = format!(
        "SELECT x.source_id, i.at, x.body FROM advisories x {COUNTS}
           AND x.source_id = ?2 AND x.name = ?3 ORDER BY x.advisory_id DESC LIMIT 1"
    );
    row::one_if(
        view.conn.prepare_cached(&sql)?.query_row(params![at, source_id, name], read_advisory),
    )
}

/// Returns every lifecycle that counts at `at`, with its source's id.
pub fn lifecycles(view: &View<'_>, at: i64) -> Result<Vec<(i64, Lifecycle)>, StoreError> {
    let sql = format!("SELECT x.source_id, x.body FROM lifecycles x {COUNTS}");
    let mut statement = view.conn.prepare_cached(&format!("{sql} ORDER BY x.lifecycle_id"))?;
    let read = |line: &Line<'_>| Ok((line.get(0)?, row::document(line, 1)?));
    Ok(statement.query_map([at], read)?.collect::<Result<_, _>>()?)
}

/// Returns how a row's end is stored.
pub(crate) fn until_text(until: &Until) -> String {
    match until {
        Until::Open => String::new(),
        Until::Fixed(version) => format!("<{version}"),
        Until::Last(version) => format!("={version}"),
    }
}

/// Returns how a row's state is stored.
pub(crate) fn state_word(state: RowState) -> &'static str {
    match state {
        RowState::Affected => "affected",
        RowState::NotAffected => "not_affected",
        RowState::UnderInvestigation => "under_investigation",
        RowState::Deferred => "deferred",
        RowState::WillNotFix => "will_not_fix",
        RowState::EndOfLife => "end_of_life",
    }
}

/// Every state, for reading words back.
const STATES: [RowState; 6] = [
    RowState::Affected,
    RowState::NotAffected,
    RowState::UnderInvestigation,
    RowState::Deferred,
    RowState::WillNotFix,
    RowState::EndOfLife,
];

/// Reads the ten columns of a row from `first` on.
pub(crate) fn read_plain(line: &Line<'_>, first: usize) -> rusqlite::Result<Row> {
    let cve: Option<i64> = line.get(first + 1)?;
    let until = line.get_ref(first + 7)?.as_str()?;
    let until = match until.split_at_checked(1) {
        None => Until::Open,
        Some(("<", version)) => Until::Fixed(version.to_owned()),
        Some(("=", version)) => Until::Last(version.to_owned()),
        Some(_) => return Err(row::damaged_text(first + 7, "no end of a range")),
    };
    let word = line.get_ref(first + 8)?.as_str()?;
    let state = STATES.into_iter().find(|state| state_word(*state) == word);
    Ok(Row {
        advisory: line.get(first)?,
        cve: match cve {
            None => None,
            Some(_) => Some(row::cve(line, first + 1)?),
        },
        stream: line.get(first + 2)?,
        package: line.get(first + 3)?,
        module: line.get(first + 4)?,
        arch: line.get(first + 5)?,
        from: line.get(first + 6)?,
        until,
        state: state.ok_or_else(|| row::damaged_text(first + 8, "no state of a row"))?,
        channel: line.get(first + 9)?,
        is_foreign: line.get(first + 10)?,
    })
}

fn read_row(line: &Line<'_>) -> rusqlite::Result<StoredRow> {
    Ok(StoredRow {
        row_id: line.get(0)?,
        source_id: line.get(1)?,
        first_at: line.get(2)?,
        learned_at: line.get(3)?,
        row: read_plain(line, 4)?,
    })
}

fn read_advisory(line: &Line<'_>) -> rusqlite::Result<StoredAdvisory> {
    Ok(StoredAdvisory {
        source_id: line.get(0)?,
        learned_at: line.get(1)?,
        advisory: row::document(line, 2)?,
    })
}
