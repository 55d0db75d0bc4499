//! Reads the four blocks of a debsecan feed.

use super::{Entry, Feed, Name, Urgency};
use crate::limits::{Limits, Refused};
use crate::lines;
use std::collections::BTreeMap;

const WHAT: &str = "debsecan feed";
const FIRST_LINE: &str = "VERSION 1";

/// Reads a feed, packed with zlib or already unpacked.
///
/// Its publisher's program stops at the first line that it cannot read, and so do we: the lines refer to
/// each other by number.
///
/// # Errors
/// The bytes are no debsecan feed, are cut off, or exceed a limit.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Feed, Refused> {
    let unpacked;
    let bytes = if bytes.starts_with(FIRST_LINE.as_bytes()) {
        bytes
    } else {
        unpacked = limits.unzlib(bytes)?;
        &unpacked
    };
    let text = lines::text(bytes, WHAT, limits)?;
    if !text.ends_with('\n') {
        return Err(Refused::form(WHAT, "it is cut off"));
    }
    let mut lines = text.split_terminator('\n').enumerate();
    if lines.next().is_none_or(|(_, line)| line != FIRST_LINE) {
        return Err(Refused::form(WHAT, "it does not begin with `VERSION 1`"));
    }
    let mut feed = Feed { names: Vec::new(), entries: Vec::new(), binaries: BTreeMap::new() };
    block(&mut lines, |line| {
        limits.room_for_row(feed.names.len())?;
        feed.names.push(name(line).ok_or("it is no identifier, flags and description")?);
        Ok(())
    })?;
    block(&mut lines, |line| {
        limits.room_for_row(feed.entries.len())?;
        feed.entries.push(entry(line, feed.names.len())?);
        Ok(())
    })?;
    // Some writers leave out the empty line behind the last block.
    let mut lines = lines.chain([(0, "")]);
    block(&mut lines, |line| {
        let (source, built) = line.split_once(',').ok_or("it is no source and its packages")?;
        let built = built.split_ascii_whitespace().map(str::to_owned).collect();
        feed.binaries.insert(source.to_owned(), built);
        Ok(())
    })?;
    if feed.entries.is_empty() {
        return Err(Refused::form(WHAT, "it names no package"));
    }
    feed.entries.sort_by(|a, b| a.package.cmp(&b.package));
    Ok(feed)
}

/// Why a line is no good, or what stops the whole file.
enum Stop {
    Line(&'static str),
    Refused(Refused),
}

impl From<&'static str> for Stop {
    fn from(reason: &'static str) -> Self {
        Self::Line(reason)
    }
}

impl From<Refused> for Stop {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

/// Hands the lines up to the next empty one to `take`. A block without its empty line was cut off.
fn block<'a>(
    lines: &mut impl Iterator<Item = (usize, &'a str)>,
    mut take: impl FnMut(&'a str) -> Result<(), Stop>,
) -> Result<(), Refused> {
    for (at, line) in lines {
        if line.is_empty() {
            return Ok(());
        }
        take(line).map_err(|stop| match stop {
            Stop::Line(reason) => Refused::line(WHAT, at + 1, reason),
            Stop::Refused(refused) => refused,
        })?;
    }
    Err(Refused::form(WHAT, "it is cut off"))
}

/// `CVE-2004-2541,    ,no description`. The flags are of no use.
fn name(line: &str) -> Option<Name> {
    let mut parts = line.splitn(3, ',');
    let (id, _flags, description) = (parts.next()?, parts.next()?, parts.next()?);
    lines::is_name(id).then(|| Name { id: id.to_owned(), description: description.to_owned() })
}

/// `abseil,2377,SM?F,20220623.1-1+deb12u1,`.
fn entry(line: &str, names: usize) -> Result<Entry, &'static str> {
    let mut parts = line.splitn(5, ',');
    let mut part = || parts.next().ok_or("it has fewer than five parts");
    let (package, index, flags, unstable, others) = (part()?, part()?, part()?, part()?, part()?);
    let name = index.parse().ok().filter(|name| *name < names).ok_or("its number names nothing")?;
    let [kind, urgency, remote, fix] = flags.as_bytes() else {
        return Err("its flags are not four");
    };
    let mut versions = others.split_ascii_whitespace().chain([unstable]);
    if !lines::is_name(package) || !versions.all(|v| v.is_empty() || lines::is_name(v)) {
        return Err("its package or a version of it is no name");
    }
    Ok(Entry {
        package: package.to_owned(),
        name,
        is_binary: match kind {
            b'B' => true,
            b'S' => false,
            _ => return Err("its first flag is neither B nor S"),
        },
        urgency: match urgency {
            b' ' => Urgency::NotGiven,
            b'L' => Urgency::Low,
            b'M' => Urgency::Medium,
            b'H' => Urgency::High,
            _ => return Err("its urgency is not known"),
        },
        is_remote: match remote {
            b'?' => None,
            b'R' => Some(true),
            b' ' => Some(false),
            _ => return Err("its third flag is not known"),
        },
        has_fix: *fix == b'F',
        unstable_fixed: (!unstable.is_empty()).then(|| unstable.to_owned()),
        other_fixed: others.split_ascii_whitespace().map(str::to_owned).collect(),
    })
}
