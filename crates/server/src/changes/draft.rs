//! Making a change: facts are gathered, `decide` plans and reads its plan a second time, the result is
//! stored with its event, and the vault is told what it will need.

use crate::app::{Actor, App, event};
use crate::changes::facts::{Facts, plan_of};
use crate::error::ApiError;
use crate::{hosts, ids};
use decide::plan::{Ended, HostInput, PlanInput, PlanOutput, REPORT_LATE_SECS_MAX, UndoInput};
use model::package::{Artifact, PackageSet};
use model::plan::{LeftOut, LeftOutReason, Plan, Purpose, Step};
use model::problem::Problem;
use model::report::PendingSet;
use model::run::RunState;
use model::wire::{PlanRequest, REPORT_PENDING};
use model::{ChangeId, Digest, HostId, RunId};
use std::collections::{BTreeMap, BTreeSet};
use store::changes::ChangeRow;
use store::hosts::HostRow;
use store::reports::ReportRow;
use store::vault::VersionKey;
use store::{TenantScope, Tx, View};

/// A title's letters at most.
const TITLE_CHARS_MAX: usize = 200;

/// All that planning looks at, owned, so that `HostInput` can borrow it.
struct Gathered {
    hosts: Vec<(HostRow, Option<ReportRow>, PackageSet, PendingSet)>,
    heard: BTreeMap<HostId, Option<i64>>,
    vault: BTreeSet<Digest>,
    known: BTreeMap<VersionKey, Artifact>,
    busy: BTreeMap<HostId, ChangeId>,
    ended: BTreeMap<HostId, Ended>,
}

/// Plans what is pending on the asked hosts.
///
/// # Errors
/// `BadInput` for unknown hosts or an empty plan, with the reasons of everything left out; `Conflict`
/// when the plan's second reading refuses it.
#[expect(clippy::needless_pass_by_value, reason = "a request is used up by its one answer")]
pub fn plan(app: &App, actor: &Actor, request: PlanRequest) -> Result<ChangeId, ApiError> {
    let change = ChangeId(ids::fresh()?);
    let now = app.now();
    let waive = Some(request.waive_way_back.trim())
        .filter(|reason| !reason.is_empty())
        .map(|reason| (actor.person.clone(), reason.to_owned()));
    let (output, notes) = app.read(|view| {
        let rows = asked(view, &actor.scope, &request)?;
        let gathered = gather(app, view, &actor.scope, rows)?;
        let inputs = gathered.inputs();
        let output = decide::plan::plan(&PlanInput {
            change,
            generation: 1,
            now,
            kinds: &request.kinds,
            packages: &request.packages,
            waive,
            hosts: &inputs,
        });
        let notes = second_reading(&output, &inputs)?;
        Ok((output, notes))
    })?;
    let plan = planned(output)?;
    let title = title(&request.title, || upgrade_title(&plan, &request));
    store_change(app, actor, (plan, notes), title)
}

/// Plans to put back what an earlier run replaced.
///
/// # Errors
/// `NotFound`; `BadInput` when there is nothing to take back, with the reason.
pub fn undo(app: &App, actor: &Actor, run: RunId) -> Result<ChangeId, ApiError> {
    let change = ChangeId(ids::fresh()?);
    let now = app.now();
    let (output, notes, text) = app.read(|view| {
        let row = store::runs::get(view, &actor.scope, run)?;
        let earlier = Facts::read(view, &actor.scope, row.change)?;
        let entry = earlier
            .entry(row.host)
            .ok_or_else(|| ApiError::internal("a run's host is not in its plan"))?;
        let host = store::hosts::get(view, &actor.scope, row.host)?;
        let gathered = gather(app, view, &actor.scope, vec![host])?;
        let inputs = gathered.inputs();
        let host = *inputs.first().ok_or_else(|| ApiError::internal("no host gathered"))?;
        let output =
            decide::plan::undo(&UndoInput { change, generation: 1, now, run, entry, host });
        let notes = second_reading(&output, &inputs)?;
        Ok((output, notes, format!("undo on {}: {}", entry.name, earlier.row.title)))
    })?;
    let plan = planned(output)?;
    let title = title("", || text);
    store_change(app, actor, (plan, notes), title)
}

fn asked(
    view: &View<'_>,
    scope: &TenantScope,
    request: &PlanRequest,
) -> Result<Vec<HostRow>, ApiError> {
    let mut rows: BTreeMap<HostId, HostRow> = BTreeMap::new();
    for text in &request.hosts {
        let row = hosts::find(view, scope, text)?;
        rows.insert(row.host, row);
    }
    for tag in &request.tags {
        let tagged: Vec<_> = store::hosts::list(view, scope)?
            .into_iter()
            .filter(|row| row.tags.contains(tag))
            .collect();
        if tagged.is_empty() {
            return Err(ApiError::not_found(&format!("no host has the tag `{tag}`"))
                .hint("`patchwell host list` shows names and tags"));
        }
        rows.extend(tagged.into_iter().map(|row| (row.host, row)));
    }
    if rows.is_empty() {
        return Err(ApiError::bad_input("no_hosts", "no host was named")
            .hint("name hosts with `--host NAME` or `--tag TAG`"));
    }
    Ok(rows.into_values().collect())
}

fn gather(
    app: &App,
    view: &View<'_>,
    scope: &TenantScope,
    rows: Vec<HostRow>,
) -> Result<Gathered, ApiError> {
    let mut gathered = Gathered {
        hosts: Vec::new(),
        heard: BTreeMap::new(),
        vault: store::vault::held(view, scope)?,
        known: store::vault::known(view, scope)?,
        busy: busy(view, scope)?,
        ended: BTreeMap::new(),
    };
    for row in rows {
        let report = store::reports::get(view, scope, row.host)?;
        let (packages, pending) = hosts::sets(view, scope, report.as_ref())?;
        let reported_at = hosts::heard(app, &row).1.or(report.as_ref().map(|r| r.stored_at));
        gathered.heard.insert(row.host, reported_at);
        if let Some(reported_at) = reported_at {
            let ended = ended(view, scope, (row.host, reported_at))?;
            gathered.ended.extend(ended.map(|ended| (row.host, ended)));
        }
        gathered.hosts.push((row, report, packages, pending));
    }
    Ok(gathered)
}

/// Returns which change still works on each host. A run that nobody took up does not count once its
/// change is stopped or its order has run out: no permit can start it any more.
fn busy(view: &View<'_>, scope: &TenantScope) -> Result<BTreeMap<HostId, ChangeId>, ApiError> {
    let mut busy = BTreeMap::new();
    for run in store::runs::open(view, scope)? {
        let row = store::changes::get(view, scope, run.change)?;
        let is_dead = row.stopped.is_some() || row.expired_at.is_some();
        if !(is_dead && run.state == RunState::Ordered) {
            busy.insert(run.host, run.change);
        }
    }
    Ok(busy)
}

/// Returns what the host's last run left, where that can be newer than its report.
fn ended(
    view: &View<'_>,
    scope: &TenantScope,
    (host, reported_at): (HostId, i64),
) -> Result<Option<Ended>, ApiError> {
    let since = reported_at.saturating_sub(REPORT_LATE_SECS_MAX);
    let found = store::runs::last_outcome(view, scope, (host, since))?;
    Ok(found.map(|(told_at, outcome)| Ended {
        run: outcome.run,
        at: outcome.ended_at,
        told_at,
        after: outcome.after,
    }))
}

impl Gathered {
    fn inputs(&self) -> Vec<HostInput<'_>> {
        self.hosts
            .iter()
            .map(|(row, report, packages, pending)| HostInput {
                id: row.host,
                name: &row.name,
                reported_at: self.heard.get(&row.host).copied().flatten(),
                facts: report.as_ref().map(|r| &r.facts),
                lists: report.as_ref().and_then(|r| r.conditions.lists.as_ref()),
                packages,
                pending,
                vault: &self.vault,
                known: &self.known,
                busy: self.busy.get(&row.host).copied(),
                seen_at: report.as_ref().map(|r| r.seen_at),
                ended: self.ended.get(&row.host).copied(),
            })
            .collect()
    }
}

fn second_reading(output: &PlanOutput, inputs: &[HostInput<'_>]) -> Result<Vec<Problem>, ApiError> {
    let Some(plan) = &output.plan else { return Ok(Vec::new()) };
    let notes = decide::lint::lint(plan, inputs);
    if decide::lint::is_fatal(&notes) {
        let said: Vec<_> = notes.iter().map(|n| format!("{}: {}", n.subject, n.text)).collect();
        return Err(ApiError::conflict("plan_refused", &said.join("; "))
            .hint("the plan contradicts the facts it was made from; plan again, then report it"));
    }
    Ok(notes)
}

fn planned(output: PlanOutput) -> Result<Plan, ApiError> {
    output.plan.ok_or_else(|| {
        let reasons: Vec<String> = output
            .left_out
            .iter()
            .map(|out| match out.package.as_str() {
                "" => format!("{}: {}", out.name, out.reason),
                package => format!("{}: {package}: {}", out.name, out.reason),
            })
            .collect();
        let said = format!("nothing can be planned; {}", reasons.join("; "));
        let is_pending =
            |out: &LeftOut| matches!(out.reason, LeftOutReason::NotReportedSince { .. });
        if output.left_out.iter().all(is_pending) && !output.left_out.is_empty() {
            return ApiError::conflict(REPORT_PENDING, &said)
                .hint("ask again in a minute; `patchwell undo` does so by itself");
        }
        ApiError::bad_input("empty_plan", &said)
            .hint("`patchwell host show NAME` shows what pends and how old the facts are")
    })
}

fn title(asked: &str, otherwise: impl FnOnce() -> String) -> String {
    let asked = asked.trim();
    let title = if asked.is_empty() { otherwise() } else { asked.to_owned() };
    title.chars().filter(|c| !c.is_control()).take(TITLE_CHARS_MAX).collect()
}

fn upgrade_title(plan: &Plan, request: &PlanRequest) -> String {
    let packages: BTreeSet<_> =
        plan.hosts.iter().flat_map(|h| h.steps.iter().map(|s| s.name.as_str())).collect();
    let what = match (packages.len(), packages.first()) {
        (1, Some(name)) => (*name).to_owned(),
        (count, _) => format!("{count} packages"),
    };
    let on = match plan.hosts.as_slice() {
        [host] => host.name.clone(),
        hosts => format!("{} hosts", hosts.len()),
    };
    let kinds: Vec<String> =
        request.kinds.iter().map(|k| format!("{k:?}").to_lowercase()).collect();
    match kinds.as_slice() {
        [] => format!("update {what} on {on}"),
        kinds => format!("{} updates: {what} on {on}", kinds.join(" and ")),
    }
}

fn store_change(
    app: &App,
    actor: &Actor,
    (plan, notes): (Plan, Vec<Problem>),
    title: String,
) -> Result<ChangeId, ApiError> {
    let bytes = plan.to_bytes();
    let change = plan.change;
    let steps = plan.hosts.iter().map(|host| host.steps.len()).sum::<usize>();
    let row = ChangeRow {
        change,
        title,
        created_at: plan.planned_at,
        created_by: actor.person.clone(),
        plan: Digest::of(&bytes),
        generation: plan.generation,
        hosts: u32::try_from(plan.hosts.len()).unwrap_or(u32::MAX),
        packages: u32::try_from(steps).unwrap_or(u32::MAX),
        notes,
        order: None,
        need: first_need(app, &plan),
        approved_at: None,
        stopped: None,
        expired_at: None,
    };
    let (scope, person) = (actor.scope, actor.person.clone());
    app.write(move |tx| {
        // The stored bytes are read back: what people sign must be readable for ever.
        let plan = plan_of(&bytes)?;
        store::changes::insert(&tx, &scope, &row, &bytes)?;
        want(&tx, &scope, &plan)?;
        let detail = serde_json::json!({
            "title": row.title, "plan": row.plan, "hosts": row.hosts, "packages": row.packages,
        });
        let made = event(row.created_at, &person, "change.planned", &change.to_string(), detail);
        tx.record(&scope, &made)?.commit(())
    })?;
    app.vault.wake();
    Ok(change)
}

/// Wants every file of the plan: ways back at the front, because mirrors drop old versions.
fn want(tx: &Tx<'_>, scope: &TenantScope, plan: &Plan) -> Result<(), ApiError> {
    let key = |step: &Step, version: &str| -> VersionKey {
        (step.name.clone(), step.arch.clone(), version.to_owned())
    };
    for step in plan.hosts.iter().flat_map(|host| &host.steps) {
        if let Some(back) = &step.back {
            let version = key(step, &step.from);
            store::vault::want(tx, scope, (&version, back), store::vault::RANK_BACK)?;
        }
        let version = key(step, &step.to);
        store::vault::want(tx, scope, (&version, &step.artifact), store::vault::RANK_NEW)?;
    }
    Ok(())
}

/// How many must sign, as far as it can be told before an order is signed.
fn first_need(app: &App, plan: &Plan) -> u32 {
    let Some(trusted) = app.trusted() else { return 1 };
    let Some(roster) = &trusted.roster else { return 1 };
    let thresholds = roster.roster.thresholds;
    match plan.purpose {
        Purpose::Upgrade { .. } => thresholds.default,
        Purpose::Undo { .. } => thresholds.default.max(thresholds.rollback),
    }
}
