//! A second reading of a plan, by other code than made it: contradictions are fatal, oddities are
//! said. It shares nothing with `crate::plan` but the nouns, so that one mistake is not made twice.

use model::host::AgentMode;
use model::order::ORDER_HOSTS_MAX;
use model::plan::{Plan, PlanHost, Purpose};
use model::problem::{Problem, Severity};

use crate::plan::HostInput;

mod entry;
mod step;

/// Steps on one host at most. A release upgrade of a full desktop is about 4,000; more is a defect,
/// and every loop over steps on the host is bounded by it.
pub const HOST_STEPS_MAX: usize = 10_000;

/// Reads `plan` against the facts that it was made from. An `Error` among the answers is fatal: the
/// plan is refused. Sorted; fatal ones first.
pub fn lint(plan: &Plan, hosts: &[HostInput<'_>]) -> Vec<Problem> {
    let mut notes = Vec::new();
    whole_plan(plan, &mut notes);
    for part in &plan.hosts {
        let facts = hosts.iter().find(|host| host.id == part.host);
        match facts {
            None => notes.push(fatal(part, "is in the plan, but nothing is known of it")),
            Some(facts) => one_host(plan, part, facts, &mut notes),
        }
    }
    notes.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.cmp(b)));
    notes.dedup();
    notes
}

/// Returns whether any of `notes` refuses the plan.
pub fn is_fatal(notes: &[Problem]) -> bool {
    notes.iter().any(|note| note.severity == Severity::Error)
}

fn whole_plan(plan: &Plan, notes: &mut Vec<Problem>) {
    let mut say = |text: String| notes.push(Problem::new(Severity::Error, "plan", &text));
    if plan.schema != model::plan::PLAN_SCHEMA {
        say(format!("has format version {}", plan.schema));
    }
    if plan.hosts.is_empty() {
        say("names no host".to_owned());
    }
    if plan.hosts.len() > ORDER_HOSTS_MAX {
        let count = plan.hosts.len();
        say(format!("names {count} hosts, but one order can name {ORDER_HOSTS_MAX}"));
    }
    let place = |part: &PlanHost| (part.ring, part.wave, part.host);
    if !plan.hosts.windows(2).all(|pair| place(&pair[0]) <= place(&pair[1])) {
        say("does not list its hosts by ring, wave and id".to_owned());
    }
    let mut ids: Vec<_> = plan.hosts.iter().map(|part| part.host).collect();
    ids.sort_unstable();
    for pair in ids.windows(2).filter(|pair| pair[0] == pair[1]) {
        say(format!("names {} twice", pair[0]));
    }
    if let Purpose::Undo { .. } = plan.purpose
        && plan.hosts.len() > 1
    {
        say("takes one run back on more than one host".to_owned());
    }
}

fn one_host(plan: &Plan, part: &PlanHost, facts: &HostInput<'_>, notes: &mut Vec<Problem>) {
    let is_undo = matches!(plan.purpose, Purpose::Undo { .. });
    if facts.facts.is_none_or(|seen| seen.agent_mode == AgentMode::Unprivileged) {
        notes.push(fatal(part, "has no agent that could change it"));
    }
    if let Some(change) = facts.busy {
        notes.push(fatal(part, &format!("is still at work for {change}")));
    }
    for left in plan.left_out.iter().filter(|left| left.host == part.host) {
        if left.package.is_empty() {
            notes.push(fatal(part, "is in the plan and left out as a whole"));
        } else if part.steps.iter().any(|step| step.name == left.package) {
            notes.push(fatal(part, &format!("{} is a step and left out", left.package)));
        }
    }
    entry::read(part, facts, is_undo, notes);
    let reading = step::Reading::new(plan, part, facts);
    for step in &part.steps {
        reading.read(step, notes);
    }
}

fn fatal(part: &PlanHost, text: &str) -> Problem {
    Problem::new(Severity::Error, &part.name, text)
        .hint("nothing was planned; report this as a defect of the planner")
}

fn warning(part: &PlanHost, text: &str) -> Problem {
    Problem::new(Severity::Warning, &part.name, text)
}

fn note(part: &PlanHost, text: &str) -> Problem {
    Problem::new(Severity::Note, &part.name, text)
}

#[cfg(test)]
mod tests;
