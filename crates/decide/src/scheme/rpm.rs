//! rpm versions: epoch, version and release, the last two by `rpmvercmp`. A missing epoch is 0; a
//! missing release sorts before every release (the rule of dependencies, where it matches any, is
//! not for advisories).

use std::cmp::Ordering;

/// What stands in a version and where each sorts: the byte that begins it in a key.
const TILDE: u8 = 0x01;
const END: u8 = 0x02;
const CARET: u8 = 0x03;
const LETTERS: u8 = 0x04;
const NUMBER: u8 = 0x05;

/// A version that is well formed, taken apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Evr<'a> {
    epoch: u32,
    version: &'a str,
    release: Option<&'a str>,
}

/// Takes `[epoch:]version[-release]` apart. rpm itself reads any text, a damaged epoch as part of
/// the version; a damaged text in an advisory is rather refused than compared.
pub(super) fn split(text: &str) -> Result<Evr<'_>, &'static str> {
    let (epoch, rest) = match text.split_once(':') {
        Some((epoch, rest)) => (read_epoch(epoch)?, rest),
        None => (0, text),
    };
    let (version, release) = match rest.rsplit_once('-') {
        Some((_, "")) => return Err("its release is empty"),
        Some((version, release)) => (version, Some(release)),
        None => (rest, None),
    };
    if version.is_empty() {
        return Err("its version is empty");
    }
    if rest.split(|c: char| !c.is_ascii_digit()).any(|run| run.len() > 255) {
        return Err("it has a number of more than 255 digits");
    }
    Ok(Evr { epoch, version, release })
}

fn read_epoch(epoch: &str) -> Result<u32, &'static str> {
    if epoch.is_empty() || !epoch.bytes().all(|b| b.is_ascii_digit()) {
        return Err("its epoch is no number");
    }
    epoch.parse().map_err(|_| "its epoch is too large")
}

/// Returns the key: epoch, segments of the version, `END`, and for a release 01, its segments,
/// `END`.
pub(super) fn key(text: &str) -> Result<Vec<u8>, &'static str> {
    let evr = split(text)?;
    let mut key = Vec::with_capacity(16 + text.len() * 2);
    key.extend_from_slice(&evr.epoch.to_be_bytes());
    push_segments(&mut key, evr.version.as_bytes())?;
    if let Some(release) = evr.release {
        key.push(0x01);
        push_segments(&mut key, release.as_bytes())?;
    }
    Ok(key)
}

fn push_segments(key: &mut Vec<u8>, mut rest: &[u8]) -> Result<(), &'static str> {
    while let Some(&first) = rest.first() {
        let len = match first {
            b'~' => {
                key.push(TILDE);
                1
            }
            b'^' => {
                key.push(CARET);
                1
            }
            digit if digit.is_ascii_digit() => {
                let len = rest.iter().take_while(|b| b.is_ascii_digit()).count();
                push_number(key, rest.get(..len).unwrap_or_default())?;
                len
            }
            letter if letter.is_ascii_alphabetic() => {
                let len = rest.iter().take_while(|b| b.is_ascii_alphabetic()).count();
                key.push(LETTERS);
                key.extend_from_slice(rest.get(..len).unwrap_or_default());
                key.push(0x00);
                len
            }
            _ => 1, // a separator, whatever it is, in whatever number
        };
        rest = rest.get(len..).unwrap_or_default();
    }
    key.push(END);
    Ok(())
}

fn push_number(key: &mut Vec<u8>, digits: &[u8]) -> Result<(), &'static str> {
    let zeros = digits.iter().take_while(|b| **b == b'0').count();
    let digits = digits.get(zeros..).unwrap_or_default();
    key.push(NUMBER);
    key.push(u8::try_from(digits.len()).map_err(|_| "it has a number of more than 255 digits")?);
    key.extend_from_slice(digits);
    Ok(())
}

/// Compares directly, in the steps of rpm's own function.
pub(super) fn compare(a: Evr<'_>, b: Evr<'_>) -> Ordering {
    a.epoch.cmp(&b.epoch).then_with(|| rpmvercmp(a.version, b.version)).then_with(|| {
        match (a.release, b.release) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) => rpmvercmp(a, b),
        }
    })
}

fn rpmvercmp(a: &str, b: &str) -> Ordering {
    let is_separator = |c: char| !(c.is_ascii_alphanumeric() || c == '~' || c == '^');
    let (mut a, mut b) = (a, b);
    loop {
        a = a.trim_start_matches(is_separator);
        b = b.trim_start_matches(is_separator);
        match (a.chars().next(), b.chars().next()) {
            (None, None) => return Ordering::Equal,
            (Some('~'), Some('~')) | (Some('^'), Some('^')) => {
                (a, b) = (&a[1..], &b[1..]);
                continue;
            }
            (Some('~'), _) | (None, Some('^')) => return Ordering::Less,
            (_, Some('~')) | (Some('^'), None) => return Ordering::Greater,
            (Some('^') | None, Some(_)) => return Ordering::Less,
            (Some(_), Some('^') | None) => return Ordering::Greater,
            (Some(_), Some(_)) => {}
        }
        let (a_segment, a_rest) = segment(a);
        let (b_segment, b_rest) = segment(b);
        let order = segments(a_segment, b_segment);
        if order != Ordering::Equal {
            return order;
        }
        (a, b) = (a_rest, b_rest);
    }
}

/// Splits off the longest run of digits or of letters, whichever it begins with.
fn segment(text: &str) -> (&str, &str) {
    let is_number = text.starts_with(|c: char| c.is_ascii_digit());
    let goes_on = |c: char| if is_number { c.is_ascii_digit() } else { c.is_ascii_alphabetic() };
    text.split_at(text.find(|c: char| !goes_on(c)).unwrap_or(text.len()))
}

fn segments(a: &str, b: &str) -> Ordering {
    let is_number = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    match (is_number(a), is_number(b)) {
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => a.cmp(b),
        (true, true) => {
            let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
            a.len().cmp(&b.len()).then_with(|| a.cmp(b))
        }
    }
}
