use super::*;

fn shown(text: &str) -> String {
    match parse(text.as_bytes(), &Limits::default()) {
        Ok(set) => crate::shown::set(&set),
        Err(refused) => format!("{refused}\n"),
    }
}

const JSON: &str = r#"{"distroversion": "v3.19", "reponame": "main", "archs": ["x86_64"], "packages": [
    {"pkg": {"name": "xen", "secfixes": {
        "4.15.0-r1": ["XSA-373"],
        "4.15.1-r0": ["CVE-2021-28702 XSA-386", "CVE-2021-28702", "CVE-2021-2870x"],
        "0": ["CVE-2020-29569 (alias)"]}}},
    {"pkg": {"name": "none", "secfixes": {}}},
    {"pkg": {"name": 7}}]}"#;

const YAML: &str = "---
distroversion: v3.19
reponame: main
archs:
- x86_64
packages:
- pkg:
    name: xen
    secfixes:
      4.15.0-r1:
      - XSA-373
      4.15.1-r0:
      - CVE-2021-28702 XSA-386
      - CVE-2021-28702
      - CVE-2021-2870x
      '0':
      - CVE-2020-29569 (alias)
- pkg:
    name: none
";

#[test]
fn version_zero_says_never_affected_and_other_names_are_kept() {
    expect_test::expect![[r#"
        secdb/v3.19/main Whole of no time : 6 entries, 2 rejected
        reject /packages/2: invalid type: integer `7`, expected a string at line 1 column 18
        reject xen 4.15.1-r0: one of its identifiers is a malformed CVE
        advisory xen-0 Security NotGiven {CVE-2020-29569} "xen is not affected (alias)" https://security.alpinelinux.org/srcpkg/xen
        advisory xen-4.15.0-r1 Security NotGiven {} "fixed in xen 4.15.0-r1 (XSA-373)" https://security.alpinelinux.org/srcpkg/xen
        advisory xen-4.15.1-r0 Security NotGiven {CVE-2021-28702} "fixed in xen 4.15.1-r0 (XSA-386)" https://security.alpinelinux.org/srcpkg/xen
        row alpine:3.19 xen every version NotAffected CVE-2020-29569 by xen-0
        row alpine:3.19 xen < 4.15.0-r1 Affected - by xen-4.15.0-r1
        row alpine:3.19 xen < 4.15.1-r0 Affected CVE-2021-28702 by xen-4.15.1-r0
    "#]]
    .assert_eq(&shown(JSON));
}

#[test]
fn both_notations_bring_the_same_rows() {
    let json = parse(JSON.as_bytes(), &Limits::default()).unwrap();
    let yaml = parse(YAML.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(json.rows, yaml.rows);
    assert_eq!(json.advisories, yaml.advisories);
    assert_eq!((yaml.entries, yaml.rejects_total), (5, 1));
}

#[test]
fn a_document_without_a_branch_would_hold_everywhere() {
    assert!(shown(&JSON.replace("v3.19", "")).contains("no branch"));
    assert!(shown(&JSON.replace("v3.19", "v3.x")).contains("no branch"));
    assert!(shown(&JSON.replace("v3.19", "edge")).contains("row alpine:edge xen"));
}

#[test]
fn yaml_of_another_kind_is_refused_not_guessed() {
    for (from, to) in [
        ("name: xen", "name: &anchor xen"),
        ("name: xen", "name: !!str xen"),
        ("- XSA-373", "- |"),
        ("secfixes:\n", "secfixes: {}\n"),
        ("'0':", "'0:"),
        ("- pkg:\n    name: none", "-   name: none"),
    ] {
        let text = YAML.replacen(from, to, 1);
        assert!(shown(&text).starts_with("this is no secdb"), "{to}: {}", shown(&text));
    }
}
