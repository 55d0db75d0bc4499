//! From facts to a plan: which bits, on which hosts, with which way back, and a typed reason for
//! everything that was asked for and is not in it. Fails closed: what is unknown or stale is left out.
//!
//! Choosing packages is in `closure`, what is installed afterwards in `installed`, taking a run back
//! in `undo`. Whether the plan contradicts itself is for `crate::lint`, which shares no code with this.

use model::host::{AgentMode, HostFacts, ListsAge};
use model::package::{Artifact, PackageSet, PatchKind};
use model::plan::{
    LeftOut, LeftOutReason, PLAN_SCHEMA, Plan, PlanHost, Purpose, RebootExpectation, Step, WayBack,
};
use model::report::PendingSet;
use model::{ChangeId, Digest, HostId, RunId};
use std::collections::{BTreeMap, BTreeSet};

mod closure;
mod installed;
mod undo;

pub use installed::after as installed_after;
pub use undo::{UndoInput, undo};

/// The oldest report that is planned on, in seconds: agents report each hour at the latest, so that a
/// day means twenty-four missed ones. An older set of packages would block as drift anyway.
pub const REPORT_AGE_SECS_MAX: i64 = 24 * 3_600;
/// The oldest package lists that are planned on, in seconds: lists a week old name files that
/// repositories no longer have, and hide a week of security updates.
pub const LISTS_AGE_SECS_MAX: i64 = 7 * 86_400;
/// Seconds after which a report that arrives was looked at after an outcome that arrived before it, whatever
/// the host's clock says: what an agent cannot deliver it replaces after half an hour by a new look.
pub const REPORT_LATE_SECS_MAX: i64 = 40 * 60;
/// Our own package: replacing the agent in the middle of its own run would leave nobody to verify it.
pub const AGENT_PACKAGE: &str = "patchwell-agent";

/// What was asked for, and the facts to answer from.
#[derive(Debug, Clone)]
pub struct PlanInput<'a> {
    pub change: ChangeId,
    pub generation: u64,
    /// Seconds since the Unix epoch.
    pub now: i64,
    /// Empty: all kinds.
    pub kinds: &'a [PatchKind],
    /// Names of binary or source packages; empty: all.
    pub packages: &'a [String],
    /// Who does without a way back where there is none, and why.
    pub waive: Option<(String, String)>,
    /// Each host once.
    pub hosts: &'a [HostInput<'a>],
}

/// What is known of one host.
#[derive(Debug, Clone, Copy)]
pub struct HostInput<'a> {
    pub id: HostId,
    pub name: &'a str,
    pub reported_at: Option<i64>,
    pub facts: Option<&'a HostFacts>,
    pub lists: Option<&'a ListsAge>,
    pub packages: &'a PackageSet,
    pub pending: &'a PendingSet,
    /// Digests of all files that the vault holds.
    pub vault: &'a BTreeSet<Digest>,
    /// Files that the vault once had, by name, architecture and version; believed only while `vault` has them.
    pub known: &'a BTreeMap<(String, String, String), Artifact>,
    /// Another change whose run on this host is not over.
    pub busy: Option<ChangeId>,
    /// When the look behind the newest stored report began, by the host's clock.
    pub seen_at: Option<i64>,
    /// The host's last run that is over.
    pub ended: Option<Ended>,
}

/// What a run left on its host, by the outcome that the host signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    pub run: RunId,
    /// By the host's clock.
    pub at: i64,
    /// When the outcome arrived, by the server's clock.
    pub told_at: i64,
    /// Digest of the installed set.
    pub after: Digest,
}

/// A plan, or none where nothing is left to do; and why each thing is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanOutput {
    pub plan: Option<Plan>,
    /// The same list as in the plan, sorted.
    pub left_out: Vec<LeftOut>,
}

/// Returns the plan that brings in what is pending and was asked for.
///
/// Hosts are in one wave of one ring, sorted by id; the in-flight limit of `crate::schedule` paces them.
pub fn plan(input: &PlanInput<'_>) -> PlanOutput {
    let kinds: BTreeSet<PatchKind> = input.kinds.iter().copied().collect();
    let packages: BTreeSet<&str> = input.packages.iter().map(String::as_str).collect();
    let mut hosts = Vec::new();
    let mut left_out = Vec::new();
    for host in input.hosts {
        match gate(host, input.now) {
            Err(reason) => left_out.push(whole(host, reason)),
            Ok(()) => {
                let choice = closure::choose(host, &kinds, &packages, input.waive.is_some());
                left_out.extend(choice.left_out);
                if !choice.steps.is_empty() {
                    hosts.push(entry(host, choice.steps, input.waive.as_ref()));
                }
            }
        }
    }
    let purpose = Purpose::Upgrade {
        kinds: kinds.into_iter().collect(),
        packages: packages.into_iter().map(str::to_owned).collect(),
    };
    finish(
        Head { change: input.change, generation: input.generation, now: input.now, purpose },
        hosts,
        left_out,
    )
}

/// What a plan says before its hosts.
struct Head {
    change: ChangeId,
    generation: u64,
    now: i64,
    purpose: Purpose,
}

fn finish(head: Head, mut hosts: Vec<PlanHost>, mut left_out: Vec<LeftOut>) -> PlanOutput {
    hosts.sort_by_key(|host| (host.ring, host.wave, host.host));
    left_out.sort();
    left_out.dedup();
    let plan = (!hosts.is_empty()).then(|| Plan {
        schema: PLAN_SCHEMA,
        change: head.change,
        generation: head.generation,
        purpose: head.purpose,
        planned_at: head.now,
        hosts,
        left_out: left_out.clone(),
    });
    PlanOutput { plan, left_out }
}

/// Returns why nothing may be planned on the host at all; the first reason in this order.
fn gate(host: &HostInput<'_>, now: i64) -> Result<(), LeftOutReason> {
    may_change(host, now)?;
    let refreshed_at =
        host.lists.and_then(|lists| lists.refreshed_at).ok_or(LeftOutReason::NoLists)?;
    let age_secs = now - refreshed_at;
    if age_secs > LISTS_AGE_SECS_MAX {
        return Err(LeftOutReason::StaleLists { age_secs });
    }
    let names: Vec<String> = torn(host.packages).collect();
    if !names.is_empty() {
        return Err(LeftOutReason::TornPackages { names });
    }
    Ok(())
}

/// The part of the gate that an undo shares: it needs no package lists and may repair torn packages.
fn may_change(host: &HostInput<'_>, now: i64) -> Result<(), LeftOutReason> {
    let (Some(reported_at), Some(facts)) = (host.reported_at, host.facts) else {
        return Err(LeftOutReason::NeverReported);
    };
    let age_secs = now - reported_at;
    if age_secs > REPORT_AGE_SECS_MAX {
        return Err(LeftOutReason::StaleReport { age_secs });
    }
    if facts.agent_mode == AgentMode::Unprivileged {
        return Err(LeftOutReason::Unprivileged);
    }
    if let Some(change) = host.busy {
        return Err(LeftOutReason::Busy { change });
    }
    match host.ended.filter(|ended| is_overtaken(host, ended, reported_at)) {
        Some(ended) => Err(LeftOutReason::NotReportedSince { run: ended.run }),
        None => Ok(()),
    }
}

/// Returns whether what is known of the host is older than its last run's end: a plan from that would only
/// be blocked there, as drift.
fn is_overtaken(host: &HostInput<'_>, ended: &Ended, reported_at: i64) -> bool {
    let is_older = host.seen_at.is_none_or(|seen_at| seen_at < ended.at);
    let is_soon = reported_at.saturating_sub(ended.told_at) < REPORT_LATE_SECS_MAX;
    is_older && is_soon && host.packages.installed_digest() != ended.after
}

fn torn(set: &PackageSet) -> impl Iterator<Item = String> {
    let names: BTreeSet<&str> =
        set.packages.iter().filter(|p| p.is_torn()).map(|p| p.name.as_str()).collect();
    names.into_iter().map(str::to_owned)
}

fn entry(host: &HostInput<'_>, mut steps: Vec<Step>, waive: Option<&(String, String)>) -> PlanHost {
    steps.sort();
    let missing: Vec<String> = steps
        .iter()
        .filter(|step| !step.from.is_empty() && step.back.is_none())
        .map(|step| step.name.clone())
        .collect();
    let way_back = match waive {
        Some((by, reason)) if !missing.is_empty() => {
            WayBack::Waived { by: by.clone(), reason: reason.clone(), missing }
        }
        Some(_) | None => WayBack::Packages,
    };
    PlanHost {
        schema: PLAN_SCHEMA,
        host: host.id,
        name: host.name.to_owned(),
        ring: 0,
        wave: 0,
        installed_before: host.packages.installed_digest(),
        installed_after: installed_after(host.packages, &steps).installed_digest(),
        reboot: reboot(&steps),
        staging_bytes: steps.iter().map(staging_bytes).sum(),
        steps,
        way_back,
    }
}

fn staging_bytes(step: &Step) -> u64 {
    step.artifact.size_bytes + step.back.as_ref().map_or(0, |back| back.size_bytes)
}

/// What only a reboot brings into effect: the kernel, and what every process runs or hangs on.
fn reboot(steps: &[Step]) -> RebootExpectation {
    let asks = |name: &str| {
        name.starts_with("linux-image-")
            || name.ends_with("-microcode")
            || matches!(name, "libc6" | "systemd" | "dbus" | "dbus-daemon" | "dbus-broker")
    };
    if steps.iter().any(|step| asks(&step.name)) {
        RebootExpectation::Expected
    } else {
        RebootExpectation::None
    }
}

fn whole(host: &HostInput<'_>, reason: LeftOutReason) -> LeftOut {
    LeftOut { host: host.id, name: host.name.to_owned(), package: String::new(), reason }
}

fn one(host: &HostInput<'_>, package: &str, reason: LeftOutReason) -> LeftOut {
    LeftOut { host: host.id, name: host.name.to_owned(), package: package.to_owned(), reason }
}

#[cfg(test)]
pub(crate) mod tests;
