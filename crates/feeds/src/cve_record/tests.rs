use super::*;
use expect_test::{Expect, expect};

/// A record with one CNA metric and CISA's container.
fn record(state: &str, metrics: &str, cisa: &str) -> String {
    format!(
        r#"{{"dataType":"CVE_RECORD","cveMetadata":{{"cveId":"CVE-2026-109518","state":"{state}","datePublished":"2026-01-02T03:04:05.678Z","dateUpdated":"2026-01-03T00:00:00"}},"containers":{{"cna":{{"providerMetadata":{{"shortName":"acme"}},"descriptions":[{{"lang":"de","value":"Nein"}},{{"lang":"en","value":"Yes\nmore"}}],"metrics":[{metrics}]}},"adp":[{{"providerMetadata":{{"shortName":"other"}},"metrics":[{{"other":{{"type":"ssvc","content":{{"options":[{{"Exploitation":"active"}}]}}}}}}]}},{{"providerMetadata":{{"shortName":"CISA-ADP"}},"metrics":[{cisa}]}}]}}}}"#
    )
}

fn ssvc(exploitation: &str, automatable: &str, impact: &str) -> String {
    format!(
        r#"{{"other":{{"type":"ssvc","content":{{"options":[{{"Exploitation":{exploitation}}},{{"automatable":{automatable}}},{{"Technical Impact":{impact}}}]}}}}}}"#
    )
}

fn check(text: &str, expected: &Expect) {
    let shown = match parse(text.as_bytes(), &Limits::default()) {
        Ok(set) => crate::shown::set(&set),
        Err(refused) => refused.to_string(),
    };
    expected.assert_eq(&shown);
}

#[test]
fn vectors_are_of_each_provider_and_decisions_of_cisa_alone() {
    let vector = r#"{"cvssV3_1":{"vectorString":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H","baseScore":9.8}},{"other":{"type":"severity","content":"bad"}}"#;
    let kev = r#"{"other":{"type":"kev","content":{"dateAdded":"2026-01-01","reference":"x"}}}"#;
    let cisa = format!("{},{kev}", ssvc("\"PoC\"", "\"Yes\"", "\"total\""));
    check(
        &record("PUBLISHED", vector, &cisa),
        &expect![[r#"
        cve-record Documents of 2026-01-03T00:00:00Z : 1 entries, 0 rejected
        cve {"cve":"CVE-2026-109518","published_at":1767323045,"title":"Yes","kev":{"added":"2026-01-01","due":"","is_ransomware":false,"name":""},"exploitation":"public_poc","is_automatable":true,"technical_impact":"total","vectors":[{"source":"acme","text":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H","printed_x10":98}]}
    "#]],
    );
}

#[test]
fn values_that_are_none_stay_unknown() {
    check(
        &record("PUBLISHED", "", &ssvc("\"maybe\"", "\"SLOW\"", "7")),
        &expect![[r#"
        cve-record Documents of 2026-01-03T00:00:00Z : 1 entries, 0 rejected
        cve {"cve":"CVE-2026-109518","published_at":1767323045,"title":"Yes"}
    "#]],
    );
    let odd = r#"{"other":{"type":"ssvc","content":["x"]}},{"other":{"type":"kev","content":{"dateAdded":"soon"}}}"#;
    check(
        &record("PUBLISHED", "", odd),
        &expect![[r#"
        cve-record Documents of 2026-01-03T00:00:00Z : 1 entries, 0 rejected
        cve {"cve":"CVE-2026-109518","published_at":1767323045,"title":"Yes"}
    "#]],
    );
}

#[test]
fn a_rejected_cve_says_so() {
    let set = parse(record("REJECTED", "", "").as_bytes(), &Limits::default()).unwrap();
    assert!(set.cves[0].is_rejected);
}

#[test]
fn a_wrong_type_refuses_the_record() {
    check(
        &record("PUBLISHED", r#"{"cvssV3_1":{"vectorString":7}}"#, ""),
        &expect![
            "this is no CVE record as it is published: invalid type: integer `7`, expected a string at line 1 column 347"
        ],
    );
    check(
        &record("PUBLISHED", "", "").replace("CVE-2026-109518", "CVE-1"),
        &expect![
            "this is no CVE record as it is published: `CVE-1` is not a CVE identifier (it looks like CVE-2024-3094) at line 1 column 55"
        ],
    );
    check(
        "{}",
        &expect![
            "this is no CVE record as it is published: missing field `cveMetadata` at line 1 column 2"
        ],
    );
}
