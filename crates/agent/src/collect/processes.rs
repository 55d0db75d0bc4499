//! Processes that still run files which were replaced on the disk. Reads `/proc`, ends nothing.

use crate::collect::origins::{Found, name_packages};
use crate::providers::system;
use model::host::StaleProcess;
use model::problem::{Problem, Severity};
use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

/// Bytes of one `/proc/PID/maps` read at most: a JVM with 60,000 mappings has about 6 MB.
const MAPS_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Clock ticks per second in `/proc`: 100 on every architecture that Linux runs servers on.
pub(crate) const TICKS_PER_SEC: i64 = 100;
/// Processes named at most; a fleet view needs no more of one host.
const STALE_MAX: usize = 200;

/// Returns the stale processes of this host, by process id.
pub(crate) fn stale(problems: &mut Vec<Problem>) -> Vec<StaleProcess> {
    let booted_at =
        fs::read_to_string("/proc/stat").ok().and_then(|stat| system::machine_booted_at(&stat));
    let own_namespace = fs::read_link("/proc/self/ns/pid").ok();
    let mut found = Vec::new();
    let mut unread = 0_u32;
    let mut maps = String::new();
    for pid in pids() {
        let folder = Path::new("/proc").join(pid.to_string());
        // Files of another container are that container's business.
        match fs::read_link(folder.join("ns/pid")) {
            Ok(namespace) if Some(&namespace) != own_namespace.as_ref() => continue,
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => unread += 1,
            Err(_) => {}
        }
        // A program in another root folder runs that folder's files.
        if fs::read_link(folder.join("root")).is_ok_and(|root| root != Path::new("/")) {
            continue;
        }
        if read_into(&folder.join("maps"), &mut maps).is_none() {
            continue;
        }
        let files = system::deleted_code(&maps);
        if !files.is_empty() && found.len() < STALE_MAX {
            let text = |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_default();
            let (name, unit) = (text("comm").trim().to_owned(), system::unit(&text("cgroup")));
            let ticks = system::start_ticks(&text("stat")).and_then(|t| i64::try_from(t).ok());
            let after_boot = ticks.map(|ticks| ticks / TICKS_PER_SEC);
            let started_at = booted_at.zip(after_boot).map(|(boot, after)| boot + after);
            let process = StaleProcess { pid, name, unit, files, packages: Vec::new() };
            found.push(Found { process, started_at });
        }
    }
    if unread > 0 {
        let text = format!("{unread} could not be looked into for replaced files");
        let is_root = rustix::process::geteuid().is_root();
        let hint = if is_root { "" } else { "run the agent as root to see all" };
        problems.push(Problem::new(Severity::Note, "processes", &text).hint(hint));
    }
    let mut named = name_packages(Path::new("/"), found);
    named.sort();
    named
}

fn pids() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten();
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

/// Reads into a buffer that is used again for every process. `None`: gone, or not ours to read.
fn read_into(path: &Path, buffer: &mut String) -> Option<()> {
    buffer.clear();
    let mut bytes = std::mem::take(buffer).into_bytes();
    File::open(path).ok()?.take(MAPS_BYTES_MAX).read_to_end(&mut bytes).ok()?;
    *buffer = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    };
    Some(())
}
