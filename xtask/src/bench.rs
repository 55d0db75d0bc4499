//! `cargo xtask bench`: the figures that README states, each measured anew. Release builds only, on a
//! quiet machine, several times: the smallest figure is the work, the median what to expect.

mod agent;
mod figures;
mod fleet;
mod patch;
mod product;
mod relay;
mod reports;
mod start;

use anyhow::{Context as _, Result};
use std::path::Path;
use std::process::ExitCode;

const HELP: &str = "\
usage: cargo xtask bench WHAT [--times N]

  start      `patchwell up` with a new data folder: time to the first result, and to the refreshed one
  agent      on a host of the lab: idle memory of both halves, CPU of a scan, bytes of reports
  reports    the server's CPU per new and per unchanged report
  fleet      exposure: the index at 1,000 to 1,000,000 hosts, and questions to a server with 100,000
  patch      three hosts of the lab by plan and signed order, beside raw apt-get of the same packages

Programs are the release builds (`cargo build --release --workspace`); PATCHWELL_LAB_PROGRAMS names
another folder of them. `agent` and `patch` need root, as the lab does.
";
/// Times that each figure is measured, unless said otherwise.
const TIMES: usize = 3;

/// Runs `cargo xtask bench ARGS`.
pub(crate) fn run(root: &Path, args: &[String]) -> Result<ExitCode> {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let (what, times) = match args.as_slice() {
        [what] => (*what, TIMES),
        [what, "--times", times] => {
            (*what, times.parse().with_context(|| format!("`{times}` is not a number of times"))?)
        }
        _ => ("", TIMES),
    };
    match what {
        "start" => start::run(times)?,
        "agent" => agent::run(times)?,
        "reports" => reports::run(root, times)?,
        "fleet" => fleet::run(root)?,
        "patch" => patch::run(times)?,
        _ => {
            eprint!("{HELP}");
            return Ok(ExitCode::from(2));
        }
    }
    Ok(ExitCode::SUCCESS)
}
