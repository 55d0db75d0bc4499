//! JSON as feeds need it: limits before anything is built, and entries one by one, so that a bad one
//! spoils only itself.

use crate::limits::{Limits, Refused};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// Refuses a document whose depth or strings are above the limits. It does not check the grammar.
pub(crate) fn check(bytes: &[u8], limits: &Limits, what: &str) -> Result<(), Refused> {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'"' => {
                let end = string_end(bytes, at);
                if end - at > limits.string_bytes_max {
                    let bytes_max = limits.string_bytes_max;
                    return Err(Refused::LongString { what: what.to_owned(), bytes_max });
                }
                at = end + 1;
            }
            b'{' | b'[' => {
                depth += 1;
                if depth > limits.depth_max {
                    let depth_max = limits.depth_max;
                    return Err(Refused::Deep { what: what.to_owned(), depth_max });
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// Returns where the string that begins at `at` (after its quote) ends: at its closing quote, or at the end of
/// all. Eight bytes at a time, because most of a feed is text.
pub(crate) fn string_end(bytes: &[u8], mut at: usize) -> usize {
    loop {
        at = next_mark(bytes, at);
        match bytes.get(at) {
            Some(b'\\') => at += 2,
            Some(_) => return at,
            None => return bytes.len(),
        }
    }
}

/// Returns where the next quote or backslash is, or a place behind all bytes.
fn next_mark(bytes: &[u8], mut at: usize) -> usize {
    while let Some(eight) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*eight);
        let marks = equal(word, b'"') | equal(word, b'\\');
        if marks != 0 {
            // The lowest mark is exact; those above it may be borrowed from it.
            return at + usize::from(u8::try_from(marks.trailing_zeros() >> 3).unwrap_or(0));
        }
        at += 8;
    }
    let rest = bytes.get(at..).unwrap_or(b"");
    let found = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'));
    found.map_or(bytes.len(), |found| at + found)
}

/// The high bit of each byte of `word` that is `byte`, at least of the lowest.
fn equal(word: u64, byte: u8) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    let difference = word ^ (ONES * u64::from(byte));
    difference.wrapping_sub(ONES) & !difference & (ONES << 7)
}

/// An object as it is written: its keys in order, its values unread. For objects whose keys are data.
pub(crate) struct Members<'a>(pub(crate) Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Vec<(Cow<'de, str>, &'de RawValue)>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((key, value)) = map.next_entry::<Text<'de>, &'de RawValue>()? {
                    members.push((key.0, value));
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Reader).map(Self)
    }
}

/// A string that is borrowed where it has no escapes. (A plain `Cow` is never borrowed by serde.)
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Text<'a>(pub(crate) Cow<'a, str>);

impl Text<'_> {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Cow<'de, str>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(text))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(text.to_owned()))
            }
        }
        deserializer.deserialize_str(Reader).map(Text)
    }
}

/// Reads one entry on its own.
pub(crate) fn entry<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Result<T, String> {
    serde_json::from_str(raw.get()).map_err(|e| {
        // The position counts from the entry, which nobody can find in the file.
        let text = e.to_string();
        match text.rfind(" at line ") {
            Some(at) => text[..at].to_owned(),
            None => text,
        }
    })
}

/// Reads a list that some publishers write as `null` when it is empty.
pub(crate) fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    Ok(Option::<Vec<T>>::deserialize(deserializer)?.unwrap_or_default())
}

/// Returns one line for people, from a text of any length.
pub(crate) fn one_line(text: &str) -> String {
    /// More does not fit into a list of advisories.
    const CHARS_MAX: usize = 200;
    let line = text.trim().lines().next().unwrap_or("").trim();
    if line.chars().count() <= CHARS_MAX {
        return line.to_owned();
    }
    let mut short: String = line.chars().take(CHARS_MAX).collect();
    // Not in the middle of a word.
    if let Some(at) = short.rfind(' ') {
        short.truncate(at);
    }
    short.push('…');
    short
}

/// Returns tenths of a printed score (`9.8`, also as a text), or `None`.
pub(crate) fn tenths(score: f64) -> Option<u16> {
    let tenths = (score * 10.0).round();
    // Small and whole by now, so that the way over text is exact.
    (0.0..=100.0).contains(&tenths).then(|| format!("{tenths:.0}").parse().ok()).flatten()
}

#[cfg(test)]
mod tests;
