//! End of support, of releases and of packages in them. After it feeds fall silent and a host looks
//! clean, so that it is an exposure of its own. Where the sources disagree, the vendor's file
//! decides, then endoflife.date, then the built-in table of last resort.

pub(crate) mod last_resort;
mod packages;

pub use packages::of_packages;

use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};
use last_resort::RELEASES;
use model::advisory::{Ends, Lifecycle, Phase, PhaseKind};
use model::exposure::EndOfLifeView;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Days ahead at which the end of support is announced. A year is what a move to another release
/// takes in a large fleet; after the last one it is only a month.
pub const WARN_DAYS: [i64; 4] = [365, 180, 90, 30];

/// Where a release stands on one day, for hosts with one set of attachments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The release that the dates are of: `rhel:9` for a host of `rhel:9.4+eus`.
    pub stream: String,
    /// The present phase with the publisher's name for it, or `ended`.
    pub phase: String,
    /// Nobody repairs it any more, as far as these hosts are concerned.
    pub is_ended: bool,
    /// The last day on which somebody does or did, ISO 8601, or empty: not known.
    pub ends: String,
    /// Days until then, negative when past; `None`: not known.
    pub days_left: Option<i64>,
    /// What could be paid for and is not: words, and the last day.
    pub offers: Vec<(&'static str, String)>,
    pub source: String,
    /// The stream to move to as the source names it, or empty.
    next: String,
}

/// Returns how the support of `stream` stands on the day of `today` (seconds since the Unix epoch,
/// UTC), or `None` when no source knows the release. `lifecycles` are what feeds brought, each with
/// its source; `attached` are the paid channels that the host is attached to (`esm-infra`, `eus`,
/// `elts`). Costs one look at each lifecycle per name of the stream, 25 µs with five thousand: keep the
/// answer per stream and attachments where there are many hosts.
pub fn standing(
    lifecycles: &[(String, Lifecycle)],
    stream: &str,
    today: i64,
    attached: &[String],
) -> Option<Standing> {
    let today = day_of(today)?;
    let (source, lifecycle) =
        names_of(stream).into_iter().find_map(|name| best_of(lifecycles, &name))?;
    // The stream's own channel says what the host is attached to: `rhel:9.4+eus`.
    let channels = stream.split('+').skip(1).map(str::to_owned);
    let attached: Vec<String> = attached.iter().cloned().chain(channels).collect();
    let standing = judge(&lifecycle, today, &attached);
    Some(Standing { source: source.to_owned(), ..standing })
}

/// Returns what there is to say about the release of `stream`: that its support has ended, or ends
/// within a year (`WARN_DAYS`). `None`: neither, or no source knows the release. `hosts` are left
/// to who knows them.
pub fn of_release(
    lifecycles: &[(String, Lifecycle)],
    stream: &str,
    today: i64,
    attached: &[String],
) -> Option<EndOfLifeView> {
    let standing = standing(lifecycles, stream, today, attached)?;
    if !standing.is_ended && warning(standing.days_left).is_none() {
        return None;
    }
    let next = match standing.next.as_str() {
        "" => next_of(lifecycles, &standing.stream, day_of(today)?).unwrap_or_default(),
        next => next.to_owned(),
    };
    Some(EndOfLifeView {
        stream: stream.to_owned(),
        package: String::new(),
        installed: String::new(),
        remedy: remedy(&standing, &next),
        phase: standing.phase,
        ends: standing.ends,
        is_ended: standing.is_ended,
        days_left: standing.days_left,
        hosts: 0,
        host_names: Vec::new(),
        source: standing.source,
        limited: String::new(),
    })
}

/// Returns which of `WARN_DAYS` was reached: 30 for 12 days left. `None`: more than a year, or not
/// known; ended is past every warning and gives the last.
pub fn warning(days_left: Option<i64>) -> Option<i64> {
    let days_left = days_left?;
    WARN_DAYS.into_iter().filter(|warn_days| days_left <= *warn_days).min()
}

/// Returns what a paid phase is called among people; `name` is the publisher's column.
pub(crate) fn paid_words(family: &str, name: &str) -> &'static str {
    match family {
        "debian" => "paid support (Freexian ELTS)",
        "ubuntu" if name.contains("legacy") => "with Ubuntu Pro and its Legacy add-on",
        "ubuntu" => "with an Ubuntu Pro subscription (ESM)",
        "rhel" => "with Red Hat's Extended Life Cycle Support (ELS)",
        "suse" | "sles" => "with SUSE's Long Term Service Pack Support (LTSS)",
        "windows" => "with Microsoft's Extended Security Updates (ESU)",
        _ => "with paid support",
    }
}

/// Returns whether a paid phase counts for who is attached to `attached`.
fn is_attached(stream: &str, phase: &Phase, attached: &[String]) -> bool {
    let family = family_of(stream);
    let is_legacy = phase.name.contains("legacy");
    let wanted: &[&str] = match family {
        "debian" => &["elts"],
        "ubuntu" if is_legacy => &["legacy"],
        // `esm-apps` alone leaves the distribution's own packages without repairs.
        "ubuntu" => &["infra", "pro"],
        // EUS and its like prolong a minor release, not the major one.
        "rhel" => &["els"],
        "suse" | "sles" => &["ltss"],
        "windows" => &["esu"],
        _ => &[],
    };
    attached.iter().any(|channel| {
        let mut words = channel.split(['-', '_', ':', ' ']);
        channel == &phase.name || words.any(|word| wanted.contains(&word))
    })
}

fn judge(lifecycle: &Lifecycle, today: Date, attached: &[String]) -> Standing {
    let counts = |phase: &&Phase| match phase.kind {
        PhaseKind::Full | PhaseKind::Maintenance | PhaseKind::CommunityLts => true,
        PhaseKind::Paid => is_attached(&lifecycle.stream, phase, attached),
    };
    let (counting, paid): (Vec<&Phase>, Vec<&Phase>) =
        lifecycle.phases.iter().partition(|phase| counts(phase));
    let present = counting.iter().find(|phase| is_running(&phase.ends, today));
    // The last of them counts: who stays until then is repaired all the time. No date at all is "no
    // end known".
    let is_open = counting.iter().any(|phase| phase.ends == Ends::NotKnown);
    let last = counting.iter().filter_map(|phase| date_of(&phase.ends)).max();
    let ends = last.filter(|_| !is_open);
    let offers = paid.iter().filter(|phase| is_running(&phase.ends, today)).map(|phase| {
        let until = date_of(&phase.ends).map(|date| date.to_string()).unwrap_or_default();
        (paid_words(family_of(&lifecycle.stream), &phase.name), until)
    });
    Standing {
        stream: lifecycle.stream.clone(),
        phase: present.map_or_else(|| "ended".to_owned(), |phase| words(phase)),
        is_ended: present.is_none() && !lifecycle.phases.is_empty(),
        ends: ends.map(|date| date.to_string()).unwrap_or_default(),
        days_left: ends.map(|date| days_between(today, date)),
        offers: offers.collect(),
        source: String::new(),
        next: lifecycle.next.clone(),
    }
}

/// The publisher's own column name, because columns of one name differ between products, and what
/// it means.
fn words(phase: &Phase) -> String {
    let kind = match phase.kind {
        PhaseKind::Full => "full support",
        PhaseKind::Maintenance => "maintenance",
        PhaseKind::CommunityLts => "community long-term support",
        PhaseKind::Paid => "paid support, attached",
    };
    if phase.name.is_empty() { kind.to_owned() } else { format!("{}: {kind}", phase.name) }
}

fn remedy(standing: &Standing, next: &str) -> String {
    let to = match next {
        "" => "move to a release with support".to_owned(),
        next => format!("move to {next}"),
    };
    let by = match standing.ends.as_str() {
        ends if !standing.is_ended && !ends.is_empty() => format!(" by {ends}"),
        _ => String::new(),
    };
    let offers = standing.offers.iter().map(|(words, until)| {
        let or = if words.starts_with("with ") { "or stay" } else { "or" };
        match until.as_str() {
            "" => format!("; {or} {words}"),
            until => format!("; {or} {words} until {until}"),
        }
    });
    format!("{to}{by}{}", offers.collect::<String>())
}

/// The nearest later release of the family that has a year or more before it; else the nearest that
/// still has support at all.
fn next_of(lifecycles: &[(String, Lifecycle)], stream: &str, today: Date) -> Option<String> {
    let family = family_of(stream);
    let own = number_of(stream)?;
    let stated = lifecycles.iter().map(|(_, l)| l.stream.clone());
    let known = RELEASES.iter().map(|release| format!("{}:{}", release.family, release.version));
    let later: BTreeMap<Vec<u32>, String> = stated
        .chain(known)
        .filter(|stream| family_of(stream) == family)
        .filter_map(|stream| Some((number_of(&stream).filter(|number| *number > own)?, stream)))
        .collect();
    let days_left = |stream: &String| {
        let standing = judge(&best_of(lifecycles, stream)?.1, today, &[]);
        (!standing.is_ended).then_some(standing.days_left)
    };
    let open: Vec<(String, Option<i64>)> = later
        .into_values()
        .filter_map(|stream| days_left(&stream).map(|days_left| (stream, days_left)))
        .collect();
    let lasts = |days_left: &Option<i64>| days_left.is_none_or(|days| days > WARN_DAYS[0]);
    let best = open.iter().find(|(_, days_left)| lasts(days_left)).or(open.first());
    best.map(|(stream, _)| stream.clone())
}

/// Of the sources that have dates for exactly this stream, the most trusted one; the built-in table
/// where none has. One look at each lifecycle.
fn best_of<'a>(
    lifecycles: &'a [(String, Lifecycle)],
    stream: &str,
) -> Option<(&'a str, Cow<'a, Lifecycle>)> {
    let stated = lifecycles
        .iter()
        .filter(|(_, l)| l.stream == stream && l.package.is_empty() && !l.phases.is_empty())
        .min_by_key(|(source, lifecycle)| (trust(source), source, lifecycle));
    if let Some((source, lifecycle)) = stated {
        return Some((source, Cow::Borrowed(lifecycle)));
    }
    let (family, version) = stream.split_once(':')?;
    let known = RELEASES.iter().find(|r| r.family == family && r.version == version)?;
    Some((last_resort::SOURCE, Cow::Owned(known.lifecycle())))
}

/// Files of the distributions themselves before endoflife.date.
fn trust(source: &str) -> u8 {
    u8::from(source.contains("endoflife"))
}

/// The streams under which the dates of `stream` may be published, the most exact first.
fn names_of(stream: &str) -> Vec<String> {
    let base = stream.split('+').next().unwrap_or(stream);
    let base = base.strip_suffix("-backports").unwrap_or(base);
    let mut names = vec![stream.to_owned(), base.to_owned()];
    if matches!(family_of(stream), "rhel" | "alma" | "rocky" | "oracle" | "centos") {
        names.extend(base.split_once('.').map(|(major, _)| major.to_owned()));
    }
    names.dedup();
    names
}

fn family_of(stream: &str) -> &str {
    stream.split_once(':').map_or(stream, |(family, _)| family)
}

/// `None` for releases whose names are no numbers: they have no order.
fn number_of(stream: &str) -> Option<Vec<u32>> {
    let (_, version) = stream.split_once(':')?;
    version.split('.').map(|part| part.parse().ok()).collect()
}

fn is_running(ends: &Ends, today: Date) -> bool {
    match ends {
        Ends::NotKnown => true,
        Ends::Ended => false,
        // A date that cannot be read is no date.
        Ends::On(_) => date_of(ends).is_none_or(|date| today <= date),
    }
}

fn date_of(ends: &Ends) -> Option<Date> {
    match ends {
        Ends::On(date) => date.parse().ok(),
        Ends::NotKnown | Ends::Ended => None,
    }
}

fn day_of(today: i64) -> Option<Date> {
    Some(Timestamp::from_second(today).ok()?.to_zoned(TimeZone::UTC).date())
}

fn days_between(from: Date, to: Date) -> i64 {
    (to - from).get_days().into()
}

#[cfg(test)]
mod tests;
