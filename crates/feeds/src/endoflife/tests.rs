use super::*;

fn shown(set: Result<RowSet, Refused>) -> String {
    set.map_or_else(|refused| format!("{refused}\n"), |set| crate::shown::set(&set))
}

const PAGE: &str = "\
---
title: Debian
permalink: /debian
auto:
  methods:
    - release_table: https://example.org
      fields:
        eol: \"End of life\"
      releases:
        - { name: \"2.0\" }

# Newest first
releases:
  - releaseCycle: \"13\"  # a remark
    codename: 'Trixie'
    releaseDate: 2025-08-09
    eol: 2028-08-09 # estimated
    eoes: false
    link: >
      eol: soon

  - releaseCycle: \"12\"
    eoas: true
    eol: 2026-07-11
    eoes: 2028-06-30

  - releaseCycle: \"11\"
    eol: soon
  - eol: 2024-08-14
  - releaseCycle: \"10\"
---
releases:
  - releaseCycle: \"1\"
";

#[test]
fn only_the_releases_of_the_front_matter_are_read() {
    expect_test::expect![[r#"
        endoflife/debian Whole of no time : 5 entries, 3 rejected
        reject debian: line 27: an end is neither a date nor yes or no
        reject debian: line 29: it has no releaseCycle
        reject debian: line 30: it has no eol
        lifecycle debian:13, eol Full 2028-08-09, eoes CommunityLts not known
        lifecycle debian:12, eoas Full ended, eol Maintenance 2026-07-11, eoes CommunityLts 2028-06-30
    "#]]
    .assert_eq(&shown(parse(PAGE.as_bytes(), &Limits::default())));
}

#[test]
fn a_page_without_end_or_releases_is_refused() {
    let cut = PAGE.split_once("---\nreleases").unwrap().0;
    assert!(shown(parse(cut.as_bytes(), &Limits::default())).contains("cut off"));
    let none = PAGE.replace("\nreleases:", "\nother:");
    assert!(shown(parse(none.as_bytes(), &Limits::default())).contains("no releases"));
    let nameless = PAGE.replace("permalink", "other");
    assert!(shown(parse(nameless.as_bytes(), &Limits::default())).contains("name its product"));
    let named = parse_for(nameless.as_bytes(), "sles", &Limits::default());
    assert!(shown(named).contains("lifecycle suse:13"));
}

#[test]
fn the_interface_says_the_same_in_two_fields() {
    let text = r#"{"schema_version": "1.2.0", "total": 1, "result": [{"name": "windows-server", "label": "x",
        "releases": [
            {"name": "2025", "isLts": true, "isEoas": false, "eoasFrom": "2029-11-13", "isEol": false, "eolFrom": "2034-11-14"},
            {"name": "23H2", "isEol": true, "eolFrom": null, "isEoes": null},
            {"name": "x", "isEol": false, "eolFrom": "later"}]}]}"#;
    expect_test::expect![[r#"
        endoflife/windows-server Whole of no time : 3 entries, 1 rejected
        reject windows-server: /releases/2: an end is neither a date nor yes or no
        lifecycle windows:2025, eoas Full 2029-11-13, eol Maintenance 2034-11-14
        lifecycle windows:23h2, eol Full ended
    "#]]
    .assert_eq(&shown(parse(text.as_bytes(), &Limits::default())));
}

#[test]
fn release_data_takes_its_product_from_its_file() {
    let text = r#"{"releases": {"9": {"name": "9", "eoas": "2027-05-31", "eol": "2032-05-31"},
        "10": {"name": "10", "eol": false}, "8": {"name": "8", "releaseDate": "2019-05-07"}}, "versions": {}}"#;
    expect_test::expect![[r#"
        endoflife-data/centos-stream Whole of no time : 3 entries, 0 rejected
        lifecycle centos:10, eol Full not known
        lifecycle centos:9, eoas Full 2027-05-31, eol Maintenance 2032-05-31
        lifecycle centos-stream:8
    "#]]
    .assert_eq(&shown(parse_for(text.as_bytes(), "centos-stream", &Limits::default())));
    assert!(shown(parse(text.as_bytes(), &Limits::default())).contains("name its product"));
    assert_eq!(product_in("a.tar.xz/release-data/alpine-linux.json"), "alpine-linux");
    assert_eq!(product_in("input"), "input");
}
