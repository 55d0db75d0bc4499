//! Modules: names that say nothing are refused, and so are files that no `mod` reaches.

use crate::tidy::{Fault, Source, Tree};
use std::collections::{BTreeMap, BTreeSet};

/// A module with such a name collects what had no place.
const NAMES: [&str; 8] =
    ["util", "utils", "common", "helper", "helpers", "prelude", "types", "traits"];

pub(crate) fn check(tree: &Tree) -> Vec<Fault> {
    let mut faults: Vec<Fault> = tree.rust().filter_map(name).collect();
    faults.extend(tree.rust().filter(|file| !file.is_test() && !opens_well(file)).map(|file| {
        Fault::new(&file.path, 1, "begin with `//!`: what the file is and what it must not do")
    }));
    let reached = reached(tree);
    faults.extend(
        tree.rust()
            .filter(|file| !reached.contains(file.path.as_str()))
            .map(|file| Fault::new(&file.path, 0, "no `mod` reaches this file")),
    );
    faults
}

fn name(file: &Source) -> Option<Fault> {
    let bad = file.path.trim_end_matches(".rs").split('/').find(|part| NAMES.contains(part));
    let bad = bad.or_else(|| file.path.ends_with("/mod.rs").then_some("mod.rs"))?;
    Some(Fault::new(&file.path, 0, format!("`{bad}` says nothing: name the idea")))
}

fn opens_well(file: &Source) -> bool {
    file.text.trim_start().starts_with("//!")
}

/// Returns every Rust file that a crate's root leads to.
fn reached(tree: &Tree) -> BTreeSet<&str> {
    let files: BTreeMap<&str, &Source> = tree.rust().map(|f| (f.path.as_str(), f)).collect();
    let mut queue: Vec<&Source> =
        files.values().copied().filter(|file| is_root(&file.path)).collect();
    let mut reached: BTreeSet<&str> = queue.iter().map(|file| file.path.as_str()).collect();
    while let Some(file) = queue.pop() {
        let folder = children(&file.path);
        let beside = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let named = file.lines().filter_map(|(_, line)| declared(line));
        let named = named.map(|name| format!("{folder}/{name}.rs"));
        let elsewhere = file.lines().filter_map(|(_, line)| pointed(line));
        for path in named.chain(elsewhere.filter_map(|path| joined(beside, path))) {
            if let Some(child) = files.get(path.as_str())
                && reached.insert(&child.path)
            {
                queue.push(child);
            }
        }
    }
    reached
}

/// Roots: `src/lib.rs`, `src/main.rs`, `build.rs`, and what lies directly in `tests`, `benches`,
/// `examples` or `src/bin`, or is the `main.rs` of a folder there.
fn is_root(path: &str) -> bool {
    let parts: Vec<&str> = path.rsplitn(4, '/').collect();
    let is_group = |name: &&str| matches!(*name, "tests" | "benches" | "examples" | "bin");
    match parts.as_slice() {
        [file, "src", ..] => matches!(*file, "lib.rs" | "main.rs"),
        ["build.rs", ..] => true,
        ["main.rs", _, group, ..] if is_group(group) => true,
        // A crate's own `tests/x.rs`, not the unit tests `src/a/tests/x.rs`.
        [_, group, rest @ ..] => is_group(group) && !rest.iter().any(|part| part.contains("src")),
        _ => false,
    }
}

/// Returns the folder in which a file's modules lie.
fn children(path: &str) -> &str {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    match path.rsplit('/').next() {
        Some("lib.rs" | "main.rs" | "mod.rs") => folder,
        _ if is_root(path) => folder,
        _ => path.trim_end_matches(".rs"),
    }
}

/// Returns `path` of a line `#[path = "path"]`; the path counts from the file's own folder.
fn pointed(line: &str) -> Option<&str> {
    line.trim().strip_prefix("#[path = \"")?.strip_suffix("\"]")
}

/// Joins `folder` and a relative path, `..` taken in; `None`: it leads out of the checkout.
fn joined(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').collect();
    for part in path.split('/') {
        match part {
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Returns `name` of a line `pub(crate) mod name;`.
fn declared(line: &str) -> Option<&str> {
    let line = line.trim();
    let rest = match line.strip_prefix("pub") {
        Some(rest) => rest.split_once(' ')?.1,
        None => line,
    };
    rest.strip_prefix("mod ")?.strip_suffix(';')
}
