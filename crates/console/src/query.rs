//! The part of an address after `?`: written here, so that every filter, order and page is a link
//! that people can keep and send.

use std::fmt::Write as _;

/// Returns `path` with the pairs whose value is not empty, percent-encoded.
pub fn link(path: &str, pairs: &[(&str, &str)]) -> String {
    let mut out = path.to_owned();
    let mut mark = if path.contains('?') { '&' } else { '?' };
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        out.push(mark);
        encode(&mut out, name);
        out.push('=');
        encode(&mut out, value);
        mark = '&';
    }
    out
}

fn encode(out: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            byte => {
                // Writing to a string cannot fail.
                write!(out, "%{byte:02X}").ok();
            }
        }
    }
}

/// Returns the first value of `name` among decoded pairs, or empty.
pub(crate) fn value<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
}
