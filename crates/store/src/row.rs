//! Reading columns: ids, digests and documents from their stored text. A value that cannot be read is
//! damage, never a default.

use crate::error::StoreError;
use model::advisory::Feed;
use model::cve::CveId;
use rusqlite::Row;
use std::str::FromStr;

/// Reads a column that holds an id or a digest as text.
pub(crate) fn parsed<T: FromStr>(row: &Row<'_>, column: usize) -> rusqlite::Result<T>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let text: String = row.get(column)?;
    text.parse().map_err(|error: T::Err| damaged(column, Box::new(error)))
}

/// Reads a column that holds a JSON document.
pub(crate) fn document<T: serde::de::DeserializeOwned>(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|error| damaged(column, Box::new(error)))
}

/// Reads a column that holds a JSON document or nothing.
pub(crate) fn document_if<T: serde::de::DeserializeOwned>(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<Option<T>> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| serde_json::from_str(&text).map_err(|error| damaged(column, Box::new(error))))
        .transpose()
}

/// Reads a column that holds a count, a serial or a size; never negative.
pub(crate) fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|error| damaged(column, Box::new(error)))
}

/// Reads a column that holds a small count.
pub(crate) fn small(row: &Row<'_>, column: usize) -> rusqlite::Result<u32> {
    let number: i64 = row.get(column)?;
    u32::try_from(number).map_err(|error| damaged(column, Box::new(error)))
}

/// Reads a column that holds a feed's word.
pub(crate) fn feed(row: &Row<'_>, column: usize) -> rusqlite::Result<Feed> {
    let word: String = row.get(column)?;
    Feed::of_word(&word).ok_or_else(|| damaged(column, format!("`{word}` is no feed").into()))
}

/// Returns a CVE as the database stores it: years sort before numbers.
pub(crate) fn cve_key(cve: CveId) -> i64 {
    (i64::from(cve.year) << 32) | i64::from(cve.number)
}

/// Reads a column that holds a CVE.
pub(crate) fn cve(row: &Row<'_>, column: usize) -> rusqlite::Result<CveId> {
    let key: i64 = row.get(column)?;
    cve_of(key).ok_or_else(|| damaged(column, format!("{key} is no CVE").into()))
}

/// Returns the CVE that a key stands for.
pub(crate) fn cve_of(key: i64) -> Option<CveId> {
    let year = u16::try_from(key >> 32).ok()?;
    let number = u32::try_from(key & 0xffff_ffff).ok()?;
    Some(CveId { year, number })
}

/// Makes the error of a column that cannot be what it should.
pub(crate) fn damaged_text(column: usize, text: &str) -> rusqlite::Error {
    damaged(column, text.to_owned().into())
}

/// Returns a count as the database stores it. Counts beyond 2^63 do not happen; they would be capped.
pub(crate) fn stored(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Returns a document's text.
pub(crate) fn text_of<T: serde::Serialize>(document: &T) -> Result<String, StoreError> {
    Ok(serde_json::to_string(document)?)
}

/// Returns the only row of a query, or `NotFound` with what was looked for.
pub(crate) fn one<T>(found: rusqlite::Result<T>, what: &'static str) -> Result<T, StoreError> {
    match found {
        Err(rusqlite::Error::QueryReturnedNoRows) => Err(StoreError::NotFound { what }),
        other => Ok(other?),
    }
}

/// Returns the only row of a query, or `None`.
pub(crate) fn one_if<T>(found: rusqlite::Result<T>) -> Result<Option<T>, StoreError> {
    match found {
        Err(rusqlite::Error::QueryReturnedNoRows) => Ok(None),
        other => Ok(Some(other?)),
    }
}

fn damaged(
    column: usize,
    cause: Box<dyn std::error::Error + Send + Sync + 'static>,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, cause)
}
