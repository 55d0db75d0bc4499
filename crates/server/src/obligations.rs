//! Which obligations a tenant follows. Clauses are data of `decide`; only the choice is stored.

use crate::app::{Actor, App, event};
use crate::error::ApiError;
use crate::exposures::keeper;
use model::clause::Clause;
use model::exposure::ObligationView;
use std::collections::BTreeSet;
use store::advisories::NOW;
use store::{TenantScope, View};

/// Returns every obligation that can be chosen, with what is chosen.
///
/// # Errors
/// The store cannot be read.
pub fn list(app: &App, actor: &Actor) -> Result<Vec<ObligationView>, ApiError> {
    let chosen = app.read(|view| chosen(view, &actor.scope, NOW))?;
    let shipped = decide::clause::shipped();
    Ok(decide::clause::obligations()
        .into_iter()
        .map(|obligation| ObligationView {
            is_chosen: chosen.contains(&obligation.id),
            clauses: shipped
                .iter()
                .filter(|clause| obligation.clauses.contains(&clause.id))
                .cloned()
                .collect(),
            id: obligation.id,
            title: obligation.title,
            is_guidance: obligation.is_guidance,
        })
        .collect())
}

/// Follows exactly these obligations from now on. The past keeps the choice that held then.
///
/// # Errors
/// `BadInput` for an id that no obligation has.
pub fn choose(app: &App, actor: &Actor, ids: &[String]) -> Result<Vec<ObligationView>, ApiError> {
    let known: BTreeSet<String> =
        decide::clause::obligations().into_iter().map(|obligation| obligation.id).collect();
    let wanted: BTreeSet<String> = ids.iter().cloned().collect();
    if let Some(id) = wanted.difference(&known).next() {
        let all: Vec<String> = known.iter().cloned().collect();
        return Err(ApiError::bad_input("unknown_obligation", &format!("`{id}` is no obligation"))
            .hint(&format!("choose from {}", all.join(", "))));
    }
    let ids: Vec<String> = wanted.into_iter().collect();
    let (scope, now, person) = (actor.scope, app.now(), actor.person.clone());
    let written = ids.clone();
    app.write(move |tx| {
        store::obligations::choose(&tx, &scope, &written, (&person, now))?;
        let detail = serde_json::json!({ "ids": written });
        let object = scope.tenant().to_string();
        let chosen = event(now, &person, "obligations.chosen", &object, detail);
        tx.record(&scope, &chosen)?.commit(())
    })?;
    keeper::put_obligations(app, scope.tenant(), decide::clause::chosen(&ids));
    list(app, actor)
}

/// Returns the clauses that a tenant followed at `at`.
pub(crate) fn clauses(
    view: &View<'_>,
    scope: &TenantScope,
    at: i64,
) -> Result<Vec<Clause>, ApiError> {
    Ok(decide::clause::chosen(&chosen(view, scope, at)?))
}

fn chosen(view: &View<'_>, scope: &TenantScope, at: i64) -> Result<Vec<String>, ApiError> {
    let default = || vec![decide::clause::DEFAULT_OBLIGATION.to_owned()];
    Ok(store::obligations::chosen(view, scope, at)?.unwrap_or_else(default))
}
