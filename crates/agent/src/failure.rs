//! What a role of the agent ends with when it cannot go on: the act, its cause, and what to do.

use std::error::Error;
use std::fmt;

/// An act that failed, for the person who reads the terminal or the journal.
#[derive(Debug)]
pub struct Failure {
    message: String,
    hint: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl Failure {
    /// Returns a failure; `message` names the act and its subject, lower case, no full stop.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: String::new(), source: None }
    }

    /// Returns the failure with its cause.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Returns the failure with what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// Returns the message with all its causes in one line, and the hint in a second one.
    pub fn chain(&self) -> String {
        let mut text = self.message.clone();
        let mut next = self.source();
        while let Some(error) = next {
            text = format!("{text}: {error}");
            next = error.source();
        }
        if self.hint.is_empty() { text } else { format!("{text}\nhint: {}", self.hint) }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| &**source as &(dyn Error + 'static))
    }
}

/// Writes one line to standard error, where systemd's journal or the parent process picks it up.
/// A full or closed pipe must not stop the agent, so failing to write is ignored.
pub fn say(text: &str) {
    use std::io::Write as _;
    drop(writeln!(std::io::stderr(), "{text}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_tells_act_cause_and_remedy() {
        let failure = Failure::new("could not read `/x`")
            .because(std::io::Error::other("it is on fire"))
            .hint("put it out");
        assert_eq!(failure.chain(), "could not read `/x`: it is on fire\nhint: put it out");
    }
}
