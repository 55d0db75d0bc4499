//! Reads entries: `deb-changelog(5)` text, and the same as a JSON list.

use super::{Entries, Entry};
use crate::dates;
use crate::limits::{Limits, Refused};
use crate::lines;
use model::cve::CveId;
use serde::Deserialize;
use serde_json::value::RawValue;

/// What of a JSON entry is read; others are ignored.
#[derive(Deserialize)]
struct JsonEntry {
    source: String,
    version: String,
    dist: String,
    /// Entries of the nineties have none.
    date: Option<String>,
    cves: Vec<String>,
}

/// Reads a list of `{source, version, dist, date, cves}`. One bad entry spoils one entry.
///
/// # Errors
/// The bytes are no JSON list, or exceed a limit.
pub fn json_entries(bytes: &[u8], limits: &Limits) -> Result<Entries, Refused> {
    let raw: Vec<&RawValue> = limits.json(bytes, "list of changelog entries")?;
    let mut read = Entries::default();
    for (at, raw) in raw.into_iter().enumerate() {
        limits.room_for_row(read.entries.len())?;
        match serde_json::from_str::<JsonEntry>(raw.get()) {
            Ok(own) => match own.into_entry() {
                Ok(entry) => read.entries.push(entry),
                Err(reason) => read.reject(&format!("/{at}"), &reason),
            },
            Err(e) => read.reject(&format!("/{at}"), &e.to_string()),
        }
    }
    Ok(read)
}

impl JsonEntry {
    fn into_entry(self) -> Result<Entry, String> {
        if !is_source(&self.source) || !lines::is_name(&self.version) {
            return Err("it has no source and version".to_owned());
        }
        let mut cves = Vec::with_capacity(self.cves.len());
        for text in &self.cves {
            cves.push(text.parse().map_err(|e: model::cve::ParseCveError| e.to_string())?);
        }
        Ok(Entry {
            source: self.source,
            version: self.version,
            distribution: self.dist,
            at: self.date.as_deref().and_then(dates::mail),
            cves: each_once(cves),
        })
    }
}

/// Reads a changelog's text: a line `source (version) distributions; urgency=...`, indented lines, and
/// ` -- Name <address>  date`. CVEs are what looks like one in the indented lines.
///
/// # Errors
/// There are more entries than the limits allow.
pub fn entries(bytes: &[u8], limits: &Limits) -> Result<Entries, Refused> {
    let text = lines::text(bytes, "changelog", limits)?;
    let mut read = Entries::default();
    let mut open: Option<Entry> = None;
    for (at, line) in text.lines().enumerate() {
        if line.starts_with(" -- ") {
            if let Some(mut entry) = open.take() {
                // Two blanks stand before the date.
                entry.at = line.rsplit_once("  ").and_then(|(_, date)| dates::mail(date));
                finish(&mut read, entry, limits)?;
            }
        } else if line.starts_with([' ', '\t']) {
            if let Some(entry) = &mut open {
                named(line, &mut entry.cves);
            }
        } else if !is_passed_over(line) {
            // Old changelogs end entries without a trailer, and end in free text.
            if let Some(entry) = open.take() {
                finish(&mut read, entry, limits)?;
            }
            match header(line) {
                Some(entry) => open = Some(entry),
                None => read.reject(&format!("line {}", at + 1), "it begins no entry"),
            }
        }
    }
    if let Some(entry) = open {
        finish(&mut read, entry, limits)?;
    }
    Ok(read)
}

fn finish(read: &mut Entries, mut entry: Entry, limits: &Limits) -> Result<(), Refused> {
    limits.room_for_row(read.entries.len())?;
    entry.cves = each_once(entry.cves);
    read.entries.push(entry);
    Ok(())
}

/// Empty lines, editors' settings and comments.
fn is_passed_over(line: &str) -> bool {
    line.trim().is_empty()
        || line.starts_with(['#', ';', '$'])
        || line.starts_with("/*")
        || line.starts_with("vim:")
        || line.starts_with("Local variables:")
        || line.starts_with("End:")
        || line.starts_with("mode:")
        || line.starts_with("add-log-mailing-address:")
}

/// `bash (5.2.15-2) unstable; urgency=medium`.
fn header(line: &str) -> Option<Entry> {
    let (source, rest) = line.split_once(" (")?;
    let (version, rest) = rest.split_once(')')?;
    let (distribution, _) = rest.split_once(';')?;
    (is_source(source) && lines::is_name(version)).then(|| Entry {
        source: source.to_owned(),
        version: version.to_owned(),
        distribution: distribution.trim().to_owned(),
        at: None,
        cves: Vec::new(),
    })
}

fn is_source(name: &str) -> bool {
    let is_part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
    !name.is_empty() && name.bytes().all(is_part)
}

/// Adds what looks like a CVE in `line`. Longer words that hold one (`xCVE-2024-3094`) are none.
fn named(line: &str, cves: &mut Vec<CveId>) {
    let mut rest = line;
    while let Some(at) = rest.find("CVE-") {
        let is_apart = !rest[..at].ends_with(|c: char| c.is_alphanumeric());
        let word = &rest[at..];
        let tail = &word["CVE-".len()..];
        let len = tail.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(tail.len());
        let id = tail[..len].trim_end_matches('-');
        let id = &word[.."CVE-".len() + id.len()];
        if is_apart {
            cves.extend(id.parse::<CveId>());
        }
        rest = &tail[len..];
    }
}

fn each_once(mut cves: Vec<CveId>) -> Vec<CveId> {
    cves.sort_unstable();
    cves.dedup();
    cves
}
