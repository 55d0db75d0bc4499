//! Documents that can be wrong: walks name functions that exist, decisions are numbered and listed,
//! the changelog has its form, and the documents that every reader looks for are there.

use crate::tidy::{Fault, Source, Tree};

const EXPECTED: [&str; 11] = [
    "README.md",
    "ARCHITECTURE.md",
    "STYLE.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "LICENSE",
    "docs/glossary.md",
    "docs/decisions/README.md",
    "docs/walks/change.md",
    "docs/walks/report.md",
];

pub(crate) fn check(tree: &Tree) -> Vec<Fault> {
    let mut faults: Vec<Fault> = EXPECTED
        .into_iter()
        .filter(|path| tree.get(path).is_none())
        .map(|path| Fault::new(path, 0, "is missing"))
        .collect();
    faults.extend(walks(tree));
    faults.extend(decisions(tree));
    faults.extend(tree.get("CHANGELOG.md").map(changelog).unwrap_or_default());
    faults
}

/// Each line of a walk's code blocks is `crate  path::function  text`.
fn walks(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for walk in tree.files.iter().filter(|file| file.path.starts_with("docs/walks/")) {
        let mut is_block = false;
        for (line, text) in walk.lines() {
            if text.starts_with("```") {
                is_block = !is_block;
            } else if is_block && !text.trim().is_empty() && !text.starts_with(' ') {
                faults.extend(step(tree, &walk.path, line, text));
            }
        }
    }
    faults
}

fn step(tree: &Tree, path: &str, line: usize, text: &str) -> Option<Fault> {
    let mut words = text.split_whitespace();
    let (Some(package), Some(function)) = (words.next(), words.next()) else {
        return Some(Fault::new(path, line, "a step is `crate  path::function  text`"));
    };
    let function = function.split('(').next().unwrap_or(function);
    let is_there = exists(tree, package, function);
    (!is_there).then(|| Fault::new(path, line, format!("there is no `{function}` in `{package}`")))
}

/// Returns whether `path::function` (or `path::Type::function`) is written in the file that its path
/// leads to.
fn exists(tree: &Tree, package: &str, path: &str) -> bool {
    let parts: Vec<&str> = path.split("::").collect();
    let Some((name, modules)) = parts.split_last() else { return false };
    (0..=modules.len()).rev().any(|depth| {
        let (folders, rest) = modules.split_at(depth);
        let inner = if folders.is_empty() { "lib".to_owned() } else { folders.join("/") };
        let file = match package {
            "xtask" => format!("xtask/src/{inner}.rs"),
            _ => format!("crates/{package}/src/{inner}.rs"),
        };
        let main = format!("crates/{package}/src/main.rs");
        [file, main].iter().enumerate().any(|(index, file)| {
            (index == 0 || folders.is_empty())
                && tree.get(file).is_some_and(|source| has(source, name, rest))
        })
    })
}

fn has(source: &Source, function: &str, owners: &[&str]) -> bool {
    let is_written = source.text.match_indices(&format!("fn {function}")).any(|(at, found)| {
        matches!(source.text[at + found.len()..].chars().next(), Some('(' | '<'))
    });
    is_written && owners.iter().all(|owner| source.text.contains(owner))
}

/// `docs/decisions/NNNN-title.md`, numbered without a gap, dated, and listed in the index.
fn decisions(tree: &Tree) -> Vec<Fault> {
    let folder = "docs/decisions/";
    let index = tree.get("docs/decisions/README.md").map_or("", |file| &file.text);
    let mut faults = Vec::new();
    let pages = tree
        .files
        .iter()
        .filter(|file| file.path.starts_with(folder) && file.path != "docs/decisions/README.md");
    for (at, page) in pages.enumerate() {
        let name = &page.path[folder.len()..];
        let mut say = |text: String| faults.push(Fault::new(&page.path, 0, text));
        if !name.starts_with(&format!("{:04}-", at + 1)) {
            say(format!("should be number {:04}", at + 1));
        }
        if !index.contains(name) {
            say("is not listed in docs/decisions/README.md".to_owned());
        }
        for part in ["Date: 20", "## Context", "## Choice", "## What we give up", "## Look again"] {
            if !page.text.contains(part) {
                say(format!("has no `{part}`"));
            }
        }
    }
    faults
}

/// For operators: each release says what is new and what they must do.
fn changelog(file: &Source) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut sections = file.text.split("\n## ");
    if !sections.next().is_some_and(|head| head.starts_with("# Changelog")) {
        faults.push(Fault::new(&file.path, 1, "begins with `# Changelog`"));
    }
    for section in sections {
        let title = section.lines().next().unwrap_or_default();
        let is_release = title.starts_with(|c: char| c.is_ascii_digit()) && title.contains(" (20");
        if title != "Unreleased" && !is_release {
            let text = format!("`{title}` is neither `Unreleased` nor `1.2.3 (2026-12-31)`");
            faults.push(Fault::new(&file.path, 0, text));
        }
        for part in ["### New", "### What you must do"] {
            if !section.contains(part) {
                faults.push(Fault::new(&file.path, 0, format!("`{title}` has no `{part}`")));
            }
        }
    }
    faults
}
