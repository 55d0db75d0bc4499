//! Changes documents in ways that networks, disks, editors and attackers do.

use crate::random::Random;
use crate::tree;

/// Bytes of an input: what is larger only takes longer.
pub(crate) const INPUT_BYTES_MAX: usize = 96 * 1024;

/// What formats are made of; one of it in the wrong place does more than a random byte.
const TOKENS: [&str; 72] = [
    "\n",
    "\r\n",
    "\t",
    "        ",
    " ",
    "\0",
    "\u{feff}",
    "\u{202e}",
    "\u{e9}",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "\\",
    "\\u0000",
    "\\ud800",
    ":",
    ",",
    "null",
    "true",
    "-1",
    "1e999",
    "0.0",
    "{}",
    "[]",
    "[[[[[[[[",
    "{\"a\":",
    "CVE-2024-3094",
    "CVE-2024-99999999999",
    "CVE-0000-0000",
    "CVE-",
    "<",
    "</",
    "/>",
    "<!DOCTYPE a [",
    "<!ENTITY a \"aaaa\">",
    "&a;",
    "&#0;",
    "&#x110000;",
    "<![CDATA[",
    "]]>",
    "<!--",
    "<?xml?>",
    "xmlns=\"\"",
    "[01 Jan 2024] DSA-1-1 x - y",
    "{CVE-2024-1000}",
    "[bookworm] - ",
    "<not-affected>",
    "<unfixed>",
    "VERSION 1",
    ",SHRF,",
    "---",
    "- pkg:",
    "secfixes:",
    "releases:",
    "- releaseCycle: \"1\"",
    "eol: false",
    "2024-02-30",
    "9999-12-31",
    "99999999999999999999",
    "4294967296",
    "-9223372036854775808",
    "0",
    "1:",
    "~",
    "^",
    "~bpo12+1",
    "+deb12u1",
    ".module_el8",
    "-r0",
    "_alpha",
];

/// Returns a changed document. `seeds` are the target's; there is one at least.
pub(crate) fn input(random: &mut Random, seeds: &[Vec<u8>]) -> Vec<u8> {
    let seed = &seeds[random.below(seeds.len())];
    let mut bytes = seed.clone();
    let is_tree = bytes.trim_ascii_start().starts_with(b"{") || bytes.starts_with(b"[{");
    if is_tree && random.below(2) == 0 {
        if let Some(changed) = tree::changed(random, &bytes) {
            bytes = changed;
        }
        // Mostly it stays well-formed: what is behind the grammar is reached only so.
        if random.below(4) > 0 {
            bytes.truncate(INPUT_BYTES_MAX);
            return bytes;
        }
    }
    if bytes.trim_ascii_start().starts_with(b"<") && random.below(2) == 0 {
        for _ in 0..=random.below(4) {
            quoted(random, &mut bytes);
        }
        bytes.truncate(INPUT_BYTES_MAX);
        return bytes;
    }
    for _ in 0..=random.below(6) {
        change(random, &mut bytes, seeds);
    }
    bytes.truncate(INPUT_BYTES_MAX);
    bytes
}

fn change(random: &mut Random, bytes: &mut Vec<u8>, seeds: &[Vec<u8>]) {
    let at = random.below(bytes.len() + 1);
    match random.below(15) {
        0 => flip(random, bytes),
        1 => {
            let noise: Vec<u8> = (0..random.length(64)).map(|_| random.byte()).collect();
            insert(bytes, at, &noise);
        }
        2 | 3 => insert(bytes, at, random.one(&TOKENS).as_bytes()),
        4 => {
            let range = range(random, bytes);
            bytes.drain(range);
        }
        5 => {
            let piece = bytes[range(random, bytes)].to_vec();
            insert(bytes, at, &piece);
        }
        6 => repeat(random, bytes, at),
        7 => bytes.truncate(at),
        8 => {
            bytes.drain(..at);
        }
        9 => {
            let other = &seeds[random.below(seeds.len())];
            let from = random.below(other.len() + 1);
            bytes.truncate(at);
            bytes.extend_from_slice(&other[from..]);
        }
        10 => number(random, bytes),
        11 | 12 => lines(random, bytes),
        13 => quoted(random, bytes),
        _ => {
            let token = random.one(&TOKENS).as_bytes();
            let range = range(random, bytes);
            bytes.splice(range, token.iter().copied());
        }
    }
}

fn flip(random: &mut Random, bytes: &mut [u8]) {
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len());
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 1 << random.below(8);
        }
    }
}

fn insert(bytes: &mut Vec<u8>, at: usize, piece: &[u8]) {
    bytes.splice(at..at, piece.iter().copied());
}

fn range(random: &mut Random, bytes: &[u8]) -> std::ops::Range<usize> {
    let from = random.below(bytes.len() + 1);
    from..from + random.length(bytes.len() - from)
}

/// The same piece very often: what grows faster than its input shows here.
fn repeat(random: &mut Random, bytes: &mut Vec<u8>, at: usize) {
    let piece = match random.below(2) {
        0 => random.one(&TOKENS).as_bytes().to_vec(),
        _ => bytes[range(random, bytes)].to_vec(),
    };
    if piece.is_empty() {
        return;
    }
    let times = (INPUT_BYTES_MAX / 2 / piece.len()).min(1 + random.length(20_000));
    insert(bytes, at, &piece.repeat(times));
}

/// Puts another number where one stands.
fn number(random: &mut Random, bytes: &mut Vec<u8>) {
    const NUMBERS: [&str; 10] = [
        "0",
        "1",
        "255",
        "256",
        "65536",
        "4294967295",
        "4294967296",
        "9223372036854775808",
        "99999999999999999999999",
        "00",
    ];
    let begin = random.below(bytes.len());
    let Some(from) = bytes[begin..].iter().position(u8::is_ascii_digit).map(|at| begin + at) else {
        return;
    };
    let len = bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    bytes.splice(from..from + len, random.one(&NUMBERS).bytes());
}

/// Puts another string of the document, or a token, where one stands: the grammar stays whole.
fn quoted(random: &mut Random, bytes: &mut Vec<u8>) {
    let mut strings = Vec::new();
    let mut open: Option<(usize, u8)> = None;
    for (at, byte) in bytes.iter().enumerate() {
        match open {
            Some((from, quote)) if quote == *byte => {
                strings.push(from + 1..at);
                open = None;
            }
            Some(_) => {}
            None if matches!(byte, b'"' | b'\'') => open = Some((at, *byte)),
            None => {}
        }
    }
    if strings.is_empty() {
        return;
    }
    let to = strings[random.below(strings.len())].clone();
    let other = match random.below(4) {
        0 => random.one(&TOKENS).as_bytes().to_vec(),
        _ => bytes[strings[random.below(strings.len())].clone()].to_vec(),
    };
    bytes.splice(to, other);
}

/// Takes a line away, writes it twice, or puts it somewhere else.
fn lines(random: &mut Random, bytes: &mut Vec<u8>) {
    let mut lines: Vec<Vec<u8>> = bytes.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
    let (at, to) = (random.below(lines.len()), random.below(lines.len()));
    match random.below(4) {
        0 => {
            lines.remove(at);
        }
        1 => lines.insert(to, lines[at].clone()),
        2 => lines.swap(at, to),
        _ => {
            let other = lines[to].clone();
            lines[at].extend_from_slice(&other);
        }
    }
    *bytes = lines.join(&b'\n');
}
