use super::*;
use expect_test::{Expect, expect};
use model::advisory::{Feed, Row, RowState, Until};

/// A set of so many rows, entries and rejects.
fn set(rows: usize, entries: u64, rejects: u64, content_at: Option<i64>) -> RowSet {
    let mut set = RowSet::new(Feed::DebianTracker, "debian-tracker", Extent::Whole);
    let row = Row {
        advisory: "A".to_owned(),
        cve: None,
        stream: "debian:12".to_owned(),
        package: "a".to_owned(),
        module: String::new(),
        arch: String::new(),
        from: String::new(),
        until: Until::Open,
        state: RowState::Affected,
        channel: String::new(),
        is_foreign: false,
    };
    set.rows = vec![row; rows];
    set.entries = entries;
    set.content_at = content_at;
    for at in 0..rejects {
        set.reject(&format!("line {at}"), "why");
    }
    set
}

fn check(old: &SetSummary, new: &RowSet, expected: &Expect) {
    let shown = match accept(old, new) {
        Ok(()) => "taken".to_owned(),
        Err(refused) => {
            assert!(refused.may_be_accepted());
            refused.to_string()
        }
    };
    expected.assert_eq(&shown);
}

#[test]
fn one_reject_in_a_hundred_is_taken_and_more_is_not() {
    let none = SetSummary::default();
    check(&none, &set(1, 200, 2, None), &expect!["taken"]);
    check(
        &none,
        &set(1, 200, 3, None),
        &expect![
            "3 of 200 entries cannot be used, more than 1 in 100: look at them, then accept it by name"
        ],
    );
    check(
        &none,
        &set(0, 1, 1, None),
        &expect![
            "1 of 1 entries cannot be used, more than 1 in 100: look at them, then accept it by name"
        ],
    );
}

#[test]
fn fewer_than_four_fifths_of_the_rows_is_not_taken() {
    let old = SetSummary::of(&set(100, 100, 0, None));
    check(&old, &set(80, 100, 0, None), &expect!["taken"]);
    check(
        &old,
        &set(79, 100, 0, None),
        &expect![
            "it has 79 rows where there were 100, fewer than 80 %: if that is right, accept it by name"
        ],
    );
    check(
        &old,
        &set(0, 0, 0, None),
        &expect![
            "it has 0 rows where there were 100, fewer than 80 %: if that is right, accept it by name"
        ],
    );
}

#[test]
fn older_content_than_what_is_here_is_not_taken() {
    let old = SetSummary::of(&set(1, 1, 0, Some(1_800_000_000)));
    check(&old, &set(1, 1, 0, Some(1_800_000_000)), &expect!["taken"]);
    check(&old, &set(1, 1, 0, None), &expect!["taken"]);
    check(
        &old,
        &set(1, 1, 0, Some(1_700_000_000)),
        &expect![
            "its content is of 2023-11-14T22:13:20Z, older than what is here (2027-01-15T08:00:00Z): if that is right, accept it by name"
        ],
    );
}

#[test]
fn a_count_that_is_not_met_is_a_cut_off_file() {
    let mut cut = set(2, 2, 0, None);
    cut.entries_stated = Some(3);
    check(
        &SetSummary::default(),
        &cut,
        &expect!["`debian-tracker` states 3 entries and has 2: it is cut off, fetch it anew"],
    );
}

#[test]
fn single_documents_may_be_few_and_old() {
    let old = SetSummary::of(&set(100, 100, 0, Some(2_000_000_000)));
    let mut one = set(1, 1, 0, Some(1));
    one.extent = Extent::Documents;
    check(&old, &one, &expect!["taken"]);
    one.reject("x", "y");
    check(
        &old,
        &one,
        &expect![
            "1 of 1 entries cannot be used, more than 1 in 100: look at them, then accept it by name"
        ],
    );
}
