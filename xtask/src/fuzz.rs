//! `cargo xtask fuzz`: parsers against changed documents, for longer than everyday tests do. A thin command:
//! what is tried stands in `crates/feeds/tests/fuzz`.

use crate::process;
use anyhow::{Context as _, Result, bail};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const HELP: &str = "\
usage: cargo xtask fuzz [TARGET] [--minutes N] [--seed N] [--input FILE]

  TARGET        the targets whose names contain it; without one, all of them
  --minutes N   how long each of them goes on; without it, forty times an everyday run
  --seed N      where the random numbers begin; without it at 1, as every day
  --input FILE  only this input, one that a failed run has left behind
";

#[derive(Default)]
struct Options {
    target: Option<String>,
    minutes: Option<u64>,
    seed: Option<u64>,
    input: Option<PathBuf>,
}

pub(crate) fn run(root: &Path, args: &[String]) -> Result<ExitCode> {
    if args.iter().any(|arg| arg == "--help" || arg == "-h") {
        println!("{HELP}");
        return Ok(ExitCode::SUCCESS);
    }
    let options = Options::read(args)?;
    let mut cargo = vec!["test", "--release", "--package", "feeds", "--test", "fuzz", "--"];
    cargo.push("--nocapture");
    cargo.extend(options.target.as_deref());
    let mut env = vec![
        // Fast, and with every check that everyday builds have.
        ("CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS", "true".to_owned()),
        ("CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS", "true".to_owned()),
        ("CARGO_PROFILE_RELEASE_LTO", "off".to_owned()),
        ("PATCHWELL_SLOW_TESTS", "1".to_owned()),
    ];
    env.extend(options.minutes.map(|minutes| ("PATCHWELL_FUZZ_SECS", (minutes * 60).to_string())));
    env.extend(options.seed.map(|seed| ("PATCHWELL_FUZZ_SEED", seed.to_string())));
    if let Some(input) = &options.input {
        let input = std::path::absolute(input).context("the folder of --input is gone")?;
        env.push(("PATCHWELL_FUZZ_INPUT", input.to_string_lossy().into_owned()));
    }
    let env: Vec<(&str, &str)> = env.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let is_good = process::succeeds(root, "cargo", &cargo, &env)?;
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Options {
    fn read(args: &[String]) -> Result<Self> {
        let mut options = Self::default();
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let mut value = || args.next().with_context(|| format!("{arg} takes a value"));
            match arg.as_str() {
                "--minutes" => options.minutes = Some(value()?.parse().context("--minutes")?),
                "--seed" => options.seed = Some(value()?.parse().context("--seed")?),
                "--input" => options.input = Some(PathBuf::from(value()?)),
                target if !target.starts_with('-') && options.target.is_none() => {
                    options.target = Some(target.to_owned());
                }
                other => bail!("`{other}` is not known\n\n{HELP}"),
            }
        }
        if options.input.is_some() && options.target.is_none() {
            bail!("which target is the input for?\n\n{HELP}");
        }
        Ok(options)
    }
}
