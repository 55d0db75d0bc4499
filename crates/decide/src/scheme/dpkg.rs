//! Debian versions, deb-version(7): epoch, upstream version, revision; in each, runs of non-digits
//! and runs of digits in turn. The direct comparer is `crate::version::compare`.

/// dpkg keeps an epoch in an `int`.
const EPOCH_MAX: u32 = 2_147_483_647;

/// End of a run of non-digits, and of a part. Between `~` and everything else.
const END: u8 = 0x02;

/// Returns the key. Why it holds: `END` lies between `~` and every other byte, and after a run of
/// digits either the part ends (`END`) or a non-digit follows, which never begins with `END`: parts
/// cannot run into each other.
pub(super) fn key(version: &str) -> Result<Vec<u8>, &'static str> {
    let (epoch, upstream, revision) = check(version)?;
    let mut key = Vec::with_capacity(16 + version.len() * 2);
    key.extend_from_slice(&epoch.to_be_bytes());
    push_part(&mut key, upstream);
    push_part(&mut key, revision);
    Ok(key)
}

/// Returns epoch, upstream version and revision. An absent revision is equal to `0`, and empty has
/// the key of `0`, so that empty will do.
pub(super) fn check(version: &str) -> Result<(u32, &str, &str), &'static str> {
    if !version.bytes().all(|b| b.is_ascii_alphanumeric() || b".+~:-".contains(&b)) {
        return Err("it has characters that Debian versions do not have");
    }
    let (epoch, rest) = match version.split_once(':') {
        Some((epoch, rest)) => (read_epoch(epoch)?, rest),
        None => (0, version),
    };
    let (upstream, revision) = match rest.rsplit_once('-') {
        Some((_, "")) => return Err("its revision is empty"),
        Some(parts) => parts,
        None => (rest, ""),
    };
    if upstream.is_empty() {
        return Err("it has no upstream version");
    }
    Ok((epoch, upstream, revision))
}

fn read_epoch(epoch: &str) -> Result<u32, &'static str> {
    if epoch.is_empty() || !epoch.bytes().all(|b| b.is_ascii_digit()) {
        return Err("its epoch is no number");
    }
    epoch.parse().ok().filter(|epoch| *epoch <= EPOCH_MAX).ok_or("its epoch is too large")
}

/// Appends at least one round of (non-digits, digits), even for an empty part.
fn push_part(key: &mut Vec<u8>, part: &str) {
    let mut rest = part.as_bytes();
    loop {
        let text_end = rest.iter().position(u8::is_ascii_digit).unwrap_or(rest.len());
        let (text, after) = rest.split_at(text_end);
        key.extend(text.iter().map(|byte| weight(*byte)));
        key.push(END);
        let digits_end = after.iter().position(|b| !b.is_ascii_digit()).unwrap_or(after.len());
        let (digits, next) = after.split_at(digits_end);
        push_digits(key, digits);
        if next.is_empty() {
            break;
        }
        rest = next;
    }
    key.push(END);
}

/// `~`, then (the end, which is no byte), then `A-Z`, then `a-z`, then the rest.
fn weight(byte: u8) -> u8 {
    match byte {
        b'~' => 0x01,
        b'A'..=b'Z' => 0x10 + (byte - b'A'),
        b'a'..=b'z' => 0x2a + (byte - b'a'),
        other => 0x50 + (other - 0x20),
    }
}

/// Appends length and digits without leading zeros; lengths of 255 and more as `ff` and four bytes.
fn push_digits(key: &mut Vec<u8>, digits: &[u8]) {
    let zeros = digits.iter().take_while(|b| **b == b'0').count();
    let digits = digits.get(zeros..).unwrap_or_default();
    match u8::try_from(digits.len()) {
        Ok(len) if len < 0xff => key.push(len),
        Ok(_) | Err(_) => {
            // A text of four gigabytes does not reach this line: lines and fields are limited far
            // below.
            let len = u32::try_from(digits.len()).unwrap_or(u32::MAX);
            key.push(0xff);
            key.extend_from_slice(&len.to_be_bytes());
        }
    }
    key.extend_from_slice(digits);
}
