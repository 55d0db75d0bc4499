use super::*;

const NOW: i64 = 1_795_000_000; // 2026-11-18T11:06:40Z

fn after_days(feed: Feed, days: i64) -> Freshness {
    of(feed, Some(NOW - days * DAY_SECS), Some(NOW), NOW)
}

#[test]
fn each_feed_ages_at_its_own_pace() {
    for feed in Feed::ALL.into_iter().filter(|feed| *feed != Feed::Msrc) {
        let Ages { ageing_days, stale_days } = ages(feed);
        assert!(ageing_days < stale_days, "{feed:?}");
        assert_eq!(after_days(feed, ageing_days), Freshness::Fresh, "{feed:?}");
        assert_eq!(after_days(feed, ageing_days + 1), Freshness::Ageing, "{feed:?}");
        assert_eq!(after_days(feed, stale_days + 1), Freshness::Stale, "{feed:?}");
    }
    assert_eq!(after_days(Feed::Kev, 4), Freshness::Fresh);
    assert_eq!(after_days(Feed::Kev, 8), Freshness::Stale);
    assert_eq!(after_days(Feed::Osv, 2), Freshness::Ageing);
}

#[test]
fn the_time_inside_counts_before_the_time_of_fetching() {
    assert_eq!(of(Feed::Kev, Some(NOW - 9 * DAY_SECS), Some(NOW), NOW), Freshness::Stale);
    assert_eq!(of(Feed::DebianTracker, None, Some(NOW), NOW), Freshness::Fresh);
    assert_eq!(of(Feed::DebianTracker, None, None, NOW), Freshness::Absent);
    // A publisher's clock that is ahead makes nothing stale.
    assert_eq!(of(Feed::Kev, Some(NOW + DAY_SECS), None, NOW), Freshness::Fresh);
}

#[test]
fn microsofts_document_is_late_after_a_second_tuesday() {
    let at = |text: &str| text.parse::<Timestamp>().unwrap().as_second();
    // The second Tuesdays are 2026-10-13 and 2026-11-10.
    let october = Some(at("2026-10-13T17:00:00Z"));
    let check = |now: &str| of(Feed::Msrc, october, None, at(now));
    assert_eq!(check("2026-11-09T23:00:00Z"), Freshness::Fresh);
    assert_eq!(check("2026-11-10T20:00:00Z"), Freshness::Fresh);
    assert_eq!(check("2026-11-12T00:00:00Z"), Freshness::Ageing);
    assert_eq!(check("2026-11-15T00:00:00Z"), Freshness::Stale);
    // What came early in the month waits for the same month's Tuesday.
    assert_eq!(
        of(Feed::Msrc, Some(at("2026-11-02T00:00:00Z")), None, at("2026-11-09T00:00:00Z")),
        Freshness::Fresh
    );
    assert_eq!(
        of(Feed::Msrc, Some(at("2026-11-02T00:00:00Z")), None, at("2026-11-12T00:00:00Z")),
        Freshness::Ageing
    );
}
