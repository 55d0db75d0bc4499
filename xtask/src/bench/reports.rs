//! The server's CPU per report: runs the server's own benchmark several times.

use crate::bench::figures::{Figures, quiet};
use crate::process;
use anyhow::{Result, bail};
use std::collections::BTreeMap;
use std::path::Path;

pub(crate) fn run(root: &Path, times: usize) -> Result<()> {
    println!("reports: `cargo bench -p server --bench reports`");
    let bench = ["bench", "--quiet", "--package", "server", "--bench", "reports"];
    process::output(root, "cargo", &[&bench[..], &["--no-run"]].concat())?;
    let mut all: BTreeMap<String, Figures> = BTreeMap::new();
    for _ in 0..times {
        quiet()?;
        let text = process::output(root, "cargo", &bench)?;
        for line in text.lines() {
            let Some((what, millis)) = parse(line) else { continue };
            println!("  {line}");
            all.entry(what.to_owned()).or_default().push(millis);
        }
    }
    if all.is_empty() {
        bail!("the benchmark printed no figures");
    }
    for (what, figures) in &all {
        figures.print(&format!("server CPU, {what}"), "ms");
    }
    Ok(())
}

/// Reads `new report, whole set: 1.234 ms CPU, …`.
fn parse(line: &str) -> Option<(&str, f64)> {
    let (what, rest) = line.split_once(": ")?;
    let (millis, _) = rest.split_once(" ms CPU")?;
    Some((what, millis.parse().ok()?))
}
