//! Figures: several measurements of one thing, the machine's own noise, and how they are printed.

use anyhow::{Context as _, Result};
use lab::wait;
use std::time::Duration;

/// How long a quiet machine is waited for at most before measuring all the same.
const QUIET_SECS_MAX: u64 = 120;
/// Part of the cores' time that others may use while a machine counts as quiet.
const QUIET_PART: f64 = 0.10;
const LOOK: Duration = Duration::from_secs(3);
/// Kernel ticks per second in `/proc/stat`; fixed at 100 for programs.
const TICKS: f64 = 100.0;

/// Measurements of one thing.
#[derive(Debug, Default)]
pub(crate) struct Figures(Vec<f64>);

impl Figures {
    pub(crate) fn push(&mut self, value: f64) {
        self.0.push(value);
        self.0.sort_by(f64::total_cmp);
    }

    /// Returns the smallest; 0 where nothing was measured.
    pub(crate) fn min(&self) -> f64 {
        self.0.first().copied().unwrap_or_default()
    }

    /// Returns the one in the middle, the higher one of two; 0 where nothing was measured.
    pub(crate) fn median(&self) -> f64 {
        self.0.get(self.0.len() / 2).copied().unwrap_or_default()
    }

    /// Prints one line.
    pub(crate) fn print(&self, what: &str, unit: &str) {
        let (min, median, count) = (self.min(), self.median(), self.0.len());
        println!("  {what}: median {median:.3} {unit}, min {min:.3} {unit} ({count} times)");
    }
}

/// Waits until hardly anybody else uses the cores; says so when that does not come.
///
/// # Errors
/// `/proc/stat` cannot be read.
pub(crate) fn quiet() -> Result<()> {
    let deadline = wait::Deadline::after(Duration::from_secs(QUIET_SECS_MAX));
    loop {
        let before = cores()?;
        wait::pause(LOOK);
        let after = cores()?;
        let part = (after.busy - before.busy) / (after.all - before.all).max(1.0);
        if part <= QUIET_PART {
            return Ok(());
        }
        if deadline.is_over() {
            println!("  note: others use {:.0} % of the cores; figures are too high", part * 100.0);
            return Ok(());
        }
    }
}

/// Returns the seconds of work that all cores did since the machine started.
///
/// # Errors
/// `/proc/stat` cannot be read.
pub(crate) fn busy_secs() -> Result<f64> {
    Ok(cores()?.busy / TICKS)
}

struct Cores {
    busy: f64,
    all: f64,
}

/// Reads the first line of `/proc/stat`, in ticks: user, nice, system, idle, waiting for disks, …
fn cores() -> Result<Cores> {
    let text = std::fs::read_to_string("/proc/stat")?;
    let line = text.lines().next().context("`/proc/stat` is empty")?;
    let ticks: Vec<f64> = line.split_whitespace().skip(1).flat_map(str::parse).collect();
    // The last two, guests, are in the first two already.
    let all: f64 = ticks.iter().take(8).sum();
    let idle: f64 = ticks.iter().skip(3).take(2).sum();
    Ok(Cores { busy: all - idle, all })
}
