//! Feeds: what was loaded, from where, how old it is, and what could not be used of it.

use crate::exposures::{ExposureFilter, Tab, View, tabs};
use crate::mark::{Mark, Tone};
use crate::moment::Moment;
use crate::quantity::{count, counted};
use crate::shell::{Section, Shell};
use askama::Template;
use model::advisory::{Feed, Reject};
use model::exposure::{FeedView, Freshness};

/// Rejected entries that a row shows; the count tells the rest.
const REJECTS_SHOWN: usize = 20;

/// The page `/feeds`.
#[derive(Debug, Template)]
#[template(path = "feeds.html")]
pub struct FeedsPage {
    pub shell: Shell,
    tabs: Vec<Tab>,
    rows: Vec<FeedRow>,
    /// Feeds that were never loaded, in words.
    missing: Vec<(&'static str, &'static str)>,
}

/// One source as a row.
#[derive(Debug)]
struct FeedRow {
    number: usize,
    source: String,
    feed: &'static str,
    about: &'static str,
    origin: String,
    mark: Mark,
    content: Option<Moment>,
    fetched: Option<Moment>,
    next: Option<Moment>,
    version: String,
    sha256: String,
    holds: String,
    rejects: String,
    rejects_shown: Vec<Reject>,
    has_rejects: bool,
    trouble: String,
}

impl FeedsPage {
    /// Returns the page of all sources; those in trouble come first.
    pub fn new(shell: Shell, feeds: &[FeedView]) -> Self {
        let mut all: Vec<&FeedView> = feeds.iter().collect();
        all.sort_by_key(|of| {
            let is_old = of.freshness >= Freshness::Stale && of.feed != Feed::Changelog;
            (of.trouble.is_empty(), !is_old, of.feed, of.source.clone())
        });
        let is_loaded = |feed: &Feed| {
            feeds.iter().any(|of| of.feed == *feed && of.freshness != Freshness::Absent)
        };
        let rows = all.iter().enumerate().map(|(at, of)| FeedRow::new(of, at + 1, &shell));
        Self {
            rows: rows.collect(),
            tabs: tabs(View::Feeds, &ExposureFilter::default()),
            missing: Feed::ALL
                .into_iter()
                .filter(|feed| !is_loaded(feed))
                .map(|feed| (feed.word(), about(feed)))
                .collect(),
            shell,
        }
    }

    fn section(&self) -> Section {
        Section::Exposure
    }
}

impl FeedRow {
    fn new(of: &FeedView, number: usize, shell: &Shell) -> Self {
        let moment = |at: Option<i64>| at.map(|at| shell.moment(at));
        Self {
            number,
            source: of.source.clone(),
            feed: of.feed.word(),
            about: about(of.feed),
            origin: of.origin.clone(),
            // Each changelog is as old as its package: their age says nothing.
            mark: if of.feed == Feed::Changelog {
                Mark::new(Tone::Calm, "with each package")
            } else {
                freshness_mark(of.freshness)
            },
            content: moment(of.content_at),
            fetched: moment(of.fetched_at),
            next: moment(of.next_fetch_at),
            version: of.version.clone(),
            sha256: of.sha256.clone(),
            holds: holds(of),
            rejects: count(of.rejects_total),
            rejects_shown: of.rejects.iter().take(REJECTS_SHOWN).cloned().collect(),
            has_rejects: of.rejects_total > 0,
            trouble: of.trouble.clone(),
        }
    }
}

fn holds(of: &FeedView) -> String {
    let (rows, cves) = (counted(of.rows, "row"), counted(of.cves, "CVE"));
    match (of.rows, of.cves) {
        (0, 0) => "nothing yet".to_owned(),
        (0, _) => cves,
        (_, 0) => rows,
        (_, _) => format!("{rows}, {cves}"),
    }
}

fn freshness_mark(freshness: Freshness) -> Mark {
    match freshness {
        Freshness::Fresh => Mark::new(Tone::Good, "fresh"),
        Freshness::Ageing => Mark::new(Tone::Wait, "ageing"),
        Freshness::Stale => Mark::new(Tone::Warn, "out of date"),
        Freshness::Absent => Mark::new(Tone::Calm, "not loaded"),
    }
}

/// Returns what a feed is for, in words.
fn about(feed: Feed) -> &'static str {
    match feed {
        Feed::Kev => "which CVEs are exploited (CISA)",
        Feed::Epss => "how likely exploitation is (FIRST)",
        Feed::CveRecord => "CVE records with CISA's judgements",
        Feed::Nvd => "CVE data of NVD",
        Feed::DebianTracker => "what is affected in Debian",
        Feed::DebianList => "Debian's DSA and DLA announcements",
        Feed::Debsecan => "what is affected in Debian, in short; weaker than the tracker",
        Feed::Changelog => "CVEs that changelogs name as fixed",
        Feed::Osv => "advisories of Debian, Ubuntu, AlmaLinux, Rocky Linux",
        Feed::OpenVex => "what is affected in Ubuntu",
        Feed::Csaf => "advisories of Red Hat and SUSE",
        Feed::CsafVex => "what is affected at Red Hat and SUSE",
        Feed::Hydra => "Red Hat's data by CVE",
        Feed::Updateinfo => "advisories of an rpm repository",
        Feed::Oval => "advisories of SUSE, Oracle, Azure Linux",
        Feed::Secdb => "what is fixed in Alpine",
        Feed::Msrc => "advisories of Microsoft",
        Feed::DistroInfo => "when Debian and Ubuntu releases end",
        Feed::Endoflife => "when products end",
        Feed::DebianSupport => "Debian packages without support",
    }
}
