//! debian-security-support: sources whose support ended before their release's (`security-support-ended`),
//! or is limited (`security-support-limited`). Columns stand apart by any mix of tabs and blanks.
//!
//! The files do not say which release they are of: who loads them does, by name or package version.

use crate::dates;
use crate::limits::{Limits, Refused};
use crate::lines;
use model::advisory::{Advisory, AdvisoryKind, Ends, Extent, Feed, Label, Lifecycle, Phase};
use model::advisory::{PhaseKind, RowSet};

const WHAT: &str = "security-support list";
/// The longest name or pattern: the longest of Debian's has 60 characters.
const PATTERN_BYTES_MAX: usize = 200;

/// Reads a list of no known release: never, because its lines would hold everywhere.
///
/// # Errors
/// Always: which release it is of has to be said (`parse_for`).
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<RowSet, Refused> {
    parse_for(bytes, "", limits)?;
    Err(Refused::no_stream(WHAT))
}

/// Returns the release that a list is called after: `debian:12` of `security-support-ended.deb12`.
pub fn stream_in(name: &str) -> Option<String> {
    let (_, release) = name.rsplit_once(".deb")?;
    let is_number = (1..=3).contains(&release.len()) && release.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| format!("debian:{release}"))
}

/// Reads one list of the release `stream` (`debian:12`). A list without entries is a good one.
///
/// # Errors
/// The bytes are neither list, or exceed a limit.
pub fn parse_for(bytes: &[u8], stream: &str, limits: &Limits) -> Result<RowSet, Refused> {
    let text = lines::text(bytes, WHAT, limits)?;
    let is_ended = is_ended(&text)
        .ok_or_else(|| Refused::form(WHAT, "its first comment names neither kind of list"))?;
    let word = if is_ended { "ended" } else { "limited" };
    let source = format!("debian-support/{word}/{stream}");
    let mut set = RowSet::new(Feed::DebianSupport, &source, Extent::Whole);
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        set.entries += 1;
        limits.room_for_row(set.lifecycles.len())?;
        let read = if is_ended { ended(line, stream) } else { limited(line, stream) };
        match read {
            Ok((lifecycle, advisory)) => {
                set.lifecycles.push(lifecycle);
                set.advisories.extend(advisory);
            }
            Err(reason) => set.reject(&format!("line {}", at + 1), reason),
        }
    }
    Ok(set)
}

/// The comment at the head tells the two apart.
fn is_ended(text: &str) -> Option<bool> {
    text.lines().take_while(|line| line.starts_with('#') || line.trim().is_empty()).find_map(
        |line| {
            if line.contains("security support ends before") {
                return Some(true);
            }
            line.contains("security support is limited").then_some(false)
        },
    )
}

type Read = Result<(Lifecycle, Option<Advisory>), &'static str>;

/// `pdns  4.7.3-2  2025-10-01  why`.
fn ended(line: &str, stream: &str) -> Read {
    let (source, rest) = column(line);
    let (version, rest) = column(rest);
    let (day, why) = column(rest);
    check(source)?;
    if version.is_empty() {
        return Err("it has no version");
    }
    let day = dates::iso_day(day).ok_or("its third column is no date")?;
    let ends = Ends::On(day.to_owned());
    let phase = Phase { name: "ended".to_owned(), kind: PhaseKind::Full, ends };
    let lifecycle = Lifecycle {
        stream: stream.to_owned(),
        package: source.to_owned(),
        last_version: version.to_owned(),
        phases: vec![phase],
        limited: String::new(),
        next: String::new(),
    };
    // The list's reason has no other place: a lifecycle is dates.
    Ok((lifecycle, Some(advisory(source, day, why))))
}

/// `binutils  why`.
fn limited(line: &str, stream: &str) -> Read {
    let (source, why) = column(line);
    check(source)?;
    if why.is_empty() {
        return Err("it does not say how support is limited");
    }
    let lifecycle = Lifecycle {
        stream: stream.to_owned(),
        package: source.to_owned(),
        last_version: String::new(),
        phases: Vec::new(),
        limited: why.to_owned(),
        next: String::new(),
    };
    Ok((lifecycle, None))
}

fn advisory(source: &str, day: &str, why: &str) -> Advisory {
    let urls = why
        .split([' ', ';', '\t'])
        .filter(|word| word.starts_with("https://"))
        .map(str::to_owned)
        .collect();
    Advisory {
        id: format!("security-support-ended:{source}"),
        kind: AdvisoryKind::EndOfLife,
        published_at: dates::moment(day),
        modified_at: None,
        withdrawn_at: None,
        label: Label::NotGiven,
        title: why.to_owned(),
        cves: Vec::new(),
        urls,
        needs_reboot: false,
    }
}

/// Splits off the first column.
fn column(line: &str) -> (&str, &str) {
    let line = line.trim_start();
    let end = line.find([' ', '\t']).unwrap_or(line.len());
    (&line[..end], line[end..].trim())
}

/// Some sources are regular expressions (`php-horde.*`). Those that are written are plain; a wild one
/// would silence, or shout at, every package.
fn check(source: &str) -> Result<(), &'static str> {
    if source.len() > PATTERN_BYTES_MAX {
        return Err("its first column is too long for a name");
    }
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"+-.*?|()[]".contains(&b);
    let begins = source.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric() || b == b'(');
    if !begins || !source.bytes().all(is_plain) {
        return Err("its first column is no name or plain pattern");
    }
    Ok(())
}

#[cfg(test)]
mod tests;
