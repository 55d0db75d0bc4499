//! What people answered about hosts. Lines are added, never changed; the newest one counts.

use crate::error::StoreError;
use crate::row;
use crate::scope::TenantScope;
use crate::tx::{Tx, View};
use model::HostId;
use model::exposure::{Answer, Question};
use rusqlite::{Row, params};

/// Lines that were written until a moment and were not taken back since.
const STANDING: &str = "a.host, a.question, a.value, a.person, a.at FROM host_answers a
    WHERE a.tenant = ?1 AND a.at <= ?2 AND a.value <> '' AND NOT EXISTS
      (SELECT 1 FROM host_answers t WHERE t.tenant = ?1 AND t.host = a.host
         AND t.question = a.question AND t.value = '' AND t.answer_id > a.answer_id AND t.at <= ?2)";

/// Returns the answers for every host that stood at `at`, oldest first; older ones stay in the list, because
/// they tell since when a host is as it is.
pub fn list(
    view: &View<'_>,
    scope: &TenantScope,
    at: i64,
) -> Result<Vec<(HostId, Answer)>, StoreError> {
    let sql = format!("SELECT {STANDING} ORDER BY a.answer_id");
    let mut statement = view.conn.prepare_cached(&sql)?;
    Ok(statement.query_map(params![scope.key(), at], read)?.collect::<Result<_, _>>()?)
}

/// Returns the answers about one host that stood at `at`, oldest first.
pub fn of_host(
    view: &View<'_>,
    scope: &TenantScope,
    host: HostId,
    at: i64,
) -> Result<Vec<Answer>, StoreError> {
    let sql = format!("SELECT {STANDING} AND a.host = ?3 ORDER BY a.answer_id");
    let mut statement = view.conn.prepare_cached(&sql)?;
    let found = statement.query_map(params![scope.key(), at, host.to_string()], read)?;
    Ok(found.map(|line| line.map(|(_, answer)| answer)).collect::<Result<_, _>>()?)
}

/// Adds an answer; an empty value takes the one before it back.
pub fn insert(
    tx: &Tx<'_>,
    scope: &TenantScope,
    host: HostId,
    answer: &Answer,
) -> Result<(), StoreError> {
    tx.conn.execute(
        "INSERT INTO host_answers (tenant, host, question, value, person, at)
         VALUES (?, ?, ?, ?, ?, ?)",
        params![
            scope.key(),
            host.to_string(),
            answer.question.word(),
            answer.value,
            answer.by,
            answer.at
        ],
    )?;
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<(HostId, Answer)> {
    let word: String = row.get(1)?;
    let question = Question::ALL.into_iter().find(|question| question.word() == word);
    let answer = Answer {
        question: question.ok_or_else(|| row::damaged_text(1, "no question"))?,
        value: row.get(2)?,
        by: row.get(3)?,
        at: row.get(4)?,
    };
    Ok((row::parsed(row, 0)?, answer))
}
