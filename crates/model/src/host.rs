//! A host: a managed server, and the facts that its agent sees.

use crate::id::HostId;
use crate::package::PatchKind;
use serde::{Deserialize, Serialize};

/// What an agent sees of its host, apart from packages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostFacts {
    pub hostname: String,
    /// `ID` of os-release (`debian`).
    pub os_id: String,
    /// `VERSION_ID` of os-release (`12`); empty on rolling releases.
    pub os_version: String,
    /// `VERSION_CODENAME` (`bookworm`).
    pub os_codename: String,
    /// `PRETTY_NAME`.
    pub os_pretty: String,
    /// dpkg's own architecture.
    pub arch: String,
    pub kernel_running: String,
    /// Release of the newest installed kernel image, or empty where none is installed (containers).
    pub kernel_newest: String,
    /// The package that owns the running kernel's files; `None`: nobody owns them, or a container.
    #[serde(default)]
    pub kernel_package: Option<OwnedVersion>,
    /// Release that the next boot starts, or empty where it is not known.
    #[serde(default)]
    pub kernel_next: String,
    /// Identifies the boot. In a container the kernel's value is the machine's, so PID 1's start time is part of it.
    pub boot_id: String,
    /// When PID 1 started, seconds since the Unix epoch.
    pub booted_at: i64,
    pub has_systemd: bool,
    /// `none`, or what systemd-detect-virt or `/proc` says.
    pub virtualization: String,
    /// Whether the agent may carry out orders here, or only look.
    pub agent_mode: AgentMode,
    pub agent_version: String,
}

/// A package and the version of it that is meant: the running kernel's, or what a process still maps.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OwnedVersion {
    /// Binary package.
    pub name: String,
    /// Empty: not known.
    pub version: String,
}

/// How the agent runs on its host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentMode {
    /// Two hardened systemd units; transactions in units of their own.
    Systemd,
    /// Root without systemd: the same parts as child processes.
    Processes,
    /// Not root: reports only, every order is refused with this reason.
    Unprivileged,
}

/// Why the host should be rebooted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum RebootReason {
    /// A newer kernel is installed than the one that runs.
    Kernel { running: String, newest: String },
    /// A package asked for it (`/run/reboot-required.pkgs`).
    Package { name: String },
    /// `/run/reboot-required` exists and names nobody.
    Unnamed,
}

/// A process that still runs files which were replaced on the disk: patched, but not in effect.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StaleProcess {
    pub pid: u32,
    pub name: String,
    /// The systemd unit that it belongs to, or empty.
    pub unit: String,
    /// Deleted files that it maps as code, at most eight.
    pub files: Vec<String>,
    /// The packages that those files came from, with the version that was installed when the process
    /// started (dpkg's log); empty where it is not known.
    #[serde(default)]
    pub packages: Vec<OwnedVersion>,
}

/// How old the package lists are that the pending updates come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListsAge {
    /// When the newest list was fetched, seconds since the Unix epoch; `None`: there are no lists at all.
    pub refreshed_at: Option<i64>,
    /// Why the last refresh failed, or empty.
    pub refresh_error: String,
}

/// A host as the server knows it: identity, labels and the newest facts. What pages, API and command line show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostView {
    pub id: HostId,
    /// The label people use; the host's own name at enrolment, made unique within the tenant.
    pub name: String,
    pub tags: Vec<String>,
    pub enrolled_at: i64,
    /// When the agent was last heard, seconds since the Unix epoch.
    pub seen_at: i64,
    /// When the newest report arrived; `None`: none yet.
    pub reported_at: Option<i64>,
    pub facts: Option<HostFacts>,
    pub support: Option<Support>,
    pub pending: Pending,
    pub packages_total: u32,
    pub held: Vec<String>,
    pub torn: Vec<String>,
    pub reboot: Vec<RebootReason>,
    pub stale: Vec<StaleProcess>,
    pub lists: Option<ListsAge>,
    pub problems: Vec<crate::Problem>,
}

/// Pending updates counted by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    pub security: u32,
    pub maintenance: u32,
    pub application: u32,
    pub firmware: u32,
}

impl Pending {
    /// Returns the count of all kinds.
    pub fn total(&self) -> u32 {
        self.security + self.maintenance + self.application + self.firmware
    }

    /// Counts one more of `kind`.
    pub fn add(&mut self, kind: PatchKind) {
        match kind {
            PatchKind::Security => self.security += 1,
            PatchKind::Maintenance => self.maintenance += 1,
            PatchKind::Application => self.application += 1,
            PatchKind::Firmware => self.firmware += 1,
        }
    }
}

/// Whether the vendor still repairs this release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Support {
    pub status: SupportStatus,
    /// The day the present kind of support ends (ISO 8601), or empty when unknown.
    pub ends: String,
    /// One line for people: "security support by Debian LTS until 2028-06-30".
    pub text: String,
}

/// Kinds of support, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SupportStatus {
    Supported,
    LongTerm,
    Ended,
    Unknown,
}

#[cfg(test)]
mod tests;
