//! Exposures as people ask for them: who is exposed to what, by when, and what to do first. Derived from
//! facts in memory at each question; nothing of it is stored.
//!
//! `keeper` holds the state and keeps it true; `fill` makes one from the store; `judge` adds deadlines to what
//! the index finds; `timeline` orders subjects by deadline; `lists` and `actions` cut pages from that.

mod actions;
mod class;
mod facts;
mod fill;
mod judge;
pub(crate) mod keeper;
mod lists;
pub(crate) mod loads;
mod offers;
mod one;
mod state;
mod support;
mod timeline;

pub(crate) use keeper::Exposures;

use crate::app::{Actor, App};
use crate::error::ApiError;
use crate::exposures::keeper::judged;
use crate::exposures::lists::Asked;
use model::cve::CveId;
use model::exposure::{
    Action, CveListPage, CveView, DeadlineDay, EndOfLifeView, ExposurePage, HostListPage, NoFix,
    NotKnown, NotReachable, OpenQuestions, Reach,
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

/// Returns one page of exposures, earliest deadline first. Those of one host come with its binary packages.
///
/// # Errors
/// `NotFound` when no host has that name; `BadInput` for an unknown state, a place that is none, or a moment
/// that is still to come; `Busy` while the server reads its facts at start.
pub fn page(app: &App, actor: &Actor, query: &ExposureQuery) -> Result<ExposurePage, ApiError> {
    let asked = asked(app, actor, query)?;
    let mut page = judged(app, actor, query.as_of, |judge| lists::page(judge, &asked))?;
    if let (Some(host), None) = (asked.host, query.as_of) {
        one::put_binaries(app, actor, host, &mut page.exposures)?;
    }
    Ok(page)
}

/// Returns one page of the list by CVE, earliest deadline first.
///
/// # Errors
/// As for `page`.
pub fn cves(app: &App, actor: &Actor, query: &ExposureQuery) -> Result<CveListPage, ApiError> {
    let asked = asked(app, actor, query)?;
    judged(app, actor, query.as_of, |judge| lists::cves(judge, &asked))
}

/// Returns one page of the list by host, earliest deadline first.
///
/// # Errors
/// As for `page`.
pub fn hosts(app: &App, actor: &Actor, query: &ExposureQuery) -> Result<HostListPage, ApiError> {
    let asked = asked(app, actor, query)?;
    judged(app, actor, query.as_of, |judge| lists::hosts(judge, &asked))
}

/// Returns one CVE: who is exposed, what fixes it, where it stands.
///
/// # Errors
/// `NotFound` when no feed names it; `Busy` while the server reads its facts at start.
pub fn cve(app: &App, actor: &Actor, cve: CveId) -> Result<CveView, ApiError> {
    judged(app, actor, None, |judge| one::cve(judge, actor.scope.tenant(), cve))
}

/// Returns what can be done about the exposures that match, what matters first first. Hosts and gains are
/// those of the whole action, unless one host is asked for.
///
/// # Errors
/// As for `page`.
pub fn actions(app: &App, actor: &Actor, query: &ExposureQuery) -> Result<Vec<Action>, ApiError> {
    let asked = asked(app, actor, query)?;
    judged(app, actor, query.as_of, |judge| actions::actions(judge, &asked))
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
    let asked = asked(app, actor, query)?;
    judged(app, actor, None, |judge| actions::hosts_to_draft(judge, &asked, hosts_max))
}

/// Returns the deadlines by day, the earliest first; those without a date last.
///
/// # Errors
/// `Busy` while the server reads its facts at start.
pub fn days(app: &App, actor: &Actor) -> Result<Vec<DeadlineDay>, ApiError> {
    timeline::freshen(app, &actor.scope)?;
    judged(app, actor, None, |judge| actions::days(judge, actor.scope.tenant()))
}

/// Returns releases and packages without support, or soon without; the ended first.
///
/// # Errors
/// `Busy` while the server reads its facts at start.
pub fn end_of_life(app: &App, actor: &Actor) -> Result<Vec<EndOfLifeView>, ApiError> {
    judged(app, actor, None, |judge| support::end_of_life(judge, actor.scope.tenant()))
}

/// Returns the hosts with questions that nobody answered, by name.
///
/// # Errors
/// `Busy` while the server reads its facts at start.
pub fn open_questions(app: &App, actor: &Actor) -> Result<Vec<OpenQuestions>, ApiError> {
    judged(app, actor, None, |judge| Ok(one::open_questions(judge, actor.scope.tenant())))
}

/// Puts hosts into the state that never reported, for measuring fleets that no machine could report from.
/// They are gone with the process.
///
/// # Errors
/// `Busy` while the server reads its facts at start.
pub fn put_synthetic(
    app: &App,
    hosts: impl Iterator<Item = (String, decide::index::HostEntry)>,
) -> Result<(), ApiError> {
    app.exposures.wait_filled()?;
    let scope = app.tenant();
    for (name, entry) in hosts {
        fill::put_entry(&mut app.exposures.change(), &scope, (&name, &[], &[]), entry);
    }
    Ok(())
}

/// Checks a query and looks its host up.
fn asked<'a>(app: &App, actor: &Actor, query: &'a ExposureQuery) -> Result<Asked<'a>, ApiError> {
    if let Some(word) = &query.state
        && !state_words().contains(&word.as_str())
    {
        return Err(ApiError::bad_input("unknown_state", &format!("`{word}` is no state"))
            .hint(&format!("the states are {}", state_words().join(", "))));
    }
    let host = match query.host.as_deref() {
        None | Some("") => None,
        Some(text) => Some(app.read(|view| crate::hosts::find(view, &actor.scope, text))?.host),
    };
    if query.as_of.is_none() && query.cve.is_none() {
        timeline::freshen(app, &actor.scope)?;
    }
    Ok(Asked { query, host, tenant: actor.scope.tenant() })
}

/// Returns the words of all states.
fn state_words() -> [&'static str; 9] {
    [
        Reach::Actionable { to: String::new() },
        Reach::FixNotReachable { why: NotReachable::NotOffered },
        Reach::NoFix { why: NoFix::Open },
        Reach::NeedsReboot,
        Reach::NeedsRestart { units: Vec::new() },
        Reach::StaleImage,
        Reach::BootsVulnerable,
        Reach::Carried,
        Reach::Unknown { why: NotKnown::Version },
    ]
    .map(|reach| reach.word())
}
