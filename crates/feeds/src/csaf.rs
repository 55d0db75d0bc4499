//! CSAF 2.0, advisories and VEX documents (Red Hat, SUSE): what is fixed, affected and not affected per
//! platform. A VEX document has every state of one CVE; an advisory has the repairs of one errata.

mod products;
mod statements;

use crate::dates;
use crate::json::{self, Text};
use crate::limits::{Limits, Refused};
use crate::lines;
use model::advisory::{Advisory, AdvisoryKind, Extent, Feed, Label, RowSet};
use model::cve::{CveStatement, Vector};
use products::{Products, Tree};
use serde::Deserialize;
use serde_json::value::RawValue;
use statements::Statements;

const WHAT: &str = "CSAF document";

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    document: Head<'a>,
    #[serde(borrow, default)]
    product_tree: Option<Tree<'a>>,
    #[serde(borrow, default, deserialize_with = "json::list")]
    vulnerabilities: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Head<'a> {
    category: String,
    csaf_version: String,
    #[serde(borrow, default)]
    title: Option<Text<'a>>,
    publisher: Publisher,
    tracking: Tracking,
    #[serde(default)]
    aggregate_severity: Option<Severity>,
    #[serde(borrow, default, deserialize_with = "json::list")]
    references: Vec<Reference<'a>>,
}

#[derive(Deserialize)]
struct Publisher {
    name: String,
    #[serde(default)]
    namespace: String,
}

#[derive(Deserialize)]
struct Tracking {
    id: String,
    current_release_date: String,
    initial_release_date: String,
}

#[derive(Deserialize)]
struct Severity {
    text: String,
}

#[derive(Deserialize)]
struct Reference<'a> {
    #[serde(borrow, default)]
    category: Option<Text<'a>>,
    #[serde(borrow)]
    url: Text<'a>,
}

#[derive(Deserialize)]
struct Vulnerability<'a> {
    #[serde(default)]
    cve: Option<model::CveId>,
    #[serde(borrow, default)]
    title: Option<Text<'a>>,
    #[serde(default)]
    release_date: Option<String>,
    #[serde(borrow, default)]
    product_status: Status<'a>,
    #[serde(borrow, default, deserialize_with = "json::list")]
    remediations: Vec<Remediation<'a>>,
    #[serde(borrow, default, deserialize_with = "json::list")]
    scores: Vec<Score<'a>>,
    #[serde(borrow, default, deserialize_with = "json::list")]
    threats: Vec<Threat<'a>>,
}

#[derive(Default, Deserialize)]
struct Status<'a> {
    #[serde(borrow, default, deserialize_with = "json::list")]
    fixed: Vec<Text<'a>>,
    /// SUSE's word for fixed versions.
    #[serde(borrow, default, deserialize_with = "json::list")]
    recommended: Vec<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "json::list")]
    known_affected: Vec<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "json::list")]
    known_not_affected: Vec<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "json::list")]
    under_investigation: Vec<Text<'a>>,
}

#[derive(Deserialize)]
struct Remediation<'a> {
    #[serde(borrow)]
    category: Text<'a>,
    #[serde(borrow, default)]
    details: Option<Text<'a>>,
    #[serde(borrow, default)]
    url: Option<Text<'a>>,
    #[serde(borrow, default)]
    restart_required: Option<Restart<'a>>,
    #[serde(borrow, default, deserialize_with = "json::list")]
    product_ids: Vec<Text<'a>>,
}

#[derive(Deserialize)]
struct Restart<'a> {
    #[serde(borrow)]
    category: Text<'a>,
}

#[derive(Deserialize)]
struct Score<'a> {
    #[serde(borrow, default)]
    cvss_v2: Option<Cvss<'a>>,
    #[serde(borrow, default)]
    cvss_v3: Option<Cvss<'a>>,
    #[serde(borrow, default)]
    cvss_v4: Option<Cvss<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cvss<'a> {
    #[serde(borrow, default)]
    vector_string: Option<Text<'a>>,
    #[serde(default)]
    base_score: Option<f64>,
}

#[derive(Deserialize)]
struct Threat<'a> {
    #[serde(borrow)]
    category: Text<'a>,
    #[serde(borrow, default)]
    details: Option<Text<'a>>,
}

/// Reads a document. Entries are its CVEs and, of each, the products of platforms that hosts can have.
///
/// # Errors
/// It is no CSAF document, or exceeds a limit.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<RowSet, Refused> {
    let document: Document<'_> = limits.json(bytes, WHAT)?;
    let head = &document.document;
    if !head.csaf_version.starts_with("2.") {
        return Err(Refused::form(WHAT, "its version is not 2"));
    }
    if !lines::is_name(&head.tracking.id) {
        return Err(Refused::form(WHAT, "its id is none"));
    }
    let is_vex = head.category == "csaf_vex";
    let (feed, word) = if is_vex { (Feed::CsafVex, "csaf-vex") } else { (Feed::Csaf, "csaf") };
    let (publisher, name) = publisher(&head.publisher);
    let mut set = RowSet::new(feed, &format!("{word}/{publisher}"), Extent::Documents);
    set.content_at = dates::moment(&head.tracking.current_release_date);
    let products = Products::of(document.product_tree.as_ref());
    let mut advisory = advisory(head);
    for (at, raw) in document.vulnerabilities.iter().enumerate() {
        set.entries += 1;
        let cve = match json::entry::<Vulnerability<'_>>(raw) {
            Ok(cve) => cve,
            Err(reason) => {
                set.reject(&format!("{} /vulnerabilities/{at}", advisory.id), &reason);
                continue;
            }
        };
        let statements = Statements::of(&cve, &products, &advisory.id, &mut set);
        let rows = statements.rows(&advisory.id, cve.cve);
        limits.room_for_rows(set.rows.len(), rows.len())?;
        set.rows.extend(rows);
        complete(&mut advisory, &cve);
        set.cves.extend(statement(&cve, name));
    }
    set.entries = set.entries.max(1);
    if advisory.cves.is_empty() && !is_vex {
        advisory.kind = AdvisoryKind::Maintenance;
    }
    set.advisories.push(advisory);
    Ok(set)
}

/// A short name for the source, and the name that people know.
fn publisher(publisher: &Publisher) -> (String, &str) {
    match publisher.namespace.trim_end_matches('/') {
        "https://www.redhat.com" => ("redhat".to_owned(), "Red Hat"),
        "https://www.suse.com" => ("suse".to_owned(), "SUSE"),
        _ => (publisher.name.clone(), &publisher.name),
    }
}

fn advisory(head: &Head<'_>) -> Advisory {
    let mut urls: Vec<(bool, &str)> = head
        .references
        .iter()
        .filter(|reference| reference.url.as_str().starts_with("https://"))
        .map(|reference| {
            let is_self = reference.category.as_ref().is_some_and(|c| c.as_str() == "self");
            (!is_self, reference.url.as_str())
        })
        .filter(|(is_other, _)| !is_other)
        .collect();
    urls.sort_by_key(|(is_other, url)| (*is_other, is_data(url)));
    let severity = head.aggregate_severity.as_ref().map_or("", |s| s.text.as_str());
    Advisory {
        id: head.tracking.id.clone(),
        kind: AdvisoryKind::Security,
        published_at: dates::moment(&head.tracking.initial_release_date),
        modified_at: dates::moment(&head.tracking.current_release_date),
        withdrawn_at: None,
        label: label(severity),
        title: json::one_line(head.title.as_ref().map_or("", Text::as_str)),
        cves: Vec::new(),
        urls: urls.into_iter().map(|(_, url)| url.to_owned()).collect(),
        needs_reboot: false,
    }
}

/// The document itself is no page for people.
fn is_data(url: &str) -> bool {
    [".json", ".xml"].iter().any(|end| url.ends_with(end))
}

/// Adds what one CVE says about the whole document.
fn complete(advisory: &mut Advisory, cve: &Vulnerability<'_>) {
    /// A CVE of many products has dozens of errata.
    const URLS_MAX: usize = 40;
    advisory.cves.extend(cve.cve);
    for threat in cve.threats.iter().filter(|threat| threat.category.as_str() == "impact") {
        let impact = label(threat.details.as_ref().map_or("", Text::as_str));
        advisory.label = advisory.label.max(impact);
    }
    for remediation in &cve.remediations {
        let restart = remediation.restart_required.as_ref().map_or("", |r| r.category.as_str());
        advisory.needs_reboot |= matches!(restart, "machine" | "system");
        let Some(url) = remediation.url.as_ref().map(Text::as_str) else { continue };
        let is_new = !advisory.urls.iter().any(|known| known == url);
        if is_new && url.starts_with("https://") && advisory.urls.len() < URLS_MAX {
            advisory.urls.push(url.to_owned());
        }
    }
}

fn statement(cve: &Vulnerability<'_>, source: &str) -> Option<CveStatement> {
    let mut statement = CveStatement::of(cve.cve?);
    statement.title = json::one_line(cve.title.as_ref().map_or("", Text::as_str));
    statement.published_at = cve.release_date.as_deref().and_then(dates::moment);
    for score in &cve.scores {
        for cvss in [&score.cvss_v4, &score.cvss_v3, &score.cvss_v2].into_iter().flatten() {
            let Some(text) = cvss.vector_string.as_ref() else { continue };
            let printed_x10 = cvss.base_score.and_then(json::tenths);
            let text = text.as_str().to_owned();
            statement.vectors.push(Vector { source: source.to_owned(), text, printed_x10 });
        }
    }
    statement.vectors.sort();
    statement.vectors.dedup();
    Some(statement)
}

/// Red Hat's and SUSE's words.
pub(crate) fn label(word: &str) -> Label {
    match word.trim().to_ascii_lowercase().as_str() {
        "low" => Label::Low,
        "moderate" | "medium" => Label::Medium,
        "important" | "high" => Label::High,
        "critical" => Label::Critical,
        _ => Label::NotGiven,
    }
}

#[cfg(test)]
mod tests;
