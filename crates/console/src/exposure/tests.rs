use super::{Due, STATES, Standing, advisory_names, hazard, percent, state, tenths};
use crate::shell::Shell;
use model::exposure::{NoFix, NotKnown, NotReachable, Reach};

fn every_reach() -> Vec<Reach> {
    vec![
        Reach::Actionable { to: "2".to_owned() },
        Reach::FixNotReachable { why: NotReachable::Held },
        Reach::NoFix { why: NoFix::Open },
        Reach::NeedsReboot,
        Reach::NeedsRestart { units: vec!["nginx.service".to_owned()] },
        Reach::StaleImage,
        Reach::BootsVulnerable,
        Reach::Carried,
        Reach::Unknown { why: NotKnown::Version },
    ]
}

#[test]
fn every_state_has_words_and_no_word_is_left_over() {
    let reaches = every_reach();
    for reach in &reaches {
        let standing = Standing::of(reach, "");
        assert!(!standing.meaning.is_empty(), "{} has a meaning", reach.word());
        assert_ne!(standing.mark.word, reach.word(), "people read words, not identifiers");
    }
    assert_eq!(STATES.len(), reaches.len());
    assert!(STATES.iter().all(|known| reaches.iter().any(|reach| reach.word() == known.word)));
    assert!(state("newer").is_none());
}

#[test]
fn an_offered_version_is_named_only_where_it_is_not_the_first_fixed_one() {
    let reach = Reach::Actionable { to: "2".to_owned() };
    assert_eq!(Standing::of(&reach, "2").detail, "");
    assert_eq!(Standing::of(&reach, "1").detail, "offered: 2");
}

#[test]
fn an_archive_that_calls_an_update_a_security_update_is_named() {
    let names = ["origin:Debian-Security", "DSA-1"].map(str::to_owned);
    assert_eq!(advisory_names(&names), "security update of Debian-Security, DSA-1");
}

#[test]
fn numbers_read_as_people_write_them() {
    assert_eq!((tenths(98), tenths(100), tenths(0)), ("9.8".into(), "10.0".into(), "0.0".into()));
    assert_eq!(percent(932_100), "93.2 %");
    assert_eq!(percent(1_000_000), "100.0 %");
    assert_eq!(percent(430), "0.04 %");
    assert_eq!(percent(0), "0.00 %");
    assert_eq!(hazard(4_605_170), "4.60");
    assert_eq!(hazard(12_345_678_900), "12,345.67");
}

#[test]
fn a_deadline_says_overdue_soon_or_why_there_is_no_date() {
    let shell = Shell { now: 1_000_000, person: None, notice: String::new() };
    let word = |at| Due::new(Some(at), "c", &shell).mark.map(|mark| mark.word);
    assert_eq!(word(999_999).as_deref(), Some("overdue"));
    assert_eq!(word(1_000_000).as_deref(), Some("soon"));
    assert_eq!(word(1_000_000 + 3 * 86_400).as_deref(), Some("soon"));
    assert_eq!(word(1_000_001 + 3 * 86_400), None);
    assert_eq!(Due::new(None, "", &shell).words, "no deadline");
    assert_eq!(Due::new(None, "bod", &shell).words, "no date: at the next upgrade");
}
