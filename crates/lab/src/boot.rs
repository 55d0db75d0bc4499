//! Keeps a host running: boots its container, boots it again when it reboots, and leaves it off when it
//! was switched off.

use crate::host::{Host, Seen, Wanted};
use crate::net;
use crate::process::{self, ProcessId};
use crate::{files, tree, wait};
use anyhow::{Context as _, Result};
use model::Digest;
use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// systemd-nspawn's exit code for "the container wants to be booted again".
const REBOOT_CODE: i32 = 133;
const LAUNCH: &str = include_str!("boot/launch.sh");

/// Makes the host's own files: name, addresses, identity.
///
/// # Errors
/// The disk is full.
pub fn prepare(host: &Host) -> Result<()> {
    let upper = host.disk.join("upper");
    for folder in ["upper", "work", "root"] {
        fs::create_dir_all(host.disk.join(folder))?;
    }
    files::put(&upper.join("etc/hostname"), format!("{}\n", host.name))?;
    files::put(&upper.join("etc/hosts"), tree::hosts_file(&host.name))?;
    // Given, not left to the first boot, which would switch on every unit there is.
    let identity = Digest::of(format!("{} {}", host.group, wait::now_nanos()).as_bytes());
    files::put(&upper.join("etc/machine-id"), format!("{}\n", &identity.to_string()[..32]))
}

/// Keeps `host` as its files want it, until `over`; then it is off.
pub fn keep(host: &Host, lower: &OsString, over: &AtomicBool) -> Result<()> {
    let mut seen = Seen::default();
    while !over.load(Ordering::Relaxed) {
        if host.wanted()? == Wanted::Down {
            wait::pause(Duration::from_millis(20));
            continue;
        }
        let mut child = launch(host, lower)?;
        seen.boots += 1;
        seen.nspawn = ProcessId::of(i32::try_from(child.id())?);
        host.put_seen(seen)?;
        let code = child.wait()?.code();
        if code != Some(REBOOT_CODE) || over.load(Ordering::Relaxed) {
            host.want(Wanted::Down)?;
        }
        clear_group(&host.group);
        // Last: who waits for the end may switch it on again at once.
        seen.nspawn = None;
        host.put_seen(seen)?;
    }
    Ok(())
}

fn launch(host: &Host, lower: &OsString) -> Result<std::process::Child> {
    let console = File::options()
        .create(true)
        .append(true)
        .open(host.folder.join("console.log"))
        .context("could not open the console's log")?;
    let args = ["--mount", "--propagation", "private", "sh", "-c", LAUNCH];
    let mut command = process::command("unshare", &args);
    command
        .env("GROUP", &host.group)
        .env("SPACE", net::space_path(&host.space))
        .env("LOWER", lower)
        .env("UPPER", host.disk.join("upper"))
        .env("WORK", host.disk.join("work"))
        .env("ROOT", host.disk.join("root"))
        .env("NAME", &host.name)
        // Ctrl-C at the terminal is for us: we then end hosts in order.
        .process_group(0)
        .stdout(console.try_clone()?)
        .stderr(console);
    command.spawn().with_context(|| format!("could not boot {}", host.name))
}

/// Removes the control groups that a container left; those still in use stay.
pub(crate) fn clear_group(group: &str) {
    for top in ["/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified", "/sys/fs/cgroup"] {
        let folder = Path::new(top).join(group);
        if folder.is_dir() {
            clear(&folder);
        }
    }
}

fn clear(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            clear(&entry.path());
        }
    }
    fs::remove_dir(folder).ok();
}
