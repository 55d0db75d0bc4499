//! Reading one step: names that a command line can carry, versions that really move, the right direction.

use crate::lint::{fatal, note, warning};
use crate::plan::{AGENT_PACKAGE, HostInput};
use crate::version;
use model::plan::{Plan, PlanHost, Purpose, Step};
use model::problem::Problem;
use model::wire::OBJECT_BYTES_MAX;
use std::cmp::Ordering;

pub(crate) fn read(
    plan: &Plan,
    part: &PlanHost,
    step: &Step,
    facts: &HostInput<'_>,
    notes: &mut Vec<Problem>,
) {
    let mut say = |text: &str| notes.push(fatal(part, &format!("{} {text}", step.name)));
    if !is_name(&step.name) || !is_arch(&step.arch) {
        say("has a name or architecture that dpkg would not accept");
    }
    if !is_version(&step.to) || !(step.from.is_empty() || is_version(&step.from)) {
        say("has a version that dpkg would not accept");
    }
    if step.name == AGENT_PACKAGE {
        say("is the agent itself, which no run may replace");
    }
    match &plan.purpose {
        Purpose::Upgrade { .. } => {
            if version::compare(&step.to, &step.from) != Ordering::Greater {
                say("would not become newer");
            }
        }
        Purpose::Undo { .. } => {
            if version::compare(&step.to, &step.from) == Ordering::Equal {
                say("would not change");
            }
            if step.from.is_empty() {
                say("would be added by an undo");
            }
        }
    }
    for artifact in std::iter::once(&step.artifact).chain(&step.back) {
        if artifact.size_bytes == 0 || artifact.size_bytes > OBJECT_BYTES_MAX {
            say("has a file of a size that cannot be");
        }
    }
    if step.back.as_ref().is_some_and(|back| back.sha256 == step.artifact.sha256) {
        say("has one file as both its new and its old version");
    }
    match_installed(part, step, facts, notes);
    oddities(plan, part, step, facts, notes);
}

/// Compares the step's start with what is installed.
fn match_installed(part: &PlanHost, step: &Step, facts: &HostInput<'_>, notes: &mut Vec<Problem>) {
    let mut say = |text: &str| notes.push(fatal(part, &format!("{} {text}", step.name)));
    let found = facts.packages.packages.iter().find(|p| {
        p.name == step.name
            && p.is_installed()
            && (p.arch == step.arch || p.arch == "all" || step.arch == "all")
    });
    match found {
        None if !step.from.is_empty() => say("is not installed there"),
        None => {}
        Some(package) => {
            if package.version != step.from {
                say(&format!("is at {} there, not at {:?}", package.version, step.from));
            }
            if package.is_held() {
                say("is held there");
            }
        }
    }
}

/// What a person should know, and what refuses nothing.
fn oddities(
    plan: &Plan,
    part: &PlanHost,
    step: &Step,
    facts: &HostInput<'_>,
    notes: &mut Vec<Problem>,
) {
    if let Purpose::Upgrade { kinds, .. } = &plan.purpose
        && !kinds.is_empty()
        && !kinds.contains(&step.kind)
    {
        notes.push(note(part, &format!("{} comes along: others need it", step.name)));
    }
    let is_fetched = |uri: &str| uri.starts_with("http://") || uri.starts_with("https://");
    for artifact in std::iter::once(&step.artifact).chain(&step.back) {
        if !is_fetched(&artifact.uri) && !facts.vault.contains(&artifact.sha256) {
            let text = format!("{}: the vault cannot fetch {:.200}", step.name, artifact.uri);
            notes.push(warning(part, &text).hint("its run will end as aborted while staging"));
        }
    }
}

/// Debian policy 5.6.1; its least length of two is not dpkg's.
fn is_name(name: &str) -> bool {
    let is_first = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    name.bytes().next().is_some_and(is_first)
        && name.bytes().all(|b| is_first(b) || matches!(b, b'+' | b'-' | b'.'))
}

fn is_arch(arch: &str) -> bool {
    !arch.is_empty()
        && arch.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !arch.starts_with('-')
}

/// Debian policy 5.6.12.
fn is_version(version: &str) -> bool {
    version.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric())
        && version
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'+' | b'-' | b'~' | b':'))
}
