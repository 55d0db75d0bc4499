//! What a person sees when a page cannot be shown: what happened, and what to do now.

use crate::prose::Prose;
use crate::shell::{Section, Shell};
use askama::Template;

/// An error as a page.
#[derive(Debug, Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    pub shell: Shell,
    /// HTTP status code.
    pub status: u16,
    /// What happened; lower case, no full stop.
    pub message: Prose,
    /// What to do, or empty.
    pub hint: Prose,
}

impl ErrorPage {
    /// Returns the heading for the status.
    pub fn heading(&self) -> &'static str {
        match self.status {
            400 | 422 => "That cannot be done as asked",
            401 => "Please sign in",
            403 => "Not allowed",
            404 => "Nothing here",
            409 => "Not now",
            413 => "Too large",
            429 => "Too often",
            503 | 507 => "The server cannot do this right now",
            _ => "Something went wrong",
        }
    }

    fn section(&self) -> Section {
        Section::None
    }
}
