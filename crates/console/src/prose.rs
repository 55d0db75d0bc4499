//! Text for people that names commands between backticks, as hints do.

use askama::Template;

/// A sentence; what stands between backticks is set as code. Everything is escaped.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(
    source = "{% for (is_code, part) in self.parts() %}{% if is_code %}<code>{{ part }}</code>\
              {% else %}{{ part }}{% endif %}{% endfor %}",
    ext = "html"
)]
pub struct Prose(pub String);

impl askama::filters::HtmlSafe for Prose {}

impl Prose {
    /// Returns whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn parts(&self) -> Vec<(bool, &str)> {
        // An odd number of parts: every code part has its closing mark.
        let parts: Vec<&str> = self.0.split('`').collect();
        if parts.len().is_multiple_of(2) {
            return vec![(false, &self.0)];
        }
        parts.into_iter().enumerate().map(|(index, part)| (index % 2 == 1, part)).collect()
    }
}

impl From<&str> for Prose {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

#[cfg(test)]
mod tests;
