//! Version order: published vectors, every version of a Debian release and of AlmaLinux's
//! advisories, and dpkg and rpm themselves.

use crate::shared;
use decide::scheme::Scheme;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// Comparisons with dpkg per run; each starts it once (about 3 ms).
const CASES: u32 = 300;
/// Comparisons with rpm per run; one process answers all.
const RPM_CASES: u32 = 2000;

type Vector = (String, Ordering, String);

/// Lines `a < b` of a vector file, without comments.
fn vectors(path: &str) -> Option<Vec<Vector>> {
    let text = shared::text(path)?;
    let is_comment = |line: &str| line.starts_with('#') || line.starts_with("//");
    let lines = text.lines().map(str::trim).filter(|l| !l.is_empty() && !is_comment(l));
    let vector = |line: &str| {
        let mut words = line.split(' ');
        let (a, sign, b) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
        let order = match sign {
            "<" => Ordering::Less,
            "=" => Ordering::Equal,
            ">" => Ordering::Greater,
            other => panic!("{other} in {line}"),
        };
        (a.to_owned(), order, b.to_owned())
    };
    Some(lines.map(vector).collect())
}

/// Returns how many lines agree by key and directly, and those that are refused; panics at a line
/// that disagrees.
fn judge(scheme: Scheme, vectors: &[Vector]) -> (usize, Vec<&Vector>) {
    let (mut equal, mut refused) = (0, Vec::new());
    for vector in vectors {
        let (a, order, b) = vector;
        match (scheme.key(a), scheme.key(b)) {
            (Ok(a_key), Ok(b_key)) => {
                assert_eq!(a_key.cmp(&b_key), *order, "key of {a} against {b}");
                assert_eq!(scheme.compare(a, b), Ok(*order), "{a} against {b}");
                equal += 1;
            }
            (Err(_), _) | (_, Err(_)) => {
                scheme.compare(a, b).unwrap_err();
                refused.push(vector);
            }
        }
    }
    (equal, refused)
}

#[test]
fn all_debian_vectors_agree() {
    let Some(vectors) = vectors("version-vectors/debian-versions.txt") else { return };
    let (equal, refused) = judge(Scheme::Dpkg, &vectors);
    assert_eq!((equal, refused.len()), (30, 0));
}

#[test]
fn rpm_vectors_agree_or_are_malformed() {
    let Some(vectors) = vectors("version-vectors/redhat-versions.txt") else { return };
    let (equal, refused) = judge(Scheme::Rpm, &vectors);
    // 24 lines have an epoch that is no number, 4 an empty release.
    assert_eq!((equal, refused.len()), (137, 28));
    // Who reads over the damage (no epoch, no release) answers 8 of them right and 20 wrong: hence
    // the refusal.
    let mend = |text: &str| {
        let rest = text.split_once(':').filter(|(epoch, _)| epoch.parse::<u32>().is_err());
        rest.map_or(text, |(_, rest)| rest).trim_end_matches('-').to_owned()
    };
    let is_right = |(a, order, b): &&&Vector| Scheme::Rpm.compare(&mend(a), &mend(b)) == Ok(*order);
    let right = refused.iter().filter(is_right).count();
    assert_eq!((equal + right, refused.len() - right), (145, 20));
}

#[test]
fn alpine_vectors_agree_or_have_no_grammatical_form() {
    let Some(vectors) = vectors("version-vectors/alpine-versions.txt") else { return };
    let (equal, refused) = judge(Scheme::Apk, &vectors);
    assert_eq!((equal, refused.len()), (742, 36));
}

#[test]
fn semantic_vectors_agree_where_they_are_semantic_versions() {
    let Some(vectors) = vectors("version-vectors/semver-versions.txt") else { return };
    let (equal, refused) = judge(Scheme::Semver, &vectors);
    assert_eq!(equal + refused.len(), vectors.len());
    let strict = |text: &str| semver::Version::parse(text.trim_start_matches('v')).is_ok();
    assert!(refused.iter().all(|(a, _, b)| !(strict(a) && strict(b))), "{refused:?}");
    println!("{equal} of {} lines are semantic versions, and agree", vectors.len());
    assert!(equal >= 60, "{equal}");
}

/// Sorts by key; every neighbour must then agree directly, and equal keys mean equal versions.
fn check_sorted(scheme: Scheme, versions: &BTreeSet<String>) -> usize {
    let mut keyed: Vec<_> = versions.iter().map(|v| (scheme.key(v).unwrap(), v)).collect();
    keyed.sort();
    for pair in keyed.windows(2) {
        let [(a_key, a), (b_key, b)] = pair else { panic!("windows of two") };
        assert_eq!(scheme.compare(a, b), Ok(a_key.cmp(b_key)), "{a} against {b}");
    }
    // Not neighbours only: what is far apart must agree too.
    for (at, (a_key, a)) in keyed.iter().enumerate() {
        let (b_key, b) = &keyed[(at * 7919 + 13) % keyed.len()];
        assert_eq!(scheme.compare(a, b), Ok(a_key.cmp(b_key)), "{a} against {b}");
    }
    keyed.len()
}

#[test]
fn every_version_of_bookworm_has_its_place() {
    let path = "debian/bookworm-main-binary-source-version-2026-07-11.tsv.xz";
    let Some(text) = shared::text(path) else { return };
    let versions = text.lines().map(|line| line.split('\t').nth(2).unwrap().to_owned()).collect();
    let distinct = check_sorted(Scheme::Dpkg, &versions);
    println!("{distinct} distinct versions");
    assert!(distinct > 15_000, "{distinct}");
    let Some(fixed) = shared::text("debian/fixed-versions-bookworm-2026-11-21.tsv.gz") else {
        return;
    };
    let fixed = fixed.lines().map(|line| line.rsplit('\t').next().unwrap().to_owned()).collect();
    assert!(check_sorted(Scheme::Dpkg, &fixed) > 500);
}

#[test]
fn every_fixed_version_of_almalinux_has_its_place() {
    let Some(text) = shared::text("alma-osv/almalinux-osv-2026-08-21.jsonl.gz") else { return };
    let mut versions = BTreeSet::new();
    let mut rows = 0;
    for line in text.lines() {
        let advisory: serde_json::Value = serde_json::from_str(line).unwrap();
        for affected in advisory["affected"].as_array().unwrap() {
            let events = affected["ranges"][0]["events"].as_array().unwrap();
            let fixed = events.iter().find_map(|event| event["fixed"].as_str()).unwrap();
            versions.insert(fixed.to_owned());
            rows += 1;
        }
    }
    assert_eq!(rows, 71_329);
    let distinct = check_sorted(Scheme::Rpm, &versions);
    println!("{distinct} distinct versions");
    assert!(distinct > 4_000, "{distinct}");
}

#[test]
fn versions_compare_as_dpkg_compares_them() {
    if dpkg("1", "eq", "1").is_none() {
        println!("skipped: dpkg is not installed here");
        return;
    }
    let result = runner(CASES).run(&(dpkg_version(), change()), |(a, change)| {
        let b = changed(&a, &change);
        let Ok(order) = Scheme::Dpkg.compare(&a, &b) else { return Ok(()) };
        let keys = (Scheme::Dpkg.key(&a).unwrap(), Scheme::Dpkg.key(&b).unwrap());
        prop_assert_eq!(keys.0.cmp(&keys.1), order, "{} against {}", a, b);
        let relation = match order {
            Ordering::Less => "lt",
            Ordering::Equal => "eq",
            Ordering::Greater => "gt",
        };
        prop_assert_eq!(dpkg(&a, relation, &b), Some(true), "{} {} {}", a, relation, b);
        Ok(())
    });
    result.unwrap();
}

#[test]
fn versions_compare_as_rpm_compares_them() {
    if rpm(&[("1".to_owned(), "1".to_owned())]).is_none() {
        println!("skipped: rpm with Lua is not installed here");
        return;
    }
    let mut runner = runner(1);
    let mut pairs = Vec::new();
    for _ in 0..RPM_CASES {
        let (a, change) = (rpm_version(), change()).new_tree(&mut runner).unwrap().current();
        let b = changed(&a, &change);
        if Scheme::Rpm.compare(&a, &b).is_ok() {
            pairs.push((a, b));
        }
    }
    assert!(pairs.len() > 1000, "{}", pairs.len());
    let answers = rpm(&pairs).unwrap();
    assert_eq!(answers.len(), pairs.len());
    for ((a, b), theirs) in pairs.iter().zip(answers) {
        assert_eq!(Scheme::Rpm.compare(a, b), Ok(theirs), "{a} against {b}");
        let keys = (Scheme::Rpm.key(a).unwrap(), Scheme::Rpm.key(b).unwrap());
        assert_eq!(keys.0.cmp(&keys.1), theirs, "key of {a} against {b}");
    }
    println!("{} pairs agree with rpm", pairs.len());
}

fn runner(cases: u32) -> TestRunner {
    let rng_seed = RngSeed::Fixed(3);
    TestRunner::new(Config { cases, rng_seed, failure_persistence: None, ..Config::default() })
}

/// Well-formed versions from a small alphabet, so that near misses and ties are frequent.
fn dpkg_version() -> impl Strategy<Value = String> {
    ("([01]:)?", "[0-9]{1,2}[0-1aZ.+~]{0,4}", "(-[0-1a+~.]{1,4})?")
        .prop_map(|(epoch, upstream, revision)| format!("{epoch}{upstream}{revision}"))
}

fn rpm_version() -> impl Strategy<Value = String> {
    ("([01]:)?", "[0-9]{1,2}[0-1ab.+~^_]{0,5}", "(-[0-1a~^.]{0,3}[0-9a](\\.el[89])?)?")
        .prop_map(|(epoch, version, release)| format!("{epoch}{version}{release}"))
}

type Change = (prop::sample::Index, &'static str, u8, String);

fn change() -> impl Strategy<Value = Change> {
    let pieces = vec!["~", "0", "00", "1", "+", ".", "a", "10", "~deb12u1", "~bpo12+1", ".el9"];
    (any::<prop::sample::Index>(), prop::sample::select(pieces), 0..4_u8, dpkg_version())
}

/// Another version, or the same one with a piece put in, doubled or cut.
fn changed(version: &str, (at, piece, kind, other): &Change) -> String {
    let (before, after) = version.split_at(at.index(version.len() + 1));
    match kind {
        0 => other.clone(),
        1 => format!("{before}{piece}{after}"),
        2 => format!("{before}{}", after.get(1..).unwrap_or("")),
        _ => format!("{version}{piece}"),
    }
}

/// Returns whether `a relation b` holds, or `None` where there is no dpkg.
fn dpkg(a: &str, relation: &str, b: &str) -> Option<bool> {
    #[expect(clippy::disallowed_methods, reason = "the oracle is a program")]
    let command =
        std::process::Command::new("dpkg").args(["--compare-versions", a, relation, b]).output();
    Some(command.ok()?.status.success())
}

/// Returns rpm's answer for each pair, or `None` where there is no rpm with Lua.
fn rpm(pairs: &[(String, String)]) -> Option<Vec<Ordering>> {
    let list: Vec<String> = pairs.iter().map(|(a, b)| format!("{{\"{a}\",\"{b}\"}}")).collect();
    let list = list.join(",");
    let script = format!("for _,p in ipairs({{{list}}}) do print(rpm.vercmp(p[1],p[2])..' ') end");
    #[expect(clippy::disallowed_methods, reason = "the oracle is a program")]
    let command =
        std::process::Command::new("rpm").args(["--eval", &format!("%{{lua: {script}}}")]).output();
    let output = String::from_utf8(command.ok()?.stdout).ok()?;
    output.split_whitespace().map(|sign| Some(sign.parse::<i32>().ok()?.cmp(&0))).collect()
}
