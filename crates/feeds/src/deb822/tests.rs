use super::*;

const STATUS: &str = "\
Package: bash
Status: install ok installed
Architecture: amd64
Source: bash (5.2.15-2)
Version: 5.2.15-2+b13
Description: shell
 Package: not-a-field
 .
 more

Package: libldb2
Status: hold ok installed
Source: samba (2:4.17.12+dfsg-0+deb12u1)
Version: 2:2.6.2+samba4.17.12+dfsg-0+deb12u1
Architecture: amd64
\t
Package: gone
Status: deinstall ok config-files
Version: 1.0
Architecture: all

Package: torn
Status: install reinstreq half-installed
Version: 1.0
Architecture: all


Package: never
Status: unknown ok not-installed

Package: strange
Status: install ok wonderful
Version: 1.0

Package: nameless source
Status: install ok installed
Version: 1.0
";

#[test]
fn sources_and_states_are_those_of_dpkg() {
    let list = status(STATUS.as_bytes(), &Limits::default()).unwrap();
    let shown: Vec<String> = list
        .items
        .iter()
        .map(|p| {
            format!("{} {} {} <- {} {}", p.state, p.name, p.version, p.source, p.source_version)
        })
        .collect();
    expect_test::expect![[r#"
        ii bash 5.2.15-2+b13 <- bash 5.2.15-2
        hi libldb2 2:2.6.2+samba4.17.12+dfsg-0+deb12u1 <- samba 2:4.17.12+dfsg-0+deb12u1
        rc gone 1.0 <- gone 1.0
        iHR torn 1.0 <- torn 1.0"#]]
    .assert_eq(&shown.join("\n"));
    assert_eq!((list.entries, list.rejects_total), (7, 2));
    assert_eq!(list.rejects[0].pointer, "line 31");
}

#[test]
fn a_file_without_packages_is_refused() {
    for text in ["", "\n\n", "no fields here\n", "Package: a\nStatus: unknown ok not-installed\n"] {
        status(text.as_bytes(), &Limits::default()).unwrap_err();
    }
}

#[test]
fn more_packages_than_rows_may_be_are_refused() {
    let limits = Limits { rows_max: 3, ..Limits::default() };
    assert!(matches!(
        status(STATUS.as_bytes(), &limits),
        Err(Refused::TooManyRows { rows_max: 3 })
    ));
}

#[test]
fn paragraphs_end_at_lines_of_blanks_and_keep_their_place() {
    let text = "\n \nA: 1\n\nB: 2\nC: 3\n \t \n\nD: 4";
    let places: Vec<(usize, usize)> =
        paragraphs(text).map(|paragraph| (paragraph.line, paragraph.fields().count())).collect();
    assert_eq!(places, [(3, 1), (5, 2), (9, 1)]);
}

const INDEX: &str = "\
Package: libssl3
Source: openssl
Version: 3.0.17-1~deb12u2
Architecture: amd64
Filename: pool/o/libssl3.deb
Size: 2030000
SHA256: 0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef

Package: openssl
Version: 3.0.17-1~deb12u3
Architecture: amd64
Phased-Update-Percentage: 0

Package: short
Version: 1
SHA256: 0123
";

#[test]
fn an_index_says_what_is_offered() {
    let list = packages(INDEX.as_bytes(), &Limits::default()).unwrap();
    assert_eq!((list.items.len(), list.entries, list.rejects_total), (2, 3, 1));
    assert_eq!(list.items[0].source, "openssl");
    assert_eq!(list.items[0].size_bytes, 2_030_000);
    assert!(list.items[0].sha256.starts_with("0123456789abcdef"));
    assert_eq!(list.items[1].phased_percent, Some(0));
}

#[test]
fn a_security_update_without_a_cve_has_a_row_under_its_label() {
    let index = packages(INDEX.as_bytes(), &Limits::default()).unwrap().items;
    let (advisory, rows) = by_label(&index, "Debian-Security", "debian:12", &[]);
    assert_eq!(advisory.id, "origin:Debian-Security");
    assert_eq!(
        crate::shown::row(&rows[0]),
        "row debian:12 openssl < 3.0.17-1~deb12u3 Affected - by origin:Debian-Security"
    );
    assert_eq!(rows.len(), 1);
    let known = Row { cve: Some("CVE-2026-1000".parse().unwrap()), ..rows[0].clone() };
    // A row of another stream explains nothing.
    let other = Row { stream: "debian:11".to_owned(), ..known.clone() };
    assert_eq!(by_label(&index, "Debian-Security", "debian:12", &[other]).1.len(), 1);
    assert_eq!(by_label(&index, "Debian-Security", "debian:12", &[known]).1.len(), 0);
}
