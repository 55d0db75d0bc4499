//! Hazards of the specification, their order, and that one entry of the KEV catalogue outweighs a
//! kernel's rows.

use super::*;
use crate::cve::merge;
use model::advisory::Feed;
use model::cve::{CveId, CveStatement, Epss, Kev, Vector};
use model::exposure::SourcedStatement;
use proptest::prelude::*;

const CVE: CveId = CveId { year: 2026, number: 1234 };
const TOTAL: &str = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";

fn facts(state: impl Fn(&mut CveStatement)) -> CveFacts {
    let mut statement = CveStatement::of(CVE);
    state(&mut statement);
    let (feed, source) = (Feed::CveRecord, "test".to_owned());
    merge(CVE, &[SourcedStatement { feed, source, learned_at: 0, gone_at: None, statement }], 0)
}

fn listed(s: &mut CveStatement) {
    let (due, name) = (String::new(), String::new());
    s.kev = Some(Kev { added: "2026-08-07".to_owned(), due, is_ransomware: false, name });
}

fn epss(s: &mut CveStatement, score_ppm: u32) {
    s.epss = Some(Epss { score_ppm, percentile_ppm: 0 });
}

fn vector(s: &mut CveStatement, text: &str) {
    s.vectors = vec![Vector { source: "cna".to_owned(), text: text.to_owned(), printed_x10: None }];
}

#[test]
fn one_listed_cve_outweighs_two_thousand_rows_of_a_kernel() {
    let row = of(&facts(|s| {
        epss(s, 1_000);
        s.technical_impact = Some(TechnicalImpact::Partial);
    }));
    let kev = of(&facts(|s| {
        listed(s);
        vector(s, TOTAL);
    }));
    assert_eq!((row.micro, row.is_guess), (500, false));
    assert_eq!((kev.micro, kev.is_guess), (4_605_170, false));
    let kernel = u64::from(row.micro) * 2_017;
    assert_eq!(kernel, 1_008_500, "1.009 units, within half a millionth a row");
    assert!(u64::from(kev.micro) > 4 * kernel);
    assert_eq!(kev.micro, MICRO_MAX);
}

#[test]
fn the_greatest_reason_for_exploitation_decides() {
    let with = |exploitation, score: u32, is_automatable| {
        of(&facts(|s| {
            s.exploitation = exploitation;
            s.is_automatable = Some(is_automatable);
            epss(s, score);
            s.technical_impact = Some(TechnicalImpact::Total);
        }))
        .micro
    };
    assert_eq!(with(None, 1_000, true), micro(1_000, TOTAL_PPM));
    assert_eq!(with(Some(Exploitation::None), 1_000, true), micro(1_000, TOTAL_PPM));
    assert_eq!(with(Some(Exploitation::PublicPoc), 1_000, false), micro(1_000, TOTAL_PPM));
    assert_eq!(with(Some(Exploitation::PublicPoc), 1_000, true), micro(100_000, TOTAL_PPM));
    assert_eq!(with(Some(Exploitation::PublicPoc), 200_000, true), micro(200_000, TOTAL_PPM));
    assert_eq!(with(Some(Exploitation::Active), 1_000, false), micro(500_000, TOTAL_PPM));
    assert_eq!(with(Some(Exploitation::Active), 900_000, false), micro(900_000, TOTAL_PPM));
}

#[test]
fn epss_never_lowers_a_listed_cve() {
    let with = |score| {
        of(&facts(|s| {
            listed(s);
            epss(s, score);
            vector(s, TOTAL);
        }))
        .micro
    };
    assert_eq!(with(10), MICRO_MAX);
    assert_eq!(with(999_999), MICRO_MAX);
}

#[test]
fn what_nobody_says_is_a_guess_and_says_so() {
    let hazard = of(&merge(CVE, &[], 0));
    assert_eq!(hazard.micro, micro(50_000, 500_000));
    assert!(hazard.is_guess);
    assert_eq!(
        hazard.because,
        ["no EPSS: 0.05 assumed", "no CVSS vector: impact 0.5 assumed", "policy hazard-1"]
    );
    assert!(of(&facts(|s| epss(s, 10))).is_guess, "no word about impact");
    assert!(of(&facts(|s| vector(s, TOTAL))).is_guess, "no word about exploitation");
}

#[test]
fn reasons_name_the_inputs() {
    let hazard = of(&facts(|s| {
        s.exploitation = Some(Exploitation::Active);
        epss(s, 48_700);
        vector(s, "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N");
    }));
    assert_eq!(
        hazard.because,
        [
            "EPSS 0.0487",
            "SSVC: actively exploited",
            "impact 0.240485 by the CVSS 3.1 of cna",
            "policy hazard-1"
        ]
    );
}

#[test]
fn a_rejected_cve_weighs_nothing() {
    let hazard = of(&facts(|s| {
        s.is_rejected = true;
        listed(s);
    }));
    assert_eq!((hazard.micro, hazard.is_guess), (0, false));
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: proptest::test_runner::RngSeed::Fixed(5),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn more_probable_or_more_to_lose_never_weighs_less(
        (p, q) in (0..=1_000_000_u32, 0..=1_000_000_u32),
        (w, v) in (0..=1_000_000_u32, 0..=1_000_000_u32),
    ) {
        let (low_p, high_p, low_w, high_w) = (p.min(q), p.max(q), w.min(v), w.max(v));
        prop_assert!(micro(low_p, low_w) <= micro(high_p, high_w));
        prop_assert!(micro(p, w) <= MICRO_MAX);
    }
}
