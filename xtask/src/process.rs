//! The only file of xtask that starts processes (the lab has its own).

use anyhow::{Context as _, Result, bail};
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs a program in `folder` with our own output; returns whether it succeeded.
///
/// # Errors
/// It could not be started.
pub(crate) fn succeeds(
    folder: &Path,
    program: &str,
    args: &[&str],
    env: &[(&str, &str)],
) -> Result<bool> {
    let status = command(folder, program, args)
        .envs(env.iter().copied())
        .status()
        .with_context(|| format!("could not start `{program}`"))?;
    Ok(status.success())
}

/// Runs a program that must succeed; returns its standard output.
///
/// # Errors
/// It could not be started, or failed; the message ends with what it said.
pub(crate) fn output(folder: &Path, program: &str, args: &[&str]) -> Result<String> {
    let output = command(folder, program, args)
        .output()
        .with_context(|| format!("could not start `{program}`"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("`{program} {}` failed: {}", args.join(" "), said.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn command(folder: &Path, program: &str, args: &[&str]) -> Command {
    #[expect(clippy::disallowed_methods, reason = "the one file that starts processes")]
    let mut command = Command::new(program);
    command.args(args).current_dir(folder).stdin(Stdio::null());
    // Help texts are wrapped to it, and generated pages must not depend on somebody's terminal.
    command.env_remove("COLUMNS");
    command
}
