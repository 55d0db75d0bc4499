//! `exposures`: which host has which hole, what fixes it, by when it must be gone.

use crate::client::{self, Client};
use crate::config::Paths;
use crate::error::Failure;
use crate::{clock, output, render};
use clap::Args;
use model::cve::CveId;
use model::exposure::{ExposurePage, FeedView};
use model::host::HostView;

/// Lines for people; more is asked for on purpose.
const LINES: usize = 30;
/// Lines for programs.
const LINES_JSON: usize = 10_000;
/// Lines of one request.
const PAGE: usize = 500;

/// List exposures: which host, which hole, what fixes it, by when; the nearest deadline first
#[derive(Args)]
pub(crate) struct Exposures {
    /// Only this CVE
    #[arg(long, value_name = "CVE", value_parser = cve)]
    cve: Option<CveId>,

    /// Only this host, by name or id
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    host: String,

    /// Only this package, as its stream names it (Debian, Ubuntu, Alpine: the source package)
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    package: String,

    /// Only this stream, such as debian:12
    #[arg(long, value_name = "STREAM", default_value = "", hide_default_value = true)]
    stream: String,

    /// Only this state, such as actionable, no_fix or needs_reboot
    #[arg(long, value_name = "STATE", default_value = "", hide_default_value = true)]
    state: String,

    /// Only what is known to be exploited (CISA's KEV catalogue)
    #[arg(long)]
    kev: bool,

    /// Only what is due within this many days, overdue included; 0: overdue
    #[arg(long, value_name = "DAYS")]
    due: Option<u32>,

    /// As it was known at the end of this day (UTC), such as 2026-03-03
    #[arg(long, value_name = "DAY", value_parser = end_of_day)]
    as_of: Option<i64>,

    /// At most this many lines [default: 30, with --json 10000]
    #[arg(long, value_name = "COUNT")]
    limit: Option<usize>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Reads a CVE's name in any case.
pub(crate) fn cve(text: &str) -> Result<CveId, String> {
    text.to_uppercase().parse().map_err(|error: model::cve::ParseCveError| error.to_string())
}

/// Returns the last second of a UTC day.
fn end_of_day(text: &str) -> Result<i64, String> {
    let day: jiff::civil::Date =
        text.parse().map_err(|_| "days look like 2026-03-03".to_owned())?;
    let last = day.at(23, 59, 59, 0).to_zoned(jiff::tz::TimeZone::UTC);
    last.map(|at| at.timestamp().as_second()).map_err(|error| error.to_string())
}

impl Exposures {
    pub(crate) fn run(self, paths: &Paths) -> Result<(), Failure> {
        let client = Client::open(paths)?;
        let most = self.limit.unwrap_or(if self.json { LINES_JSON } else { LINES });
        let page = self.fetch(&client, most)?;
        if self.json {
            output::json(&page);
            return Ok(());
        }
        if page.exposures.is_empty() {
            self.nothing(&client);
            return Ok(());
        }
        output::say(&render::exposures(&page, clock::now()));
        let shown = page.exposures.len();
        if u64::try_from(shown).unwrap_or(u64::MAX) < page.total {
            output::note(&format!("note: the first {shown}; --limit COUNT shows more"));
        }
        output::note(match self.cve {
            Some(_) => "hint: `patchwell cve CVE` says what fixes it and why it is due when it is",
            None => {
                "hint: `patchwell actions` says what to do about them, what matters first first"
            }
        });
        Ok(())
    }

    /// Asks page by page.
    fn fetch(&self, client: &Client, most: usize) -> Result<ExposurePage, Failure> {
        let mut all: ExposurePage = client.get(&self.path("", most.min(PAGE)))?;
        while !all.next.is_empty() && all.exposures.len() < most {
            let wanted = (most - all.exposures.len()).min(PAGE);
            let more: ExposurePage = client.get(&self.path(&all.next, wanted))?;
            if more.exposures.is_empty() {
                break;
            }
            all.exposures.extend(more.exposures);
            all.next = more.next;
        }
        Ok(all)
    }

    fn path(&self, after: &str, limit: usize) -> String {
        let text = |number: Option<String>| number.unwrap_or_default();
        let cve = text(self.cve.map(|cve| cve.to_string()));
        let due = text(self.due.map(|days| days.to_string()));
        let as_of = text(self.as_of.map(|at| at.to_string()));
        client::query(
            "/exposures",
            &[
                ("cve", &cve),
                ("host", &self.host),
                ("package", &self.package),
                ("stream", &self.stream),
                ("state", &self.state),
                ("kev", if self.kev { "1" } else { "" }),
                ("due", &due),
                ("as_of", &as_of),
                ("after", after),
                ("limit", &limit.to_string()),
            ],
        )
    }

    fn nothing(&self, client: &Client) {
        let is_filtered = self.cve.is_some()
            || self.kev
            || self.due.is_some()
            || [&self.host, &self.package, &self.stream, &self.state].iter().any(|t| !t.is_empty());
        output::say(if is_filtered { "nothing matches" } else { "no exposure is known" });
        // Silence means little before anything was loaded.
        if let Ok(feeds) = client.get::<Vec<FeedView>>("/feeds")
            && !render::HostSays::has_feeds(&feeds)
        {
            output::note(NO_FEED);
        }
    }
}

/// What is said where feeds would tell more.
pub(crate) const NO_FEED: &str = "note: no feed is loaded yet: only the hosts' own package lists are \
                                  known\nhint: `patchwell feeds import PATH` loads files of feeds";

/// Returns the line about one host's exposure, or why it cannot be told.
pub(crate) fn of_host(client: &Client, host: &HostView) -> String {
    let count = |kev: &str| -> Result<ExposurePage, Failure> {
        let id = host.id.to_string();
        client.get(&client::query("/exposures", &[("host", &id), ("kev", kev), ("limit", "1")]))
    };
    let says = || -> Result<String, Failure> {
        let feeds: Vec<FeedView> = client.get("/feeds")?;
        let says = render::HostSays {
            security: host.pending.security,
            exposures: count("")?.total,
            kev: count("1")?.total,
            feeds: &feeds,
        };
        Ok(render::host_line(&says))
    };
    says().unwrap_or_else(|failure| format!("cannot be told: {}", failure.message))
}
