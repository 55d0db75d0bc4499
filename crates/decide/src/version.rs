//! Debian version order: which of two versions is newer, exactly as dpkg says it.
//! It compares only; it never judges whether a version is well formed.

use std::cmp::Ordering;

/// Compares two versions as `dpkg --compare-versions` does: epoch, then upstream version, then revision
/// (deb-version(7)). A text without a readable epoch has epoch 0; numbers of any length compare.
pub fn compare(a: &str, b: &str) -> Ordering {
    let (a_epoch, a_upstream, a_revision) = split(a);
    let (b_epoch, b_upstream, b_revision) = split(b);
    numbers(a_epoch, b_epoch)
        .then_with(|| part(a_upstream, b_upstream))
        .then_with(|| part(a_revision, b_revision))
}

/// Returns epoch, upstream version and revision. An absent revision is equal to `0`, and empty
/// compares like `0`, so that empty will do.
fn split(version: &str) -> (&str, &str, &str) {
    let version = version.trim();
    let (epoch, rest) = match version.split_once(':') {
        Some((epoch, rest)) if epoch.bytes().all(|b| b.is_ascii_digit()) => (epoch, rest),
        Some(_) | None => ("", version),
    };
    match rest.rsplit_once('-') {
        Some((upstream, revision)) => (epoch, upstream, revision),
        None => (epoch, rest, ""),
    }
}

/// Compares runs of non-digits and runs of digits in turn, until one differs.
fn part(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    while !a.is_empty() || !b.is_empty() {
        let (a_text, a_rest) = run(a, false);
        let (b_text, b_rest) = run(b, false);
        let (a_digits, a_next) = run(a_rest, true);
        let (b_digits, b_next) = run(b_rest, true);
        let digits = |d| std::str::from_utf8(d).unwrap_or_default();
        let order = texts(a_text, b_text).then_with(|| numbers(digits(a_digits), digits(b_digits)));
        if order != Ordering::Equal {
            return order;
        }
        (a, b) = (a_next, b_next);
    }
    Ordering::Equal
}

fn run(bytes: &[u8], of_digits: bool) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|b| b.is_ascii_digit() != of_digits);
    bytes.split_at(end.unwrap_or(bytes.len()))
}

/// Compares runs of non-digits: `~` before the end, the end before letters, letters before the rest.
fn texts(a: &[u8], b: &[u8]) -> Ordering {
    let weight = |byte: Option<&u8>| match byte {
        None => 0,
        Some(b'~') => -1,
        Some(&letter) if letter.is_ascii_alphabetic() => i32::from(letter),
        Some(&other) => i32::from(other) + 256,
    };
    (0..a.len().max(b.len()))
        .map(|at| weight(a.get(at)).cmp(&weight(b.get(at))))
        .find(|order| *order != Ordering::Equal)
        .unwrap_or(Ordering::Equal)
}

/// Compares digit strings by value, whatever their length: a longer number without its leading
/// zeros is the greater one.
fn numbers(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests;
