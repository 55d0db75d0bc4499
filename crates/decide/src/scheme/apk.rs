//! Alpine versions (apk-tools 3): digits (`.` digits)*, one letter, `_suffix` with a number, `~`
//! and a hash, `-r` and a number. What has another shape is refused; apk compares it too, by rules
//! that changed between versions.

use std::cmp::Ordering;

/// One token; the order of the variants is the order of tokens where kinds differ. The end of a
/// version is a token too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Token<'a> {
    /// `_alpha` 1, `_beta` 2, `_pre` 3, `_rc` 4: before the release.
    Before(u8),
    End,
    /// `-r` and digits, perhaps none.
    Revision(&'a str),
    Hash(&'a str),
    SuffixNumber(&'a str),
    /// `_cvs` 9, `_svn` 10, `_git` 11, `_hg` 12, `_p` 13: after the release.
    After(u8),
    Letter(u8),
    Number(&'a str),
    /// The first number: numeric even with leading zeros.
    First(&'a str),
}

const SUFFIXES: [(&str, Token<'static>); 9] = [
    ("alpha", Token::Before(1)),
    ("beta", Token::Before(2)),
    ("pre", Token::Before(3)),
    ("rc", Token::Before(4)),
    ("cvs", Token::After(9)),
    ("svn", Token::After(10)),
    ("git", Token::After(11)),
    ("hg", Token::After(12)),
    ("p", Token::After(13)),
];

/// Reads a version into tokens; the last is `End`.
pub(super) fn tokens(version: &str) -> Result<Vec<Token<'_>>, &'static str> {
    let mut tokens = Vec::with_capacity(8);
    let mut rest = push_numbers(&mut tokens, version)?;
    if let Some(letter) = rest.bytes().next().filter(u8::is_ascii_lowercase) {
        tokens.push(Token::Letter(letter));
        rest = &rest[1..];
    }
    while let Some(after) = rest.strip_prefix('_') {
        let (word, next) = run(after, |c| c.is_ascii_lowercase());
        let known = SUFFIXES.iter().find(|(suffix, _)| *suffix == word);
        tokens.push(known.ok_or("it has a suffix that apk does not know")?.1);
        let (digits, next) = digits(next)?;
        if !digits.is_empty() {
            tokens.push(Token::SuffixNumber(digits));
        }
        rest = next;
    }
    if let Some(after) = rest.strip_prefix('~') {
        let (hash, next) = run(after, |c| matches!(c, '0'..='9' | 'a'..='f'));
        if hash.is_empty() {
            return Err("its hash is empty");
        }
        tokens.push(Token::Hash(hash));
        rest = next;
    }
    if let Some(after) = rest.strip_prefix("-r") {
        let (digits, next) = digits(after)?;
        tokens.push(Token::Revision(digits));
        rest = next;
    }
    if !rest.is_empty() {
        return Err("it does not have the form of an Alpine version");
    }
    tokens.push(Token::End);
    Ok(tokens)
}

fn push_numbers<'a>(
    tokens: &mut Vec<Token<'a>>,
    version: &'a str,
) -> Result<&'a str, &'static str> {
    let (mut number, mut rest) = digits(version)?;
    let mut is_first = true;
    loop {
        if number.is_empty() {
            return Err("a number is missing");
        }
        tokens.push(if is_first { Token::First(number) } else { Token::Number(number) });
        is_first = false;
        let Some(after) = rest.strip_prefix('.') else {
            return Ok(rest);
        };
        (number, rest) = digits(after)?;
    }
}

fn digits(text: &str) -> Result<(&str, &str), &'static str> {
    let (digits, rest) = run(text, |c| c.is_ascii_digit());
    if digits.len() > 255 {
        return Err("it has a number of more than 255 digits");
    }
    Ok((digits, rest))
}

fn run(text: &str, goes_on: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !goes_on(c)).unwrap_or(text.len()))
}

/// Returns the key: for each token a byte that says its kind, then what it holds.
pub(super) fn key(version: &str) -> Result<Vec<u8>, &'static str> {
    let mut key = Vec::with_capacity(8 + version.len() * 2);
    for token in tokens(version)? {
        match token {
            Token::Before(suffix) | Token::After(suffix) => key.push(suffix),
            Token::End => key.push(0x05),
            Token::Revision(digits) => push_counted(&mut key, 0x06, digits)?,
            Token::Hash(hash) => push_text(&mut key, 0x07, hash),
            Token::SuffixNumber(digits) => push_counted(&mut key, 0x08, digits)?,
            Token::Letter(letter) => key.extend_from_slice(&[0x0e, letter]),
            // 00 in the place of a length: a text that begins with `0` is before every number that
            // does not.
            Token::Number(digits) if digits.starts_with('0') => {
                key.push(0x0f);
                push_text(&mut key, 0x00, digits);
            }
            Token::Number(digits) | Token::First(digits) => push_counted(&mut key, 0x0f, digits)?,
        }
    }
    Ok(key)
}

fn push_counted(key: &mut Vec<u8>, kind: u8, digits: &str) -> Result<(), &'static str> {
    key.push(kind);
    super::push_number(key, digits)
}

fn push_text(key: &mut Vec<u8>, kind: u8, text: &str) {
    key.push(kind);
    key.extend_from_slice(text.as_bytes());
    key.push(0x00);
}

/// Compares directly, token by token, until one differs.
pub(super) fn compare(a: &[Token<'_>], b: &[Token<'_>]) -> Ordering {
    let differs = |(a, b): (&Token<'_>, &Token<'_>)| Some(token(a, b)).filter(|o| o.is_ne());
    a.iter().zip(b).find_map(differs).unwrap_or(Ordering::Equal)
}

fn token(a: &Token<'_>, b: &Token<'_>) -> Ordering {
    match (a, b) {
        (Token::Number(a), Token::Number(b)) if a.starts_with('0') || b.starts_with('0') => {
            a.cmp(b)
        }
        (Token::First(a), Token::First(b))
        | (Token::Number(a), Token::Number(b))
        | (Token::Revision(a), Token::Revision(b))
        | (Token::SuffixNumber(a), Token::SuffixNumber(b)) => {
            let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
            a.len().cmp(&b.len()).then_with(|| a.cmp(b))
        }
        // Of different kinds, or plain values of one kind: the order of the variants.
        (a, b) => a.cmp(b),
    }
}
