//! What files below `/etc` and `/proc` say about a Linux host. Pure.

use crate::providers::apt::is_version;
use crate::providers::debversion;
use model::host::RebootReason;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Deleted files named per process at most.
const FILES_MAX: usize = 8;
/// Where deleted files mean nothing: scratch space and shared memory, not programs.
const SCRATCH: [&str; 7] = ["/memfd:", "/dev/", "/SYSV", "/tmp/", "/var/tmp/", "/run/", "/[aio]"];

/// Returns the settings of an os-release file. A later line wins, as in the shell that reads it.
pub fn os_release(text: &str) -> BTreeMap<String, String> {
    text.lines()
        .filter_map(|line| line.trim().split_once('='))
        .filter(|(key, _)| !key.starts_with('#'))
        .map(|(key, value)| (key.to_owned(), unquoted(value.trim())))
        .collect()
}

fn unquoted(value: &str) -> String {
    let inner = ['"', '\'']
        .iter()
        .find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote))
        .unwrap_or(value);
    let mut text = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        text.push(if c == '\\' { chars.next().unwrap_or(c) } else { c });
    }
    text
}

/// Returns the deleted files that a process still runs, from its `/proc/PID/maps`.
pub fn deleted_code(maps: &str) -> Vec<String> {
    let mut files: Vec<String> = Vec::new();
    for line in maps.lines().filter(|line| line.ends_with(" (deleted)")) {
        let mut words = line.split_ascii_whitespace();
        let is_code = words.nth(1).is_some_and(|permissions| permissions.contains('x'));
        let Some(start) = line.find('/').filter(|_| is_code) else { continue };
        let path = line[start..].trim_end_matches(" (deleted)");
        let is_scratch = SCRATCH.iter().any(|scratch| path.starts_with(scratch));
        if !is_scratch && files.len() < FILES_MAX && !files.iter().any(|file| file == path) {
            files.push(path.to_owned());
        }
    }
    files
}

/// Returns the unit that a process belongs to, from its `/proc/PID/cgroup`: the outermost service or
/// scope, which is what the system's manager can restart. Empty where there is none.
pub fn unit(cgroup: &str) -> String {
    let path = cgroup
        .lines()
        .find_map(|line| {
            line.strip_prefix("0::").or_else(|| line.split_once(":name=systemd:").map(|x| x.1))
        })
        .unwrap_or_default();
    path.split('/')
        .find(|part| part.ends_with(".service") || part.ends_with(".scope"))
        .unwrap_or_default()
        .to_owned()
}

/// Returns a process's start, in clock ticks after the machine's, from its `/proc/PID/stat`.
pub fn start_ticks(stat: &str) -> Option<u64> {
    // The second field is the program's name in brackets and may itself hold spaces and brackets.
    stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(19)?.parse().ok()
}

/// Returns when the machine started, from `/proc/stat`.
pub fn machine_booted_at(stat: &str) -> Option<i64> {
    stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

/// Returns the release of a kernel image package, or `None` for other packages and for those that
/// only point to the newest image.
pub fn kernel_of_package(name: &str) -> Option<&str> {
    let rest = name.strip_prefix("linux-image-")?;
    let release = rest.strip_prefix("unsigned-").unwrap_or(rest);
    let is_image = release.starts_with(|c: char| c.is_ascii_digit())
        && release.contains('.')
        && !["-dbg", "-dbgsym"].iter().any(|end| release.ends_with(end));
    is_image.then_some(release)
}

/// Returns the newest of these kernel releases, or an empty text.
pub fn newest_kernel<'a>(releases: impl Iterator<Item = &'a str>) -> String {
    releases.max_by(|a, b| debversion::compare(a, b)).unwrap_or_default().to_owned()
}

/// Returns whether the running kernel is older than the installed one. `build` is uname's version
/// field, which names the package version on Debian; `image_version` the installed version of the
/// package that holds the running release, or empty.
pub fn kernel_reason(
    running: &str,
    newest: &str,
    build: &str,
    image_version: &str,
) -> Option<RebootReason> {
    if !newest.is_empty() && debversion::compare(newest, running) == Ordering::Greater {
        return Some(RebootReason::Kernel {
            running: running.to_owned(),
            newest: newest.to_owned(),
        });
    }
    // Same release name, newer build: Debian repairs a kernel without renaming it where it can.
    let built = build.split_once("Debian ")?.1.split(' ').next()?;
    (!image_version.is_empty() && debversion::compare(image_version, built) == Ordering::Greater)
        .then(|| RebootReason::Kernel {
            running: format!("{running} ({built})"),
            newest: format!("{running} ({image_version})"),
        })
}

/// Returns the package version that the running kernel itself names: uname's version field on Debian
/// (`#1 SMP Debian 6.1.170-3 (2026-05-08)`), `/proc/version_signature` on Ubuntu
/// (`Ubuntu 5.15.0-91.101-generic 5.15.131`).
pub fn kernel_build<'a>(build: &'a str, signature: &'a str) -> Option<&'a str> {
    let debian = build.split_once("Debian ").and_then(|(_, rest)| rest.split(' ').next());
    let ubuntu = || {
        let whole = signature.strip_prefix("Ubuntu ")?.split(' ').next()?;
        whole.rsplit_once('-').map(|(version, _flavour)| version)
    };
    debian.or_else(ubuntu).filter(|version| is_version(version) && version.contains('-'))
}

/// Returns who asked for a reboot, from `/run/reboot-required.pkgs` (`None`: there is no such file).
pub fn reboot_reasons(packages: Option<&str>) -> Vec<RebootReason> {
    let mut names: Vec<&str> =
        packages.unwrap_or_default().lines().map(str::trim).filter(|n| !n.is_empty()).collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return vec![RebootReason::Unnamed];
    }
    names.into_iter().map(|name| RebootReason::Package { name: name.to_owned() }).collect()
}

#[cfg(test)]
mod tests;
