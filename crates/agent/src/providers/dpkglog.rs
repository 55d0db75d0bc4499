//! dpkg's own log, read back: which version a package had at an earlier moment. Pure.
//!
//! The log's times are the host's local time, without a zone. They are compared as text with a moment
//! that the caller wrote in the same way (`2026-08-09 14:36:25`), so that no line's time is ever parsed.

use crate::providers::apt::is_version;
use std::collections::BTreeMap;

/// Replacements kept per package at most: ten years of weekly ones.
const REPLACED_MAX: usize = 520;

/// One replacement of a package's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    pub arch: String,
    pub from: String,
    pub to: String,
    /// When the new files were in place, as the log writes it.
    pub done_at: String,
}

/// Replacements of the packages that were asked for, oldest first, and how far back the log goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// Time of the oldest line; empty: there is none.
    pub begins_at: String,
    /// Whether no older log was ever put aside: then nothing happened on this host before it begins.
    /// Images are made with an empty log, and what runs began after that.
    pub is_whole: bool,
    replaced: BTreeMap<String, Vec<Replaced>>,
    /// An `upgrade` whose new files are not in place yet.
    begun: BTreeMap<(String, String), (String, String)>,
}

impl History {
    /// Reads one log file. Files are read oldest first; `is_wanted` is asked for each package's name.
    pub fn read(&mut self, text: &str, is_wanted: &impl Fn(&str) -> bool) {
        for line in text.lines() {
            let Some((at, rest)) = line.split_at_checked(19) else { continue };
            if !is_time(at) {
                continue;
            }
            if self.begins_at.is_empty() {
                at.clone_into(&mut self.begins_at);
            }
            let mut words = rest.split_ascii_whitespace();
            let (Some(verb), Some(second), Some(third)) =
                (words.next(), words.next(), words.next())
            else {
                continue;
            };
            match verb {
                "upgrade" => self.begin(second, (third, words.next()), is_wanted),
                "status" if second == "unpacked" => self.end(third, words.next(), at),
                _ => {}
            }
        }
    }

    fn begin(
        &mut self,
        package: &str,
        (from, to): (&str, Option<&str>),
        is_wanted: &impl Fn(&str) -> bool,
    ) {
        let (name, arch) = package.split_once(':').unwrap_or((package, ""));
        if let Some(to) = to.filter(|to| is_version(from) && is_version(to))
            && is_wanted(name)
        {
            let key = (name.to_owned(), arch.to_owned());
            self.begun.insert(key, (from.to_owned(), to.to_owned()));
        }
    }

    /// dpkg says `unpacked` of the old version first, when it begins, and of the new one when its
    /// files are in place.
    fn end(&mut self, package: &str, version: Option<&str>, at: &str) {
        let (name, arch) = package.split_once(':').unwrap_or((package, ""));
        if self.begun.is_empty() {
            return;
        }
        let key = (name.to_owned(), arch.to_owned());
        if self.begun.get(&key).is_none_or(|(_, to)| Some(to.as_str()) != version) {
            return;
        }
        let Some((from, to)) = self.begun.remove(&key) else { return };
        let all = self.replaced.entry(key.0).or_default();
        if all.len() < REPLACED_MAX {
            all.push(Replaced { arch: key.1, from, to, done_at: at.to_owned() });
        }
    }

    /// Returns whether the log says everything that happened since `moment`.
    pub fn reaches(&self, moment: &str) -> bool {
        self.is_whole || (!self.begins_at.is_empty() && self.begins_at.as_str() <= moment)
    }

    /// Returns the version of a package whose files were replaced after a process had begun, at
    /// `moment`, to use them. `None`: the log does not go back as far, or knows of no replacement.
    ///
    /// The log counts whole seconds. A process that begins in the second of a replacement was most
    /// often started by it, and uses the new files; only where nothing was replaced later are its
    /// files the old ones.
    pub fn version_before(&self, name: &str, arch: Option<&str>, moment: &str) -> Option<&str> {
        if !self.reaches(moment) {
            return None;
        }
        let all = self.replaced.get(name)?;
        let is_it = |one: &&Replaced| arch.is_none_or(|arch| arch == one.arch);
        let later = all.iter().filter(is_it).find(|one| one.done_at.as_str() > moment);
        let same = || all.iter().filter(is_it).rfind(|one| one.done_at == moment);
        later.or_else(same).map(|one| one.from.as_str())
    }
}

fn is_time(text: &str) -> bool {
    text.len() == 19
        && text.bytes().zip(b"0000-00-00 00:00:00").all(|(byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            other => byte == *other,
        })
}

#[cfg(test)]
mod tests;
