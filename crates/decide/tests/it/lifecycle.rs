//! Ends of support against the files that distributions ship.

use crate::shared;
use decide::lifecycle::{of_packages, standing};
use model::advisory::{Ends, Lifecycle, Phase, PhaseKind};
use std::collections::{BTreeMap, BTreeSet};

/// 2026-11-25, noon.
const TODAY: i64 = 1_795_608_000;

fn words(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn the_table_of_last_resort_has_the_dates_of_distro_info() {
    let mut compared = 0;
    for (path, family) in [("debian/debian.csv", "debian"), ("debian/ubuntu.csv", "ubuntu")] {
        let Some(text) = shared::text(path) else { return };
        for line in text.lines().skip(1) {
            let columns: Vec<&str> = line.split(',').collect();
            let version = columns[0].trim_end_matches(" LTS");
            let stream = format!("{family}:{version}");
            let ends = |attached: &[&str]| {
                standing(&[], &stream, TODAY, &words(attached)).map(|standing| standing.ends)
            };
            let Some(free) = ends(&[]) else { continue };
            // Debian: eol, eol-lts, eol-elts. Ubuntu: eol, eol-server, eol-esm, eol-legacy.
            let expected_free = if family == "debian" { columns[6] } else { columns[5] };
            assert_eq!(free, expected_free, "{stream}");
            if let Some(last) = columns.get(if family == "debian" { 7 } else { 8 }) {
                let paid = ends(&["elts", "esm-infra", "esm-infra-legacy"]);
                assert_eq!(paid.as_deref(), Some(*last), "{stream}");
            }
            compared += 1;
        }
    }
    assert_eq!(compared, 16);
}

/// Reads Debian's lists the simplest way: columns between blanks.
fn listed(text: &str, is_limited: bool) -> Vec<(String, Lifecycle)> {
    let entry = |line: &str| {
        let mut columns = line.split_whitespace().map(str::to_owned);
        let mut next = || columns.next().unwrap_or_default();
        let (package, mut last_version, mut phases) = (next(), String::new(), Vec::new());
        if !is_limited {
            last_version = next();
            let (name, kind) = ("ended".to_owned(), PhaseKind::Full);
            phases.push(Phase { name, kind, ends: Ends::On(next()) });
        }
        let limited =
            if is_limited { columns.collect::<Vec<_>>().join(" ") } else { String::new() };
        let (stream, next) = ("debian:12".to_owned(), String::new());
        let lifecycle = Lifecycle { stream, package, last_version, phases, limited, next };
        ("debian-support".to_owned(), lifecycle)
    };
    text.lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .map(entry)
        .collect()
}

#[test]
fn sources_of_bookworm_without_support_are_found_by_name_and_by_pattern() {
    let path = "debian/bookworm-main-binary-source-version-2026-07-11.tsv.xz";
    let (Some(packages), Some(ended), Some(limited)) = (
        shared::text(path),
        shared::text("debian/security-support-ended.deb12"),
        shared::text("debian/security-support-limited"),
    ) else {
        return;
    };
    let mut lifecycles = listed(&ended, false);
    lifecycles.extend(listed(&limited, true));
    assert_eq!(lifecycles.len(), 16 + 32);
    let sources: BTreeMap<String, String> = packages.lines().map(source).collect();
    let sources: Vec<(String, String)> = sources.into_iter().collect();
    let views = of_packages(&lifecycles, "debian:12", &sources, TODAY);
    let named = |is_ended: bool| -> BTreeSet<&str> {
        views.iter().filter(|v| v.is_ended == is_ended).map(|v| v.package.as_str()).collect()
    };
    let (ended, limited) = (named(true), named(false));
    for package in ["mbedtls", "wolfssl", "lxd", "pdns-recursor", "php-horde-mail"] {
        assert!(ended.contains(package), "{package}");
    }
    for package in ["golang-1.19", "rustc", "rust-serde", "libsoup2.4", "binutils", "webkit2gtk"] {
        assert!(limited.contains(package), "{package}");
    }
    // Patterns are anchored: these only contain `rust` or `golang`.
    for package in ["python-setuptools-rust", "dh-golang", "linux", "bash", "openssl"] {
        assert!(!limited.contains(package) && !ended.contains(package), "{package}");
    }
    println!("{} ended, {} limited of {} sources", ended.len(), limited.len(), sources.len());
}

/// Source name and version of a binary; the source is empty where it is the binary's own.
fn source(line: &str) -> (String, String) {
    let mut columns = line.split('\t');
    let mut next = || columns.next().unwrap_or_default();
    let (binary, source, version) = (next(), next(), next());
    let (name, own) = source.split_once(" (").unwrap_or((source, ""));
    let name = if name.is_empty() { binary } else { name };
    let version = if own.is_empty() { version } else { own.trim_end_matches(')') };
    (name.to_owned(), version.to_owned())
}
