//! Taking a load into the state: only what differs reaches the index.

use crate::app::App;
use crate::error::ApiError;
use crate::exposures::facts::{put_weights, weights_of};
use crate::exposures::fill::{self, put_some, row_id};
use crate::exposures::keeper;
use crate::exposures::offers::Offer;
use crate::exposures::state::State;
use model::advisory::{Advisory, RowSet};
use std::collections::{BTreeSet, HashMap};
use store::advisories::{NOW, StoredRow};
use store::loads::{Difference, Load};

/// Edits of the index between which questions may be answered: some milliseconds each. Whoever asks in the middle
/// of a load sees a part of it.
const EDITS_AT_ONCE: usize = 5_000;

/// Takes a finished load into the state of now. The caller holds the load lock.
///
/// Returns how many edits the index saw.
pub(crate) fn put_load(
    app: &App,
    load: &Load,
    set: &RowSet,
    difference: &Difference,
) -> Result<u64, ApiError> {
    let advisories = advisories(load, set);
    let rows = changed_rows(app, load, difference)?;
    app.read(|view| fill::put_sources(&mut app.exposures.change(), view))?;
    // Reading what CVEs weigh now can take a second; questions are answered meanwhile.
    let names = app.exposures.now().only_sources();
    let weights = app.read(|view| weights_of(&names, view, &difference.cves_changed))?;
    put_statements(&mut app.exposures.change(), load, difference);
    for some in weights.chunks(EDITS_AT_ONCE) {
        put_weights(&mut app.exposures.change(), some);
    }
    let gone: Vec<_> = difference.rows_out.iter().copied().map(row_id).collect();
    for some in gone.chunks(EDITS_AT_ONCE) {
        app.exposures.change().index.remove_rows(some);
    }
    for some in rows.chunks(EDITS_AT_ONCE) {
        put_some(&mut app.exposures.change(), some, &advisories);
    }
    let mut state = app.exposures.change();
    let touched: BTreeSet<&str> = rows.iter().map(|stored| stored.row.package.as_str()).collect();
    let is_touched = |offer: &Offer| !gone.is_empty() || touched.contains(offer.package.as_str());
    let bounds = app.read(|view| state.offers.bounds(view, is_touched, NOW))?;
    let State { offers, index, .. } = &mut *state;
    offers.put(index, bounds);
    let has_lifecycles =
        !difference.lifecycles_in.is_empty() || !difference.lifecycles_out.is_empty();
    if has_lifecycles {
        state.lifecycles = app.read(|view| fill::lifecycles(&state, view))?;
    }
    state.generation += 1;
    drop(state);
    if has_lifecycles {
        keeper::look_at_support(app)?;
    }
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    Ok(count(rows.len()) + count(gone.len()) + count(weights.len()))
}

/// Notes of which CVEs something is stated, takes scores in, and forgets what was made of others.
fn put_statements(state: &mut State, load: &Load, difference: &Difference) {
    state.stated.extend(difference.statements_in.iter().map(|(cve, _)| *cve));
    for (cve, epss) in &difference.epss_in {
        state.put_score(*cve, load.source_id, *epss);
    }
    for cve in &difference.epss_out {
        if state.scores.get(cve).is_some_and(|(source, _)| *source == load.source_id) {
            state.scores.remove(cve);
        }
    }
    state.forget_facts(&difference.cves_changed);
}

fn advisories(load: &Load, set: &RowSet) -> HashMap<(i64, String), Advisory> {
    let key = |advisory: &Advisory| (load.source_id, advisory.id.clone());
    set.advisories.iter().map(|advisory| (key(advisory), advisory.clone())).collect()
}

/// The rows that came, and those that stay while their document changed: its label and dates are theirs.
fn changed_rows(
    app: &App,
    load: &Load,
    difference: &Difference,
) -> Result<Vec<StoredRow>, ApiError> {
    let new = difference.rows_in.iter().zip(load.row_id..);
    let mut rows: Vec<StoredRow> = new
        .map(|((first_at, row), row_id)| StoredRow {
            row_id,
            source_id: load.source_id,
            first_at: first_at.unwrap_or(load.at),
            learned_at: load.at,
            row: row.clone(),
        })
        .collect();
    let stay = app.read(|view| {
        let names = &difference.advisories_changed;
        Ok(store::advisories::rows_of_documents(view, load.source_id, names)?)
    })?;
    let new: BTreeSet<i64> = rows.iter().map(|stored| stored.row_id).collect();
    rows.extend(stay.into_iter().filter(|stored| !new.contains(&stored.row_id)));
    Ok(rows)
}
