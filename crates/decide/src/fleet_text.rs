//! Test fleets are written, not built. One line per host, two spaces before each of its packages:
//!
//! ```text
//! host web-1  lists=9d
//!   openssl 3.0.11-1 -> 3.0.13-1  security requires=libssl3
//!   libssl3 3.0.11-1 -> 3.0.13-1  security source=openssl
//!   linux-image-6.1.0-28 + 6.1.119-1        an addition: not installed, some update needs it
//!   bash 5.2.15-2                           installed, nothing pending
//! ```
//!
//! Said nowhere: reported an hour ago, lists a day old, own source, amd64, from Debian, state `ii`, both
//! files listed. Words of a host: `never`, `silent=30h`, `lists=9d`, `lists=none`, `unprivileged`, `busy`.
//! Words of a package: `security`, `third-party`, `held`, `nofile`, `noback`, `vault` (the vault has the
//! installed version), `arch=`, `source=`, `state=`, `requires=a,b`.

use crate::plan::{Ended, HostInput, PlanInput, PlanOutput, plan};
use model::host::{AgentMode, HostFacts, ListsAge};
use model::package::{Artifact, Origin, Package, PackageSet, PatchKind, Update};
use model::plan::{Plan, Step, WayBack};
use model::report::PendingSet;
use model::{ChangeId, Digest, HostId};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// 2026-11-25T00:00:00Z.
pub(crate) const NOW: i64 = 1_795_564_800;

pub(crate) struct Host {
    pub(crate) id: HostId,
    pub(crate) name: String,
    pub(crate) reported_at: Option<i64>,
    pub(crate) facts: Option<HostFacts>,
    pub(crate) lists: Option<ListsAge>,
    pub(crate) packages: PackageSet,
    pub(crate) pending: PendingSet,
    pub(crate) vault: BTreeSet<Digest>,
    pub(crate) known: BTreeMap<(String, String, String), Artifact>,
    pub(crate) busy: Option<ChangeId>,
    pub(crate) ended: Option<Ended>,
}

impl Host {
    pub(crate) fn input(&self) -> HostInput<'_> {
        HostInput {
            id: self.id,
            name: &self.name,
            reported_at: self.reported_at,
            facts: self.facts.as_ref(),
            lists: self.lists.as_ref(),
            packages: &self.packages,
            pending: &self.pending,
            vault: &self.vault,
            known: &self.known,
            busy: self.busy,
            seen_at: self.reported_at,
            ended: self.ended,
        }
    }
}

pub(crate) fn fleet(text: &str) -> Vec<Host> {
    let mut hosts: Vec<Host> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        match line.trim_start().strip_prefix("host ") {
            Some(rest) => hosts.push(host(hosts.len(), rest)),
            None => package(hosts.last_mut().expect("a package follows its host"), line),
        }
    }
    for host in &mut hosts {
        host.packages = PackageSet::new(std::mem::take(&mut host.packages.packages));
    }
    hosts
}

pub(crate) fn plan_of(hosts: &[Host], kinds: &[PatchKind], packages: &[&str]) -> PlanOutput {
    let packages: Vec<String> = packages.iter().map(|name| (*name).to_owned()).collect();
    let hosts: Vec<_> = hosts.iter().map(Host::input).collect();
    plan(&PlanInput {
        change: ChangeId(1),
        generation: 1,
        now: NOW,
        kinds,
        packages: &packages,
        waive: None,
        hosts: &hosts,
    })
}

/// Prints what was decided, one line per step and per thing left out.
pub(crate) fn print(output: &PlanOutput) -> String {
    let mut text = String::new();
    for part in output.plan.iter().flat_map(|plan| &plan.hosts) {
        let _ = writeln!(text, "{}  {} bytes", part.name, part.staging_bytes);
        for step in &part.steps {
            let _ = writeln!(text, "  {}", print_step(step));
        }
        if let WayBack::Waived { by, reason, missing } = &part.way_back {
            let _ = writeln!(text, "  waived by {by}: {reason}: {}", missing.join(", "));
        }
    }
    for left in &output.left_out {
        let _ = writeln!(text, "left out: {} {}: {}", left.name, left.package, left.reason);
    }
    text
}

pub(crate) fn print_step(step: &Step) -> String {
    let from = if step.from.is_empty() { "(new)" } else { &step.from };
    let back = if step.back.is_some() { "" } else { "  no way back" };
    format!("{}:{} {from} -> {}  {:?}{back}", step.name, step.arch, step.to, step.kind)
}

pub(crate) fn lint_of(plan: &Plan, hosts: &[Host]) -> String {
    let hosts: Vec<_> = hosts.iter().map(Host::input).collect();
    crate::lint::lint(plan, &hosts).iter().fold(String::new(), |mut text, note| {
        let _ = writeln!(text, "{:?} {}: {}", note.severity, note.subject, note.text);
        text
    })
}

pub(crate) fn artifact(name: &str, arch: &str, version: &str) -> Artifact {
    Artifact {
        sha256: Digest::of(format!("{name} {arch} {version}").as_bytes()),
        size_bytes: 1_000,
        uri: format!("http://deb.debian.org/debian/pool/{name}_{version}_{arch}.deb"),
    }
}

fn host(index: usize, line: &str) -> Host {
    let mut words = line.split_whitespace();
    let name = words.next().expect("a host has a name").to_owned();
    let mut host = Host {
        id: HostId(u128::try_from(index).expect("few hosts") + 1),
        facts: Some(facts(&name)),
        name,
        reported_at: Some(NOW - 3_600),
        lists: Some(ListsAge { refreshed_at: Some(NOW - 86_400), refresh_error: String::new() }),
        packages: PackageSet::default(),
        pending: PendingSet::default(),
        vault: BTreeSet::new(),
        known: BTreeMap::new(),
        busy: None,
        ended: None,
    };
    for word in words {
        match word.split_once('=').unwrap_or((word, "")) {
            ("never", _) => (host.reported_at, host.facts) = (None, None),
            ("silent", age) => host.reported_at = Some(NOW - secs(age)),
            ("lists", "none") => host.lists = None,
            ("lists", age) => {
                host.lists.as_mut().expect("set above").refreshed_at = Some(NOW - secs(age));
            }
            ("unprivileged", _) => {
                host.facts.as_mut().expect("set above").agent_mode = AgentMode::Unprivileged;
            }
            ("busy", _) => host.busy = Some(ChangeId(9)),
            (other, _) => panic!("unknown word of a host: {other}"),
        }
    }
    host
}

fn secs(age: &str) -> i64 {
    let (count, unit) = age.split_at(age.len() - 1);
    let count: i64 = count.parse().expect("a number before the unit");
    match unit {
        "h" => count * 3_600,
        "d" => count * 86_400,
        "s" => count,
        other => panic!("unknown unit {other}"),
    }
}

fn facts(name: &str) -> HostFacts {
    HostFacts {
        hostname: name.to_owned(),
        os_id: "debian".to_owned(),
        os_version: "12".to_owned(),
        os_codename: "bookworm".to_owned(),
        os_pretty: "Debian GNU/Linux 12 (bookworm)".to_owned(),
        arch: "amd64".to_owned(),
        kernel_running: String::new(),
        kernel_newest: String::new(),
        kernel_package: None,
        kernel_next: String::new(),
        boot_id: String::new(),
        booted_at: NOW - 864_000,
        has_systemd: true,
        virtualization: "none".to_owned(),
        agent_mode: AgentMode::Systemd,
        agent_version: "0.0.0".to_owned(),
    }
}

fn package(host: &mut Host, line: &str) {
    let words: Vec<&str> = line.split_whitespace().collect();
    let name = words[0];
    let (current, candidate, words) = match words[1..] {
        ["+", candidate, ..] => ("", candidate, &words[3..]),
        [current, "->", candidate, ..] => (current, candidate, &words[4..]),
        [current, ..] => (current, "", &words[2..]),
        [] => panic!("{name} has no version"),
    };
    let value = |key: &str| words.iter().find_map(|word| word.strip_prefix(key)?.strip_prefix('='));
    let has = |word: &str| words.contains(&word);
    let arch = value("arch").unwrap_or("amd64");
    let source = value("source").unwrap_or(name);
    let origin = origin(has("security"), has("third-party"));
    if !current.is_empty() {
        host.packages.packages.push(Package {
            name: name.to_owned(),
            arch: arch.to_owned(),
            version: current.to_owned(),
            state: value("state").unwrap_or(if has("held") { "hi" } else { "ii" }).to_owned(),
            source: source.to_owned(),
            source_version: current.to_owned(),
            origin: Some(origin.clone()),
        });
        let key = (name.to_owned(), arch.to_owned(), current.to_owned());
        host.known.insert(key, artifact(name, arch, current));
        if has("vault") {
            host.vault.insert(artifact(name, arch, current).sha256);
        }
    }
    if candidate.is_empty() {
        return;
    }
    let has_back = !current.is_empty() && !has("noback") && !has("vault");
    let update = Update {
        name: name.to_owned(),
        arch: arch.to_owned(),
        source: source.to_owned(),
        current: current.to_owned(),
        candidate: candidate.to_owned(),
        candidate_source_version: String::new(),
        is_security: has("security"),
        origin,
        artifact: (!has("nofile")).then(|| artifact(name, arch, candidate)),
        back: has_back.then(|| artifact(name, arch, current)),
        requires: value("requires")
            .map(|names| names.split(',').map(str::to_owned).collect())
            .unwrap_or_default(),
        is_held: has("held"),
    };
    if current.is_empty() {
        host.pending.additions.push(update);
    } else {
        host.pending.updates.push(update);
    }
}

fn origin(is_security: bool, is_third_party: bool) -> Origin {
    let (label, origin, suite) = match (is_security, is_third_party) {
        (true, _) => ("Debian-Security", "Debian", "bookworm-security"),
        (false, true) => ("Acme", "Acme", "stable"),
        (false, false) => ("Debian", "Debian", "bookworm"),
    };
    Origin {
        label: label.to_owned(),
        origin: origin.to_owned(),
        suite: suite.to_owned(),
        site: "http://deb.debian.org/debian".to_owned(),
    }
}
