use super::*;
use expect_test::{Expect, expect};

/// A document of one affected package.
fn document(id: &str, more: &str, affected: &str) -> String {
    format!(r#"{{"id":"{id}","modified":"2026-01-02T00:00:00Z",{more}"affected":[{affected}]}}"#)
}

fn affected(ecosystem: &str, events: &str, more: &str) -> String {
    format!(
        r#"{{"package":{{"ecosystem":"{ecosystem}","name":"a"}},"ranges":[{{"type":"ECOSYSTEM","events":[{events}]}}]{more}}}"#
    )
}

fn shown(text: &str) -> String {
    match parse(text.as_bytes(), &Limits::default()) {
        Ok(set) => crate::shown::set(&set),
        Err(refused) => refused.to_string(),
    }
}

fn check(text: &str, expected: &Expect) {
    expected.assert_eq(&shown(text));
}

/// The rows alone.
fn rows(ecosystem: &str, events: &str) -> String {
    let text = document("DSA-1-1", "", &affected(ecosystem, events, ""));
    let lines = shown(&text);
    let kept = lines.lines().filter(|line| line.starts_with("row") || line.starts_with("reject"));
    kept.map(|line| format!("{line}\n")).collect()
}

#[test]
fn events_are_sorted_by_the_distributions_own_order() {
    expect![[r#"
        row debian:12 a from 1.2-1 < 1.10-1 Affected - by DSA-1-1
        row debian:12 a from 1.20-1 < 1.20-3 Affected - by DSA-1-1
        row debian:12 a from 2.0-1 every version Affected - by DSA-1-1
    "#]].assert_eq(&rows(
        "Debian:12",
        r#"{"fixed":"1.10-1"},{"introduced":"1.2-1"},{"introduced":"1.20-1"},{"fixed":"1.20-3"},{"introduced":"2.0-1"}"#,
    ));
    expect![[r#"
        row debian:12 a <= 1.0-1 Affected - by DSA-1-1
    "#]]
    .assert_eq(&rows("Debian:12", r#"{"introduced":"0"},{"last_affected":"1.0-1"}"#));
    expect![[r#"
        row debian:12 a every version Affected - by DSA-1-1
    "#]]
    .assert_eq(&rows("Debian:12", r#"{"introduced":"0"}"#));
    expect![[r#"
        row debian:12 a < 1 Affected - by DSA-1-1
    "#]]
    .assert_eq(&rows(
        "Debian:12",
        r#"{"introduced":"0"},{"limit":"*"},{"fixed":"1"},{"fixed":"2"}"#,
    ));
    expect![[r#"
        reject DSA-1-1 /affected/0: its range does not say where it begins
    "#]]
    .assert_eq(&rows("Debian:12", r#"{"fixed":"1"}"#));
    expect![[r#"
        reject DSA-1-1 /affected/0: version `1_0` cannot be read: it has characters that Debian versions do not have
    "#]].assert_eq(&rows("Debian:12", r#"{"introduced":"0"},{"fixed":"1_0"}"#));
    expect![[r#"
        reject DSA-1-1 /affected/0: one of its events says two things
    "#]]
    .assert_eq(&rows("Debian:12", r#"{"introduced":"0","fixed":"1"}"#));
}

/// X20: a row without a release would hold in every release.
#[test]
fn a_row_without_a_release_is_rejected() {
    check(
        &document("DSA-1-1", "", &affected("Debian", r#"{"introduced":"0"}"#, "")),
        &expect![[r#"
            osv/Debian Documents of 2026-01-02T00:00:00Z : 1 entries, 1 rejected
            reject DSA-1-1 /affected/0: `Debian` names no release: it would hold everywhere
            advisory DSA-1-1 Security NotGiven changed 2026-01-02T00:00:00Z {} ""
        "#]],
    );
}

/// X19: versions that are listed say nothing where there is a range.
#[test]
fn listed_versions_count_only_without_a_range() {
    let listed = r#","versions":["1.0-1","1.0-2"]"#;
    check(
        &document(
            "DSA-1-1",
            "",
            &affected("Debian:12", r#"{"introduced":"0"},{"fixed":"2"}"#, listed),
        ),
        &expect![[r#"
            osv/Debian Documents of 2026-01-02T00:00:00Z : 1 entries, 0 rejected
            advisory DSA-1-1 Security NotGiven changed 2026-01-02T00:00:00Z {} ""
            row debian:12 a < 2 Affected - by DSA-1-1
        "#]],
    );
    check(
        &document(
            "DSA-1-1",
            "",
            r#"{"package":{"ecosystem":"Debian:12","name":"a"},"ranges":[{"type":"GIT","events":[]}],"versions":["1.0-1"]}"#,
        ),
        &expect![[r#"
            osv/Debian Documents of 2026-01-02T00:00:00Z : 1 entries, 0 rejected
            advisory DSA-1-1 Security NotGiven changed 2026-01-02T00:00:00Z {} ""
            row debian:12 a from 1.0-1 <= 1.0-1 Affected - by DSA-1-1
        "#]],
    );
    check(
        &document("DSA-1-1", "", r#"{"package":{"ecosystem":"Debian:12","name":"a"}}"#),
        &expect![[r#"
            osv/Debian Documents of 2026-01-02T00:00:00Z : 1 entries, 1 rejected
            reject DSA-1-1 /affected/0: it has neither a range nor a version
            advisory DSA-1-1 Security NotGiven changed 2026-01-02T00:00:00Z {} ""
        "#]],
    );
}

/// X17: the row says where its fix is; without a fix it is affected all the same.
#[test]
fn ubuntus_subscriptions_are_channels() {
    let pro = |more: &str| {
        affected("Ubuntu:Pro:16.04:LTS", r#"{"introduced":"0"},{"fixed":"1~esm1"}"#, more)
    };
    let with_purl = r#"{"package":{"ecosystem":"Ubuntu:Pro:16.04:LTS","name":"a","purl":"pkg:deb/ubuntu/a@1?arch=source&distro=esm-apps/xenial"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"}]}]}"#;
    let by_words = pro(
        r#","ecosystem_specific":{"availability":"Available with Ubuntu Pro (Infra-only): https://ubuntu.com/pro"}"#,
    );
    let plain = affected("Ubuntu:22.04:LTS", r#"{"introduced":"0"},{"fixed":"1"}"#, "");
    let apart = affected("Ubuntu:Pro:FIPS-updates:22.04:LTS", r#"{"introduced":"0"}"#, "");
    check(
        &document(
            "UBUNTU-CVE-2026-1001",
            r#""severity":[{"type":"Ubuntu","score":"high"},{"type":"CVSS_V3","score":"CVSS:3.1/AV:N"}],"#,
            &[with_purl, &by_words, &pro(""), &plain, &apart].join(","),
        ),
        &expect![[r#"
            osv/Ubuntu Documents of 2026-01-02T00:00:00Z : 5 entries, 0 rejected
            advisory UBUNTU-CVE-2026-1001 Security High changed 2026-01-02T00:00:00Z {CVE-2026-1001} ""
            row ubuntu:16.04 a every version Affected CVE-2026-1001 by UBUNTU-CVE-2026-1001 on esm-apps
            row ubuntu:16.04 a < 1~esm1 Affected CVE-2026-1001 by UBUNTU-CVE-2026-1001 on esm-infra
            row ubuntu:16.04 a < 1~esm1 Affected CVE-2026-1001 by UBUNTU-CVE-2026-1001 on esm
            row ubuntu:22.04 a < 1 Affected CVE-2026-1001 by UBUNTU-CVE-2026-1001
            cve {"cve":"CVE-2026-1001","vectors":[{"source":"Ubuntu","text":"CVSS:3.1/AV:N"}]}
        "#]],
    );
}

/// X18: a notice over several sources; each has only its own CVEs.
#[test]
fn a_notices_cves_hold_only_for_the_sources_that_have_them() {
    let of = |name: &str, cves: &str| {
        format!(
            r#"{{"package":{{"ecosystem":"Ubuntu:22.04:LTS","name":"{name}"}},"ranges":[{{"type":"ECOSYSTEM","events":[{{"introduced":"0"}},{{"fixed":"1"}}]}}],"database_specific":{{"cves_map":{{"cves":[{cves}]}}}}}}"#
        )
    };
    let one = r#"{"id":"CVE-2026-1001","severity":[{"type":"Ubuntu","score":"low"}]}"#;
    let two = r#"{"id":"CVE-2026-1002","severity":[{"type":"Ubuntu","score":"critical"},{"type":"CVSS_V3","score":"CVSS:3.1/AV:L"}]}"#;
    check(
        &document(
            "USN-1-1",
            r#""summary":"x","upstream":["UBUNTU-CVE-2026-1001","UBUNTU-CVE-2026-1002"],"#,
            &[of("a", one), of("b", &format!("{one},{two}")), of("c", "")].join(","),
        ),
        &expect![[r#"
            osv/Ubuntu Documents of 2026-01-02T00:00:00Z : 3 entries, 0 rejected
            advisory USN-1-1 Security Critical changed 2026-01-02T00:00:00Z {CVE-2026-1001 CVE-2026-1002} "x"
            row ubuntu:22.04 a < 1 Affected CVE-2026-1001 by USN-1-1
            row ubuntu:22.04 b < 1 Affected CVE-2026-1001 by USN-1-1
            row ubuntu:22.04 b < 1 Affected CVE-2026-1002 by USN-1-1
            row ubuntu:22.04 c < 1 Affected - by USN-1-1
            cve {"cve":"CVE-2026-1002","vectors":[{"source":"Ubuntu","text":"CVSS:3.1/AV:L"}]}
        "#]],
    );
}

/// X16: only the release of the fixed version tells a module.
#[test]
fn modules_are_told_by_the_fixed_release_alone() {
    let of = |name: &str, fixed: &str| {
        format!(
            r#"{{"package":{{"ecosystem":"AlmaLinux:8","name":"{name}"}},"ranges":[{{"type":"ECOSYSTEM","events":[{{"introduced":"0"}},{{"fixed":"{fixed}"}}]}}]}}"#
        )
    };
    let all = [
        of("grub2-efi-x64-modules", "1:2.02-99.el8_4"),
        of("buildah", "1.11.6-6.module_el8.5.0+119+9a9ec082"),
        of("nodejs", "1:10-1.module+el8.4.0+1+2"),
        of("odd.module_el8", "1.module_el8-1"),
    ];
    check(
        &document(
            "ALSA-1",
            r#""summary":"Important: x","related":["CVE-2026-1001"],"#,
            &all.join(","),
        ),
        &expect![[r#"
            osv/AlmaLinux Documents of 2026-01-02T00:00:00Z : 4 entries, 0 rejected
            advisory ALSA-1 Security High changed 2026-01-02T00:00:00Z {CVE-2026-1001} "Important: x"
            row alma:8 grub2-efi-x64-modules < 1:2.02-99.el8_4 Affected CVE-2026-1001 by ALSA-1
            row alma:8 buildah module ? < 1.11.6-6.module_el8.5.0+119+9a9ec082 Affected CVE-2026-1001 by ALSA-1
            row alma:8 nodejs module ? < 1:10-1.module+el8.4.0+1+2 Affected CVE-2026-1001 by ALSA-1
            row alma:8 odd.module_el8 < 1.module_el8-1 Affected CVE-2026-1001 by ALSA-1
        "#]],
    );
}

#[test]
fn labels_of_rebuilders_are_the_first_word_of_security_notices_only() {
    let label = |id: &str, summary: &str| {
        let text = document(
            id,
            &format!(r#""summary":"{summary}","#),
            &affected("AlmaLinux:9", r#"{"introduced":"0"}"#, ""),
        );
        let set = parse(text.as_bytes(), &Limits::default()).unwrap();
        (set.advisories[0].label, set.advisories[0].kind)
    };
    assert_eq!(label("ALSA-1", "Critical: x"), (Label::Critical, AdvisoryKind::Security));
    assert_eq!(label("ALSA-1", "x: y"), (Label::NotGiven, AdvisoryKind::Security));
    assert_eq!(label("ALBA-1", "low: x"), (Label::NotGiven, AdvisoryKind::Maintenance));
    assert_eq!(label("ALEA-1", "mariadb:10.3 x"), (Label::NotGiven, AdvisoryKind::Maintenance));
}

/// X25: rows stay, and are gone since.
#[test]
fn a_withdrawn_document_keeps_what_held_before() {
    check(
        &document(
            "DSA-1-1",
            r#""withdrawn":"2026-01-03T00:00:00Z","upstream":["CVE-2026-1001"],"#,
            &affected("Debian:12", r#"{"introduced":"0"}"#, ""),
        ),
        &expect![[r#"
            osv/Debian Documents of 2026-01-02T00:00:00Z : 1 entries, 0 rejected
            advisory DSA-1-1 Security NotGiven changed 2026-01-02T00:00:00Z withdrawn 2026-01-03T00:00:00Z {CVE-2026-1001} ""
            row debian:12 a every version Affected CVE-2026-1001 by DSA-1-1
        "#]],
    );
    // Nothing is affected any more: its name says whose it is.
    check(
        r#"{"schema_version":"1.7.0","id":"USN-1-1","modified":"2026-01-02T00:00:00Z","withdrawn":"2026-01-03T00:00:00Z"}"#,
        &expect![[r#"
            osv/Ubuntu Documents of 2026-01-02T00:00:00Z : 1 entries, 0 rejected
            advisory USN-1-1 Security NotGiven changed 2026-01-02T00:00:00Z withdrawn 2026-01-03T00:00:00Z {} ""
        "#]],
    );
}

#[test]
fn one_bad_entry_spoils_one_entry() {
    let good = affected("Debian:12", r#"{"introduced":"0"}"#, "");
    let all = [r#"{"package":7}"#, &good, r#"{"package":{"ecosystem":"PyPI","name":"a"}}"#, "[]"]
        .join(",");
    check(
        &document("DSA-1-1", "", &all),
        &expect![[r#"
        osv/Debian Documents of 2026-01-02T00:00:00Z : 3 entries, 2 rejected
        reject DSA-1-1 /affected/0: invalid type: integer `7`, expected struct Package
        reject DSA-1-1 /affected/3: invalid length 0, expected struct Affected with 5 elements
        advisory DSA-1-1 Security NotGiven changed 2026-01-02T00:00:00Z {} ""
        row debian:12 a every version Affected - by DSA-1-1
    "#]],
    );
}

#[test]
fn other_ecosystems_and_broken_documents_are_refused() {
    check(
        &document("GHSA-1", "", r#"{"package":{"ecosystem":"PyPI","name":"a"}}"#),
        &expect![
            "this is no OSV document as it is published: it is of no distribution that is known here"
        ],
    );
    check(
        r#"{"id":7,"affected":[]}"#,
        &expect![
            "this is no OSV document as it is published: invalid type: integer `7`, expected a string at line 1 column 7"
        ],
    );
    check(
        r#"{"id":"DSA-1-1","affected":[{"pack"#,
        &expect![
            "this is no OSV document as it is published: EOF while parsing a string at line 1 column 34"
        ],
    );
}
