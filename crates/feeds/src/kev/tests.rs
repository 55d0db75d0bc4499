use super::*;
use crate::accept::{SetSummary, accept};
use expect_test::{Expect, expect};

fn catalogue(count: u64, entries: &str) -> String {
    format!(
        r#"{{"title":"x","catalogVersion":"2026.01.02","dateReleased":"2026-01-02T03:04:05.678Z","count":{count},"vulnerabilities":[{entries}],"more":{{}}}}"#
    )
}

fn entry(cve: &str, added: &str, ransomware: &str) -> String {
    format!(
        r#"{{"cveID":"{cve}","vulnerabilityName":" A\nB ","dateAdded":"{added}","dueDate":"2026-01-05","knownRansomwareCampaignUse":{ransomware},"new":[]}}"#
    )
}

fn check(text: &str, expected: &Expect) {
    let set = match parse(text.as_bytes(), &Limits::default()) {
        Ok(set) => crate::shown::set(&set),
        Err(refused) => refused.to_string(),
    };
    expected.assert_eq(&set);
}

#[test]
fn entries_are_statements_and_one_bad_entry_spoils_one_entry() {
    let entries = [
        entry("CVE-2026-109518", "2026-01-02", "\"Known\""),
        entry("CVE-2026-1", "2026-01-02", "null"),
        entry("CVE-2026-1001", "soon", "null"),
        entry("CVE-2026-1002", "2026-01-02", "7"),
        "[]".to_owned(),
        entry("CVE-2026-1003", "2026-01-02", "\"Unknown\""),
        entry("CVE-2026-1003", "2026-01-02", "\"Known\""),
    ];
    check(
        &catalogue(7, &entries.join(",")),
        &expect![[r#"
        kev Whole of 2026-01-02T03:04:05Z 2026.01.02: 7 entries, 5 rejected
        reject /vulnerabilities/1: `CVE-2026-1` is not a CVE identifier (it looks like CVE-2024-3094)
        reject /vulnerabilities/2: its dateAdded is no date
        reject /vulnerabilities/3: invalid type: integer `7`, expected a string
        reject /vulnerabilities/4: invalid length 0, expected struct Entry with 5 elements
        reject /vulnerabilities/6: CVE-2026-1003 is twice
        cve {"cve":"CVE-2026-109518","title":"A","kev":{"added":"2026-01-02","due":"2026-01-05","is_ransomware":true,"name":"A\nB"}}
        cve {"cve":"CVE-2026-1003","title":"A","kev":{"added":"2026-01-02","due":"2026-01-05","is_ransomware":false,"name":"A\nB"}}
    "#]],
    );
}

#[test]
fn a_catalogue_that_counts_more_than_it_has_is_cut_off() {
    let text = catalogue(2, &entry("CVE-2026-1001", "2026-01-02", "null"));
    let set = parse(text.as_bytes(), &Limits::default()).unwrap();
    let refused = accept(&SetSummary::default(), &set).unwrap_err();
    assert!(matches!(refused, Refused::Count { stated: 2, found: 1, .. }), "{refused:?}");
}

#[test]
fn what_is_cut_off_or_of_another_form_is_refused() {
    let text = catalogue(1, &entry("CVE-2026-1001", "2026-01-02", "null"));
    for end in 0..text.len() {
        parse(&text.as_bytes()[..end], &Limits::default()).unwrap_err();
    }
    check(
        &text.replace("2026-01-02T03:04:05.678Z", "today"),
        &expect!["this is no KEV catalogue as it is published: its dateReleased is no moment"],
    );
    check(
        &text.replace("\"vulnerabilities\"", "\"entries\""),
        &expect![
            "this is no KEV catalogue as it is published: missing field `vulnerabilities` at line 1 column 263"
        ],
    );
}
