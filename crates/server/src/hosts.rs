//! Hosts as people see them: stored facts, with what follows from them.

use crate::app::App;
use crate::error::ApiError;
use model::host::{HostView, Pending};
use model::package::{PackageSet, UpdateView};
use model::report::PendingSet;
use model::{Digest, HostId};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use store::hosts::HostRow;
use store::reports::ReportRow;
use store::{TenantScope, View};

/// Summaries that are kept at most; beyond it all are forgotten and made again.
const SUMMARIES_MAX: usize = 20_000;

/// What follows from a package set and a pending set. Kept by their digests, never stored.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Summary {
    pending: Pending,
    packages_total: u32,
    held: Vec<String>,
    torn: Vec<String>,
}

/// Summaries by package set and pending set.
#[derive(Default)]
pub struct Summaries {
    kept: Mutex<BTreeMap<(Digest, Digest), Arc<Summary>>>,
}

/// Returns the tenant's hosts by name.
pub fn list(app: &App, scope: &TenantScope) -> Result<Vec<HostView>, ApiError> {
    app.read(|view| {
        let mut reports: BTreeMap<HostId, ReportRow> =
            store::reports::list(view, scope)?.into_iter().map(|r| (r.host, r)).collect();
        store::hosts::list(view, scope)?
            .into_iter()
            .map(|row| {
                let report = reports.remove(&row.host);
                to_view(app, view, scope, (row, report))
            })
            .collect()
    })
}

/// Returns one host by id or name.
pub fn get(app: &App, scope: &TenantScope, text: &str) -> Result<HostView, ApiError> {
    app.read(|view| {
        let row = find(view, scope, text)?;
        let report = store::reports::get(view, scope, row.host)?;
        to_view(app, view, scope, (row, report))
    })
}

/// Returns the packages of a host by id or name; none before its first report.
pub fn packages(app: &App, scope: &TenantScope, text: &str) -> Result<PackageSet, ApiError> {
    app.read(|view| {
        let row = find(view, scope, text)?;
        let report = store::reports::get(view, scope, row.host)?;
        Ok(sets(view, scope, report.as_ref())?.0)
    })
}

/// Returns the pending updates of a host by id or name, with their kinds.
pub fn updates(app: &App, scope: &TenantScope, text: &str) -> Result<Vec<UpdateView>, ApiError> {
    app.read(|view| {
        let row = find(view, scope, text)?;
        let report = store::reports::get(view, scope, row.host)?;
        let pending = sets(view, scope, report.as_ref())?.1;
        let view_of = |update| {
            let kind = decide::kind::of(&update);
            UpdateView { update, kind }
        };
        Ok(pending.updates.into_iter().map(view_of).collect())
    })
}

/// Finds a host by id or name.
///
/// # Errors
/// `NotFound` with the text that was looked for.
pub fn find(view: &View<'_>, scope: &TenantScope, text: &str) -> Result<HostRow, ApiError> {
    if let Ok(host) = text.parse::<HostId>() {
        return Ok(store::hosts::get(view, scope, host)?);
    }
    let hosts = store::hosts::list(view, scope)?;
    hosts.into_iter().find(|row| row.name == text).ok_or_else(|| {
        ApiError::not_found(&format!("no host is called `{text}`"))
            .hint("`patchwell host list` shows the names")
    })
}

/// Returns the sets that a report names; empty ones where there is no report.
pub(crate) fn sets(
    view: &View<'_>,
    scope: &TenantScope,
    report: Option<&ReportRow>,
) -> Result<(PackageSet, PendingSet), ApiError> {
    let Some(report) = report else {
        return Ok((PackageSet::default(), PendingSet::default()));
    };
    let missing = |what: &str| ApiError::internal(&format!("a report's {what} is not stored"));
    let packages = store::reports::packages(view, scope, report.packages)?;
    let pending = store::reports::pending(view, scope, report.pending)?;
    Ok((
        packages.ok_or_else(|| missing("package set"))?,
        pending.ok_or_else(|| missing("pending set"))?,
    ))
}

/// Returns when a host was last heard and last reported: memory is newer than the database.
pub(crate) fn heard(app: &App, row: &HostRow) -> (i64, Option<i64>) {
    app.fleet.get(row.host).map_or((row.seen_at, row.reported_at), |cell| {
        (cell.seen_at().max(row.seen_at), cell.reported_at().max(row.reported_at))
    })
}

fn to_view(
    app: &App,
    view: &View<'_>,
    scope: &TenantScope,
    (row, report): (HostRow, Option<ReportRow>),
) -> Result<HostView, ApiError> {
    let (seen_at, reported_at) = heard(app, &row);
    let summary = match &report {
        Some(report) => app.summaries.get(view, scope, report)?,
        None => Arc::new(Summary::of(&PackageSet::default(), &PendingSet::default())),
    };
    let support = report
        .as_ref()
        .map(|r| decide::support::of(&r.facts.os_id, &r.facts.os_version, app.now()));
    let reported_at = reported_at.or(report.as_ref().map(|r| r.stored_at));
    let (facts, conditions) = match report {
        Some(report) => (Some(report.facts), report.conditions),
        None => (None, model::report::Conditions::default()),
    };
    let mut problems = conditions.problems;
    problems.extend(row.locked_at.map(|_| locked(&row.name)));
    problems.extend(app.fleet.get(row.host).and_then(|cell| troubled(&row.name, &cell.trouble())));
    Ok(HostView {
        id: row.host,
        name: row.name,
        tags: row.tags,
        enrolled_at: row.enrolled_at,
        seen_at,
        reported_at,
        facts,
        support,
        pending: summary.pending,
        packages_total: summary.packages_total,
        held: summary.held.clone(),
        torn: summary.torn.clone(),
        reboot: conditions.reboot,
        stale: conditions.stale,
        lists: conditions.lists,
        problems,
    })
}

fn troubled(name: &str, trouble: &str) -> Option<model::Problem> {
    let text = format!("orders cannot be taken up there: {trouble}");
    (!trouble.is_empty()).then(|| {
        model::Problem::new(model::problem::Severity::Error, name, &text)
            .hint("mend it on the host; it tries again by itself every half minute")
    })
}

fn locked(name: &str) -> model::Problem {
    let text = "locked out: its certificate was renewed by two holders of its key";
    model::Problem::new(model::problem::Severity::Error, name, text)
        .hint("if the machine was cloned, remove the agent's state on both and enrol each again")
}

impl Summaries {
    fn get(
        &self,
        view: &View<'_>,
        scope: &TenantScope,
        report: &ReportRow,
    ) -> Result<Arc<Summary>, ApiError> {
        let key = (report.packages, report.pending);
        let found = self.kept.lock().ok().and_then(|kept| kept.get(&key).cloned());
        if let Some(summary) = found {
            return Ok(summary);
        }
        let (packages, pending) = sets(view, scope, Some(report))?;
        let summary = Arc::new(Summary::of(&packages, &pending));
        if let Ok(mut kept) = self.kept.lock() {
            if kept.len() >= SUMMARIES_MAX {
                kept.clear();
            }
            kept.insert(key, Arc::clone(&summary));
        }
        Ok(summary)
    }
}

impl Summary {
    fn of(packages: &PackageSet, pending: &PendingSet) -> Self {
        let mut counts = Pending::default();
        for update in &pending.updates {
            counts.add(decide::kind::of(update));
        }
        let installed = || packages.packages.iter().filter(|p| p.is_installed());
        let names = |chosen: Vec<&model::package::Package>| -> Vec<String> {
            chosen.into_iter().map(|p| p.name.clone()).collect()
        };
        Self {
            pending: counts,
            packages_total: u32::try_from(installed().count()).unwrap_or(u32::MAX),
            held: names(installed().filter(|p| p.is_held()).collect()),
            torn: names(packages.packages.iter().filter(|p| p.is_torn()).collect()),
        }
    }
}
