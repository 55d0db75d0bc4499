use super::*;

const ENDED: &str = "
# List of packages whose security support ends before the distribution EOL

wpewebkit\t2.38.6-1\t\t2023-05-09\thttps://bugs.debian.org/1035794
php-horde.*\t0  \t 2025-03-22\thttps://lists.debian.org/x.html; incompatible with PHP8
pdns            4.7.3-2                 2025-10-01
broken          4.7.3-2                 soon
.*              0                       2025-10-01
";

#[test]
fn columns_stand_apart_by_tabs_and_blanks() {
    let set = parse_for(ENDED.as_bytes(), "debian:12", &Limits::default()).unwrap();
    expect_test::expect![[r#"
        debian-support/ended/debian:12 Whole of no time : 5 entries, 2 rejected
        reject line 7: its third column is no date
        reject line 8: its first column is no name or plain pattern
        advisory security-support-ended:wpewebkit EndOfLife NotGiven of 2023-05-09T00:00:00Z {} "https://bugs.debian.org/1035794" https://bugs.debian.org/1035794
        advisory security-support-ended:php-horde.* EndOfLife NotGiven of 2025-03-22T00:00:00Z {} "https://lists.debian.org/x.html; incompatible with PHP8" https://lists.debian.org/x.html
        advisory security-support-ended:pdns EndOfLife NotGiven of 2025-10-01T00:00:00Z {} ""
        lifecycle debian:12 package wpewebkit last 2.38.6-1, ended Full 2023-05-09
        lifecycle debian:12 package php-horde.* last 0, ended Full 2025-03-22
        lifecycle debian:12 package pdns last 4.7.3-2, ended Full 2025-10-01
    "#]]
    .assert_eq(&crate::shown::set(&set));
}

#[test]
fn limits_are_words() {
    let text =
        "# List of packages where security support is limited\n\nadns\tOnly trusted\ngolang.*\n";
    let set = parse_for(text.as_bytes(), "debian:12", &Limits::default()).unwrap();
    expect_test::expect![[r#"
        debian-support/limited/debian:12 Whole of no time : 2 entries, 1 rejected
        reject line 4: it does not say how support is limited
        lifecycle debian:12 package adns, limited: Only trusted
    "#]]
    .assert_eq(&crate::shown::set(&set));
}

#[test]
fn a_list_of_no_known_release_holds_nowhere() {
    assert!(matches!(parse(ENDED.as_bytes(), &Limits::default()), Err(Refused::NoStream { .. })));
    assert!(matches!(
        parse_for(b"adns\tOnly trusted\n", "debian:12", &Limits::default()),
        Err(Refused::Form { .. })
    ));
}

#[test]
fn a_list_may_be_called_after_its_release() {
    assert_eq!(stream_in("x/security-support-ended.deb12").as_deref(), Some("debian:12"));
    for name in ["security-support-ended", "a.deb", "a.deb1234", "a.debx"] {
        assert_eq!(stream_in(name), None, "{name}");
    }
}
