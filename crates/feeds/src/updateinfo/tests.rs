//! There is no sample of a real document to test with: these follow createrepo's convention.

use super::*;

fn shown(text: &str) -> String {
    match parse(text.as_bytes(), &Limits::default()) {
        Ok(set) => crate::shown::set(&set),
        Err(refused) => format!("{refused}\n"),
    }
}

const DOCUMENT: &str = include_str!("../../tests/data/updateinfo.xml");

#[test]
fn errata_have_their_stream_module_epoch_and_architecture() {
    expect_test::expect![[r#"
        updateinfo/alma:9 Documents of 2026-04-01T00:00:00Z : 8 entries, 2 rejected
        reject XYZ-1: its id tells no publisher that is known
        reject ALSA-2026:1008: a package's epoch is no number
        advisory ALSA-2026:1001 Security High of 2026-03-02T00:00:00Z changed 2026-03-04T00:00:00Z {CVE-2026-1002 CVE-2026-100001} "Important: postgresql:15 security update" https://errata.example.org/ALSA-2026:1001
        advisory ALBA-2026:1002 Maintenance NotGiven of 2026-03-02T00:00:00Z reboot {} "bind bug fix update"
        advisory ALSA-2026:1004 Withdrawn NotGiven changed 2026-04-01T00:00:00Z withdrawn 2026-04-01T00:00:00Z {CVE-2026-1004} ""
        advisory RHSA-2026:1005 Security Medium reboot {CVE-2026-1005} ""
        advisory SUSE-SLE-Module-Basesystem-15-SP5-2026-1006 Maintenance Low {} ""
        row alma:9 postgresql module postgresql:15 < 15.6-1.module_el9.3.0+100+aaaaaaaa Affected CVE-2026-1002 by ALSA-2026:1001
        row alma:9 postgresql module postgresql:15 < 15.6-1.module_el9.3.0+100+aaaaaaaa Affected CVE-2026-100001 by ALSA-2026:1001
        row alma:9 bind arch aarch64 < 32:9.16.23-18.el9_4.1 Affected - by ALBA-2026:1002
        row alma:9 bind arch x86_64 < 32:9.16.23-18.el9_4 Affected - by ALBA-2026:1002
        row alma:9 bind-license < 9.16.23-18.el9_4 Affected - by ALBA-2026:1002
        row alma:9 glibc from 2.34-100.el9 <= 2.34-100.el9 Affected - by ALSA-2026:1004
        row rhel:9.4+eus kernel-core < 5.14.0-427.1.el9_4 Affected CVE-2026-1005 by RHSA-2026:1005 on eus
        row suse:15.5 zypper < 1.14-150500.6.1 Affected - by SUSE-SLE-Module-Basesystem-15-SP5-2026-1006
    "#]].assert_eq(&shown(DOCUMENT));
}

#[test]
fn releases_carry_the_mark_of_their_distribution() {
    let marks = [
        ("1.el9", Some("9")),
        ("1.el9_4.2", Some("9_4")),
        ("2.module_el8.6.0+3265+230ed96b", Some("8")),
        ("3.module+el9.1.0+1+x", Some("9")),
        ("1.fc40", Some("40")),
        ("4.amzn2023.0.1", Some("2023")),
        ("150500.3.1", None),
        ("1.label9", None),
    ];
    for (release, mark) in marks {
        let update = format!(
            "<updates><update><id>ALSA-1</id><pkglist><collection>\
             <package name='a' version='1' release='{release}'/></collection></pkglist></update></updates>"
        );
        let set = parse(update.as_bytes(), &Limits::default()).unwrap();
        let stream = set.rows.first().map(|row| row.stream.replace("alma:", ""));
        let major = mark.map(|mark| mark.split('_').next().unwrap().to_owned());
        assert_eq!(stream, major, "{release}");
        assert_eq!(set.rejects_total, u64::from(mark.is_none()), "{release}");
    }
}

#[test]
fn a_document_that_is_cut_off_is_refused() {
    let cut = &DOCUMENT[..DOCUMENT.len() / 2];
    assert!(shown(cut).starts_with("this is no updateinfo document"), "{}", shown(cut));
    assert!(shown("<html/>").contains("root"));
}
