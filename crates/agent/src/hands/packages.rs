//! What the host's package database says. Only dpkg's own tools are asked; only their machine formats
//! are read.

use crate::hands::process;
use crate::providers::apt::{INSTALLED_FORMAT, installed as read_installed};
use crate::providers::automatic::{Automatic, automatic as read_automatic};
use model::package::PackageSet;
use std::collections::BTreeSet;
use std::io;
use std::path::Path;

/// apt's own list of what it installed for others. Reading it costs a hundredth of asking apt-mark, which
/// opens every package list.
const EXTENDED_STATES: &str = "/var/lib/apt/extended_states";
/// Interrupted transactions leave numbered files here.
const UPDATES_DIR: &str = "/var/lib/dpkg/updates";

/// Reads the installed set.
///
/// # Errors
/// dpkg-query failed, or printed something that cannot be read: half a set is no set.
pub fn installed() -> io::Result<PackageSet> {
    let ran = process::run("dpkg-query", &["-W", "-f", INSTALLED_FORMAT])?;
    if !ran.is_ok() {
        return Err(io::Error::other(format!("dpkg-query failed: {}", ran.stderr_tail)));
    }
    let (all, problems) = read_installed(&ran.text());
    if let Some(problem) = problems.first() {
        return Err(io::Error::other(format!("{}: {}", problem.subject, problem.text)));
    }
    Ok(PackageSet::new(all.into_iter().map(|one| one.package).collect()))
}

/// Returns the names of torn packages: by state, or because `dpkg --audit` names them.
///
/// # Errors
/// dpkg could not be asked.
pub fn torn(set: &PackageSet) -> io::Result<Vec<String>> {
    let mut names: BTreeSet<String> =
        set.packages.iter().filter(|p| p.is_torn()).map(|p| p.name.clone()).collect();
    let audit = process::run("dpkg", &["--audit"])?;
    if names.is_empty() && (!audit.is_ok() || !audit.stdout.is_empty()) {
        // Its text is for people; the package names begin its indented lines.
        let text = audit.text();
        let named = text.lines().filter_map(|line| line.strip_prefix(' '));
        names.extend(named.filter_map(|line| line.split_whitespace().next()).map(str::to_owned));
        if names.is_empty() {
            names.insert("(dpkg --audit)".to_owned());
        }
    }
    Ok(names.into_iter().collect())
}

/// Returns whether an interrupted dpkg left its journal: apt refuses everything until
/// `dpkg --configure -a` ran.
pub fn has_interrupted_dpkg() -> bool {
    let Ok(entries) = std::fs::read_dir(Path::new(UPDATES_DIR)) else { return false };
    entries
        .flatten()
        .any(|entry| entry.file_name().as_encoded_bytes().iter().all(u8::is_ascii_digit))
}

/// Returns the configuration files of `packages` (`name:arch`).
///
/// # Errors
/// dpkg-query could not be started.
pub fn conffiles(packages: &[String]) -> io::Result<Vec<String>> {
    if packages.is_empty() {
        return Ok(Vec::new());
    }
    let mut args = vec!["-W", "-f", "${Conffiles}\\n"];
    args.extend(packages.iter().map(String::as_str));
    let text = process::run("dpkg-query", &args)?.text();
    let paths = text.lines().filter_map(|line| line.trim_start().split(' ').next());
    Ok(paths.filter(|path| path.starts_with('/')).map(str::to_owned).collect())
}

/// Returns the packages that are marked as installed only because others need them.
///
/// # Errors
/// apt's list of them cannot be read.
pub fn auto_marked() -> io::Result<Automatic> {
    match std::fs::read_to_string(EXTENDED_STATES) {
        Ok(text) => Ok(read_automatic(&text)),
        // Nothing was ever marked, or apt was told to keep its list elsewhere: then apt has to say.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let ran = process::run("apt-mark", &["showauto"])?;
            Ok(Automatic::printed(&ran.text()))
        }
        Err(error) => Err(error),
    }
}

/// Marks packages as installed only because others need them: apt takes each package that it is given
/// by name for one that a person wants. `settings` are the transaction's own, which hide every package
/// list: reading those anew, after each change of what is installed, costs apt a second of work.
///
/// # Errors
/// apt-mark failed.
pub fn mark_auto(names: &[String], settings: &[String]) -> io::Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    let mut args: Vec<&str> = settings.iter().map(String::as_str).collect();
    args.push("auto");
    args.extend(names.iter().map(String::as_str));
    let ran = process::run("apt-mark", &args)?;
    if ran.is_ok() { Ok(()) } else { Err(io::Error::other(ran.stderr_tail)) }
}
