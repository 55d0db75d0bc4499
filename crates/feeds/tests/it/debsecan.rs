//! debsecan's feed against the table that it was made from, and against debsecan itself.

use crate::{debian, shared};
use feeds::debsecan::{Feed, parse_for, read};
use feeds::{Limits, Refused, deb822};
use model::advisory::{RowState, Until};
use model::cve::CveId;
use std::collections::BTreeSet;
use std::path::Path;

const FEED: &str = "debian/debsecan-release-1-bookworm.zlib";

fn feed() -> Option<(Vec<u8>, Feed)> {
    let bytes = shared::bytes(FEED)?;
    let feed = read(&bytes, &Limits::default()).unwrap();
    Some((bytes, feed))
}

#[test]
fn the_feed_and_the_table_of_fixed_versions_are_equal_as_sets() {
    let Some((bytes, feed)) = feed() else { return };
    let Some(table) = shared::bytes("debian/fixed-versions-bookworm-2026-11-21.tsv.gz") else {
        return;
    };
    assert_eq!((feed.names.len(), feed.entries.len()), (6175, 6190));
    let ours: BTreeSet<(String, CveId, String)> = feed
        .entries
        .iter()
        .map(|entry| {
            let cve = feed.names[entry.name].id.parse().unwrap();
            (entry.package.clone(), cve, entry.unstable_fixed.clone().unwrap())
        })
        .collect();
    assert_eq!(ours, debian::table(&table));
    let set = parse_for(&bytes, "debian:12", &Limits::default()).unwrap();
    assert_eq!((set.entries, set.rejects_total, set.rows.len()), (6190, 0, 6190));
    let is_plain = |until: &Until| matches!(until, Until::Fixed(_));
    assert!(set.rows.iter().all(|r| r.state == RowState::Affected && is_plain(&r.until)));
}

#[test]
fn a_feed_cut_off_anywhere_is_refused() {
    let Some((bytes, _)) = feed() else { return };
    for part in 1..16 {
        let cut = &bytes[..bytes.len() * part / 16];
        let refused = read(cut, &Limits::default()).unwrap_err();
        assert!(matches!(refused, Refused::Damaged { .. } | Refused::Form { .. }), "{refused}");
    }
}

/// Line by line the same as the program's, for a status file of another machine and for this one's.
#[test]
fn debsecan_itself_says_the_same() {
    let Some((bytes, feed)) = feed() else { return };
    let Some(texlive) = shared::bytes("fixtures/dpkg-status-texlive.gz") else { return };
    if !Path::new("/usr/bin/debsecan").exists() {
        println!("skipped: debsecan is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("bookworm"), &bytes);
    let own = std::fs::read("/var/lib/dpkg/status").ok();
    for status in [Some(texlive), own].into_iter().flatten() {
        let path = folder.path().join("status");
        write(&path, &status);
        let packages = deb822::status(&status, &Limits::default()).unwrap();
        let ours: Vec<String> = packages
            .items
            .iter()
            .flat_map(|package| {
                feed.compat(package).into_iter().map(|entry| feed.line(entry, package))
            })
            .collect();
        let theirs = theirs(folder.path(), &path);
        assert!(ours.len() > 1000);
        assert_eq!(sorted(&ours), sorted(&theirs.lines().map(str::to_owned).collect::<Vec<_>>()));
        // Where nothing is listed apart, the right answer differs by suffixes only.
        let right =
            packages.items.iter().map(|package| feed.exposures(package).len()).sum::<usize>();
        assert!(right <= ours.len() && right * 100 > ours.len() * 95, "{right} of {}", ours.len());
    }
}

fn sorted(lines: &[String]) -> Vec<String> {
    let mut lines = lines.to_vec();
    lines.sort();
    lines
}

fn write(path: &Path, bytes: &[u8]) {
    #[expect(clippy::disallowed_methods, reason = "a temporary folder of the test")]
    std::fs::write(path, bytes).unwrap();
}

fn theirs(folder: &Path, status: &Path) -> String {
    #[expect(clippy::disallowed_methods, reason = "another program's opinion")]
    let mut command = std::process::Command::new("/usr/bin/debsecan");
    command.args(["--suite", "bookworm", "--source"]).arg(format!("file://{}/", folder.display()));
    let output = command.arg("--status").arg(status).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
