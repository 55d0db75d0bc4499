//! Debian's own files: lists of advisories, package indexes, status files, changelogs.

use crate::{shared, shown};
use feeds::{Limits, changelog, deb822, debian_list};
use model::advisory::{Row, RowSet, Until};
use model::cve::CveId;
use std::collections::BTreeSet;

fn list(path: &str) -> Option<RowSet> {
    Some(debian_list::parse(&shared::bytes(path)?, &Limits::default()).unwrap())
}

/// Rows with a CVE and a version: what the lists are counted by.
fn fixes(set: &RowSet) -> impl Iterator<Item = &Row> {
    set.rows.iter().filter(|row| row.cve.is_some() && matches!(row.until, Until::Fixed(_)))
}

#[test]
fn no_row_of_the_two_lists_is_lost() {
    let Some(dsa) = list("debian/DSA-list-2023-03-29.gz") else { return };
    assert_eq!((dsa.entries, dsa.rejects_total), (5406, 0), "{:?}", dsa.rejects);
    assert_eq!((dsa.advisories.len(), fixes(&dsa).count()), (5406, 23_220));
    assert_eq!(dsa.source, "debian-list/DSA");
    let Some(dla) = list("debian/DLA-list-2023-04-01.gz") else { return };
    assert_eq!((dla.entries, dla.rejects_total), (3534, 0));
    assert_eq!((dla.advisories.len(), fixes(&dla).count()), (3534, 11_002));
    assert_eq!(dla.source, "debian-list/DLA");
    // Of these, a reader that knows only tabs loses 1,300.
    assert_eq!(fixes(&dsa).chain(fixes(&dla)).count(), 34_222);
}

#[test]
fn the_sample_of_the_list_is_in_normal_form() {
    let Some(set) = list("fixtures/debian-DSA-sample.txt") else { return };
    expect_test::expect_file!["../data/shown/debian-DSA-sample.txt"].assert_eq(&shown::set(&set));
}

#[test]
fn indexes_hold_as_many_binaries_and_sources_as_are_published() {
    for (path, binaries, sources, own_version) in [
        ("debian/Packages-bookworm-security-2026-11-21.xz", 3016, 391, Some(85)),
        ("debian/Packages-bookworm-updates-2026-11-21.xz", 38, 5, None),
    ] {
        let Some(bytes) = shared::bytes(path) else { return };
        let list = deb822::packages(&bytes, &Limits::default()).unwrap();
        assert_eq!((list.items.len(), list.rejects_total), (binaries, 0), "{path}");
        let names: BTreeSet<&str> = list.items.iter().map(|b| b.source.as_str()).collect();
        assert_eq!(names.len(), sources, "{path}");
        if let Some(count) = own_version {
            assert_eq!(list.items.iter().filter(|b| b.has_own_version()).count(), count, "{path}");
        }
        assert!(list.items.iter().all(|b| b.sha256.len() == 64 && b.size_bytes > 0), "{path}");
    }
}

#[test]
fn security_updates_without_a_cve_are_rows_under_the_archives_label() {
    let Some(index) = shared::bytes("debian/Packages-bookworm-security-2026-11-21.xz") else {
        return;
    };
    let Some(entries) = shared::bytes("debian/changelog-entries-bookworm-2026-11-21.json.gz")
    else {
        return;
    };
    let index = deb822::packages(&index, &Limits::default()).unwrap().items;
    let known = changelog::parse_for(&entries, "debian:12", &Limits::default()).unwrap();
    let (_, all) = deb822::by_label(&index, "Debian-Security", "debian:12", &[]);
    let (advisory, rest) = deb822::by_label(&index, "Debian-Security", "debian:12", &known.rows);
    assert_eq!(all.len(), 391);
    assert_eq!(advisory.id, "origin:Debian-Security");
    let explained: Vec<&Row> = all.iter().filter(|row| !rest.contains(row)).collect();
    assert!(!explained.is_empty() && explained.len() < all.len(), "{}", explained.len());
    for row in explained {
        let is_named = |known: &&Row| known.package == row.package && known.until == row.until;
        assert!(known.rows.iter().any(|known| is_named(&known)), "{}", row.package);
    }
}

#[test]
fn a_large_status_file_is_read_whole() {
    let Some(bytes) = shared::bytes("fixtures/dpkg-status-texlive.gz") else { return };
    let list = deb822::status(&bytes, &Limits::default()).unwrap();
    assert_eq!((list.items.len(), list.entries, list.rejects_total), (357, 357, 0));
    let shown: Vec<String> = list
        .items
        .iter()
        .filter(|p| p.version != p.source_version)
        .map(|p| {
            format!("{} {} {} <- {} {}", p.state, p.name, p.version, p.source, p.source_version)
        })
        .collect();
    expect_test::expect_file!["../data/shown/dpkg-status-texlive.txt"]
        .assert_eq(&(shown.join("\n") + "\n"));
}

#[test]
fn first_fixed_versions_of_changelogs_are_those_that_were_derived_from_them() {
    let Some(entries) = shared::bytes("debian/changelog-entries-bookworm-2026-11-21.json.gz")
    else {
        return;
    };
    let Some(table) = shared::bytes("debian/fixed-versions-bookworm-2026-11-21.tsv.gz") else {
        return;
    };
    let set = changelog::parse_for(&entries, "debian:12", &Limits::default()).unwrap();
    assert_eq!((set.entries, set.rejects_total), (13_060, 0), "{:?}", set.rejects);
    let ours: BTreeSet<(String, CveId, String)> = set
        .rows
        .iter()
        .filter_map(|row| match &row.until {
            Until::Fixed(version) => Some((row.package.clone(), row.cve?, version.clone())),
            Until::Open | Until::Last(_) => None,
        })
        .collect();
    assert_eq!(ours, self::table(&table));
    assert_eq!(ours.len(), 6190);
}

/// Source, CVE and version per line.
pub(crate) fn table(bytes: &[u8]) -> BTreeSet<(String, CveId, String)> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    text.lines()
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            (cells[0].to_owned(), cells[1].parse().unwrap(), cells[2].to_owned())
        })
        .collect()
}
