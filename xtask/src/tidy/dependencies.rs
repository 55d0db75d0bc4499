//! Dependencies: how many, which never, and that each stricter `clippy.toml` repeats the root's.

use crate::process;
use crate::tidy::floors::Metadata;
use crate::tidy::{Fault, Tree};
use anyhow::Result;
use std::collections::BTreeSet;
use std::path::Path;

/// Packages in `Cargo.lock`; 297 at the time of writing. A commit that raises it says why.
const LOCKED_MAX: usize = 350;
/// Packages linked into the agent, which has root; 106 at the time of writing.
const AGENT_LINKED_MAX: usize = 150;
/// Crates that we do not import ourselves, though others may bring them in.
const BANNED: [(&str, &str); 8] = [
    ("async-trait", "async stops at floor 3"),
    ("chrono", "we use jiff"),
    ("lazy_static", "std has LazyLock"),
    ("mockall", "an enum with a scripted variant says more"),
    ("native-tls", "one TLS stack: rustls"),
    ("once_cell", "std has OnceLock"),
    ("openssl", "one TLS stack: rustls"),
    ("time", "we use jiff"),
];
/// Crates whose own `clippy.toml` also refuses hash iteration.
const STRICT: [&str; 3] = ["model", "decide", "trust"];

pub(crate) fn check(root: &Path, tree: &Tree, metadata: &Metadata) -> Result<Vec<Fault>> {
    let mut faults = clippy(tree);
    for package in &metadata.packages {
        for (name, why) in BANNED {
            if package.dependencies.iter().any(|dependency| dependency.name == name) {
                let text = format!("`{}` imports `{name}`: {why}", package.name);
                faults.push(Fault::new("Cargo.toml", 0, text));
            }
        }
    }
    if let Some(lock) = tree.get("Cargo.lock") {
        let count = lock.lines().filter(|(_, line)| *line == "[[package]]").count();
        faults.extend(over("Cargo.lock", count, LOCKED_MAX));
    }
    let linked = linked(root, &["--package", "agent", "--edges", "normal,no-proc-macro"])?;
    faults.extend(over("crates/agent/Cargo.toml", linked.len(), AGENT_LINKED_MAX));
    // Two providers of cryptography, and rustls cannot choose: it panics on its default path.
    if linked_everywhere(root)?.contains("ring") {
        let text = "`ring` is linked beside aws-lc-rs: a default feature brings it in";
        faults.push(Fault::new("Cargo.toml", 0, text));
    }
    Ok(faults)
}

fn over(path: &str, count: usize, max: usize) -> Option<Fault> {
    (count > max).then(|| Fault::new(path, 0, format!("{count} packages, {max} are allowed")))
}

fn linked_everywhere(root: &Path) -> Result<BTreeSet<String>> {
    linked(root, &["--workspace", "--edges", "normal,build,dev"])
}

/// Returns the names that `cargo tree` prints.
fn linked(root: &Path, which: &[&str]) -> Result<BTreeSet<String>> {
    let mut args = vec!["tree", "--prefix", "none", "--locked"];
    args.extend(which);
    let text = process::output(root, "cargo", &args)?;
    let first = |line: &str| line.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    let packages: BTreeSet<String> = text.lines().map(first).collect();
    Ok(packages.iter().filter_map(|p| Some(p.split_once(' ')?.0.to_owned())).collect())
}

/// The nearest `clippy.toml` replaces the root's, so it must repeat every entry.
fn clippy(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    let Some(root) = tree.get("clippy.toml") else {
        return vec![Fault::new("clippy.toml", 0, "is missing")];
    };
    let entries = |text: &str| -> BTreeSet<String> {
        text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
    };
    let expected = entries(&root.text);
    for file in tree.files.iter().filter(|file| file.path.ends_with("/clippy.toml")) {
        for entry in expected.difference(&entries(&file.text)) {
            faults.push(Fault::new(&file.path, 0, format!("does not repeat the root's `{entry}`")));
        }
    }
    for name in STRICT {
        let path = format!("crates/{name}/clippy.toml");
        let is_strict = tree
            .get(&path)
            .is_some_and(|file| ["HashMap", "HashSet"].iter().all(|word| file.text.contains(word)));
        if !is_strict {
            faults.push(Fault::new(&path, 0, "must refuse HashMap and HashSet"));
        }
    }
    faults
}
