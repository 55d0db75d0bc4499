//! What pages about exposure share: states, deadlines and signals in words, each with why it says so.

use crate::mark::{Mark, Tone};
use crate::moment::Moment;
use crate::quantity::{count, counted};
use crate::shell::Shell;
use askama::Template;
use model::advisory::Label;
use model::clause::{ClauseStatus, Deadline, Term};
use model::exposure::{NoFix, NotKnown, NotReachable, Reach};

/// A state as pages name it: its word in addresses, what people read, how it feels, what it means.
pub(crate) struct State {
    pub word: &'static str,
    pub label: &'static str,
    pub tone: Tone,
    pub meaning: &'static str,
}

/// Every state, in the order in which people act on them.
pub(crate) const STATES: [State; 9] = [
    State {
        word: "actionable",
        label: "fix offered",
        tone: Tone::Warn,
        meaning: "a version without the hole is offered to this host",
    },
    State {
        word: "needs_reboot",
        label: "needs a reboot",
        tone: Tone::Warn,
        meaning: "the fix is installed; what runs is older",
    },
    State {
        word: "needs_restart",
        label: "needs a restart",
        tone: Tone::Warn,
        meaning: "the fix is installed; services still run the old files",
    },
    State {
        word: "boots_vulnerable",
        label: "next boot is vulnerable",
        tone: Tone::Bad,
        meaning: "the fixed kernel runs; the next boot starts a vulnerable one",
    },
    State {
        word: "fix_not_reachable",
        label: "fix out of reach",
        tone: Tone::Bad,
        meaning: "a fix exists and is not offered to this host",
    },
    State {
        word: "no_fix",
        label: "no fix",
        tone: Tone::Wait,
        meaning: "no version without the hole is known; what is asked for is mitigation, removal or an exception",
    },
    State {
        word: "unknown",
        label: "cannot be told",
        tone: Tone::Wait,
        meaning: "the facts do not say whether this host is exposed; it counts as exposed",
    },
    State {
        word: "stale_image",
        label: "old kernel on disk",
        tone: Tone::Calm,
        meaning: "a vulnerable kernel image that is neither running nor next to boot; it can be removed",
    },
    State {
        word: "carried",
        label: "carried, not in use",
        tone: Tone::Calm,
        meaning: "another package of the vulnerable source, without the vulnerable code; no deadline",
    },
];

/// Returns what pages say of a state; a word of a newer server is shown as it is.
pub(crate) fn state(word: &str) -> Option<&'static State> {
    STATES.iter().find(|state| state.word == word)
}

/// A state on one host, with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    pub mark: Mark,
    /// Why, or what exactly; may be empty.
    pub detail: String,
    pub meaning: &'static str,
}

impl Standing {
    /// `fixed` is the first version without the hole: what is offered is said only where it is another.
    pub(crate) fn of(reach: &Reach, fixed: &str) -> Self {
        let known = state(reach.word());
        Self {
            mark: Mark::new(
                known.map_or(Tone::Wait, |state| state.tone),
                known.map_or(reach.word(), |state| state.label),
            ),
            detail: if is_first_fix(reach, fixed) { String::new() } else { detail(reach) },
            meaning: known.map_or("", |state| state.meaning),
        }
    }
}

fn is_first_fix(reach: &Reach, fixed: &str) -> bool {
    matches!(reach, Reach::Actionable { to } if to == fixed)
}

fn detail(reach: &Reach) -> String {
    match reach {
        Reach::Actionable { to } => format!("offered: {to}"),
        Reach::FixNotReachable { why } => not_reachable(*why).to_owned(),
        Reach::NoFix { why } => no_fix(*why).to_owned(),
        Reach::NeedsRestart { units } if units.is_empty() => "units are not known".to_owned(),
        Reach::NeedsRestart { units } => units.join(", "),
        Reach::Unknown { why } => not_known(*why).to_owned(),
        Reach::NeedsReboot | Reach::StaleImage | Reach::BootsVulnerable | Reach::Carried => {
            String::new()
        }
    }
}

/// Returns advisories by name; an update that its archive calls a security update has the archive's name.
pub(crate) fn advisory_names(names: &[String]) -> String {
    let words = |name: &String| match name.strip_prefix("origin:") {
        Some(origin) => format!("security update of {origin}"),
        None => name.clone(),
    };
    names.iter().map(words).collect::<Vec<_>>().join(", ")
}

fn not_reachable(why: NotReachable) -> &'static str {
    match why {
        NotReachable::NeedsSubscription => "only with a subscription that this host has not",
        NotReachable::OtherMinor => "only in another minor release",
        NotReachable::ModuleStreamDisabled => "its module stream is not enabled",
        NotReachable::NotOffered => "no repository of this host offers it",
        NotReachable::Held => "the package is held on this host",
        NotReachable::ArchiveStale => "this host's package lists are too old to tell",
        NotReachable::ReleaseEnded => "this release gets no repairs any more",
    }
}

fn no_fix(why: NoFix) -> &'static str {
    match why {
        NoFix::Open => "the publisher has not fixed it",
        NoFix::Deferred => "the publisher has put it off",
        NoFix::WillNotFix => "the publisher will not fix it",
        NoFix::UnderInvestigation => "the publisher is looking into it",
        NoFix::EndOfLife => "the publisher has ended support",
    }
}

fn not_known(why: NotKnown) -> &'static str {
    match why {
        NotKnown::Version => "a version cannot be compared",
        NotKnown::KernelOwner => "no package owns the running kernel",
        NotKnown::MappedVersion => "old code runs, and which version is not known",
        NotKnown::ModuleStream => "the feed does not say which module stream it means",
    }
}

/// When something must be done, in words, with the clause that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Due {
    pub mark: Option<Mark>,
    pub when: Option<Moment>,
    /// Where there is no date: what stands in its place.
    pub words: &'static str,
    /// The clause's id, or empty.
    pub clause: String,
}

/// Closer than this a deadline is marked, in seconds: three days is the shortest term that obligations
/// set, so that every such item is marked from its first day.
const SOON_SECS: i64 = 3 * 86_400;

impl Due {
    /// Returns how `due_at` reads now; `clause` is the binding clause's id, or empty.
    pub(crate) fn new(due_at: Option<i64>, clause: &str, shell: &Shell) -> Self {
        let left = due_at.map(|at| at.saturating_sub(shell.now));
        let mark = match left {
            Some(..0) => Some(Mark::new(Tone::Bad, "overdue")),
            Some(0..=SOON_SECS) => Some(Mark::new(Tone::Warn, "soon")),
            Some(_) | None => None,
        };
        let words = match (due_at, clause) {
            (Some(_), _) => "",
            (None, "") => "no deadline",
            (None, _) => "no date: at the next upgrade",
        };
        let when = due_at.map(|at| shell.moment(at));
        Self { mark, when, words, clause: clause.to_owned() }
    }

    /// Returns how the binding deadline reads.
    pub(crate) fn of(deadline: Option<&Deadline>, shell: &Shell) -> Self {
        let clause = deadline.map_or("", |deadline| &deadline.clause);
        Self::new(deadline.and_then(|deadline| deadline.due_at), clause, shell)
    }
}

/// One clause's deadline with everything that it was decided by.
#[derive(Debug, Clone)]
pub(crate) struct ClauseRow {
    pub title: String,
    pub status: &'static str,
    pub due: Due,
    pub term: String,
    pub clock: String,
    pub started: Option<Moment>,
    pub is_day_precise: bool,
    pub inputs: Vec<InputRow>,
}

/// One input of a deadline.
#[derive(Debug, Clone)]
pub(crate) struct InputRow {
    pub name: String,
    pub value: String,
    pub source: String,
    pub seen: Option<Moment>,
    pub is_defaulted: bool,
}

impl ClauseRow {
    pub(crate) fn new(deadline: &Deadline, shell: &Shell) -> Self {
        let input = |input: &model::clause::Input| InputRow {
            name: input.name.replace('_', " "),
            value: input.value.clone(),
            source: input.source.clone(),
            seen: input.seen_at.map(|at| shell.moment(at)),
            is_defaulted: input.is_defaulted,
        };
        Self {
            title: deadline.title.clone(),
            status: status_word(deadline.status),
            due: Due::of(Some(deadline), shell),
            term: term_words(deadline.term),
            clock: deadline.clock.clone(),
            started: deadline.clock_started_at.map(|at| shell.moment(at)),
            is_day_precise: deadline.is_day_precise,
            inputs: deadline.inputs.iter().map(input).collect(),
        }
    }
}

pub(crate) fn status_word(status: ClauseStatus) -> &'static str {
    match status {
        ClauseStatus::InForce => "in force",
        ClauseStatus::Proposed => "proposed",
        ClauseStatus::Superseded => "superseded",
        ClauseStatus::Revoked => "revoked",
        ClauseStatus::Contract => "contract",
        ClauseStatus::Site => "this site's own",
    }
}

pub(crate) fn term_words(term: Term) -> String {
    match term {
        Term::Hours(n) => counted(n.into(), "hour"),
        Term::Days(n) => counted(n.into(), "day"),
        Term::Months(n) => counted(n.into(), "month"),
        Term::OnUpgrade => "at the next upgrade".to_owned(),
        Term::KevDue => "by the date in the KEV catalogue".to_owned(),
        Term::None => "no term".to_owned(),
    }
}

/// What feeds say of a CVE, small enough for a cell.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/signals.html")]
pub(crate) struct Signals {
    pub is_kev: bool,
    pub is_ransomware: bool,
    /// `93.2 %`, or empty: not known.
    pub epss: String,
    /// `9.8`, or empty: not known.
    pub cvss: String,
    pub band: &'static str,
    /// The publisher's own word, or empty: none given.
    pub label: &'static str,
}

impl askama::filters::HtmlSafe for Signals {}

impl Signals {
    pub(crate) fn new(
        (is_kev, is_ransomware): (bool, bool),
        epss_ppm: Option<u32>,
        cvss_x10: Option<u16>,
        label: Label,
    ) -> Self {
        Self {
            is_kev,
            is_ransomware,
            epss: epss_ppm.map(percent).unwrap_or_default(),
            cvss: cvss_x10.map(tenths).unwrap_or_default(),
            band: cvss_x10.map_or("", band),
            label: label_word(label),
        }
    }
}

pub(crate) fn label_word(label: Label) -> &'static str {
    match label {
        Label::NotGiven => "",
        Label::Negligible => "negligible",
        Label::Low => "low",
        Label::Medium => "medium",
        Label::High => "high",
        Label::Critical => "critical",
    }
}

/// Returns CVSS's qualitative band (CVSS 3.1, section 5; 4.0 has the same).
fn band(x10: u16) -> &'static str {
    match x10 {
        0 => "none",
        1..=39 => "low",
        40..=69 => "medium",
        70..=89 => "high",
        _ => "critical",
    }
}

/// Returns tenths as a score: `9.8`.
pub(crate) fn tenths(x10: u16) -> String {
    format!("{}.{}", x10 / 10, x10 % 10)
}

/// Returns millionths as a percentage that keeps small ones apart: `93.2 %`, `0.04 %`.
pub(crate) fn percent(ppm: u32) -> String {
    if ppm >= 10_000 {
        format!("{}.{} %", ppm / 10_000, ppm % 10_000 / 1_000)
    } else {
        format!("{}.{:02} %", ppm / 10_000, ppm % 10_000 / 100)
    }
}

/// Returns a hazard with two digits: `4.61`.
pub(crate) fn hazard(micro: u64) -> String {
    format!("{}.{:02}", count(micro / 1_000_000), micro % 1_000_000 / 10_000)
}

#[cfg(test)]
mod tests;
