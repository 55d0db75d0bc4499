//! Taking parsed sets in: compared with what their source stated before, refused or written, recorded, and
//! handed to the state of exposures. One load at a time.

use crate::app::{App, event};
use crate::error::ApiError;
use crate::exposures;
use crate::feeds::looks_wrong;
use feeds::{Loaded, SetSummary};
use model::Digest;
use model::advisory::{Extent, Feed, RowSet};
use std::sync::Arc;
use store::feeds::SourceRow;
use store::loads::{Difference, Load};

/// Where sets come from, and who brought them.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    /// The address or the file's name.
    pub name: String,
    pub sha256: Digest,
    /// A person, `server` or `inbox`.
    pub person: String,
    /// The person takes what looks wrong.
    pub is_accepted_anyway: bool,
    /// The time that came with the file, for feeds without a time inside.
    pub last_modified: Option<i64>,
}

/// Takes every set in.
///
/// Returns the sources that were taken.
///
/// # Errors
/// `Conflict` when one looks wrong; others are taken all the same.
pub(super) fn all(
    app: &App,
    origin: &Origin,
    loaded: Loaded,
) -> Result<Vec<(Feed, String)>, ApiError> {
    let mut taken = Vec::new();
    let mut refused = Vec::new();
    for mut set in loaded.sets {
        set.content_at = set.content_at.or(origin.last_modified);
        let key = (set.feed, set.source.clone());
        match one(app, origin, set)? {
            Ok(()) => taken.push(key),
            Err(why) => refused.push(why),
        }
    }
    match refused.first() {
        None => Ok(taken),
        Some(first) => {
            let others = match taken.len() {
                0 => String::new(),
                count => format!(" ({count} others in it were taken)"),
            };
            Err(looks_wrong(&format!("{first}{others}")))
        }
    }
}

/// Takes one set in, or returns why it is refused.
fn one(app: &App, origin: &Origin, set: RowSet) -> Result<Result<(), String>, ApiError> {
    let _alone = app.exposures.load_lock();
    let (known, difference) = app.read(|view| {
        let known = store::feeds::source(view, set.feed, &set.source)?;
        let id = known.as_ref().map(|known| known.source_id);
        let difference = store::loads::diff(view, id, &set)?;
        Ok((known, difference))
    })?;
    let mut waived = None;
    if let Err(refused) = feeds::accept(&summary(known.as_ref()), &set) {
        let why = format!("{}/{}: {refused}", set.feed.word(), set.source);
        if !origin.is_accepted_anyway || !refused.may_be_accepted() {
            refuse(app, origin, &set, &why)?;
            return Ok(Err(why));
        }
        waived = Some(why);
    }
    let source = source_of(app, origin, (&set, known.as_ref()), &difference);
    write(app, origin, (set, source, waived), difference)?;
    Ok(Ok(()))
}

fn summary(known: Option<&SourceRow>) -> SetSummary {
    known.map_or_else(SetSummary::default, |known| SetSummary {
        entries: known.entries,
        rows: known.rows + known.cves + known.lifecycles,
        content_at: known.content_at,
    })
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// Returns the source as this load leaves it. Of whole sets the numbers are the set's; single documents add to
/// and take from what is there.
fn source_of(
    app: &App,
    origin: &Origin,
    (set, known): (&RowSet, Option<&SourceRow>),
    difference: &Difference,
) -> SourceRow {
    let counts = |of_set: usize, old: Option<u64>, (came, went): (usize, usize)| match set.extent {
        Extent::Whole => count(of_set),
        Extent::Documents => (old.unwrap_or(0) + count(came)).saturating_sub(count(went)),
    };
    let statements = (
        difference.statements_in.len() + difference.epss_in.len(),
        difference.statements_out.len() + difference.epss_out.len(),
    );
    let rows = (difference.rows_in.len(), difference.rows_out.len());
    let lifecycles = (difference.lifecycles_in.len(), difference.lifecycles_out.len());
    SourceRow {
        source_id: 0,
        feed: set.feed,
        source: set.source.clone(),
        origin: origin.name.clone(),
        fetched_at: Some(app.now()),
        content_at: match set.extent {
            Extent::Whole => set.content_at,
            Extent::Documents => set.content_at.max(known.and_then(|known| known.content_at)),
        },
        version: set.version.clone(),
        sha256: origin.sha256.to_string(),
        entries: set.entries,
        rows: counts(set.rows.len(), known.map(|known| known.rows), rows),
        cves: counts(set.cves.len(), known.map(|known| known.cves), statements),
        lifecycles: counts(set.lifecycles.len(), known.map(|k| k.lifecycles), lifecycles),
        rejects_total: set.rejects_total,
        rejects: set.rejects.clone(),
        trouble: String::new(),
    }
}

fn refuse(app: &App, origin: &Origin, set: &RowSet, why: &str) -> Result<(), ApiError> {
    let (scope, now, feed, source) = (app.tenant(), app.now(), set.feed, set.source.clone());
    let (person, why) = (origin.person.clone(), why.to_owned());
    let detail = serde_json::json!({
        "origin": origin.name, "sha256": origin.sha256.to_string(), "why": why,
        "entries": set.entries, "rows": set.rows.len(), "rejects": set.rejects_total,
    });
    app.write(move |tx| {
        store::feeds::put_trouble(&tx, (feed, &source), &why)?;
        let object = format!("{}/{source}", feed.word());
        let refused = event(now, &person, "feed.refused", &object, detail);
        tx.record(&scope, &refused)?.commit(())
    })
}

/// Writes the difference in chunks, then ends the load with its event, then takes it into the state.
fn write(
    app: &App,
    origin: &Origin,
    (set, source, waived): (RowSet, SourceRow, Option<String>),
    difference: Difference,
) -> Result<(), ApiError> {
    let (scope, now) = (app.tenant(), app.now());
    let detail = serde_json::json!({
        "origin": origin.name, "sha256": source.sha256, "content_at": source.content_at,
        "version": source.version, "entries": source.entries, "rejects": source.rejects_total,
        "rows_in": difference.rows_in.len(), "rows_out": difference.rows_out.len(),
        "cves_changed": difference.cves_changed.len(), "accepted_anyway": waived,
    });
    let object = format!("{}/{}", source.feed.word(), source.source);
    let loaded = event(now, &origin.person, "feed.loaded", &object, detail);
    if difference.is_empty() {
        return app.write(move |tx| {
            store::feeds::put_source(&tx, &source)?;
            tx.record(&scope, &loaded)?.commit(())
        });
    }
    let difference = Arc::new(difference);
    let begun = source.clone();
    let load: Load = app.store.write(move |tx| -> Result<_, ApiError> {
        let load = store::loads::begin(&tx, &begun, now)?;
        tx.commit_without_event(load)
    })?;
    for chunk in store::loads::chunks(&difference) {
        let difference = Arc::clone(&difference);
        app.store.write(move |tx| -> Result<_, ApiError> {
            store::loads::write(&tx, &load, &difference, &chunk)?;
            tx.commit_without_event(())
        })?;
    }
    app.write(move |tx| {
        store::loads::finish(&tx, &load, &source)?;
        tx.record(&scope, &loaded)?.commit(())
    })?;
    let edits = exposures::loads::put_load(app, &load, &set, &difference)?;
    tracing::info!(feed = set.feed.word(), source = set.source, edits, "a feed was loaded");
    Ok(())
}
