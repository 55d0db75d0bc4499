//! Clean-up after runs whose keeper died: everything that carries the run's id.

use crate::net::{self, PREFIX};
use crate::process::ProcessId;
use crate::run::{self, Sheet};
use crate::{Say, Settings, boot, files, wait};
use anyhow::Result;
use rustix::process::Signal;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// Containers end within a second; a loaded machine gets more.
const END_SECS: u64 = 30;
/// A keeper ends its hosts first.
const DOWN_SECS: u64 = 60;

/// Removes what dead runs left on this machine.
///
/// # Errors
/// A process does not end, or a name space or folder cannot be removed.
pub fn remove(settings: &Settings, say: Say<'_>) -> Result<()> {
    let Ok(folders) = fs::read_dir(&settings.state) else { return Ok(()) };
    for folder in folders {
        let folder = folder?.path();
        // Written before anything is made: without it there is nothing to clean.
        let Some(sheet) = files::get_json::<Sheet>(&folder.join("lab.json"))? else { continue };
        if !sheet.owner.is_alive() {
            say(&format!("cleaning up after run {}, whose keeper died", sheet.run));
            clear(&sheet.run, &folder, &settings.cache.join("runs").join(&sheet.run))?;
        }
    }
    Ok(())
}

/// Asks every lab on this machine to end, waits for that, and removes leftovers.
///
/// # Errors
/// A lab does not end within a minute.
pub fn down_all(settings: &Settings, say: Say<'_>) -> Result<()> {
    for sheet in run::list(settings)? {
        down(settings, &sheet, say)?;
    }
    remove(settings, say)
}

/// Asks one lab to end and waits for that.
///
/// # Errors
/// It does not within a minute.
pub fn down(settings: &Settings, sheet: &Sheet, say: Say<'_>) -> Result<()> {
    say(&format!("taking down run {} with {} host(s)", sheet.run, sheet.hosts.len()));
    let folder = settings.state.join(&sheet.run);
    files::put(&folder.join("end"), "")?;
    wait::until("the lab to end", Duration::from_secs(DOWN_SECS), || {
        Ok((!folder.join("lab.json").exists() || !sheet.owner.is_alive()).then_some(()))
    })?;
    remove(settings, say)
}

/// Ends what still runs of `run` and removes its name spaces, groups and folders.
pub(crate) fn clear(run: &str, folder: &Path, disks: &Path) -> Result<()> {
    for group in groups(run) {
        wait::until(&format!("the processes of {group}"), Duration::from_secs(END_SECS), || {
            let living = processes(&group);
            living.iter().for_each(end);
            Ok(living.is_empty().then_some(()))
        })?;
        boot::clear_group(&group);
    }
    net::remove(run)?;
    files::remove_folder(disks)?;
    files::remove_folder(folder)
}

/// Returns the names of the run's control groups.
fn groups(run: &str) -> Vec<String> {
    let start = format!("{PREFIX}{run}-");
    let mut names: Vec<String> = ["/sys/fs/cgroup/systemd", "/sys/fs/cgroup"]
        .iter()
        .filter_map(|top| fs::read_dir(top).ok())
        .flat_map(|entries| entries.flatten())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with(&start))
        .collect();
    names.sort();
    names.dedup();
    names
}

/// Returns the processes in a control group and below it.
fn processes(group: &str) -> Vec<ProcessId> {
    let mut found = Vec::new();
    for top in ["/sys/fs/cgroup/systemd", "/sys/fs/cgroup"] {
        collect(&Path::new(top).join(group), &mut found);
    }
    found
}

fn collect(folder: &Path, found: &mut Vec<ProcessId>) {
    let numbers = fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default();
    found.extend(numbers.lines().filter_map(|line| ProcessId::of(line.parse().ok()?)));
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            collect(&entry.path(), found);
        }
    }
}

/// Ends a process of a container by force, and its systemd-nspawn by asking: without its keeper a
/// container would go on.
fn end(process: &ProcessId) {
    let is_inside = fs::read_link(format!("/proc/{}/ns/pid", process.pid)).ok()
        != fs::read_link("/proc/self/ns/pid").ok();
    process.signal(if is_inside { Signal::KILL } else { Signal::TERM });
}
