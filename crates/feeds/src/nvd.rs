//! NVD's API 2.0, page by page: vectors of last resort. Its version ranges are of upstream products and are
//! never read: on distributions' packages they are wrong.

use crate::cve_record::point;
use crate::dates;
use crate::json;
use crate::limits::{Limits, Refused};
use model::advisory::{Extent, Feed, RowSet};
use model::cve::{CveId, CveStatement, Kev, Vector};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

const WHAT: &str = "NVD page";
/// Depth of what is looked through for decision points.
const SSVC_DEPTH_MAX: usize = 6;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page<'a> {
    results_per_page: Option<u64>,
    timestamp: Option<String>,
    #[serde(borrow)]
    vulnerabilities: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Item {
    cve: Cve,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cve {
    id: CveId,
    published: Option<String>,
    vuln_status: Option<String>,
    #[serde(default, deserialize_with = "json::list")]
    descriptions: Vec<Description>,
    /// By kind: `cvssMetricV31`, `cvssMetricV40`, `ssvcV203`, ...
    #[serde(default)]
    metrics: BTreeMap<String, Value>,
    cisa_exploit_add: Option<String>,
    cisa_action_due: Option<String>,
    cisa_vulnerability_name: Option<String>,
}

#[derive(Deserialize)]
struct Description {
    lang: String,
    value: String,
}

/// Reads a page. That it has as many entries as it counts, `accept` checks.
///
/// # Errors
/// It is no page, or exceeds a limit.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<RowSet, Refused> {
    let page: Page<'_> = limits.json(bytes, WHAT)?;
    let found = u64::try_from(page.vulnerabilities.len()).unwrap_or(u64::MAX);
    limits.room_for_rows(0, page.vulnerabilities.len())?;
    let mut set = RowSet::new(Feed::Nvd, "nvd", Extent::Documents);
    set.content_at = page.timestamp.as_deref().and_then(dates::moment);
    set.entries = found;
    set.entries_stated = page.results_per_page;
    for (at, raw) in page.vulnerabilities.into_iter().enumerate() {
        match json::entry::<Item>(raw) {
            Ok(item) => set.cves.push(statement(item.cve)),
            Err(reason) => set.reject(&format!("/vulnerabilities/{at}"), &reason),
        }
    }
    Ok(set)
}

fn statement(cve: Cve) -> CveStatement {
    let mut statement = CveStatement::of(cve.id);
    statement.is_rejected =
        cve.vuln_status.is_some_and(|status| status.eq_ignore_ascii_case("Rejected"));
    statement.published_at = cve.published.as_deref().and_then(dates::moment);
    let english = cve.descriptions.iter().find(|d| d.lang.starts_with("en"));
    statement.title = english.map_or_else(String::new, |d| json::one_line(&d.value));
    for (kind, value) in &cve.metrics {
        if kind.starts_with("cvssMetric") {
            let metrics = value.as_array().into_iter().flatten();
            statement.vectors.extend(metrics.filter_map(vector));
        } else if kind.starts_with("ssvc") {
            points(value, 0, &mut statement);
        }
    }
    statement.vectors.sort();
    statement.vectors.dedup();
    if let Some(added) = cve.cisa_exploit_add.filter(|day| dates::iso_day(day).is_some()) {
        let due = cve.cisa_action_due.filter(|day| dates::iso_day(day).is_some());
        statement.kev = Some(Kev {
            added,
            due: due.unwrap_or_default(),
            is_ransomware: false,
            name: cve.cisa_vulnerability_name.unwrap_or_default(),
        });
    }
    statement
}

fn vector(metric: &Value) -> Option<Vector> {
    let data = metric.get("cvssData")?;
    let text = data.get("vectorString")?.as_str()?;
    let source = match metric.get("source").and_then(Value::as_str) {
        Some("nvd@nist.gov") | None => "NVD",
        Some(other) => other,
    };
    let printed_x10 = data.get("baseScore").and_then(Value::as_f64).and_then(json::tenths);
    Some(Vector { source: source.to_owned(), text: text.to_owned(), printed_x10 })
}

/// Takes decision points wherever they stand: NVD has changed the form around them.
fn points(value: &Value, depth: usize, statement: &mut CveStatement) {
    if depth > SSVC_DEPTH_MAX {
        return;
    }
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                if let Value::String(text) = value {
                    point(key, text, statement);
                }
                points(value, depth + 1, statement);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| points(item, depth + 1, statement)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests;
