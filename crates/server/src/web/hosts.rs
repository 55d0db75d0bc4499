//! `/hosts`.

use crate::auth::Caller;
use crate::http::Web;
use crate::web::page::{PageResult, blocking, html, shell};
use crate::{form, hosts, runs};
use axum::extract::{Extension, Path, RawQuery, State};
use console::host::HostPage;
use console::hosts::{HostsPage, HostsQuery};
use console::packages::PackagesPage;
use std::sync::Arc;

/// Runs that a host's page shows; older ones are on the pages of their changes.
const RUNS_MAX: u32 = 10;

pub(crate) async fn list(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> PageResult {
    let query = HostsQuery::read(&form::pairs(&query.unwrap_or_default()));
    blocking(&web.app, move |app| {
        let all = hosts::list(app, &caller.actor.scope)?;
        html(&HostsPage::new(shell(app, &caller, ""), &all, query))
    })
    .await
}

pub(crate) async fn show(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    Path(host): Path<String>,
) -> PageResult {
    blocking(&web.app, move |app| {
        let scope = &caller.actor.scope;
        let view = hosts::get(app, scope, &host)?;
        let updates = hosts::updates(app, scope, &host)?;
        let runs = runs::of_host(app, scope, view.id, RUNS_MAX)?;
        html(&HostPage::new(shell(app, &caller, ""), view, &updates, &runs))
    })
    .await
}

pub(crate) async fn packages(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    Path(host): Path<String>,
    RawQuery(query): RawQuery,
) -> PageResult {
    let pairs = form::pairs(&query.unwrap_or_default());
    blocking(&web.app, move |app| {
        let scope = &caller.actor.scope;
        let view = hosts::get(app, scope, &host)?;
        let set = hosts::packages(app, scope, &host)?;
        html(&PackagesPage::new(shell(app, &caller, ""), view, &set, &pairs))
    })
    .await
}
