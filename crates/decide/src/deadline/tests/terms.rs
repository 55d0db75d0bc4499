//! Time arithmetic, row by row of the reference's table, and its edges.

use crate::deadline::calendar::{after_days, after_months, last_second, midnight};
use crate::deadline::tests::story::{Story, at, show};
use crate::deadline::{Deadline, Past, binding, deadlines};
use model::clause::{Clause, Clock, Term};

fn due(term: Term, clock: Clock, text: &str) -> Deadline {
    let story = Story::parse(text);
    let base = crate::clause::chosen(&["iso-27001".to_owned()]).remove(0);
    let clause = Clause { term, clock, ..base };
    let now = i64::from(u32::MAX);
    let facts = story.facts(now);
    deadlines(&story.subject(&facts), &[clause], now).remove(0)
}

fn check(term: Term, clock: Clock, text: &str, expected: &str) {
    assert_eq!(show(due(term, clock, text).due_at), expected);
}

#[test]
fn hours_count_instants() {
    let text = "published 2026-03-10T09:30:00Z";
    check(Term::Hours(48), Clock::VendorRelease, text, "2026-03-12T09:30:00Z");
}

#[test]
fn hours_of_a_date_start_at_its_first_second_and_say_so() {
    let deadline = due(Term::Hours(48), Clock::VendorRelease, "published 2026-03-10");
    assert_eq!(show(deadline.due_at), "2026-03-12T00:00:00Z");
    assert!(deadline.is_day_precise);
    let deadline = due(Term::Hours(48), Clock::VendorRelease, "published 2026-03-10T09:30:00Z");
    assert!(!deadline.is_day_precise);
}

#[test]
fn days_end_with_the_day() {
    let kev = "kev 2026-08-07T18:00:00Z 2026-08-07 2026-08-10\ndetected 2026-08-20T00:00:00Z";
    check(Term::Days(3), Clock::KevAdded, kev, "2026-08-10T23:59:59Z");
    let text = "detected 2026-08-07T22:00:00Z";
    check(Term::Days(14), Clock::Detected, text, "2026-08-21T23:59:59Z");
    // Clocks of Europe go forward that night; days are those of UTC.
    check(Term::Days(1), Clock::Detected, "detected 2026-03-28T23:30:00Z", "2026-03-29T23:59:59Z");
    assert_eq!(show(Some(after_days(at("2028-02-28T12:00:00Z"), 1))), "2028-02-29T23:59:59Z");
    assert_eq!(show(Some(after_days(-1, 0))), "1969-12-31T23:59:59Z");
}

#[test]
fn months_clamp_to_the_length_of_the_month() {
    let month = |from: &str, months| show(Some(after_months(at(from), months)));
    assert_eq!(month("2026-01-31T08:00:00Z", 1), "2026-02-28T23:59:59Z");
    assert_eq!(month("2028-01-31T08:00:00Z", 1), "2028-02-29T23:59:59Z");
    assert_eq!(month("2026-11-30", 3), "2027-02-28T23:59:59Z");
    assert_eq!(month("2026-08-15T23:59:59Z", 1), "2026-09-15T23:59:59Z");
}

#[test]
fn clocks_combine_and_what_is_missing_does_not_count() {
    let both = || vec![Clock::KevAdded, Clock::Detected];
    let kev = "kev 2026-08-07T18:00:00Z 2026-08-07 2026-08-10\ndetected 2026-08-20T12:00:00Z";
    let none = "detected 2026-08-20T12:00:00Z";
    let (earlier, later) = (|| Clock::EarlierOf { of: both() }, || Clock::LaterOf { of: both() });
    check(Term::Days(1), earlier(), kev, "2026-08-08T23:59:59Z");
    check(Term::Days(1), later(), kev, "2026-08-21T23:59:59Z");
    check(Term::Days(1), earlier(), none, "2026-08-21T23:59:59Z");
    check(Term::Days(1), later(), none, "2026-08-21T23:59:59Z");
}

#[test]
fn a_release_without_a_date_counts_from_detection_and_says_so() {
    let deadline = due(Term::Days(1), Clock::VendorRelease, "detected 2026-08-20T12:00:00Z");
    assert_eq!(show(deadline.due_at), "2026-08-21T23:59:59Z");
    assert_eq!(deadline.inputs.len(), 1);
    assert_eq!(
        (deadline.inputs[0].name.as_str(), deadline.inputs[0].is_defaulted),
        ("released", true)
    );
}

#[test]
fn terms_without_a_date_sort_after_those_with_one() {
    let story = Story::parse("detected 2026-08-20T12:00:00Z");
    let base = crate::clause::chosen(&["iso-27001".to_owned()]).remove(0);
    let with = |id: &str, term| Clause { id: id.to_owned(), term, ..base.clone() };
    let clauses =
        [with("a", Term::None), with("b", Term::OnUpgrade), with("c", Term::Months(1200))];
    let facts = story.facts(0);
    let subject = story.subject(&facts);
    let found = deadlines(&subject, &clauses, i64::from(u32::MAX));
    let ids: Vec<&str> = found.iter().map(|deadline| deadline.clause.as_str()).collect();
    assert_eq!(ids, ["c", "b", "a"]);
    let binding = binding(&subject, &Past::of(subject.cve, 0), &clauses, i64::from(u32::MAX));
    assert_eq!(binding.unwrap().clause.id, "c");
}

#[test]
fn only_dates_are_dates_and_the_calendar_has_an_end() {
    assert_eq!(midnight(""), None);
    assert_eq!(midnight("2026-02-30"), None);
    assert_eq!(show(last_second("2026-08-07")), "2026-08-07T23:59:59Z");
    assert_eq!(after_months(i64::MAX, 1), i64::MAX);
    assert_eq!(after_days(i64::MAX, 1), i64::MAX);
}
