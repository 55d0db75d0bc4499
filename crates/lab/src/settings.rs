//! Where the lab keeps things. The only reader of the environment here.

use std::path::PathBuf;

/// Folders of the lab on this machine.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Root file systems, saved packages, and the hosts' changes; on a file system that overlays accept.
    pub cache: PathBuf,
    /// One folder per running lab.
    pub state: PathBuf,
}

impl Settings {
    /// Returns the folders named by `PATCHWELL_LAB_CACHE` and `PATCHWELL_LAB_STATE`, or the usual ones.
    pub fn from_env() -> Self {
        Self {
            cache: variable("PATCHWELL_LAB_CACHE", "/var/cache/patchwell-lab"),
            state: variable("PATCHWELL_LAB_STATE", "/run/patchwell-lab"),
        }
    }
}

/// Returns whether tests may make hosts: `PATCHWELL_LAB=1`. They need root and a gigabyte of disk.
pub fn is_wanted() -> bool {
    variable("PATCHWELL_LAB", "").as_os_str() == "1"
}

/// Returns whether the long tests were asked for: `PATCHWELL_SLOW_TESTS=1`.
pub fn is_slow_wanted() -> bool {
    variable("PATCHWELL_SLOW_TESTS", "").as_os_str() == "1"
}

/// Returns the folder of built programs if `PATCHWELL_LAB_PROGRAMS` names one.
pub fn programs() -> Option<PathBuf> {
    let folder = variable("PATCHWELL_LAB_PROGRAMS", "");
    (!folder.as_os_str().is_empty()).then_some(folder)
}

fn variable(name: &str, usual: &str) -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "the one file that reads the environment")]
    let value = std::env::var_os(name);
    value.map_or_else(|| PathBuf::from(usual), PathBuf::from)
}
