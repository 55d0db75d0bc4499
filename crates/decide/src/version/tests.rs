//! Vectors from deb-version(7) and from hard cases; the comparison with dpkg itself is in `tests/it`.

use super::*;
use proptest::prelude::*;

fn check(ordered: &[&str]) {
    for (at, a) in ordered.iter().enumerate() {
        for (other, b) in ordered.iter().enumerate() {
            assert_eq!(compare(a, b), at.cmp(&other), "{a} against {b}");
        }
    }
}

#[test]
fn tilde_sorts_before_everything_even_the_end() {
    check(&["1.0~~", "1.0~~a", "1.0~", "1.0~rc1", "1.0", "1.0a", "1.0+b1", "1.0.1"]);
}

#[test]
fn epochs_beat_versions_and_versions_beat_revisions() {
    check(&["9.9-9", "1:0.1-1", "1:0.1-2", "1:0.2-1", "2:0", "10:0"]);
}

#[test]
fn numbers_compare_by_value_whatever_their_length() {
    check(&["1.9", "1.10", "1.99999999999999999999999999", "1.100000000000000000000000000"]);
}

#[test]
fn stable_updates_sort_between_the_versions_that_they_sit_between() {
    check(&["3.0.11-1~deb12u1", "3.0.11-1~deb12u2", "3.0.11-1", "3.0.11-1+deb12u1", "3.0.11-2"]);
    check(&["2.7.4+reloaded2-13", "2.7.4+reloaded2-13+deb9u1"]);
}

#[test]
fn different_spellings_can_be_equal() {
    for (a, b) in [
        ("1.0", "1.0-0"),
        ("0:1.0", "1.0"),
        ("1.0-0", "1.0-00"),
        ("1.01", "1.1"),
        ("00:1", "1"),
        ("", ""),
        ("", "0"),
    ] {
        assert_eq!(compare(a, b), Ordering::Equal, "{a} against {b}");
    }
}

#[test]
fn only_the_last_hyphen_begins_the_revision() {
    check(&["1.0-a-1", "1.0-a-2", "1.0-b-1"]);
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: proptest::test_runner::RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_order_is_total(
        a in "[0-9a~+.:-]{0,8}", b in "[0-9a~+.:-]{0,8}", c in "[0-9a~+.:-]{0,8}",
    ) {
        prop_assert_eq!(compare(&a, &a), Ordering::Equal);
        prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
        if compare(&a, &b) != Ordering::Greater && compare(&b, &c) != Ordering::Greater {
            prop_assert_ne!(compare(&a, &c), Ordering::Greater);
        }
    }

    #[test]
    fn no_text_panics(a in "\\PC{0,20}", b in "\\PC{0,20}") {
        let _ = compare(&a, &b);
    }
}
