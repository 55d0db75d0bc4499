//! Debian control data (`deb822(5)`): paragraphs of `Field: value`. Reads dpkg's status file into the
//! product's own package list, and `Packages` indexes into what the archive offers. One pass; values
//! are borrowed until a package is kept.

use crate::limits::{Limits, Refused};
use crate::lines;
use model::advisory::{Advisory, AdvisoryKind, Label, REJECTS_KEPT_MAX, Reject, Row};
use model::advisory::{RowState, Until};
use model::package::Package;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// What a file listed, and what of it could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    pub items: Vec<T>,
    /// Paragraphs that were looked at, rejected ones included.
    pub entries: u64,
    pub rejects_total: u64,
    /// The first `REJECTS_KEPT_MAX` of them.
    pub rejects: Vec<Reject>,
}

/// One binary package that an archive offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binary {
    pub name: String,
    pub version: String,
    pub arch: String,
    pub source: String,
    pub source_version: String,
    /// Path below the archive's root, or empty.
    pub filename: String,
    /// Lower-case hexadecimal, or empty.
    pub sha256: String,
    pub size_bytes: u64,
    /// Percentage of hosts that are offered it; `Some(0)` says that it was taken back.
    pub phased_percent: Option<u8>,
}

impl Binary {
    /// Returns whether the file states a source version of its own, as rebuilds and packages of another
    /// lineage do.
    pub fn has_own_version(&self) -> bool {
        self.version != self.source_version
    }
}

/// One paragraph: its fields in their order.
#[derive(Debug, Clone, Copy)]
pub struct Paragraph<'a> {
    text: &'a str,
    /// Line of the file, from 1.
    pub line: usize,
}

impl<'a> Paragraph<'a> {
    /// Returns name and first line of every field. Continuation lines belong to the field before.
    pub fn fields(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        self.text
            .split('\n')
            .filter(|line| !line.starts_with([' ', '\t', '#']))
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name, value.trim()))
    }

    /// Returns the first line of a field; names are compared without case. A field that is written
    /// twice counts once, the first time.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.fields().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// Returns the paragraphs of a file. Lines of nothing but blanks end one.
pub fn paragraphs(text: &str) -> impl Iterator<Item = Paragraph<'_>> {
    let mut rest = text;
    let mut line = 1;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let begin = (rest, line);
            let mut len = 0;
            for own in rest.split_inclusive('\n') {
                line += 1;
                if own.trim_ascii().is_empty() {
                    rest = &rest[len + own.len()..];
                    break;
                }
                len += own.len();
                if len == rest.len() {
                    rest = "";
                }
            }
            if len > 0 {
                return Some(Paragraph { text: &begin.0[..len], line: begin.1 });
            }
        }
        None
    })
}

/// Reads dpkg's status file (`/var/lib/dpkg/status`) or its parts. Packages of which nothing is left
/// are passed over.
///
/// # Errors
/// The file holds no package, or more than the limits allow.
pub fn status(bytes: &[u8], limits: &Limits) -> Result<Listed<Package>, Refused> {
    listed(bytes, limits, "dpkg status file", installed)
}

/// Reads a `Packages` index as an archive serves it, unpacked.
///
/// # Errors
/// The file holds no package, or more than the limits allow.
pub fn packages(bytes: &[u8], limits: &Limits) -> Result<Listed<Binary>, Refused> {
    listed(bytes, limits, "Packages index", offered)
}

/// Returns one pseudo-advisory `origin:LABEL` with a row per source package whose newest version in a
/// security archive no CVE row explains: a security update without a published reason is one still.
/// `index` is one security archive's; `known` are the rows that other feeds have for the stream.
pub fn by_label(
    index: &[Binary],
    label: &str,
    stream: &str,
    known: &[Row],
) -> (Advisory, Vec<Row>) {
    let mut newest: BTreeMap<&str, &str> = BTreeMap::new();
    for binary in index {
        let version = newest.entry(&binary.source).or_insert(&binary.source_version);
        if decide::version::compare(&binary.source_version, version) == Ordering::Greater {
            *version = &binary.source_version;
        }
    }
    let explained = known
        .iter()
        .filter(|row| row.stream == stream && row.cve.is_some())
        .filter_map(|row| match &row.until {
            Until::Fixed(version) => Some((row.package.as_str(), version.as_str())),
            Until::Open | Until::Last(_) => None,
        })
        .collect::<std::collections::BTreeSet<_>>();
    let advisory = label_advisory(label);
    let rows = newest
        .into_iter()
        .filter(|(source, version)| !explained.contains(&(*source, *version)))
        .map(|(source, version)| Row {
            advisory: advisory.id.clone(),
            cve: None,
            stream: stream.to_owned(),
            package: source.to_owned(),
            module: String::new(),
            arch: String::new(),
            from: String::new(),
            until: Until::Fixed(version.to_owned()),
            state: RowState::Affected,
            channel: String::new(),
            is_foreign: false,
        })
        .collect();
    (advisory, rows)
}

fn label_advisory(label: &str) -> Advisory {
    Advisory {
        id: format!("origin:{label}"),
        kind: AdvisoryKind::Security,
        published_at: None,
        modified_at: None,
        withdrawn_at: None,
        label: Label::NotGiven,
        title: format!("offered by {label}; no CVE is named"),
        cves: Vec::new(),
        urls: Vec::new(),
        needs_reboot: false,
    }
}

/// Why a paragraph is not in the list: it cannot be used, or it says that there is nothing.
enum Left {
    Nothing,
    Reject(&'static str),
}

fn listed<T>(
    bytes: &[u8],
    limits: &Limits,
    what: &'static str,
    read: fn(&Paragraph<'_>) -> Result<T, Left>,
) -> Result<Listed<T>, Refused> {
    let text = lines::text(bytes, what, limits)?;
    let mut list = Listed { items: Vec::new(), entries: 0, rejects_total: 0, rejects: Vec::new() };
    for paragraph in paragraphs(&text) {
        list.entries += 1;
        match read(&paragraph) {
            Ok(item) => {
                limits.room_for_row(list.items.len())?;
                list.items.push(item);
            }
            Err(Left::Nothing) => {}
            Err(Left::Reject(reason)) => {
                list.rejects_total += 1;
                if list.rejects.len() < REJECTS_KEPT_MAX {
                    let pointer = format!("line {}", paragraph.line);
                    list.rejects.push(Reject::new(&pointer, reason));
                }
            }
        }
    }
    if list.items.is_empty() {
        return Err(Refused::form(what, "it lists no package"));
    }
    Ok(list)
}

/// The fields that both kinds of file have.
#[derive(Default)]
struct Common<'a> {
    name: &'a str,
    version: &'a str,
    arch: &'a str,
    source: &'a str,
    status: &'a str,
    filename: &'a str,
    sha256: &'a str,
    size: &'a str,
    phased: &'a str,
}

impl<'a> Common<'a> {
    /// One pass over the paragraph: `get` for each field would be nine.
    fn of(paragraph: &Paragraph<'a>) -> Self {
        let mut own = Self::default();
        for (name, value) in paragraph.fields() {
            let slot = match name {
                "Package" => &mut own.name,
                "Version" => &mut own.version,
                "Architecture" => &mut own.arch,
                "Source" => &mut own.source,
                "Status" => &mut own.status,
                "Filename" => &mut own.filename,
                "SHA256" => &mut own.sha256,
                "Size" => &mut own.size,
                "Phased-Update-Percentage" => &mut own.phased,
                _ => continue,
            };
            if slot.is_empty() {
                *slot = value;
            }
        }
        own
    }

    /// Returns the source's name and version: the only right way from a binary package to the version
    /// that advisories speak of.
    fn source(&self) -> Result<(&'a str, &'a str), Left> {
        let (name, version) = match self.source.split_once('(') {
            Some((name, rest)) => {
                let rest = rest.trim_end();
                let version = rest.strip_suffix(')').unwrap_or(rest).trim();
                (name.trim(), version)
            }
            None => (self.source, self.version),
        };
        let name = if name.is_empty() { self.name } else { name };
        if !is_word(name) || !is_word(version) {
            return Err(Left::Reject("its Source field is no name and version"));
        }
        Ok((name, version))
    }
}

/// Names and versions have no blanks or brackets inside; more is checked by who compares them.
fn is_word(text: &str) -> bool {
    lines::is_name(text) && !text.contains(['(', ')'])
}

fn installed(paragraph: &Paragraph<'_>) -> Result<Package, Left> {
    let own = Common::of(paragraph);
    if own.name.is_empty() {
        return Err(Left::Reject("it has no Package field"));
    }
    let Some(state) = letters(own.status) else {
        return Err(Left::Reject("its Status field is not three known words"));
    };
    if own.version.is_empty() && state.ends_with('n') {
        return Err(Left::Nothing);
    }
    if !is_word(own.name) || !is_word(own.version) {
        return Err(Left::Reject("it has no name and version"));
    }
    let (source, source_version) = own.source()?;
    Ok(Package {
        name: own.name.to_owned(),
        arch: own.arch.to_owned(),
        version: own.version.to_owned(),
        state,
        source: source.to_owned(),
        source_version: source_version.to_owned(),
        origin: None,
    })
}

/// Returns dpkg's abbreviation of a status: wanted, state, and the error letter when there is one.
fn letters(status: &str) -> Option<String> {
    let mut words = status.split_ascii_whitespace();
    let wanted = match words.next()? {
        "unknown" => 'u',
        "install" => 'i',
        "hold" => 'h',
        "deinstall" => 'r',
        "purge" => 'p',
        _ => return None,
    };
    let error = match words.next()? {
        "ok" => None,
        "reinstreq" => Some('R'),
        _ => return None,
    };
    let state = match words.next()? {
        "not-installed" => 'n',
        "config-files" => 'c',
        "half-installed" => 'H',
        "unpacked" => 'U',
        "half-configured" => 'F',
        "triggers-awaited" => 'W',
        "triggers-pending" => 't',
        "installed" => 'i',
        _ => return None,
    };
    words.next().is_none().then(|| [wanted, state].into_iter().chain(error).collect())
}

fn offered(paragraph: &Paragraph<'_>) -> Result<Binary, Left> {
    let own = Common::of(paragraph);
    if !is_word(own.name) || !is_word(own.version) {
        return Err(Left::Reject("it has no name and version"));
    }
    let (source, source_version) = own.source()?;
    let phased_percent = match own.phased {
        "" => None,
        text => match text.parse() {
            Ok(percent) if percent <= 100 => Some(percent),
            Ok(_) | Err(_) => return Err(Left::Reject("its phased percentage is none")),
        },
    };
    let is_digest = own.sha256.len() == 64 && own.sha256.bytes().all(|b| b.is_ascii_hexdigit());
    if !own.sha256.is_empty() && !is_digest {
        return Err(Left::Reject("its SHA256 is no digest"));
    }
    let size_bytes = match own.size {
        "" => 0,
        text => text.parse().map_err(|_| Left::Reject("its Size is no number"))?,
    };
    Ok(Binary {
        name: own.name.to_owned(),
        version: own.version.to_owned(),
        arch: own.arch.to_owned(),
        source: source.to_owned(),
        source_version: source_version.to_owned(),
        filename: own.filename.to_owned(),
        sha256: own.sha256.to_ascii_lowercase(),
        size_bytes,
        phased_percent,
    })
}

#[cfg(test)]
mod tests;
