use super::*;

fn check(text: &str, expect: &expect_test::Expect) {
    let shown = match parse(text.as_bytes(), &Limits::default()) {
        Ok(set) => crate::shown::set(&set),
        Err(refused) => refused.to_string(),
    };
    expect.assert_eq(&shown);
}

#[test]
fn tabs_and_blanks_indent_and_every_kind_of_line_has_its_row() {
    check(
        "\
[29 Mar 2023] DSA-5380-1 xorg-server - security update
\t{CVE-2023-1393 CVE-2023-109518}
\t[bullseye] - xorg-server 2:1.20.11-1+deb11u6
        [bullseye] - xwayland <not-affected> (not in it)
        [buster] - xorg-server <unfixed> (high)
\tNOTE: text for people
[22 Apr 2014] DSA-2808-2 openjpeg - regression update
\t[wheezy] - openjpeg 1.3+dfsg-4.8
[18 Apr 2018] DSA-4205-1 jessie end-of-life
",
        &expect_test::expect![[r#"
            debian-list/DSA Whole of 2023-03-29T00:00:00Z : 3 entries, 0 rejected
            advisory DSA-5380-1 Security NotGiven of 2023-03-29T00:00:00Z {CVE-2023-1393 CVE-2023-109518} "xorg-server - security update" https://security-tracker.debian.org/tracker/DSA-5380-1
            advisory DSA-2808-2 Security NotGiven of 2014-04-22T00:00:00Z {} "openjpeg - regression update" https://security-tracker.debian.org/tracker/DSA-2808-2
            advisory DSA-4205-1 EndOfLife NotGiven of 2018-04-18T00:00:00Z {} "jessie end-of-life" https://security-tracker.debian.org/tracker/DSA-4205-1
            row debian:11 xorg-server < 2:1.20.11-1+deb11u6 Affected CVE-2023-1393 by DSA-5380-1
            row debian:11 xorg-server < 2:1.20.11-1+deb11u6 Affected CVE-2023-109518 by DSA-5380-1
            row debian:11 xwayland every version NotAffected CVE-2023-1393 by DSA-5380-1
            row debian:11 xwayland every version NotAffected CVE-2023-109518 by DSA-5380-1
            row debian:10 xorg-server every version Affected CVE-2023-1393 by DSA-5380-1
            row debian:10 xorg-server every version Affected CVE-2023-109518 by DSA-5380-1
            row debian:7 openjpeg < 1.3+dfsg-4.8 Affected - by DSA-2808-2
        "#]],
    );
}

#[test]
fn one_bad_line_spoils_its_advisory_whole_and_no_other() {
    check(
        "\
[29 Mar 2023] DLA-1-1 a - security update
\t{CVE-2023-1000}
\t[buster] - a 1.0
\t[nowhere] - a 1.1
\t[stretch] - a 1.2 trailing
[32 Mar 2023] DLA-2-1 b - security update
\t[buster] - b 1.0
[29 Mar 2023] DLA-3-1 c - security update
\t{CVE-2023-10
\t[buster] - c 1.0
[29 Mar 2023] DLA-4-1 d - security update
\t[buster] - d <maybe>
[29 Mar 2023] DLA-5-1 e - security update
\t[buster] - e 1.0
",
        &expect_test::expect![[r#"
            debian-list/DLA Whole of 2023-03-29T00:00:00Z : 5 entries, 4 rejected
            reject DLA-1-1: line 4: release `nowhere` is not known
            reject line 6: it begins no advisory
            reject DLA-3-1: line 9: the list of CVEs has no end
            reject DLA-4-1: line 12: `<maybe>` is no version
            advisory DLA-5-1 Security NotGiven of 2023-03-29T00:00:00Z {} "e - security update" https://security-tracker.debian.org/tracker/DLA-5-1
            row debian:10 e < 1.0 Affected - by DLA-5-1
        "#]],
    );
    check(
        "",
        &expect_test::expect![
            "this is no list of Debian advisories as it is published: it has no entry"
        ],
    );
}
