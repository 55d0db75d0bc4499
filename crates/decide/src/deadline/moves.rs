//! How the binding deadline of one exposure moved, and for what. Derived: history is evaluation at each earlier
//! moment. Old values stay in the list.

use crate::deadline::inputs::{self, words};
use crate::deadline::known::{Known, Moment, Past};
use crate::deadline::states::{self, States};
use crate::deadline::{Subject, calendar, order};
use model::clause::Clause;
use serde::{Deserialize, Serialize};

/// One move of the binding deadline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// When it moved, seconds since the Unix epoch.
    pub at: i64,
    /// The old date; `None`: there was none.
    pub was: Option<i64>,
    /// The new one; `None`: at the next upgrade, or no clause binds any more.
    pub due_at: Option<i64>,
    /// The clause that binds from now on, or empty.
    pub clause: String,
    pub because: Vec<Cause>,
}

/// One change that was taken into account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    pub input: Changed,
    /// In words; empty where there was no value before.
    pub from: String,
    pub to: String,
    /// It got better, was taken back or was stated for the first time: only for such a cause a date moves later.
    pub may_delay: bool,
}

/// What can change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Changed {
    /// The exposure itself: it was first known here.
    Detected,
    Kev,
    Exploitation,
    Automatable,
    TechnicalImpact,
    Cvss3,
    Label,
    InternetExposed,
    Criticality,
    DataClass,
    /// The clause began or ceased to be valid; `from` or `to` is its id.
    Clause,
}

type Binding = (Option<i64>, String);

pub(super) fn of(subject: &Subject<'_>, past: &Past, clauses: &[Clause], now: i64) -> Vec<Moved> {
    let mut states = States::new(subject, clauses);
    let moments = Moment::all(subject, past, now);
    let count = moments.iter().filter(|moment| moment.at <= subject.detected_at).count();
    let (early, late) = moments.split_at(count);
    let mut known = None;
    for moment in early {
        states.step(moment);
        known = Some(moment.known);
    }
    let mut moves = Vec::new();
    let mut last: Binding = binding(&states, subject.detected_at);
    if last != Binding::default() {
        let detected = Cause {
            input: Changed::Detected,
            from: String::new(),
            to: String::new(),
            may_delay: false,
        };
        moves.push(moved(subject.detected_at, None, &last, vec![detected]));
    }
    for at in times(subject, clauses, late, now) {
        let mut because = Vec::new();
        if let Some(moment) = late.iter().find(|moment| moment.at == at) {
            states.step(moment);
            if let Some(before) = known.replace(moment.known) {
                because = changes(&before, &moment.known);
            }
        }
        because.extend(states.standing().filter_map(|clause| turn(clause, at)));
        let new = binding(&states, at);
        if new != last {
            moves.push(moved(at, last.0, &new, because));
            last = new;
        }
    }
    moves
}

fn moved(at: i64, was: Option<i64>, (due_at, clause): &Binding, because: Vec<Cause>) -> Moved {
    Moved { at, was, due_at: *due_at, clause: clause.clone(), because }
}

fn binding(states: &States<'_, '_>, at: i64) -> Binding {
    let due = states.dues(at).into_iter().min_by(order::earlier);
    due.map(|due| (due.due_at, due.clause.id.clone())).unwrap_or_default()
}

/// Returns the moments after detection at which anything can move.
fn times(subject: &Subject<'_>, clauses: &[Clause], late: &[Moment], now: i64) -> Vec<i64> {
    let begins = clauses.iter().filter_map(|clause| calendar::midnight(&clause.valid_from));
    let ends = clauses.iter().filter_map(|clause| calendar::last_second(&clause.valid_until));
    let turns = begins.chain(ends.map(|last| last + 1));
    let turns = turns.filter(|at| (subject.detected_at + 1..=now).contains(at));
    let mut times: Vec<i64> = late.iter().map(|moment| moment.at).chain(turns).collect();
    times.sort_unstable();
    times.dedup();
    times
}

/// Returns a cause where the clause begins or ends at `at`.
fn turn(clause: &Clause, at: i64) -> Option<Cause> {
    let (was, is) = (states::is_valid(clause, at - 1), states::is_valid(clause, at));
    let id = |valid: bool| if valid { clause.id.clone() } else { String::new() };
    (was != is).then(|| Cause { input: Changed::Clause, from: id(was), to: id(is), may_delay: was })
}

/// Returns what changed between two moments, and whether a date may move later for it.
fn changes(before: &Known, after: &Known) -> Vec<Cause> {
    let relaxed = before.relaxed(before, after);
    let (was, is, better) = (&before.cve, &after.cve, &relaxed.cve);
    let mut causes = Vec::new();
    let mut note = |input, from: String, to: String, may_delay| {
        if from != to {
            causes.push(Cause { input, from, to, may_delay });
        }
    };
    // An entry that is corrected or removed.
    note(Changed::Kev, inputs::kev(was), inputs::kev(is), was.kev.is_some());
    note(
        Changed::Exploitation,
        words::exploitation(was.exploitation),
        words::exploitation(is.exploitation),
        better.exploitation != was.exploitation,
    );
    note(
        Changed::Automatable,
        words::yes_no(was.is_automatable),
        words::yes_no(is.is_automatable),
        better.is_automatable != was.is_automatable,
    );
    note(
        Changed::TechnicalImpact,
        words::impact(was.impact),
        words::impact(is.impact),
        better.impact != was.impact,
    );
    note(
        Changed::Cvss3,
        words::score(was.cvss3_x10),
        words::score(is.cvss3_x10),
        better.cvss3_x10 != was.cvss3_x10,
    );
    note(
        Changed::Label,
        words::label(before.label),
        words::label(after.label),
        relaxed.label != before.label,
    );
    host_changes(before, after, &relaxed, &mut note);
    causes
}

fn host_changes(
    before: &Known,
    after: &Known,
    relaxed: &Known,
    note: &mut impl FnMut(Changed, String, String, bool),
) {
    let (was, is, better) = (&before.host, &after.host, &relaxed.host);
    note(
        Changed::InternetExposed,
        words::exposure(was.exposure),
        words::exposure(is.exposure),
        better.exposure != was.exposure,
    );
    note(
        Changed::Criticality,
        words::criticality(was.criticality),
        words::criticality(is.criticality),
        better.criticality != was.criticality,
    );
    note(Changed::DataClass, words::data(was.data), words::data(is.data), better.data != was.data);
}
