use super::*;
use expect_test::{Expect, expect};

fn check(text: &str, expected: &Expect) {
    let shown = match parse(text.as_bytes(), &Limits::default()) {
        Ok(set) => crate::shown::set(&set),
        Err(refused) => refused.to_string(),
    };
    expected.assert_eq(&shown);
}

#[test]
fn lines_are_scores_in_millionths() {
    check(
        "#model_version:v2026.06.15,score_date:2026-09-29T12:00:22Z\ncve,epss,percentile\n\
         CVE-2026-109518,0.00383,0.73075\nCVE-2026-1001,1e-05,1\nCVE-2026-1002,1.5,0.1\n\
         CVE-2026-1003,0.1\nx,0.1,0.1\nCVE-2026-1004,0.9999995,0.0000004\n",
        &expect![[r#"
            epss Whole of 2026-09-29T12:00:22Z v2026.06.15: 6 entries, 3 rejected
            reject line 5: its epss is no number from 0 to 1
            reject line 6: it has no percentile
            reject line 7: `x` is not a CVE identifier (it looks like CVE-2024-3094)
            cve {"cve":"CVE-2026-109518","epss":{"score_ppm":3830,"percentile_ppm":730750}}
            cve {"cve":"CVE-2026-1001","epss":{"score_ppm":10,"percentile_ppm":1000000}}
            cve {"cve":"CVE-2026-1004","epss":{"score_ppm":1000000,"percentile_ppm":0}}
        "#]],
    );
}

#[test]
fn dates_come_in_more_than_one_form() {
    let at = |date: &str| {
        let text = format!("#model_version:v1,score_date:{date}\ncve,epss,percentile\n");
        parse(text.as_bytes(), &Limits::default()).unwrap().content_at
    };
    assert_eq!(at("2025-02-20T00:00:00+0000"), Some(1_740_009_600));
    assert_eq!(at("2025-02-20T00:00:00Z"), Some(1_740_009_600));
    assert_eq!(at("yesterday"), None);
}

#[test]
fn what_is_cut_off_or_of_another_form_is_refused() {
    check(
        "cve,epss,percentile\nCVE-2026-1001,0.1,0.1",
        &expect!["this is no EPSS day as it is published: its last line is cut off"],
    );
    check(
        "cve,score\nCVE-2026-1001,0.1\n",
        &expect![
            "this is no EPSS day as it is published: its columns are not `cve,epss,percentile`"
        ],
    );
    check(
        "",
        &expect![
            "this is no EPSS day as it is published: its columns are not `cve,epss,percentile`"
        ],
    );
}

#[test]
fn numbers_are_read_without_a_float() {
    let cases = [
        ("0", Some(0)),
        ("1", Some(1_000_000)),
        ("1.0000000", Some(1_000_000)),
        ("0.1", Some(100_000)),
        ("0.1234565", Some(123_457)),
        ("0.1234564", Some(123_456)),
        ("5.4e-04", Some(540)),
        ("1e-30", Some(0)),
        ("1.000001", None),
        ("-0.1", None),
        ("", None),
        (".5", None),
        ("0.1x", None),
        ("nan", None),
        ("1e5", None),
    ];
    for (text, expected) in cases {
        assert_eq!(millionths(text), expected, "{text}");
    }
}
