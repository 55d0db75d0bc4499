//! Which addresses are fetched: the publishers' own, as far as this fleet needs them, or the site's mirror.

use crate::app::App;
use crate::config::{FeedAddress, FeedsFrom};
use model::advisory::Feed;

const HOUR_SECS: i64 = 3_600;

/// What every fleet needs: which CVEs are exploited, and how likely that is of the rest. The records of all CVEs
/// are not among them: 300,000 documents that a site imports when it wants them.
const ALWAYS: [(Feed, &str, i64); 2] = [
    (
        Feed::Kev,
        "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json",
        6 * HOUR_SECS,
    ),
    (Feed::Epss, "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz", 12 * HOUR_SECS),
];

/// What is needed where a host of the distribution reports.
const BY_DISTRIBUTION: [(&str, Feed, &str, i64); 2] = [
    (
        "debian:",
        Feed::DebianTracker,
        "https://security-tracker.debian.org/tracker/data/json",
        3 * HOUR_SECS,
    ),
    (
        "ubuntu:",
        Feed::Osv,
        "https://security-metadata.canonical.com/osv/osv-all.tar.xz",
        6 * HOUR_SECS,
    ),
];

/// Returns the addresses that are fetched now.
pub(crate) fn wanted(app: &App) -> Vec<FeedAddress> {
    let own = |(feed, url, every_secs): (Feed, &str, i64)| FeedAddress {
        feed,
        url: url.to_owned(),
        every_secs,
    };
    match &app.settings.feeds {
        FeedsFrom::Nowhere => Vec::new(),
        FeedsFrom::Addresses(addresses) => addresses.clone(),
        FeedsFrom::Publishers => {
            let state = app.exposures.now();
            let has =
                |prefix: &str| state.hosts.values().any(|meta| meta.stream.starts_with(prefix));
            let of_fleet = BY_DISTRIBUTION.into_iter().filter(|(prefix, ..)| has(prefix));
            let of_fleet = of_fleet.map(|(_, feed, url, every)| (feed, url, every));
            ALWAYS.into_iter().chain(of_fleet).map(own).collect()
        }
    }
}
