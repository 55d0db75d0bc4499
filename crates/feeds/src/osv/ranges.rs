//! Ranges: events, sorted by the distribution's own order of versions, become spans.

use crate::json::{self, Text};
use crate::lines;
use decide::scheme::{Key, Scheme};
use model::advisory::Until;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
pub(super) struct Range<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    /// Each an object of one member.
    #[serde(borrow, default, deserialize_with = "json::list")]
    events: Vec<Event<'a>>,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow, default)]
    introduced: Option<Text<'a>>,
    #[serde(borrow, default)]
    fixed: Option<Text<'a>>,
    #[serde(borrow, default)]
    last_affected: Option<Text<'a>>,
}

/// Versions from one to another.
pub(super) struct Span {
    pub(super) from: String,
    pub(super) until: Until,
}

/// What happens at a version. The order is that in which events of one version count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Happens {
    Fixed,
    Introduced,
    LastAffected,
}

/// Returns the affected spans. `versions` count only where there is no range: they never list rebuilds.
pub(super) fn spans(
    stream: &str,
    ranges: &[Range<'_>],
    versions: &[Text<'_>],
) -> Result<Vec<Span>, String> {
    let scheme = Scheme::of_stream(stream).ok_or("its packaging is not known here")?;
    let mut spans = Vec::new();
    let mut has_range = false;
    for range in ranges {
        match range.kind.as_str() {
            "ECOSYSTEM" | "SEMVER" => {
                has_range = true;
                of_events(scheme, &range.events, &mut spans)?;
            }
            // Commits are no versions of packages.
            "GIT" => {}
            other => return Err(format!("its range is of a kind that is not known: `{other}`")),
        }
    }
    if !has_range {
        for version in versions {
            let version = version.as_str();
            if !lines::is_name(version) {
                return Err("one of its versions is none".to_owned());
            }
            scheme.key(version).map_err(|e| e.to_string())?;
            spans.push(Span { from: version.to_owned(), until: Until::Last(version.to_owned()) });
        }
        if versions.is_empty() && ranges.is_empty() {
            return Err("it has neither a range nor a version".to_owned());
        }
    }
    Ok(spans)
}

fn of_events(scheme: Scheme, events: &[Event<'_>], spans: &mut Vec<Span>) -> Result<(), String> {
    // `None` is the beginning of all versions, written "0".
    let mut sorted: BTreeMap<(Option<Key>, Happens), &str> = BTreeMap::new();
    for event in events {
        let (happens, version) = match (&event.introduced, &event.fixed, &event.last_affected) {
            (Some(version), None, None) => (Happens::Introduced, version.as_str()),
            (None, Some(version), None) => (Happens::Fixed, version.as_str()),
            (None, None, Some(version)) => (Happens::LastAffected, version.as_str()),
            // `limit` is about commits.
            (None, None, None) => continue,
            _ => return Err("one of its events says two things".to_owned()),
        };
        if !lines::is_name(version) {
            return Err("one of its versions is none".to_owned());
        }
        let key = match (happens, version) {
            (Happens::Introduced, "0") => None,
            _ => Some(scheme.key(version).map_err(|e| e.to_string())?),
        };
        sorted.insert((key, happens), version);
    }
    if !sorted.keys().any(|(_, happens)| *happens == Happens::Introduced) {
        return Err("its range does not say where it begins".to_owned());
    }
    let mut from: Option<String> = None;
    for ((key, happens), version) in sorted {
        let until = match happens {
            Happens::Introduced => {
                let begin = if key.is_none() { String::new() } else { version.to_owned() };
                from.get_or_insert(begin);
                continue;
            }
            Happens::Fixed => Until::Fixed(version.to_owned()),
            Happens::LastAffected => Until::Last(version.to_owned()),
        };
        // A second end of one beginning says nothing new.
        if let Some(from) = from.take() {
            spans.push(Span { from, until });
        }
    }
    spans.extend(from.map(|from| Span { from, until: Until::Open }));
    Ok(())
}
