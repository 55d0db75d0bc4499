//! `patchwell`: what people and scripts call. Reads arguments, runs one command, reports a failure.

mod allinone;
mod client;
mod clock;
mod commands;
mod config;
mod error;
mod keys;
mod output;
mod owner;
mod render;
mod signing;
mod watching;

use clap::Parser;
use commands::Command;
use config::Paths;
use std::path::PathBuf;
use std::process::ExitCode;

/// Patch management that looks first, asks a person, and can take it back.
///
/// Without a command, starts the control plane and looks at this machine, as `patchwell up` does.
#[derive(Parser)]
#[command(name = "patchwell", version, max_term_width = 100)]
struct Cli {
    /// Folder of keys and settings [default: $XDG_CONFIG_HOME/patchwell or ~/.config/patchwell]
    #[arg(long, global = true, value_name = "DIR")]
    config_dir: Option<PathBuf>,

    #[command(subcommand)]
    command: Option<Command>,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let command = cli.command.unwrap_or_default();
    // The agent's parts have an empty environment and no person's files.
    if let Command::Agent { args } = command {
        return agent::start(args);
    }
    let done = Paths::find(cli.config_dir).and_then(|paths| command.run(&paths));
    match done {
        Ok(code) => code,
        Err(failure) => {
            output::failure(&failure);
            failure.kind.exit_code()
        }
    }
}
