//! Puts the product on hosts as an administrator would: the program, its units, and the install line.
//! It starts the built programs; it knows nothing of their insides.

use crate::Say;
use crate::base::Release;
use crate::host::Host;
use crate::process;
use crate::run::Sheet;
use crate::settings;
use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The command line answers at once or not at all.
const CLI_SECS: u64 = 60;
/// A release build of the agent alone.
const BUILD_SECS: u64 = 1_200;
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// What `patchwell enrol token --json` prints, as far as it is needed here.
#[derive(Deserialize)]
struct Token {
    /// The line to run on a host.
    install: String,
}

/// Installs the agent on all hosts of a lab and joins them to the server that runs on this machine.
///
/// # Errors
/// The programs are not built, the server does not run, or a host cannot join.
pub fn all(sheet: &Sheet, agent: Option<&str>, say: Say<'_>) -> Result<()> {
    let cli = program("patchwell")?;
    let agent = match agent {
        Some(path) => PathBuf::from(path),
        None => agent_for(sheet.release, say)?,
    };
    let uses = sheet.hosts.len().to_string();
    let cli = cli.to_str().context("the program's name is not text")?;
    let args = ["enrol", "token", "--uses", &uses, "--json"];
    let output = process::run(cli, &args, Duration::from_secs(CLI_SECS))?;
    if !output.is_ok() {
        bail!(
            "the hosts are up, but could not join: {}\nhint: start the server with `cargo run \
             --release` in another terminal, then `cargo xtask lab enrol`",
            process::tail(&output.stderr)
        );
    }
    let token: Token = serde_json::from_str(&output.stdout)
        .context("could not understand what `patchwell enrol token --json` printed")?;
    for host in &sheet.hosts {
        install(host, &agent)?;
        join(host, &token.install)?;
        say(&format!("{} joined", host.name));
    }
    Ok(())
}

/// Puts the agent and its units on a host.
///
/// # Errors
/// The files of `dist/` are missing, or the host cannot take them.
pub fn install(host: &Host, agent: &Path) -> Result<()> {
    host.copy_in(agent, "/usr/bin/patchwell-agent", "755")?;
    let dist = workspace().join("dist");
    let mut found = Vec::new();
    collect(&dist, &mut found).with_context(|| format!("could not read `{}`", dist.display()))?;
    for file in found {
        if let Some(place) = place_of(&file) {
            host.copy_in(&file, &place, "644")?;
        }
    }
    host.exec_ok("systemd-sysusers && systemd-tmpfiles --create && systemctl daemon-reload")?;
    Ok(())
}

/// Joins a host by its install line and starts the units that are meant to be enabled.
///
/// # Errors
/// The server refused, or a unit does not start.
pub fn join(host: &Host, line: &str) -> Result<()> {
    host.exec_ok(line)?;
    host.exec_ok(
        "cd /usr/lib/systemd/system && grep -l '^WantedBy=' patchwell* | \
         xargs -r systemctl enable --quiet --now",
    )?;
    Ok(())
}

/// Returns where a file of `dist/` belongs on a host: units, users and folders have fixed places.
fn place_of(file: &Path) -> Option<String> {
    let name = file.file_name()?.to_str()?;
    let folder = match file.extension()?.to_str()? {
        "service" | "socket" | "timer" | "path" | "target" | "slice" => "/usr/lib/systemd/system",
        "conf" if file.to_str()?.contains("sysusers") => "/usr/lib/sysusers.d",
        "conf" if file.to_str()?.contains("tmpfiles") => "/usr/lib/tmpfiles.d",
        _ => return None,
    };
    let name = match name {
        // Kept in `dist/` under the name of their kind.
        "sysusers.conf" | "tmpfiles.conf" => "patchwell.conf",
        other => other,
    };
    Some(format!("{folder}/{name}"))
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, found)?;
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(())
}

/// Returns the agent's program for hosts of `release`.
///
/// # Errors
/// It is not built, or cannot be.
pub fn agent_for(release: Release, say: Say<'_>) -> Result<PathBuf> {
    match release {
        Release::Bookworm => program("patchwell-agent"),
        // Its C library is older than that of the machine that builds: nothing of it is linked.
        Release::Bullseye => build_static(say),
    }
}

fn build_static(say: Say<'_>) -> Result<PathBuf> {
    say("building an agent without a C library of its own");
    let folder = target()?.join("static");
    let manifest = workspace().join("Cargo.toml");
    let mut command = process::command(
        "cargo",
        &["build", "--release", "--quiet", "-p", "agent", "--target", TARGET],
    );
    command
        .arg("--manifest-path")
        .arg(&manifest)
        .arg("--target-dir")
        .arg(&folder)
        .env("RUSTFLAGS", "-C target-feature=+crt-static");
    let output = process::finish(command, &[], Duration::from_secs(BUILD_SECS))?;
    if !output.is_ok() {
        bail!("could not build the agent: {}", process::tail(&output.stderr));
    }
    Ok(folder.join(TARGET).join("release/patchwell-agent"))
}

/// Returns the newest build of a program: in the folder of `PATCHWELL_LAB_PROGRAMS`, or beside this one.
///
/// # Errors
/// There is none.
pub fn program(name: &str) -> Result<PathBuf> {
    let folders = match settings::programs() {
        Some(folder) => vec![folder],
        None => vec![target()?.join("release"), target()?.join("debug")],
    };
    let built = |folder: &PathBuf| -> Option<(SystemTime, PathBuf)> {
        let path = folder.join(name);
        Some((fs::metadata(&path).ok()?.modified().ok()?, path))
    };
    let newest = folders.iter().filter_map(built).max();
    newest.map(|(_, path)| path).with_context(|| {
        format!("`{name}` is not built\nhint: run `cargo build --release --workspace` first")
    })
}

/// Returns cargo's target folder: this program lies in `target/PROFILE` or `target/PROFILE/deps`.
fn target() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let is_profile = |path: &&Path| path.ends_with("debug") || path.ends_with("release");
    let profile = own.ancestors().find(is_profile).context("not built by cargo")?;
    Ok(profile.parent().context("a folder without a parent")?.to_owned())
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
