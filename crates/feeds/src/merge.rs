//! Documents of one source become one row set, in an order that does not depend on theirs. The same document
//! twice is once; of two versions of a document the newer one counts.

use model::advisory::{Advisory, Extent, Feed, REJECTS_KEPT_MAX, Row, RowSet};
use model::cve::{CveId, CveStatement};
use std::cmp::Ordering;
use std::collections::{BTreeMap, btree_map::Entry};

/// Row sets by feed and source.
#[derive(Default)]
pub(crate) struct Merger {
    sources: BTreeMap<(Feed, String), Parts>,
}

#[derive(Default)]
struct Parts {
    rows: usize,
    /// Each with the name of its file.
    sets: Vec<(String, RowSet)>,
}

impl Merger {
    /// Adds a file's set, and returns how many rows its source has so far.
    pub(crate) fn push(&mut self, name: &str, set: RowSet) -> usize {
        let parts = self.sources.entry((set.feed, set.source.clone())).or_default();
        parts.rows += set.rows.len().max(set.cves.len());
        parts.sets.push((name.to_owned(), set));
        parts.rows
    }

    /// Counts a document that could not be read at the first source of its feed. Returns whether there is one.
    pub(crate) fn reject(&mut self, feed: Feed, name: &str, reason: &str) -> bool {
        let mut of_feed = self.sources.iter_mut().filter(|((of, _), _)| *of == feed);
        let Some((_, parts)) = of_feed.next() else { return false };
        let (_, first) = parts.sets.first_mut().expect("a source is made with its first part");
        first.entries += 1;
        first.reject(name, reason);
        true
    }

    /// Gives sets without a time inside the one that is known of their file.
    pub(crate) fn date(&mut self, content_at: impl Fn(&str) -> Option<i64>) {
        for (name, set) in self.sources.values_mut().flat_map(|parts| &mut parts.sets) {
            set.content_at = set.content_at.or_else(|| content_at(name));
        }
    }

    /// Returns the files with the feed that each is of.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, Feed)> {
        self.sources
            .values()
            .flat_map(|parts| parts.sets.iter().map(|(name, set)| (name.as_str(), set.feed)))
    }

    pub(crate) fn finish(self) -> Vec<RowSet> {
        let parts = |parts: Parts| parts.sets.into_iter().map(|(_, set)| set).collect();
        self.sources.into_values().filter_map(|of| merged(parts(of))).collect()
    }
}

/// Makes one set of the parts of one source. Rows are large, so that few of them are moved: each part is put in
/// order on its own, parts come in the order of their first rows, and what is in order then stays.
fn merged(mut parts: Vec<RowSet>) -> Option<RowSet> {
    if parts.iter().all(|part| part.extent == Extent::Whole) {
        // A complete statement of an earlier time says nothing any more.
        let newest = parts.iter().filter_map(|part| part.content_at).max();
        if newest.is_some() {
            parts.retain(|part| part.content_at == newest);
        }
    }
    drop_older(&mut parts);
    for part in &mut parts {
        part.rows = in_order(std::mem::take(&mut part.rows), Row::cmp);
    }
    parts.sort_by(|a, b| a.rows.first().cmp(&b.rows.first()));
    let rows: usize = parts.iter().map(|part| part.rows.len()).sum();
    let mut cves: Vec<(CveStatement, Option<i64>)> = Vec::new();
    let mut parts = parts.into_iter();
    let mut all = parts.next()?;
    take_cves(&mut all, &mut cves);
    all.rows.reserve_exact(rows - all.rows.len());
    for mut part in parts {
        take_cves(&mut part, &mut cves);
        add(&mut all, part);
    }
    all.cves = statements(all.feed, cves);
    sort(&mut all);
    Some(all)
}

fn take_cves(part: &mut RowSet, cves: &mut Vec<(CveStatement, Option<i64>)>) {
    let content_at = part.content_at;
    cves.extend(part.cves.drain(..).map(|cve| (cve, content_at)));
}

/// Sorts by way of numbers: an item is moved once, not once per comparison.
fn in_order<T>(items: Vec<T>, order: impl Fn(&T, &T) -> Ordering) -> Vec<T> {
    if items.is_sorted_by(|a, b| order(a, b) != Ordering::Greater) {
        return items;
    }
    let mut places: Vec<usize> = (0..items.len()).collect();
    places.sort_by(|a, b| order(&items[*a], &items[*b]));
    let mut items: Vec<Option<T>> = items.into_iter().map(Some).collect();
    places.into_iter().filter_map(|place| items[place].take()).collect()
}

/// Drops documents of which another part has a newer version.
fn drop_older(parts: &mut [RowSet]) {
    let Some(newest_of) = newest_documents(parts) else { return };
    for (at, part) in parts.iter_mut().enumerate() {
        let is_newest = |id: &str| newest_of.get(id).is_none_or(|newest| newest.part == at);
        if part.advisories.iter().all(|advisory| is_newest(&advisory.id)) {
            continue;
        }
        part.rows.retain(|row| is_newest(&row.advisory));
        part.advisories.retain(|advisory| is_newest(&advisory.id));
    }
}

/// Which part has the newest version of a document.
struct Newest {
    modified_at: Option<i64>,
    part: usize,
}

/// `None`: no document is in two parts, or each part states only a piece of the whole.
fn newest_documents(parts: &[RowSet]) -> Option<BTreeMap<String, Newest>> {
    if parts.len() < 2 || parts.iter().all(|part| part.extent == Extent::Whole) {
        return None;
    }
    let mut newest_of: BTreeMap<String, Newest> = BTreeMap::new();
    let mut is_twice = false;
    for (at, part) in parts.iter().enumerate() {
        for advisory in &part.advisories {
            let candidate = Newest { modified_at: advisory.modified_at, part: at };
            match newest_of.entry(advisory.id.clone()) {
                Entry::Vacant(entry) => {
                    entry.insert(candidate);
                }
                Entry::Occupied(mut entry) => {
                    is_twice = true;
                    let old = entry.get();
                    let is_newer = (candidate.modified_at, digest(part, &advisory.id))
                        > (old.modified_at, digest(&parts[old.part], &advisory.id));
                    if is_newer {
                        entry.insert(candidate);
                    }
                }
            }
        }
    }
    is_twice.then_some(newest_of)
}

/// What decides between two documents that claim the same time: their content, so that the order of files
/// does not.
fn digest<'a>(part: &'a RowSet, id: &str) -> (Vec<&'a Row>, Option<String>) {
    let mut rows: Vec<&Row> = part.rows.iter().filter(|row| row.advisory == id).collect();
    rows.sort();
    let of_id = part.advisories.iter().find(|advisory| advisory.id == id);
    (rows, of_id.map(|advisory| format!("{advisory:?}")))
}

fn add(all: &mut RowSet, part: RowSet) {
    let is_newer = part.content_at > all.content_at
        || (part.content_at == all.content_at && part.version > all.version);
    if is_newer {
        all.version = part.version;
    }
    all.content_at = all.content_at.max(part.content_at);
    all.entries += part.entries;
    all.entries_stated = match (all.entries_stated, part.entries_stated) {
        (Some(a), Some(b)) => Some(a + b),
        // One that does not say leaves the sum unknown.
        _ => None,
    };
    all.rejects_total += part.rejects_total;
    all.rejects.extend(part.rejects);
    all.advisories.extend(part.advisories);
    all.rows.extend(part.rows);
    all.lifecycles.extend(part.lifecycles);
}

/// One statement per CVE. Where a document is about one CVE, the newest counts; elsewhere documents add up.
fn statements(feed: Feed, mut all: Vec<(CveStatement, Option<i64>)>) -> Vec<CveStatement> {
    all = in_order(all, |(a, a_at), (b, b_at)| {
        (a.cve, b_at).cmp(&(b.cve, a_at)).then_with(|| rank(a).cmp(&rank(b)))
    });
    let mut merged: Vec<CveStatement> = Vec::with_capacity(all.len());
    for (statement, _) in all {
        match merged.last_mut() {
            Some(last) if last.cve == statement.cve => match feed {
                Feed::Kev | Feed::Epss | Feed::CveRecord | Feed::Nvd => {}
                Feed::DebianTracker
                | Feed::DebianList
                | Feed::Debsecan
                | Feed::Changelog
                | Feed::Osv
                | Feed::OpenVex
                | Feed::Csaf
                | Feed::CsafVex
                | Feed::Hydra
                | Feed::Updateinfo
                | Feed::Oval
                | Feed::Secdb
                | Feed::Msrc
                | Feed::DistroInfo
                | Feed::Endoflife
                | Feed::DebianSupport => complete(last, statement),
            },
            _ => merged.push(statement),
        }
    }
    for statement in &mut merged {
        statement.vectors.sort();
        statement.vectors.dedup();
    }
    merged
}

/// Any total order will do; it only must not be the order of files.
fn rank(statement: &CveStatement) -> (CveId, String) {
    (statement.cve, format!("{statement:?}"))
}

fn complete(newest: &mut CveStatement, other: CveStatement) {
    newest.is_rejected |= other.is_rejected;
    newest.published_at = match (newest.published_at, other.published_at) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    if newest.title.is_empty() {
        newest.title = other.title;
    }
    newest.kev = newest.kev.take().or(other.kev);
    newest.epss = newest.epss.or(other.epss);
    newest.exploitation = newest.exploitation.or(other.exploitation);
    newest.is_automatable = newest.is_automatable.or(other.is_automatable);
    newest.technical_impact = newest.technical_impact.or(other.technical_impact);
    newest.vectors.extend(other.vectors);
}

fn sort(set: &mut RowSet) {
    set.rows = in_order(std::mem::take(&mut set.rows), Row::cmp);
    set.rows.dedup();
    set.lifecycles.sort();
    set.lifecycles.dedup();
    set.rejects.sort();
    set.rejects.truncate(REJECTS_KEPT_MAX);
    advisories(&mut set.advisories);
}

/// Pieces of a whole may each state the same advisory: it is one, with all its CVEs.
fn advisories(all: &mut Vec<Advisory>) {
    for advisory in all.iter_mut() {
        advisory.cves.sort_unstable();
        advisory.cves.dedup();
    }
    all.sort_by(|a, b| {
        a.id.cmp(&b.id)
            .then_with(|| b.modified_at.cmp(&a.modified_at))
            .then_with(|| a.published_at.cmp(&b.published_at))
            .then_with(|| a.label.cmp(&b.label))
            .then_with(|| (&a.title, &a.cves, &a.urls).cmp(&(&b.title, &b.cves, &b.urls)))
    });
    all.dedup_by(|later, first| {
        if later.id != first.id {
            return false;
        }
        first.cves.append(&mut later.cves);
        first.cves.sort_unstable();
        first.cves.dedup();
        true
    });
}

#[cfg(test)]
mod tests;
