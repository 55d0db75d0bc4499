//! What a new set changes: compared line by line with what its source stated before. Equal sets differ in
//! nothing, whatever the order of their documents.

use crate::advisories::read_plain;
use crate::error::StoreError;
use crate::row;
use crate::tx::View;
use model::advisory::{Extent, Feed, Lifecycle, Row, RowSet};
use model::cve::{CveId, CveStatement, Epss};
use rusqlite::{Row as Line, params};
use std::collections::{BTreeMap, BTreeSet};

/// What is to be written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// New rows, each with the first time that the source said it in another form; `None`: it is said for
    /// the first time. In the order of rows.
    pub rows_in: Vec<(Option<i64>, Row)>,
    pub rows_out: Vec<i64>,
    /// Names and bodies.
    pub advisories_in: Vec<(String, String)>,
    pub advisories_out: Vec<i64>,
    /// Names of advisories that came, changed or went.
    pub advisories_changed: BTreeSet<String>,
    pub statements_in: Vec<(CveId, String)>,
    pub statements_out: Vec<i64>,
    pub epss_in: Vec<(CveId, Epss)>,
    pub epss_out: Vec<CveId>,
    /// CVEs of which something else is stated now.
    pub cves_changed: BTreeSet<CveId>,
    /// Streams and bodies.
    pub lifecycles_in: Vec<(String, String)>,
    pub lifecycles_out: Vec<i64>,
}

impl Difference {
    /// Returns whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.rows_in.is_empty()
            && self.rows_out.is_empty()
            && self.advisories_in.is_empty()
            && self.advisories_out.is_empty()
            && self.statements_in.is_empty()
            && self.statements_out.is_empty()
            && self.epss_in.is_empty()
            && self.epss_out.is_empty()
            && self.lifecycles_in.is_empty()
            && self.lifecycles_out.is_empty()
    }
}

/// A line that its source states now or stated once.
struct Old<T> {
    id: i64,
    is_live: bool,
    value: T,
}

/// Compares `set` with what its source stated. A source that is new stated nothing.
pub fn diff(
    view: &View<'_>,
    source_id: Option<i64>,
    set: &RowSet,
) -> Result<Difference, StoreError> {
    let mut difference = Difference::default();
    let source_id = source_id.unwrap_or(-1);
    rows(view, source_id, set, &mut difference)?;
    documents(view, source_id, set, &mut difference)?;
    if set.feed == Feed::Epss {
        scores(view, source_id, set, &mut difference)?;
    } else {
        statements(view, source_id, set, &mut difference)?;
    }
    lifecycles(view, source_id, set, &mut difference)?;
    Ok(difference)
}

/// The documents that a set replaces, or `None`: all of its source.
fn replaced(set: &RowSet) -> Option<BTreeSet<&str>> {
    match set.extent {
        Extent::Whole => None,
        Extent::Documents => {
            let names = set.advisories.iter().map(|advisory| advisory.id.as_str());
            Some(names.chain(set.rows.iter().map(|row| row.advisory.as_str())).collect())
        }
    }
}

fn rows(
    view: &View<'_>,
    source_id: i64,
    set: &RowSet,
    difference: &mut Difference,
) -> Result<(), StoreError> {
    let mut new: Vec<&Row> = set.rows.iter().collect();
    new.sort_unstable();
    new.dedup();
    let old = old_rows(view, source_id, replaced(set).as_ref())?;
    // The first time of each key, ended lines included: what comes back was known before.
    let mut firsts: BTreeMap<_, i64> = BTreeMap::new();
    for line in &old {
        let (first_at, row) = &line.value;
        let first = firsts.entry(key(row)).or_insert(*first_at);
        *first = (*first).min(*first_at);
    }
    let mut live: Vec<(&Row, i64)> =
        old.iter().filter(|line| line.is_live).map(|line| (&line.value.1, line.id)).collect();
    live.sort_unstable();
    let mut live = live.into_iter().peekable();
    for row in new {
        while let Some((_, id)) = live.next_if(|(old, _)| *old < row) {
            difference.rows_out.push(id);
        }
        if live.next_if(|(old, _)| *old == row).is_none() {
            difference.rows_in.push((firsts.get(&key(row)).copied(), row.clone()));
        }
    }
    difference.rows_out.extend(live.map(|(_, id)| id));
    difference.rows_out.sort_unstable();
    Ok(())
}

/// What makes two rows the same statement in another form.
fn key(row: &Row) -> (&str, Option<CveId>, &str, &str, &str, &str) {
    (&row.advisory, row.cve, &row.stream, &row.package, &row.module, &row.arch)
}

const OLD_ROWS: &str = "SELECT row_id, load_out IS NULL, first_at, advisory, cve, stream, package,
    module, arch, from_version, until, state, channel, is_foreign FROM advisory_rows
    WHERE source_id = ?1";

fn old_rows(
    view: &View<'_>,
    source_id: i64,
    documents: Option<&BTreeSet<&str>>,
) -> Result<Vec<Old<(i64, Row)>>, StoreError> {
    let read = |line: &Line<'_>| {
        Ok(Old {
            id: line.get(0)?,
            is_live: line.get(1)?,
            value: (line.get(2)?, read_plain(line, 3)?),
        })
    };
    let Some(documents) = documents else {
        let mut statement = view.conn.prepare_cached(OLD_ROWS)?;
        return Ok(statement.query_map([source_id], read)?.collect::<Result<_, _>>()?);
    };
    let mut statement = view.conn.prepare_cached(&format!("{OLD_ROWS} AND advisory = ?2"))?;
    let mut found = Vec::new();
    for name in documents {
        for line in statement.query_map(params![source_id, name], read)? {
            found.push(line?);
        }
    }
    Ok(found)
}

fn documents(
    view: &View<'_>,
    source_id: i64,
    set: &RowSet,
    difference: &mut Difference,
) -> Result<(), StoreError> {
    let mut new = BTreeMap::new();
    for advisory in &set.advisories {
        new.insert(advisory.id.as_str(), row::text_of(advisory)?);
    }
    let documents = replaced(set);
    let mut statement = view.conn.prepare_cached(
        "SELECT advisory_id, name, body FROM advisories WHERE source_id = ? AND load_out IS NULL",
    )?;
    let mut lines = statement.query([source_id])?;
    while let Some(line) = lines.next()? {
        let name = line.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
        if documents.as_ref().is_some_and(|documents| !documents.contains(name)) {
            continue;
        }
        let body = line.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
        if new.get(name).is_some_and(|text| text == body) {
            new.remove(name);
        } else {
            difference.advisories_out.push(line.get(0)?);
            difference.advisories_changed.insert(name.to_owned());
        }
    }
    for (name, body) in new {
        difference.advisories_changed.insert(name.to_owned());
        difference.advisories_in.push((name.to_owned(), body));
    }
    Ok(())
}

/// Keys and bodies that came; keys and ids that went.
type Compared<K> = (Vec<(K, String)>, Vec<(K, i64)>);

/// Compares (key, body) lines: what is in both stays, the rest comes or goes.
fn compared<K: Ord + Clone>(new: BTreeSet<(K, String)>, old: Vec<Old<(K, String)>>) -> Compared<K> {
    let mut new = new;
    let mut out = Vec::new();
    for line in old {
        if !new.remove(&line.value) {
            out.push((line.value.0, line.id));
        }
    }
    (new.into_iter().collect(), out)
}

fn statements(
    view: &View<'_>,
    source_id: i64,
    set: &RowSet,
    difference: &mut Difference,
) -> Result<(), StoreError> {
    let mut new = BTreeSet::new();
    for statement in &set.cves {
        new.insert((statement.cve, row::text_of(statement)?));
    }
    let named: BTreeSet<CveId> = set.cves.iter().map(|statement| statement.cve).collect();
    let sql = "SELECT statement_id, cve, body FROM cve_statements
               WHERE source_id = ?1 AND load_out IS NULL";
    let read = |line: &Line<'_>| {
        Ok(Old { id: line.get(0)?, is_live: true, value: (row::cve(line, 1)?, line.get(2)?) })
    };
    let mut old = Vec::new();
    match set.extent {
        Extent::Whole => {
            let mut statement = view.conn.prepare_cached(sql)?;
            for line in statement.query_map([source_id], read)? {
                old.push(line?);
            }
        }
        Extent::Documents => {
            let mut statement = view.conn.prepare_cached(&format!("{sql} AND cve = ?2"))?;
            for cve in &named {
                for line in statement.query_map(params![source_id, row::cve_key(*cve)], read)? {
                    old.push(line?);
                }
            }
        }
    }
    let (came, went) = compared(new, old);
    difference.cves_changed.extend(came.iter().map(|(cve, _)| *cve));
    difference.cves_changed.extend(went.iter().map(|(cve, _)| *cve));
    difference.statements_in = came;
    difference.statements_out = went.into_iter().map(|(_, id)| id).collect();
    Ok(())
}

fn scores(
    view: &View<'_>,
    source_id: i64,
    set: &RowSet,
    difference: &mut Difference,
) -> Result<(), StoreError> {
    let score = |s: &CveStatement| s.epss.map(|epss| (s.cve, epss));
    let mut new: BTreeMap<CveId, Epss> = set.cves.iter().filter_map(score).collect();
    let mut statement = view.conn.prepare_cached(
        "SELECT cve, score_ppm, percentile_ppm FROM epss WHERE source_id = ? ORDER BY cve",
    )?;
    let mut lines = statement.query([source_id])?;
    while let Some(line) = lines.next()? {
        let cve = row::cve(line, 0)?;
        let old = Epss { score_ppm: line.get(1)?, percentile_ppm: line.get(2)? };
        match new.get(&cve) {
            Some(epss) if *epss == old => {
                new.remove(&cve);
            }
            Some(_) => {}
            None if set.extent == Extent::Whole => difference.epss_out.push(cve),
            None => {}
        }
    }
    difference.cves_changed.extend(new.keys().chain(&difference.epss_out).copied());
    difference.epss_in = new.into_iter().collect();
    Ok(())
}

fn lifecycles(
    view: &View<'_>,
    source_id: i64,
    set: &RowSet,
    difference: &mut Difference,
) -> Result<(), StoreError> {
    let text = |lifecycle: &Lifecycle| Ok((lifecycle.stream.clone(), row::text_of(lifecycle)?));
    let new: BTreeSet<(String, String)> =
        set.lifecycles.iter().map(text).collect::<Result<_, StoreError>>()?;
    let named: BTreeSet<&str> = set.lifecycles.iter().map(|l| l.stream.as_str()).collect();
    let mut statement = view.conn.prepare_cached(
        "SELECT lifecycle_id, stream, body FROM lifecycles
         WHERE source_id = ? AND load_out IS NULL",
    )?;
    let read = |line: &Line<'_>| {
        Ok(Old { id: line.get(0)?, is_live: true, value: (line.get(1)?, line.get(2)?) })
    };
    let mut old: Vec<Old<(String, String)>> =
        statement.query_map([source_id], read)?.collect::<Result<_, _>>()?;
    if set.extent == Extent::Documents {
        old.retain(|line| named.contains(line.value.0.as_str()));
    }
    let (came, went) = compared(new, old);
    difference.lifecycles_in = came;
    difference.lifecycles_out = went.into_iter().map(|(_, id)| id).collect();
    Ok(())
}
