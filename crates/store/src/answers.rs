//! What people answered about hosts. Lines are added, never changed; the newest one counts.

use crate::error::StoreError;
use crate::row;
use crate::scope::TenantScope;
use crate::tx::{Tx, View};
use model::HostId;
use model::exposure::{Answer, Question};
use rusqlite::{Row, params};

/// The newest line per host and question that was written until `?2`.
const NEWEST: &str = "a.host, a.question, a.value, a.person, a.at FROM host_answers a
    JOIN (SELECT max(answer_id) AS newest FROM host_answers
          WHERE tenant = ?1 AND at <= ?2 GROUP BY host, question) n ON n.newest = a.answer_id
    WHERE a.tenant = ?1 AND a.value <> ''";

/// Returns the answers that counted at `at` for every host.
pub fn list(
    view: &View<'_>,
    scope: &TenantScope,
    at: i64,
) -> Result<Vec<(HostId, Answer)>, StoreError> {
    let sql = format!("SELECT {NEWEST} ORDER BY a.host, a.question");
    let mut statement = view.conn.prepare_cached(&sql)?;
    Ok(statement.query_map(params![scope.key(), at], read)?.collect::<Result<_, _>>()?)
}

/// Returns the answers about one host that count now.
pub fn of_host(
    view: &View<'_>,
    scope: &TenantScope,
    host: HostId,
) -> Result<Vec<Answer>, StoreError> {
    let mut statement = view.conn.prepare_cached(
        "SELECT host, question, value, person, at FROM host_answers
         WHERE tenant = ?1 AND host = ?2 AND answer_id IN
           (SELECT max(answer_id) FROM host_answers WHERE tenant = ?1 AND host = ?2
            GROUP BY question) AND value <> '' ORDER BY question",
    )?;
    let found = statement.query_map(params![scope.key(), host.to_string()], read)?;
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
