//! A point in time as pages show it: in words from now, with the exact time in UTC beside it.

use askama::Template;
use jiff::Timestamp;
use model::plan::age;

/// A time: `<time datetime="...">3 minutes ago</time>`.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(
    source = r#"<time datetime="{{ iso }}" title="{{ utc }}">{{ words }}</time>"#,
    ext = "html"
)]
pub struct Moment {
    /// RFC 3339 in UTC, for programs.
    pub iso: String,
    /// The same for people: `2026-11-25 02:45:10 UTC`.
    pub utc: String,
    /// `3 minutes ago`, `in 2 hours`, `just now`.
    pub words: String,
}

impl askama::filters::HtmlSafe for Moment {}

impl Moment {
    /// Returns how `at` reads at `now`; both are seconds since the Unix epoch.
    pub fn new(at: i64, now: i64) -> Self {
        let Ok(stamp) = Timestamp::from_second(at) else {
            // A host's clock can say anything; the page shows that instead of failing.
            let odd = "outside the calendar".to_owned();
            return Self { iso: String::new(), utc: format!("{at} seconds"), words: odd };
        };
        let iso = stamp.to_string();
        let utc = stamp.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
        Self { iso, utc, words: words(at, now) }
    }

    /// Returns the time with its exact form visible: for records, where minutes matter.
    pub fn exact(&self) -> Exact<'_> {
        Exact { iso: &self.iso, utc: &self.utc, words: &self.words }
    }
}

/// A time that shows its exact form and tells the words on the side.
#[derive(Debug, Template)]
#[template(
    source = r#"<time class="exact" datetime="{{ iso }}" title="{{ words }}">{{ utc }}</time>"#,
    ext = "html"
)]
pub struct Exact<'a> {
    iso: &'a str,
    utc: &'a str,
    words: &'a str,
}

impl askama::filters::HtmlSafe for Exact<'_> {}

/// Within these seconds a time is now: clocks of hosts differ by as much.
const JUST_NOW_SECS: i64 = 5;

fn words(at: i64, now: i64) -> String {
    let since = now.saturating_sub(at);
    if since.abs() <= JUST_NOW_SECS {
        "just now".to_owned()
    } else if since > 0 {
        format!("{} ago", age(since))
    } else {
        format!("in {}", age(since.saturating_neg()))
    }
}

/// Returns a span in a form that fits a column: `4 s`, `2 min 05 s`, `1 h 03 min`, `9 d 4 h`.
pub fn span(secs: i64) -> String {
    match secs.max(0) {
        s @ 0..=59 => format!("{s} s"),
        s @ 60..=3_599 => format!("{} min {:02} s", s / 60, s % 60),
        s @ 3_600..=86_399 => format!("{} h {:02} min", s / 3_600, s % 3_600 / 60),
        s => format!("{} d {} h", s / 86_400, s % 86_400 / 3_600),
    }
}

#[cfg(test)]
mod tests;
