//! `updateinfo.xml` of rpm repositories, by the convention of createrepo: what each erratum is, which CVEs
//! it names, and which packages carry it, with module, epoch and architecture.

mod stream;

use crate::dates;
use crate::limits::{Limits, Refused};
use crate::lines;
use crate::xml::{self, Element};
use model::advisory::{Advisory, AdvisoryKind, Extent, Feed, Label, Row, RowSet, RowState, Until};
use model::cve::CveId;
use std::collections::{BTreeMap, BTreeSet};

const WHAT: &str = "updateinfo document";
/// Rows of one erratum: its CVEs times its packages. Kernels have some 50,000.
const ROWS_PER_ENTRY_MAX: usize = 200_000;

/// Reads one document. Updates in testing are no offer and bring nothing; retracted ones are advisories
/// *against* their versions.
///
/// # Errors
/// The bytes are no such document, are cut off, or exceed a limit.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<RowSet, Refused> {
    let mut set = RowSet::new(Feed::Updateinfo, "updateinfo", Extent::Documents);
    xml::read(bytes, (WHAT, "updates"), &["update"], limits, &mut |update| {
        set.entries += 1;
        let id = update.text_of("id").to_owned();
        match erratum(&update) {
            Ok(Some((advisory, rows))) => {
                limits.room_for_rows(set.rows.len(), rows.len())?;
                set.content_at =
                    set.content_at.max(advisory.modified_at).max(advisory.published_at);
                set.advisories.push(advisory);
                set.rows.extend(rows);
            }
            Ok(None) => {}
            Err(reason) => {
                let pointer = if id.is_empty() { format!("update {}", set.entries) } else { id };
                set.reject(&pointer, &reason);
            }
        }
        Ok(())
    })?;
    // Repositories of one release are sources of their own; their documents stay beside each other.
    if let Some(row) = set.rows.first() {
        set.source = format!("updateinfo/{}", row.stream);
    }
    Ok(set)
}

fn erratum(update: &Element) -> Result<Option<(Advisory, Vec<Row>)>, String> {
    if update.attribute("status") == "testing" {
        return Ok(None);
    }
    let mut advisory = advisory(update)?;
    let is_retracted = update.attribute("status") == "retracted";
    if is_retracted {
        advisory.kind = AdvisoryKind::Withdrawn;
        advisory.withdrawn_at = advisory.modified_at.or(advisory.published_at);
    }
    let mut rows = BTreeSet::new();
    for pkglist in update.all("pkglist") {
        for collection in pkglist.all("collection") {
            let packages: Vec<&Element> = collection.all("package").collect();
            advisory.needs_reboot |=
                packages.iter().any(|package| has(package, "reboot_suggested"));
            let stream = stream::of(update, collection)?;
            let module = module(collection);
            for bound in bounds(&packages)? {
                rows.extend(bound.rows(&advisory, &stream, &module, is_retracted));
                if rows.len() > ROWS_PER_ENTRY_MAX {
                    return Err("it has more rows than any real one".to_owned());
                }
            }
        }
    }
    Ok(Some((advisory, rows.into_iter().collect())))
}

fn advisory(update: &Element) -> Result<Advisory, String> {
    let id = update.text_of("id");
    if !lines::is_name(id) {
        return Err("it has no id".to_owned());
    }
    let references = update.first("references");
    let references = || references.into_iter().flat_map(|list| list.all("reference"));
    let mut cves = BTreeSet::new();
    for reference in references().filter(|r| r.attribute("type").eq_ignore_ascii_case("cve")) {
        cves.insert(cve(reference)?);
    }
    let urls = references()
        .filter(|r| matches!(r.attribute("type"), "self" | "vendor"))
        .map(|r| r.attribute("href").to_owned())
        .filter(|href| href.starts_with("https://") || href.starts_with("http://"))
        .collect();
    // A repair of a CVE is one of security, whatever the update is called.
    let kind = if update.attribute("type") == "security" || !cves.is_empty() {
        AdvisoryKind::Security
    } else {
        AdvisoryKind::Maintenance
    };
    let at = |name: &str| match update.first(name).map(|e| e.attribute("date")) {
        None | Some("") => Ok(None),
        Some(date) => {
            dates::moment(date).map(Some).ok_or_else(|| format!("its `{name}` is no date"))
        }
    };
    Ok(Advisory {
        id: id.to_owned(),
        kind,
        published_at: at("issued")?,
        modified_at: at("updated")?,
        withdrawn_at: None,
        label: label(update.text_of("severity")),
        title: update.text_of("title").to_owned(),
        cves: cves.into_iter().collect(),
        urls,
        needs_reboot: has(update, "reboot_suggested"),
    })
}

/// The id stands in `id`, or in `title` where `id` is a number of another tracker.
fn cve(reference: &Element) -> Result<CveId, String> {
    let [id, title] = [reference.attribute("id"), reference.attribute("title")];
    id.parse().or_else(|e: model::cve::ParseCveError| {
        title
            .split_ascii_whitespace()
            .next()
            .and_then(|word| word.parse().ok())
            .ok_or(e.to_string())
    })
}

/// Severities of Red Hat and SUSE; an empty one and `None` are not given.
fn label(text: &str) -> Label {
    match text.to_ascii_lowercase().as_str() {
        "critical" => Label::Critical,
        "important" | "high" => Label::High,
        "moderate" | "medium" => Label::Medium,
        "low" => Label::Low,
        _ => Label::NotGiven,
    }
}

/// A flag is an element: `<reboot_suggested/>`, or with `True`, `1` inside.
fn has(element: &Element, flag: &str) -> bool {
    let own = element.first(flag).map(|flag| flag.text().to_ascii_lowercase());
    own.is_some_and(|text| !matches!(text.as_str(), "false" | "0" | "no"))
}

/// `name:stream`, the part that hosts have too.
fn module(collection: &Element) -> String {
    collection.first("module").map_or_else(String::new, |module| {
        format!("{}:{}", module.attribute("name"), module.attribute("stream"))
    })
}

/// One package's new version, for some architectures.
struct Bound<'a> {
    name: &'a str,
    /// Empty: for all of them.
    arch: &'a str,
    version: String,
}

/// Returns the bounds of a collection: one per package where all architectures have one version.
fn bounds<'a>(packages: &[&'a Element]) -> Result<Vec<Bound<'a>>, String> {
    let mut by_name: BTreeMap<&str, BTreeSet<(&str, String)>> = BTreeMap::new();
    for package in packages {
        let (name, arch) = (package.attribute("name").trim(), package.attribute("arch"));
        if matches!(arch, "src" | "nosrc") {
            // Source packages are not installed.
            continue;
        }
        let arch = if arch == "noarch" { "" } else { arch };
        by_name.entry(name).or_default().insert((arch, version(package)?));
    }
    let mut bounds = Vec::new();
    for (name, versions) in by_name {
        let first = versions.first().map(|(_, version)| version.clone());
        let is_one = versions.iter().all(|(_, version)| Some(version) == first.as_ref());
        if let Some(version) = first.filter(|_| is_one) {
            bounds.push(Bound { name, arch: "", version });
            continue;
        }
        bounds.extend(versions.into_iter().map(|(arch, version)| Bound { name, arch, version }));
    }
    Ok(bounds)
}

/// `epoch:version-release`; a missing epoch is 0 and not written.
fn version(package: &Element) -> Result<String, String> {
    let part = |name: &str| package.attribute(name).trim();
    let (name, version, release) = (part("name"), part("version"), part("release"));
    if ![name, version, release].into_iter().all(lines::is_name) {
        return Err("a package has no name, version and release".to_owned());
    }
    match part("epoch") {
        "" | "0" | "(none)" => Ok(format!("{version}-{release}")),
        epoch if epoch.bytes().all(|b| b.is_ascii_digit()) => {
            Ok(format!("{epoch}:{version}-{release}"))
        }
        _ => Err("a package's epoch is no number".to_owned()),
    }
}

impl Bound<'_> {
    fn rows(
        &self,
        advisory: &Advisory,
        stream: &str,
        module: &str,
        is_retracted: bool,
    ) -> Vec<Row> {
        let row = |cve| Row {
            advisory: advisory.id.clone(),
            cve,
            stream: stream.to_owned(),
            package: self.name.to_owned(),
            module: module.to_owned(),
            arch: self.arch.to_owned(),
            from: String::new(),
            until: Until::Fixed(self.version.clone()),
            state: RowState::Affected,
            channel: stream::channel(stream).to_owned(),
            is_foreign: false,
        };
        if is_retracted {
            // Against the very version, and no longer a fix of anything.
            let until = Until::Last(self.version.clone());
            return vec![Row { from: self.version.clone(), until, ..row(None) }];
        }
        if advisory.cves.is_empty() {
            return vec![row(None)];
        }
        advisory.cves.iter().map(|cve| row(Some(*cve))).collect()
    }
}

#[cfg(test)]
mod tests;
