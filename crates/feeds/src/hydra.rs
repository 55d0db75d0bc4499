//! Red Hat's REST documents ("hydra"), one CVE each: a fallback for the VEX files. They name source packages,
//! and modules without the versions of their packages, which are passed over.

use crate::csaf::label;
use crate::dates;
use crate::json::{self, Text};
use crate::limits::{Limits, Refused};
use crate::lines;
use crate::release;
use decide::scheme::Scheme;
use model::advisory::{Advisory, AdvisoryKind, Extent, Feed, Row, RowSet, RowState, Until};
use model::cve::{CveId, CveStatement, Vector};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeSet;

const WHAT: &str = "Red Hat CVE document";

#[derive(Deserialize)]
struct Document<'a> {
    name: CveId,
    #[serde(default)]
    threat_severity: Option<String>,
    #[serde(default)]
    public_date: Option<String>,
    #[serde(default)]
    bugzilla: Option<Bugzilla>,
    #[serde(default)]
    cvss: Option<Cvss2>,
    #[serde(default)]
    cvss3: Option<Cvss3>,
    #[serde(borrow, default, deserialize_with = "one_or_many")]
    affected_release: Vec<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "one_or_many")]
    package_state: Vec<&'a RawValue>,
}

/// A single entry is written without its list at times.
fn one_or_many<'de: 'a, 'a, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<&'a RawValue>, D::Error> {
    let raw = <&'de RawValue>::deserialize(deserializer)?;
    match raw.get().as_bytes().first() {
        Some(b'[') => serde_json::from_str(raw.get()).map_err(serde::de::Error::custom),
        Some(b'n') => Ok(Vec::new()),
        _ => Ok(vec![raw]),
    }
}

#[derive(Deserialize)]
struct Bugzilla {
    #[serde(default)]
    description: String,
}

#[derive(Deserialize)]
struct Cvss2 {
    #[serde(default)]
    cvss_base_score: String,
    #[serde(default)]
    cvss_scoring_vector: String,
}

#[derive(Deserialize)]
struct Cvss3 {
    #[serde(default)]
    cvss3_base_score: String,
    #[serde(default)]
    cvss3_scoring_vector: String,
}

#[derive(Deserialize)]
struct Release<'a> {
    #[serde(borrow)]
    cpe: Text<'a>,
    #[serde(borrow)]
    advisory: Text<'a>,
    #[serde(borrow, default)]
    package: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct State<'a> {
    #[serde(borrow)]
    cpe: Text<'a>,
    #[serde(borrow)]
    package_name: Text<'a>,
    #[serde(borrow)]
    fix_state: Text<'a>,
}

/// A CVE of many products has dozens of errata.
const URLS_MAX: usize = 40;

/// Reads a document. Entries are its releases and states.
///
/// # Errors
/// It is no such document, or exceeds a limit.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<RowSet, Refused> {
    let document: Document<'_> = limits.json(bytes, WHAT)?;
    let mut set = RowSet::new(Feed::Hydra, "hydra/redhat", Extent::Documents);
    let mut advisory = advisory(&document);
    let mut rows = BTreeSet::new();
    let id = advisory.id.clone();
    for (at, raw) in document.affected_release.iter().enumerate() {
        set.entries += 1;
        match json::entry(raw).and_then(|entry| release(&entry, &id, document.name)) {
            Ok((errata, row)) => {
                rows.extend(row);
                if advisory.urls.len() < URLS_MAX && !advisory.urls.contains(&errata) {
                    advisory.urls.push(errata);
                }
            }
            Err(reason) => set.reject(&format!("{id} /affected_release/{at}"), &reason),
        }
    }
    let fixed: BTreeSet<(String, String)> =
        rows.iter().map(|row: &Row| (row.stream.clone(), row.package.clone())).collect();
    for (at, raw) in document.package_state.iter().enumerate() {
        set.entries += 1;
        match json::entry(raw).and_then(|entry| state(&entry, &id, document.name)) {
            // What is repaired for a release is not "affected" there, whatever another product says.
            Ok(row) => rows.extend(
                row.filter(|row| !fixed.contains(&(row.stream.clone(), row.package.clone()))),
            ),
            Err(reason) => set.reject(&format!("{id} /package_state/{at}"), &reason),
        }
    }
    set.entries = set.entries.max(1);
    limits.room_for_rows(0, rows.len())?;
    set.rows = rows.into_iter().collect();
    set.cves.push(statement(&document, &advisory));
    set.advisories.push(advisory);
    Ok(set)
}

/// The address of the errata, and the row; `None` where no host is of the product.
fn release(entry: &Release<'_>, id: &str, cve: CveId) -> Result<(String, Option<Row>), String> {
    let errata = format!("https://access.redhat.com/errata/{}", entry.advisory.as_str());
    let Some((stream, channel)) = release::of_cpe(entry.cpe.as_str()) else {
        return Ok((errata, None));
    };
    let Some(package) = entry.package.as_ref().map(Text::as_str) else {
        return Ok((errata, None));
    };
    // `nodejs:16-8070020230306170042.bd1311ed`: a module's build, not its packages' version.
    let is_module = package.split('-').next().is_some_and(|name| name.contains(':'));
    if is_module {
        return Ok((errata, None));
    }
    if !lines::is_name(package) {
        return Err("its package is no name".to_owned());
    }
    let (nev, _) = package.rsplit_once('-').ok_or("its package has no release")?;
    let (name, _) = nev.rsplit_once('-').ok_or("its package has no version")?;
    let evr = package.get(name.len() + 1..).unwrap_or("");
    Scheme::Rpm.key(evr).map_err(|e| e.to_string())?;
    let until = Until::Fixed(evr.to_owned());
    let at = Place { stream, channel, package: name };
    Ok((errata, Some(row(id, cve, at, (until, RowState::Affected)))))
}

fn state(entry: &State<'_>, id: &str, cve: CveId) -> Result<Option<Row>, String> {
    let Some((stream, channel)) = release::of_cpe(entry.cpe.as_str()) else { return Ok(None) };
    let state = match entry.fix_state.as_str() {
        "Affected" => RowState::Affected,
        "Will not fix" => RowState::WillNotFix,
        "Out of support scope" => RowState::EndOfLife,
        "Fix deferred" => RowState::Deferred,
        "Not affected" => RowState::NotAffected,
        "New" | "Under investigation" => RowState::UnderInvestigation,
        other => return Err(format!("its fix_state `{other}` is not known")),
    };
    // `nodejs:16/nodejs`: a package of a module.
    let name = entry.package_name.as_str();
    let (module, package) = name.split_once('/').unwrap_or(("", name));
    if !lines::is_name(package) {
        return Err("its package is no name".to_owned());
    }
    let mut row = row(id, cve, Place { stream, channel, package }, (Until::Open, state));
    module.clone_into(&mut row.module);
    Ok(Some(row))
}

struct Place<'a> {
    stream: String,
    channel: &'static str,
    package: &'a str,
}

fn row(id: &str, cve: CveId, at: Place<'_>, (until, state): (Until, RowState)) -> Row {
    Row {
        advisory: id.to_owned(),
        cve: Some(cve),
        stream: at.stream,
        package: at.package.to_owned(),
        module: String::new(),
        arch: String::new(),
        from: String::new(),
        until,
        state,
        channel: at.channel.to_owned(),
        is_foreign: false,
    }
}

fn advisory(document: &Document<'_>) -> Advisory {
    let title = document.bugzilla.as_ref().map_or("", |bugzilla| bugzilla.description.as_str());
    Advisory {
        id: document.name.to_string(),
        kind: AdvisoryKind::Security,
        published_at: document.public_date.as_deref().and_then(dates::moment),
        modified_at: None,
        withdrawn_at: None,
        label: label(document.threat_severity.as_deref().unwrap_or("")),
        title: json::one_line(title),
        cves: vec![document.name],
        urls: vec![format!("https://access.redhat.com/security/cve/{}", document.name)],
        needs_reboot: false,
    }
}

fn statement(document: &Document<'_>, advisory: &Advisory) -> CveStatement {
    let mut statement = CveStatement::of(document.name);
    statement.title.clone_from(&advisory.title);
    statement.published_at = advisory.published_at;
    let v3 = document.cvss3.iter().map(|c| (&c.cvss3_scoring_vector, &c.cvss3_base_score));
    let v2 = document.cvss.iter().map(|c| (&c.cvss_scoring_vector, &c.cvss_base_score));
    for (text, score) in v3.chain(v2).filter(|(text, _)| !text.is_empty()) {
        let printed_x10 = score.parse().ok().and_then(json::tenths);
        let vector = Vector { source: "Red Hat".to_owned(), text: text.clone(), printed_x10 };
        statement.vectors.push(vector);
    }
    statement
}

#[cfg(test)]
mod tests;
