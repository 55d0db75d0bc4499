//! Exposure: what to do, by CVE, by host, one by one. Filter and page come from the address, so that each
//! view is a link.

pub mod actions;
pub mod cves;
pub mod each;
pub mod hosts;

use crate::exposure::STATES;
use crate::hosts::Choice;
use crate::mark::{Mark, Tone};
use crate::quantity::{count, counted, length};
use crate::query::{link, value};
use crate::shell::Shell;
use model::advisory::Feed;
use model::exposure::{DeadlineDay, FeedView, Freshness};

/// Days for which the filter has a word.
const DUE_CHOICES: [(u32, &str); 5] = [
    (0, "overdue"),
    (3, "within 3 days"),
    (14, "within 14 days"),
    (30, "within 30 days"),
    (90, "within 90 days"),
];
/// Feeds that a notice names; the page of feeds has all.
const FEEDS_NAMED_MAX: usize = 3;
const DAY_SECS: i64 = 86_400;

/// Which exposures are shown, as the address says it. Empty fields filter nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExposureFilter {
    pub cve: String,
    /// Name or id.
    pub host: String,
    pub package: String,
    pub stream: String,
    /// `Reach::word`.
    pub state: String,
    pub kev_only: bool,
    /// Due within so many days; 0: overdue.
    pub due_days: Option<u32>,
    /// Where the page starts; empty: at the beginning.
    pub after: String,
}

impl ExposureFilter {
    /// Reads the decoded pairs of an address. What it does not know is passed over.
    pub fn read(pairs: &[(String, String)]) -> Self {
        let text = |name| value(pairs, name).trim().to_owned();
        let state = text("state");
        Self {
            cve: text("cve").to_uppercase(),
            host: text("host"),
            package: text("package"),
            stream: text("stream"),
            state: if crate::exposure::state(&state).is_some() { state } else { String::new() },
            kev_only: value(pairs, "kev") == "1",
            due_days: value(pairs, "due").parse().ok(),
            after: text("after"),
        }
    }

    /// Returns the address of this view under `path`, starting after `after`.
    pub fn link(&self, path: &str, after: &str) -> String {
        let due = self.due_days.map(|days| days.to_string()).unwrap_or_default();
        link(
            path,
            &[
                ("cve", &self.cve),
                ("host", &self.host),
                ("package", &self.package),
                ("stream", &self.stream),
                ("state", &self.state),
                ("kev", if self.kev_only { "1" } else { "" }),
                ("due", &due),
                ("after", after),
            ],
        )
    }

    /// Returns whether anything is filtered.
    pub fn is_filtered(&self) -> bool {
        *self != Self { after: self.after.clone(), ..Self::default() }
    }
}

/// What every view has at its top: counted from the deadlines of all exposures, and from the feeds.
#[derive(Debug, Clone, Copy)]
pub struct HeadInput<'a> {
    pub days: &'a [DeadlineDay],
    pub hosts_exposed: u64,
    pub hosts_total: u64,
    pub feeds: &'a [FeedView],
    /// Hosts with a question that nobody answered.
    pub hosts_with_questions: u64,
}

/// The views.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    Actions,
    Cves,
    Hosts,
    Each,
    EndOfLife,
    Feeds,
}

impl View {
    const ALL: [(Self, &'static str, &'static str); 6] = [
        (Self::Actions, "/exposures", "What to do"),
        (Self::Cves, "/exposures/cves", "By CVE"),
        (Self::Hosts, "/exposures/hosts", "By host"),
        (Self::Each, "/exposures/each", "One by one"),
        (Self::EndOfLife, "/end-of-life", "End of life"),
        (Self::Feeds, "/feeds", "Feeds"),
    ];

    pub(crate) fn path(self) -> &'static str {
        Self::ALL.iter().find(|(view, ..)| *view == self).map_or("/exposures", |(_, path, _)| path)
    }

    /// The views that the filter means something for.
    fn is_filterable(self) -> bool {
        !matches!(self, Self::EndOfLife | Self::Feeds)
    }
}

/// A tab.
#[derive(Debug)]
pub(crate) struct Tab {
    pub href: String,
    pub label: &'static str,
    pub is_here: bool,
}

/// Returns the tabs; those that filter keep the filter.
pub(crate) fn tabs(here: View, filter: &ExposureFilter) -> Vec<Tab> {
    let tab = |(view, path, label): &(View, &'static str, &'static str)| Tab {
        href: if view.is_filterable() { filter.link(path, "") } else { (*path).to_owned() },
        label,
        is_here: *view == here,
    };
    View::ALL.iter().map(tab).collect()
}

/// A number at the top.
#[derive(Debug)]
pub(crate) struct Figure {
    pub tone: Tone,
    pub number: String,
    pub label: &'static str,
    pub note: String,
    pub href: String,
}

/// What every view has at its top, ready to be shown.
#[derive(Debug)]
pub(crate) struct Head {
    pub tabs: Vec<Tab>,
    pub figures: Vec<Figure>,
    pub notices: Vec<Notice>,
    pub path: &'static str,
    pub filter: ExposureFilter,
    pub states: Vec<Choice>,
    pub dues: Vec<DueChoice>,
}

/// Something that limits what the page can know.
#[derive(Debug)]
pub(crate) struct Notice {
    pub strong: String,
    pub text: String,
    pub hint: &'static str,
}

/// One entry of the list of deadlines.
#[derive(Debug)]
pub(crate) struct DueChoice {
    pub days: u32,
    pub label: &'static str,
    pub is_chosen: bool,
}

impl Head {
    pub(crate) fn new(
        shell: &Shell,
        view: View,
        filter: &ExposureFilter,
        input: &HeadInput<'_>,
    ) -> Self {
        Self {
            tabs: tabs(view, filter),
            figures: figures(shell, input),
            notices: notices(input.feeds),
            path: view.path(),
            states: STATES
                .iter()
                .map(|state| Choice {
                    word: state.word,
                    label: state.label,
                    is_chosen: filter.state == state.word,
                })
                .collect(),
            dues: DUE_CHOICES
                .iter()
                .map(|(days, label)| DueChoice {
                    days: *days,
                    label,
                    is_chosen: filter.due_days == Some(*days),
                })
                .collect(),
            filter: filter.clone(),
        }
    }
}

fn figures(shell: &Shell, input: &HeadInput<'_>) -> Vec<Figure> {
    let sum = |of: &dyn Fn(&DeadlineDay) -> bool| -> u64 {
        input.days.iter().filter(|day| of(day)).map(|day| day.exposures).sum()
    };
    let overdue = sum(&|day| day.is_past);
    let last = iso_day(shell.now.saturating_add(14 * DAY_SECS));
    let soon = sum(&|day| !day.is_past && !day.day.is_empty() && day.day <= last);
    let kev: u64 = input.days.iter().map(|day| day.kev).sum();
    let tone = |number, tone| if number > 0 { tone } else { Tone::Calm };
    let mut figures = vec![
        Figure {
            tone: tone(overdue, Tone::Bad),
            number: count(overdue),
            label: "overdue",
            note: "exposures past a deadline".to_owned(),
            href: "/exposures/each?due=0".to_owned(),
        },
        Figure {
            tone: tone(kev, Tone::Bad),
            number: count(kev),
            label: "known exploited",
            note: "in CISA's KEV catalogue".to_owned(),
            href: "/exposures?kev=1".to_owned(),
        },
        Figure {
            tone: tone(soon, Tone::Warn),
            number: count(soon),
            label: "due within 14 days",
            note: format!("of {}", counted(sum(&|_| true), "exposure")),
            href: "/deadlines".to_owned(),
        },
        Figure {
            tone: Tone::Calm,
            number: count(input.hosts_exposed),
            label: "exposed hosts",
            note: format!("of {}", counted(input.hosts_total, "host")),
            href: "/exposures/hosts".to_owned(),
        },
    ];
    if input.hosts_with_questions > 0 {
        figures.push(Figure {
            tone: Tone::Warn,
            number: count(input.hosts_with_questions),
            label: "hosts with open questions",
            note: "unknown counts as the strictest".to_owned(),
            href: "/exposures/hosts".to_owned(),
        });
    }
    figures
}

/// Returns what limits the answers: no feed at all, old feeds, feeds in trouble.
pub(crate) fn notices(feeds: &[FeedView]) -> Vec<Notice> {
    // Changelogs come with the hosts' own packages: they are no feed that somebody loaded, nor do they age.
    let feeds: Vec<&FeedView> = feeds.iter().filter(|of| of.feed != Feed::Changelog).collect();
    if feeds.iter().all(|feed| feed.freshness == Freshness::Absent) {
        return vec![Notice {
            strong: "No feed is loaded yet.".to_owned(),
            text: "What is known comes from the hosts' own package lists: security updates, and \
                   the CVEs that changelogs name."
                .to_owned(),
            hint: "patchwell feeds import PATH",
        }];
    }
    let named = |of: &dyn Fn(&FeedView) -> bool| -> Option<String> {
        let names: Vec<&str> =
            feeds.iter().filter(|feed| of(feed)).map(|feed| feed.source.as_str()).collect();
        let shown = names.iter().take(FEEDS_NAMED_MAX).copied().collect::<Vec<_>>().join(", ");
        let more = names.len().saturating_sub(FEEDS_NAMED_MAX);
        match (names.len(), more) {
            (0, _) => None,
            (_, 0) => Some(shown),
            (_, more) => Some(format!("{shown} and {more} more")),
        }
    };
    let old = named(&|feed| feed.freshness == Freshness::Stale).map(|names| Notice {
        strong: format!("Out of date: {names}."),
        text: "What was published since then is missing here.".to_owned(),
        hint: "",
    });
    let troubled = named(&|feed| !feed.trouble.is_empty()).map(|names| Notice {
        strong: format!("Last load failed: {names}."),
        text: "The last good data is kept; the page of feeds says why.".to_owned(),
        hint: "",
    });
    old.into_iter().chain(troubled).collect()
}

/// Returns the UTC day of a moment, ISO 8601; empty outside the calendar.
pub(crate) fn iso_day(at: i64) -> String {
    jiff::Timestamp::from_second(at)
        .map(|at| at.strftime("%Y-%m-%d").to_string())
        .unwrap_or_default()
}

/// Returns names as a cell can hold them, and how many are left out.
pub(crate) fn first_names<T: ToString>(names: &[T], shown: usize, all: u64) -> (String, u64) {
    let text = names.iter().take(shown).map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let left = all.saturating_sub(length(&names[..names.len().min(shown)]));
    (text, left)
}

/// The mark of a number that should be zero.
pub(crate) fn urgent(number: u64, word: &str) -> Option<Mark> {
    (number > 0).then(|| Mark::new(Tone::Bad, &format!("{} {word}", count(number))))
}
