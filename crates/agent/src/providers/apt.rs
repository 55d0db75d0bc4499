//! What dpkg-query and apt-cache print, read back. Pure; one bad entry spoils one entry.

use model::Digest;
use model::package::{Origin, Package};
use model::problem::{Problem, Severity};
use std::collections::BTreeMap;

/// Fields of one dpkg-query line, in the order in which [`installed`] reads them.
pub const INSTALLED_FORMAT: &str = "${Package}\\t${Architecture}\\t${Version}\\t\
    ${db:Status-Abbrev}\\t${source:Package}\\t${source:Version}\\t${Provides}\\t${Pre-Depends}\\t\
    ${Depends}\\n";
/// Packages read at most: ten times what a big workstation has.
const PACKAGES_MAX: usize = 50_000;
/// Bytes of a name or version at most; dpkg's own database holds nothing near it.
const WORD_BYTES_MAX: usize = 512;
/// Bad entries that are reported one by one before only their number is.
const PROBLEMS_MAX: usize = 20;
/// Origins whose `-security` suites are the distribution's own.
const DISTRIBUTIONS: [&str; 6] =
    ["Debian", "Ubuntu", "UbuntuESM", "UbuntuESMApps", "Raspbian", "Devuan"];

/// An installed package with what decides which others it gets along with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    pub package: Package,
    /// The `Provides` field.
    pub provides: String,
    /// `Pre-Depends` and `Depends` together.
    pub depends: String,
}

/// A repository's Release file as far as apt keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Release {
    pub label: String,
    pub origin: String,
    pub codename: String,
    /// The `Suite` field; apt calls it archive.
    pub suite: String,
}

/// What apt knows of one package name: which version it would install, and where each comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    pub installed: String,
    pub candidate: String,
    pub versions: Vec<Listed>,
}

/// One version and the repositories that carry it, as apt names them (`URI suite/component arch Packages`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    pub version: String,
    pub repositories: Vec<String>,
}

/// One version's entry in a package list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    pub name: String,
    pub arch: String,
    pub version: String,
    pub source: String,
    /// The source's version: another one than the binary's after a rebuild (`+b13`), and for binaries
    /// with a version of their own.
    pub source_version: String,
    pub provides: String,
    /// `Pre-Depends` and `Depends` together.
    pub depends: String,
    /// `Breaks` and `Conflicts` together.
    pub breaks: String,
    /// Digest, size and path below the repository's base; `None` when the list does not name all three.
    pub file: Option<(Digest, u64, String)>,
}

impl Release {
    /// Returns the repository `key` of apt's output as people know it.
    pub fn origin_of(&self, key: &str) -> Origin {
        let mut words = key.split(' ');
        let site = words.next().unwrap_or_default().trim_end_matches('/');
        let place = words.next().unwrap_or_default();
        let suite = [self.codename.as_str(), &self.suite, place.split('/').next().unwrap_or(place)]
            .into_iter()
            .find(|name| !name.is_empty())
            .unwrap_or_default();
        Origin {
            label: self.label.clone(),
            origin: self.origin.clone(),
            suite: suite.to_owned(),
            site: site.to_owned(),
        }
    }

    /// Returns whether this is the distribution's security channel. Ubuntu names it only in `Suite`.
    pub fn is_security(&self) -> bool {
        DISTRIBUTIONS.contains(&self.origin.as_str())
            && (self.label == "Debian-Security"
                || self.codename.ends_with("-security")
                || self.suite.ends_with("-security"))
    }
}

impl Policy {
    /// Returns the repositories that carry `version`; empty when only dpkg knows it.
    pub fn repositories(&self, version: &str) -> impl Iterator<Item = &str> {
        self.versions
            .iter()
            .filter(move |listed| listed.version == version)
            .flat_map(|listed| listed.repositories.iter().map(String::as_str))
    }
}

/// Returns whether `name` is a Debian package name: nothing that a tool could take for an option or a pattern.
pub fn is_name(name: &str) -> bool {
    name.len() <= WORD_BYTES_MAX
        && name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+-.".contains(&b))
}

/// Returns whether `version` is one: characters of Debian's grammar only.
pub fn is_version(version: &str) -> bool {
    !version.is_empty()
        && version.len() <= WORD_BYTES_MAX
        && version.bytes().all(|b| b.is_ascii_alphanumeric() || b".+-~:".contains(&b))
}

/// Reads `dpkg-query -W -f` with [`INSTALLED_FORMAT`].
pub fn installed(text: &str) -> (Vec<Installed>, Vec<Problem>) {
    let mut all = Vec::new();
    let mut bad = Vec::new();
    for line in text.lines().take(PACKAGES_MAX) {
        match installed_line(line) {
            Some(one) => all.push(one),
            None => bad.push(line),
        }
    }
    let mut problems = entries_not_understood("dpkg-query", &bad);
    if text.lines().nth(PACKAGES_MAX).is_some() {
        let text = format!("more than {PACKAGES_MAX} packages; the rest is not shown");
        problems.push(Problem::new(Severity::Error, "dpkg-query", &text));
    }
    (all, problems)
}

fn installed_line(line: &str) -> Option<Installed> {
    let fields: Vec<&str> = line.split('\t').collect();
    let [name, arch, version, state, source, source_version, provides, pre_depends, depends] =
        fields[..]
    else {
        return None;
    };
    let state = state.trim();
    // A package that was only ever selected has no version; dpkg-query lists it without `-W` patterns never.
    if !is_name(name) || !(is_version(version) || version.is_empty()) || !state.is_ascii() {
        return None;
    }
    let package = Package {
        name: name.to_owned(),
        arch: arch.to_owned(),
        version: version.to_owned(),
        state: state.to_owned(),
        source: source.to_owned(),
        source_version: source_version.to_owned(),
        origin: None,
    };
    let depends = joined(pre_depends, depends);
    Some(Installed { package, provides: provides.to_owned(), depends })
}

/// Reads `apt-cache policy` without arguments: the repositories, by the text that names them elsewhere.
pub fn releases(text: &str) -> BTreeMap<String, Release> {
    let mut all = BTreeMap::new();
    let mut key = None;
    for line in text.lines().take_while(|line| !line.starts_with("Pinned packages")) {
        let line = line.trim();
        if let Some(fields) = line.strip_prefix("release ") {
            if let Some(key) = key.take() {
                all.insert(key, release(fields));
            }
        } else {
            key = repository(line).map(str::to_owned);
        }
    }
    all
}

fn release(fields: &str) -> Release {
    let mut release = Release::default();
    let mut last = ' ';
    // Values may hold commas (`o=Example, Inc.`): a field begins only at `letter=`.
    for piece in fields.split(',') {
        let mut chars = piece.chars();
        let (letter, value) = match (chars.next(), chars.next()) {
            (Some(letter @ 'a'..='z'), Some('=')) => (letter, chars.as_str().to_owned()),
            _ => (' ', format!(",{piece}")),
        };
        last = if letter == ' ' { last } else { letter };
        match last {
            'l' => release.label.push_str(&value),
            'o' => release.origin.push_str(&value),
            'n' => release.codename.push_str(&value),
            'a' => release.suite.push_str(&value),
            _ => {}
        }
    }
    release
}

/// Returns the repository that a line with a priority names; dpkg's own status file is none.
fn repository(line: &str) -> Option<&str> {
    let (priority, key) = line.split_once(' ')?;
    let key = key.trim_start();
    (priority.parse::<i32>().is_ok() && !key.starts_with('/') && !key.is_empty()).then_some(key)
}

/// Reads `apt-cache policy NAME...`, keyed as apt prints names: `bash`, or `libc6:i386` for a foreign one.
pub fn policies(text: &str) -> BTreeMap<String, Policy> {
    let mut all: BTreeMap<String, Policy> = BTreeMap::new();
    let mut name = "";
    let mut policy = Policy::default();
    for line in text.lines() {
        if !line.starts_with(' ') {
            if is_name(name.split(':').next().unwrap_or_default()) && all.len() < PACKAGES_MAX {
                all.insert(name.to_owned(), std::mem::take(&mut policy));
            }
            name = line.strip_suffix(':').unwrap_or_default();
            policy = Policy::default();
        } else {
            policy_line(&mut policy, line);
        }
    }
    if is_name(name.split(':').next().unwrap_or_default()) {
        all.insert(name.to_owned(), policy);
    }
    all
}

fn policy_line(policy: &mut Policy, line: &str) {
    let version =
        |text: &str| Some(text).filter(|text| is_version(text)).unwrap_or_default().to_owned();
    let text = line.trim();
    if let Some(rest) = line.strip_prefix("  Installed: ") {
        policy.installed = version(rest);
    } else if let Some(rest) = line.strip_prefix("  Candidate: ") {
        policy.candidate = version(rest);
    } else if line.starts_with("        ") {
        if let (Some(listed), Some(key)) = (policy.versions.last_mut(), repository(text)) {
            listed.repositories.push(key.to_owned());
        }
    } else if line.starts_with(" *** ") || line.starts_with("     ") {
        let word = text.trim_start_matches("*** ").split(' ').next().unwrap_or_default();
        if is_version(word) {
            policy.versions.push(Listed { version: word.to_owned(), repositories: Vec::new() });
        }
    }
}

/// Reads `apt-cache show NAME=VERSION...`: entries of package lists, parted by empty lines.
pub fn records(text: &str) -> (Vec<Record>, Vec<Problem>) {
    let mut all = Vec::new();
    let mut bad = Vec::new();
    for stanza in text.split("\n\n").filter(|s| !s.trim().is_empty()).take(PACKAGES_MAX) {
        match record(stanza) {
            Some(one) => all.push(one),
            None => bad.push(stanza.lines().next().unwrap_or_default()),
        }
    }
    (all, entries_not_understood("apt-cache show", &bad))
}

fn record(stanza: &str) -> Option<Record> {
    let mut record = Record::default();
    let (mut sha256, mut size, mut path) = (None, None, None);
    for line in stanza.lines() {
        let Some((field, value)) = line.split_once(':') else { continue };
        let value = value.trim();
        match field {
            "Package" => value.clone_into(&mut record.name),
            "Architecture" => value.clone_into(&mut record.arch),
            "Version" => value.clone_into(&mut record.version),
            "Source" => {
                let (name, version) = source(value);
                name.clone_into(&mut record.source);
                version.clone_into(&mut record.source_version);
            }
            "Provides" => value.clone_into(&mut record.provides),
            "Depends" | "Pre-Depends" => record.depends = joined(&record.depends, value),
            "Breaks" | "Conflicts" => record.breaks = joined(&record.breaks, value),
            "SHA256" => sha256 = value.parse::<Digest>().ok(),
            "Size" => size = value.parse::<u64>().ok(),
            "Filename" => path = Some(value).filter(|path| is_path(path)),
            _ => {}
        }
    }
    if record.source.is_empty() {
        record.name.clone_into(&mut record.source);
    }
    if record.source_version.is_empty() {
        without_rebuild(&record.version).clone_into(&mut record.source_version);
    }
    record.file =
        sha256.zip(size).zip(path).map(|((sha, size), path)| (sha, size, path.to_owned()));
    (is_name(&record.name) && is_version(&record.version)).then_some(record)
}

/// Reads a `Source` field, `name` or `name (version)`: the version is there only where it differs from
/// the binary's. One that is no version is as good as none.
fn source(value: &str) -> (&str, &str) {
    let (name, rest) = value.split_once(' ').unwrap_or((value, ""));
    let version = rest.trim().strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    (name, version.map(str::trim).filter(|version| is_version(version)).unwrap_or_default())
}

/// Returns `version` without the mark of a rebuild of the same source (`+b13`).
pub fn without_rebuild(version: &str) -> &str {
    let is_number = |tail: &str| !tail.is_empty() && tail.bytes().all(|b| b.is_ascii_digit());
    match version.rsplit_once("+b") {
        Some((source, count)) if is_number(count) && !source.is_empty() => source,
        Some(_) | None => version,
    }
}

/// Returns whether a list's `Filename` stays below the repository's base address.
fn is_path(path: &str) -> bool {
    !path.is_empty()
        && path.len() <= 4 * WORD_BYTES_MAX
        && path.bytes().all(|b| b.is_ascii_graphic())
        && !path.split('/').any(|part| part == "..")
}

/// What `apt-get update` did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refreshed {
    /// Whether every list is now as its repository has it.
    pub is_ok: bool,
    /// Repositories that answered.
    pub good: u32,
    /// Repositories that did not, as `URI suite`.
    pub failed: Vec<String>,
    /// What apt said last, when it failed.
    pub error_text: String,
}

impl Refreshed {
    /// Returns whether the lists count as new: everything came, or only third parties failed. One
    /// broken repository of an application must not make the distribution's own updates look old.
    pub fn is_good_enough(&self, releases: &BTreeMap<String, Release>) -> bool {
        let is_distribution = |failed: &String| {
            releases.iter().any(|(key, release)| {
                key.starts_with(failed.as_str()) && DISTRIBUTIONS.contains(&release.origin.as_str())
            })
        };
        self.is_ok
            || (self.good > 0
                && !self.failed.is_empty()
                && !self.failed.iter().any(is_distribution))
    }

    /// Returns why the refresh failed, in one line, or an empty text.
    pub fn error(&self) -> String {
        if self.failed.is_empty() {
            return self.error_text.clone();
        }
        format!("no answer from {}: {}", self.failed.join(", "), self.error_text)
    }
}

/// Reads `apt-get update`'s progress lines (`Hit:1 URI SUITE InRelease`): they only tell which
/// repositories to name. Whether all is well is the exit code's word.
pub fn refreshed(stdout: &str, stderr_tail: &str, is_ok: bool) -> Refreshed {
    let mut all = Refreshed { is_ok, ..Refreshed::default() };
    for line in stdout.lines() {
        let mut words = line.split(' ');
        let (verb, place) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let suite = words.next().unwrap_or_default().split('/').next().unwrap_or_default();
        let place = format!("{} {suite}", place.trim_end_matches('/'));
        match verb.split(':').next() {
            Some("Hit" | "Get") => all.good += 1,
            Some("Err") if !all.failed.contains(&place) => all.failed.push(place),
            _ => {}
        }
    }
    if !is_ok {
        let is_error = |line: &&str| line.starts_with("E: ") || line.starts_with("W: ");
        let line = stderr_tail.lines().find(is_error).unwrap_or(stderr_tail);
        all.error_text = line.trim_start_matches("E: ").trim_start_matches("W: ").to_owned();
    }
    all
}

fn joined(a: &str, b: &str) -> String {
    let comma = if a.is_empty() || b.is_empty() { "" } else { ", " };
    format!("{a}{comma}{b}")
}

fn entries_not_understood(subject: &str, bad: &[&str]) -> Vec<Problem> {
    let problem = |text: &str| Problem::new(Severity::Warning, subject, text);
    let mut problems: Vec<Problem> = bad
        .iter()
        .take(PROBLEMS_MAX)
        .map(|line| {
            let start: String = line.chars().take(80).collect();
            problem(&format!("could not understand the entry `{start}`"))
        })
        .collect();
    if bad.len() > PROBLEMS_MAX {
        let more = bad.len() - PROBLEMS_MAX;
        problems.push(problem(&format!("could not understand {more} more entries")));
    }
    problems
}

#[cfg(test)]
mod tests;
