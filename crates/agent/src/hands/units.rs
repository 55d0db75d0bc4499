//! systemd: which units are active, keeping other updaters away, starting the runner.

use crate::hands::process;
use crate::run::units::{PROPERTIES, TIMERS, TYPES, UPDATERS, active as steady};
use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::Path;

/// Properties of the transaction's unit (rollout.md 9.1). Nothing in them ever ends the package
/// manager: a stop sends SIGCONT, which is nobody's end, and waits.
const RUNNER: [&str; 13] = [
    "Type=exec",
    "StandardInput=null",
    "KillMode=mixed",
    "KillSignal=SIGCONT",
    "SendSIGKILL=no",
    "TimeoutStopSec=1800",
    "RuntimeMaxSec=infinity",
    "OOMScoreAdjust=-900",
    "OOMPolicy=continue",
    "After=local-fs.target",
    "After=network.target",
    "DefaultDependencies=yes",
    "UMask=0022",
];

/// Properties of the unit that looks: it reads everything and writes only its own folder.
const COLLECT: [&str; 7] = [
    "Type=exec",
    "CapabilityBoundingSet=CAP_DAC_READ_SEARCH CAP_SYS_PTRACE CAP_SETUID CAP_SETGID CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER",
    "NoNewPrivileges=yes",
    "ProtectSystem=full",
    "ProtectHome=read-only",
    "Nice=10",
    "UMask=0077",
];

/// Returns whether systemd is PID 1 here.
pub fn has_systemd() -> bool {
    Path::new("/run/systemd/system").is_dir()
}

/// Returns the active units that should stay active, or none where systemd is absent.
///
/// # Errors
/// systemd does not answer.
pub fn active() -> io::Result<BTreeSet<String>> {
    if !has_systemd() {
        return Ok(BTreeSet::new());
    }
    let types = format!("--type={TYPES}");
    let list = ["list-units", "--state=active", "--plain", "--no-legend", "--full", &types];
    let text = checked("systemctl", &list)?;
    let names: Vec<&str> = text.lines().filter_map(|line| line.split_whitespace().next()).collect();
    if names.is_empty() {
        return Ok(BTreeSet::new());
    }
    let mut show = vec!["show", "--property", PROPERTIES, "--"];
    show.extend(&names);
    Ok(steady(&checked("systemctl", &show)?))
}

/// Returns those of the known updaters that this host has.
///
/// # Errors
/// systemd does not answer.
pub fn updaters() -> io::Result<Vec<String>> {
    if !has_systemd() {
        return Ok(Vec::new());
    }
    let mut list = vec!["list-unit-files", "--no-legend", "--plain", "--full"];
    list.extend(UPDATERS);
    // Exit code 1 means that none of them exists.
    let text = process::run("systemctl", &list)?.text();
    let known = |unit: &&str| UPDATERS.contains(unit);
    let found = text.lines().filter_map(|line| line.split_whitespace().next()).filter(known);
    Ok(found.map(str::to_owned).collect())
}

/// Returns those of the updaters and their timers that are active.
///
/// # Errors
/// systemd does not answer.
pub fn active_updaters() -> io::Result<Vec<String>> {
    let known: Vec<&str> = UPDATERS.into_iter().chain(TIMERS).collect();
    Ok(among_active(&known)?.into_iter().map(str::to_owned).collect())
}

/// Returns which of `units` are active: one question, one word for each.
fn among_active<'a>(units: &[&'a str]) -> io::Result<Vec<&'a str>> {
    if units.is_empty() || !has_systemd() {
        return Ok(Vec::new());
    }
    let mut args = vec!["is-active", "--"];
    args.extend(units);
    // The exit code says whether all of them are.
    let text = process::run("systemctl", &args)?.text();
    Ok(units
        .iter()
        .zip(text.lines())
        .filter(|(_, word)| *word == "active")
        .map(|(u, _)| *u)
        .collect())
}

/// Starts those of `units` that are not active: updaters that our own masks kept from restarting.
///
/// # Errors
/// systemd refused one of them.
pub fn start_again(units: &[String]) -> io::Result<()> {
    let units: Vec<&str> = units.iter().map(String::as_str).collect();
    let active = among_active(&units)?;
    let stopped: Vec<&str> = units.into_iter().filter(|unit| !active.contains(unit)).collect();
    if stopped.is_empty() || !has_systemd() {
        return Ok(());
    }
    let mut args = vec!["start", "--no-block", "--"];
    args.extend(stopped);
    checked("systemctl", &args).map(drop)
}

/// Keeps `units` from being started until `unfence` or a reboot.
///
/// # Errors
/// systemd refused.
pub fn fence(units: &[String]) -> io::Result<()> {
    masked("mask", units)
}

/// Undoes `fence`. Units that are not masked stay as they are.
///
/// # Errors
/// systemd refused.
pub fn unfence(units: &[String]) -> io::Result<()> {
    masked("unmask", units)
}

fn masked(verb: &str, units: &[String]) -> io::Result<()> {
    if units.is_empty() || !has_systemd() {
        return Ok(());
    }
    let mut args = vec![verb, "--runtime", "--"];
    args.extend(units.iter().map(String::as_str));
    checked("systemctl", &args).map(drop)
}

/// Starts the runner: as a unit of its own under systemd, else as a process of its own session.
///
/// # Errors
/// It was not started.
pub fn start_runner(unit: &str, runner: &Path, folder: &Path, log: &File) -> io::Result<()> {
    let text = |path: &Path| path.to_str().map(str::to_owned);
    let not_text = || io::Error::other("the state folder's path is not UTF-8");
    let (runner, folder) = (text(runner).ok_or_else(not_text)?, text(folder).ok_or_else(not_text)?);
    let prefix = process::own_prefix();
    let mut command = vec![runner.as_str()];
    command.extend(prefix.iter().map(String::as_str));
    command.extend(["txn", "--run", &folder]);
    if !has_systemd() {
        return process::start_detached(command[0], &command[1..], log);
    }
    let mut args: Vec<String> = vec![
        "--quiet".to_owned(),
        "--collect".to_owned(),
        "--no-ask-password".to_owned(),
        format!("--unit={unit}"),
        format!("--description=Patchwell package transaction {unit}"),
        format!("--property=StandardOutput=append:{folder}/txn.log"),
        format!("--property=StandardError=append:{folder}/txn.log"),
    ];
    args.extend(RUNNER.iter().map(|property| format!("--property={property}")));
    args.push("--".to_owned());
    args.extend(command.iter().map(|&word| word.to_owned()));
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    checked("systemd-run", &args).map(drop)
}

/// Looks at the host by a work unit, which may read what a root half without capabilities may not;
/// where systemd is absent, or for a user who is not root, by a child process.
///
/// # Errors
/// It failed; its last words are in the error.
pub fn collect(program: &Path, config: &Path, out: &Path, refresh: bool) -> io::Result<()> {
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let mut command = vec![text(program)];
    command.extend(process::own_prefix());
    command.extend(["collect".to_owned(), "--config".to_owned(), text(config)]);
    command.extend(["--out".to_owned(), text(out)]);
    if refresh {
        command.push("--refresh".to_owned());
    }
    let run = |words: &[String]| {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let (program, args) = words.split_first().ok_or_else(|| io::Error::other("no program"))?;
        checked(program, args).map(drop)
    };
    if !has_systemd() || !rustix::process::geteuid().is_root() {
        return run(&command);
    }
    let unit = format!("--unit=patchwell-collect-{}", std::process::id());
    let mut whole: Vec<String> =
        ["systemd-run", "--quiet", "--collect", "--wait", "--no-ask-password"]
            .map(str::to_owned)
            .to_vec();
    whole.push(unit);
    whole.extend(COLLECT.iter().map(|property| format!("--property={property}")));
    whole.push("--".to_owned());
    whole.extend(command.iter().cloned());
    // Waiting for a unit needs D-Bus. Without it, a process of ours sees less, and says so.
    run(&whole).or_else(|_| run(&command))
}

/// Returns whether the unit is there and works. `false` where systemd is absent.
pub fn is_active(unit: &str) -> bool {
    has_systemd()
        && process::run("systemctl", &["is-active", "--quiet", unit]).is_ok_and(|ran| ran.is_ok())
}

fn checked(program: &str, args: &[&str]) -> io::Result<String> {
    let ran = process::run(program, args)?;
    if ran.is_ok() {
        return Ok(ran.text());
    }
    let verb = args.first().copied().unwrap_or_default();
    Err(io::Error::other(format!("{program} {verb}: {}", ran.stderr_tail)))
}
