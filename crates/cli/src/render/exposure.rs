//! Exposures, actions, deadlines and ends of support as text. Unknown is said as unknown.

use super::count;
use crate::output::fitting;
use model::advisory::Feed;
use model::exposure::{
    Action, ActionVerb, DeadlineDay, EndOfLifeView, ExposurePage, ExposureView, FeedView,
    Freshness, NoFix, NotKnown, NotReachable, OpenQuestions, Reach,
};

/// Hosts that a remark names.
const NAMED_MAX: usize = 5;

/// What one host's line about exposure is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HostSays<'a> {
    /// Pending updates that are security updates by the host's own lists.
    pub security: u32,
    pub exposures: u64,
    /// Exposures that the KEV catalogue has.
    pub kev: u64,
    pub feeds: &'a [FeedView],
}

impl HostSays<'_> {
    /// Returns whether anything was loaded from a publisher. Changelogs come from hosts' own mirrors.
    pub(crate) fn has_feeds(feeds: &[FeedView]) -> bool {
        feeds.iter().any(|of| is_loaded(of) && of.feed != Feed::Changelog)
    }

    fn has_kev(&self) -> bool {
        self.feeds.iter().any(|of| is_loaded(of) && of.feed == Feed::Kev)
    }
}

fn is_loaded(feed: &FeedView) -> bool {
    feed.freshness != Freshness::Absent
}

/// Renders the line: `45 security updates; 1,204 exposures, 3 exploited (KEV)`.
pub(crate) fn host_line(says: &HostSays<'_>) -> String {
    let mut parts = vec![count(usize_of(says.security.into()), "security update")];
    if HostSays::has_feeds(says.feeds) {
        let mut part = count(usize_of(says.exposures), "exposure");
        match (says.has_kev(), says.kev) {
            // Without the catalogue "0 exploited" would be a claim that nothing backs.
            (false, 0) => part.push_str(", which are exploited is not known: no KEV feed"),
            (_, kev) => part.push_str(&format!(", {kev} exploited (KEV)")),
        }
        parts.push(part);
    } else {
        let hint = "`patchwell feeds import PATH`";
        parts.push(format!("which are exploited is not known, no CVE feed loaded yet: {hint}"));
    }
    parts.join("; ")
}

/// Renders exposures as a table with totals.
pub(crate) fn exposures(page: &ExposurePage, now: i64) -> String {
    let rows: Vec<Vec<String>> = page.exposures.iter().map(|view| row(view, now)).collect();
    let head =
        ["DUE", "HOST", "CVE", "PACKAGE", "INSTALLED", "FIXED IN", "STATE", "SIGNALS", "CLAUSE"];
    let hosts = count(usize_of(page.hosts), "host");
    format!("{}\n{} on {hosts}", fitting(&head, &rows), count(usize_of(page.total), "exposure"))
}

fn row(view: &ExposureView, now: i64) -> Vec<String> {
    let deadline = view.deadline.as_ref();
    vec![
        due(deadline.map(|of| of.due_at), now),
        view.host_name.clone(),
        name(view),
        view.package.clone(),
        view.installed.clone(),
        if view.fixed.is_empty() { "no fix known".to_owned() } else { view.fixed.clone() },
        standing(view),
        signals(view),
        deadline.map(|of| of.clause.clone()).unwrap_or_default(),
    ]
}

/// Returns the CVE, or what stands in its place: an update that its archive calls a security update.
fn name(view: &ExposureView) -> String {
    let words = |name: &String| match name.strip_prefix("origin:") {
        Some(origin) => format!("update of {origin}"),
        None => name.clone(),
    };
    let names = || view.advisories.iter().map(words).collect::<Vec<_>>().join(", ");
    view.cve.map_or_else(names, |cve| cve.to_string())
}

/// Returns where it stands; the version that is offered is said only where it is not the first fixed one.
pub(crate) fn standing(view: &ExposureView) -> String {
    if matches!(&view.reach, Reach::Actionable { to } if *to == view.fixed) {
        return "fix offered".to_owned();
    }
    reach(&view.reach)
}

/// Outer `None`: no deadline at all; inner `None`: one without a date.
fn due(due_at: Option<Option<i64>>, now: i64) -> String {
    match due_at {
        None => "none".to_owned(),
        Some(None) => "next upgrade".to_owned(),
        Some(Some(at)) if at < now => format!("{} overdue", day(at)),
        Some(Some(at)) => day(at),
    }
}

/// Returns the UTC day of a moment: deadlines are days of UTC, whatever zone the terminal is in.
pub(crate) fn day(at: i64) -> String {
    let stamp = jiff::Timestamp::from_second(at);
    stamp.map_or_else(|_| at.to_string(), |at| at.strftime("%Y-%m-%d").to_string())
}

fn signals(view: &ExposureView) -> String {
    let mut parts = Vec::new();
    if view.is_kev {
        parts.push("exploited".to_owned());
    }
    if view.is_ransomware {
        parts.push("ransomware".to_owned());
    }
    parts.extend(view.epss_ppm.map(|ppm| format!("EPSS {}", percent(ppm))));
    parts.extend(view.cvss_x10.map(|x10| format!("CVSS {}", tenths(x10))));
    if parts.is_empty() { "not known".to_owned() } else { parts.join(", ") }
}

pub(crate) fn percent(ppm: u32) -> String {
    if ppm >= 10_000 {
        format!("{}.{}%", ppm / 10_000, ppm % 10_000 / 1_000)
    } else {
        format!("{}.{:02}%", ppm / 10_000, ppm % 10_000 / 100)
    }
}

pub(crate) fn tenths(x10: u16) -> String {
    format!("{}.{}", x10 / 10, x10 % 10)
}

/// Returns where an exposure stands, with the reason.
fn reach(reach: &Reach) -> String {
    match reach {
        Reach::Actionable { to } => format!("fix offered: {to}"),
        Reach::FixNotReachable { why } => format!("fix out of reach: {}", not_reachable(*why)),
        Reach::NoFix { why } => format!("no fix: {}", no_fix(*why)),
        Reach::NeedsReboot => "fixed on disk, needs a reboot".to_owned(),
        Reach::NeedsRestart { units } if units.is_empty() => {
            "fixed on disk, needs a restart".to_owned()
        }
        Reach::NeedsRestart { units } => {
            format!("fixed on disk, needs a restart of {}", units.join(", "))
        }
        Reach::StaleImage => "old kernel on disk, not in use".to_owned(),
        Reach::BootsVulnerable => "the next boot starts a vulnerable kernel".to_owned(),
        Reach::Carried => "carried, not in use".to_owned(),
        Reach::Unknown { why } => format!("cannot be told: {}", not_known(*why)),
    }
}

fn not_reachable(why: NotReachable) -> &'static str {
    match why {
        NotReachable::NeedsSubscription => "needs a subscription",
        NotReachable::OtherMinor => "in another minor release",
        NotReachable::ModuleStreamDisabled => "module stream not enabled",
        NotReachable::NotOffered => "no repository offers it",
        NotReachable::Held => "package is held",
        NotReachable::ArchiveStale => "package lists are too old",
        NotReachable::ReleaseEnded => "release has ended",
    }
}

fn no_fix(why: NoFix) -> &'static str {
    match why {
        NoFix::Open => "open",
        NoFix::Deferred => "put off",
        NoFix::WillNotFix => "will not be fixed",
        NoFix::UnderInvestigation => "under investigation",
        NoFix::EndOfLife => "support has ended",
    }
}

fn not_known(why: NotKnown) -> &'static str {
    match why {
        NotKnown::Version => "a version cannot be compared",
        NotKnown::KernelOwner => "nobody owns the running kernel",
        NotKnown::MappedVersion => "old code runs, its version is not known",
        NotKnown::ModuleStream => "module stream not known",
    }
}

/// Returns the words of a state that is counted, not explained.
pub(crate) fn state_words(word: &str) -> &str {
    match word {
        "actionable" => "fix offered",
        "fix_not_reachable" => "fix out of reach",
        "no_fix" => "no fix",
        "needs_reboot" => "fixed on disk, needs a reboot",
        "needs_restart" => "fixed on disk, needs a restart",
        "stale_image" => "old kernel on disk, not in use",
        "boots_vulnerable" => "the next boot starts a vulnerable kernel",
        "carried" => "carried, not in use",
        "unknown" => "cannot be told",
        other => other,
    }
}

/// Renders actions as a table; `why` adds to each its reasons.
pub(crate) fn actions(actions: &[Action], why: bool, now: i64) -> String {
    let rows: Vec<Vec<String>> = actions.iter().map(|action| action_row(action, now)).collect();
    let head = ["ACTION", "STREAM", "HOSTS", "CLOSES", "EXPLOITED", "DUE", "GAIN", "COSTS"];
    let mut text = vec![fitting(&head, &rows)];
    if why {
        for action in actions {
            text.push(String::new());
            text.push(act(action));
            text.extend(action.because.iter().map(|reason| format!("  {reason}")));
            text.push(format!("  hosts: {}", some(&action.host_names, action.hosts)));
            let cves: Vec<String> = action.closes.iter().map(ToString::to_string).collect();
            let names = some(&cves, action.closes_total);
            text.push(format!(
                "  closes: {}",
                if cves.is_empty() { closes(action) } else { names }
            ));
        }
    }
    text.join("\n")
}

fn action_row(action: &Action, now: i64) -> Vec<String> {
    let mut costs = Vec::new();
    if action.needs_reboot {
        costs.push("reboot".to_owned());
    }
    match action.restarts.as_slice() {
        [] => {}
        [unit] => costs.push(format!("restart {unit}")),
        units => costs.push(format!("restart {} units", units.len())),
    }
    let clause = if action.clause.is_empty() { None } else { Some(action.due_at) };
    vec![
        act(action),
        action.stream.clone(),
        action.hosts.to_string(),
        closes(action),
        action.kev.to_string(),
        due(clause, now),
        hazard(action.gain_micro),
        costs.join(", "),
    ]
}

/// An update that its archive calls a security update may name no CVE.
fn closes(action: &Action) -> String {
    let thing = if action.closes.is_empty() { "security update" } else { "CVE" };
    count(usize_of(action.closes_total), thing)
}

fn act(action: &Action) -> String {
    let verb = match action.verb {
        ActionVerb::Upgrade => "upgrade",
        ActionVerb::Restart => "restart what runs old",
        ActionVerb::Reboot => "reboot into",
        ActionVerb::RemoveImage => "remove old kernel of",
        ActionVerb::EnableChannel => "enable the channel for",
        ActionVerb::Unhold => "take the hold off",
        ActionVerb::MoveRelease => "move to another release:",
        ActionVerb::RemoveOrMitigate => "remove or mitigate",
    };
    format!("{verb} {} {}", action.package, action.to).trim_end().to_owned()
}

/// Returns millionths of a hazard unit with two digits.
pub(crate) fn hazard(micro: u64) -> String {
    format!("{}.{:02}", micro / 1_000_000, micro % 1_000_000 / 10_000)
}

fn some(names: &[String], all: u64) -> String {
    let shown = names.iter().take(NAMED_MAX).cloned().collect::<Vec<_>>().join(", ");
    let left = usize_of(all).saturating_sub(names.len().min(NAMED_MAX));
    if left == 0 { shown } else { format!("{shown} and {left} more") }
}

/// Renders deadlines by day.
pub(crate) fn deadlines(days: &[DeadlineDay]) -> String {
    let row = |of: &DeadlineDay| {
        let day = match (of.day.as_str(), of.is_past) {
            ("", _) => "next upgrade".to_owned(),
            (day, true) => format!("{day} overdue"),
            (day, false) => day.to_owned(),
        };
        vec![
            day,
            of.exposures.to_string(),
            of.hosts.to_string(),
            of.cves.to_string(),
            of.kev.to_string(),
            of.clauses.join(", "),
        ]
    };
    let rows: Vec<Vec<String>> = days.iter().map(row).collect();
    let past: u64 = days.iter().filter(|day| day.is_past).map(|day| day.exposures).sum();
    let all: u64 = days.iter().map(|day| day.exposures).sum();
    let table = fitting(&["DAY", "EXPOSURES", "HOSTS", "CVES", "EXPLOITED", "CLAUSES"], &rows);
    format!("{table}\n{}, {past} overdue", count(usize_of(all), "exposure"))
}

/// Renders which hosts have open questions, and how to answer.
pub(crate) fn questions(open: &[OpenQuestions]) -> String {
    let names: Vec<String> = open.iter().map(|of| of.host_name.clone()).collect();
    let hosts = some(&names, u64::try_from(open.len()).unwrap_or(u64::MAX));
    format!(
        "note: to be answered for {hosts}: unknown counts as the strictest, so these days may be \
         nearer than they need be\nhint: `patchwell host answer NAME internet-exposed no`"
    )
}

/// Renders ends of support.
pub(crate) fn end_of_life(all: &[EndOfLifeView]) -> String {
    let row = |of: &EndOfLifeView| {
        let what = if of.package.is_empty() { &of.stream } else { &of.package };
        let ends = match (of.ends.as_str(), of.is_ended) {
            ("", true) => "ended".to_owned(),
            ("", false) => "not known".to_owned(),
            (day, _) => day.to_owned(),
        };
        let left = match of.days_left {
            None => String::new(),
            Some(days @ ..0) => format!("{} days ago", days.unsigned_abs()),
            Some(days) => format!("in {days} days"),
        };
        let stream = if of.package.is_empty() { String::new() } else { of.stream.clone() };
        let remedy = match (of.remedy.as_str(), of.limited.as_str()) {
            ("", limited) => limited.to_owned(),
            (remedy, _) => remedy.to_owned(),
        };
        vec![
            what.clone(),
            of.installed.clone(),
            stream,
            ends,
            left,
            of.hosts.to_string(),
            remedy,
            of.source.clone(),
        ]
    };
    let rows: Vec<Vec<String>> = all.iter().map(row).collect();
    let head = ["WHAT", "INSTALLED", "STREAM", "ENDS", "LEFT", "HOSTS", "WHAT TO DO", "SAYS WHO"];
    fitting(&head, &rows)
}

pub(crate) fn usize_of(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests;
