//! `/hosts`.

use crate::app::{Actor, App};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::exposures::{self, ExposureQuery};
use crate::form::{self, Form};
use crate::http::Web;
use crate::web::page::{PageResult, blocking, html, shell};
use crate::{answers, feeds, hosts, runs};
use axum::extract::{Extension, Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect};
use console::host::HostPage;
use console::host_exposure::{EXPOSURES_MAX, HostExposureInput};
use console::hosts::{HostsPage, HostsQuery};
use console::packages::PackagesPage;
use model::exposure::{
    Action, Answer, EndOfLifeView, ExposurePage, FeedView, HostListPage, Question,
};
use model::host::HostView;
use std::sync::Arc;

/// Runs that a host's page shows; older ones are on the pages of their changes.
const RUNS_MAX: u32 = 10;
/// What the page says after answers were kept.
const ANSWERED: &str = "Kept, with your name and today's date. Deadlines follow from it at once.";

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
    RawQuery(query): RawQuery,
) -> PageResult {
    let pairs = Form(form::pairs(&query.unwrap_or_default()));
    blocking(&web.app, move |app| {
        let scope = &caller.actor.scope;
        let view = hosts::get(app, scope, &host)?;
        let updates = hosts::updates(app, scope, &host)?;
        let runs = runs::of_host(app, scope, view.id, RUNS_MAX)?;
        let exposure = Exposure::read(app, &caller.actor, &view)?;
        let said = if pairs.value("said") == "answered" { ANSWERED } else { "" };
        let shell = shell(app, &caller, said);
        html(&HostPage::new(shell, view, &updates, &runs, &exposure.input()))
    })
    .await
}

/// What a host's page says of its exposure, owned.
struct Exposure {
    lines: HostListPage,
    actions: Vec<Action>,
    page: ExposurePage,
    end_of_life: Vec<EndOfLifeView>,
    answers: Vec<Answer>,
    feeds: Vec<FeedView>,
}

impl Exposure {
    fn read(app: &App, actor: &Actor, view: &HostView) -> Result<Self, ApiError> {
        let id = view.id.to_string();
        let query = ExposureQuery {
            host: Some(id.clone()),
            limit: Some(EXPOSURES_MAX),
            ..ExposureQuery::default()
        };
        let mut end_of_life = exposures::end_of_life(app, actor)?;
        // Lists name the first hosts only; what the release and its packages are is the host's own.
        end_of_life.retain(|of| of.host_names.contains(&view.name));
        Ok(Self {
            lines: exposures::hosts(app, actor, &query)?,
            actions: exposures::actions(app, actor, &query)?,
            page: exposures::page(app, actor, &query)?,
            end_of_life,
            answers: answers::list(app, actor, &id)?,
            feeds: feeds::list(app, actor)?,
        })
    }

    fn input(&self) -> HostExposureInput<'_> {
        HostExposureInput {
            line: self.lines.hosts.first(),
            actions: &self.actions,
            page: &self.page,
            end_of_life: &self.end_of_life,
            answers: &self.answers,
            feeds: &self.feeds,
        }
    }
}

pub(crate) async fn answer(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    Extension(form): Extension<Form>,
    Path(host): Path<String>,
) -> PageResult {
    blocking(&web.app, move |app| {
        let actor = &caller.actor;
        let host = hosts::get(app, &actor.scope, &host)?.id.to_string();
        let before = answers::list(app, actor, &host)?;
        for question in Question::ALL {
            let given = before.iter().find(|answer| answer.question == question);
            let value = form.value(question.word());
            // An answer that stands keeps its person and date: only a change is a new answer.
            if value != given.map_or("", |answer| answer.value.as_str()) {
                answers::put(app, actor, &host, question, value)?;
            }
        }
        Ok(Redirect::to(&format!("/hosts/{host}?said=answered#questions")).into_response())
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
