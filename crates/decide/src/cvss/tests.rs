//! Vectors of each version by hand; all 2,592 of version 3.1 and 39,440 published ones are in
//! `tests/it`.

use super::*;
use expect_test::{Expect, expect};

fn check(vector: &str, expected: &Expect) {
    let text = match score(vector) {
        Ok(s) => format!(
            "{} {} impact {} automatable {} total {}",
            s.version, s.x10, s.impact_ppm, s.is_automatable, s.is_total
        ),
        Err(e) => e.to_string(),
    };
    expected.assert_eq(&text);
}

#[test]
fn each_version_has_its_own_formula() {
    check(
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        &expect!["3.1 98 impact 1000000 automatable true total true"],
    );
    check(
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H",
        &expect!["3.1 100 impact 1000000 automatable true total true"],
    );
    check(
        "CVSS:3.0/AV:L/AC:H/PR:L/UI:R/S:U/C:L/I:N/A:N",
        &expect!["3.0 22 impact 240485 automatable false total false"],
    );
    check(
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N",
        &expect!["3.1 0 impact 0 automatable true total false"],
    );
    check(
        "AV:N/AC:L/Au:N/C:C/I:C/A:C",
        &expect!["2.0 100 impact 1000000 automatable true total true"],
    );
    check(
        "(AV:N/AC:M/Au:S/C:P/I:N/A:N)",
        &expect!["2.0 35 impact 286250 automatable false total false"],
    );
    check(
        "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
        &expect!["4.0 93 impact 1000000 automatable true total true"],
    );
    check(
        "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:P/VC:N/VI:N/VA:N/SC:L/SI:L/SA:N",
        &expect!["4.0 53 impact 428064 automatable false total false"],
    );
}

#[test]
fn temporal_metrics_do_not_change_the_base_score() {
    let base = score("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N").unwrap();
    let temporal = score("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N/E:P/RL:O/RC:C").unwrap();
    assert_eq!(base, temporal);
}

#[test]
fn what_is_no_complete_vector_has_no_score() {
    check("", &expect!["`` is not a CVSS vector: invalid CVSS metric group component: ``"]);
    check(
        "9.8",
        &expect!["`9.8` is not a CVSS vector: invalid CVSS metric group component: `9.8`"],
    );
    check(
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H",
        &expect!["`CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H` is not a CVSS vector: `A` is missing"],
    );
    check(
        "CVSS:3.1/AV:N/AV:L/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        &expect![
            "`CVSS:3.1/AV:N/AV:L/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H` is not a CVSS vector: duplicate CVSSv3 AV (Attack Vector) metric"
        ],
    );
    check(
        "CVSS:3.1/AV:Z/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        &expect![
            "`CVSS:3.1/AV:Z/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H` is not a CVSS vector: invalid CVSSv3 AV (Attack Vector) metric: `Z`"
        ],
    );
    check(
        "CVSS:5.0/AV:N",
        &expect!["`CVSS:5.0/AV:N` is not a CVSS vector: unsupported CVSS version: 5.0"],
    );
    check(
        "AV:N/AC:L/Au:N/C:C/I:C",
        &expect![
            "`AV:N/AC:L/Au:N/C:C/I:C` is not a CVSS vector: missing mandatory CVSSv2 A (Availability Impact) metric"
        ],
    );
    check(
        &format!("CVSS:3.1/{}", "AV:N/".repeat(200)),
        &expect![
            "`CVSS:3.1/AV:N/AV:N/AV:N/AV:N/AV:N/AV:N/AV:N/AV:N/AV:N/AV:N/AV:N/AV:N/AV:N/AV:N/AV:N/AV:N/AV:N/AV:N/AV:N/AV:N/AV:N/AV:N/A` is not a CVSS vector: it is longer than 512 bytes"
        ],
    );
}

#[test]
fn bands_meet_without_a_gap() {
    let bands = [0, 1, 39, 40, 69, 70, 89, 90, 100].map(band);
    let expected =
        ["none", "low", "low", "medium", "medium", "high", "high", "critical", "critical"];
    assert_eq!(bands, expected);
}

#[test]
fn the_meaning_alone_is_that_of_the_scored_vector() {
    for vector in [
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:L/A:N",
        "cvss:3.1/av:n/ac:l/pr:n/ui:n/s:c/c:h/i:l/a:n",
        "CVSS:3.0/AV:L/AC:H/PR:L/UI:R/S:U/C:L/I:N/A:N/E:P",
        "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:P/VC:N/VI:N/VA:N/SC:L/SI:H/SA:N",
        "(AV:N/AC:M/Au:S/C:P/I:C/A:N)",
    ] {
        let Ok(Scored { impact_ppm, is_automatable, is_total, .. }) = score(vector) else {
            assert_eq!(vector.get(..4), Some("cvss"), "{vector}: the prefix is in capitals");
            continue;
        };
        let both = Meaning { impact_ppm, is_automatable, is_total };
        assert_eq!(meaning(vector), Some(both), "{vector}");
    }
    assert_eq!(meaning("CVSS:3.1/AV:N"), None);
    assert_eq!(meaning(""), None);
}
