//! `cargo xtask generate`: reference pages that are made from the product, never written. A stale copy
//! fails the tests.

use crate::process;
use anyhow::{Context as _, Result};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Writes every page.
pub(crate) fn write(root: &Path) -> Result<ExitCode> {
    for (path, text) in pages(root)? {
        let full = root.join(&path);
        if let Some(folder) = full.parent() {
            std::fs::create_dir_all(folder)?;
        }
        #[expect(clippy::disallowed_methods, reason = "a page half written is written again")]
        std::fs::write(&full, text).with_context(|| format!("could not write {path}"))?;
        println!("wrote {path}");
    }
    Ok(ExitCode::SUCCESS)
}

/// Compares every page with what it would be now.
pub(crate) fn check(root: &Path) -> Result<ExitCode> {
    let mut code = ExitCode::SUCCESS;
    for (path, text) in pages(root)? {
        if std::fs::read_to_string(root.join(&path)).unwrap_or_default() != text {
            println!("{path} is stale: run `cargo xtask generate`");
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}

fn pages(root: &Path) -> Result<Vec<(String, String)>> {
    Ok(vec![
        ("docs/reference/cli.md".to_owned(), command_line(root)?),
        ("docs/reference/verbs.md".to_owned(), verbs(root)?),
    ])
}

/// The command line's own help, command by command.
fn command_line(root: &Path) -> Result<String> {
    let mut page =
        "# Command line\n\nMade by `cargo xtask generate` from the help texts.\n".to_owned();
    let mut queue: Vec<Vec<String>> = vec![Vec::new()];
    while let Some(command) = queue.pop() {
        let help = help(root, &command)?;
        let title = ["patchwell"].into_iter().chain(command.iter().map(String::as_str));
        let title = title.collect::<Vec<_>>().join(" ");
        let _ = write!(page, "\n## {title}\n\n```text\n{}\n```\n", help.trim());
        for name in subcommands(&help).into_iter().rev() {
            let mut inner = command.clone();
            inner.push(name.to_owned());
            queue.push(inner);
        }
    }
    Ok(page)
}

fn help(root: &Path, command: &[String]) -> Result<String> {
    let mut args = vec!["run", "--quiet", "--package", "cli", "--"];
    args.extend(command.iter().map(String::as_str));
    args.push("--help");
    // Trailing spaces of the help's columns would be noise in every diff.
    let text = process::output(root, "cargo", &args)?;
    Ok(text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n"))
}

/// Returns the names below `Commands:`.
fn subcommands(help: &str) -> Vec<&str> {
    help.lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect()
}

/// Everything that an agent can be told to do, and every program that it can start: read from the
/// source, so that a new one shows in a diff.
fn verbs(root: &Path) -> Result<String> {
    let read = |path: &str| {
        std::fs::read_to_string(root.join(path)).with_context(|| format!("could not read {path}"))
    };
    let order = read("crates/model/src/order.rs")?;
    let mut page = "# What an agent can do\n\nMade by `cargo xtask generate` from the source.\n\n\
        ## Verbs of orders\n\nThe closed list: no shell, no script, no upload, no tunnel.\n\n"
        .to_owned();
    for (name, meaning) in variants(&order, "pub enum Verb {") {
        let _ = writeln!(page, "* `{name}`: {meaning}");
    }
    page.push_str("\n## Programs that the agent starts\n\nWith separate arguments and a fixed environment.\n\n");
    let mut programs = BTreeSet::new();
    for file in rust_files(&root.join("crates/agent/src"))? {
        let text = std::fs::read_to_string(&file)?;
        programs.extend(started(&text).map(str::to_owned));
    }
    for name in programs {
        let _ = writeln!(page, "* `{name}`");
    }
    Ok(page)
}

/// Returns the first arguments of calls like `run("apt-get", &args)`: every program is started so,
/// through `hands::process`.
fn started(source: &str) -> impl Iterator<Item = &str> {
    source.split("(\"").skip(1).filter_map(|rest| {
        let (name, rest) = rest.split_once('"')?;
        let is_name = name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        (is_name && !name.is_empty() && rest.starts_with(", &")).then_some(name)
    })
}

/// Returns the Rust files below `folder` that are no tests.
fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("tests.rs") {
            files.push(path);
        }
    }
    Ok(files)
}

/// Returns the variants of an enum without data, in snake case, with the first line of their doc.
fn variants(source: &str, head: &str) -> Vec<(String, String)> {
    let body = source.split_once(head).map_or("", |(_, rest)| rest);
    let body = body.split_once("\n}").map_or("", |(body, _)| body);
    let mut meaning = String::new();
    let mut found = Vec::new();
    for line in body.lines().map(str::trim) {
        if let Some(doc) = line.strip_prefix("/// ") {
            doc.clone_into(&mut meaning);
        } else if let Some(name) = line.strip_suffix(',') {
            found.push((name.to_lowercase(), std::mem::take(&mut meaning)));
        }
    }
    found
}

#[cfg(test)]
mod tests;
