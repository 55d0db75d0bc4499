use super::*;

const TEXT: &str = "\
openssl (3.0.17-1~deb12u3) bookworm-security; urgency=high

  * CVE-2026-1001 (again), and again CVE-2026-1000.

 -- A Person <a@example.org>  Sat, 29 Mar 2023 01:00:00 +0100

openssl (3.0.17-1) unstable; urgency=medium, binary-only=yes

  * Fixes CVE-2026-109518, xCVE-2026-2000, CVE-2026-1, CVE-2026-1000:
    - a thing

 -- A Person <a@example.org>  not a date

this begins no entry
openssl (3.0.17-0) experimental; urgency=low
  * Fixes CVE-2026-1001

Local variables:
mode: debian-changelog
End:
";

#[test]
fn the_lowest_version_that_names_a_cve_is_the_first_fixed() {
    let set = parse_for(TEXT.as_bytes(), "debian:12", &Limits::default()).unwrap();
    expect_test::expect![[r#"
        changelog/debian:12 Documents of 2023-03-29T00:00:00Z : 4 entries, 1 rejected
        reject line 14: it begins no entry
        advisory openssl_3.0.17-0 Security NotGiven {CVE-2026-1001} "changelog of openssl 3.0.17-0, uploaded to experimental"
        advisory openssl_3.0.17-1 Security NotGiven {CVE-2026-109518} "changelog of openssl 3.0.17-1, uploaded to unstable"
        advisory openssl_3.0.17-1~deb12u3 Security NotGiven of 2023-03-29T00:00:00Z {CVE-2026-1000} "changelog of openssl 3.0.17-1~deb12u3, uploaded to bookworm-security"
    "#]]
    .assert_eq(
        &crate::shown::set(&set).lines().filter(|l| !l.starts_with("row")).fold(
            String::new(),
            |text, line| text + line + "\n",
        ),
    );
    let rows: Vec<String> = set.rows.iter().map(crate::shown::row).collect();
    expect_test::expect![[r#"
        row debian:12 openssl < 3.0.17-1~deb12u3 Affected CVE-2026-1000 by openssl_3.0.17-1~deb12u3
        row debian:12 openssl < 3.0.17-0 Affected CVE-2026-1001 by openssl_3.0.17-0 foreign
        row debian:12 openssl < 3.0.17-1 Affected CVE-2026-109518 by openssl_3.0.17-1 foreign"#]]
    .assert_eq(&rows.join("\n"));
}

#[test]
fn json_entries_spoil_only_themselves() {
    let text = r#"[
        {"source": "a", "version": "1", "dist": "bookworm", "urgency": "low", "date": "x", "cves": ["CVE-2026-1000"]},
        {"source": "a", "version": "1", "dist": "bookworm", "date": "x", "cves": ["CVE-2026-1"]},
        {"source": "a b", "version": "1", "dist": "bookworm", "date": "x", "cves": []},
        {"source": 1}, 7]"#;
    let read = json_entries(text.as_bytes(), &Limits::default()).unwrap();
    assert_eq!((read.entries.len(), read.rejects_total), (1, 4));
    assert_eq!(read.rejects[0].pointer, "/1");
}

#[test]
fn nothing_is_read_from_no_changelog() {
    for text in ["", "[]", "[{\"source\":", "no changelog\n"] {
        parse_for(text.as_bytes(), "debian:12", &Limits::default()).unwrap_err();
    }
    assert!(matches!(parse(TEXT.as_bytes(), &Limits::default()), Err(Refused::NoStream { .. })));
}
