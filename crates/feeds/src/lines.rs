//! Feeds that are lines of text.

use crate::limits::{Limits, Refused};
use std::borrow::Cow;

/// Returns the text, with a mark in place of what is no UTF-8: old entries have names in other encodings,
/// which nothing depends on. Costs one pass to look at the lengths of lines.
///
/// # Errors
/// A line is longer than any string may be.
pub(crate) fn text<'a>(
    bytes: &'a [u8],
    what: &str,
    limits: &Limits,
) -> Result<Cow<'a, str>, Refused> {
    let bytes_max = limits.string_bytes_max;
    if bytes.len() > bytes_max && bytes.split(|b| *b == b'\n').any(|line| line.len() > bytes_max) {
        return Err(Refused::LongString { what: what.to_owned(), bytes_max });
    }
    Ok(String::from_utf8_lossy(bytes))
}

/// Returns as much of a message as people read: what is wrong may be hostile and long.
pub(crate) fn short(message: &str) -> String {
    const CHARS_MAX: usize = 240;
    message.chars().take(CHARS_MAX).collect()
}

/// Returns whether `text` can be a name or an id: one word, not longer than any real one. Pages, addresses and
/// tables take it as it is.
pub(crate) fn is_name(text: &str) -> bool {
    const BYTES_MAX: usize = 1024;
    let is_apart = |c: char| c.is_whitespace() || c.is_control();
    !text.is_empty() && text.len() <= BYTES_MAX && !text.contains(is_apart)
}
