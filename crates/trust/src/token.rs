//! Tokens that people carry: `prefix_` and 36 characters, the last six a checksum against typing errors.
//!
//! The checksum protects nothing; it lets a mistyped token be told from a wrong one without a look-up.

use model::Digest;

/// Prefix of join tokens.
pub const JOIN: &str = "pwlj";
/// Prefix of API tokens of persons.
pub const USER: &str = "pwlu";

const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// 30 digits of base 62 carry 178 bits.
const BODY_CHARS: usize = 30;
/// Six digits of base 62 hold any CRC-32.
const SUM_CHARS: usize = 6;

/// Makes a token from 32 random bytes that the caller drew. `prefix` is with or without its `_`.
pub fn make(prefix: &str, entropy: &[u8; 32]) -> String {
    let prefix = prefix.trim_end_matches('_');
    let mut rest = entropy.to_vec();
    let body: String = (0..BODY_CHARS).map(|_| char::from(LETTERS[divide(&mut rest)])).collect();
    let sum = checksum(prefix, &body);
    format!("{prefix}_{body}{sum}")
}

/// Returns whether `text` is a token of this prefix without a typing error.
pub fn check(text: &str, prefix: &str) -> bool {
    let prefix = prefix.trim_end_matches('_');
    let Some(rest) = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_')) else {
        return false;
    };
    rest.len() == BODY_CHARS + SUM_CHARS
        && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && rest.split_at_checked(BODY_CHARS).is_some_and(|(b, sum)| checksum(prefix, b) == sum)
}

/// Returns what is stored of a token. Plain SHA-256 suffices: tokens are random, not remembered.
pub fn hash(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

/// Divides the big-endian number by 62 in place and returns the remainder.
fn divide(number: &mut [u8]) -> usize {
    let mut rest = 0;
    for byte in number {
        let value = rest * 256 + usize::from(*byte);
        *byte = u8::try_from(value / 62).expect("rest < 62, so value < 62 * 256");
        rest = value % 62;
    }
    rest
}

fn checksum(prefix: &str, body: &str) -> String {
    let mut crc = crc32(format!("{prefix}_{body}").as_bytes()).to_be_bytes().to_vec();
    let digits: Vec<u8> = (0..SUM_CHARS).map(|_| LETTERS[divide(&mut crc)]).collect();
    digits.iter().rev().map(|digit| char::from(*digit)).collect()
}

/// CRC-32 as in IEEE 802.3.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 }
        })
    })
}

#[cfg(test)]
mod tests;
