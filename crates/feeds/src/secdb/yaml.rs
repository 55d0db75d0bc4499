//! The subset of YAML in which secdb was written before 2021: mappings and lists by indentation, scalars
//! on one line, perhaps quoted. Anything else (anchors, tags, blocks, flows) is refused, not guessed.

use super::{Document, Outer};
use crate::limits::{Limits, Refused};
use crate::lines;

const WHAT: &str = super::WHAT;

/// Where in a document a line stands.
#[derive(Default)]
struct Reader {
    document: Document,
    /// The key at column 0 that is open (`packages`, `archs`).
    section: String,
    /// The version whose identifiers follow, and whether `secfixes` is open at all.
    fixes: Option<Option<String>>,
    is_at_package: bool,
}

pub(super) fn document(bytes: &[u8], limits: &Limits) -> Result<Document, Refused> {
    let text = lines::text(bytes, WHAT, limits)?;
    let mut reader = Reader::default();
    for (at, line) in text.lines().enumerate() {
        let body = line.trim();
        if body.is_empty() || body.starts_with('#') || body == "---" {
            continue;
        }
        limits.room_for_row(at)?;
        let indent = line.len() - line.trim_start_matches(' ').len();
        reader.line(indent, body).map_err(|reason| Refused::line(WHAT, at + 1, reason))?;
    }
    if reader.section.is_empty() {
        return Err(Refused::form(WHAT, "it has no packages"));
    }
    Ok(reader.document)
}

impl Reader {
    fn line(&mut self, indent: usize, body: &str) -> Result<(), &'static str> {
        if indent == 0 && !body.starts_with('-') {
            return self.top(body);
        }
        if self.section != "packages" {
            // `archs` and its like are lists of no use here.
            return body.starts_with('-').then_some(()).ok_or("it is no item of a list");
        }
        if body == "- pkg:" {
            self.document.packages.push(Outer::default());
            self.fixes = None;
            self.is_at_package = true;
            return Ok(());
        }
        if !self.is_at_package {
            return Err("it belongs to no package");
        }
        let package = &mut self.document.packages.last_mut().ok_or("there is no package")?.pkg;
        if let Some(item) = body.strip_prefix("- ") {
            let version = self.fixes.as_ref().and_then(Option::as_ref);
            let version = version.ok_or("it is an item of no version")?;
            package.secfixes.entry(version.clone()).or_default().push(scalar(item)?);
            return Ok(());
        }
        let (key, value) = pair(body)?;
        match (key.as_str(), &mut self.fixes) {
            ("name", None) => package.name = value.ok_or("it has no name")?,
            ("secfixes", fixes @ None) if value.is_none() => *fixes = Some(None),
            // A version with an empty list, `1.2-r0: []`, fixes nothing.
            (_, Some(version)) => {
                package.secfixes.entry(key.clone()).or_default();
                if value.as_deref().is_some_and(|value| value != "[]") {
                    return Err("a version has a list");
                }
                *version = Some(key);
            }
            (_, None) => {}
        }
        Ok(())
    }

    fn top(&mut self, body: &str) -> Result<(), &'static str> {
        let (key, value) = pair(body)?;
        match key.as_str() {
            "distroversion" => self.document.distroversion = value.unwrap_or_default(),
            "reponame" => self.document.reponame = value.unwrap_or_default(),
            _ => {}
        }
        self.section = key;
        self.is_at_package = false;
        Ok(())
    }
}

/// `key: value` or `key:`.
fn pair(body: &str) -> Result<(String, Option<String>), &'static str> {
    let (key, value) = match body.strip_suffix(':') {
        Some(key) => (key, None),
        None => {
            let (key, value) = body.split_once(": ").ok_or("it is no key and value")?;
            (key, Some(value.trim()))
        }
    };
    Ok((scalar(key)?, value.map(scalar).transpose()?))
}

/// A scalar on one line. Quotes are taken off; escapes inside double quotes do not occur.
fn scalar(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    for quote in ['\'', '"'] {
        if let Some(rest) = text.strip_prefix(quote) {
            let inner = rest.strip_suffix(quote).ok_or("its quotes do not end")?;
            if inner.contains([quote, '\\']) {
                return Err("its quotes hold escapes");
            }
            return Ok(inner.to_owned());
        }
    }
    let plain = text.split_once(" #").map_or(text, |(plain, _)| plain.trim_end());
    match plain {
        "[]" => Ok(plain.to_owned()),
        _ if plain.contains(": ") => Err("it is YAML of another kind"),
        _ if plain.starts_with(['&', '*', '!', '|', '>', '{', '[', '@', '`', '%']) => {
            Err("it is YAML of another kind")
        }
        _ => Ok(plain.to_owned()),
    }
}
