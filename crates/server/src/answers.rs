//! What people answer about hosts: exposed to the internet or not, how critical, what data. An answer has an
//! owner and a date; the newest of a question counts, and a question without one is judged by the worst.

use crate::app::{Actor, App, event};
use crate::error::ApiError;
use crate::exposures::keeper;
use crate::hosts;
use model::exposure::{Answer, Question};
use std::collections::BTreeMap;
use store::advisories::NOW;

/// Returns the newest answer to each question about a host by id or name.
///
/// # Errors
/// `NotFound` when there is no such host.
pub fn list(app: &App, actor: &Actor, host: &str) -> Result<Vec<Answer>, ApiError> {
    app.read(|view| {
        let host = hosts::find(view, &actor.scope, host)?.host;
        let all = store::answers::of_host(view, &actor.scope, host, NOW)?;
        let newest: BTreeMap<Question, Answer> =
            all.into_iter().map(|answer| (answer.question, answer)).collect();
        Ok(newest.into_values().collect())
    })
}

/// Keeps an answer about a host, with the person and the time; an empty value takes it back.
///
/// # Errors
/// `NotFound` when there is no such host; `BadInput` when the question has no such value.
pub fn put(
    app: &App,
    actor: &Actor,
    host: &str,
    question: Question,
    value: &str,
) -> Result<Vec<Answer>, ApiError> {
    if !value.is_empty() && !question.values().contains(&value) {
        let said = format!("`{value}` is no answer to {}", question.word());
        let values = question.values().join(", ");
        return Err(ApiError::bad_input("unknown_answer", &said)
            .hint(&format!("answer one of {values}; an empty value takes the answer back")));
    }
    let found = app.read(|view| hosts::find(view, &actor.scope, host))?.host;
    let (scope, now) = (actor.scope, app.now());
    let answer = Answer { question, value: value.to_owned(), by: actor.person.clone(), at: now };
    app.write(move |tx| {
        store::answers::insert(&tx, &scope, found, &answer)?;
        let detail = serde_json::json!({ "question": answer.question, "value": answer.value });
        let answered = event(now, &answer.by, "host.answered", &found.to_string(), detail);
        tx.record(&scope, &answered)?.commit(())
    })?;
    keeper::put_again(app, &scope, found)?;
    list(app, actor, host)
}
