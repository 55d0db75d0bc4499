//! Text for people: changes, orders, hosts. Pure; what is shown for signing comes from the signed bytes.

mod assess;
mod cve;
mod exposure;
mod feeds;
mod host;

use crate::output::table;
use crate::signing::{Proposal, local};
use jiff::tz::TimeZone;
use model::change::{ChangeState, ChangeView};
use model::order::Verb;
use model::package::PatchKind;
use model::plan::{
    LeftOut, LeftOutReason, Plan, PlanHost, Purpose, RebootExpectation, Step, WayBack,
};
use model::problem::{Problem, Severity};
use std::collections::BTreeMap;

pub(crate) use assess::assessment;
pub(crate) use cve::cve;
pub(crate) use exposure::{
    HostSays, actions, day, deadlines, end_of_life, exposures, host_line, questions,
};
pub(crate) use feeds::{feeds, obligations};
pub(crate) use host::{answers, host, hosts};

/// How many signatures are wanted, and on whose word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Threshold {
    pub need: u32,
    pub is_wide: bool,
    /// Whether this machine computed it from a roster that it verified; otherwise the server said so.
    pub is_verified: bool,
    /// Persons who signed already.
    pub signed: Vec<String>,
    /// Whose key will sign.
    pub signer: String,
}

/// Renders an order before it is signed, from the bytes that will be signed.
pub(crate) fn order(proposal: &Proposal, threshold: &Threshold, zone: &TimeZone) -> String {
    let (order, plan) = (&proposal.order, &proposal.plan);
    let act = match order.verb {
        Verb::Upgrade => "install updates",
        Verb::Rollback => "put earlier versions back",
    };
    let mut text = vec![
        format!("You are about to sign: {act} on {}", count(plan.hosts.len(), "host")),
        format!("  change    {}  ({})", order.rollout, order.reason),
        format!("  drafted   by {}", order.author),
        format!("  plan      {}", order.plan),
    ];
    text.push(match order.window {
        Some(w) => {
            format!("  window    {} to {}", local(w.opens_at, zone), local(w.closes_at, zone))
        }
        None => "  window    none: starts as soon as a host takes it up".to_owned(),
    });
    text.push(format!("  valid     until {}", local(order.not_after, zone)));
    text.push(format!("  halts     after {}", count(usize_of(order.halt_after), "failed host")));
    text.push("  reboots   never by this order".to_owned());
    text.push(format!("  signing   {}", who(threshold)));
    text.push(String::new());
    text.extend(groups(plan));
    text.extend(left_out(&plan.left_out));
    text.join("\n").trim_end().to_owned()
}

fn who(threshold: &Threshold) -> String {
    let breadth = if threshold.is_wide { " for a wide order" } else { "" };
    let source = if threshold.is_verified { "by the roster" } else { "by the server's word" };
    let signed = if threshold.signed.is_empty() {
        String::new()
    } else {
        format!("; signed already by {}", threshold.signed.join(", "))
    };
    let need = count(usize_of(threshold.need), "person");
    format!("as {}; {need} needed{breadth}, {source}{signed}", threshold.signer)
}

/// Renders a change.
pub(crate) fn change(change: &ChangeView, zone: &TimeZone) -> String {
    let purpose = match &change.plan.purpose {
        Purpose::Upgrade { kinds, packages } => format!("updates: {}", asked(kinds, packages)),
        Purpose::Undo { run } => format!("take back {run}"),
    };
    let mut text = vec![
        format!("{}  {}", change.id, change.title),
        format!("  state     {}", state(&change.state)),
        format!("  purpose   {purpose}"),
        format!("  planned   {} by {}", local(change.created_at, zone), change.created_by),
        format!("  plan      {}", change.plan_digest),
    ];
    for approval in &change.approvals {
        let at = local(approval.at, zone);
        text.push(format!("  signed    by {} at {at} ({})", approval.person, approval.key_id));
    }
    if let Some(not_after) = change.not_after {
        text.push(format!("  valid     until {}", local(not_after, zone)));
    }
    text.push(String::new());
    text.extend(groups(&change.plan));
    text.extend(left_out(&change.plan.left_out));
    text.extend(problems("Notes", &change.notes));
    text.extend(runs(change));
    text.join("\n").trim_end().to_owned()
}

/// What happened on each host, with what to do where something is wrong.
fn runs(change: &ChangeView) -> Vec<String> {
    if change.runs.is_empty() {
        return Vec::new();
    }
    let mut text = vec!["Runs".to_owned()];
    for run in &change.runs {
        text.push(format!("  {}  {}  {}", run.host_name, run.state.word(), run.run));
        text.extend(why(&run.state).into_iter().map(|line| format!("    {line}")));
        if let Some(waiting) = run.waiting_on.as_ref().filter(|_| !run.state.is_over()) {
            text.push(format!("    waits for: {waiting}"));
        }
    }
    text.push(String::new());
    text
}

/// Returns why a run ended as it did and what can be done; nothing while it goes on or after success.
pub(crate) fn why(state: &model::run::RunState) -> Vec<String> {
    use model::run::RunState as S;
    match state {
        S::Refused { refusal } => vec![format!("refused: {refusal}")],
        S::Ended { end } if end.why().is_empty() => Vec::new(),
        S::Ended { end } if end.remedy().is_empty() => vec![end.why()],
        S::Ended { end } => vec![end.why(), format!("hint: {}", end.remedy())],
        S::Lost => vec!["no sign of life since work began; its own report will tell".to_owned()],
        S::Ordered
        | S::Assigned
        | S::Preflight
        | S::Staging
        | S::Claiming
        | S::Applying
        | S::Repairing
        | S::Verifying => Vec::new(),
    }
}

/// Returns a change's state with its numbers.
pub(crate) fn state(state: &ChangeState) -> String {
    match state {
        ChangeState::Planned { have, need } => format!("planned: {have} of {need} signed"),
        ChangeState::Approved => "approved: signed, no host has begun".to_owned(),
        ChangeState::Running => "running".to_owned(),
        ChangeState::Halted { failures } => {
            format!("halted after {}", count(usize_of(*failures), "failed host"))
        }
        ChangeState::Stopped { by } => format!("stopped by {by}"),
        ChangeState::Completed { succeeded, failed } => {
            format!("completed: {succeeded} succeeded, {failed} failed")
        }
        ChangeState::Expired => "expired".to_owned(),
    }
}

/// Hosts with the same steps are shown together; every host is named.
fn groups(plan: &Plan) -> Vec<String> {
    let mut groups: BTreeMap<(Vec<&Step>, Vec<String>), Vec<&PlanHost>> = BTreeMap::new();
    for host in &plan.hosts {
        let key = (host.steps.iter().collect(), facts(host));
        groups.entry(key).or_default().push(host);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, hosts)| plan.hosts.iter().position(|host| host.host == hosts[0].host));
    let mut text = Vec::new();
    for ((steps, facts), hosts) in groups {
        let names: Vec<&str> = hosts.iter().map(|host| host.name.as_str()).collect();
        let what = count(steps.len(), "package");
        text.push(format!("{}: {what}", names.join(", ")));
        text.extend(self::steps(&steps).lines().map(|line| format!("  {line}")));
        text.extend(facts.into_iter().map(|fact| format!("  {fact}")));
        text.push(String::new());
    }
    text
}

fn steps(steps: &[&Step]) -> String {
    let rows: Vec<Vec<String>> = steps
        .iter()
        .map(|step| {
            let from = if step.from.is_empty() { "(new)" } else { &step.from };
            let to = if step.to.is_empty() { "(removed)" } else { &step.to };
            vec![
                format!("{}:{}", step.name, step.arch),
                from.to_owned(),
                to.to_owned(),
                kind(step.kind).to_owned(),
                bytes(step.artifact.size_bytes),
            ]
        })
        .collect();
    table(&["PACKAGE", "FROM", "TO", "KIND", "SIZE"], &rows)
}

fn facts(host: &PlanHost) -> Vec<String> {
    let mut facts = match &host.way_back {
        WayBack::Packages => vec!["way back: every replaced version is in the vault".to_owned()],
        WayBack::Waived { by, reason, missing } => vec![
            format!("way back: WAIVED by {by}: {reason}"),
            format!("  cannot be put back: {}", missing.join(", ")),
        ],
    };
    facts.push(match host.reboot {
        RebootExpectation::None => "reboot: not expected".to_owned(),
        RebootExpectation::Expected => {
            "reboot: needed afterwards to take effect; this order does not reboot".to_owned()
        }
    });
    facts
}

fn left_out(left_out: &[LeftOut]) -> Vec<String> {
    if left_out.is_empty() {
        return Vec::new();
    }
    let mut text = vec!["Left out".to_owned()];
    text.extend(left_out.iter().map(|entry| {
        let what =
            if entry.package.is_empty() { String::new() } else { format!(" {}", entry.package) };
        format!("  {}{what}: {}", entry.name, entry.reason)
    }));
    if left_out.iter().any(|entry| matches!(entry.reason, LeftOutReason::NoWayBack { .. })) {
        let hint = "  hint: `--waive-way-back REASON` plans those without a way back as well";
        text.push(hint.to_owned());
    }
    text.push(String::new());
    text
}

/// Renders problems under a heading; nothing where there are none.
pub(crate) fn problems(heading: &str, problems: &[Problem]) -> Vec<String> {
    if problems.is_empty() {
        return Vec::new();
    }
    let mut text = vec![heading.to_owned()];
    for problem in problems {
        let severity = match problem.severity {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        text.push(format!("  {severity}: {}: {}", problem.subject, problem.text));
        if !problem.hint.is_empty() {
            text.push(format!("    hint: {}", problem.hint));
        }
    }
    text.push(String::new());
    text
}

fn asked(kinds: &[PatchKind], packages: &[String]) -> String {
    let kinds: Vec<&str> = kinds.iter().map(|k| kind(*k)).collect();
    let kinds = if kinds.is_empty() { "all kinds".to_owned() } else { kinds.join(", ") };
    if packages.is_empty() { kinds } else { format!("{kinds}; only {}", packages.join(", ")) }
}

pub(crate) fn kind(kind: PatchKind) -> &'static str {
    match kind {
        PatchKind::Security => "security",
        PatchKind::Maintenance => "maintenance",
        PatchKind::Firmware => "firmware",
        PatchKind::Application => "application",
    }
}

/// Returns a number of things in words: "1 host", "2 hosts".
pub(crate) fn count(count: usize, thing: &str) -> String {
    let plural = if thing.ends_with('s') { "es" } else { "s" };
    format!("{count} {thing}{}", if count == 1 { "" } else { plural })
}

/// Returns a size as people say it.
pub(crate) fn bytes(bytes: u64) -> String {
    match bytes {
        0..=999 => format!("{bytes} B"),
        1_000..=999_999 => format!("{}.{} kB", bytes / 1_000, bytes % 1_000 / 100),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

fn usize_of(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

#[cfg(test)]
pub(crate) mod tests;
