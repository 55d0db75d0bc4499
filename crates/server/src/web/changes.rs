//! `/changes` and `/runs`: lists, pages, and the forms that draft, stop and undo.

use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::form::{self, Form};
use crate::http::Web;
use crate::web::exposures::query;
use crate::web::page::{PageResult, blocking, html, shell};
use crate::{changes, exposures, hosts, runs};
use axum::extract::{Extension, Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect};
use console::change::ChangePage;
use console::changes::ChangesPage;
use console::exposures::ExposureFilter;
use console::hosts::HostsQuery;
use console::mark::kind_from;
use console::run::RunPage;
use model::order::ORDER_HOSTS_MAX;
use model::wire::{PlanRequest, StopRequest};
use std::sync::Arc;

/// What pages say after a form did its work, by the word in the address.
const SAID: [(&str, &str); 3] = [
    ("drafted", "Drafted. Nothing is changed on any host until the plan is signed."),
    ("stopped", "Stopped. Nothing new starts; hosts at work finish what they began."),
    ("undo", "Drafted the undo. It is signed like any other change."),
];

pub(crate) async fn list(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> PageResult {
    let pairs = form::pairs(&query.unwrap_or_default());
    blocking(&web.app, move |app| {
        let lines = changes::list(app, &caller.actor.scope)?;
        html(&ChangesPage::new(shell(app, &caller, ""), &lines, &pairs))
    })
    .await
}

pub(crate) async fn show(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    Path(change): Path<String>,
    RawQuery(query): RawQuery,
) -> PageResult {
    let pairs = form::pairs(&query.unwrap_or_default());
    blocking(&web.app, move |app| {
        let scope = &caller.actor.scope;
        let change = changes::get(app, scope, changes::find(app, scope, &change)?)?;
        html(&ChangePage::new(shell(app, &caller, said(&pairs)), &change, &pairs))
    })
    .await
}

fn said(pairs: &[(String, String)]) -> &'static str {
    let word = pairs.iter().find(|(name, _)| name == "said").map_or("", |(_, word)| word);
    SAID.iter().find(|(known, _)| *known == word).map_or("", |(_, text)| text)
}

pub(crate) async fn run(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    Path(run): Path<String>,
) -> PageResult {
    blocking(&web.app, move |app| {
        let scope = &caller.actor.scope;
        let run = runs::get(app, scope, runs::find(app, scope, &run)?)?;
        let change = changes::get(app, scope, run.change)?;
        html(&RunPage::new(shell(app, &caller, ""), &change, &run))
    })
    .await
}

pub(crate) async fn draft(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    Extension(form): Extension<Form>,
) -> PageResult {
    blocking(&web.app, move |app| {
        let request = asked(app, &caller, &form)?;
        let change = changes::plan(app, &caller.actor, request)?;
        Ok(Redirect::to(&format!("/changes/{change}?said=drafted")).into_response())
    })
    .await
}

/// Reads the form of a draft. An empty choice is an error here: in the API it means "all", and a
/// forgotten tick must not.
fn asked(app: &App, caller: &Caller, form: &Form) -> Result<PlanRequest, ApiError> {
    let hosts = asked_hosts(app, caller, form)?;
    if hosts.is_empty() {
        return Err(ApiError::bad_input("no_hosts", "no host was chosen")
            .hint("go back and tick the hosts that the change is for"));
    }
    let packages: Vec<String> = form.values("package").map(str::to_owned).collect();
    let kinds: Vec<_> = form.values("kind").filter_map(kind_from).collect();
    // Named packages are wanted whatever kind their update is: a hole may be closed by a point release.
    if kinds.is_empty() && packages.is_empty() {
        return Err(ApiError::bad_input("no_kinds", "no kind of update was chosen")
            .hint("go back and tick at least one kind"));
    }
    Ok(PlanRequest {
        hosts,
        tags: Vec::new(),
        kinds,
        packages,
        title: form.value("title").to_owned(),
        waive_way_back: form.value("waive").to_owned(),
    })
}

fn asked_hosts(app: &App, caller: &Caller, form: &Form) -> Result<Vec<String>, ApiError> {
    match form.value("which") {
        "matching" => {
            let filter = form.value("filter");
            let query = filter.split_once('?').map_or("", |(_, query)| query);
            let all = hosts::list(app, &caller.actor.scope)?;
            let query = HostsQuery::read(&form::pairs(query));
            Ok(query.matching(&all, app.now()).iter().map(|host| host.id.to_string()).collect())
        }
        "exposed" => exposed_hosts(app, caller, form),
        _ => Ok(form.values("host").map(str::to_owned).collect()),
    }
}

/// Returns the hosts that are offered a fix of what the form names.
fn exposed_hosts(app: &App, caller: &Caller, form: &Form) -> Result<Vec<String>, ApiError> {
    let packages: Vec<&str> = form.values("package").collect();
    let filter = ExposureFilter {
        cve: form.value("cve").to_owned(),
        stream: form.value("stream").to_owned(),
        // Of several packages any may be what a host has: then the CVE alone tells.
        package: if let [one] = packages[..] { one.to_owned() } else { String::new() },
        ..ExposureFilter::default()
    };
    if !filter.is_filtered() {
        return Err(ApiError::bad_input("no_exposure", "neither a CVE nor a package was named")
            .hint("start from an action or from the page of a CVE"));
    }
    let query = query(&filter, 0)?;
    let found = exposures::hosts_to_draft(app, &caller.actor, &query, ORDER_HOSTS_MAX)?;
    if found.is_empty() {
        return Err(ApiError::bad_input("no_hosts", "no host is offered a fix any more")
            .hint("it may be installed by now, or be held: look at the exposure again"));
    }
    Ok(found.iter().map(ToString::to_string).collect())
}

pub(crate) async fn stop(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    Extension(form): Extension<Form>,
    Path(change): Path<String>,
) -> PageResult {
    blocking(&web.app, move |app| {
        let change = changes::find(app, &caller.actor.scope, &change)?;
        let request = StopRequest { reason: form.value("reason").to_owned() };
        changes::stop(app, &caller.actor, change, request)?;
        Ok(Redirect::to(&format!("/changes/{change}?said=stopped")).into_response())
    })
    .await
}

pub(crate) async fn undo(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    Path(run): Path<String>,
) -> PageResult {
    blocking(&web.app, move |app| {
        let run = runs::find(app, &caller.actor.scope, &run)?;
        let change = changes::undo(app, &caller.actor, run)?;
        Ok(Redirect::to(&format!("/changes/{change}?said=undo")).into_response())
    })
    .await
}

#[cfg(test)]
mod tests;
