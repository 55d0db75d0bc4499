//! `/exposures`, `/cves`, `/deadlines`, `/end-of-life`.

use crate::app::{Actor, App};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::exposures::{self, ExposureQuery};
use crate::form;
use crate::http::Web;
use crate::web::page::{PageResult, blocking, html, shell};
use crate::{feeds, obligations};
use axum::extract::{Extension, Path, RawQuery, State};
use console::cve::CvePage;
use console::deadlines::DeadlinesPage;
use console::end_of_life::EndOfLifePage;
use console::exposures::actions::ActionsPage;
use console::exposures::cves::{CVES_PER_PAGE, CvesPage};
use console::exposures::each::{EXPOSURES_PER_PAGE, EachPage};
use console::exposures::hosts::{ExposedHostsPage, HOSTS_PER_PAGE};
use console::exposures::{ExposureFilter, HeadInput};
use model::exposure::{DeadlineDay, FeedView};
use std::sync::Arc;

/// What stands above every view.
struct Head {
    days: Vec<DeadlineDay>,
    feeds: Vec<FeedView>,
    hosts_exposed: u64,
    hosts_total: u64,
    hosts_with_questions: u64,
}

impl Head {
    fn read(app: &App, actor: &Actor) -> Result<Self, ApiError> {
        // One line is asked for: only the count of hosts is wanted.
        let all = ExposureQuery { limit: Some(1), ..ExposureQuery::default() };
        Ok(Self {
            days: exposures::days(app, actor)?,
            feeds: feeds::list(app, actor)?,
            hosts_exposed: exposures::page(app, actor, &all)?.hosts,
            hosts_total: count(&app.fleet.all()),
            hosts_with_questions: count(&exposures::open_questions(app, actor)?),
        })
    }

    fn input(&self) -> HeadInput<'_> {
        HeadInput {
            days: &self.days,
            hosts_exposed: self.hosts_exposed,
            hosts_total: self.hosts_total,
            feeds: &self.feeds,
            hosts_with_questions: self.hosts_with_questions,
        }
    }
}

fn count<T>(list: &[T]) -> u64 {
    u64::try_from(list.len()).unwrap_or(u64::MAX)
}

/// Returns what the address asks for. What is no CVE matches nothing, as a host that is not there.
pub(crate) fn query(filter: &ExposureFilter, limit: u32) -> Result<ExposureQuery, ApiError> {
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let cve = match filter.cve.as_str() {
        "" => None,
        text => Some(text.parse().map_err(|error| no_cve(&error))?),
    };
    Ok(ExposureQuery {
        cve,
        host: some(&filter.host),
        package: some(&filter.package),
        stream: some(&filter.stream),
        kev_only: filter.kev_only,
        due_days: filter.due_days,
        state: some(&filter.state),
        after: some(&filter.after),
        limit: Some(limit),
        as_of: None,
    })
}

fn no_cve(error: &model::cve::ParseCveError) -> ApiError {
    ApiError::bad_input("not_a_cve", &error.to_string())
}

pub(crate) async fn actions(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    RawQuery(text): RawQuery,
) -> PageResult {
    let pairs = form::pairs(&text.unwrap_or_default());
    blocking(&web.app, move |app| {
        let query = query(&ExposureFilter::read(&pairs), EXPOSURES_PER_PAGE)?;
        let actions = exposures::actions(app, &caller.actor, &query)?;
        let head = Head::read(app, &caller.actor)?;
        html(&ActionsPage::new(shell(app, &caller, ""), &actions, &head.input(), &pairs))
    })
    .await
}

pub(crate) async fn cves(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    RawQuery(text): RawQuery,
) -> PageResult {
    let filter = ExposureFilter::read(&form::pairs(&text.unwrap_or_default()));
    blocking(&web.app, move |app| {
        let list = exposures::cves(app, &caller.actor, &query(&filter, CVES_PER_PAGE)?)?;
        let head = Head::read(app, &caller.actor)?;
        html(&CvesPage::new(shell(app, &caller, ""), &list, &head.input(), &filter))
    })
    .await
}

pub(crate) async fn hosts(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    RawQuery(text): RawQuery,
) -> PageResult {
    let filter = ExposureFilter::read(&form::pairs(&text.unwrap_or_default()));
    blocking(&web.app, move |app| {
        let list = exposures::hosts(app, &caller.actor, &query(&filter, HOSTS_PER_PAGE)?)?;
        let head = Head::read(app, &caller.actor)?;
        html(&ExposedHostsPage::new(shell(app, &caller, ""), &list, &head.input(), &filter))
    })
    .await
}

pub(crate) async fn each(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    RawQuery(text): RawQuery,
) -> PageResult {
    let filter = ExposureFilter::read(&form::pairs(&text.unwrap_or_default()));
    blocking(&web.app, move |app| {
        let list = exposures::page(app, &caller.actor, &query(&filter, EXPOSURES_PER_PAGE)?)?;
        let head = Head::read(app, &caller.actor)?;
        html(&EachPage::new(shell(app, &caller, ""), &list, &head.input(), &filter))
    })
    .await
}

pub(crate) async fn cve(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    Path(cve): Path<String>,
) -> PageResult {
    blocking(&web.app, move |app| {
        let cve = cve.to_uppercase().parse().map_err(|error| no_cve(&error))?;
        let view = exposures::cve(app, &caller.actor, cve)?;
        let feeds = feeds::list(app, &caller.actor)?;
        html(&CvePage::new(shell(app, &caller, ""), &view, &feeds))
    })
    .await
}

pub(crate) async fn deadlines(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    RawQuery(text): RawQuery,
) -> PageResult {
    let pairs = form::pairs(&text.unwrap_or_default());
    blocking(&web.app, move |app| {
        let days = exposures::days(app, &caller.actor)?;
        let obligations = obligations::list(app, &caller.actor)?;
        let open = count(&exposures::open_questions(app, &caller.actor)?);
        let shell = shell(app, &caller, "");
        html(&DeadlinesPage::new(shell, &days, &obligations, open, &pairs))
    })
    .await
}

pub(crate) async fn end_of_life(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
) -> PageResult {
    blocking(&web.app, move |app| {
        let all = exposures::end_of_life(app, &caller.actor)?;
        html(&EndOfLifePage::new(shell(app, &caller, ""), &all))
    })
    .await
}

pub(crate) async fn feed_list(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
) -> PageResult {
    blocking(&web.app, move |app| {
        let all = feeds::list(app, &caller.actor)?;
        html(&console::feeds::FeedsPage::new(shell(app, &caller, ""), &all))
    })
    .await
}

#[cfg(test)]
mod tests;
