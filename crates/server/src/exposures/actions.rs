//! Actions with their deadlines, and the deadlines by day.

use crate::error::ApiError;
use crate::exposures::class::ClassId;
use crate::exposures::judge::{Judge, cve_of, side_of};
use crate::exposures::lists::{Asked, matching_hosts};
use crate::exposures::timeline::{Line, Timeline};
use decide::action::Act;
use decide::index::{Found, Query, Subject};
use model::exposure::{Action, ActionVerb, DeadlineDay, Reach};
use model::{HostId, TenantId};
use std::collections::{BTreeMap, BTreeSet};

/// Actions that are looked at; a fleet has some hundreds.
const ACTIONS_MAX: usize = 2_000;
/// CVEs that an action names; the rest are a number.
const CLOSES_NAMED_MAX: usize = 50;

/// Returns the actions that match, earliest deadline first, then by what they gain.
pub(crate) fn actions(judge: &Judge<'_>, asked: &Asked<'_>) -> Result<Vec<Action>, ApiError> {
    if let Some(host) = asked.host {
        return of_host(judge, asked, host);
    }
    let timeline = judge.state.timelines.get(judge, asked.tenant)?;
    let all = timeline.actions.get_or_init(|| all(judge, &timeline));
    let wanted = all.iter().filter(|(action, closes)| wants(asked, action, closes));
    let mut found: Vec<Action> = wanted.map(|(action, _)| action.clone()).collect();
    if let Some(days) = asked.query.due_days {
        let until = judge.now.saturating_add(i64::from(days) * 86_400);
        found.retain(|action| action.due_at.is_some_and(|due_at| due_at <= until));
    }
    Ok(found)
}

/// Every action of the fleet in its order, with what it closes.
fn all(judge: &Judge<'_>, timeline: &Timeline) -> Vec<(Action, Vec<Subject>)> {
    let lines: BTreeMap<&Subject, &Line> =
        timeline.lines.iter().map(|line| (&line.subject, line)).collect();
    let mut closes = BTreeMap::new();
    let mut actions = Vec::new();
    for act in judge.state.index.actions(&judge.scope, ACTIONS_MAX) {
        closes.insert(act.id.clone(), act.closes.clone());
        actions.push(shown(judge, &lines, act));
    }
    sort(&mut actions);
    let with = |action: Action| {
        let closed = closes.remove(&action.id).unwrap_or_default();
        (action, closed)
    };
    actions.into_iter().map(with).collect()
}

fn sort(actions: &mut [Action]) {
    actions.sort_by(|a, b| {
        let key = |action: &Action| {
            let tier = (action.tier, action.due_at.is_none(), action.due_at);
            (tier, std::cmp::Reverse(action.gain_micro))
        };
        key(a).cmp(&key(b)).then_with(|| a.id.cmp(&b.id))
    });
}

fn wants(asked: &Asked<'_>, action: &Action, closes: &[Subject]) -> bool {
    let query = asked.query;
    let is_state = query.state.as_deref().is_none_or(|word| verbs_of(word).contains(&action.verb));
    is_state
        && (!query.kev_only || action.kev > 0)
        && query.cve.is_none_or(|cve| closes.contains(&Subject::Cve(cve)))
        && query.package.as_ref().is_none_or(|package| action.package == *package)
        && query.stream.as_ref().is_none_or(|stream| action.stream == *stream)
}

/// Returns what is done about exposures of a state.
fn verbs_of(word: &str) -> &'static [ActionVerb] {
    match word {
        "actionable" => &[ActionVerb::Upgrade],
        "fix_not_reachable" => {
            &[ActionVerb::EnableChannel, ActionVerb::Unhold, ActionVerb::MoveRelease]
        }
        "no_fix" | "unknown" => &[ActionVerb::RemoveOrMitigate, ActionVerb::MoveRelease],
        "needs_reboot" | "boots_vulnerable" => &[ActionVerb::Reboot],
        "needs_restart" => &[ActionVerb::Restart],
        "stale_image" => &[ActionVerb::RemoveImage],
        _ => &[],
    }
}

fn shown(judge: &Judge<'_>, lines: &BTreeMap<&Subject, &Line>, act: Act) -> Action {
    // Only where classes differ does it matter whose hosts these are.
    let is_simple = act.closes.iter().all(|subject| {
        lines
            .get(subject)
            .is_none_or(|line| line.classes.iter().all(|due| due.due_at == line.first().0))
    });
    let classes: Option<BTreeSet<ClassId>> = (!is_simple).then(|| {
        let hosts = judge.state.index.action_hosts(&judge.scope, &act.id);
        hosts.iter().filter_map(|host| judge.state.hosts.get(host)).map(|meta| meta.class).collect()
    });
    let mut first: Option<(bool, Option<i64>, &str)> = None;
    for line in act.closes.iter().filter_map(|subject| lines.get(subject)) {
        let of_act = |class| classes.as_ref().is_none_or(|classes| classes.contains(&class));
        let Some(due) = line.classes.iter().find(|due| of_act(due.class)) else { continue };
        let Some(clause) = due.clause.as_deref() else { continue };
        let key = (due.due_at.is_none(), due.due_at, clause);
        if first.is_none_or(|first| key < first) {
            first = Some(key);
        }
    }
    let (due_at, clause) = first.map_or((None, ""), |(_, due_at, clause)| (due_at, clause));
    let mut names: Vec<String> = act.host_ids.iter().map(|host| judge.name_of(*host)).collect();
    names.sort();
    Action {
        id: act.id,
        verb: act.verb,
        stream: act.package.stream,
        package: act.package.package,
        to: act.to,
        hosts: act.hosts,
        host_names: names,
        closes_total: u64::try_from(act.closes.len()).unwrap_or(u64::MAX),
        closes: act.closes.iter().filter_map(cve_of).take(CLOSES_NAMED_MAX).collect(),
        kev: act.kev,
        due_at,
        clause: clause.to_owned(),
        tier: judge.tier(due_at, !clause.is_empty()),
        gain_micro: act.gain_micro,
        needs_reboot: act.needs_reboot,
        restarts: act.restarts,
        because: act.because,
    }
}

/// Of one host: its share of the fleet's actions.
fn of_host(judge: &Judge<'_>, asked: &Asked<'_>, host: HostId) -> Result<Vec<Action>, ApiError> {
    let timeline = judge.state.timelines.get(judge, asked.tenant)?;
    let all = timeline.actions.get_or_init(|| all(judge, &timeline));
    let exposures = judge.state.index.exposures_of_host(&judge.scope, host);
    let Some(class) = judge.state.class_of(host) else { return Ok(Vec::new()) };
    let weight = u64::from(crate::exposures::class::weight_halves(&class.answers));
    let mut found = Vec::new();
    for (action, closes) in all.iter().filter(|(action, closes)| wants(asked, action, closes)) {
        let is_closed =
            |found: &&Found| closes.contains(&found.subject) && is_closed_by(action, found);
        let closed: Vec<&Found> = exposures.iter().filter(is_closed).collect();
        if closed.is_empty() {
            continue;
        }
        // Several versions of one package may be gone to; this host's is one of them.
        let hosts = judge.state.index.action_hosts(&judge.scope, &action.id);
        if hosts.binary_search(&host).is_err() {
            continue;
        }
        let mut first: Option<(bool, Option<i64>, &str)> = None;
        for exposure in &closed {
            if let Some((due_at, clause)) = judge.due(&side_of(exposure), class)? {
                let key = (due_at.is_none(), due_at, clause);
                if first.is_none_or(|first| key < first) {
                    first = Some(key);
                }
            }
        }
        let (due_at, clause) = first.map_or((None, ""), |(_, due_at, clause)| (due_at, clause));
        let subjects: BTreeSet<&Subject> = closed.iter().map(|found| &found.subject).collect();
        let kev = closed.iter().filter(|found| found.is_kev).count();
        found.push(Action {
            hosts: 1,
            host_names: vec![judge.name_of(host)],
            closes: subjects.iter().filter_map(|s| cve_of(s)).take(CLOSES_NAMED_MAX).collect(),
            closes_total: u64::try_from(subjects.len()).unwrap_or(u64::MAX),
            kev: u64::try_from(kev).unwrap_or(u64::MAX),
            gain_micro: closed.iter().map(|f| u64::from(f.hazard_micro) * weight / 2).sum(),
            due_at,
            clause: clause.to_owned(),
            tier: judge.tier(due_at, !clause.is_empty()),
            ..action.clone()
        });
    }
    sort(&mut found);
    Ok(found)
}

/// Returns whether an action is what an exposure asks for.
fn is_closed_by(act: &Action, found: &Found) -> bool {
    let is_package = act.package == found.package.package && act.stream == found.package.stream;
    match &found.reach {
        Reach::Actionable { .. } => act.verb == ActionVerb::Upgrade && is_package,
        // One reboot or restart closes what several packages wait for.
        Reach::NeedsReboot | Reach::BootsVulnerable => act.verb == ActionVerb::Reboot,
        Reach::NeedsRestart { .. } => {
            act.verb == ActionVerb::Reboot || act.verb == ActionVerb::Restart && is_package
        }
        Reach::StaleImage => act.verb == ActionVerb::RemoveImage && is_package,
        Reach::FixNotReachable { .. }
        | Reach::NoFix { .. }
        | Reach::Carried
        | Reach::Unknown { .. } => act.verb != ActionVerb::Upgrade && is_package,
    }
}

/// Returns the hosts that match and are offered a fix, at most `hosts_max`.
pub(crate) fn hosts_to_draft(
    judge: &Judge<'_>,
    asked: &Asked<'_>,
    hosts_max: usize,
) -> Result<Vec<HostId>, ApiError> {
    let query = Query { state: Some("actionable".to_owned()), ..asked.of_index() };
    if asked.query.due_days.is_none() && asked.query.stream.is_none() {
        let mut hosts = judge.state.index.hosts_of(&judge.scope, &query);
        hosts.truncate(hosts_max);
        return Ok(hosts);
    }
    let until = asked.query.due_days.map(|days| judge.now + i64::from(days) * 86_400);
    let timeline = asked.timeline(judge)?;
    let mut found: BTreeSet<HostId> = BTreeSet::new();
    for line in timeline.lines.iter().filter(|line| line.actionable > 0) {
        let is_due = |due_at: Option<i64>| {
            until.is_none_or(|until| due_at.is_some_and(|due_at| due_at <= until))
        };
        let wanted: BTreeSet<ClassId> =
            line.classes.iter().filter(|due| is_due(due.due_at)).map(|due| due.class).collect();
        if wanted.is_empty() {
            continue;
        }
        let is_wanted = |host: &HostId| {
            judge.state.hosts.get(host).is_some_and(|meta| wanted.contains(&meta.class))
        };
        let narrowed = crate::exposures::ExposureQuery {
            state: Some("actionable".to_owned()),
            ..asked.query.clone()
        };
        let narrowed = Asked { query: &narrowed, host: asked.host, tenant: asked.tenant };
        found.extend(matching_hosts(judge, &narrowed, line).into_iter().filter(is_wanted));
        if found.len() >= hosts_max {
            break;
        }
    }
    Ok(found.into_iter().take(hosts_max).collect())
}

/// Sums of one day.
#[derive(Default)]
struct Day<'a> {
    exposures: u64,
    kev: u64,
    clauses: BTreeSet<&'a str>,
    /// Each subject with the classes of hosts that have it due on this day.
    subjects: Vec<(&'a Subject, Vec<ClassId>)>,
}

/// Returns the deadlines by day, the earliest first; those without a date last.
pub(crate) fn days(judge: &Judge<'_>, tenant: TenantId) -> Result<Vec<DeadlineDay>, ApiError> {
    let timeline = judge.state.timelines.get(judge, tenant)?;
    Ok(timeline.days.get_or_init(|| sums_by_day(judge, &timeline)).clone())
}

fn sums_by_day(judge: &Judge<'_>, timeline: &Timeline) -> Vec<DeadlineDay> {
    let mut days: BTreeMap<(bool, String), Day<'_>> = BTreeMap::new();
    for line in &timeline.lines {
        let mut by_day: BTreeMap<(bool, String), Vec<ClassId>> = BTreeMap::new();
        for due in &line.classes {
            let Some(clause) = &due.clause else { continue };
            let key = (due.due_at.is_none(), due.due_at.map(day_of).unwrap_or_default());
            let day = days.entry(key.clone()).or_default();
            day.exposures += due.hosts;
            day.clauses.insert(clause);
            by_day.entry(key).or_default().push(due.class);
        }
        for (key, classes) in by_day {
            let day = days.entry(key).or_default();
            day.kev += u64::from(line.is_kev);
            day.subjects.push((&line.subject, classes));
        }
    }
    let today = day_of(judge.now);
    let hosts = |subjects: &[(&Subject, Vec<ClassId>)]| {
        let pairs = subjects.iter().map(|(subject, classes)| (*subject, classes.as_slice()));
        judge.state.index.count_any(&judge.scope, pairs)
    };
    days.into_iter()
        .map(|((is_dateless, day), sums)| DeadlineDay {
            is_past: !is_dateless && day < today,
            day,
            exposures: sums.exposures,
            hosts: hosts(&sums.subjects),
            cves: u64::try_from(sums.subjects.len()).unwrap_or(u64::MAX),
            kev: sums.kev,
            clauses: sums.clauses.into_iter().map(str::to_owned).collect(),
        })
        .collect()
}

/// Returns the day of a moment, ISO 8601, UTC.
fn day_of(at: i64) -> String {
    jiff::Timestamp::from_second(at)
        .map(|at| at.to_zoned(jiff::tz::TimeZone::UTC).date().to_string())
        .unwrap_or_default()
}
