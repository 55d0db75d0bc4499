//! `Problem`: what the house says instead of failing when one thing is wrong and the rest is good.

use serde::{Deserialize, Serialize};

/// How much a problem matters to the person who reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Note,
    /// Something shown here may be incomplete or stale.
    Warning,
    /// Something that was asked for could not be done.
    Error,
}

/// One thing that is wrong, to what, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Problem {
    pub severity: Severity,
    /// What it is about: a package, a file, a host.
    pub subject: String,
    /// What happened; lower case, no full stop.
    pub text: String,
    /// What to do now, or empty.
    #[serde(default)]
    pub hint: String,
}

impl Problem {
    /// Returns a problem of the given severity without a hint.
    pub fn new(severity: Severity, subject: &str, text: &str) -> Self {
        Self { severity, subject: subject.to_owned(), text: text.to_owned(), hint: String::new() }
    }

    /// Returns the problem with the hint that tells what to do.
    #[must_use]
    pub fn hint(mut self, hint: &str) -> Self {
        hint.clone_into(&mut self.hint);
        self
    }
}
