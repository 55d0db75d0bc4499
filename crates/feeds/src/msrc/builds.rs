//! Builds of Windows Server: which one closes a CVE, and which ones have known issues.

use super::{KNOWN_ISSUE, Tree, VENDOR_FIX, Vulnerability, Worded};
use crate::json::Text;
use decide::scheme::Scheme;
use model::CveId;
use model::advisory::{Advisory, AdvisoryKind, Label, Row, RowSet, RowState, Until};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The operating system as a package: its version is its build.
const PACKAGE: &str = "windows";

pub(super) struct Builds<'a> {
    /// Servers by product number.
    streams: HashMap<&'a str, String>,
    /// Stream and build that an update (KB) brings.
    of_update: BTreeMap<String, BTreeSet<(String, String)>>,
    /// Updates with known issues, with the page that tells of them.
    issues: BTreeMap<String, String>,
}

impl<'a> Builds<'a> {
    pub(super) fn of(tree: &'a Tree<'_>) -> Self {
        let servers = tree.full_product_name.iter();
        let streams = servers
            .filter_map(|product| Some((product.id.as_str(), stream(product.name.as_str())?)))
            .collect();
        Self { streams, of_update: BTreeMap::new(), issues: BTreeMap::new() }
    }

    /// Returns the rows of one CVE. A server that is named without a build is a reject: nobody could tell
    /// which hosts have the repair.
    pub(super) fn rows(
        &mut self,
        cve: &Vulnerability<'_>,
        advisory: &Advisory,
        set: &mut RowSet,
    ) -> Vec<Row> {
        let mut rows = BTreeSet::new();
        let mut open: BTreeSet<&str> = BTreeSet::new();
        let named = cve.statuses.iter().flat_map(|status| &status.products).map(Text::as_str);
        open.extend(named.filter(|id| self.streams.contains_key(id)));
        for fix in &cve.remediations {
            let update = Worded::of(fix.description.as_ref());
            if fix.kind == KNOWN_ISSUE && is_number(update) {
                let url = fix.url.as_ref().map_or("", Text::as_str);
                self.issues.insert(update.to_owned(), url.to_owned());
            }
            let build = fix.fixed_build.as_ref().map_or("", Text::as_str);
            if fix.kind != VENDOR_FIX || build.is_empty() {
                continue;
            }
            for id in fix.products.iter().map(Text::as_str) {
                let Some(stream) = self.streams.get(id) else { continue };
                if Scheme::Windows.key(build).is_err() {
                    continue;
                }
                open.remove(id);
                set.entries += 1;
                let builds = self.of_update.entry(update.to_owned()).or_default();
                builds.insert((stream.clone(), build.to_owned()));
                let until = Until::Fixed(build.to_owned());
                rows.insert(row(advisory, stream, (String::new(), until)));
            }
        }
        for id in open {
            set.entries += 1;
            let stream = self.streams.get(id).map_or("", String::as_str);
            let pointer = format!("{} {stream}", advisory.id);
            set.reject(&pointer, "it has no build that closes it");
        }
        rows.into_iter().collect()
    }

    /// Adds the updates that have known issues: against their own builds, not older ones.
    pub(super) fn broken(&self, set: &mut RowSet) {
        for (update, url) in &self.issues {
            let advisory = Advisory {
                id: format!("KB{update}"),
                kind: AdvisoryKind::Broken,
                published_at: None,
                modified_at: set.content_at,
                withdrawn_at: None,
                label: Label::NotGiven,
                title: format!("KB{update} has known issues"),
                cves: Vec::new(),
                urls: Some(url)
                    .filter(|url| url.starts_with("https://"))
                    .cloned()
                    .into_iter()
                    .collect(),
                needs_reboot: false,
            };
            for (stream, build) in self.of_update.get(update).into_iter().flatten() {
                let span = (build.clone(), Until::Last(build.clone()));
                set.rows.push(row(&advisory, stream, span));
            }
            set.advisories.push(advisory);
        }
    }
}

fn row(advisory: &Advisory, stream: &str, (from, until): (String, Until)) -> Row {
    let cve: Option<CveId> = advisory.cves.first().copied();
    Row {
        advisory: advisory.id.clone(),
        cve,
        stream: stream.to_owned(),
        package: PACKAGE.to_owned(),
        module: String::new(),
        arch: String::new(),
        from,
        until,
        state: RowState::Affected,
        channel: String::new(),
        is_foreign: false,
    }
}

fn is_number(update: &str) -> bool {
    !update.is_empty() && update.len() <= 12 && update.bytes().all(|byte| byte.is_ascii_digit())
}

/// `Windows Server 2022 (Server Core installation)` is `windows:2022`, `Windows Server 2012 R2` is
/// `windows:2012-r2`, `Windows Server 2022, 23H2 Edition` is `windows:23h2`. Cores share their builds.
fn stream(name: &str) -> Option<String> {
    let rest = name.strip_prefix("Windows Server")?.trim_start().trim_start_matches(',').trim();
    let rest = rest.split('(').next()?.trim();
    let version = rest.strip_suffix(" Edition").and_then(|rest| rest.rsplit(", ").next());
    let version = version.or_else(|| rest.strip_prefix("version ")).unwrap_or(rest);
    let version = version.split(" for ").next()?.trim().to_ascii_lowercase().replace(' ', "-");
    // `Service Pack 2` of 2008 is the only one that still gets builds.
    let version = version.split("-service-pack").next()?.to_owned();
    let is_form = version.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (is_form && version.starts_with(|c: char| c.is_ascii_digit()))
        .then(|| format!("windows:{version}"))
}

#[cfg(test)]
pub(super) fn stream_of(name: &str) -> Option<String> {
    stream(name)
}
