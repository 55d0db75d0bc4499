//! Debian's security tracker, JSON: per source package and CVE, where each release stands. It has no time
//! inside.

use crate::json::{self, Members, Text};
use crate::limits::{Limits, Refused};
use crate::lines;
use crate::release;
use decide::scheme::Scheme;
use model::advisory::{Advisory, AdvisoryKind, Extent, Feed, Label, Row, RowSet, RowState, Until};
use model::cve::{CveId, CveStatement};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Unexpected, Visitor};
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

const WHAT: &str = "Debian tracker file";

#[derive(Deserialize)]
struct Issue<'a> {
    #[serde(borrow, default)]
    description: Option<Text<'a>>,
    #[serde(borrow)]
    releases: Releases<'a>,
}

/// An object of releases by codename, or `[]` where there is none.
struct Releases<'a>(Vec<(Text<'a>, Standing<'a>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Releases<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Vec<(Text<'de>, Standing<'de>)>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of releases")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut releases = Vec::new();
                while let Some(release) = map.next_entry()? {
                    releases.push(release);
                }
                Ok(releases)
            }
            // PHP's and Python's habit: an empty object is an empty list.
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                match list.next_element::<serde::de::IgnoredAny>()? {
                    None => Ok(Vec::new()),
                    Some(_) => Err(serde::de::Error::invalid_type(Unexpected::Seq, &self)),
                }
            }
        }
        deserializer.deserialize_any(Reader).map(Releases)
    }
}

#[derive(Deserialize)]
struct Standing<'a> {
    #[serde(borrow)]
    status: Text<'a>,
    #[serde(borrow, default)]
    fixed_version: Option<Text<'a>>,
    #[serde(borrow, default)]
    urgency: Option<Text<'a>>,
    #[serde(borrow, default)]
    nodsa_reason: Option<Text<'a>>,
}

/// Reads the tracker's file. An entry is a CVE of a source.
///
/// # Errors
/// It is no such file, or exceeds a limit.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<RowSet, Refused> {
    let Members(sources) = limits.json(bytes, WHAT)?;
    let set = RowSet::new(Feed::DebianTracker, "debian-tracker", Extent::Whole);
    let mut reader = Reader { limits, set, advisories: BTreeMap::new(), unknown: BTreeSet::new() };
    for (source, raw) in sources {
        match json::entry::<Members<'_>>(raw) {
            Ok(Members(issues)) => {
                for (id, raw) in issues {
                    reader.issue(&source, &id, raw)?;
                }
            }
            Err(reason) => {
                reader.set.entries += 1;
                reader.set.reject(&source, &reason);
            }
        }
    }
    Ok(reader.finish())
}

struct Reader<'a> {
    limits: &'a Limits,
    set: RowSet,
    advisories: BTreeMap<String, Advisory>,
    /// Codenames that are in no table, each counted once: all rows of a new release are one thing to repair.
    unknown: BTreeSet<String>,
}

impl Reader<'_> {
    fn issue(&mut self, source: &str, id: &str, raw: &RawValue) -> Result<(), Refused> {
        self.set.entries += 1;
        match self.rows(source, id, raw) {
            Ok(mut read) => {
                self.limits.room_for_rows(self.set.rows.len(), read.rows.len())?;
                self.set.rows.append(&mut read.rows);
                let advisory =
                    self.advisories.entry(id.to_owned()).or_insert_with(|| advisory(id, &read));
                advisory.label = advisory.label.max(read.label);
                if advisory.title.is_empty() {
                    advisory.title = read.title;
                }
            }
            Err(reason) => self.set.reject(&format!("{source}/{id}"), &reason),
        }
        Ok(())
    }

    fn rows(&mut self, source: &str, id: &str, raw: &RawValue) -> Result<Read, String> {
        if !lines::is_name(source) || !lines::is_name(id) {
            return Err("its source or its id is no name".to_owned());
        }
        let cve = cve_of(id)?;
        let issue: Issue<'_> = json::entry(raw)?;
        let title = issue.description.map_or_else(String::new, |text| json::one_line(&text.0));
        let mut read = Read { cve, title, label: Label::NotGiven, rows: Vec::new() };
        for (codename, standing) in issue.releases.0 {
            let codename = codename.as_str();
            if release::is_unreleased(codename) {
                continue;
            }
            let Some(stream) = release::of_codename(codename) else {
                if self.unknown.insert(codename.to_owned()) {
                    self.set.entries += 1;
                    self.set.reject(codename, "this release is not known here");
                }
                continue;
            };
            let urgency = standing.urgency.as_ref().map_or("", |text| text.as_str());
            let urgency = urgency.trim_end_matches('*');
            read.label = read.label.max(label(urgency));
            let (until, state) = verdict(&standing, urgency)?;
            let is_foreign = matches!(&until, Until::Fixed(version) if is_foreign(version));
            read.rows.push(Row {
                advisory: id.to_owned(),
                cve,
                stream,
                package: source.to_owned(),
                module: String::new(),
                arch: String::new(),
                from: String::new(),
                until,
                state,
                channel: String::new(),
                is_foreign,
            });
        }
        Ok(read)
    }

    fn finish(mut self) -> RowSet {
        for advisory in self.advisories.values() {
            if let [cve] = advisory.cves.as_slice() {
                let mut statement = CveStatement::of(*cve);
                statement.title.clone_from(&advisory.title);
                self.set.cves.push(statement);
            }
        }
        self.set.advisories = self.advisories.into_values().collect();
        self.set
    }
}

/// What one entry brings.
struct Read {
    cve: Option<CveId>,
    title: String,
    label: Label,
    rows: Vec<Row>,
}

/// `TEMP-0000000-123456` stands for a hole without a CVE.
fn cve_of(id: &str) -> Result<Option<CveId>, String> {
    if id.starts_with("TEMP-") {
        return Ok(None);
    }
    id.parse().map(Some).map_err(|e: model::cve::ParseCveError| e.to_string())
}

fn verdict(standing: &Standing<'_>, urgency: &str) -> Result<(Until, RowState), String> {
    let put_off = standing.nodsa_reason.as_ref().map_or("", |text| text.as_str());
    match standing.status.as_str() {
        "resolved" => match standing.fixed_version.as_ref().map(Text::as_str) {
            // It never had the hole.
            Some("0") => Ok((Until::Open, RowState::NotAffected)),
            Some(version) => {
                Scheme::Dpkg.key(version).map_err(|e| e.to_string())?;
                Ok((Until::Fixed(version.to_owned()), RowState::Affected))
            }
            None => Err("it is resolved without a version".to_owned()),
        },
        "open" if urgency == "end-of-life" => Ok((Until::Open, RowState::EndOfLife)),
        "open" if matches!(put_off, "postponed" | "ignored") => {
            Ok((Until::Open, RowState::Deferred))
        }
        "open" => Ok((Until::Open, RowState::Affected)),
        "undetermined" => Ok((Until::Open, RowState::UnderInvestigation)),
        other => Err(format!("its status `{other}` is not known")),
    }
}

/// The tracker copies unstable's version to releases that came after it. Only a build of the release itself
/// says so: `+deb12u1`, `~deb12u1`.
fn is_foreign(version: &str) -> bool {
    !version.contains("+deb") && !version.contains("~deb")
}

fn label(urgency: &str) -> Label {
    match urgency {
        "unimportant" => Label::Negligible,
        "low" => Label::Low,
        "medium" => Label::Medium,
        "high" => Label::High,
        _ => Label::NotGiven,
    }
}

fn advisory(id: &str, read: &Read) -> Advisory {
    Advisory {
        id: id.to_owned(),
        kind: AdvisoryKind::Security,
        published_at: None,
        modified_at: None,
        withdrawn_at: None,
        label: Label::NotGiven,
        title: String::new(),
        cves: read.cve.into_iter().collect(),
        urls: vec![format!("https://security-tracker.debian.org/tracker/{id}")],
        needs_reboot: false,
    }
}

#[cfg(test)]
mod tests;
