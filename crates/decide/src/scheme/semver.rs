//! Semantic versions (semver.org 2.0). The crate reads and compares; the key is ours. Build
//! metadata does not count, and a leading `v`, which is a habit of tags, is allowed.

use semver::Version;

/// Reads a version; also what the direct comparer compares.
pub(super) fn read(version: &str) -> Result<Version, &'static str> {
    let text = version.strip_prefix(['v', 'V']).unwrap_or(version);
    let read = Version::parse(text).map_err(|_| "it is no semantic version")?;
    if read.pre.split('.').any(|part| part.len() > 255 && is_number(part)) {
        return Err("it has a number of more than 255 digits");
    }
    Ok(read)
}

/// Returns the key: three numbers of eight bytes, then the pre-release: each numeric identifier
/// `01` and length and digits, each other one `02` text `00`, and `00` after the last; `ff` where
/// there is none.
pub(super) fn key(version: &str) -> Result<Vec<u8>, &'static str> {
    let read = read(version)?;
    let mut key = Vec::with_capacity(26 + read.pre.len() * 2);
    for number in [read.major, read.minor, read.patch] {
        key.extend_from_slice(&number.to_be_bytes());
    }
    if read.pre.is_empty() {
        key.push(0xff);
        return Ok(key);
    }
    for part in read.pre.split('.') {
        if is_number(part) {
            key.push(0x01);
            super::push_number(&mut key, part)?;
        } else {
            key.push(0x02);
            key.extend_from_slice(part.as_bytes());
            key.push(0x00);
        }
    }
    key.push(0x00);
    Ok(key)
}

fn is_number(part: &str) -> bool {
    part.bytes().all(|b| b.is_ascii_digit())
}
