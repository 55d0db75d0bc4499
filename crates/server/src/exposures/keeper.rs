//! Keeps the state of now true: filled at start, then edited by reports, loads, answers and choices. And
//! keeps one past state for who asks about an earlier day.

use crate::app::{Actor, App};
use crate::clock::Deadline;
use crate::error::{ApiError, ErrorKind};
use crate::exposures::fill::{self, LastSets, Reported, Roll};
use crate::exposures::judge::Judge;
use crate::exposures::offers;
pub(crate) use crate::exposures::offers::Offer;
use crate::exposures::state::State;
use model::package::PackageSet;
use model::report::PendingSet;
use model::{HostId, TenantId};
use std::collections::BTreeMap;
use std::sync::{
    Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
};
use std::time::Duration;
use store::TenantScope;
use store::advisories::NOW;
use store::reports::ReportRow;

/// How long a question waits for a server that has just started.
const FILL_PATIENCE: Duration = Duration::from_secs(20);
/// How long a past state is kept: whoever looks at one day looks at several pages of it.
const PAST_KEPT: Duration = Duration::from_secs(600);

/// The states that are kept.
pub(crate) struct Exposures {
    now: RwLock<State>,
    filling: Mutex<Filling>,
    filled: Condvar,
    past: Mutex<Option<Past>>,
    /// Held while a past state is made: each takes as much memory as the one of now.
    past_maker: Mutex<()>,
    /// Held while a timeline is made in parts.
    timeline_maker: Mutex<()>,
    /// Held while a load is at work: there is one at a time.
    loading: Mutex<()>,
}

struct Past {
    at: i64,
    state: Arc<State>,
    kept_until: Deadline,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Filling {
    UnderWay,
    Done,
    Failed(String),
}

impl Default for Exposures {
    fn default() -> Self {
        Self {
            now: RwLock::new(State::new(NOW)),
            filling: Mutex::new(Filling::UnderWay),
            filled: Condvar::new(),
            past: Mutex::default(),
            past_maker: Mutex::default(),
            timeline_maker: Mutex::default(),
            loading: Mutex::default(),
        }
    }
}

impl Exposures {
    /// Changes the state of now. Readers wait meanwhile: reads from the store come before.
    pub(crate) fn change(&self) -> RwLockWriteGuard<'_, State> {
        self.now.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the state of now, filled or not.
    pub(crate) fn now(&self) -> RwLockReadGuard<'_, State> {
        self.now.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until no load is at work, and keeps others out.
    pub(crate) fn load_lock(&self) -> MutexGuard<'_, ()> {
        self.loading.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nobody makes a timeline, and keeps others from it.
    pub(crate) fn timeline_lock(&self) -> MutexGuard<'_, ()> {
        self.timeline_maker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the state has been filled.
    ///
    /// # Errors
    /// `Busy` when that takes long; `Internal` when it failed.
    pub(crate) fn wait_filled(&self) -> Result<(), ApiError> {
        let filling = self.filling.lock().unwrap_or_else(PoisonError::into_inner);
        let is_under_way = |filling: &mut Filling| *filling == Filling::UnderWay;
        let waited = self.filled.wait_timeout_while(filling, FILL_PATIENCE, is_under_way);
        let (filling, _) = waited.unwrap_or_else(PoisonError::into_inner);
        match &*filling {
            Filling::Done => Ok(()),
            Filling::UnderWay => {
                let said = "the server has just started and still reads what its hosts reported";
                Err(ApiError::new(ErrorKind::Busy, "filling", said).hint("try again in a minute"))
            }
            Filling::Failed(detail) => Err(ApiError::internal(detail)),
        }
    }

    /// Lets go of a past state that nobody has asked for in a while.
    pub(crate) fn forget_past(&self) {
        let mut past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        past.take_if(|past| past.kept_until.has_passed());
    }

    fn past(&self, app: &App, at: i64) -> Result<Arc<State>, ApiError> {
        let kept = || {
            let mut past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
            past.as_mut().filter(|past| past.at == at).map(|past| {
                past.kept_until = Deadline::after(PAST_KEPT);
                Arc::clone(&past.state)
            })
        };
        if let Some(state) = kept() {
            return Ok(state);
        }
        let Ok(_turn) = self.past_maker.try_lock() else {
            let said = "another past moment is being looked up";
            return Err(
                ApiError::new(ErrorKind::Busy, "past_busy", said).hint("try again in some seconds")
            );
        };
        let state = Arc::new(app.read(|view| {
            let mut state = fill::without_hosts(app, view, at)?;
            fill::put_past_hosts(app, view, &mut state, at)?;
            Ok(state)
        })?);
        let mut past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        let kept_until = Deadline::after(PAST_KEPT);
        *past = Some(Past { at, state: Arc::clone(&state), kept_until });
        Ok(state)
    }

    fn end_filling(&self, filling: Filling) {
        *self.filling.lock().unwrap_or_else(PoisonError::into_inner) = filling;
        self.filled.notify_all();
    }
}

/// Answers a question with the state of now or of a past moment.
///
/// # Errors
/// What `act` says; `Busy` while the state is being filled; `BadInput` for a moment that is still to come.
pub(crate) fn judged<T>(
    app: &App,
    actor: &Actor,
    as_of: Option<i64>,
    act: impl FnOnce(&Judge<'_>) -> Result<T, ApiError>,
) -> Result<T, ApiError> {
    let Some(at) = as_of else {
        app.exposures.wait_filled()?;
        let state = app.exposures.now();
        return app.read(|view| act(&Judge::new(app, &state, view, &actor.scope)));
    };
    if at > app.now() {
        let said = "that moment is still to come";
        return Err(ApiError::bad_input("not_past", said).hint("name a day that is over, or today"));
    }
    let state = app.exposures.past(app, at)?;
    app.read(|view| act(&Judge::new(app, &state, view, &actor.scope)))
}

/// Fills the state of now; called once, at start, beside whatever else is going on.
pub(crate) fn fill(app: &App) {
    match fill_all(app) {
        Ok(()) => app.exposures.end_filling(Filling::Done),
        Err(error) => {
            tracing::error!(detail = %error.detail, "could not read what hosts are exposed to");
            let detail = format!("exposures could not be read at start: {error}; {}", error.detail);
            app.exposures.end_filling(Filling::Failed(detail));
        }
    }
}

fn fill_all(app: &App) -> Result<(), ApiError> {
    let _alone = app.exposures.load_lock();
    if app.read(|view| Ok(store::loads::has_open(view)?))? {
        app.store.write(|tx| -> Result<_, ApiError> {
            store::loads::sweep(&tx)?;
            tx.commit_without_event(())
        })?;
    }
    let rest = app.read(|view| fill::without_hosts(app, view, NOW))?;
    *app.exposures.change() = rest;
    put_hosts(app)
}

/// Puts every host that reported, unless a report of it came meanwhile. Hosts of one kind follow each other,
/// so that their sets are read once.
fn put_hosts(app: &App) -> Result<(), ApiError> {
    let scope = app.tenant();
    app.read(|view| {
        let roll = Roll::read(view, &scope, NOW)?;
        let mut reports = store::reports::list(view, &scope)?;
        reports.sort_by_key(|report| (report.packages, report.pending, report.host));
        let mut sets = LastSets::default();
        for report in reports {
            if app.is_stopping() {
                return Ok(());
            }
            let (packages, pending) = sets.get(view, &scope, (report.packages, report.pending))?;
            let mut state = app.exposures.change();
            if !state.hosts.contains_key(&report.host) {
                put(&mut state, &scope, &roll, (&report, &packages, &pending), app.now());
            }
        }
        Ok(())
    })
}

fn put(
    state: &mut State,
    scope: &TenantScope,
    roll: &Roll,
    (report, packages, pending): (&ReportRow, &PackageSet, &PendingSet),
    now: i64,
) {
    let Some(row) = roll.hosts.get(&report.host) else { return };
    let answers = roll.answers.get(&report.host).map_or(&[][..], Vec::as_slice);
    let reported = Reported {
        first_seen_at: roll.firsts.get(&report.host).copied().unwrap_or(report.stored_at),
        seen_at: report.seen_at,
        facts: &report.facts,
        packages,
        pending,
        conditions: &report.conditions,
    };
    fill::put_host(state, scope, (row, answers), &reported, now);
}

/// Returns the offers of a report that are new, to be stored with it.
pub(crate) fn new_offers(app: &App, report: &ReportRow, pending: &PendingSet) -> Vec<Offer> {
    let stream = decide::stream::of_host(&report.facts).unwrap_or_default();
    let offers = offers::of_pending(&stream, pending);
    let state = app.exposures.now();
    state.offers.unknown(&offers)
}

/// Takes a stored report into the state.
pub(crate) fn put_report(
    app: &App,
    scope: &TenantScope,
    report: &ReportRow,
    (packages, pending, new): (&PackageSet, &PendingSet, Vec<Offer>),
) -> Result<(), ApiError> {
    let host = report.host;
    let roll = app.read(|view| {
        let answers = store::answers::of_host(view, scope, host, NOW)?;
        let first = store::reports::first(view, scope, host)?;
        Ok(Roll {
            hosts: BTreeMap::from([(host, store::hosts::get(view, scope, host)?)]),
            answers: BTreeMap::from([(host, answers)]),
            firsts: first.map(|at| (host, at)).into_iter().collect(),
        })
    })?;
    let mut state = app.exposures.change();
    // Of two reports at once the one that was stored last counts; it puts itself.
    let newest = app.read(|view| Ok(store::reports::get(view, scope, host)?))?;
    if newest.as_ref() == Some(report) {
        put(&mut state, scope, &roll, (report, packages, pending), app.now());
    }
    if new.is_empty() {
        return Ok(());
    }
    let touched: Vec<Offer> = new.clone();
    state.offers.add(new.into_iter().map(|offer| (offer, report.stored_at)));
    let bounds = app.read(|view| state.offers.bounds(view, |o| touched.contains(o), NOW))?;
    let State { offers, index, .. } = &mut *state;
    offers.put(index, bounds);
    Ok(())
}

/// Puts a host again from what is stored: its answers or its release's support changed.
pub(crate) fn put_again(app: &App, scope: &TenantScope, host: HostId) -> Result<(), ApiError> {
    let Some((report, packages, pending)) = app.read(|view| {
        let Some(report) = store::reports::get(view, scope, host)? else { return Ok(None) };
        let (packages, pending) = crate::hosts::sets(view, scope, Some(&report))?;
        Ok(Some((report, packages, pending)))
    })?
    else {
        return Ok(());
    };
    put_report(app, scope, &report, (&packages, &pending, Vec::new()))
}

/// Looks again which hosts' releases nobody repairs any more: that changes with the day and with what feeds
/// say about it.
pub(crate) fn look_at_support(app: &App) -> Result<(), ApiError> {
    let scope = app.tenant();
    let changed: Vec<HostId> = {
        let state = app.exposures.now();
        let now = app.now();
        let mut ended: BTreeMap<(&str, &[String]), bool> = BTreeMap::new();
        let hosts = state.hosts.iter().filter(|(_, meta)| meta.tenant == scope.tenant());
        hosts
            .filter(|(_, meta)| {
                let is_ended = *ended.entry((&meta.stream, &meta.channels)).or_insert_with(|| {
                    let (stream, channels) = (&meta.stream, &meta.channels);
                    let lifecycles = &state.lifecycles;
                    decide::lifecycle::standing(lifecycles, stream, now, channels)
                        .is_some_and(|standing| standing.is_ended)
                });
                state.classes.get(meta.class).is_unsupported != is_ended
            })
            .map(|(host, _)| *host)
            .collect()
    };
    for host in changed {
        put_again(app, &scope, host)?;
    }
    Ok(())
}

/// Follows other obligations from now on.
pub(crate) fn put_obligations(app: &App, tenant: TenantId, clauses: Vec<model::clause::Clause>) {
    let mut state = app.exposures.change();
    state.obligations.insert(tenant, Arc::new(clauses));
    state.statements_generation += 1;
    state.generation += 1;
}
