//! Debian's lists of security advisories (`data/DSA/list`, `data/DLA/list` of the security tracker):
//! which version of which source fixes which CVEs, per release. The lists name fixes only; what is open
//! stands in the tracker.

use crate::dates;
use crate::limits::{Limits, Refused};
use crate::lines;
use crate::release;
use model::advisory::{Advisory, AdvisoryKind, Extent, Feed, Label, Row, RowSet, RowState, Until};
use model::cve::CveId;

const WHAT: &str = "list of Debian advisories";

/// Reads one list. Lines of an entry are indented with a tab or with blanks; entries without CVEs
/// (regression updates) and without versions (notices) are normal.
///
/// # Errors
/// There is no entry at all, or more than the limits allow.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<RowSet, Refused> {
    let text = lines::text(bytes, WHAT, limits)?;
    let mut reader = Reader {
        set: RowSet::new(Feed::DebianList, "debian-list", Extent::Whole),
        limits,
        entry: None,
    };
    for (at, line) in text.lines().enumerate() {
        reader.line(at + 1, line)?;
    }
    reader.finish_entry();
    let mut set = reader.set;
    let Some(first) = set.advisories.first() else {
        return Err(Refused::form(WHAT, "it has no entry"));
    };
    set.source = format!("debian-list/{}", if first.id.starts_with("DLA") { "DLA" } else { "DSA" });
    set.content_at = set.advisories.iter().filter_map(|advisory| advisory.published_at).max();
    Ok(set)
}

struct Reader<'a> {
    set: RowSet,
    limits: &'a Limits,
    entry: Option<Entry>,
}

/// An entry whose lines are being read. What is wrong with one of them spoils the whole entry: half an
/// advisory would make hosts look clean.
struct Entry {
    advisory: Advisory,
    /// Where it begins in `RowSet::rows`.
    rows_from: usize,
    fault: Option<String>,
}

impl Reader<'_> {
    fn line(&mut self, number: usize, line: &str) -> Result<(), Refused> {
        let is_indented = line.starts_with([' ', '\t']);
        let text = line.trim();
        if text.is_empty() {
            return Ok(());
        }
        if !is_indented {
            self.finish_entry();
            self.set.entries += 1;
            match header(text) {
                Some(advisory) => {
                    let rows_from = self.set.rows.len();
                    self.entry = Some(Entry { advisory, rows_from, fault: None });
                }
                None => self.set.reject(&format!("line {number}"), "it begins no advisory"),
            }
            return Ok(());
        }
        // Lines below a rejected header went with it.
        let Some(entry) = &mut self.entry else { return Ok(()) };
        let outcome = if let Some(list) = text.strip_prefix('{') {
            cves(list, &mut entry.advisory)
        } else if text.starts_with('[') {
            match fix(text) {
                Ok(fix) => {
                    let rows = rows(&entry.advisory, &fix);
                    self.limits.room_for_rows(self.set.rows.len(), rows.len())?;
                    self.set.rows.extend(rows);
                    Ok(())
                }
                Err(reason) => Err(reason),
            }
        } else if is_remark(text) {
            Ok(())
        } else {
            Err("it is no list of CVEs, no version and no note".to_owned())
        };
        if let Err(reason) = outcome {
            entry.fault.get_or_insert(format!("line {number}: {reason}"));
        }
        Ok(())
    }

    fn finish_entry(&mut self) {
        let Some(entry) = self.entry.take() else { return };
        match entry.fault {
            None => self.set.advisories.push(entry.advisory),
            Some(reason) => {
                self.set.rows.truncate(entry.rows_from);
                self.set.reject(&entry.advisory.id, &reason);
            }
        }
    }
}

/// Reads `[29 Mar 2023] DSA-5380-1 xorg-server - security update`.
fn header(text: &str) -> Option<Advisory> {
    let (day, rest) = text.strip_prefix('[')?.split_once(']')?;
    let rest = rest.trim();
    let (id, title) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let number = id.strip_prefix("DSA-").or_else(|| id.strip_prefix("DLA-"))?;
    if !number.bytes().all(|b| b.is_ascii_digit() || b == b'-') || number.is_empty() {
        return None;
    }
    let title = title.trim();
    let is_end = ["end-of-life", "end of life"].iter().any(|words| title.contains(words));
    Some(Advisory {
        id: id.to_owned(),
        kind: if is_end { AdvisoryKind::EndOfLife } else { AdvisoryKind::Security },
        published_at: Some(dates::named_day(day)?),
        modified_at: None,
        withdrawn_at: None,
        label: Label::NotGiven,
        title: title.to_owned(),
        cves: Vec::new(),
        urls: vec![format!("https://security-tracker.debian.org/tracker/{id}")],
        needs_reboot: false,
    })
}

/// `NOTE: ...` and its like: text for people.
fn is_remark(text: &str) -> bool {
    let word = text.split_once(':').map_or("", |(word, _)| word);
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_uppercase())
}

/// Reads `CVE-2022-0001 CVE-2022-0002}`.
fn cves(list: &str, advisory: &mut Advisory) -> Result<(), String> {
    let list = list.strip_suffix('}').ok_or("the list of CVEs has no end")?;
    for word in list.split_ascii_whitespace() {
        let cve: CveId = word.parse().map_err(|e| format!("{e}"))?;
        advisory.cves.push(cve);
    }
    Ok(())
}

/// One version line of an entry.
struct Fix<'a> {
    stream: String,
    package: &'a str,
    until: Until,
    state: RowState,
}

/// Reads `[bullseye] - xorg-server 2:1.20.11-1+deb11u6`. Behind a word in angle brackets follows why.
fn fix(text: &str) -> Result<Fix<'_>, String> {
    let shape = "a version line looks like `[bookworm] - source version`";
    let (codename, rest) = text[1..].split_once(']').ok_or(shape)?;
    let stream = release::of_codename(codename.trim())
        .ok_or_else(|| format!("release `{}` is not known", shown(codename)))?;
    let rest = rest.trim_start().strip_prefix('-').ok_or(shape)?;
    let mut words = rest.split_ascii_whitespace();
    let (Some(package), Some(version)) = (words.next(), words.next()) else {
        return Err(shape.to_owned());
    };
    if !lines::is_name(package) || !lines::is_name(version) {
        return Err(shape.to_owned());
    }
    let (until, state) = match version {
        "<not-affected>" => (Until::Open, RowState::NotAffected),
        "<unfixed>" | "<removed>" => (Until::Open, RowState::Affected),
        "<end-of-life>" => (Until::Open, RowState::EndOfLife),
        "<no-dsa>" | "<postponed>" => (Until::Open, RowState::Deferred),
        "<ignored>" => (Until::Open, RowState::WillNotFix),
        "<undetermined>" => (Until::Open, RowState::UnderInvestigation),
        word if word.starts_with('<') => return Err(format!("`{}` is no version", shown(word))),
        // Old entries have bugs and urgencies in brackets behind the version.
        version if words.next().is_none_or(|word| word.starts_with('(')) => {
            (Until::Fixed(version.to_owned()), RowState::Affected)
        }
        _ => return Err(shape.to_owned()),
    };
    Ok(Fix { stream: stream.to_owned(), package, until, state })
}

/// An entry without CVEs is an exposure under its own name.
fn rows(advisory: &Advisory, fix: &Fix<'_>) -> Vec<Row> {
    let row = |cve| Row {
        advisory: advisory.id.clone(),
        cve,
        stream: fix.stream.clone(),
        package: fix.package.to_owned(),
        module: String::new(),
        arch: String::new(),
        from: String::new(),
        until: fix.until.clone(),
        state: fix.state,
        channel: String::new(),
        is_foreign: false,
    };
    if advisory.cves.is_empty() {
        return vec![row(None)];
    }
    advisory.cves.iter().map(|cve| row(Some(*cve))).collect()
}

/// A hostile word is not repeated at length.
fn shown(word: &str) -> String {
    word.chars().take(40).collect()
}

#[cfg(test)]
mod tests;
