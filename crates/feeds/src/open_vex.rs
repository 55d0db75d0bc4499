//! `OpenVEX` 0.2 as Ubuntu publishes it: the state of each source package per release. It names the present
//! version, not the first repaired one: for versions there is OSV, and "fixed" gives no row here.

use crate::dates;
use crate::json::{self, Text};
use crate::limits::{Limits, Refused};
use crate::lines;
use crate::release;
use model::advisory::{Advisory, AdvisoryKind, Extent, Feed, Label, Row, RowSet, RowState, Until};
use model::cve::CveId;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeSet;

const WHAT: &str = "OpenVEX document";

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(rename = "@id")]
    id: String,
    author: String,
    timestamp: Option<String>,
    #[serde(borrow)]
    statements: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Statement<'a> {
    #[serde(borrow)]
    vulnerability: Vulnerability<'a>,
    #[serde(default)]
    timestamp: Option<String>,
    #[serde(borrow, default, deserialize_with = "json::list")]
    products: Vec<Product<'a>>,
    #[serde(borrow)]
    status: Text<'a>,
    #[serde(borrow, default)]
    action_statement: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Vulnerability<'a> {
    name: CveId,
    #[serde(borrow, default)]
    description: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "json::list")]
    aliases: Vec<Text<'a>>,
}

#[derive(Deserialize)]
struct Product<'a> {
    #[serde(borrow, rename = "@id")]
    id: Text<'a>,
}

/// Reads a document. Entries are the source packages of its statements; binaries repeat them.
///
/// # Errors
/// It is no `OpenVEX` document, not Canonical's, or exceeds a limit.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<RowSet, Refused> {
    let document: Document<'_> = limits.json(bytes, WHAT)?;
    if !document.author.starts_with("Canonical") {
        return Err(Refused::form(
            WHAT,
            "its author is not Canonical: others' products are not read",
        ));
    }
    let mut set = RowSet::new(Feed::OpenVex, "open-vex/ubuntu", Extent::Documents);
    set.content_at = document.timestamp.as_deref().and_then(dates::moment);
    let id = document.id.rsplit('/').next().unwrap_or("").to_owned();
    if !lines::is_name(&id) {
        return Err(Refused::form(WHAT, "its id is none"));
    }
    let mut advisory = advisory(&id, set.content_at);
    let mut rows = BTreeSet::new();
    for (at, raw) in document.statements.iter().enumerate() {
        match json::entry::<Statement<'_>>(raw) {
            Ok(statement) => {
                describe(&mut advisory, &statement);
                products(&statement, &id, &mut rows, &mut set);
                limits.room_for_rows(0, rows.len())?;
            }
            Err(reason) => {
                set.entries += 1;
                set.reject(&format!("{id} /statements/{at}"), &reason);
            }
        }
    }
    advisory.cves.sort_unstable();
    advisory.cves.dedup();
    // The page of the CVE first, then its notices.
    advisory.urls.sort();
    set.entries = set.entries.max(1);
    set.rows = rows.into_iter().collect();
    set.advisories.push(advisory);
    Ok(set)
}

fn products(statement: &Statement<'_>, advisory: &str, rows: &mut BTreeSet<Row>, set: &mut RowSet) {
    for product in &statement.products {
        let purl = product.id.as_str();
        let Some(source) = Source::of(purl) else { continue };
        set.entries += 1;
        let stream = release::of_codename(source.codename);
        match (stream, state(statement)) {
            (Some(_), Ok(Some(_))) if !lines::is_name(source.name) => {
                set.reject(&format!("{advisory} {purl}"), "its package is no name");
            }
            (Some(stream), Ok(Some(state))) => {
                rows.insert(Row {
                    advisory: advisory.to_owned(),
                    cve: Some(statement.vulnerability.name),
                    stream,
                    package: source.name.to_owned(),
                    module: String::new(),
                    arch: String::new(),
                    from: String::new(),
                    until: Until::Open,
                    state,
                    channel: source.channel.to_owned(),
                    is_foreign: false,
                });
            }
            (Some(_), Ok(None)) => {}
            (None, _) => set.reject(&format!("{advisory} {purl}"), "its release is not known"),
            (Some(_), Err(reason)) => set.reject(&format!("{advisory} {purl}"), &reason),
        }
    }
}

/// A source package in a release: `pkg:deb/ubuntu/curl@7.81.0-1?arch=source&distro=esm-infra/jammy`.
struct Source<'a> {
    name: &'a str,
    channel: &'a str,
    codename: &'a str,
}

impl<'a> Source<'a> {
    fn of(purl: &'a str) -> Option<Self> {
        let rest = purl.strip_prefix("pkg:deb/ubuntu/")?;
        let (package, qualifiers) = rest.split_once('?')?;
        let qualifier = |name: &str| {
            let mut all = qualifiers.split('&').filter_map(|part| part.split_once('='));
            all.find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        if qualifier("arch") != Some("source") {
            return None;
        }
        let distro = qualifier("distro").unwrap_or("");
        let (channel, codename) = distro.split_once('/').unwrap_or(("", distro));
        let name = package.split_once('@').map_or(package, |(name, _)| name);
        Some(Self { name, channel, codename })
    }
}

/// `None`: nothing to say without the first repaired version.
fn state(statement: &Statement<'_>) -> Result<Option<RowState>, String> {
    match statement.status.as_str() {
        "fixed" => Ok(None),
        "not_affected" => Ok(Some(RowState::NotAffected)),
        "under_investigation" => Ok(Some(RowState::UnderInvestigation)),
        "affected" => {
            let action = statement.action_statement.as_ref().map_or("", Text::as_str);
            // One of Canonical's fixed sentences; the format has no field for it.
            let is_over = action.contains("is no longer supported");
            Ok(Some(if is_over { RowState::EndOfLife } else { RowState::Affected }))
        }
        other => Err(format!("its status `{other}` is not known")),
    }
}

/// Notices of one CVE: real ones have some ten.
const URLS_MAX: usize = 40;

fn describe(advisory: &mut Advisory, statement: &Statement<'_>) {
    let about = &statement.vulnerability;
    advisory.cves.push(about.name);
    let at = statement.timestamp.as_deref().and_then(dates::moment);
    advisory.published_at = match (advisory.published_at, at) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    if advisory.title.is_empty() {
        advisory.title = json::one_line(about.description.as_ref().map_or("", Text::as_str));
    }
    for alias in about.aliases.iter().map(Text::as_str) {
        let is_page = alias.starts_with("https://ubuntu.com/security/");
        if is_page
            && advisory.urls.len() < URLS_MAX
            && !advisory.urls.iter().any(|known| known == alias)
        {
            advisory.urls.push(alias.to_owned());
        }
    }
}

fn advisory(id: &str, modified_at: Option<i64>) -> Advisory {
    Advisory {
        id: id.to_owned(),
        kind: AdvisoryKind::Security,
        published_at: None,
        modified_at,
        withdrawn_at: None,
        label: Label::NotGiven,
        title: String::new(),
        cves: Vec::new(),
        urls: Vec::new(),
        needs_reboot: false,
    }
}

#[cfg(test)]
mod tests;
