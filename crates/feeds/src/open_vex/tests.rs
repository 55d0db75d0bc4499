use super::*;
use expect_test::{Expect, expect};

fn check(statements: &str, expected: &Expect) {
    let text = format!(
        r#"{{"@context":"https://openvex.dev/ns/v0.2.0","@id":"https://x/vex/cve/2026/CVE-2026-1001","author":"Canonical Ltd.","timestamp":"2026-01-02T00:00:00Z","version":1,"statements":[{statements}]}}"#
    );
    let shown = match parse(text.as_bytes(), &Limits::default()) {
        Ok(set) => crate::shown::set(&set),
        Err(refused) => refused.to_string(),
    };
    expected.assert_eq(&shown);
}

fn statement(status: &str, more: &str, distro: &str) -> String {
    format!(
        r#"{{"vulnerability":{{"name":"CVE-2026-1001","description":"x"}},"timestamp":"2026-01-01T00:00:00Z","products":[{{"@id":"pkg:deb/ubuntu/a@1?arch=source&distro={distro}"}},{{"@id":"pkg:deb/ubuntu/a-bin@1?arch=amd64&distro={distro}"}}],"status":"{status}"{more}}}"#
    )
}

#[test]
fn states_are_of_source_packages_and_fixed_says_nothing_without_its_version() {
    check(
        &[
            statement("fixed", "", "jammy"),
            statement("not_affected", r#","justification":"vulnerable_code_not_present""#, "esm-infra/bionic"),
            statement("affected", "", "noble"),
            statement("affected", r#","action_statement":"This package (for the given release) is no longer supported. Please upgrade your system.""#, "xenial"),
            statement("under_investigation", "", "questing"),
        ]
        .join(","),
        &expect![[r#"
            open-vex/ubuntu Documents of 2026-01-02T00:00:00Z : 5 entries, 0 rejected
            advisory CVE-2026-1001 Security NotGiven of 2026-01-01T00:00:00Z changed 2026-01-02T00:00:00Z {CVE-2026-1001} "x"
            row ubuntu:16.04 a every version EndOfLife CVE-2026-1001 by CVE-2026-1001
            row ubuntu:18.04 a every version NotAffected CVE-2026-1001 by CVE-2026-1001 on esm-infra
            row ubuntu:24.04 a every version Affected CVE-2026-1001 by CVE-2026-1001
            row ubuntu:25.10 a every version UnderInvestigation CVE-2026-1001 by CVE-2026-1001
        "#]],
    );
}

#[test]
fn one_bad_entry_spoils_one_entry() {
    check(
        &[
            statement("gone", "", "jammy"),
            statement("affected", "", "later"),
            "7".to_owned(),
            statement("affected", "", "jammy"),
        ]
        .join(","),
        &expect![[r#"
            open-vex/ubuntu Documents of 2026-01-02T00:00:00Z : 4 entries, 3 rejected
            reject CVE-2026-1001 pkg:deb/ubuntu/a@1?arch=source&distro=jammy: its status `gone` is not known
            reject CVE-2026-1001 pkg:deb/ubuntu/a@1?arch=source&distro=later: its release is not known
            reject CVE-2026-1001 /statements/2: invalid type: integer `7`, expected struct Statement
            advisory CVE-2026-1001 Security NotGiven of 2026-01-01T00:00:00Z changed 2026-01-02T00:00:00Z {CVE-2026-1001} "x"
            row ubuntu:22.04 a every version Affected CVE-2026-1001 by CVE-2026-1001
        "#]],
    );
}

#[test]
fn other_authors_are_not_read() {
    let text =
        r#"{"@context":"https://openvex.dev/ns/v0.2.0","@id":"x","author":"Acme","statements":[]}"#;
    parse(text.as_bytes(), &Limits::default()).unwrap_err();
}
