//! Taking a run back: the earlier entry turned round, checked against what is installed now.
//!
//! Packages that the run had brought in stay: nothing is ever removed by a plan. They are among what
//! must be installed afterwards. A host that moved on since the run is left as it is.

use crate::plan::{Head, HostInput, PlanOutput, entry, finish, may_change, one, torn, whole};
use model::package::Package;
use model::plan::{LeftOut, LeftOutReason, PlanHost, Purpose, Step};
use model::{ChangeId, RunId};
use std::collections::BTreeSet;

/// Which run to take back, and the facts of its host.
#[derive(Debug, Clone, Copy)]
pub struct UndoInput<'a> {
    pub change: ChangeId,
    pub generation: u64,
    /// Seconds since the Unix epoch.
    pub now: i64,
    pub run: RunId,
    /// The run's part of its plan.
    pub entry: &'a PlanHost,
    /// The same host as it is now. Its lists and pending updates do not matter.
    pub host: HostInput<'a>,
}

/// Returns the plan that puts back every version that the run replaced, from the vault.
pub fn undo(input: &UndoInput<'_>) -> PlanOutput {
    let host = &input.host;
    let mut hosts = Vec::new();
    let left_out = match reverse(input) {
        Err(reason) => vec![whole(host, reason)],
        Ok((steps, left_out)) => {
            hosts.push(entry(host, steps, None));
            left_out
        }
    };
    let head = Head {
        change: input.change,
        generation: input.generation,
        now: input.now,
        purpose: Purpose::Undo { run: input.run },
    };
    finish(head, hosts, left_out)
}

fn reverse(input: &UndoInput<'_>) -> Result<(Vec<Step>, Vec<LeftOut>), LeftOutReason> {
    let host = &input.host;
    if input.entry.host != host.id {
        return Err(LeftOutReason::NothingToUndo);
    }
    may_change(host, input.now)?;
    let mut steps = Vec::new();
    let mut refused: Vec<(&Step, LeftOutReason)> = Vec::new();
    for step in input.entry.steps.iter().filter(|step| !step.from.is_empty()) {
        match turn(host, step)? {
            Turn::Back(back) => steps.push((step, back)),
            Turn::Never => {}
            Turn::Refused(reason) => refused.push((step, reason)),
        }
    }
    let mut left_out: Vec<LeftOut> =
        refused.iter().map(|(step, reason)| one(host, &step.name, reason.clone())).collect();
    let mut kept = Vec::new();
    for (step, back) in steps {
        match refused.iter().find(|(other, _)| is_tied(host, step, other)) {
            Some((other, _)) => {
                let reason = LeftOutReason::NeedsLeftOut { package: other.name.clone() };
                left_out.push(one(host, &step.name, reason));
            }
            None => kept.push(back),
        }
    }
    let repaired: BTreeSet<&str> = kept.iter().map(|step| step.name.as_str()).collect();
    let names: Vec<String> =
        torn(host.packages).filter(|name| !repaired.contains(name.as_str())).collect();
    if !names.is_empty() {
        return Err(LeftOutReason::TornPackages { names });
    }
    if kept.is_empty() {
        // The first package's reason tells more than "nothing to undo" would.
        return Err(refused
            .into_iter()
            .next()
            .map_or(LeftOutReason::NothingToUndo, |(_, reason)| reason));
    }
    Ok((kept, left_out))
}

/// What becomes of one step.
enum Turn {
    Back(Step),
    /// The run did not get as far as this package.
    Never,
    Refused(LeftOutReason),
}

fn turn(host: &HostInput<'_>, step: &Step) -> Result<Turn, LeftOutReason> {
    let Some(package) = installed(host, step) else {
        return Err(LeftOutReason::NothingToUndo);
    };
    if package.version == step.from {
        return Ok(Turn::Never);
    }
    if package.version != step.to {
        // Somebody changed it since: undoing half of a run is not what was asked for.
        return Err(LeftOutReason::NothingToUndo);
    }
    if package.is_held() {
        return Ok(Turn::Refused(LeftOutReason::Held));
    }
    let Some(back) = step.back.clone().filter(|back| host.vault.contains(&back.sha256)) else {
        return Ok(Turn::Refused(LeftOutReason::NoWayBack { version: step.from.clone() }));
    };
    Ok(Turn::Back(Step {
        name: step.name.clone(),
        arch: step.arch.clone(),
        from: step.to.clone(),
        to: step.from.clone(),
        kind: step.kind,
        artifact: back,
        back: Some(step.artifact.clone()),
    }))
}

fn installed<'a>(host: &HostInput<'a>, step: &Step) -> Option<&'a Package> {
    host.packages.packages.iter().find(|p| {
        p.name == step.name && p.is_installed() && (p.arch == step.arch || p.arch == "all")
    })
}

/// Packages of one source go back together, as they came.
fn is_tied(host: &HostInput<'_>, a: &Step, b: &Step) -> bool {
    let source = |step| installed(host, step).map(|package| package.source.as_str());
    source(a).is_some_and(|found| !found.is_empty()) && source(a) == source(b)
}

#[cfg(test)]
mod tests;
