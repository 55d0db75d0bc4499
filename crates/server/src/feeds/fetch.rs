//! Fetching feeds: asked for with what is here already, so that an unchanged file costs one answer; after a
//! failure the wait doubles. A failure is shown beside the feed and stops nothing.

use crate::app::App;
use crate::config::FeedAddress;
use crate::error::ApiError;
use crate::feeds::take::{self, Origin};
use crate::feeds::{Incoming, address, parse};
use crate::vault::fetch::{Asked, Fetched};
use std::time::Duration;
use store::feeds::AddressRow;

/// First wait after a failure, in seconds; doubled each time.
const RETRY_SECS: i64 = 60;
/// Longest wait after failures: a quarter of the day on which a feed turns old.
const RETRY_SECS_MAX: i64 = 6 * 3_600;
/// How long a body may take.
const BODY_TIME: Duration = Duration::from_secs(1_800);
/// Characters of a trouble that are kept.
const TROUBLE_CHARS_MAX: usize = 500;

/// Fetches what is due, one after the other.
pub(crate) fn turn(app: &App) -> Result<(), ApiError> {
    let known = app.read(|view| Ok(store::feeds::addresses(view)?))?;
    for wanted in address::wanted(app) {
        let row = known.iter().find(|row| row.url == wanted.url);
        let due_at = row.map_or(i64::MIN, |row| row.next_fetch_at);
        if due_at <= app.now() && !app.is_stopping() {
            one(app, &wanted, row.cloned().unwrap_or_else(|| unknown(&wanted)))?;
        }
    }
    Ok(())
}

fn unknown(wanted: &FeedAddress) -> AddressRow {
    AddressRow {
        url: wanted.url.clone(),
        feed: wanted.feed,
        etag: String::new(),
        last_modified: String::new(),
        tried_at: None,
        fetched_at: None,
        failures: 0,
        next_fetch_at: 0,
        trouble: String::new(),
    }
}

/// Fetches one address and notes how that went.
fn one(app: &App, wanted: &FeedAddress, mut row: AddressRow) -> Result<(), ApiError> {
    let went = fetched(app, &mut row);
    let now = app.now();
    row.tried_at = Some(now);
    match went {
        Ok(()) => {
            row.fetched_at = Some(now);
            row.failures = 0;
            row.next_fetch_at = now + wanted.every_secs;
            row.trouble.clear();
        }
        Err(trouble) => {
            tracing::warn!(url = wanted.url, "a feed could not be fetched: {trouble}");
            let wait = RETRY_SECS.saturating_mul(1 << row.failures.min(16)).min(RETRY_SECS_MAX);
            row.failures += 1;
            row.next_fetch_at = now + wait;
            row.trouble = trouble.chars().take(TROUBLE_CHARS_MAX).collect();
        }
    }
    app.write(move |tx| {
        store::feeds::put_address(&tx, &row)?;
        tx.commit_without_event(())
    })
}

/// Returns what went wrong in words; what was loaded before stays then.
fn fetched(app: &App, row: &mut AddressRow) -> Result<(), String> {
    let words = |error: ApiError| match error.detail.as_str() {
        "" => error.said.clone(),
        detail => format!("{}: {detail}", error.said),
    };
    let asked = Asked { etag: row.etag.clone(), last_modified: row.last_modified.clone() };
    let fetcher = app.vault.fetcher();
    let (mut body, fetched) = match fetcher.ask(&row.url, &asked, BODY_TIME)? {
        Fetched::Unchanged => return Ok(()),
        Fetched::New { body, etag, last_modified } => (body, Asked { etag, last_modified }),
    };
    let incoming = Incoming::new(app, &row.url).map_err(words)?;
    let sha256 = incoming.write(&mut body).map_err(words)?;
    let loaded = parse(&incoming.path, &row.url).map_err(words)?;
    if let Some(broken) = loaded.left_out.iter().find(|out| out.is_broken()) {
        let why = incoming.shown(&broken.why.to_string());
        return Err(format!("a part of it cannot be used: {}: {why}", broken.name));
    }
    let origin = Origin {
        name: row.url.clone(),
        sha256,
        person: "server".to_owned(),
        is_accepted_anyway: false,
        last_modified: http_date(&fetched.last_modified),
    };
    // What is refused is asked for again, whole: only a set that was taken is "here already".
    take::all(app, &origin, loaded).map_err(words)?;
    row.etag = fetched.etag;
    row.last_modified = fetched.last_modified;
    Ok(())
}

/// Reads the date of an HTTP header (RFC 9110, 5.6.7; the form that must be sent).
fn http_date(text: &str) -> Option<i64> {
    let broken = jiff::fmt::strtime::parse("%a, %d %b %Y %H:%M:%S GMT", text).ok()?;
    let zoned = broken.to_datetime().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(zoned.timestamp().as_second())
}

#[cfg(test)]
mod tests;
