//! `/api/v1/hosts`.

use crate::api::Answer;
use crate::auth::Caller;
use crate::hosts;
use crate::http::Web;
use crate::web::page::blocking;
use axum::Json;
use axum::extract::{Extension, Path, State};
use model::host::HostView;
use model::package::{PackageSet, UpdateView};
use std::sync::Arc;

pub(crate) async fn list(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
) -> Answer<Vec<HostView>> {
    let scope = caller.actor.scope;
    blocking(&web.app, move |app| hosts::list(app, &scope)).await.map(Json)
}

pub(crate) async fn get(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    Path(host): Path<String>,
) -> Answer<HostView> {
    let scope = caller.actor.scope;
    blocking(&web.app, move |app| hosts::get(app, &scope, &host)).await.map(Json)
}

pub(crate) async fn packages(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    Path(host): Path<String>,
) -> Answer<PackageSet> {
    let scope = caller.actor.scope;
    blocking(&web.app, move |app| hosts::packages(app, &scope, &host)).await.map(Json)
}

pub(crate) async fn updates(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    Path(host): Path<String>,
) -> Answer<Vec<UpdateView>> {
    let scope = caller.actor.scope;
    blocking(&web.app, move |app| hosts::updates(app, &scope, &host)).await.map(Json)
}
