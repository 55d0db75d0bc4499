//! CVE records, JSON 5, one CVE each: the CNA's vectors, and CISA's SSVC decision points from its ADP
//! container (Vulnrichment). Products and versions in them are not used: vendors' feeds know better.

use crate::dates;
use crate::json;
use crate::limits::{Limits, Refused};
use model::advisory::{Extent, Feed, RowSet};
use model::cve::{CveId, CveStatement, Exploitation, Kev, TechnicalImpact, Vector};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

const WHAT: &str = "CVE record";
/// The container that CISA fills; others have no metrics.
const CISA: &str = "CISA-ADP";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    cve_metadata: Metadata,
    #[serde(borrow)]
    containers: Containers<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    cve_id: CveId,
    state: String,
    date_published: Option<String>,
    date_updated: Option<String>,
}

#[derive(Deserialize)]
struct Containers<'a> {
    #[serde(borrow)]
    cna: Container<'a>,
    #[serde(borrow, default, deserialize_with = "json::list")]
    adp: Vec<Container<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Container<'a> {
    title: Option<String>,
    provider_metadata: Option<Provider>,
    #[serde(default, deserialize_with = "json::list")]
    descriptions: Vec<Description>,
    #[serde(borrow, default, deserialize_with = "json::list")]
    metrics: Vec<Metric<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Provider {
    short_name: Option<String>,
}

#[derive(Deserialize)]
struct Description {
    lang: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metric<'a> {
    #[serde(rename = "cvssV4_0")]
    v4: Option<Cvss>,
    #[serde(rename = "cvssV3_1")]
    v31: Option<Cvss>,
    #[serde(rename = "cvssV3_0")]
    v30: Option<Cvss>,
    #[serde(rename = "cvssV2_0")]
    v2: Option<Cvss>,
    #[serde(borrow)]
    other: Option<Other<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cvss {
    vector_string: Option<String>,
    base_score: Option<f64>,
}

/// Whatever else a provider states; its form depends on `kind`.
#[derive(Deserialize)]
struct Other<'a> {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Ssvc {
    options: Vec<BTreeMap<String, Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct KevContent {
    date_added: String,
}

/// Reads a record.
///
/// # Errors
/// It is no CVE record, or exceeds a limit.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<RowSet, Refused> {
    let record: Record<'_> = limits.json(bytes, WHAT)?;
    let metadata = &record.cve_metadata;
    let mut set = RowSet::new(Feed::CveRecord, "cve-record", Extent::Documents);
    set.entries = 1;
    set.content_at = metadata.date_updated.as_deref().and_then(dates::moment);
    let mut statement = CveStatement::of(metadata.cve_id);
    statement.is_rejected = metadata.state.eq_ignore_ascii_case("REJECTED");
    statement.published_at = metadata.date_published.as_deref().and_then(dates::moment);
    statement.title = title(&record.containers.cna);
    let containers = std::iter::once(&record.containers.cna).chain(&record.containers.adp);
    for container in containers {
        let source = container.provider_metadata.as_ref().and_then(|p| p.short_name.as_deref());
        let source = source.unwrap_or("not named");
        for metric in &container.metrics {
            let all = [&metric.v4, &metric.v31, &metric.v30, &metric.v2];
            statement.vectors.extend(all.into_iter().flatten().filter_map(|v| vector(v, source)));
            if let Some(other) = metric.other.as_ref().filter(|_| source == CISA) {
                supplement(other, &mut statement);
            }
        }
    }
    statement.vectors.sort();
    statement.vectors.dedup();
    set.cves.push(statement);
    Ok(set)
}

fn title(cna: &Container<'_>) -> String {
    let english = |d: &&Description| d.lang.to_ascii_lowercase().starts_with("en");
    let text = cna
        .title
        .as_deref()
        .or_else(|| cna.descriptions.iter().find(english).map(|d| d.value.as_str()));
    json::one_line(text.unwrap_or(""))
}

fn vector(cvss: &Cvss, source: &str) -> Option<Vector> {
    let text = cvss.vector_string.clone().filter(|text| !text.is_empty())?;
    let printed_x10 = cvss.base_score.and_then(json::tenths);
    Some(Vector { source: source.to_owned(), text, printed_x10 })
}

/// Takes what CISA states. Values that are none of SSVC's stay unknown: `SLOW` was once published as an
/// answer to "automatable?".
fn supplement(other: &Other<'_>, statement: &mut CveStatement) {
    let Some(content) = other.content.map(RawValue::get) else { return };
    match other.kind.as_deref() {
        Some("ssvc") => {
            let Ok(ssvc) = serde_json::from_str::<Ssvc>(content) else { return };
            for (key, value) in ssvc.options.iter().flatten() {
                if let Value::String(value) = value {
                    point(key, value, statement);
                }
            }
        }
        Some("kev") => {
            let Ok(kev) = serde_json::from_str::<KevContent>(content) else { return };
            if dates::iso_day(&kev.date_added).is_some() {
                let (due, name) = (String::new(), String::new());
                let added = kev.date_added;
                statement.kev = Some(Kev { added, due, is_ransomware: false, name });
            }
        }
        Some(_) | None => {}
    }
}

/// Takes one decision point, under Vulnrichment's name (`Technical Impact`) or NVD's (`technicalImpact`).
pub(crate) fn point(key: &str, value: &str, statement: &mut CveStatement) {
    let key: String = key.chars().filter(char::is_ascii_alphabetic).collect();
    let value = value.trim().to_ascii_lowercase();
    match key.to_ascii_lowercase().as_str() {
        "exploitation" => {
            statement.exploitation = match value.as_str() {
                "none" => Some(Exploitation::None),
                "poc" | "public poc" => Some(Exploitation::PublicPoc),
                "active" => Some(Exploitation::Active),
                _ => None,
            };
        }
        "automatable" => {
            statement.is_automatable = match value.as_str() {
                "yes" => Some(true),
                "no" => Some(false),
                _ => None,
            };
        }
        "technicalimpact" => {
            statement.technical_impact = match value.as_str() {
                "partial" => Some(TechnicalImpact::Partial),
                "total" => Some(TechnicalImpact::Total),
                _ => None,
            };
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
