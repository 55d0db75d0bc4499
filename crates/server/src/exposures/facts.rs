//! What all sources together say of a CVE, made from the store when it is needed, and the hazards that
//! follow, which the index holds.

use crate::error::ApiError;
use crate::exposures::state::{Known, State};
use decide::deadline::Past;
use model::advisory::Feed;
use model::cve::{CveId, CveStatement};
use model::exposure::{CveFacts, SourcedStatement};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::View;
use store::cves::StoredStatement;

/// With more changed CVEs than this, all are read in one pass: a look-up each costs more then.
const LOOK_UPS_MAX: usize = 5_000;

/// What a CVE weighs, as the index is told.
pub(crate) struct Weight {
    pub cve: CveId,
    pub micro: u32,
    pub is_kev: bool,
    pub is_rejected: bool,
}

/// Returns a stored statement with its source's name.
fn sourced(state: &State, stored: StoredStatement) -> SourcedStatement {
    let source = state.sources.get(&stored.source_id);
    let (feed, name) =
        source.map_or((Feed::CveRecord, ""), |source| (source.feed, source.name.as_str()));
    // EPSS is of its newest day whatever moment is judged: it is moved there, or it would not count.
    let latest = if feed == Feed::Epss { state.at } else { i64::MAX };
    let learned_at = stored.learned_at.min(latest);
    SourcedStatement {
        feed,
        source: name.to_owned(),
        learned_at,
        gone_at: stored.gone_at,
        statement: stored.statement,
    }
}

/// Returns what is known of a CVE; kept knowledge where it is.
pub(crate) fn of(state: &State, view: &View<'_>, cve: CveId) -> Result<Arc<Known>, ApiError> {
    if !state.stated.contains(&cve) {
        // A score at most: made faster than it is kept.
        return Ok(Arc::new(known(state, merged(state, cve, score(state, cve)))));
    }
    if let Some(known) = state.kept_facts(cve) {
        return Ok(known);
    }
    let facts = merged(state, cve, store::cves::of(view, cve, state.at)?);
    let known = Arc::new(known(state, facts));
    state.keep_facts(&known);
    Ok(known)
}

fn known(state: &State, facts: CveFacts) -> Known {
    let past = Past::of(Some(&facts), state.at);
    Known { facts, past }
}

/// Returns the day's score of a CVE as the statement that it is; none where there is none.
fn score(state: &State, cve: CveId) -> Vec<StoredStatement> {
    let Some((source_id, epss)) = state.scores.get(&cve) else { return Vec::new() };
    let mut statement = CveStatement::of(cve);
    statement.epss = Some(*epss);
    let learned_at = state.sources.get(source_id).map_or(0, |source| source.at);
    vec![StoredStatement { source_id: *source_id, learned_at, gone_at: None, statement }]
}

fn merged(state: &State, cve: CveId, stored: Vec<StoredStatement>) -> CveFacts {
    let model = stored
        .iter()
        .filter(|stored| stored.statement.epss.is_some())
        .find_map(|stored| state.sources.get(&stored.source_id))
        .map(|source| source.version.clone());
    let statements: Vec<SourcedStatement> =
        stored.into_iter().map(|stored| sourced(state, stored)).collect();
    let mut facts = decide::cve::merge(cve, &statements, state.at);
    facts.epss_model = model.unwrap_or_default();
    facts
}

fn weight(facts: &CveFacts) -> Weight {
    Weight {
        cve: facts.cve,
        micro: decide::hazard::of(facts).micro,
        is_kev: facts.kev.is_some(),
        is_rejected: facts.is_rejected,
    }
}

/// Tells the index what CVEs weigh.
pub(crate) fn put_weights(state: &mut State, weights: &[Weight]) {
    for weight in weights {
        state.index.set_hazard(weight.cve, weight.micro, weight.is_kev);
        state.index.set_rejected(weight.cve, weight.is_rejected);
    }
}

/// Weighs every CVE of which anything is stated.
pub(crate) fn weigh_all(state: &mut State, view: &View<'_>) -> Result<(), ApiError> {
    store::cves::each(view, state.at, |stored| {
        state.stated.insert(stored.statement.cve);
    })?;
    store::cves::each_epss(view, |stored| {
        if let Some(epss) = stored.statement.epss {
            state.put_score(stored.statement.cve, stored.source_id, epss);
        }
    })?;
    let weights = weights(state, view, None)?;
    put_weights(state, &weights);
    Ok(())
}

/// Returns the weights of these CVEs.
pub(crate) fn weights_of(
    state: &State,
    view: &View<'_>,
    cves: &BTreeSet<CveId>,
) -> Result<Vec<Weight>, ApiError> {
    if cves.len() > LOOK_UPS_MAX {
        return weights(state, view, Some(cves));
    }
    let mut found = Vec::new();
    for cve in cves {
        let stored = store::cves::of(view, *cve, state.at)?;
        found.push(weight(&merged(state, *cve, stored)));
    }
    Ok(found)
}

/// One pass over all statements and all scores; both come sorted by CVE.
fn weights(
    state: &State,
    view: &View<'_>,
    only: Option<&BTreeSet<CveId>>,
) -> Result<Vec<Weight>, ApiError> {
    let is_wanted = |cve: CveId| only.is_none_or(|only| only.contains(&cve));
    let mut stated: BTreeMap<CveId, Vec<StoredStatement>> = BTreeMap::new();
    store::cves::each(view, state.at, |stored| {
        if is_wanted(stored.statement.cve) {
            stated.entry(stored.statement.cve).or_default().push(stored);
        }
    })?;
    let mut found = Vec::new();
    let mut last: Option<(CveId, Vec<StoredStatement>)> = None;
    let mut close = |last: Option<(CveId, Vec<StoredStatement>)>| {
        if let Some((cve, stored)) = last {
            found.push(weight(&merged(state, cve, stored)));
        }
    };
    store::cves::each_epss(view, |score| {
        let cve = score.statement.cve;
        if !is_wanted(cve) {
            return;
        }
        match &mut last {
            Some((known, stored)) if *known == cve => stored.push(score),
            _ => {
                close(last.take());
                let mut stored = stated.remove(&cve).unwrap_or_default();
                stored.push(score);
                last = Some((cve, stored));
            }
        }
    })?;
    close(last);
    for (cve, stored) in stated {
        close(Some((cve, stored)));
    }
    // Those that nothing is stated of any more weigh what an unknown CVE weighs.
    if let Some(only) = only {
        let known: BTreeSet<CveId> = found.iter().map(|weight: &Weight| weight.cve).collect();
        for cve in only.difference(&known) {
            found.push(weight(&merged(state, *cve, Vec::new())));
        }
    }
    Ok(found)
}
