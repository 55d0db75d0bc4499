//! The project's own commands: `cargo xtask COMMAND`. Checks that are not the compiler's business,
//! generated documents, and the lab. Nothing here ships.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "these commands talk to people")]

mod bench;
mod fuzz;
mod generate;
mod lab;
mod machine;
mod process;
mod test;
mod tidy;

use std::path::PathBuf;
use std::process::ExitCode;

const HELP: &str = "\
usage: cargo xtask COMMAND

  test       every check and every test; what .ci/run calls. `test LAYER...` runs some:
             format tidy clippy tests generated cargo-deny lab browser
  tidy       floors, purity, sizes, names, words, documents, dependencies
  generate   writes docs/reference; `generate --check` only compares
  fuzz       parsers against changed documents; `cargo xtask fuzz --help` says more
  bench      the figures that README states; `cargo xtask bench` says more
  lab        real hosts on this machine; `cargo xtask lab` says more
";

fn main() -> anyhow::Result<ExitCode> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let root = root();
    match args.split_first().map(|(command, rest)| (command.as_str(), rest)) {
        Some(("test", layers)) => test::run(&root, layers),
        Some(("tidy", [])) => tidy::run(&root),
        Some(("generate", [])) => generate::write(&root),
        Some(("generate", [flag])) if flag == "--check" => generate::check(&root),
        Some(("fuzz", rest)) => fuzz::run(&root, rest),
        Some(("bench", rest)) => bench::run(&root, rest),
        Some(("lab", rest)) => lab::run(rest),
        Some(_) | None => {
            eprint!("{HELP}");
            Ok(ExitCode::from(2))
        }
    }
}

/// Returns the folder of the checkout: the commands work from any folder below it.
fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(PathBuf::new, PathBuf::from)
}
