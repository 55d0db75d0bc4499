//! distro-info-data (`debian.csv`, `ubuntu.csv`): the dates of releases, by the distributions' own people.
//! Rows end where later dates do not exist.

use crate::dates;
use crate::limits::{Limits, Refused};
use crate::lines;
use model::advisory::{Ends, Extent, Feed, Lifecycle, Phase, PhaseKind, RowSet};

const WHAT: &str = "distro-info file";

/// The columns that end a phase of support, and whose it is.
const PHASES: [(&str, PhaseKind); 6] = [
    ("eol", PhaseKind::Full),
    // Desktop and server ended apart until 2013.
    ("eol-server", PhaseKind::Maintenance),
    ("eol-lts", PhaseKind::CommunityLts),
    ("eol-elts", PhaseKind::Paid),
    ("eol-esm", PhaseKind::Paid),
    ("eol-legacy", PhaseKind::Paid),
];

/// One line of the file.
struct Release<'a> {
    version: &'a str,
    phases: Vec<Phase>,
}

/// Reads one of the two files. Branches that are never released (`sid`) have no version and no end.
///
/// # Errors
/// The header is another file's, or there is no release.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<RowSet, Refused> {
    let text = lines::text(bytes, WHAT, limits)?;
    let mut lines = text.lines().enumerate();
    let columns: Vec<&str> =
        lines.next().map_or_else(Vec::new, |(_, line)| line.trim().split(',').collect());
    if !columns.starts_with(&["version", "codename", "series"]) {
        return Err(Refused::form(WHAT, "it does not begin with `version,codename,series`"));
    }
    let is_ubuntu = columns.contains(&"eol-server") || columns.contains(&"eol-esm");
    let family = if is_ubuntu { "ubuntu" } else { "debian" };
    let source = format!("distro-info/{family}");
    let mut set = RowSet::new(Feed::DistroInfo, &source, Extent::Whole);
    let mut releases = Vec::new();
    for (at, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        set.entries += 1;
        limits.room_for_row(releases.len())?;
        match release(&columns, line.trim()) {
            Ok(Some(release)) => releases.push(release),
            Ok(None) => {}
            Err(reason) => set.reject(&format!("line {}", at + 1), &reason),
        }
    }
    if releases.is_empty() {
        return Err(Refused::form(WHAT, "it names no release"));
    }
    for release in releases {
        set.lifecycles.push(Lifecycle {
            stream: format!("{family}:{}", release.version),
            package: String::new(),
            last_version: String::new(),
            phases: release.phases,
            limited: String::new(),
            // Where to move to is decided from all dates.
            next: String::new(),
        });
    }
    Ok(set)
}

fn release<'a>(columns: &[&str], line: &'a str) -> Result<Option<Release<'a>>, String> {
    let cells: Vec<&str> = line.split(',').map(str::trim).collect();
    if cells.len() > columns.len() || cells.len() < 3 {
        return Err("it has too few or too many columns".to_owned());
    }
    let version = cells[0].strip_suffix(" LTS").unwrap_or(cells[0]);
    if version.is_empty() {
        return Ok(None);
    }
    if !version.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return Err("its version is no number".to_owned());
    }
    let cell = |name: &str| {
        let at = columns.iter().position(|column| *column == name)?;
        cells.get(at).copied().filter(|cell| !cell.is_empty())
    };
    let mut phases = Vec::new();
    for (name, kind) in PHASES {
        let Some(day) = cell(name) else { continue };
        let Some(day) = dates::iso_day(day) else {
            return Err(format!("its `{name}` is no date"));
        };
        phases.push(Phase { name: name.to_owned(), kind, ends: Ends::On(day.to_owned()) });
    }
    if phases.is_empty() {
        phases.push(Phase { name: "eol".to_owned(), kind: PhaseKind::Full, ends: Ends::NotKnown });
    }
    phases.sort_by(|a, b| a.ends.cmp(&b.ends));
    Ok(Some(Release { version, phases }))
}

#[cfg(test)]
mod tests;
