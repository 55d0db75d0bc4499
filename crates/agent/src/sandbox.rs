//! The network half's own cage, put on before it hears a byte from outside: its folder, name
//! resolution, two TCP ports, and no other program ever again.

use crate::failure::say;
use landlock::{
    ABI, Access as _, AccessFs, AccessNet, CompatLevel, Compatible as _, NetPort, PathBeneath,
    PathFd, Ruleset, RulesetAttr as _, RulesetCreatedAttr as _, RulesetStatus,
};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch};
use std::collections::BTreeMap;
use std::path::Path;

/// What name resolution reads: its settings, and the libraries that the C library loads for it.
const READABLE: [&str; 6] =
    ["/etc", "/usr/lib", "/usr/lib64", "/lib", "/lib64", "/run/systemd/resolve"];
/// DNS falls back to TCP for long answers.
const DNS_PORT: u16 = 53;
/// System calls that start another program: `execve` and `execveat`.
#[cfg(target_arch = "x86_64")]
const EXEC_CALLS: [i64; 2] = [59, 322];
#[cfg(not(target_arch = "x86_64"))]
const EXEC_CALLS: [i64; 2] = [221, 281];
/// `EPERM`.
const NOT_PERMITTED: u32 = 1;

/// Locks this process in. What the kernel cannot do is said, and the agent goes on: an old kernel is
/// no reason to leave a host without patches.
pub fn enter(folder: &Path, port: u16) {
    match files_and_ports(folder, port) {
        Ok(RulesetStatus::FullyEnforced) => {}
        Ok(RulesetStatus::PartiallyEnforced) => {
            say("this kernel's Landlock is older: files are locked away, TCP ports may not be");
        }
        Ok(RulesetStatus::NotEnforced) => {
            say("this kernel has no Landlock: files are not locked away");
        }
        Err(error) => say(&format!("could not lock files away: {error}")),
    }
    if let Err(error) = no_programs() {
        say(&format!("could not rule out starting programs: {error}"));
    }
}

fn files_and_ports(folder: &Path, port: u16) -> Result<RulesetStatus, landlock::RulesetError> {
    let abi = ABI::V5;
    let read = AccessFs::from_read(abi) & !AccessFs::Execute;
    let own = AccessFs::from_all(abi) & !AccessFs::Execute & !AccessFs::MakeSock;
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(abi))?
        .handle_access(AccessNet::ConnectTcp | AccessNet::BindTcp)?
        .create()?
        .add_rule(NetPort::new(port, AccessNet::ConnectTcp))?
        .add_rule(NetPort::new(DNS_PORT, AccessNet::ConnectTcp))?;
    for path in READABLE {
        // What this system does not have needs no rule.
        if let Ok(fd) = PathFd::new(path) {
            rules = rules.add_rule(PathBeneath::new(fd, read))?;
        }
    }
    if let Ok(fd) = PathFd::new(folder) {
        rules = rules.add_rule(PathBeneath::new(fd, own))?;
    }
    Ok(rules.restrict_self()?.ruleset)
}

fn no_programs() -> Result<(), Box<dyn std::error::Error>> {
    let filter = SeccompFilter::new(
        EXEC_CALLS.iter().map(|call| (*call, Vec::new())).collect::<BTreeMap<_, _>>(),
        SeccompAction::Allow,
        SeccompAction::Errno(NOT_PERMITTED),
        TargetArch::try_from(std::env::consts::ARCH)?,
    )?;
    let program: BpfProgram = filter.try_into()?;
    Ok(seccompiler::apply_filter_all_threads(&program)?)
}
