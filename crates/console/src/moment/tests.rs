use super::*;
use expect_test::expect;

#[test]
fn a_time_reads_in_words_and_carries_its_exact_form() {
    let page = Moment::new(1_795_574_700, 1_795_574_700 + 185).to_string();
    expect![[r#"<time datetime="2026-11-25T02:45:00Z" title="2026-11-25 02:45:00 UTC">3 minutes ago</time>"#]].assert_eq(&page);
}

#[test]
fn words_look_both_ways_and_grow_with_the_distance() {
    let now = 1_795_574_700;
    let said: Vec<String> = [0, 40, 600, 7_300, 9 * 86_400, -90, -7_300]
        .iter()
        .map(|since| Moment::new(now - since, now).words)
        .collect();
    expect![[r#"
        just now
        40 seconds ago
        10 minutes ago
        2 hours ago
        9 days ago
        in 90 seconds
        in 2 hours"#]]
    .assert_eq(&said.join("\n"));
}

#[test]
fn a_clock_far_outside_the_calendar_is_shown_not_fatal() {
    assert_eq!(Moment::new(i64::MAX, 0).words, "outside the calendar");
    assert_eq!(Moment::new(i64::MIN, i64::MAX).words, "outside the calendar");
}

#[test]
fn spans_fit_a_column() {
    let spans: Vec<String> = [-3, 4, 125, 3_780, 792_000].iter().map(|s| span(*s)).collect();
    assert_eq!(spans, ["0 s", "4 s", "2 min 05 s", "1 h 03 min", "9 d 4 h"]);
}
