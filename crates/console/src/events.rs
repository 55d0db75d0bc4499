//! The record: who did what to what, newest first.

use crate::moment::Moment;
use crate::shell::{Section, Shell};
use askama::Template;
use model::event::Event;
use model::host::HostView;
use std::collections::BTreeMap;

/// Rows of one page of the record.
pub const EVENTS_PER_PAGE: usize = 50;
/// Characters of a detail's value that a row shows; the API gives all of it.
const DETAIL_CHARS_MAX: usize = 160;

/// The page `/events`.
#[derive(Debug, Template)]
#[template(path = "events.html")]
pub struct EventsPage {
    pub shell: Shell,
    rows: Vec<EventRow>,
    /// Addresses of the neighbouring pages, where there are any.
    newer: Option<String>,
    older: Option<String>,
}

/// One event as a row.
#[derive(Debug)]
pub(crate) struct EventRow {
    pub seq: u64,
    pub at: Moment,
    pub actor: String,
    pub action: String,
    /// As it is, or an id cut to what people compare.
    pub object: String,
    pub object_full: String,
    /// Where the object has a page.
    pub href: Option<String>,
    pub detail: Vec<(String, String)>,
    pub leaf: String,
}

impl EventsPage {
    /// Returns the page of `events`, which come oldest first; `newest` is the record's newest number.
    /// `hosts` give their names to what is told of them.
    pub fn new(shell: Shell, events: &[Event], newest: u64, hosts: &[HostView]) -> Self {
        let (now, names) = (shell.now, Names::new(hosts));
        let rows = events.iter().rev().map(|event| EventRow::new(event, now, &names)).collect();
        let page = u64::try_from(EVENTS_PER_PAGE).unwrap_or(u64::MAX);
        let first = events.first().map_or(0, |event| event.seq);
        let last = events.last().map_or(newest, |event| event.seq);
        let at = |seq: u64| format!("/events?to={seq}");
        Self {
            shell,
            rows,
            newer: (last < newest).then(|| {
                if last + page >= newest { "/events".to_owned() } else { at(last + page) }
            }),
            older: (first > 1).then(|| at(first - 1)),
        }
    }

    fn section(&self) -> Section {
        Section::Record
    }
}

/// The names of hosts by their ids: people know hosts by name.
pub(crate) struct Names<'a>(BTreeMap<String, &'a str>);

impl<'a> Names<'a> {
    /// Returns the names of `hosts`.
    pub(crate) fn new(hosts: &'a [HostView]) -> Self {
        Self(hosts.iter().map(|host| (host.id.to_string(), host.name.as_str())).collect())
    }

    /// Returns the name of what is called `text`, or the text, cut if it is an id.
    fn of(&self, text: &str) -> String {
        self.0.get(text).map_or_else(|| short_id(text), |name| (*name).to_owned())
    }
}

impl EventRow {
    /// Returns the row of `event` at `now`.
    pub(crate) fn new(event: &Event, now: i64, names: &Names<'_>) -> Self {
        Self {
            seq: event.seq,
            at: Moment::new(event.at, now),
            actor: names.of(&event.actor),
            action: event.action.clone(),
            object: names.of(&event.object),
            object_full: event.object.clone(),
            href: object_href(&event.object),
            detail: detail(&event.detail, now),
            leaf: event.leaf.map(|leaf| leaf.short()).unwrap_or_default(),
        }
    }
}

/// Cuts an id to its kind and twelve digits, and a digest to twelve; the command line accepts as few as six.
pub(crate) fn short_id(object: &str) -> String {
    match object.split_once('_') {
        Some((kind, hex)) if hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_hexdigit()) => {
            format!("{kind}_{}\u{2026}", &hex[..12])
        }
        None if is_digest(object) => format!("{}\u{2026}", &object[..12]),
        _ => object.to_owned(),
    }
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Returns the page of an object that is named by its id.
fn object_href(object: &str) -> Option<String> {
    if object.parse::<model::HostId>().is_ok() {
        Some(format!("/hosts/{object}"))
    } else if object.parse::<model::ChangeId>().is_ok() {
        Some(format!("/changes/{object}"))
    } else if object.parse::<model::RunId>().is_ok() {
        Some(format!("/runs/{object}"))
    } else {
        None
    }
}

fn detail(value: &serde_json::Value, now: i64) -> Vec<(String, String)> {
    match value {
        serde_json::Value::Null => Vec::new(),
        serde_json::Value::Object(map) => map
            .iter()
            .filter(|(_, value)| !is_empty(value))
            .map(|(key, value)| match value.as_i64() {
                // Times are numbers in the record; people read them as times.
                Some(at) if key.ends_with("_at") => (key.clone(), Moment::new(at, now).utc),
                Some(_) | None if key == "uri" => ("file".to_owned(), file_name(value)),
                Some(_) | None => (key.clone(), short(value)),
            })
            .collect(),
        serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::String(_)
        | serde_json::Value::Array(_) => vec![(String::new(), short(value))],
    }
}

fn file_name(uri: &serde_json::Value) -> String {
    let text = uri.as_str().unwrap_or_default();
    text.rsplit('/').next().unwrap_or(text).to_owned()
}

fn is_empty(value: &serde_json::Value) -> bool {
    value.is_null()
        || value.as_str().is_some_and(str::is_empty)
        || value.as_array().is_some_and(Vec::is_empty)
}

fn short(value: &serde_json::Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match text.char_indices().nth(DETAIL_CHARS_MAX) {
        Some((cut, _)) => format!("{}\u{2026}", &text[..cut]),
        None => short_id(&text),
    }
}
