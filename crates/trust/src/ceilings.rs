//! The host's own limits, `/etc/patchwell/policy.toml`: what no signature can raise.
//!
//! The order and the ceilings combine by the stricter value, key by key; a refusal names the key.

mod version;
pub mod window;

use model::order::Verb;
use model::outcome::Refusal;
use model::plan::Step;
use serde::Deserialize;
use std::cmp::Ordering;
use window::Window;

/// The span over which `max_runs_per_day` counts.
pub(crate) const DAY_SECS: i64 = 86_400;
/// How long a key that came with a later roster cannot approve wide orders, where no file says else.
const COOLDOWN_SECS: i64 = DAY_SECS;

/// A host's limits. `Default` is a host without the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ceilings {
    pub min_persons: MinPersons,
    pub allow_verbs: Vec<Verb>,
    /// Work starts only inside one of them; empty: at any time.
    pub windows: Vec<Window>,
    /// Runs begun within 24 hours; `None`: as many as people sign.
    pub max_runs_per_day: Option<u32>,
    /// `None`: as many as the plan has.
    pub max_packages_per_run: Option<u32>,
    pub removals: Exceptions,
    /// Only for upgrades: the way back puts exact recorded versions back and has its own verb.
    pub downgrades: Exceptions,
    /// Never removed, whatever `removals` says. `*` stands for any characters.
    pub protected_packages: Vec<String>,
    /// Seconds from when this host first saw a key of a later roster; until then it cannot approve
    /// wide orders.
    pub roster_change_cooldown_secs: i64,
}

impl Default for Ceilings {
    fn default() -> Self {
        Self {
            // A shop of one person must work; a file can raise it.
            min_persons: MinPersons { default: 1, wide: 1, rollback: 1 },
            allow_verbs: Verb::ALL.to_vec(),
            windows: Vec::new(),
            max_runs_per_day: None,
            max_packages_per_run: None,
            removals: Exceptions::Never,
            downgrades: Exceptions::Never,
            protected_packages: Vec::new(),
            roster_change_cooldown_secs: COOLDOWN_SECS,
        }
    }
}

/// How many persons must sign, by this host's own rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MinPersons {
    pub default: u32,
    pub wide: u32,
    pub rollback: u32,
}

impl Default for MinPersons {
    fn default() -> Self {
        Ceilings::default().min_persons
    }
}

/// Something that never happens, or only to the packages named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exceptions {
    Never,
    Only(Vec<String>),
}

impl Exceptions {
    fn allow(&self, name: &str) -> bool {
        match self {
            Self::Never => false,
            Self::Only(names) => names.iter().any(|allowed| allowed == name),
        }
    }
}

/// What an order asks of the host.
pub(crate) struct Ask<'a> {
    pub verb: Verb,
    pub is_wide: bool,
    pub persons: u32,
    pub steps: &'a [Step],
    /// Runs that began within the last 24 hours.
    pub runs: u32,
}

impl Ceilings {
    /// Checks everything that does not depend on the moment of starting.
    pub(crate) fn check(&self, ask: &Ask<'_>) -> Result<(), Refusal> {
        let need = need(self.min_persons.default, self.rollback(ask.verb), self.wide(ask.is_wide));
        if ask.persons < need {
            let text = format!("signed by {} person(s), {need} needed here", ask.persons);
            return Err(ceiling("min_persons", &text));
        }
        if !self.allow_verbs.contains(&ask.verb) {
            return Err(ceiling("allow_verbs", &format!("`{}` is not allowed", ask.verb.word())));
        }
        if let Some(most) = self.max_runs_per_day.filter(|most| ask.runs >= *most) {
            return Err(ceiling("max_runs_per_day", &format!("{most} run(s) in 24 hours")));
        }
        let most = self.max_packages_per_run;
        if let Some(most) = most.filter(|most| ask.steps.len() > usize_of(*most)) {
            let text = format!("{} packages, {most} allowed", ask.steps.len());
            return Err(ceiling("max_packages_per_run", &text));
        }
        ask.steps.iter().try_for_each(|step| self.step(ask.verb, step))
    }

    /// Checks that work may start at this moment.
    ///
    /// # Errors
    /// `Ceiling` naming `windows`: not now. Not a reason to forget the order.
    pub fn open_at(&self, now: i64) -> Result<(), Refusal> {
        if self.windows.is_empty() || self.windows.iter().any(|window| window.is_open(now)) {
            return Ok(());
        }
        Err(ceiling("windows", "outside this host's maintenance windows"))
    }

    /// Returns when the next of the host's windows opens after `now`.
    pub fn next_opening(&self, now: i64) -> Option<i64> {
        self.windows.iter().filter_map(|window| window.next_opening(now)).min()
    }

    fn wide(&self, is_wide: bool) -> u32 {
        if is_wide { self.min_persons.wide } else { 0 }
    }

    fn rollback(&self, verb: Verb) -> u32 {
        match verb {
            Verb::Rollback => self.min_persons.rollback,
            Verb::Upgrade => 0,
        }
    }

    fn step(&self, verb: Verb, step: &Step) -> Result<(), Refusal> {
        let name = &step.name;
        if step.to.is_empty() {
            if self.protected_packages.iter().any(|pattern| matches(pattern, name)) {
                return Err(ceiling("protected_packages", &format!("{name} is never removed")));
            }
            if !self.removals.allow(name) {
                return Err(ceiling("removals", &format!("{name} would be removed")));
            }
        }
        let goes_back = !step.from.is_empty()
            && !step.to.is_empty()
            && version::compare(&step.to, &step.from) == Ordering::Less;
        if verb == Verb::Upgrade && goes_back && !self.downgrades.allow(name) {
            let text = format!("{name} would go from {} back to {}", step.from, step.to);
            return Err(ceiling("downgrades", &text));
        }
        Ok(())
    }
}

/// Returns how many persons are needed: the strictest of the rules that apply; 0 where one does not.
pub(crate) fn need(default: u32, rollback: u32, wide: u32) -> u32 {
    default.max(rollback).max(wide).max(1)
}

fn usize_of(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

fn ceiling(key: &str, text: &str) -> Refusal {
    Refusal::Ceiling { key: key.to_owned(), text: text.to_owned() }
}

/// Matches with `*` for any run of characters.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, rest)) => name.strip_prefix(head).is_some_and(|tail| {
            (0..=tail.len()).any(|at| tail.get(at..).is_some_and(|end| matches(rest, end)))
        }),
    }
}

/// The file as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    min_persons: Option<MinPersons>,
    allow_verbs: Option<Vec<Verb>>,
    windows: Option<Vec<String>>,
    max_runs_per_day: Option<u32>,
    max_packages_per_run: Option<u32>,
    removals: Option<Never>,
    downgrades: Option<Never>,
    protected_packages: Option<Vec<String>>,
    roster_change_cooldown: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Never {
    Word(String),
    Names(Vec<String>),
}

/// Reads the text of `policy.toml`. A key that is not known is an error: a limit that is silently
/// ignored because of a typing error would be worse than none.
///
/// # Errors
/// What is wrong, for people; the agent refuses every order with it.
pub fn parse(text: &str) -> Result<Ceilings, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string().trim().to_owned())?;
    let none = Ceilings::default();
    let windows = file.windows.unwrap_or_default();
    let windows: Result<Vec<Window>, _> = windows.iter().map(|window| window.parse()).collect();
    Ok(Ceilings {
        min_persons: file.min_persons.unwrap_or(none.min_persons),
        allow_verbs: file.allow_verbs.unwrap_or(none.allow_verbs),
        windows: windows.map_err(|error| error.to_string())?,
        max_runs_per_day: file.max_runs_per_day,
        max_packages_per_run: file.max_packages_per_run,
        removals: exceptions("removals", file.removals)?,
        downgrades: exceptions("downgrades", file.downgrades)?,
        protected_packages: file.protected_packages.unwrap_or_default(),
        roster_change_cooldown_secs: match file.roster_change_cooldown {
            Some(text) => span(&text)?,
            None => none.roster_change_cooldown_secs,
        },
    })
}

fn exceptions(key: &str, value: Option<Never>) -> Result<Exceptions, String> {
    match value {
        None => Ok(Exceptions::Never),
        Some(Never::Word(word)) if word == "never" => Ok(Exceptions::Never),
        Some(Never::Word(word)) => {
            Err(format!("`{key}` is \"{word}\"; it can be \"never\" or a list of package names"))
        }
        Some(Never::Names(names)) => Ok(Exceptions::Only(names)),
    }
}

/// `90s`, `30m`, `24h`, `7d`.
fn span(text: &str) -> Result<i64, String> {
    let bad = || format!("`roster_change_cooldown` is \"{text}\"; it looks like \"24h\"");
    let (count, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(bad)?;
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => DAY_SECS,
        _ => return Err(bad()),
    };
    let count: u32 = count.parse().map_err(|_| bad())?;
    i64::from(count).checked_mul(unit).ok_or_else(bad)
}

#[cfg(test)]
mod tests;
