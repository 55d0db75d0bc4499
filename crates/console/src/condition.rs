//! Conditions of a host that people filter by. One place says what each means, so that the number on
//! the overview is the number of rows behind its link.

use crate::mark::{Mark, Tone};
use model::host::{HostView, SupportStatus};
use model::plan::age;
use model::problem::Severity;

/// Package lists older than this are stale: the same three days after which nothing is planned on them.
pub const LISTS_STALE_SECS: i64 = 3 * 86_400;
/// A host that was not heard for this long is silent: two long polls of four minutes, and some.
pub const SILENT_SECS: i64 = 10 * 60;

/// Something about a host that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    Silent,
    StaleData,
    NeedsReboot,
    /// Patched on the disk, but processes still run the earlier files.
    NotInEffect,
    HalfInstalled,
    Held,
    Unsupported,
    Problems,
    UpToDate,
}

impl Condition {
    /// Every condition, worst first.
    pub const ALL: [Self; 9] = [
        Self::HalfInstalled,
        Self::Problems,
        Self::Silent,
        Self::StaleData,
        Self::Unsupported,
        Self::NeedsReboot,
        Self::NotInEffect,
        Self::Held,
        Self::UpToDate,
    ];

    /// Returns the word in addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::StaleData => "stale",
            Self::NeedsReboot => "reboot",
            Self::NotInEffect => "not-in-effect",
            Self::HalfInstalled => "half-installed",
            Self::Held => "held",
            Self::Unsupported => "unsupported",
            Self::Problems => "problems",
            Self::UpToDate => "up-to-date",
        }
    }

    /// Returns the words in lists and filters.
    pub fn label(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::StaleData => "stale data",
            Self::NeedsReboot => "reboot needed",
            Self::NotInEffect => "patched, not in effect",
            Self::HalfInstalled => "half-installed packages",
            Self::Held => "held packages",
            Self::Unsupported => "support ended",
            Self::Problems => "problems",
            Self::UpToDate => "nothing pending",
        }
    }

    /// Reads a condition from an address.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|condition| condition.word() == word)
    }

    /// Returns whether the condition holds for `host` at `now`.
    pub fn holds(self, host: &HostView, now: i64) -> bool {
        match self {
            Self::Silent => now - host.seen_at > SILENT_SECS,
            Self::StaleData => stale_text(host, now).is_some(),
            Self::NeedsReboot => !host.reboot.is_empty(),
            Self::NotInEffect => !host.stale.is_empty(),
            Self::HalfInstalled => !host.torn.is_empty(),
            Self::Held => !host.held.is_empty(),
            Self::Unsupported => {
                host.support.as_ref().is_some_and(|s| s.status == SupportStatus::Ended)
            }
            Self::Problems => host.problems.iter().any(|p| p.severity > Severity::Note),
            Self::UpToDate => host.pending.total() == 0 && stale_text(host, now).is_none(),
        }
    }

    /// Returns what deserves a mark on the row of `host`, worst first.
    pub fn marks(host: &HostView, now: i64) -> Vec<Mark> {
        let mut marks = Vec::new();
        for condition in Self::ALL {
            let tone = match condition {
                Self::HalfInstalled | Self::Unsupported => Tone::Bad,
                Self::Silent
                | Self::StaleData
                | Self::NeedsReboot
                | Self::NotInEffect
                | Self::Problems => Tone::Warn,
                Self::Held | Self::UpToDate => continue,
            };
            if condition.holds(host, now) {
                let said = match condition {
                    Self::StaleData => stale_text(host, now).unwrap_or_default(),
                    Self::HalfInstalled => "half-installed".to_owned(),
                    Self::NotInEffect => "not in effect".to_owned(),
                    Self::Silent
                    | Self::NeedsReboot
                    | Self::Held
                    | Self::Unsupported
                    | Self::Problems
                    | Self::UpToDate => condition.label().to_owned(),
                };
                marks.push(Mark { tone, word: said });
            }
        }
        marks
    }
}

/// Returns why the pending updates of `host` cannot be believed, or `None` when they are fresh.
pub fn stale_text(host: &HostView, now: i64) -> Option<String> {
    if host.reported_at.is_none() {
        return Some("never reported".to_owned());
    }
    match host.lists.as_ref().and_then(|lists| lists.refreshed_at) {
        None => Some("no package lists".to_owned()),
        Some(at) if now - at > LISTS_STALE_SECS => Some(format!("data is {} old", age(now - at))),
        Some(_) => None,
    }
}
