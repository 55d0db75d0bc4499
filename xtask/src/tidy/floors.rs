//! Floors: who may import whom. The table stands in ARCHITECTURE.md; the arrows stand in the manifests,
//! as `cargo metadata` reads them: normal, build and test dependencies alike.

use crate::process;
use crate::tidy::{Fault, Tree};
use anyhow::{Context as _, Result};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

const TABLE: &str = "ARCHITECTURE.md";
/// Outside crates that only some of ours may import: one outside world per crate.
const ONLY_IN: [(&str, &[&str], &str); 8] = [
    ("rusqlite", &["store"], "SQL stands in `store` only"),
    ("askama", &["console"], "HTML stands in `console` only"),
    ("axum", &["server"], "requests are answered in `server` only"),
    ("tokio", &["server", "cli"], "async stops at floor 3"),
    ("clap", &["cli"], "the agent reads its few flags with lexopt"),
    ("ssh-key", &["trust", "cli", "agent", "server"], "signatures are checked in `trust`"),
    ("landlock", &["agent"], "only the agent locks itself in"),
    ("seccompiler", &["agent"], "only the agent locks itself in"),
];

/// What of `cargo metadata` is read.
#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) packages: Vec<Crate>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Crate {
    pub(crate) name: String,
    pub(crate) dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
}

/// One row of the table.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    /// `None` for the basement, which nobody imports unless its row says so.
    floor: Option<u32>,
    may: Vec<String>,
    line: usize,
}

pub(crate) fn metadata(root: &Path) -> Result<Metadata> {
    let args = ["metadata", "--format-version", "1", "--no-deps"];
    let text = process::output(root, "cargo", &args)?;
    serde_json::from_str(&text).context("could not read what cargo says of the workspace")
}

pub(crate) fn check(tree: &Tree, metadata: &Metadata) -> Vec<Fault> {
    let Some(document) = tree.get(TABLE) else {
        return vec![Fault::new(TABLE, 0, "is missing: it holds the table of floors")];
    };
    let rows: BTreeMap<String, Row> = document.lines().filter_map(|(n, l)| row(n, l)).collect();
    let mut faults = Vec::new();
    for (name, row) in &rows {
        if !metadata.packages.iter().any(|package| package.name == *name) {
            faults.push(Fault::new(TABLE, row.line, format!("there is no crate `{name}`")));
        }
        faults.extend(downhill(name, row, &rows));
    }
    for package in &metadata.packages {
        let manifest = match package.name.as_str() {
            "xtask" => "xtask/Cargo.toml".to_owned(),
            name => format!("crates/{name}/Cargo.toml"),
        };
        let Some(row) = rows.get(&package.name) else {
            let text = format!("`{}` is not in the table of floors", package.name);
            faults.push(Fault::new(TABLE, 0, text));
            continue;
        };
        for dependency in &package.dependencies {
            if let Some(text) = arrow(&package.name, row, &dependency.name, &rows) {
                faults.push(Fault::new(&manifest, 0, text));
            }
        }
    }
    faults
}

/// Returns what is wrong with one arrow of a manifest.
fn arrow(name: &str, row: &Row, to: &str, rows: &BTreeMap<String, Row>) -> Option<String> {
    if rows.contains_key(to) && to != name && !row.may.iter().any(|other| other == to) {
        return Some(format!("`{name}` may not import `{to}`: see the table in {TABLE}"));
    }
    let (_, ours, why) = ONLY_IN.iter().find(|(outside, ..)| *outside == to)?;
    (!ours.contains(&name)).then(|| format!("`{name}` may not import `{to}`: {why}"))
}

/// The table itself may not point upwards or sideways.
fn downhill(name: &str, row: &Row, rows: &BTreeMap<String, Row>) -> Vec<Fault> {
    let Some(floor) = row.floor else { return Vec::new() };
    row.may
        .iter()
        .filter(|to| rows.get(*to).is_some_and(|other| other.floor.is_none_or(|at| at >= floor)))
        .map(|to| Fault::new(TABLE, row.line, format!("`{name}` to `{to}` does not go down")))
        .collect()
}

/// Reads ``| `name` | floor | `other` `another` | ...``; a basement crate has a dash for its floor.
fn row(line: usize, text: &str) -> Option<(String, Row)> {
    let cells: Vec<&str> = text.strip_prefix("| `")?.split('|').map(str::trim).collect();
    let [name, floor, may, ..] = cells.as_slice() else { return None };
    let name = name.strip_suffix('`')?;
    let floor = match *floor {
        "–" => None,
        number => Some(number.parse().ok()?),
    };
    let may = may.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    Some((name.to_owned(), Row { floor, may, line }))
}
