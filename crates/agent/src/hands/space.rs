//! Room and writability of the file systems that a transaction writes to.

use model::outcome::BlockReason;
use model::plan::PlanHost;
use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// Free bytes wanted beside everything else: dpkg's database, logs, triggers.
const SLACK_BYTES: u64 = 64 * 1024 * 1024;
/// A package unpacks to about three times its file, and lies there twice while it is replaced.
const UNPACK_FACTOR: u64 = 4;
/// A kernel with its initramfs.
const BOOT_BYTES: u64 = 150 * 1024 * 1024;
/// Free inodes wanted: the largest packages bring some ten thousand files, and replace as many.
const INODES_MIN: u64 = 20_000;
/// Folders that a transaction writes to.
const WRITTEN: [&str; 5] = ["/", "/usr", "/var", "/etc", "/boot"];

/// Checks room and writability. `staging` is the folder of the staged files, of which `missing_bytes`
/// are still to come.
///
/// # Errors
/// `NoSpace` or `ReadOnly` naming the mount; or what could not be looked at, which also blocks.
pub fn check(
    plan: &PlanHost,
    staging: &Path,
    missing_bytes: u64,
) -> io::Result<Option<BlockReason>> {
    let mounts = std::fs::read_to_string("/proc/self/mountinfo")?;
    if let Some(mount) = read_only(&mounts).into_iter().next() {
        return Ok(Some(BlockReason::ReadOnly { mount }));
    }
    let new_bytes: u64 = plan.steps.iter().map(|step| step.artifact.size_bytes).sum();
    let mut needs = vec![
        (Path::new("/usr"), new_bytes.saturating_mul(UNPACK_FACTOR).saturating_add(SLACK_BYTES)),
        (Path::new("/var"), SLACK_BYTES),
        (staging, missing_bytes),
    ];
    if plan.steps.iter().any(|step| step.name.starts_with("linux-image-")) {
        needs.push((Path::new("/boot"), BOOT_BYTES));
    }
    // What lies on one file system adds up.
    let mut by_device: BTreeMap<u64, (&Path, u64)> = BTreeMap::new();
    for (path, bytes) in needs {
        let device = std::fs::metadata(path)?.dev();
        let entry = by_device.entry(device).or_insert((path, 0));
        entry.1 = entry.1.saturating_add(bytes);
    }
    for (path, need_bytes) in by_device.into_values() {
        let found = rustix::fs::statvfs(path)?;
        let have_bytes = found.f_bavail.saturating_mul(found.f_frsize);
        let mount = path.display().to_string();
        if have_bytes < need_bytes {
            return Ok(Some(BlockReason::NoSpace { mount, need_bytes, have_bytes }));
        }
        // Some file systems have no fixed number of inodes and say 0 of 0.
        if found.f_files > 0 && found.f_favail < INODES_MIN {
            let mount = format!("{mount} (inodes)");
            let (need_bytes, have_bytes) = (INODES_MIN, found.f_favail);
            return Ok(Some(BlockReason::NoSpace { mount, need_bytes, have_bytes }));
        }
    }
    Ok(None)
}

/// Returns which of the written mounts have a read-only file system. The file system's own option
/// counts, not the mount's: the root half itself lives in a read-only view of the host.
fn read_only(mountinfo: &str) -> Vec<String> {
    let is_read_only = |line: &str| -> Option<String> {
        let (mount, file_system) = line.split_once(" - ")?;
        let target = mount.split(' ').nth(4)?;
        let options = file_system.split(' ').nth(2)?;
        let is_ours = WRITTEN.contains(&target) && options.split(',').any(|o| o == "ro");
        is_ours.then(|| target.to_owned())
    };
    mountinfo.lines().filter_map(is_read_only).collect()
}

#[cfg(test)]
mod tests;
