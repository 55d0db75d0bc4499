//! Alpine's secdb: which version of which origin package fixes which CVEs, per branch and repository.
//! JSON as it is served, and the YAML that it was before. It names fixes only: silence says nothing.

mod yaml;

use crate::limits::{Limits, Refused};
use crate::lines;
use model::advisory::{Advisory, AdvisoryKind, Extent, Feed, Label, Row, RowSet, RowState, Until};
use model::cve::CveId;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

const WHAT: &str = "secdb document";

/// A document, in either notation.
#[derive(Debug, Default, PartialEq, Eq)]
struct Document {
    /// `v3.15` or `edge`.
    distroversion: String,
    /// `main` or `community`.
    reponame: String,
    packages: Vec<Outer>,
}

#[derive(Deserialize)]
struct JsonDocument<'a> {
    #[serde(default)]
    distroversion: String,
    #[serde(default)]
    reponame: String,
    #[serde(borrow)]
    packages: Vec<&'a RawValue>,
}

#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
struct Outer {
    pkg: Pkg,
}

#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
struct Pkg {
    name: String,
    /// By version; the same version may be written twice in YAML.
    #[serde(default)]
    secfixes: BTreeMap<String, Vec<String>>,
}

/// Reads one document. A version `0` says that no version was ever affected.
///
/// # Errors
/// The bytes are no document, name no branch, or exceed a limit.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<RowSet, Refused> {
    let is_json = bytes.trim_ascii_start().starts_with(b"{");
    let mut faults = Vec::new();
    let document =
        if is_json { json(bytes, limits, &mut faults)? } else { yaml::document(bytes, limits)? };
    let branch = document.distroversion.trim_start_matches('v');
    let is_branch = |b: u8| b.is_ascii_digit() || b == b'.';
    if branch != "edge" && (branch.is_empty() || !branch.bytes().all(is_branch)) {
        // A row without a branch would hold everywhere.
        return Err(Refused::form(WHAT, "its distroversion is no branch of Alpine"));
    }
    let stream = format!("alpine:{branch}");
    let source = format!("secdb/{}/{}", document.distroversion, document.reponame);
    let mut set = RowSet::new(Feed::Secdb, &source, Extent::Whole);
    for (pointer, reason) in faults {
        set.entries += 1;
        set.reject(&pointer, &reason);
    }
    for outer in &document.packages {
        for (version, ids) in &outer.pkg.secfixes {
            fix(&mut set, &stream, (&outer.pkg.name, version), ids, limits)?;
        }
    }
    Ok(set)
}

/// A package of a wrong shape spoils itself only.
fn json(
    bytes: &[u8],
    limits: &Limits,
    faults: &mut Vec<(String, String)>,
) -> Result<Document, Refused> {
    let own: JsonDocument<'_> = limits.json(bytes, WHAT)?;
    let mut packages = Vec::new();
    for (at, raw) in own.packages.into_iter().enumerate() {
        limits.room_for_row(at)?;
        match serde_json::from_str(raw.get()) {
            Ok(outer) => packages.push(outer),
            Err(e) => faults.push((format!("/packages/{at}"), e.to_string())),
        }
    }
    Ok(Document { distroversion: own.distroversion, reponame: own.reponame, packages })
}

/// Adds what one version of a package fixes. Each identifier is an entry.
fn fix(
    set: &mut RowSet,
    stream: &str,
    (package, version): (&str, &str),
    ids: &[String],
    limits: &Limits,
) -> Result<(), Refused> {
    let mut advisory = advisory(package, version);
    let mut others = Vec::new();
    for id in ids {
        set.entries += 1;
        let pointer = format!("{package} {version}");
        if !lines::is_name(package) || !lines::is_name(version) {
            set.reject(&pointer, "it has no package and version");
            continue;
        }
        let (cves, aliases, is_broken) = read(id);
        if is_broken {
            set.reject(&pointer, "one of its identifiers is a malformed CVE");
            continue;
        }
        if cves.is_empty() && aliases.is_empty() {
            set.reject(&pointer, "it names nothing");
            continue;
        }
        others.extend(aliases.into_iter().map(str::to_owned));
        advisory.cves.extend(cves);
    }
    advisory.cves.sort_unstable();
    advisory.cves.dedup();
    let mut keys: Vec<Option<CveId>> = advisory.cves.iter().copied().map(Some).collect();
    if keys.is_empty() && others.is_empty() {
        return Ok(());
    }
    if keys.is_empty() {
        // Known by another name only (`XSA-300`): the fix stands under its own.
        keys.push(None);
    }
    limits.room_for_rows(set.rows.len(), keys.len())?;
    set.rows.extend(keys.into_iter().map(|cve| row(&advisory.id, cve, stream, (package, version))));
    if !others.is_empty() {
        advisory.title = format!("{} ({})", advisory.title, others.join(", "));
    }
    set.advisories.push(advisory);
    Ok(())
}

/// An identifier may be followed by its other names: `CVE-2019-19579 XSA-306`.
fn read(id: &str) -> (Vec<CveId>, Vec<&str>, bool) {
    let (mut cves, mut aliases, mut is_broken) = (Vec::new(), Vec::new(), false);
    for word in id.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',')) {
        if word.is_empty() {
            continue;
        }
        match word.parse() {
            Ok(cve) => cves.push(cve),
            Err(_) if word.starts_with("CVE") => is_broken = true,
            Err(_) => aliases.push(word),
        }
    }
    (cves, aliases, is_broken)
}

fn advisory(package: &str, version: &str) -> Advisory {
    let title = if version == "0" {
        format!("{package} is not affected")
    } else {
        format!("fixed in {package} {version}")
    };
    Advisory {
        id: format!("{package}-{version}"),
        kind: AdvisoryKind::Security,
        published_at: None,
        modified_at: None,
        withdrawn_at: None,
        label: Label::NotGiven,
        title,
        cves: Vec::new(),
        urls: vec![format!("https://security.alpinelinux.org/srcpkg/{package}")],
        needs_reboot: false,
    }
}

fn row(advisory: &str, cve: Option<CveId>, stream: &str, (package, version): (&str, &str)) -> Row {
    let is_never = version == "0";
    Row {
        advisory: advisory.to_owned(),
        cve,
        stream: stream.to_owned(),
        package: package.to_owned(),
        module: String::new(),
        arch: String::new(),
        from: String::new(),
        until: if is_never { Until::Open } else { Until::Fixed(version.to_owned()) },
        state: if is_never { RowState::NotAffected } else { RowState::Affected },
        channel: String::new(),
        is_foreign: false,
    }
}

#[cfg(test)]
mod tests;
