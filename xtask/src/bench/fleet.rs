//! Exposure at the size of large fleets: runs the index' own benchmark at four sizes for the growth table, and
//! the server's at 100,000 hosts. What they print is passed on as it is.

use crate::bench::figures::quiet;
use crate::process;
use anyhow::Result;
use std::path::Path;

/// Hosts of the growth table, each with `ROWS` rows; the last takes minutes and 8 GB.
const HOSTS: [&str; 4] = ["1000", "10000", "100000", "1000000"];
const ROWS: &str = "1300000";

pub(crate) fn run(root: &Path) -> Result<()> {
    for hosts in HOSTS {
        one(root, ["decide", "fleet"], hosts)?;
    }
    one(root, ["server", "exposures"], "100000")
}

fn one(root: &Path, [package, bench]: [&str; 2], hosts: &str) -> Result<()> {
    let cargo = ["bench", "--quiet", "--package", package, "--bench", bench];
    process::output(root, "cargo", &[&cargo[..], &["--no-run"]].concat())?;
    quiet()?;
    println!("`cargo bench -p {package} --bench {bench} -- {hosts} {ROWS}`");
    let text = process::output(root, "cargo", &[&cargo[..], &["--", hosts, ROWS]].concat())?;
    for line in text.lines() {
        println!("  {line}");
    }
    Ok(())
}
