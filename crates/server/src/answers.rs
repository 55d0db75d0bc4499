//! What people answer about hosts: exposed to the internet or not, how critical, what data.

use crate::app::{Actor, App};
use crate::error::ApiError;
use model::exposure::{Answer, Question};

/// Returns the newest answers about a host by id or name.
///
/// # Errors
/// `NotFound` when there is no such host.
pub fn list(app: &App, actor: &Actor, host: &str) -> Result<Vec<Answer>, ApiError> {
    let _asked = (app, actor, host);
    Ok(Vec::new())
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
    let _asked = (app, actor, host, question, value);
    Ok(Vec::new())
}
