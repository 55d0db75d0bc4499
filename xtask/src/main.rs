//! The project's own commands: `cargo xtask COMMAND`.

mod lab;

use std::process::ExitCode;

fn main() -> anyhow::Result<ExitCode> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.split_first() {
        Some((command, rest)) if command == "lab" => lab::run(rest),
        _ => anyhow::bail!("usage: cargo xtask lab ..."),
    }
}
