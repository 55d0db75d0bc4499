//! Support on given days; each table row has its days in order.

use super::*;
use expect_test::{Expect, expect};

fn check(os_id: &str, version: &str, day: &str, expected: &Expect) {
    let date: jiff::civil::Date = day.parse().expect("a date");
    let noon = date.at(12, 0, 0, 0).to_zoned(TimeZone::UTC).expect("a time").timestamp();
    let support = of(os_id, version, noon.as_second());
    expected.assert_eq(&format!("{:?} {:?} {}", support.status, support.ends, support.text));
}

#[test]
fn debian_moves_from_its_team_to_lts_to_the_end() {
    let check = |day, expected| check("debian", "12", day, &expected);
    check(
        "2026-07-11",
        expect![[
            r#"Supported "2026-07-11" security support by the Debian security team until 2026-07-11"#
        ]],
    );
    check(
        "2026-07-12",
        expect![[r#"LongTerm "2028-06-30" security support by Debian LTS until 2028-06-30"#]],
    );
    check(
        "2028-07-01",
        expect![[
            r#"Ended "2028-06-30" security support ended on 2028-06-30; paid support (Freexian ELTS) until 2033-06-30"#
        ]],
    );
    check("2033-07-01", expect![[r#"Ended "2028-06-30" security support ended on 2028-06-30"#]]);
}

#[test]
fn ubuntu_lts_ends_for_those_without_a_subscription() {
    let check = |version, day, expected| check("ubuntu", version, day, &expected);
    check(
        "24.04",
        "2026-11-25",
        expect![[r#"Supported "2029-05-31" security support by Ubuntu until 2029-05-31"#]],
    );
    check(
        "20.04",
        "2026-11-25",
        expect![[
            r#"Ended "2025-05-29" security support ended on 2025-05-29; with an Ubuntu Pro subscription (ESM) until 2030-04-23"#
        ]],
    );
    check(
        "16.04",
        "2026-11-25",
        expect![[
            r#"Ended "2021-04-30" security support ended on 2021-04-30; with Ubuntu Pro and its Legacy add-on until 2028-04-25"#
        ]],
    );
    check(
        "25.10",
        "2026-11-25",
        expect![[r#"Ended "2026-07-09" security support ended on 2026-07-09"#]],
    );
}

#[test]
fn what_is_not_in_the_table_is_unknown() {
    let check = |os_id, version, expected| check(os_id, version, "2026-11-25", &expected);
    check("debian", "", expect![[r#"Unknown "" rolling release: no end of support is published"#]]);
    check(
        "debian",
        "14",
        expect![[r#"Unknown "" support dates of this release are not known here"#]],
    );
    check(
        "plan9",
        "4",
        expect![[r#"Unknown "" support dates of this release are not known here"#]],
    );
    assert_eq!(of("debian", "12", i64::MAX).status, SupportStatus::Unknown);
}

#[test]
fn dates_of_each_release_are_iso_and_rise() {
    for release in RELEASES {
        let dates = [release.standard, release.long_term, release.paid[0], release.paid[1]];
        let dates: Vec<&str> = dates.into_iter().filter(|date| !date.is_empty()).collect();
        assert!(dates.iter().all(|date| date.parse::<jiff::civil::Date>().is_ok()), "{dates:?}");
        assert!(dates.is_sorted(), "{dates:?}");
    }
}
