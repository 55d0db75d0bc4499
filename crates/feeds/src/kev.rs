//! CISA's catalogue of Known Exploited Vulnerabilities, JSON. It is a whole: what is not in it any more was
//! removed, without a trace.

use crate::dates;
use crate::json;
use crate::limits::{Limits, Refused};
use model::advisory::{Extent, Feed, RowSet};
use model::cve::{CveId, CveStatement, Kev};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::HashSet;

const WHAT: &str = "KEV catalogue";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Catalogue<'a> {
    catalog_version: String,
    date_released: String,
    count: Option<u64>,
    #[serde(borrow)]
    vulnerabilities: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(rename = "cveID")]
    cve: CveId,
    vulnerability_name: String,
    date_added: String,
    due_date: String,
    known_ransomware_campaign_use: Option<String>,
}

/// Reads a catalogue. That it has as many entries as it counts, `accept` checks.
///
/// # Errors
/// It is no catalogue, or exceeds a limit.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<RowSet, Refused> {
    let catalogue: Catalogue<'_> = limits.json(bytes, WHAT)?;
    let found = u64::try_from(catalogue.vulnerabilities.len()).unwrap_or(u64::MAX);
    limits.room_for_rows(0, catalogue.vulnerabilities.len())?;
    let mut set = RowSet::new(Feed::Kev, "kev", Extent::Whole);
    set.content_at = dates::moment(&catalogue.date_released);
    if set.content_at.is_none() {
        return Err(Refused::form(WHAT, "its dateReleased is no moment"));
    }
    set.version = catalogue.catalog_version;
    set.entries = found;
    set.entries_stated = catalogue.count;
    let mut seen = HashSet::new();
    for (at, raw) in catalogue.vulnerabilities.into_iter().enumerate() {
        let read = json::entry::<Entry>(raw).and_then(statement).and_then(|read| {
            if seen.insert(read.cve) { Ok(read) } else { Err(format!("{} is twice", read.cve)) }
        });
        match read {
            Ok(read) => set.cves.push(read),
            Err(reason) => set.reject(&format!("/vulnerabilities/{at}"), &reason),
        }
    }
    Ok(set)
}

fn statement(entry: Entry) -> Result<CveStatement, String> {
    for (key, day) in [("dateAdded", &entry.date_added), ("dueDate", &entry.due_date)] {
        dates::iso_day(day).ok_or_else(|| format!("its {key} is no date"))?;
    }
    let mut statement = CveStatement::of(entry.cve);
    statement.title = json::one_line(&entry.vulnerability_name);
    statement.kev = Some(Kev {
        added: entry.date_added,
        due: entry.due_date,
        is_ransomware: entry.known_ransomware_campaign_use.as_deref() == Some("Known"),
        name: entry.vulnerability_name.trim().to_owned(),
    });
    Ok(statement)
}

#[cfg(test)]
mod tests;
