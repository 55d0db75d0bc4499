//! From the start of `patchwell up` on a new data folder to what it shows of this machine.

use crate::bench::figures::{Figures, quiet};
use crate::bench::product::{self, Folder};
use anyhow::{Context as _, Result, bail};
use lab::wait::{self, Deadline};
use std::io::{BufRead as _, BufReader};
use std::process::Child;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Package lists come from real mirrors; `up` itself gives up on them after three minutes.
const SECS_MAX: u64 = 240;

pub(crate) fn run(times: usize) -> Result<()> {
    println!("start: `patchwell up` with a new data folder");
    let (mut first, mut refreshed) = (Figures::default(), Figures::default());
    for _ in 0..times {
        quiet()?;
        let shown = once()?;
        println!(
            "  first {:.2} s, refreshed {:.2} s: {}",
            shown.first, shown.refreshed, shown.lists
        );
        first.push(shown.first);
        refreshed.push(shown.refreshed);
    }
    first.print("time to the first result", "s");
    refreshed.print("time to the refreshed result", "s");
    Ok(())
}

struct Shown {
    first: f64,
    refreshed: f64,
    /// What the refreshed result says of its package lists.
    lists: String,
}

fn once() -> Result<Shown> {
    let folder = Folder::new()?;
    let (console, gateway) = (product::free_address()?, product::free_address()?);
    let (console, gateway) = (console.to_string(), gateway.to_string());
    let mut command = folder.command(&["up", "--console", &console, "--gateway", &gateway])?;
    let stderr = std::fs::File::create(folder.0.join("up.log"))?;
    let began = wait::instant();
    let mut child = command.stdout(std::process::Stdio::piped()).stderr(stderr).spawn()?;
    let shown = lines(&mut child).and_then(|lines| watch(&lines, began));
    product::end(child);
    shown.with_context(|| std::fs::read_to_string(folder.0.join("up.log")).unwrap_or_default())
}

/// Reads the results, each line with the moment it came.
fn lines(child: &mut Child) -> Result<Receiver<(Instant, String)>> {
    let stdout = child.stdout.take().context("no pipe")?;
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        let read = BufReader::new(stdout).lines().map_while(Result::ok);
        // Nobody listens any more: the measurement is over.
        read.map(|line| (wait::instant(), line)).try_for_each(|line| sender.send(line)).ok()
    });
    Ok(lines)
}

/// Waits for two pictures of the host; each begins with its name and id.
fn watch(lines: &Receiver<(Instant, String)>, began: Instant) -> Result<Shown> {
    let deadline = Deadline::after(Duration::from_secs(SECS_MAX));
    let mut titles: Vec<f64> = Vec::new();
    while !deadline.is_over() {
        let (at, line) = lines
            .recv_timeout(Duration::from_secs(SECS_MAX))
            .context("it showed nothing more of this machine")?;
        if line.contains("  host_") {
            titles.push((at - began).as_secs_f64());
        }
        if let ([first, refreshed], Some(lists)) = (&titles[..], line.strip_prefix("  lists")) {
            let lists = format!("lists{lists}");
            return Ok(Shown { first: *first, refreshed: *refreshed, lists });
        }
    }
    bail!("no refreshed result within {SECS_MAX} seconds")
}
