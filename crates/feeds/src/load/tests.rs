use super::*;
use crate::accept::{SetSummary, accept};
use expect_test::expect;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use sha2::{Digest as _, Sha256};
use std::io::Write as _;

/// A notice of `AlmaLinux`, the smallest document that has everything that merging looks at.
fn notice(number: u32, modified: &str, fixed: &str) -> String {
    format!(
        r#"{{"id":"ALSA-2026:{number}","summary":"Low: x","modified":"2026-01-{modified}T00:00:00Z","related":["CVE-2026-{}"],"affected":[{{"package":{{"ecosystem":"AlmaLinux:9","name":"pkg{number}"}},"ranges":[{{"type":"ECOSYSTEM","events":[{{"introduced":"0"}},{{"fixed":"{fixed}"}}]}}]}}]}}"#,
        1000 + number
    )
}

const KEV: &str = r#"{"title":"x","catalogVersion":"2026.01.02","dateReleased":"2026-01-02T00:00:00Z","count":1,"vulnerabilities":[{"cveID":"CVE-2026-1001","vulnerabilityName":"A","dateAdded":"2026-01-01","dueDate":"2026-01-04","knownRansomwareCampaignUse":"Known"}]}"#;
const DEBSECAN: &str = "VERSION 1\nCVE-2026-1001,,x\n\nbash,0,S  F,5.2-1,\n\nbash,bash\n\n";

fn all(name: &str, bytes: &[u8]) -> Loaded {
    load_all(name, bytes, "", &Limits::default()).unwrap()
}

fn sets(text: &str) -> Vec<RowSet> {
    load("file", text.as_bytes(), &Limits::default()).unwrap()
}

fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        File::create(path).unwrap().write_all(bytes).unwrap();
    }
    folder
}

fn hex_of(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_file_a_folder_and_lines_give_the_same_sets() {
    let (one, two) = (notice(1, "01", "1-1"), notice(2, "02", "2-1"));
    let lines = sets(&format!("{one}\n{two}\n"));
    let folder = folder(&[
        ("x/not-a-name", one.as_bytes()),
        ("kev.json", two.as_bytes()),
        ("LICENSE", b"MIT License"),
        (".hidden", KEV.as_bytes()),
    ]);
    let from_folder = load_path(folder.path(), &Limits::default()).unwrap();
    assert_eq!(lines, from_folder);
    assert_eq!((lines.len(), lines[0].rows.len(), lines[0].entries), (1, 2, 2));
    assert_eq!(lines[0].source, "osv/AlmaLinux");
}

#[test]
fn feeds_of_a_bundle_are_told_apart() {
    let folder = folder(&[("a", KEV.as_bytes()), ("b", notice(1, "01", "1-1").as_bytes())]);
    let sets = load_path(folder.path(), &Limits::default()).unwrap();
    let feeds: Vec<Feed> = sets.iter().map(|set| set.feed).collect();
    assert_eq!(feeds, [Feed::Kev, Feed::Osv]);
}

#[test]
fn one_broken_document_is_one_reject_of_its_source() {
    let good: Vec<String> = (1..=200).map(|n| notice(n, "01", "1-1")).collect();
    let mut text = good.join("\n");
    text.push('\n');
    text.push_str(&notice(201, "01", "1-1").replace("\"summary\":\"Low: x\"", "\"summary\":5"));
    let sets = sets(&text);
    assert_eq!((sets[0].entries, sets[0].rejects_total, sets[0].rows.len()), (201, 1, 200));
    assert_eq!(sets[0].rejects[0].pointer, "file line 201");
    accept(&SetSummary::default(), &sets[0]).unwrap();
}

#[test]
fn a_broken_feed_in_a_bundle_is_named_and_never_passed_over_in_silence() {
    let cut = &KEV[..KEV.len() / 2];
    let folder = folder(&[("a", notice(1, "01", "1-1").as_bytes()), ("b", cut.as_bytes())]);
    let loaded = load_path_all(folder.path(), "", &Limits::default()).unwrap();
    assert_eq!((loaded.sets.len(), loaded.left_out.len()), (1, 1));
    assert!(loaded.left_out[0].is_broken());
    let refused = load_path(folder.path(), &Limits::default()).unwrap_err();
    assert!(matches!(refused, Refused::Form { .. }), "{refused:?}");
}

#[test]
fn what_is_no_feed_is_refused_with_its_beginning() {
    let refused = load("x", &b"<html>\n<body>"[..], &Limits::default()).unwrap_err();
    expect![[r#"`x` is no feed that is known here (it begins `<html>\n<body>`): check the address or the file"#]]
        .assert_eq(&refused.to_string());
    let refused = load("x", &b""[..], &Limits::default()).unwrap_err();
    assert!(matches!(refused, Refused::NotKnown { .. }));
    load_path(Path::new("/nowhere/at/all"), &Limits::default()).unwrap_err();
    let empty = folder(&[]);
    load_path(empty.path(), &Limits::default()).unwrap_err();
}

#[test]
fn who_loads_says_the_release_of_files_that_do_not() {
    let refused = load("x", DEBSECAN.as_bytes(), &Limits::default()).unwrap_err();
    assert!(matches!(refused, Refused::NoStream { .. }), "{refused:?}");
    let told = load_all("x", DEBSECAN.as_bytes(), "debian:12", &Limits::default()).unwrap();
    assert!(told.left_out.is_empty());
    assert!(told.sets[0].rows.iter().all(|row| row.stream == "debian:12"));
}

#[test]
fn a_manifest_brings_release_and_time_wherever_it_stands() {
    let manifest = r#"[{"feed":"debsecan","file":"feed","stream":"debian:12","content_at":"2026-02-03T00:00:00Z"}]"#;
    let files = [("feed", DEBSECAN.as_bytes()), ("manifest.json", manifest.as_bytes())];
    let folder = folder(&files);
    let from_folder = load_path(folder.path(), &Limits::default()).unwrap();
    assert_eq!(from_folder[0].content_at, Some(1_770_076_800));
    assert!(from_folder[0].rows.iter().all(|row| row.stream == "debian:12"));
    for order in [files, [files[1], files[0]]] {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, bytes) in order {
            let mut header = tar::Header::new_gnu();
            header.set_size(u64::try_from(bytes.len()).unwrap());
            builder.append_data(&mut header, name, bytes).unwrap();
        }
        let archive = builder.into_inner().unwrap();
        assert_eq!(load("bundle", &archive[..], &Limits::default()).unwrap(), from_folder);
    }
}

#[test]
fn a_bundle_is_refused_when_a_hash_a_size_a_feed_or_a_file_differs() {
    let (sha256, size) = (hex_of(KEV.as_bytes()), KEV.len());
    let check = |manifest: &str| {
        let folder = folder(&[("sub/kev", KEV.as_bytes()), ("manifest.json", manifest.as_bytes())]);
        match load_path(folder.path(), &Limits::default()) {
            Ok(sets) => format!("{} set", sets.len()),
            Err(Refused::Manifest { what, .. }) => format!("differs: {what}"),
            Err(other) => panic!("{other:?}"),
        }
    };
    let good = format!(
        r#"[{{"feed":"kev","file":"sub/kev","url":"x","sha256":"{sha256}","size":{size}}}]"#
    );
    assert_eq!(check(&good), "1 set");
    assert_eq!(check(&good.replace(&sha256, &sha256.to_uppercase())), "1 set");
    assert_eq!(check(&good.replace(&sha256[..4], "0000")), "differs: SHA-256");
    assert_eq!(check(&good.replace(&format!(":{size}}}"), ":1}")), "differs: size");
    assert_eq!(check(&good.replace(r#""feed":"kev""#, r#""feed":"epss""#)), "differs: feed");
    assert_eq!(check(&good.replace("sub/kev", "sub/other")), "differs: presence");
}

#[test]
fn the_same_documents_again_change_nothing() {
    let (one, two) = (notice(1, "01", "1-1"), notice(2, "02", "2-1"));
    let once = sets(&format!("{one}\n{two}\n"));
    let twice = sets(&format!("{one}\n{two}\n{two}\n{one}\n"));
    assert_eq!((&once[0].rows, &once[0].advisories), (&twice[0].rows, &twice[0].advisories));
    assert_eq!(once[0].cves, twice[0].cves);
}

#[test]
fn the_newer_version_of_a_document_counts_in_either_order() {
    let (old, new) = (notice(1, "01", "1-1"), notice(1, "09", "1-2"));
    let set = &sets(&format!("{old}\n{new}\n"))[0];
    assert_eq!(*set, sets(&format!("{new}\n{old}\n"))[0]);
    assert_eq!(set.rows.len(), 1);
    assert_eq!(set.rows[0].until, model::advisory::Until::Fixed("1-2".to_owned()));
    // Of two that claim the same time one counts, always the same.
    let (one, other) = (notice(1, "01", "1-1"), notice(1, "01", "1-3"));
    let set = &sets(&format!("{one}\n{other}\n"))[0];
    assert_eq!(*set, sets(&format!("{other}\n{one}\n"))[0]);
    assert_eq!(set.rows.len(), 1);
}

#[test]
fn of_two_catalogues_the_later_is_the_whole() {
    let later = KEV
        .replace("2026-01-02T", "2026-01-09T")
        .replace("2026.01.02", "2026.01.09")
        .replace("CVE-2026-1001", "CVE-2026-2002");
    for files in [[KEV, &later], [&later, KEV]] {
        let folder = folder(&[("a", files[0].as_bytes()), ("b", files[1].as_bytes())]);
        let sets = load_path(folder.path(), &Limits::default()).unwrap();
        assert_eq!((sets[0].version.as_str(), sets[0].cves.len()), ("2026.01.09", 1));
        assert_eq!(sets[0].cves[0].cve.number, 2002);
    }
}

#[test]
fn rows_are_counted_over_all_documents_of_a_source() {
    let limits = Limits { rows_max: 3, ..Limits::default() };
    let text: Vec<String> = (1..=4).map(|n| notice(n, "01", "1-1")).collect();
    load("x", text[..3].join("\n").as_bytes(), &limits).unwrap();
    let refused = load("x", text.join("\n").as_bytes(), &limits).unwrap_err();
    assert!(matches!(refused, Refused::TooManyRows { rows_max: 3 }), "{refused:?}");
}

fn runner() -> TestRunner {
    let config = Config { cases: 64, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

/// Versions of a few documents, some of them twice, some broken.
fn documents() -> impl Strategy<Value = Vec<String>> {
    let one = (1_u32..6, 1_u32..4, 1_u32..4, 0_u32..8).prop_map(|(number, day, fix, broken)| {
        let text = notice(number, &format!("0{day}"), &format!("{fix}-1"));
        if broken == 0 { text.replace("Low: x\"", "Low: x\",\"aliases\":7") } else { text }
    });
    proptest::collection::vec(one, 1..12)
}

#[test]
fn order_and_splitting_of_documents_change_nothing() {
    let cases = (documents(), any::<u64>());
    runner()
        .run(&cases, |(documents, seed)| {
            let mut shuffled = documents.clone();
            for at in (1..shuffled.len()).rev() {
                let other =
                    usize::try_from(seed.rotate_left(u32::try_from(at).unwrap()) % 97).unwrap();
                shuffled.swap(at, other % (at + 1));
            }
            let middle = documents.len() / 2;
            let halves = folder(&[
                ("z", shuffled[..middle].join("\n").as_bytes()),
                ("a/b", shuffled[middle..].join("\n").as_bytes()),
            ]);
            let whole = all("x", documents.join("\n").as_bytes());
            let split = load_path_all(halves.path(), "", &Limits::default()).unwrap();
            prop_assert_eq!(whole.sets.len(), split.sets.len());
            for (a, b) in whole.sets.iter().zip(&split.sets) {
                prop_assert_eq!(&a.rows, &b.rows);
                prop_assert_eq!(&a.advisories, &b.advisories);
                prop_assert_eq!(&a.cves, &b.cves);
                prop_assert_eq!(a.content_at, b.content_at);
                prop_assert_eq!((a.entries, a.rejects_total), (b.entries, b.rejects_total));
            }
            Ok(())
        })
        .unwrap();
}
