//! `/api/v1/runs`.

use crate::api::Answer;
use crate::auth::Caller;
use crate::http::Web;
use crate::web::page::blocking;
use crate::{changes, runs};
use axum::Json;
use axum::extract::{Extension, Path, State};
use model::run::RunView;
use model::wire::PlanAnswer;
use std::sync::Arc;

pub(crate) async fn get(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    Path(run): Path<String>,
) -> Answer<RunView> {
    let scope = caller.actor.scope;
    let run = move |app: &_| runs::get(app, &scope, runs::find(app, &scope, &run)?);
    blocking(&web.app, run).await.map(Json)
}

pub(crate) async fn undo(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    Path(run): Path<String>,
) -> Answer<PlanAnswer> {
    let change = move |app: &_| {
        let run = runs::find(app, &caller.actor.scope, &run)?;
        changes::undo(app, &caller.actor, run)
    };
    let change = blocking(&web.app, change).await?;
    Ok(Json(PlanAnswer { change }))
}
