//! Microsoft's monthly CVRF documents, JSON as the API publishes them. Rows are of Windows Server and its
//! builds: a cumulative update that is newer closes all that older ones closed, so that chains of superseded
//! updates need not be followed. Other products, and documents without `FixedBuild`, give no rows.

mod builds;

use crate::dates;
use crate::json::{self, Text};
use crate::limits::{Limits, Refused};
use crate::lines;
use builds::Builds;
use model::advisory::{Advisory, AdvisoryKind, Extent, Feed, Label, RowSet};
use model::cve::{CveId, CveStatement, Exploitation, Vector};
use serde::Deserialize;
use serde_json::value::RawValue;

const WHAT: &str = "MSRC document";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document<'a> {
    document_tracking: Tracking,
    #[serde(borrow)]
    product_tree: Tree<'a>,
    #[serde(borrow, default, deserialize_with = "json::list")]
    vulnerability: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tracking {
    initial_release_date: Option<String>,
    current_release_date: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tree<'a> {
    #[serde(borrow, default, deserialize_with = "json::list")]
    full_product_name: Vec<Product<'a>>,
}

#[derive(Deserialize)]
struct Product<'a> {
    #[serde(borrow, rename = "ProductID")]
    id: Text<'a>,
    #[serde(borrow, rename = "Value")]
    name: Text<'a>,
}

#[derive(Deserialize)]
struct Vulnerability<'a> {
    #[serde(borrow, default, rename = "Title")]
    title: Option<Worded<'a>>,
    /// Or the name of an advisory without one: `ADV190023`.
    #[serde(borrow, rename = "CVE")]
    cve: Text<'a>,
    #[serde(borrow, default, rename = "ProductStatuses", deserialize_with = "json::list")]
    statuses: Vec<Status<'a>>,
    #[serde(borrow, default, rename = "Threats", deserialize_with = "json::list")]
    threats: Vec<Threat<'a>>,
    #[serde(borrow, default, rename = "CVSSScoreSets", deserialize_with = "json::list")]
    scores: Vec<Score<'a>>,
    #[serde(borrow, default, rename = "Remediations", deserialize_with = "json::list")]
    remediations: Vec<Remediation<'a>>,
    #[serde(default, rename = "RevisionHistory", deserialize_with = "json::list")]
    revisions: Vec<Revision>,
}

#[derive(Deserialize)]
struct Worded<'a> {
    #[serde(borrow, default, rename = "Value")]
    value: Option<Text<'a>>,
}

impl Worded<'_> {
    fn of<'s>(worded: Option<&'s Worded<'_>>) -> &'s str {
        worded.and_then(|worded| worded.value.as_ref()).map_or("", Text::as_str)
    }
}

#[derive(Deserialize)]
struct Status<'a> {
    #[serde(borrow, default, rename = "ProductID", deserialize_with = "json::list")]
    products: Vec<Text<'a>>,
}

#[derive(Deserialize)]
struct Threat<'a> {
    #[serde(rename = "Type")]
    kind: u8,
    #[serde(borrow, default, rename = "Description")]
    description: Option<Worded<'a>>,
}

/// Kinds of threats and remediations, by the numbers of the API.
const EXPLOIT_STATUS: u8 = 1;
const SEVERITY: u8 = 3;
const VENDOR_FIX: u8 = 2;
const KNOWN_ISSUE: u8 = 5;

#[derive(Deserialize)]
struct Score<'a> {
    #[serde(borrow, default, rename = "Vector")]
    vector: Option<Text<'a>>,
    #[serde(default, rename = "BaseScore")]
    base_score: Option<f64>,
}

#[derive(Deserialize)]
struct Remediation<'a> {
    #[serde(rename = "Type")]
    kind: u8,
    /// The number of the update (KB).
    #[serde(borrow, default, rename = "Description")]
    description: Option<Worded<'a>>,
    #[serde(borrow, default, rename = "URL")]
    url: Option<Text<'a>>,
    #[serde(borrow, default, rename = "ProductID", deserialize_with = "json::list")]
    products: Vec<Text<'a>>,
    #[serde(borrow, default, rename = "RestartRequired")]
    restart: Option<Worded<'a>>,
    #[serde(borrow, default, rename = "FixedBuild")]
    fixed_build: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Revision {
    #[serde(default, rename = "Date")]
    date: Option<String>,
}

/// Reads a month. Entries are its CVEs, and of each the servers that it names.
///
/// # Errors
/// It is no such document, or exceeds a limit.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<RowSet, Refused> {
    let document: Document<'_> = limits.json(bytes, WHAT)?;
    let tracking = &document.document_tracking;
    let mut set = RowSet::new(Feed::Msrc, "msrc", Extent::Documents);
    set.content_at = dates::moment(&tracking.current_release_date);
    let first = tracking.initial_release_date.as_deref().and_then(dates::moment);
    let mut builds = Builds::of(&document.product_tree);
    for (at, raw) in document.vulnerability.iter().enumerate() {
        set.entries += 1;
        let pointer = format!("/Vulnerability/{at}");
        let read = json::entry::<Vulnerability<'_>>(raw);
        let cve = match &read {
            Ok(read) => read,
            Err(reason) => {
                set.reject(&pointer, reason);
                continue;
            }
        };
        if !lines::is_name(cve.cve.as_str()) {
            set.reject(&pointer, "it has no name");
            continue;
        }
        let mut advisory = advisory(cve, first);
        let rows = builds.rows(cve, &advisory, &mut set);
        limits.room_for_rows(set.rows.len(), rows.len())?;
        set.rows.extend(rows);
        if let [id] = advisory.cves.as_slice() {
            set.cves.push(statement(*id, &mut advisory, cve));
        }
        set.advisories.push(advisory);
    }
    set.entries = set.entries.max(1);
    builds.broken(&mut set);
    Ok(set)
}

/// Pages of one CVE: one per update.
const URLS_MAX: usize = 40;

fn advisory(cve: &Vulnerability<'_>, first: Option<i64>) -> Advisory {
    let id = cve.cve.as_str();
    let dates = || cve.revisions.iter().filter_map(|r| r.date.as_deref().and_then(dates::moment));
    let severity = cve.threats.iter().filter(|threat| threat.kind == SEVERITY);
    let labels = severity.map(|threat| label(Worded::of(threat.description.as_ref())));
    let fixes = || cve.remediations.iter().filter(|fix| fix.kind == VENDOR_FIX);
    let mut urls = vec![format!("https://msrc.microsoft.com/update-guide/vulnerability/{id}")];
    for url in fixes().filter_map(|fix| fix.url.as_ref()).map(Text::as_str) {
        let is_page = url.starts_with("https://") && urls.len() < URLS_MAX;
        if is_page && !urls.iter().any(|known| known == url) {
            urls.push(url.to_owned());
        }
    }
    Advisory {
        id: id.to_owned(),
        kind: AdvisoryKind::Security,
        published_at: dates().min().or(first),
        modified_at: dates().max(),
        withdrawn_at: None,
        label: labels.max().unwrap_or_default(),
        title: json::one_line(Worded::of(cve.title.as_ref())),
        cves: id.parse::<CveId>().into_iter().collect(),
        urls,
        needs_reboot: fixes().any(|fix| Worded::of(fix.restart.as_ref()) == "Yes"),
    }
}

fn statement(id: CveId, advisory: &mut Advisory, cve: &Vulnerability<'_>) -> CveStatement {
    let mut statement = CveStatement::of(id);
    statement.title.clone_from(&advisory.title);
    statement.published_at = advisory.published_at;
    // `Publicly Disclosed:No;Exploited:Yes;Latest Software Release:Exploitation Detected`
    let exploited = |threat: &Threat<'_>| {
        let status = Worded::of(threat.description.as_ref());
        threat.kind == EXPLOIT_STATUS && status.split(';').any(|part| part == "Exploited:Yes")
    };
    if cve.threats.iter().any(exploited) {
        statement.exploitation = Some(Exploitation::Active);
    }
    for score in &cve.scores {
        let Some(text) = score.vector.as_ref().map(Text::as_str) else { continue };
        let printed_x10 = score.base_score.and_then(json::tenths);
        let (source, text) = ("Microsoft".to_owned(), text.to_owned());
        statement.vectors.push(Vector { source, text, printed_x10 });
    }
    statement.vectors.sort();
    statement.vectors.dedup();
    statement
}

fn label(word: &str) -> Label {
    match word {
        "Critical" => Label::Critical,
        "Important" => Label::High,
        "Moderate" => Label::Medium,
        "Low" => Label::Low,
        _ => Label::NotGiven,
    }
}

#[cfg(test)]
mod tests;
