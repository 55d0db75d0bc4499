//! Reading one step: names that a command line can carry, versions that really move, the right direction.

use crate::lint::{fatal, note, warning};
use crate::plan::{AGENT_PACKAGE, HostInput};
use crate::version;
use model::package::Package;
use model::plan::{Plan, PlanHost, Purpose, Step};
use model::problem::Problem;
use model::wire::OBJECT_BYTES_MAX;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// One host's part and its facts, laid out for reading many steps.
pub(crate) struct Reading<'a> {
    plan: &'a Plan,
    part: &'a PlanHost,
    facts: &'a HostInput<'a>,
    installed: BTreeMap<&'a str, Vec<&'a Package>>,
}

impl<'a> Reading<'a> {
    pub(crate) fn new(plan: &'a Plan, part: &'a PlanHost, facts: &'a HostInput<'a>) -> Self {
        let mut installed: BTreeMap<&str, Vec<&Package>> = BTreeMap::new();
        for package in facts.packages.packages.iter().filter(|p| p.is_installed()) {
            installed.entry(&package.name).or_default().push(package);
        }
        Self { plan, part, facts, installed }
    }

    pub(crate) fn read(&self, step: &Step, notes: &mut Vec<Problem>) {
        let mut say = |text: &str| notes.push(fatal(self.part, &format!("{} {text}", step.name)));
        words(step, &mut say);
        direction(&self.plan.purpose, step, &mut say);
        self.start(step, &mut say);
        self.oddities(step, notes);
    }

    /// Compares the step's start with what is installed.
    fn start(&self, step: &Step, say: &mut impl FnMut(&str)) {
        let same = |p: &&&Package| p.arch == step.arch || p.arch == "all" || step.arch == "all";
        let found = self.installed.get(step.name.as_str()).and_then(|all| all.iter().find(same));
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
    fn oddities(&self, step: &Step, notes: &mut Vec<Problem>) {
        if let Purpose::Upgrade { kinds, .. } = &self.plan.purpose
            && !kinds.is_empty()
            && !kinds.contains(&step.kind)
        {
            notes.push(note(self.part, &format!("{} comes along: others need it", step.name)));
        }
        let is_fetched = |uri: &str| uri.starts_with("http://") || uri.starts_with("https://");
        for artifact in std::iter::once(&step.artifact).chain(&step.back) {
            if !is_fetched(&artifact.uri) && !self.facts.vault.contains(&artifact.sha256) {
                let text = format!("{}: the vault cannot fetch {:.200}", step.name, artifact.uri);
                notes.push(
                    warning(self.part, &text).hint("its run will end as aborted while staging"),
                );
            }
        }
    }
}

/// Names, versions and files that cannot be.
fn words(step: &Step, say: &mut impl FnMut(&str)) {
    if !is_name(&step.name) || !is_arch(&step.arch) {
        say("has a name or architecture that dpkg would not accept");
    }
    if !is_version(&step.to) || !(step.from.is_empty() || is_version(&step.from)) {
        say("has a version that dpkg would not accept");
    }
    if step.name == AGENT_PACKAGE {
        say("is the agent itself, which no run may replace");
    }
    for artifact in std::iter::once(&step.artifact).chain(&step.back) {
        if artifact.size_bytes == 0 || artifact.size_bytes > OBJECT_BYTES_MAX {
            say("has a file of a size that cannot be");
        }
    }
    if step.back.as_ref().is_some_and(|back| back.sha256 == step.artifact.sha256) {
        say("has one file as both its new and its old version");
    }
}

fn direction(purpose: &Purpose, step: &Step, say: &mut impl FnMut(&str)) {
    let order = version::compare(&step.to, &step.from);
    match purpose {
        Purpose::Upgrade { .. } => {
            if order != Ordering::Greater {
                say("would not become newer");
            }
        }
        Purpose::Undo { .. } => {
            if order == Ordering::Equal {
                say("would not change");
            }
            if step.from.is_empty() {
                say("would be added by an undo");
            }
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
