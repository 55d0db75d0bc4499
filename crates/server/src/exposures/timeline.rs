//! What the fleet is exposed to, in the order of deadlines: one line per subject, with the deadline of each
//! class of hosts. The lists of pages are cut from it. Kept until facts change; in a fleet so large that making
//! it takes long, for a while longer, so that a report a second does not make it anew each second.

use crate::clock::{Deadline, Stopwatch};
use crate::error::ApiError;
use crate::exposures::class::ClassId;
use crate::exposures::judge::{Judge, Side};
use decide::deadline::Within;
use decide::index::{PackageName, Query, Subject, SubjectLine};
use model::TenantId;
use model::advisory::{AdvisoryKind, Label};
use model::exposure::{Action, DeadlineDay};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// An old timeline serves for so many times as long as it took to make: less than a twentieth of a core
/// goes into making them, and one that takes 50 ms is a second old at most.
const AGE_FACTOR: u32 = 20;
/// A timeline that is made faster than this is always made anew: small fleets see everything at once.
const FAST: Duration = Duration::from_millis(50);
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
    generation: u64,
    statements_generation: u64,
    hour: i64,
    serves_until: Option<Deadline>,
    timeline: Arc<Timeline>,
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
    /// Returns the tenant's timeline.
    pub(crate) fn get(
        &self,
        judge: &Judge<'_>,
        tenant: TenantId,
    ) -> Result<Arc<Timeline>, ApiError> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let state = judge.state;
        let hour = judge.now.div_euclid(HOUR_SECS);
        if let Some(known) = kept.get(&tenant) {
            let is_same = known.generation == state.generation;
            let serves = known.serves_until.is_some_and(|until| !until.has_passed());
            let is_current = known.statements_generation == state.statements_generation;
            if known.hour == hour && is_current && (is_same || serves) {
                return Ok(Arc::clone(&known.timeline));
            }
        }
        let watch = Stopwatch::start();
        let timeline = Arc::new(make(judge, &Query::default())?);
        let took = watch.elapsed();
        let fresh = Kept {
            generation: state.generation,
            statements_generation: state.statements_generation,
            hour,
            serves_until: (took > FAST).then(|| Deadline::after(took * AGE_FACTOR)),
            timeline: Arc::clone(&timeline),
        };
        kept.insert(tenant, fresh);
        Ok(timeline)
    }
}

/// Makes the timeline of what matches `query`.
pub(crate) fn make(judge: &Judge<'_>, query: &Query) -> Result<Timeline, ApiError> {
    let mut lines = Vec::new();
    for subject in judge.state.index.subjects(&judge.scope, query) {
        lines.push(line(judge, subject)?);
    }
    lines.sort_by(|a, b| key(a).cmp(&key(b)));
    Ok(Timeline { lines, days: OnceLock::new(), actions: OnceLock::new() })
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
