//! `cargo xtask tidy`: the house rules that no compiler knows. Style is a test; exceptions stand in the
//! files below with their reason, and only become fewer.

mod dependencies;
mod documents;
mod floors;
mod modules;
mod purity;
mod sizes;
mod words;

use crate::process;
use anyhow::{Context as _, Result};
use std::fmt;
use std::path::Path;
use std::process::ExitCode;

/// Every file of the project that git knows or would know, read once.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub(crate) files: Vec<Source>,
}

/// One file; paths are relative to the root, with `/`.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) path: String,
    /// Empty where the file is not text.
    pub(crate) text: String,
    pub(crate) size_bytes: usize,
}

/// One broken rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fault {
    pub(crate) path: String,
    /// From 1; 0 where it is the whole file.
    pub(crate) line: usize,
    pub(crate) text: String,
}

impl Fault {
    pub(crate) fn new(path: &str, line: usize, text: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, text: text.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.path, self.text),
            line => write!(f, "{}:{line}: {}", self.path, self.text),
        }
    }
}

/// Checks everything and prints each fault.
pub(crate) fn run(root: &Path) -> Result<ExitCode> {
    let tree = read(root)?;
    let metadata = floors::metadata(root)?;
    let mut faults = check(&tree);
    faults.extend(floors::check(&tree, &metadata));
    faults.extend(dependencies::check(root, &tree, &metadata)?);
    faults.sort();
    for fault in &faults {
        println!("{fault}");
    }
    println!("tidy: {} files, {} faults", tree.files.len(), faults.len());
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The rules that need nothing but the files.
fn check(tree: &Tree) -> Vec<Fault> {
    let checks = [purity::check, sizes::check, words::check, modules::check, documents::check];
    checks.iter().flat_map(|check| check(tree)).collect()
}

fn read(root: &Path) -> Result<Tree> {
    let list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let names = process::output(root, "git", &list).context("tidy reads the files git knows")?;
    let mut files = Vec::new();
    for path in names.split('\0').filter(|name| !name.is_empty()) {
        let full = root.join(path);
        // Deleted, but not yet for git.
        if !full.is_file() {
            continue;
        }
        let bytes = std::fs::read(&full).with_context(|| format!("could not read {path}"))?;
        files.push(Source {
            path: path.to_owned(),
            size_bytes: bytes.len(),
            text: String::from_utf8(bytes).unwrap_or_default(),
        });
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files.dedup_by(|a, b| a.path == b.path);
    Ok(Tree { files })
}

impl Tree {
    pub(crate) fn get(&self, path: &str) -> Option<&Source> {
        self.files.iter().find(|file| file.path == path)
    }

    /// Returns the Rust files.
    pub(crate) fn rust(&self) -> impl Iterator<Item = &Source> {
        self.files.iter().filter(|file| file.path.ends_with(".rs"))
    }
}

impl Source {
    /// Returns whether this is test code: a file of unit tests, or below a crate's `tests`.
    pub(crate) fn is_test(&self) -> bool {
        self.path.ends_with("/tests.rs")
            || self.path.contains("/tests/")
            || self.path.ends_with("/fleet_text.rs")
    }

    /// Returns the numbered lines, from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    /// Returns the numbered lines of code: comments are cut off. Good enough for words that no string holds.
    pub(crate) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines().map(|(number, line)| (number, line.split("//").next().unwrap_or(line)))
    }
}

#[cfg(test)]
mod tests;
