//! How long to go on, and what to replay. All of it comes from `cargo xtask fuzz`, or by hand.

use std::path::PathBuf;
use std::time::Duration;

/// Bytes that each target reads in everyday runs: about a second.
const BYTES: u64 = 3 << 20;
/// Iterations of everyday runs at most: tiny inputs are many.
const ITERATIONS: u64 = 6000;
/// How much more slow tests do.
const SLOW_FACTOR: u64 = 40;

/// One run.
pub(crate) struct Settings {
    /// Where the random numbers begin.
    pub(crate) seed: u64,
    pub(crate) bytes_max: u64,
    pub(crate) iterations_max: u64,
    /// Goes on for this long instead.
    pub(crate) lasting: Option<Duration>,
    /// Only this iteration.
    pub(crate) iteration: Option<u64>,
    /// Only this input.
    pub(crate) input: Option<PathBuf>,
}

pub(crate) fn text(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "how long tests go on is a setting of the run")]
    let value = std::env::var(name).ok();
    value.filter(|value| !value.is_empty())
}

fn number(name: &str) -> Option<u64> {
    text(name).map(|text| text.parse().unwrap_or_else(|e| panic!("{name}={text}: {e}")))
}

impl Settings {
    pub(crate) fn read() -> Self {
        let factor = if text("PATCHWELL_SLOW_TESTS").is_some() { SLOW_FACTOR } else { 1 };
        Self {
            seed: number("PATCHWELL_FUZZ_SEED").unwrap_or(1),
            bytes_max: BYTES * factor,
            iterations_max: ITERATIONS * factor,
            lasting: number("PATCHWELL_FUZZ_SECS").map(Duration::from_secs),
            iteration: number("PATCHWELL_FUZZ_ITERATION"),
            input: text("PATCHWELL_FUZZ_INPUT").map(PathBuf::from),
        }
    }
}
