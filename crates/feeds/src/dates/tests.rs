use super::*;

#[test]
fn every_form_that_feeds_write_is_the_same_moment() {
    let day = Some(1_680_048_000);
    assert_eq!(named_day("29 Mar 2023"), day);
    assert_eq!(moment("2023-03-29"), day);
    assert_eq!(moment("2023-03-29 00:00:00"), day);
    assert_eq!(moment("2023-03-29T00:00:00Z"), day);
    assert_eq!(moment("2023-03-29 00:00:00 UTC"), day);
    assert_eq!(moment("2023-03-29T00:00:00.5+00:00"), day);
    assert_eq!(moment("1680048000"), day);
    assert_eq!(mail("Wed, 29 Mar 2023 01:00:00 +0100"), day);
    // The weekday is wrong, as hands write it.
    assert_eq!(mail("Sat, 29 Mar 2023 01:00:00 +0100"), day);
}

#[test]
fn what_is_no_date_is_none() {
    for text in ["", "29 Mar", "32 Mar 2023", "29 Mrz 2023", "29 Mar 2023 x", "2023-3-29"] {
        assert_eq!(named_day(text), None, "{text}");
        assert_eq!(iso_day(text), None, "{text}");
        assert_eq!(moment(text), None, "{text}");
        assert_eq!(mail(text), None, "{text}");
    }
    assert_eq!(iso_day("2023-02-29"), None);
    assert_eq!(moment("99999999999999999999"), None);
}
