//! What a command that did not work tells: what happened, why, and what to do now.

use model::wire::ErrorBody;
use std::process::ExitCode;

/// Decides the exit code; scripts tell by it whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The caller asked for something that cannot be.
    User,
    /// A rule said no: a signature, a permission, a conflict.
    Refused,
    /// The server did not answer.
    Unreachable,
    /// Ours.
    Internal,
}

impl Kind {
    pub(crate) fn exit_code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Internal => 1,
            Self::User => 2,
            Self::Refused => 3,
            Self::Unreachable => 4,
        })
    }
}

/// A failure on its way to the person.
#[derive(Debug)]
pub(crate) struct Failure {
    pub kind: Kind,
    /// The act and its subject, lower case, no full stop; causes follow after ": ".
    pub message: String,
    /// What to do, one sentence each.
    pub hints: Vec<String>,
    /// The server's word for it (`ErrorBody::error`); empty where it did not come from there.
    pub word: String,
}

impl Failure {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hints: Vec::new(), word: String::new() }
    }

    pub(crate) fn user(message: impl Into<String>) -> Self {
        Self::new(Kind::User, message)
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(Kind::Internal, message)
    }

    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.extend(Some(hint.into()).filter(|hint| !hint.is_empty()));
        self
    }

    /// Appends the chain of causes.
    #[must_use]
    pub(crate) fn because(mut self, cause: &dyn std::error::Error) -> Self {
        let mut next = Some(cause);
        while let Some(error) = next {
            self.message = format!("{}: {error}", self.message);
            next = error.source();
        }
        self
    }

    /// Takes over what the server said.
    pub(crate) fn from_server(status: u16, body: &ErrorBody) -> Self {
        let kind = match status {
            401 | 403 | 409 => Kind::Refused,
            400..=499 => Kind::User,
            503 => Kind::Unreachable,
            _ => Kind::Internal,
        };
        let said = Self::new(kind, body.message.clone()).hint(body.hint.clone());
        Self { word: body.error.clone(), ..said }
    }
}
