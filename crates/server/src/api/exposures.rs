//! Exposure: `/api/v1/exposures`, `cves`, `actions`, `deadlines`, `end-of-life`, `questions`, answers and
//! obligations.

use crate::api::{Answer, number, read};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::exposures::{self, ExposureQuery};
use crate::form::{self, Form};
use crate::http::Web;
use crate::web::page::blocking;
use crate::{answers, obligations};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, Path, RawQuery, State};
use model::cve::CveId;
use model::exposure::{
    Action, CveListPage, CveView, DeadlineDay, EndOfLifeView, ExposurePage, HostListPage,
    ObligationView, OpenQuestions,
};
use model::wire::{AnswerRequest, ObligationsRequest};
use std::sync::Arc;

pub(crate) async fn list(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Answer<ExposurePage> {
    let query = asked(&query.unwrap_or_default())?;
    let page = move |app: &_| exposures::page(app, &caller.actor, &query);
    blocking(&web.app, page).await.map(Json)
}

pub(crate) async fn cves(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Answer<CveListPage> {
    let query = asked(&query.unwrap_or_default())?;
    let page = move |app: &_| exposures::cves(app, &caller.actor, &query);
    blocking(&web.app, page).await.map(Json)
}

pub(crate) async fn hosts(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Answer<HostListPage> {
    let query = asked(&query.unwrap_or_default())?;
    let page = move |app: &_| exposures::hosts(app, &caller.actor, &query);
    blocking(&web.app, page).await.map(Json)
}

pub(crate) async fn cve(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    Path(cve): Path<String>,
) -> Answer<CveView> {
    let cve = read_cve(&cve)?;
    let view = move |app: &_| exposures::cve(app, &caller.actor, cve);
    blocking(&web.app, view).await.map(Json)
}

pub(crate) async fn actions(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Answer<Vec<Action>> {
    let query = asked(&query.unwrap_or_default())?;
    let actions = move |app: &_| exposures::actions(app, &caller.actor, &query);
    blocking(&web.app, actions).await.map(Json)
}

pub(crate) async fn deadlines(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
) -> Answer<Vec<DeadlineDay>> {
    blocking(&web.app, move |app| exposures::days(app, &caller.actor)).await.map(Json)
}

pub(crate) async fn end_of_life(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
) -> Answer<Vec<EndOfLifeView>> {
    blocking(&web.app, move |app| exposures::end_of_life(app, &caller.actor)).await.map(Json)
}

pub(crate) async fn questions(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
) -> Answer<Vec<OpenQuestions>> {
    blocking(&web.app, move |app| exposures::open_questions(app, &caller.actor)).await.map(Json)
}

pub(crate) async fn answered(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    Path(host): Path<String>,
) -> Answer<Vec<model::exposure::Answer>> {
    let list = move |app: &_| answers::list(app, &caller.actor, &host);
    blocking(&web.app, list).await.map(Json)
}

pub(crate) async fn answer(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    Path(host): Path<String>,
    body: Bytes,
) -> Answer<Vec<model::exposure::Answer>> {
    let AnswerRequest { question, value } = read(&body)?;
    let put = move |app: &_| answers::put(app, &caller.actor, &host, question, &value);
    blocking(&web.app, put).await.map(Json)
}

pub(crate) async fn obligations(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
) -> Answer<Vec<ObligationView>> {
    blocking(&web.app, move |app| obligations::list(app, &caller.actor)).await.map(Json)
}

pub(crate) async fn choose(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    body: Bytes,
) -> Answer<Vec<ObligationView>> {
    let ObligationsRequest { chosen } = read(&body)?;
    let choose = move |app: &_| obligations::choose(app, &caller.actor, &chosen);
    blocking(&web.app, choose).await.map(Json)
}

/// Reads a CVE from an address.
fn read_cve(text: &str) -> Result<CveId, ApiError> {
    text.to_ascii_uppercase().parse().map_err(|error: model::cve::ParseCveError| {
        ApiError::bad_input("bad_cve", &error.to_string())
    })
}

/// Reads what is asked for from an address.
fn asked(query: &str) -> Result<ExposureQuery, ApiError> {
    let pairs = Form(form::pairs(query));
    let text = |name: &str| Some(pairs.value(name).to_owned()).filter(|text| !text.is_empty());
    let optional = |name: &'static str| -> Result<Option<u32>, ApiError> {
        text(name).map(|_| number(&pairs, name, 0)).transpose()
    };
    Ok(ExposureQuery {
        cve: text("cve").map(|cve| read_cve(&cve)).transpose()?,
        host: text("host"),
        package: text("package"),
        stream: text("stream"),
        kev_only: matches!(pairs.value("kev"), "1" | "true" | "yes"),
        due_days: optional("due")?,
        state: text("state"),
        after: text("after"),
        limit: optional("limit")?,
        as_of: text("as_of").map(|text| moment(&text)).transpose()?,
    })
}

/// Reads a moment: seconds since the Unix epoch, a time, or a day, which is meant to its end.
fn moment(text: &str) -> Result<i64, ApiError> {
    if let Ok(secs) = text.parse() {
        return Ok(secs);
    }
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Ok(at.as_second());
    }
    let day = text.parse::<jiff::civil::Date>().ok();
    let end = day.and_then(|day| day.at(23, 59, 59, 0).to_zoned(jiff::tz::TimeZone::UTC).ok());
    end.map(|end| end.timestamp().as_second()).ok_or_else(|| {
        ApiError::bad_input("bad_moment", &format!("`{text}` is neither a day nor a time"))
            .hint("write it like 2026-03-03, 2026-03-03T12:00:00Z or in seconds")
    })
}

#[cfg(test)]
mod tests;
