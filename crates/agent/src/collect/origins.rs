//! Which packages files belong to, and which versions those packages had earlier. Reads dpkg's lists and
//! logs; both are asked only when something needs an answer, because the lists are ten megabytes.

use crate::hands::process;
use crate::providers::dpkglog::History;
use crate::providers::owners::{Wanted, owner_of_list};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::host::{OwnedVersion, StaleProcess};
use model::package::Package;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Bytes of one package's list at most: the kernel's headers have 2 MB.
const LIST_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Bytes of one log at most: a host that upgrades everything each day writes about 5 MB a month.
const LOG_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Compressed logs looked into at most: logrotate keeps twelve months.
const LOGS_MAX: u32 = 12;

/// Finds the owners of `wanted`. Lists whose name holds `first` are read first: often that is enough.
pub(crate) fn find_owners(root: &Path, wanted: &mut Wanted, first: &str) {
    let folder = root.join("var/lib/dpkg/info");
    let mut lists: Vec<(bool, String)> = fs::read_dir(&folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| owner_of_list(name).is_some())
        .map(|name| (first.is_empty() || !name.contains(first), name))
        .collect();
    lists.sort();
    for (_, name) in lists {
        let Some(owner) = owner_of_list(&name) else { continue };
        if let Some(text) = read(&folder.join(name), LIST_BYTES_MAX) {
            wanted.read(&text, &owner);
        }
        if wanted.is_done() {
            return;
        }
    }
}

/// A process with files that were replaced, and when it began to use them.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) process: StaleProcess,
    /// Seconds since the Unix epoch; `None`: the kernel did not say.
    pub(crate) started_at: Option<i64>,
}

/// Names the packages that the replaced files came from, with the versions of then.
pub(crate) fn name_packages(root: &Path, found: Vec<Found>) -> Vec<StaleProcess> {
    if found.is_empty() {
        return Vec::new();
    }
    let mut wanted = Wanted::default();
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    for file in found.iter().flat_map(|one| &one.process.files) {
        if !numbers.contains_key(file) {
            numbers.insert(file.clone(), wanted.add(file));
        }
    }
    find_owners(root, &mut wanted, "");
    let zone = local_zone(root);
    let starts: Vec<Option<String>> =
        found.iter().map(|one| one.started_at.and_then(|at| moment(&zone, at))).collect();
    let oldest = starts.iter().flatten().min().cloned().unwrap_or_default();
    let names: Vec<String> = numbers
        .values()
        .filter_map(|number| wanted.owner(*number))
        .map(|owner| owner.name.clone())
        .collect();
    let history = history(root, &names, &oldest);
    let with_packages = |(one, start): (Found, Option<String>)| {
        let mut process = one.process;
        let owners = process.files.iter().filter_map(|file| wanted.owner(*numbers.get(file)?));
        process.packages = owners
            .map(|owner| {
                let arch = owner.arch.as_deref();
                let version =
                    start.as_ref().and_then(|at| history.version_before(&owner.name, arch, at));
                OwnedVersion {
                    name: owner.name.clone(),
                    version: version.unwrap_or_default().to_owned(),
                }
            })
            .collect();
        process.packages.sort();
        process.packages.dedup();
        process
    };
    found.into_iter().zip(starts).map(with_packages).collect()
}

/// Returns the version that `package` had at the moment `at`, when its files on the disk are newer.
pub(crate) fn version_at(root: &Path, package: &Package, at: i64) -> Option<String> {
    let moment = moment(&local_zone(root), at)?;
    let history = history(root, std::slice::from_ref(&package.name), &moment);
    history.version_before(&package.name, Some(&package.arch), &moment).map(str::to_owned)
}

/// Reads as many logs as reach back to `oldest`, oldest first.
fn history(root: &Path, names: &[String], oldest: &str) -> History {
    let mut history = History::default();
    if names.is_empty() || oldest.is_empty() {
        return history;
    }
    let is_wanted = |name: &str| names.iter().any(|wanted| wanted == name);
    let mut texts: Vec<String> = Vec::new();
    for number in 0..=LOGS_MAX {
        let Some(text) = log(root, number) else { break };
        let mut start = History::default();
        start.read(text.get(..text.len().min(4_096)).unwrap_or(&text), &|_| false);
        texts.push(text);
        if start.reaches(oldest) {
            break;
        }
    }
    history.is_whole = texts.len() == 1 && !has_older(root);
    for text in texts.iter().rev() {
        history.read(text, &is_wanted);
    }
    history
}

/// Returns the log of this month (0), or of so many months ago, as logrotate names them.
fn log(root: &Path, number: u32) -> Option<String> {
    let log = root.join("var/log/dpkg.log");
    let numbered = |end: &str| PathBuf::from(format!("{}.{number}{end}", log.display()));
    if number == 0 {
        return read(&log, LOG_BYTES_MAX);
    }
    read(&numbered(""), LOG_BYTES_MAX).or_else(|| {
        let packed = numbered(".gz");
        let path = packed.to_str().filter(|_| packed.is_file())?;
        process::run("gzip", &["-dc", "--", path])
            .ok()
            .filter(process::Ran::is_ok)
            .map(|r| r.text())
    })
}

/// Returns whether a log was put aside, readable or not.
fn has_older(root: &Path) -> bool {
    ["1", "1.gz", "2.gz", "1.xz", "0"]
        .iter()
        .any(|end| root.join(format!("var/log/dpkg.log.{end}")).exists())
}

/// dpkg writes local times; a host without a zone has UTC.
fn local_zone(root: &Path) -> TimeZone {
    let bytes = fs::read(root.join("etc/localtime")).unwrap_or_default();
    TimeZone::tzif("local", bytes.as_slice()).unwrap_or(TimeZone::UTC)
}

/// Returns a moment as dpkg's log would write it.
fn moment(zone: &TimeZone, at: i64) -> Option<String> {
    let local = zone.to_datetime(Timestamp::from_second(at).ok()?);
    Some(local.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// Reads a text file; more than `bytes_max` is no text of this kind.
pub(crate) fn read(path: &Path, bytes_max: u64) -> Option<String> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(bytes_max + 1).read_to_end(&mut bytes).ok()?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > bytes_max {
        return None;
    }
    Some(match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    })
}

#[cfg(test)]
mod tests;
