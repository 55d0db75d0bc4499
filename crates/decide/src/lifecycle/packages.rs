//! Packages whose support ends before, or apart from, that of their release: Debian's lists of
//! sources, and databases and runtimes that come from their own publisher.

use super::{WARN_DAYS, date_of, day_of, days_between, is_running, names_of, trust};
use jiff::civil::Date;
use model::advisory::{Ends, Lifecycle, Phase, PhaseKind};
use model::exposure::EndOfLifeView;
use regex_lite::{Regex, RegexBuilder};
use std::collections::BTreeMap;

/// The most memory that one pattern may take, in bytes. Real ones take less than a hundredth; a
/// feed must not be able to fill a server with `(a{999}){999}`.
const PATTERN_BYTES_MAX: usize = 64 * 1024;
/// The longest pattern that is compiled: names of packages are shorter.
const PATTERN_CHARS_MAX: usize = 256;

/// Returns every package of `packages` (source name, version) on `stream` whose support has ended,
/// ends within a year, or is limited; the ended first. `hosts` are left to who knows them. Costs
/// one look-up per package and one match per pattern and package; few entries are patterns.
pub fn of_packages(
    lifecycles: &[(String, Lifecycle)],
    stream: &str,
    packages: &[(String, String)],
    today: i64,
) -> Vec<EndOfLifeView> {
    let Some(today) = day_of(today) else { return Vec::new() };
    let names = names_of(stream);
    let entries = Entries::of(lifecycles.iter().filter(|(_, l)| names.contains(&l.stream)));
    let mut views: Vec<EndOfLifeView> = packages
        .iter()
        .flat_map(|package| {
            let of_lists = entries.of_package(&package.0);
            let of_lists = of_lists.into_iter().filter_map(|e| listed(e, stream, package, today));
            of_lists.chain(upstream(lifecycles, package, today))
        })
        .collect();
    views.sort_by(|a, b| {
        let key = |v: &EndOfLifeView| (!v.is_ended, v.days_left.is_none(), v.days_left);
        (key(a), &a.package, &a.installed, &a.limited).cmp(&(
            key(b),
            &b.package,
            &b.installed,
            &b.limited,
        ))
    });
    views.dedup();
    views
}

type Entry = (String, Lifecycle);

/// Entries by name, and the few that are patterns.
struct Entries<'a> {
    by_name: BTreeMap<&'a str, Vec<&'a Entry>>,
    patterns: Vec<(Regex, &'a Entry)>,
}

impl<'a> Entries<'a> {
    /// A pattern that does not compile spoils only itself: the parser has rejected it before, with
    /// a reason.
    fn of(entries: impl Iterator<Item = &'a Entry>) -> Self {
        let mut all = Self { by_name: BTreeMap::new(), patterns: Vec::new() };
        for entry in entries.filter(|(_, l)| !l.package.is_empty()) {
            let package = entry.1.package.as_str();
            if is_name(package) {
                all.by_name.entry(package).or_default().push(entry);
            } else if let Some(pattern) = compile(package) {
                all.patterns.push((pattern, entry));
            }
        }
        all
    }

    fn of_package(&self, package: &str) -> Vec<&'a Entry> {
        let named = self.by_name.get(package).into_iter().flatten().copied();
        let matched = self.patterns.iter().filter(|(pattern, _)| pattern.is_match(package));
        named.chain(matched.map(|(_, entry)| *entry)).collect()
    }
}

/// A package's own name is no pattern, although it may have a dot or a plus: `libsoup2.4`,
/// `gtk+2.0`.
fn is_name(package: &str) -> bool {
    package.bytes().all(|b| b.is_ascii_alphanumeric() || b"+.-_".contains(&b))
}

/// Anchored at both ends: `rust.*` is not `trust-store`.
fn compile(pattern: &str) -> Option<Regex> {
    if pattern.len() > PATTERN_CHARS_MAX {
        return None;
    }
    RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(PATTERN_BYTES_MAX).build().ok()
}

/// One entry of a list against one package. The last version with support is not compared with the
/// installed one, as Debian's own tool does not: `mbedtls` 2.28.3-1 is meant by a line that ends at
/// 2.16.9-0.1+deb11u4, and a newer version from elsewhere has no support from this release either.
fn listed(
    (source, lifecycle): &Entry,
    stream: &str,
    (package, version): &(String, String),
    today: Date,
) -> Option<EndOfLifeView> {
    let view = EndOfLifeView {
        limited: lifecycle.limited.clone(),
        ..view(stream, package, version, source)
    };
    if lifecycle.phases.is_empty() && !lifecycle.limited.is_empty() {
        let remedy = "use it only within these limits, or replace it".to_owned();
        return Some(EndOfLifeView { phase: "limited".to_owned(), remedy, ..view });
    }
    let remedy = format!("remove {package}, or replace it by something that is repaired");
    due(lifecycle, today, EndOfLifeView { remedy, ..view })
}

/// Fills in when the support of `view` ends; `None` when that is more than a year ahead.
fn due(lifecycle: &Lifecycle, today: Date, view: EndOfLifeView) -> Option<EndOfLifeView> {
    let ends = last_day(lifecycle);
    let days_left = ends.map(|date| days_between(today, date));
    let is_ended = !free(lifecycle).any(|phase| is_running(&phase.ends, today));
    if !is_ended && days_left.is_none_or(|days| days > WARN_DAYS[0]) {
        return None;
    }
    Some(EndOfLifeView {
        phase: if is_ended { "ended" } else { "ending" }.to_owned(),
        ends: ends.map(|date| date.to_string()).unwrap_or_default(),
        is_ended,
        days_left,
        ..view
    })
}

/// The last day of any of them; `None` where one has no date.
fn last_day(lifecycle: &Lifecycle) -> Option<Date> {
    let is_open = free(lifecycle).any(|phase| phase.ends == Ends::NotKnown);
    free(lifecycle).filter_map(|phase| date_of(&phase.ends)).max().filter(|_| !is_open)
}

/// Phases that nobody has to pay for: nothing tells which packages of a host are paid for.
fn free(lifecycle: &Lifecycle) -> impl Iterator<Item = &Phase> {
    lifecycle.phases.iter().filter(|phase| phase.kind != PhaseKind::Paid)
}

/// Packages that their publisher builds itself, so that its dates hold and not the distribution's:
/// how their name begins, the product's name, and what their version must contain.
const UPSTREAM: [(&str, &str, &str); 8] = [
    ("postgresql", "postgresql", "pgdg"),
    ("php", "php", "deb.sury.org"),
    // The same publisher's later way to write versions.
    ("php", "php", "~1.gbp"),
    ("mysql-community", "mysql", ""),
    ("mssql-server", "mssql", ""),
    ("dotnet-runtime", "dotnet", ""),
    ("aspnetcore-runtime", "dotnet", ""),
    ("dotnet-sdk", "dotnet", ""),
];

/// A database or runtime from its publisher, by major version.
fn upstream(
    lifecycles: &[Entry],
    (package, version): &(String, String),
    today: Date,
) -> Option<EndOfLifeView> {
    let marks = version.to_ascii_lowercase();
    let (prefix, product, _) = UPSTREAM
        .into_iter()
        .find(|(prefix, _, mark)| package.starts_with(prefix) && marks.contains(mark))?;
    let rest = package.strip_prefix(prefix)?.trim_start_matches('-');
    let cycles = cycles_of(rest).into_iter().chain(cycles_of(upstream_of(version)));
    let (source, lifecycle) =
        cycles.map(|cycle| format!("{product}:{cycle}")).find_map(|stream| {
            let of_cycle = lifecycles.iter().filter(|(_, l)| l.stream == stream);
            of_cycle.filter(|(_, l)| !l.phases.is_empty()).min_by_key(|(s, l)| (trust(s), s, l))
        })?;
    let remedy = format!("move to a major version of {product} that its publisher repairs");
    let view = EndOfLifeView { remedy, ..view(&lifecycle.stream, package, version, source) };
    due(lifecycle, today, view)
}

/// A view that says nothing yet but whom it is about.
fn view(stream: &str, package: &str, version: &str, source: &str) -> EndOfLifeView {
    EndOfLifeView {
        stream: stream.to_owned(),
        package: package.to_owned(),
        installed: version.to_owned(),
        phase: String::new(),
        ends: String::new(),
        is_ended: false,
        days_left: None,
        hosts: 0,
        host_names: Vec::new(),
        remedy: String::new(),
        source: source.to_owned(),
        limited: String::new(),
    }
}

/// Without the epoch.
fn upstream_of(version: &str) -> &str {
    version.split_once(':').map_or(version, |(_, upstream)| upstream)
}

/// The cycles that a number may stand for, the most exact first: `8.0.36` is of `8.0`, or of `8`.
fn cycles_of(text: &str) -> Vec<String> {
    let number: &str =
        &text[..text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len())];
    let parts: Vec<&str> = number.split('.').filter(|part| !part.is_empty()).collect();
    let cycle = |len: usize| parts.get(..len).map(|parts| parts.join("."));
    [cycle(2), cycle(1)].into_iter().flatten().collect()
}
