//! Which statement decides, and that their order does not.

use super::*;
use model::cve::{CveStatement, Vector};
use proptest::prelude::*;

const CVE: CveId = CveId { year: 2026, number: 109_518 };
const V31: &str = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
const V31_LOW: &str = "CVSS:3.1/AV:L/AC:H/PR:L/UI:R/S:U/C:L/I:N/A:N";
const V4: &str = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N";

fn says(feed: Feed, learned_at: i64, state: impl Fn(&mut CveStatement)) -> SourcedStatement {
    let mut statement = CveStatement::of(CVE);
    state(&mut statement);
    let source = feed.word().to_owned();
    SourcedStatement { feed, source, learned_at, gone_at: None, statement }
}

fn kev(added: &str) -> Option<Kev> {
    let due = "2026-08-10".to_owned();
    Some(Kev { added: added.to_owned(), due, is_ransomware: false, name: "Name".to_owned() })
}

fn vector(source: &str, text: &str, printed_x10: Option<u16>) -> Vector {
    Vector { source: source.to_owned(), text: text.to_owned(), printed_x10 }
}

#[test]
fn numbers_of_six_digits_and_more_are_cves() {
    assert_eq!(CVE.to_string(), "CVE-2026-109518");
    assert_eq!("CVE-2026-109518".parse(), Ok(CVE));
    assert_eq!("CVE-1999-0001".parse::<CveId>().unwrap().to_string(), "CVE-1999-0001");
}

#[test]
fn without_statements_nothing_is_known() {
    let facts = merge(CVE, &[], 0);
    assert_eq!((facts.cve, facts.exploitation, facts.scores.len()), (CVE, None, 0));
    assert!(!facts.is_rejected && !facts.was_in_kev && facts.kev.is_none());
}

#[test]
fn the_catalogue_wins_over_ssvc_and_cisa_over_nvd() {
    let record = says(Feed::CveRecord, 5, |s| {
        s.exploitation = Some(Exploitation::PublicPoc);
        s.is_automatable = Some(false);
    });
    let nvd = says(Feed::Nvd, 9, |s| {
        s.exploitation = Some(Exploitation::Active);
        s.is_automatable = Some(true);
        s.technical_impact = Some(TechnicalImpact::Total);
    });
    let facts = merge(CVE, &[nvd.clone(), record.clone()], 10);
    assert_eq!(facts.exploitation, Some(Exploitation::PublicPoc));
    assert_eq!(facts.is_automatable, Some(false));
    // What only NVD states is taken from it.
    assert_eq!(facts.technical_impact, Some(TechnicalImpact::Total));
    let listed = says(Feed::Kev, 7, |s| s.kev = kev("2026-08-07"));
    let facts = merge(CVE, &[nvd, record, listed], 10);
    assert_eq!(facts.exploitation, Some(Exploitation::Active));
    assert_eq!(facts.kev_known_at, Some(7));
}

#[test]
fn an_entry_that_was_removed_is_remembered() {
    let mut listed = says(Feed::Kev, 7, |s| s.kev = kev("2026-08-07"));
    listed.gone_at = Some(20);
    let at = |now| {
        let facts = merge(CVE, std::slice::from_ref(&listed), now);
        (facts.kev.is_some(), facts.was_in_kev, facts.kev_known_at)
    };
    assert_eq!(at(6), (false, false, None));
    assert_eq!(at(7), (true, false, Some(7)));
    assert_eq!(at(19), (true, false, Some(7)));
    assert_eq!(at(20), (false, true, Some(7)));
    // An edited entry is a new statement, not a removal; the first sight counts.
    let edited = says(Feed::Kev, 20, |s| s.kev = kev("2026-08-07"));
    let facts = merge(CVE, &[listed, edited], 30);
    assert_eq!((facts.kev.is_some(), facts.was_in_kev, facts.kev_known_at), (true, false, Some(7)));
}

#[test]
fn the_catalogues_entry_is_completed_and_never_replaced_by_others() {
    let listed = says(Feed::Kev, 1, |s| {
        s.kev = kev("2026-08-07");
        s.kev.as_mut().unwrap().is_ransomware = true;
    });
    let record = says(Feed::CveRecord, 1, |s| {
        s.kev = kev("2026-08-06");
        s.kev.as_mut().unwrap().due = String::new();
    });
    let facts = merge(CVE, &[record.clone(), listed], 1);
    let entry = facts.kev.unwrap();
    assert_eq!((entry.added.as_str(), entry.is_ransomware), ("2026-08-07", true));
    // Only CISA's supplement of the CVE record speaks of it: that is listed too, without the
    // removal flag.
    let nvd = says(Feed::Nvd, 1, |s| s.kev = kev("2026-08-01"));
    let facts = merge(CVE, &[nvd, record], 1);
    let entry = facts.kev.unwrap();
    assert_eq!((entry.added.as_str(), entry.due.as_str()), ("2026-08-06", "2026-08-10"));
    assert!(!facts.was_in_kev);
}

#[test]
fn a_rejection_holds_until_it_is_taken_back() {
    let mut rejected = says(Feed::CveRecord, 3, |s| s.is_rejected = true);
    assert!(merge(CVE, std::slice::from_ref(&rejected), 3).is_rejected);
    assert!(!merge(CVE, std::slice::from_ref(&rejected), 2).is_rejected);
    rejected.gone_at = Some(9);
    assert!(!merge(CVE, &[rejected], 9).is_rejected);
}

#[test]
fn scores_come_from_vectors_and_contradictions_are_shown() {
    let record = says(Feed::CveRecord, 1, |s| {
        s.vectors = vec![
            vector("CISA-ADP", V31_LOW, Some(22)),
            vector("cna", V4, Some(93)),
            vector("cna", V31, Some(91)),
            vector("cna", "CVSS:3.1/nonsense", Some(100)),
        ];
    });
    let nvd = says(Feed::Nvd, 1, |s| s.vectors = vec![vector("NVD", V31, None)]);
    let facts = merge(CVE, &[nvd, record], 1);
    let shown: Vec<_> = facts
        .scores
        .iter()
        .map(|s| (s.version.as_str(), s.source.as_str(), s.x10, s.printed_x10))
        .collect();
    assert_eq!(
        shown,
        [
            ("3.1", "cna", 98, Some(91)),
            ("3.1", "CISA-ADP", 22, None),
            ("3.1", "NVD", 98, None),
            ("4.0", "cna", 93, None),
        ]
    );
    // What cannot be read is kept where it was stated.
    assert_eq!(facts.statements[0].statement.vectors.len(), 4);
}

#[test]
fn missing_ssvc_values_are_derived_from_the_vector_and_marked() {
    let with_vector = |text: &str| {
        let says = says(Feed::CveRecord, 1, |s| s.vectors = vec![vector("cna", text, None)]);
        ssvc(&merge(CVE, &[says], 1))
    };
    let derived = with_vector(V31);
    assert_eq!(derived.is_automatable, Some(Given { value: true, is_derived: true }));
    let total = Given { value: TechnicalImpact::Total, is_derived: true };
    assert_eq!(derived.technical_impact, Some(total));
    assert_eq!(derived.exploitation, Given { value: Exploitation::None, is_derived: true });
    assert_eq!(with_vector(V4).technical_impact, Some(total));
    assert!(!with_vector(V31_LOW).is_automatable.unwrap().value);
    assert_eq!(ssvc(&merge(CVE, &[], 1)).is_automatable, None);
    let stated = says(Feed::CveRecord, 1, |s| {
        s.is_automatable = Some(false);
        s.vectors = vec![vector("cna", V31, None)];
    });
    let stated = ssvc(&merge(CVE, &[stated], 1));
    assert_eq!(stated.is_automatable, Some(Given { value: false, is_derived: false }));
}

#[test]
fn the_latest_epss_counts_and_a_new_model_is_no_news() {
    let epss = |score_ppm| Epss { score_ppm, percentile_ppm: 0 };
    let day = |learned_at, score| says(Feed::Epss, learned_at, |s| s.epss = Some(epss(score)));
    assert_eq!(merge(CVE, &[day(2, 10), day(1, 90)], 5).epss, Some(epss(10)));
    let (low, high) = (epss(99_999), epss(100_000));
    assert!(rose_to_watch_line((low, "v2026.06.15"), (high, "v2026.06.15")));
    assert!(!rose_to_watch_line((low, "v2025.03.14"), (high, "v2026.06.15")));
    assert!(!rose_to_watch_line((low, ""), (high, "")));
    assert!(!rose_to_watch_line((high, "v2026.06.15"), (high, "v2026.06.15")));
    assert!(!rose_to_watch_line((high, "v2026.06.15"), (low, "v2026.06.15")));
}

#[test]
fn statements_about_others_and_from_the_future_do_not_count() {
    let mut other = says(Feed::CveRecord, 1, |s| s.title = "other".to_owned());
    other.statement.cve = CveId { year: 2026, number: 1 };
    let later = says(Feed::CveRecord, 9, |s| s.title = "later".to_owned());
    let facts = merge(CVE, &[other, later], 5);
    assert_eq!((facts.title.as_str(), facts.statements.len()), ("", 0));
}

fn any_statement() -> impl Strategy<Value = SourcedStatement> {
    let feeds =
        prop::sample::select(vec![Feed::Kev, Feed::CveRecord, Feed::Nvd, Feed::Csaf, Feed::Epss]);
    let exploitation = [Exploitation::None, Exploitation::PublicPoc, Exploitation::Active];
    let stated = (
        prop::option::of(prop::sample::select(exploitation.to_vec())),
        prop::option::of(any::<bool>()),
        prop::option::of("2026-0[1-3]-01"),
        prop::option::of(0..3_u32),
        prop::sample::subsequence(vec![V31, V31_LOW, V4, "nonsense"], 0..3),
        "[ab]?",
    );
    (feeds, 0..4_i64, prop::option::of(3..6_i64), any::<bool>(), stated).prop_map(
        |(feed, learned_at, gone_at, is_ransomware, stated)| {
            let (exploitation, automatable, added, epss, vectors, title) = stated;
            let mut said = says(feed, learned_at, |s| {
                s.exploitation = exploitation;
                s.is_automatable = automatable;
                s.title.clone_from(&title);
                s.kev = added.as_deref().and_then(kev);
                if let Some(kev) = &mut s.kev {
                    kev.is_ransomware = is_ransomware;
                }
                s.epss = epss.map(|score_ppm| Epss { score_ppm, percentile_ppm: 0 });
                s.published_at = epss.map(i64::from);
                s.vectors = vectors.iter().map(|text| vector(&title, text, Some(98))).collect();
            });
            said.gone_at = gone_at;
            said
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: proptest::test_runner::RngSeed::Fixed(11),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_order_and_the_repetition_of_statements_change_nothing(
        statements in prop::collection::vec(any_statement(), 0..6),
        seed in any::<u64>(),
    ) {
        let mut shuffled = statements.clone();
        shuffled.extend(statements.first().cloned());
        shuffled.sort_by_key(|s| {
            let mix = |sum: u64, b: u8| sum.rotate_left(7) ^ u64::from(b).wrapping_mul(0x9e37_79b9);
            format!("{s:?}").bytes().fold(seed, mix)
        });
        let facts = merge(CVE, &statements, 4);
        prop_assert_eq!(&facts, &merge(CVE, &shuffled, 4));
        // Merging what was kept gives the same again.
        prop_assert_eq!(&facts, &merge(CVE, &facts.statements, 4));
        prop_assert!(facts.kev.is_none() || facts.exploitation == Some(Exploitation::Active));
        prop_assert!(!facts.was_in_kev || facts.kev_known_at.is_some());
    }
}
