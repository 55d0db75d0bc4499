use super::*;
use expect_test::{Expect, expect};

fn check(text: &str, expected: &Expect) {
    let shown = match parse(text.as_bytes(), &Limits::default()) {
        Ok(set) => crate::shown::set(&set),
        Err(refused) => refused.to_string(),
    };
    expected.assert_eq(&shown);
}

fn issue(release: &str, standing: &str) -> String {
    format!(r#"{{"a":{{"CVE-2026-1001":{{"releases":{{"{release}":{{{standing}}}}}}}}}}}"#)
}

#[test]
fn each_standing_is_a_state() {
    check(
        r#"{"a":{"CVE-2026-1001":{"description":"x","debianbug":1,"releases":{
          "bookworm":{"status":"resolved","fixed_version":"1.2-3+deb12u1","urgency":"high**"},
          "bullseye":{"status":"resolved","fixed_version":"0","urgency":"low"},
          "buster":{"status":"open","urgency":"end-of-life"},
          "trixie":{"status":"open","urgency":"unimportant","nodsa":"x","nodsa_reason":"postponed"},
          "jessie":{"status":"open","urgency":"medium","nodsa_reason":"ignored"},
          "stretch":{"status":"undetermined","urgency":"not yet assigned"},
          "forky":{"status":"open","urgency":"not yet assigned","nodsa_reason":""},
          "sid":{"status":"resolved","fixed_version":"1.2-3"}}},
        "TEMP-0000000-ABCDEF":{"releases":{"bookworm":{"status":"resolved","fixed_version":"1.2-3"}}}}}"#,
        &expect![[r#"
            debian-tracker Whole of no time : 2 entries, 0 rejected
            advisory CVE-2026-1001 Security High {CVE-2026-1001} "x" https://security-tracker.debian.org/tracker/CVE-2026-1001
            advisory TEMP-0000000-ABCDEF Security NotGiven {} "" https://security-tracker.debian.org/tracker/TEMP-0000000-ABCDEF
            row debian:12 a < 1.2-3+deb12u1 Affected CVE-2026-1001 by CVE-2026-1001
            row debian:11 a every version NotAffected CVE-2026-1001 by CVE-2026-1001
            row debian:10 a every version EndOfLife CVE-2026-1001 by CVE-2026-1001
            row debian:13 a every version Deferred CVE-2026-1001 by CVE-2026-1001
            row debian:8 a every version Deferred CVE-2026-1001 by CVE-2026-1001
            row debian:9 a every version UnderInvestigation CVE-2026-1001 by CVE-2026-1001
            row debian:14 a every version Affected CVE-2026-1001 by CVE-2026-1001
            row debian:12 a < 1.2-3 Affected - by TEMP-0000000-ABCDEF foreign
            cve {"cve":"CVE-2026-1001","title":"x"}
        "#]],
    );
}

#[test]
fn an_empty_list_of_releases_is_an_empty_object() {
    check(
        r#"{"a":{"CVE-2026-1001":{"releases": [ ]}}}"#,
        &expect![[r#"
        debian-tracker Whole of no time : 1 entries, 0 rejected
        advisory CVE-2026-1001 Security NotGiven {CVE-2026-1001} "" https://security-tracker.debian.org/tracker/CVE-2026-1001
        cve {"cve":"CVE-2026-1001"}
    "#]],
    );
}

#[test]
fn one_bad_entry_spoils_one_entry() {
    check(
        r#"{"a":{"CVE-2026-1001":{"releases":{"bookworm":{"status":"resolved"}}},
          "CVE-x":{"releases":{}},
          "CVE-2026-1002":{"releases":7},
          "CVE-2026-1003":{"releases":{"bookworm":{"status":"gone"}}},
          "CVE-2026-1004":{"releases":{"bookworm":{"status":"resolved","fixed_version":"not a version"}}},
          "CVE-2026-1005":{"releases":{"bookworm":{"status":"open"}}}},
        "b":7}"#,
        &expect![[r#"
            debian-tracker Whole of no time : 7 entries, 6 rejected
            reject a/CVE-2026-1001: it is resolved without a version
            reject a/CVE-x: `CVE-x` is not a CVE identifier (it looks like CVE-2024-3094)
            reject a/CVE-2026-1002: invalid type: integer `7`, expected an object of releases
            reject a/CVE-2026-1003: its status `gone` is not known
            reject a/CVE-2026-1004: version `not a version` cannot be read: it has characters that Debian versions do not have
            reject b: invalid type: integer `7`, expected an object
            advisory CVE-2026-1005 Security NotGiven {CVE-2026-1005} "" https://security-tracker.debian.org/tracker/CVE-2026-1005
            row debian:12 a every version Affected CVE-2026-1005 by CVE-2026-1005
            cve {"cve":"CVE-2026-1005"}
        "#]],
    );
}

#[test]
fn a_release_that_is_not_known_is_one_reject_however_often_it_occurs() {
    let text = format!(
        r#"{{"a":{{{}}}}}"#,
        (1000..1010)
            .map(|n| format!(r#""CVE-2026-{n}":{{"releases":{{"later":{{"status":"open"}}}}}}"#))
            .collect::<Vec<_>>()
            .join(",")
    );
    let set = parse(text.as_bytes(), &Limits::default()).unwrap();
    // The release itself is an entry, so that there are never more rejects than entries.
    assert_eq!((set.entries, set.rejects_total), (11, 1), "{:?}", set.rejects);
}

/// Debian's own builds are told by their suffix; anything else was made for another release.
#[test]
fn a_version_of_another_release_is_marked() {
    let foreign = |version: &str| {
        let text =
            issue("bookworm", &format!(r#""status":"resolved","fixed_version":"{version}""#));
        parse(text.as_bytes(), &Limits::default()).unwrap().rows[0].is_foreign
    };
    assert!(foreign("590-2.1"));
    assert!(!foreign("590-2.1~deb12u2"));
    assert!(!foreign("1:2.3-4+deb12u1"));
}
