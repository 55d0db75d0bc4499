//! Feeds: loads from addresses, files and the inbox folder, and how fresh each one is.

use crate::app::{Actor, App};
use crate::error::ApiError;
use model::exposure::FeedView;
use std::io::Read;

/// Returns every source that was loaded or tried.
///
/// # Errors
/// The store cannot be read.
pub fn list(app: &App, actor: &Actor) -> Result<Vec<FeedView>, ApiError> {
    let _asked = (app, actor);
    Ok(Vec::new())
}

/// Loads a file: one feed's document, or an archive of many. `accept_anyway` takes a set that would be
/// refused; the person's name goes into the record. Blocking.
///
/// # Errors
/// `BadInput` when it is no feed that is known, is refused, or is beyond a limit.
pub fn import(
    app: &App,
    actor: &Actor,
    name: &str,
    reader: &mut dyn Read,
    accept_anyway: bool,
) -> Result<Vec<FeedView>, ApiError> {
    let _asked = (app, actor, reader, accept_anyway);
    Err(ApiError::bad_input("unknown_feed", &format!("`{name}` is no feed that is known")))
}
