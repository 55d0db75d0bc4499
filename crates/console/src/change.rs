//! One change: purpose, plan, approvals, live runs. What people read before they sign.

use crate::changes::state_text;
use crate::host::ProblemRow;
use crate::hosts::PageLink;
use crate::mark::{KINDS, KindBadge, Mark, kind_word};
use crate::moment::Moment;
use crate::paging::{self, Paging};
use crate::quantity::{bytes, count, counted, length};
use crate::query::{link, value};
use crate::run::{RunLine, urgency};
use crate::shell::{Section, Shell};
use askama::Template;
use model::change::{ChangeState, ChangeView};
use model::package::PatchKind;
use model::plan::{LeftOut, LeftOutReason, PlanHost, Purpose, RebootExpectation, Step, WayBack};
use model::run::RunView;
use std::collections::{BTreeMap, BTreeSet};

/// Runs on one page: each may carry 8 KiB of output.
const RUNS_PER_PAGE: usize = 25;
/// Hosts of the plan on one page: each may have hundreds of steps.
const PLAN_HOSTS_PER_PAGE: usize = 25;
/// Lines of what is left out; the API gives all.
const LEFT_OUT_MAX: usize = 200;
/// Packages of one host that are left out are folded from this many on.
const LEFT_OUT_FOLDED_MIN: usize = 8;

/// The page `/changes/{id}`.
#[derive(Debug, Template)]
#[template(path = "change.html")]
pub struct ChangePage {
    pub shell: Shell,
    id: String,
    title: String,
    mark: Mark,
    says: String,
    purpose: String,
    undo_of: String,
    created: Moment,
    created_by: String,
    digest: String,
    order: String,
    not_after: Option<Moment>,
    /// Approvals given and needed, while it waits for them.
    waits: Option<(u32, u32)>,
    approvals: Vec<ApprovalRow>,
    notes: Vec<ProblemRow>,
    can_stop: bool,
    /// Runs counted by state.
    tally: Vec<(String, Mark)>,
    over: usize,
    total: usize,
    runs: Vec<RunLine>,
    runs_paging: Paging,
    runs_pages: Vec<PageLink>,
    summary: Vec<Fact>,
    kinds: Vec<(String, KindBadge)>,
    plan: Vec<PlanHostView>,
    plan_paging: Paging,
    plan_pages: Vec<PageLink>,
    /// Whole hosts.
    left_hosts: Vec<LeftOutRow>,
    /// Packages, by host.
    left_packages: Vec<LeftOutGroup>,
    left_out_total: String,
    left_out_more: usize,
    /// Whether a reason to do without a way back would bring more in.
    lacks_way_back: bool,
}

/// One number of the plan's summary.
#[derive(Debug)]
struct Fact {
    label: &'static str,
    value: String,
}

/// One person's signature.
#[derive(Debug)]
struct ApprovalRow {
    person: String,
    key_id: String,
    at: Moment,
}

/// One host's part of the plan.
#[derive(Debug)]
struct PlanHostView {
    host: String,
    name: String,
    place: String,
    steps: Vec<StepRow>,
    words: String,
    reboot: bool,
    way_back: String,
    is_waived: bool,
    before: String,
    after: String,
    entry: String,
}

/// One package's move.
#[derive(Debug)]
struct StepRow {
    name: String,
    arch: String,
    from: String,
    to: String,
    badge: KindBadge,
    size: String,
    sha256: String,
    sha256_full: String,
}

/// What is not in the plan, and why.
#[derive(Debug)]
struct LeftOutRow {
    host: String,
    name: String,
    package: String,
    reason: String,
}

/// What is not in the plan of a host that is in it, or could be.
#[derive(Debug)]
struct LeftOutGroup {
    host: String,
    name: String,
    number: String,
    is_open: bool,
    rows: Vec<LeftOutRow>,
}

impl ChangePage {
    /// Returns the page of `change`; `pairs` of the address choose the page of runs and hosts.
    pub fn new(shell: Shell, change: &ChangeView, pairs: &[(String, String)]) -> Self {
        let plan = &change.plan;
        let mut order: Vec<&RunView> = change.runs.iter().collect();
        order.sort_by_key(|run| urgency(run));
        let runs_paging =
            Paging::new(paging::number(value(pairs, "runs")), order.len(), RUNS_PER_PAGE);
        let plan_paging = Paging::new(
            paging::number(value(pairs, "hosts")),
            plan.hosts.len(),
            PLAN_HOSTS_PER_PAGE,
        );
        let pages = |paging: &Paging, which: &'static str| page_links(change, paging, which);
        let over = change.runs.iter().filter(|run| run.state.is_over()).count();
        Self {
            id: change.id.to_string(),
            title: change.title.clone(),
            mark: Mark::change(&change.state),
            says: state_text(&change.state),
            purpose: purpose(&plan.purpose),
            undo_of: match &plan.purpose {
                Purpose::Undo { run } => run.to_string(),
                Purpose::Upgrade { .. } => String::new(),
            },
            created: shell.moment(change.created_at),
            created_by: change.created_by.clone(),
            digest: change.plan_digest.to_string(),
            order: change.order.map(|order| order.to_string()).unwrap_or_default(),
            not_after: change.not_after.map(|at| shell.moment(at)),
            waits: if let ChangeState::Planned { have, need } = change.state {
                Some((have, need))
            } else {
                None
            },
            approvals: change.approvals.iter().map(|a| ApprovalRow::new(a, &shell)).collect(),
            notes: ProblemRow::all(&change.notes),
            can_stop: matches!(
                change.state,
                ChangeState::Planned { .. }
                    | ChangeState::Approved
                    | ChangeState::Running
                    | ChangeState::Halted { .. }
            ),
            tally: tally(&change.runs),
            over,
            total: change.runs.len(),
            runs: runs_paging.slice(&order).iter().map(|run| RunLine::new(run, &shell)).collect(),
            runs_pages: pages(&runs_paging, "runs"),
            runs_paging,
            summary: summary(&plan.hosts),
            kinds: kinds(&plan.hosts),
            plan: plan_paging.slice(&plan.hosts).iter().map(PlanHostView::new).collect(),
            plan_pages: pages(&plan_paging, "hosts"),
            plan_paging,
            left_hosts: left_hosts(&plan.left_out),
            left_packages: left_packages(&plan.left_out),
            lacks_way_back: plan
                .left_out
                .iter()
                .any(|left| matches!(left.reason, LeftOutReason::NoWayBack { .. })),
            left_out_total: count(length(&plan.left_out)),
            left_out_more: plan.left_out.len().saturating_sub(LEFT_OUT_MAX),
            shell,
        }
    }

    fn section(&self) -> Section {
        Section::Changes
    }
}

fn left_hosts(left_out: &[LeftOut]) -> Vec<LeftOutRow> {
    let whole = left_out.iter().filter(|left| left.package.is_empty());
    whole.take(LEFT_OUT_MAX).map(LeftOutRow::new).collect()
}

fn left_packages(left_out: &[LeftOut]) -> Vec<LeftOutGroup> {
    let mut groups: Vec<LeftOutGroup> = Vec::new();
    for left in left_out.iter().filter(|left| !left.package.is_empty()).take(LEFT_OUT_MAX) {
        let row = LeftOutRow::new(left);
        match groups.iter_mut().find(|group| group.host == row.host) {
            Some(group) => group.rows.push(row),
            None => groups.push(LeftOutGroup {
                host: row.host.clone(),
                name: row.name.clone(),
                number: String::new(),
                is_open: false,
                rows: vec![row],
            }),
        }
    }
    for group in &mut groups {
        group.number = counted(length(&group.rows), "package");
        group.is_open = group.rows.len() < LEFT_OUT_FOLDED_MIN;
    }
    groups
}

fn page_links(change: &ChangeView, paging: &Paging, which: &'static str) -> Vec<PageLink> {
    let base = format!("/changes/{}", change.id);
    let page_link = |number: usize| PageLink {
        number,
        href: format!("{}#{which}", link(&base, &[(which, &number.to_string())])),
        is_here: number == paging.page,
    };
    paging.numbers().into_iter().map(page_link).collect()
}

fn purpose(purpose: &Purpose) -> String {
    match purpose {
        Purpose::Upgrade { kinds, packages } => {
            let what = match kinds.as_slice() {
                [] => "all pending updates".to_owned(),
                kinds => {
                    let words: Vec<_> = kinds.iter().map(|kind| kind_word(*kind)).collect();
                    format!("pending {} updates", words.join(" and "))
                }
            };
            if packages.is_empty() {
                format!("Bring in {what}")
            } else {
                format!("Bring in {what} of {}", packages.join(", "))
            }
        }
        Purpose::Undo { .. } => "Put back what an earlier run replaced".to_owned(),
    }
}

/// Counts runs by the word of their state, in the order of the list.
fn tally(runs: &[RunView]) -> Vec<(String, Mark)> {
    let mut order: Vec<&RunView> = runs.iter().collect();
    order.sort_by_key(|run| urgency(run));
    let mut tally: Vec<(u64, Mark)> = Vec::new();
    for run in order {
        match tally.iter_mut().find(|(_, mark)| mark.word == run.state.word()) {
            Some((number, _)) => *number += 1,
            None => tally.push((1, Mark::run(&run.state))),
        }
    }
    tally.into_iter().map(|(number, mark)| (count(number), mark)).collect()
}

fn summary(hosts: &[PlanHost]) -> Vec<Fact> {
    let packages: BTreeSet<(&str, &str)> =
        hosts.iter().flat_map(|h| &h.steps).map(|s| (s.name.as_str(), s.to.as_str())).collect();
    let steps: u64 = hosts.iter().map(|host| length(&host.steps)).sum();
    let reboots = hosts.iter().filter(|host| host.reboot == RebootExpectation::Expected);
    let waived = hosts.iter().filter(|host| matches!(host.way_back, WayBack::Waived { .. }));
    let number = |list: Vec<&PlanHost>| count(length(&list));
    let staging = hosts.iter().map(|host| host.staging_bytes).max().unwrap_or(0);
    let fact = |label, value: String| Fact { label, value };
    vec![
        fact("Hosts", count(length(hosts))),
        fact("Package versions", count(length(&packages.into_iter().collect::<Vec<_>>()))),
        fact("Steps", count(steps)),
        fact("Staged per host, at most", bytes(staging)),
        fact("Will need a reboot", number(reboots.collect())),
        fact("Without a way back", number(waived.collect())),
    ]
}

fn kinds(hosts: &[PlanHost]) -> Vec<(String, KindBadge)> {
    let mut counts: BTreeMap<PatchKind, u64> = BTreeMap::new();
    for step in hosts.iter().flat_map(|host| &host.steps) {
        *counts.entry(step.kind).or_default() += 1;
    }
    let line =
        |kind: &PatchKind| counts.get(kind).map(|number| (count(*number), KindBadge::new(*kind)));
    KINDS.iter().filter_map(line).collect()
}

impl ApprovalRow {
    fn new(approval: &model::change::Approval, shell: &Shell) -> Self {
        Self {
            person: approval.person.clone(),
            key_id: approval.key_id.clone(),
            at: shell.moment(approval.at),
        }
    }
}

impl PlanHostView {
    fn new(host: &PlanHost) -> Self {
        let size: u64 = host.steps.iter().map(|step| step.artifact.size_bytes).sum();
        Self {
            host: host.host.to_string(),
            name: host.name.clone(),
            place: format!("ring {}, wave {}", host.ring, host.wave),
            steps: host.steps.iter().map(StepRow::new).collect(),
            words: format!("{}, {}", counted(length(&host.steps), "package"), bytes(size)),
            reboot: host.reboot == RebootExpectation::Expected,
            way_back: match &host.way_back {
                WayBack::Packages => "every replaced version goes into the vault first".to_owned(),
                WayBack::Waived { by, reason, missing } => {
                    format!("waived by {by} (\u{201c}{reason}\u{201d}) for {}", missing.join(", "))
                }
            },
            is_waived: matches!(host.way_back, WayBack::Waived { .. }),
            before: host.installed_before.short(),
            after: host.installed_after.short(),
            entry: model::Digest::of(&host.to_bytes()).short(),
        }
    }
}

impl StepRow {
    fn new(step: &Step) -> Self {
        Self {
            name: step.name.clone(),
            arch: step.arch.clone(),
            from: step.from.clone(),
            to: step.to.clone(),
            badge: KindBadge::new(step.kind),
            size: bytes(step.artifact.size_bytes),
            sha256: step.artifact.sha256.short(),
            sha256_full: step.artifact.sha256.to_string(),
        }
    }
}

impl LeftOutRow {
    fn new(left: &LeftOut) -> Self {
        Self {
            host: left.host.to_string(),
            name: left.name.clone(),
            package: left.package.clone(),
            reason: left.reason.to_string(),
        }
    }
}
