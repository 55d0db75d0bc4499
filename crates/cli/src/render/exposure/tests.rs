use super::{HostSays, day, hazard, host_line, percent, tenths};
use model::advisory::Feed;
use model::exposure::{FeedView, Freshness};

fn feed(feed: Feed, freshness: Freshness) -> FeedView {
    FeedView {
        feed,
        source: feed.word().to_owned(),
        origin: String::new(),
        fetched_at: None,
        content_at: None,
        version: String::new(),
        sha256: String::new(),
        rows: 0,
        cves: 0,
        rejects_total: 0,
        rejects: Vec::new(),
        freshness,
        trouble: String::new(),
        next_fetch_at: None,
    }
}

fn line(security: u32, (exposures, kev): (u64, u64), feeds: &[FeedView]) -> String {
    host_line(&HostSays { security, exposures, kev, feeds })
}

#[test]
fn without_feeds_the_line_claims_nothing_that_only_feeds_know() {
    let unknown = "which are exploited is not known, no CVE feed loaded yet: \
                   `patchwell feeds import PATH`";
    assert_eq!(line(45, (0, 0), &[]), format!("45 security updates; {unknown}"));
    // Changelogs come from the hosts' own mirrors: they name CVEs, and not which are exploited.
    let changelogs = line(1, (12, 0), &[feed(Feed::Changelog, Freshness::Fresh)]);
    assert_eq!(changelogs, format!("1 security update; {unknown}"));
    let absent = line(0, (0, 0), &[feed(Feed::Kev, Freshness::Absent)]);
    assert_eq!(absent, format!("0 security updates; {unknown}"));
}

#[test]
fn with_feeds_the_line_counts_what_is_exploited_only_if_the_catalogue_is_loaded() {
    let (kev, tracker) =
        (feed(Feed::Kev, Freshness::Stale), feed(Feed::DebianTracker, Freshness::Fresh));
    let both = [kev, tracker.clone()];
    assert_eq!(line(2, (1, 0), &both), "2 security updates; 1 exposure, 0 exploited (KEV)");
    assert_eq!(line(2, (900, 3), &both), "2 security updates; 900 exposures, 3 exploited (KEV)");
    assert_eq!(
        line(0, (0, 0), &[tracker]),
        "0 security updates; 0 exposures, which are exploited is not known: no KEV feed"
    );
}

#[test]
fn numbers_and_days_read_as_people_write_them() {
    assert_eq!((percent(932_100), percent(430)), ("93.2%".to_owned(), "0.04%".to_owned()));
    assert_eq!((tenths(98), hazard(4_605_170)), ("9.8".to_owned(), "4.60".to_owned()));
    assert_eq!(day(1_795_574_700), "2026-11-25");
    assert_eq!(day(i64::MAX), i64::MAX.to_string());
}
