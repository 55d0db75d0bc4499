//! Making a state from the store: for the start of the server, and for a past moment. One path, so that a
//! restart gives what was there before.

use crate::app::App;
use crate::error::ApiError;
use crate::exposures::class::{Class, weight_halves};
use crate::exposures::facts::weigh_all;
use crate::exposures::offers::Offer;
use crate::exposures::state::{Meta, SourceName, State};
use decide::index::{EntryInput, HostEntry, NewRow, RowId, Source};
use model::advisory::Advisory;
use model::exposure::Answer;
use model::host::HostFacts;
use model::package::PackageSet;
use model::report::{Conditions, PendingSet};
use model::{Digest, HostId};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use store::advisories::StoredRow;
use store::hosts::HostRow;
use store::{TenantScope, View};

/// Rows that are handed to the index at once: bounds the memory that a fill takes beside it.
const ROWS_AT_ONCE: usize = 20_000;

/// A report with its sets, as an entry is made from it.
pub(crate) struct Reported<'a> {
    pub first_seen_at: i64,
    pub seen_at: i64,
    pub facts: &'a HostFacts,
    pub packages: &'a PackageSet,
    pub pending: &'a PendingSet,
    pub conditions: &'a Conditions,
}

/// Returns everything but the hosts, as it counts at `at`.
pub(crate) fn without_hosts(app: &App, view: &View<'_>, at: i64) -> Result<State, ApiError> {
    let mut state = State::new(at);
    let scope = app.tenant();
    put_sources(&mut state, view)?;
    weigh_all(&mut state, view)?;
    put_rows(&mut state, view)?;
    state.lifecycles = lifecycles(&state, view)?;
    let chosen = crate::obligations::clauses(view, &scope, at)?;
    state.obligations.insert(scope.tenant(), Arc::new(chosen));
    let known = store::offers::list(view, &scope, at)?;
    state.offers.add(known.into_iter().map(|row| {
        let first_at = row.first_at;
        (Offer::from(row), first_at)
    }));
    let bounds = state.offers.bounds(view, |_| true, at)?;
    state.offers.put(&mut state.index, bounds);
    Ok(state)
}

/// Reads the names of sources again.
pub(crate) fn put_sources(state: &mut State, view: &View<'_>) -> Result<(), ApiError> {
    for source in store::feeds::sources(view)? {
        let name = SourceName {
            feed: source.feed,
            name: source.source,
            version: source.version,
            at: source.content_at.or(source.fetched_at).unwrap_or(0),
        };
        state.sources.insert(source.source_id, name);
    }
    Ok(())
}

/// Returns the lifecycles that count, each with its source's name.
pub(crate) fn lifecycles(
    state: &State,
    view: &View<'_>,
) -> Result<Vec<(String, model::advisory::Lifecycle)>, ApiError> {
    let named = |(id, lifecycle)| {
        let name = state.sources.get(&id).map_or(String::new(), |source| source.name.clone());
        (name, lifecycle)
    };
    Ok(store::advisories::lifecycles(view, state.at)?.into_iter().map(named).collect())
}

fn put_rows(state: &mut State, view: &View<'_>) -> Result<(), ApiError> {
    let mut advisories: HashMap<(i64, String), Advisory> = HashMap::new();
    store::advisories::each_advisory(view, state.at, |stored| {
        let key = (stored.source_id, stored.advisory.id.clone());
        advisories.insert(key, stored.advisory);
    })?;
    let mut waiting: Vec<StoredRow> = Vec::new();
    let at = state.at;
    store::advisories::each_row(view, at, |row| {
        let is_other = waiting.first().is_some_and(|first| first.source_id != row.source_id);
        if is_other || waiting.len() >= ROWS_AT_ONCE {
            put_some(state, &waiting, &advisories);
            waiting.clear();
        }
        waiting.push(row);
    })?;
    put_some(state, &waiting, &advisories);
    Ok(())
}

/// Hands rows of one source to the index.
pub(crate) fn put_some(
    state: &mut State,
    rows: &[StoredRow],
    advisories: &HashMap<(i64, String), Advisory>,
) {
    let Some(source) = rows.first().and_then(|row| state.sources.get(&row.source_id)) else {
        return;
    };
    let source = Source { name: source.name.clone(), feed: source.feed };
    let new: Vec<NewRow<'_>> = rows
        .iter()
        .map(|stored| NewRow {
            id: row_id(stored.row_id),
            learned_at: stored.first_at,
            row: &stored.row,
            advisory: advisories.get(&(stored.source_id, stored.row.advisory.clone())),
        })
        .collect();
    state.index.put_rows(&source, &new);
}

/// Returns the index's name of a stored row.
pub(crate) fn row_id(stored: i64) -> RowId {
    RowId(u64::try_from(stored).expect("ids of rows count from one"))
}

/// Everything that hosts are read from, at one moment.
pub(crate) struct Roll {
    pub hosts: BTreeMap<HostId, HostRow>,
    pub answers: BTreeMap<HostId, Vec<Answer>>,
    pub firsts: BTreeMap<HostId, i64>,
}

impl Roll {
    pub(crate) fn read(view: &View<'_>, scope: &TenantScope, at: i64) -> Result<Self, ApiError> {
        let mut answers: BTreeMap<HostId, Vec<Answer>> = BTreeMap::new();
        for (host, answer) in store::answers::list(view, scope, at)? {
            answers.entry(host).or_default().push(answer);
        }
        let hosts = store::hosts::list(view, scope)?.into_iter().map(|row| (row.host, row));
        Ok(Self {
            hosts: hosts.collect(),
            answers,
            firsts: store::reports::firsts(view, scope)?.into_iter().collect(),
        })
    }
}

/// Sets by their digests, the newest only: hosts of one kind follow each other when sorted by digest.
#[derive(Default)]
pub(crate) struct LastSets {
    packages: Option<(Digest, Arc<PackageSet>)>,
    pending: Option<(Digest, Arc<PendingSet>)>,
}

impl LastSets {
    pub(crate) fn get(
        &mut self,
        view: &View<'_>,
        scope: &TenantScope,
        (packages, pending): (Digest, Digest),
    ) -> Result<(Arc<PackageSet>, Arc<PendingSet>), ApiError> {
        let missing = |what: &str| ApiError::internal(&format!("a report's {what} is not stored"));
        let packages = match &self.packages {
            Some((digest, set)) if *digest == packages => Arc::clone(set),
            _ => {
                let set = store::reports::packages(view, scope, packages)?
                    .ok_or_else(|| missing("package set"))?;
                Arc::clone(&self.packages.insert((packages, Arc::new(set))).1)
            }
        };
        let pending = match &self.pending {
            Some((digest, set)) if *digest == pending => Arc::clone(set),
            _ => {
                let set = store::reports::pending(view, scope, pending)?
                    .ok_or_else(|| missing("pending set"))?;
                Arc::clone(&self.pending.insert((pending, Arc::new(set))).1)
            }
        };
        Ok((packages, pending))
    }
}

/// Puts a host that reported into the state.
pub(crate) fn put_host(
    state: &mut State,
    scope: &TenantScope,
    (row, answers): (&HostRow, &[Answer]),
    reported: &Reported<'_>,
    now: i64,
) {
    let mut entry = decide::index::entry(&EntryInput {
        host: row.host,
        tenant: scope.tenant(),
        first_seen_at: reported.first_seen_at,
        seen_at: reported.seen_at,
        facts: reported.facts,
        packages: reported.packages,
        pending: reported.pending,
        conditions: reported.conditions,
    });
    entry.is_release_ended = is_ended(state, &entry, now);
    put_entry(state, scope, (&row.name, &row.tags, answers), entry);
}

/// Puts an entry into the index, in its class and with its weight.
pub(crate) fn put_entry(
    state: &mut State,
    scope: &TenantScope,
    (name, tags, answers): (&str, &[String], &[Answer]),
    mut entry: HostEntry,
) {
    entry.weight_halves = weight_halves(answers);
    let class = Class {
        answers: answers.to_vec(),
        tags: tags.to_vec(),
        is_unsupported: entry.is_release_ended,
        first_seen_at: entry.first_seen_at,
    };
    entry.class = state.classes.id_of(scope.tenant(), &class);
    state.index.put_host(&entry);
    let meta = Meta {
        tenant: scope.tenant(),
        name: name.to_owned(),
        stream: entry.stream,
        channels: entry.channels,
        class: entry.class,
    };
    state.hosts.insert(entry.host, meta);
    state.generation += 1;
}

fn is_ended(state: &State, entry: &HostEntry, now: i64) -> bool {
    let standing =
        decide::lifecycle::standing(&state.lifecycles, &entry.stream, now, &entry.channels);
    standing.is_some_and(|standing| standing.is_ended)
}

/// Fills a state of a past moment with the hosts that had reported then.
pub(crate) fn put_past_hosts(
    app: &App,
    view: &View<'_>,
    state: &mut State,
    at: i64,
) -> Result<(), ApiError> {
    let scope = app.tenant();
    let roll = Roll::read(view, &scope, at)?;
    let newest: BTreeMap<HostId, _> =
        store::reports::list(view, &scope)?.into_iter().map(|r| (r.host, r)).collect();
    let mut reports = store::reports::list_as_of(view, &scope, at)?;
    reports.sort_by_key(|report| (report.packages, report.pending, report.host));
    let mut sets = LastSets::default();
    for report in reports {
        let (Some(row), Some(newest)) = (roll.hosts.get(&report.host), newest.get(&report.host))
        else {
            continue;
        };
        let (packages, pending) = sets.get(view, &scope, (report.packages, report.pending))?;
        let reported = Reported {
            first_seen_at: roll.firsts.get(&report.host).copied().unwrap_or(report.stored_at),
            seen_at: report.stored_at,
            // Lines of an older server have none: the newest facts stand in for them.
            facts: report.facts.as_ref().unwrap_or(&newest.facts),
            packages: &packages,
            pending: &pending,
            conditions: report.conditions.as_ref().unwrap_or(&newest.conditions),
        };
        let answers = roll.answers.get(&report.host).map_or(&[][..], Vec::as_slice);
        put_host(state, &scope, (row, answers), &reported, at);
    }
    Ok(())
}
