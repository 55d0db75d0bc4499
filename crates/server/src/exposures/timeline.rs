//! What the fleet is exposed to, in the order of deadlines: one line per subject, with the deadline of each
//! class of hosts. The lists of pages are cut from it. Kept until facts change; in a fleet so large that making
//! it takes long, for a while longer, so that a report a second does not make it anew each second.

use crate::app::App;
use crate::clock::{Deadline, Stopwatch};
use crate::error::ApiError;
use crate::exposures::class::ClassId;
use crate::exposures::judge::{Judge, Side};
use crate::exposures::state::State;
use decide::deadline::Within;
use decide::index::{PackageName, Query, Scope, Subject, SubjectLine};
use model::TenantId;
use model::advisory::{AdvisoryKind, Label};
use model::exposure::{Action, DeadlineDay};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use store::TenantScope;

/// An old timeline serves for so many times as long as it took to make: less than a twentieth of a core
/// goes into making them, and one that takes 50 ms is a second old at most.
const AGE_FACTOR: u32 = 20;
/// A timeline that is made faster than this is always made anew: small fleets see everything at once.
const FAST: Duration = Duration::from_millis(50);
/// Lines that are made before a report may come in between: some 20 ms.
const LINES_AT_ONCE: usize = 500;
/// Deadlines move by themselves as clauses begin and end; a day's worth of seconds is no longer the same.
const HOUR_SECS: i64 = 3_600;

/// One subject.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub subject: Subject,
    pub packages: Vec<PackageName>,
    pub label: Label,
    pub is_kev: bool,
    pub hosts: u64,
    pub actionable: u64,
    /// Earliest first; classes without a date last.
    pub classes: Vec<ClassDue>,
    within: Within,
}

/// The deadline of a subject for a class of hosts.
#[derive(Debug, Clone)]
pub(crate) struct ClassDue {
    pub class: ClassId,
    pub hosts: u64,
    /// `None`: no clause applies.
    pub clause: Option<Arc<str>>,
    pub due_at: Option<i64>,
}

/// Every subject, earliest deadline first.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    pub lines: Vec<Line>,
    /// Made when they are asked for first.
    pub days: OnceLock<Vec<DeadlineDay>>,
    /// Every action with what it closes; made when they are asked for first.
    pub actions: OnceLock<Vec<(Action, Vec<Subject>)>>,
}

/// Timelines that are kept, by tenant.
#[derive(Debug, Default)]
pub(crate) struct Timelines {
    kept: Mutex<BTreeMap<TenantId, Kept>>,
}

#[derive(Debug)]
struct Kept {
    stamp: Stamp,
    serves_until: Option<Deadline>,
    timeline: Arc<Timeline>,
}

/// What a timeline was made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    generation: u64,
    statements_generation: u64,
    hour: i64,
}

impl Stamp {
    fn of(state: &State, now: i64) -> Self {
        Self {
            generation: state.generation,
            statements_generation: state.statements_generation,
            hour: now.div_euclid(HOUR_SECS),
        }
    }
}

impl Line {
    /// Returns the earliest deadline of any class, with its clause.
    pub(crate) fn first(&self) -> (Option<i64>, &str) {
        let first = self.classes.first();
        let clause = first.and_then(|due| due.clause.as_deref()).unwrap_or("");
        (first.and_then(|due| due.due_at), clause)
    }
}

impl Timelines {
    /// Returns the tenant's timeline, making it where the kept one no longer serves.
    pub(crate) fn get(
        &self,
        judge: &Judge<'_>,
        tenant: TenantId,
    ) -> Result<Arc<Timeline>, ApiError> {
        let stamp = Stamp::of(judge.state, judge.now);
        if let Some(timeline) = self.kept(tenant, stamp) {
            return Ok(timeline);
        }
        let watch = Stopwatch::start();
        let timeline = make(judge, &Query::default())?;
        Ok(self.keep(tenant, stamp, (timeline, watch.elapsed())))
    }

    fn kept(&self, tenant: TenantId, stamp: Stamp) -> Option<Arc<Timeline>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.get(&tenant)?;
        let serves = known.serves_until.is_some_and(|until| !until.has_passed());
        let is_good = known.stamp == stamp
            || serves && Stamp { generation: known.stamp.generation, ..stamp } == known.stamp;
        is_good.then(|| Arc::clone(&known.timeline))
    }

    fn keep(
        &self,
        tenant: TenantId,
        stamp: Stamp,
        (timeline, took): (Timeline, Duration),
    ) -> Arc<Timeline> {
        let timeline = Arc::new(timeline);
        let serves_until = (took > FAST).then(|| Deadline::after(took * AGE_FACTOR));
        let fresh = Kept { stamp, serves_until, timeline: Arc::clone(&timeline) };
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).insert(tenant, fresh);
        timeline
    }
}

/// Makes the tenant's timeline in parts where it is long, letting reports in between: made at once it would hold
/// everybody up for seconds. Called before a question that needs it.
pub(crate) fn freshen(app: &App, scope: &TenantScope) -> Result<(), ApiError> {
    app.exposures.wait_filled()?;
    let _alone = app.exposures.timeline_lock();
    let watch = Stopwatch::start();
    let (stamp, subjects) = {
        let state = app.exposures.now();
        let stamp = Stamp::of(&state, app.now());
        if state.timelines.kept(scope.tenant(), stamp).is_some() {
            return Ok(());
        }
        let all = Query::default();
        (stamp, state.index.subjects(&Scope::of(scope.tenant()), &all))
    };
    if subjects.len() <= LINES_AT_ONCE {
        return Ok(());
    }
    let mut lines = Vec::new();
    let mut subjects = subjects.into_iter().peekable();
    while subjects.peek().is_some() {
        let state = app.exposures.now();
        app.read(|view| {
            let judge = Judge::new(app, &state, view, scope);
            for subject in subjects.by_ref().take(LINES_AT_ONCE) {
                lines.push(line(&judge, subject)?);
            }
            Ok(())
        })?;
    }
    let timeline = sorted(lines);
    app.exposures.now().timelines.keep(scope.tenant(), stamp, (timeline, watch.elapsed()));
    Ok(())
}

/// Makes the timeline of what matches `query`.
pub(crate) fn make(judge: &Judge<'_>, query: &Query) -> Result<Timeline, ApiError> {
    let mut lines = Vec::new();
    for subject in judge.state.index.subjects(&judge.scope, query) {
        lines.push(line(judge, subject)?);
    }
    Ok(sorted(lines))
}

fn sorted(mut lines: Vec<Line>) -> Timeline {
    lines.sort_by(|a, b| key(a).cmp(&key(b)));
    Timeline { lines, days: OnceLock::new(), actions: OnceLock::new() }
}

fn key(line: &Line) -> (bool, Option<i64>, &Within, &Subject) {
    let (due_at, _) = line.first();
    (due_at.is_none(), due_at, &line.within, &line.subject)
}

fn line(judge: &Judge<'_>, found: SubjectLine) -> Result<Line, ApiError> {
    let known = judge.known(&found.subject)?;
    let within = decide::deadline::order_within(known.as_ref().map(|known| &known.facts), &[]);
    let package = found.packages.first().map_or("", |name| name.package.as_str());
    let mut classes = Vec::new();
    for (class, hosts) in judge.state.index.by_class(&judge.scope, &found.subject) {
        let facts = judge.state.classes.get(class);
        let side = Side {
            subject: &found.subject,
            package,
            label: found.label,
            kind: AdvisoryKind::Security,
            published_at: found.published_at,
            detected_at: found.detected_at.max(facts.first_seen_at),
        };
        let due = judge.due(&side, facts)?;
        classes.push(ClassDue {
            class,
            hosts,
            due_at: due.and_then(|(due_at, _)| due_at),
            clause: due.map(|(_, clause)| Arc::from(clause)),
        });
    }
    classes.sort_by_key(|due| (due.due_at.is_none(), due.due_at, due.clause.is_none(), due.class));
    Ok(Line {
        subject: found.subject,
        packages: found.packages,
        label: found.label,
        is_kev: found.is_kev,
        hosts: found.hosts,
        actionable: found.actionable,
        classes,
        within,
    })
}
