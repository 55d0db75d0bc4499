//! OVAL definitions of SUSE, Oracle and Azure Linux: which versions of which packages a definition speaks
//! of, in the few shapes that these publishers write. Any other shape rejects its definition: an OVAL
//! engine would be a program that runs other people's programs.

mod criteria;
mod states;

use crate::dates;
use crate::limits::{Limits, Refused};
use crate::lines;
use crate::xml::{self, Element};
use criteria::{Case, Criteria};
use model::advisory::{Advisory, AdvisoryKind, Extent, Feed, Label, Row, RowSet, RowState, Until};
use model::cve::CveId;
use states::Tests;
use std::collections::{BTreeMap, BTreeSet};

const WHAT: &str = "OVAL document";
const ENTRIES: [&str; 6] = [
    "definition",
    "rpminfo_test",
    "rpminfo_object",
    "rpminfo_state",
    "textfilecontent54_test",
    "timestamp",
];

/// Criteria and rows that are looked at per row that a document may have: SUSE lists each package for each
/// of some ten products.
const CASES_PER_ROW_MAX: usize = 16;
/// Rows of one definition: its CVEs times its packages.
const ROWS_PER_ENTRY_MAX: usize = 200_000;

/// A definition, read before the tests that it refers to: those stand behind all definitions.
struct Definition {
    id: String,
    advisory: Advisory,
    criteria: Result<Criteria, String>,
}

/// Reads one document. A definition that refers to a test which is not there (a document that somebody
/// cut down) is rejected.
///
/// # Errors
/// The bytes are no such document, are cut off, or exceed a limit.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<RowSet, Refused> {
    let mut set = RowSet::new(Feed::Oval, "oval", Extent::Whole);
    let mut definitions = Vec::new();
    let mut tests = Tests::default();
    xml::read(bytes, (WHAT, "oval_definitions"), &ENTRIES, limits, &mut |entry| {
        match entry.name.as_str() {
            "definition" => {
                limits.room_for_row(definitions.len())?;
                set.entries += 1;
                match definition(&entry) {
                    Ok(definition) => definitions.push(definition),
                    Err(reason) => set.reject(entry.attribute("id"), &reason),
                }
            }
            // The document's own: those of definitions are inside them.
            "timestamp" => set.content_at = set.content_at.max(dates::moment(entry.text())),
            _ => tests.add(&entry),
        }
        Ok(())
    })?;
    let mut looked_at = 0;
    for definition in definitions {
        // What whole documents make of rows that fold into one is bounded as well.
        limits.room_for_row(looked_at / CASES_PER_ROW_MAX)?;
        match rows(&definition, &tests, &mut looked_at) {
            Ok(rows) => {
                limits.room_for_rows(set.rows.len(), rows.len())?;
                set.rows.extend(rows);
                set.advisories.push(definition.advisory);
            }
            Err(reason) => set.reject(&definition.id, &reason),
        }
    }
    set.source = source(&set.rows);
    Ok(set)
}

/// Publishers write one document per product line; its rows say which.
fn source(rows: &[Row]) -> String {
    let mut lines: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows {
        let line = row.stream.split_once('.').map_or(row.stream.as_str(), |(line, _)| line);
        *lines.entry(line).or_default() += 1;
    }
    let most = lines.into_iter().max_by_key(|(line, count)| (*count, *line));
    most.map_or_else(|| "oval".to_owned(), |(line, _)| format!("oval/{line}"))
}

fn definition(entry: &Element) -> Result<Definition, String> {
    let id = entry.attribute("id").to_owned();
    if !lines::is_name(&id) {
        return Err("it has no id".to_owned());
    }
    let is_patch = match entry.attribute("class") {
        "patch" => true,
        "vulnerability" => false,
        _ => return Err("its class is neither patch nor vulnerability".to_owned()),
    };
    let metadata = entry.first("metadata").ok_or("it has no metadata")?;
    let advisory = advisory(&id, is_patch, metadata)?;
    let criteria = match entry.first("criteria") {
        Some(criteria) => Criteria::of(criteria),
        None => Err("it has no criteria".to_owned()),
    };
    Ok(Definition { id, advisory, criteria })
}

fn advisory(id: &str, is_patch: bool, metadata: &Element) -> Result<Advisory, String> {
    let title = metadata.text_of("title");
    let own = metadata.first("advisory");
    let mut cves = BTreeSet::new();
    for text in own.into_iter().flat_map(|own| own.all("cve")).map(Element::text) {
        // `CVE-2010-1323 at NVD` is how SUSE says whose page it links to.
        let id = text.split_ascii_whitespace().next().unwrap_or(text);
        cves.insert(id.parse::<CveId>().map_err(|e| e.to_string())?);
    }
    let mut names = Vec::new();
    for reference in metadata.all("reference") {
        // SUSE writes `Mitre CVE-1999-0524` and `SUSE CVE-1999-0524`.
        let name = reference.attribute("ref_id").trim();
        match name.rsplit(' ').next().unwrap_or(name).parse::<CveId>() {
            Ok(cve) => {
                cves.insert(cve);
            }
            Err(_) => names.push(name),
        }
    }
    let id = match (names.first(), title.parse::<CveId>()) {
        (Some(name), _) if is_patch && lines::is_name(name) => (*name).to_owned(),
        (_, Ok(cve)) => {
            cves.insert(cve);
            cve.to_string()
        }
        (_, Err(_)) => id.to_owned(),
    };
    let date = |name: &str| own.and_then(|own| own.first(name)).map(|e| e.attribute("date"));
    let issued = date("issued").unwrap_or_else(|| metadata.text_of("advisory_date"));
    let severity = match own.map(|own| own.text_of("severity")) {
        Some(severity) if !severity.is_empty() => severity,
        Some(_) | None => metadata.text_of("severity"),
    };
    Ok(Advisory {
        id,
        kind: if is_patch && cves.is_empty() {
            AdvisoryKind::Maintenance
        } else {
            AdvisoryKind::Security
        },
        published_at: dates::moment(issued),
        modified_at: date("updated").and_then(dates::moment),
        withdrawn_at: None,
        label: label(severity),
        title: title.split_ascii_whitespace().collect::<Vec<_>>().join(" "),
        cves: cves.into_iter().collect(),
        urls: metadata
            .all("reference")
            .map(|reference| reference.attribute("ref_url").to_owned())
            .filter(|url| url.starts_with("https://") || url.starts_with("http://"))
            .collect(),
        needs_reboot: false,
    })
}

fn label(text: &str) -> Label {
    match text.trim().to_ascii_lowercase().as_str() {
        "critical" => Label::Critical,
        "important" | "high" => Label::High,
        "moderate" | "medium" => Label::Medium,
        "low" => Label::Low,
        _ => Label::NotGiven,
    }
}

fn rows(definition: &Definition, tests: &Tests, looked_at: &mut usize) -> Result<Vec<Row>, String> {
    let criteria = definition.criteria.as_ref().map_err(Clone::clone)?;
    let mut own = 0;
    let cases = criteria.cases(tests, &mut own);
    *looked_at = looked_at.saturating_add(own);
    let mut rows = BTreeSet::new();
    for case in cases? {
        for row in of_case(&definition.advisory, &case)? {
            *looked_at = looked_at.saturating_add(1);
            rows.insert(row);
        }
        if rows.len() > ROWS_PER_ENTRY_MAX {
            return Err("it has more rows than any real one".to_owned());
        }
    }
    // What everybody gets is no matter of a channel.
    let plain: BTreeSet<Row> = rows.iter().filter(|r| r.channel.is_empty()).cloned().collect();
    let is_extra = |row: &Row| !plain.contains(&Row { channel: String::new(), ..row.clone() });
    Ok(rows.iter().filter(|r| r.channel.is_empty() || is_extra(r)).cloned().collect())
}

/// The rows of one case, per CVE and architecture.
fn of_case(advisory: &Advisory, case: &Case) -> Result<Vec<Row>, String> {
    let package = case.package.as_ref().ok_or("a case of it names no package")?;
    if case.arches.as_ref().is_some_and(Vec::is_empty) {
        // Architectures that exclude each other: never so.
        return Ok(Vec::new());
    }
    let until = match (&package.until, &package.at_most) {
        (Some(version), None) => Until::Fixed(version.clone()),
        (None, Some(version)) => Until::Last(version.clone()),
        (None, None) => Until::Open,
        (Some(_), Some(_)) => return Err("a case of it ends twice".to_owned()),
    };
    let (stream, channel) = match &case.release {
        Some(release) => match &release.stream {
            Some(stream) => (stream.clone(), release.channel),
            // A product that is no distribution of ours.
            None => return Ok(Vec::new()),
        },
        None => (of_mark(&until).ok_or("a case of it names no release")?, ""),
    };
    let mut arches = case.arches.clone().unwrap_or_default();
    if arches.is_empty() || package.is_everywhere(&arches) {
        arches = vec![String::new()];
    }
    let keys: Vec<Option<CveId>> = match advisory.cves.as_slice() {
        [] => vec![None],
        cves => cves.iter().copied().map(Some).collect(),
    };
    let state = if package.is_not_affected { RowState::NotAffected } else { RowState::Affected };
    let row = |cve: Option<CveId>, arch: &String| Row {
        advisory: advisory.id.clone(),
        cve,
        stream: stream.clone(),
        package: package.name.clone(),
        module: case.module.clone().unwrap_or_default(),
        arch: arch.clone(),
        from: package.from.clone().unwrap_or_default(),
        until: until.clone(),
        state,
        channel: channel.to_owned(),
        is_foreign: false,
    };
    Ok(keys.iter().flat_map(|cve| arches.iter().map(|arch| row(*cve, arch))).collect())
}

/// Azure Linux names no release but in its versions: `3.4.0-1.azl3`, before that `.cm2`.
fn of_mark(until: &Until) -> Option<String> {
    let (Until::Fixed(version) | Until::Last(version)) = until else { return None };
    let mark = version.rsplit('.').next()?;
    let number = mark.strip_prefix("azl").or_else(|| mark.strip_prefix("cm"))?;
    let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| format!("azurelinux:{number}.0"))
}

#[cfg(test)]
mod tests;
