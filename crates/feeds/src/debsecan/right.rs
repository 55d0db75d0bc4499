//! What a debsecan feed means, range first: a listed version stands for itself *and its rebuilds*.

use super::{Entry, Feed, Urgency};
use crate::limits::{Limits, Refused};
use decide::scheme::without_suffix;
use decide::version;
use model::advisory::{self, Advisory, AdvisoryKind, Extent, Label, Row, RowSet, RowState, Until};
use model::cve::CveId;
use std::cmp::Ordering;

/// Returns whether a source version is exposed to an entry: the same answer as the rows'.
pub(super) fn is_exposed(entry: &Entry, version: &str) -> bool {
    let is_below = |bound: &str| version::compare(version, bound) == Ordering::Less;
    let is_below_unstable = |bound: &str| {
        let version = if is_foreign(bound) { without_suffix(version) } else { version };
        version::compare(version, bound) == Ordering::Less
    };
    entry.unstable_fixed.as_deref().is_none_or(is_below_unstable)
        && !entry.other_fixed.iter().any(|fixed| !is_below(fixed) && is_below(&after(fixed)))
}

/// A bound that carries no release's mark (`+deb12u1`) is unstable's own version.
fn is_foreign(bound: &str) -> bool {
    series(bound).is_none()
}

/// Returns the first version that is no rebuild of `fixed`: what follows a version after `+`, and the
/// later uploads of a release's own series (`+deb12u1`, `+deb12u2`), keep what it fixed; a version with
/// more numbers is another one. In the order of deb-version(7) a full stop comes after letters and `+`.
fn after(fixed: &str) -> String {
    format!("{}.", series(fixed).unwrap_or(fixed))
}

/// Returns `1.2-3+deb12u` of `1.2-3+deb12u4`.
fn series(version: &str) -> Option<&str> {
    let (base, tail) = version.rsplit_once("deb")?;
    let (release, build) = tail.split_once('u')?;
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    (base.ends_with(['+', '~']) && is_number(release) && is_number(build))
        .then(|| &version[..version.len() - build.len()])
}

/// Puts a feed into normal form.
pub(super) fn rows(feed: &Feed, stream: &str, limits: &Limits) -> Result<RowSet, Refused> {
    let source = format!("debsecan/{stream}");
    let mut set = RowSet::new(advisory::Feed::Debsecan, &source, Extent::Whole);
    for entry in &feed.entries {
        set.entries += 1;
        let name = &feed.names[entry.name];
        if entry.is_binary {
            // Rows of dpkg streams speak of sources; a source of that name is another package.
            set.reject(&format!("{} {}", entry.package, name.id), "it names a binary package");
            continue;
        }
        limits.room_for_rows(set.rows.len(), 1 + entry.other_fixed.len())?;
        let row = of_entry(entry, &name.id, stream);
        for fixed in &entry.other_fixed {
            let mut hole = row.clone();
            hole.from.clone_from(fixed);
            hole.until = Until::Fixed(after(fixed));
            hole.state = RowState::NotAffected;
            hole.is_foreign = false;
            set.rows.push(hole);
        }
        set.rows.push(row);
    }
    set.advisories = advisories(feed);
    Ok(set)
}

fn of_entry(entry: &Entry, id: &str, stream: &str) -> Row {
    let until = entry.unstable_fixed.as_ref().map_or(Until::Open, |v| Until::Fixed(v.clone()));
    Row {
        advisory: id.to_owned(),
        cve: id.parse().ok(),
        stream: stream.to_owned(),
        package: entry.package.clone(),
        module: String::new(),
        arch: String::new(),
        from: String::new(),
        until,
        state: RowState::Affected,
        channel: String::new(),
        is_foreign: entry.unstable_fixed.as_deref().is_some_and(is_foreign),
    }
}

/// One advisory per identifier that an entry names, with the highest urgency of its entries.
fn advisories(feed: &Feed) -> Vec<Advisory> {
    let mut labels = vec![None; feed.names.len()];
    for entry in feed.entries.iter().filter(|entry| !entry.is_binary) {
        let label = match entry.urgency {
            Urgency::NotGiven => Label::NotGiven,
            Urgency::Low => Label::Low,
            Urgency::Medium => Label::Medium,
            Urgency::High => Label::High,
        };
        labels[entry.name] = labels[entry.name].max(Some(label));
    }
    let mut advisories: Vec<Advisory> = feed
        .names
        .iter()
        .zip(labels)
        .filter_map(|(name, label)| {
            Some(Advisory {
                id: name.id.clone(),
                kind: AdvisoryKind::Security,
                published_at: None,
                modified_at: None,
                withdrawn_at: None,
                label: label?,
                title: name.description.clone(),
                cves: name.id.parse::<CveId>().into_iter().collect(),
                urls: vec![format!("https://security-tracker.debian.org/tracker/{}", name.id)],
                needs_reboot: false,
            })
        })
        .collect();
    advisories.sort_by(|a, b| a.id.cmp(&b.id));
    advisories.dedup_by(|a, b| a.id == b.id);
    advisories
}
