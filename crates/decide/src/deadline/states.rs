//! Every clause's standing against one exposure, moment by moment. Two rules make dates stay put: a clause whose
//! condition came true late runs from then (unless it is strict), and a clause that stopped applying because
//! something got worse keeps its date.

use crate::deadline::fit::{self, Fit};
use crate::deadline::known::{CveSide, HostSide, Known, Moment};
use crate::deadline::{Due, Subject, calendar};
use crate::ssvc::HumanImpact;
use model::advisory::Label;
use model::clause::{Clause, ClauseStatus, Clock, Term};
use model::cve::{Exploitation, TechnicalImpact};

/// Terms of the KEV catalogue's first directive, for entries whose printed date cannot be read: two weeks for
/// identifiers of this year and later, six months for older ones.
const KEV_RECENT_YEAR: u16 = 2021;

/// The clauses and where each stands.
pub(super) struct States<'a, 'c> {
    subject: &'a Subject<'a>,
    clauses: &'c [Clause],
    /// One of each clause.
    standings: Vec<Standing>,
    known: Option<Known>,
}

/// Where a clause stands.
#[derive(Clone, Copy, Default)]
struct Standing {
    /// Since when it is at least as bad as its condition says, without a break; `i64::MIN`: from the beginning of
    /// what is known. A clause that applies because something got better does not start anew.
    true_since: Option<i64>,
    /// `None`: it does not apply.
    state: Option<State>,
}

#[derive(Clone, Copy)]
struct State {
    /// What it applied by; later only what got better is taken over.
    known: Known,
    is_unsure: bool,
    /// Since when it applies only because dates do not move later by themselves.
    kept_since: Option<i64>,
    clock: Started,
    due_at: Option<i64>,
}

/// The start of a clock.
#[derive(Clone, Copy)]
struct Started {
    at: i64,
    is_day_precise: bool,
}

impl<'a, 'c> States<'a, 'c> {
    pub(super) fn new(subject: &'a Subject<'a>, clauses: &'c [Clause]) -> Self {
        Self { subject, clauses, standings: vec![Standing::default(); clauses.len()], known: None }
    }

    /// Takes over what is known since `moment`.
    pub(super) fn step(&mut self, moment: &Moment) {
        for (clause, standing) in self.clauses.iter().zip(&mut self.standings) {
            let is_true = fit::at_least(clause, self.subject, &moment.known) != Fit::No;
            let came_true = || came_true(self.subject, clause, self.known.as_ref(), moment);
            standing.true_since = is_true.then(|| standing.true_since.unwrap_or_else(came_true));
            standing.state = next(self.subject, clause, (*standing, self.known), moment);
        }
        self.known = Some(moment.known);
    }

    /// Returns the clauses that applied or kept a date until now, valid or not.
    pub(super) fn standing(&self) -> impl Iterator<Item = &'c Clause> {
        let both = self.clauses.iter().zip(&self.standings);
        both.filter(|(_, standing)| standing.state.is_some()).map(|(clause, _)| clause)
    }

    /// Returns the clauses that have a say at `now`. One that only keeps its date is left out unless that date is
    /// earlier than that of every clause that applies: it would say nothing.
    pub(super) fn dues(&self, now: i64) -> Vec<Due<'c>> {
        let both = self.clauses.iter().zip(&self.standings);
        let standing = both.filter_map(|(clause, standing)| Some((clause, standing.state?)));
        let mut dues: Vec<Due<'c>> = standing
            .filter(|(clause, _)| is_valid(clause, now))
            .map(|(clause, state)| Due {
                clause,
                due_at: state.due_at,
                clock_started_at: Some(state.clock.at),
                is_day_precise: state.clock.is_day_precise,
                is_unsure: state.is_unsure,
                kept_since: state.kept_since,
                known: state.known,
            })
            .collect();
        let applying = dues.iter().filter(|due| due.kept_since.is_none());
        let earliest = applying.filter_map(|due| due.due_at).min().unwrap_or(i64::MAX);
        dues.retain(|due| {
            due.kept_since.is_none() || due.due_at.is_some_and(|due_at| due_at < earliest)
        });
        dues
    }
}

/// Returns whether the source itself lets the clause bind at `now`. A revoked rule that somebody chose all the
/// same has no last day: it goes on as their own.
pub(super) fn is_valid(clause: &Clause, now: i64) -> bool {
    let has_begun = calendar::midnight(&clause.valid_from).is_none_or(|from| from <= now);
    let is_over = clause.status != ClauseStatus::Revoked
        && calendar::last_second(&clause.valid_until).is_some_and(|until| until < now);
    has_begun && !is_over
}

/// Returns where a clause stands after `moment`, from where it stood and what was known before.
fn next(
    subject: &Subject<'_>,
    clause: &Clause,
    (standing, before): (Standing, Option<Known>),
    moment: &Moment,
) -> Option<State> {
    let fit = fit::of(clause, subject, &moment.known);
    let is_new_here = moment.at <= subject.detected_at;
    if fit == Fit::No {
        // Before the exposure was there, no date was told to anybody.
        let (state, before) = (standing.state?, before?);
        if is_new_here {
            return None;
        }
        let known = state.known.relaxed(&before, &moment.known);
        let still = fit::of(clause, subject, &known) != Fit::No;
        let kept_since = state.kept_since.or(Some(moment.at));
        return still.then_some(State { known, kept_since, ..state });
    }
    let true_since = standing.true_since.unwrap_or(i64::MIN);
    let clock = start(clause, subject, &moment.known, true_since);
    let mut fresh = State {
        known: moment.known,
        is_unsure: fit == Fit::Maybe,
        kept_since: None,
        clock,
        due_at: due_at(clause, subject, &moment.known, clock.at),
    };
    // The catalogue's own dates are corrected at times, and entries leave it: typed causes.
    let has_kev_cause =
        before.is_some_and(|b| b.cve.kev.is_some() && b.cve.kev != moment.known.cve.kev);
    if let Some(old) = standing.state
        && !is_new_here
        && !has_kev_cause
        && old.due_at.is_some_and(|old| fresh.due_at.is_none_or(|due_at| old < due_at))
    {
        fresh.clock = old.clock;
        fresh.due_at = old.due_at;
    }
    Some(fresh)
}

/// Returns since when the condition of a clause holds that holds from `moment` on, and did not before. What the first facts of all
/// already say was always so; but an exploit known by the KEV catalogue is known since the catalogue's date.
fn came_true(
    subject: &Subject<'_>,
    clause: &Clause,
    before: Option<&Known>,
    moment: &Moment,
) -> i64 {
    let seen_at = if before.is_some() { moment.at } else { i64::MIN };
    let Some(kev) = moment.known.cve.kev else { return seen_at };
    let is_kev_new = before.is_none_or(|before| before.cve.kev.is_none());
    let without = Known { cve: moment.known.cve.without_kev(), ..moment.known };
    if is_kev_new && fit::at_least(clause, subject, &without) == Fit::No {
        if before.is_none() { kev.added_at } else { kev.added_at.min(moment.at) }
    } else {
        seen_at
    }
}

/// Returns the start that counts: the clock's, or the later moment since which the condition holds.
fn start(clause: &Clause, subject: &Subject<'_>, known: &Known, true_since: i64) -> Started {
    let clock = clock(&clause.clock, subject, known)
        .unwrap_or(Started { at: subject.detected_at, is_day_precise: false });
    if clause.is_strict_clock || true_since <= clock.at {
        return clock;
    }
    Started { at: true_since, is_day_precise: calendar::is_date(true_since) }
}

/// Returns when a clock started, or `None` where that moment is not known.
fn clock(clock: &Clock, subject: &Subject<'_>, known: &Known) -> Option<Started> {
    let instant = |at: i64| Started { at, is_day_precise: calendar::is_date(at) };
    let started = |of: &[Clock]| {
        of.iter().filter_map(|one| self::clock(one, subject, known)).collect::<Vec<_>>()
    };
    match clock {
        Clock::VendorRelease | Clock::AdvisoryPublished => subject.published_at.map(instant),
        Clock::KevAdded => {
            known.cve.kev.map(|kev| Started { at: kev.added_at, is_day_precise: true })
        }
        Clock::Detected => Some(Started { at: subject.detected_at, is_day_precise: false }),
        Clock::EarlierOf { of } => started(of).into_iter().min_by_key(|started| started.at),
        Clock::LaterOf { of } => started(of).into_iter().max_by_key(|started| started.at),
    }
}

fn due_at(clause: &Clause, subject: &Subject<'_>, known: &Known, start: i64) -> Option<i64> {
    match clause.term {
        Term::Hours(hours) => Some(start.saturating_add(i64::from(hours) * 3_600)),
        Term::Days(days) => Some(calendar::after_days(start, days)),
        Term::Months(months) => Some(calendar::after_months(start, months)),
        Term::KevDue => {
            let kev = known.cve.kev?;
            let is_recent = subject.cve.is_none_or(|facts| facts.cve.year >= KEV_RECENT_YEAR);
            Some(kev.due_at.unwrap_or_else(|| {
                if is_recent {
                    calendar::after_days(kev.added_at, 14)
                } else {
                    calendar::after_months(kev.added_at, 6)
                }
            }))
        }
        Term::OnUpgrade | Term::None => None,
    }
}

impl Known {
    /// Returns `self` with what became better from `before` to `after`: those are the causes for which a date may
    /// move later. A severity that was given for the first time, or taken back, is one: obligations read a missing
    /// severity as critical or as harmless.
    pub(super) fn relaxed(&self, before: &Self, after: &Self) -> Self {
        let mut known = *self;
        if before.cve.kev.is_some() && after.cve.kev.is_none() {
            known.cve.kev = None;
        }
        let (was, is) = (&before.cve, &after.cve);
        if stage(is.exploitation) < stage(was.exploitation) {
            known.cve.exploitation = is.exploitation;
        }
        let automatable = |of: &CveSide| of.is_automatable.unwrap_or(of.kev.is_some());
        if was.is_automatable != is.is_automatable && automatable(was) >= automatable(is) {
            known.cve.is_automatable = is.is_automatable;
            known.cve.derived_automatable = is.derived_automatable;
        }
        if is.impact == Some(TechnicalImpact::Partial) && was.impact != is.impact {
            known.cve.impact = is.impact;
        }
        if is.cvss3_x10 < was.cvss3_x10 || was.cvss3_x10.is_none() {
            known.cve.cvss3_x10 = is.cvss3_x10;
        }
        if is_label_relief(before.label, after.label) {
            known.label = after.label;
        }
        known.host = self.host.relaxed(&before.host, &after.host);
        known
    }
}

fn is_label_relief(was: Label, is: Label) -> bool {
    was != is && (is < was || was == Label::NotGiven)
}

/// Unknown counts as the worst: some clauses take it so.
fn stage(exploitation: Option<Exploitation>) -> u8 {
    match exploitation {
        Some(Exploitation::None) => 0,
        Some(Exploitation::PublicPoc) => 1,
        Some(Exploitation::Active) | None => 2,
    }
}

impl HostSide {
    fn relaxed(self, before: &Self, after: &Self) -> Self {
        let mut host = self;
        if after.exposure.worst() < before.exposure.worst() {
            host.exposure = after.exposure;
        }
        let worst = |impact: Option<HumanImpact>| impact.unwrap_or(HumanImpact::VeryHigh);
        if worst(after.criticality) < worst(before.criticality) {
            host.criticality = after.criticality;
        }
        if after.data != before.data {
            host.data = after.data;
        }
        host
    }
}
