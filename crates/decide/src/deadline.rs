//! By when one exposure must be gone, by every clause that applies: which one binds, what it was decided by, and
//! how the date moved. Derived from facts for any moment; nothing here is stored.
//!
//! An input that nobody stated is unknown, never "no": a clause that may apply applies, and says that its input is
//! missing. A date moves earlier by itself when an input becomes worse, and later only for a typed `Cause`.

mod calendar;
mod fit;
mod inputs;
mod known;
mod moves;
mod order;
mod states;

pub use inputs::words::clock as clock_words;
pub use known::Past;
pub use moves::{Cause, Changed, Moved};
pub use order::{Within, order_within};

use known::Moment;
use model::advisory::Label;
use model::clause::{Clause, Deadline, SoftwareClass, Term};
use model::exposure::{Answer, CveFacts, Question};
use model::package::PatchKind;
use states::States;
use std::cmp::Reverse;

/// One exposure, with the facts that clauses look at.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// As merged for the moment that is asked about; `None`: the advisory names no CVE.
    pub cve: Option<&'a CveFacts>,
    /// How severe the publisher says it is now.
    pub label: Label,
    /// Every label that the publisher gave, each with the moment since when, the present one included; empty: it
    /// never gave another.
    pub labels: &'a [(i64, Label)],
    pub kind: PatchKind,
    /// See `crate::clause::class_of`.
    pub class: SoftwareClass,
    /// When the advisory was first published; a sharp midnight UTC is a date without a time.
    pub published_at: Option<i64>,
    /// The first moment at which host facts and advisory were both known here.
    pub detected_at: i64,
    /// Of the host, older ones included: they tell since when it is as it is.
    pub answers: &'a [Answer],
    /// Of the host.
    pub tags: &'a [String],
    /// The release or the package gets no repairs any more.
    pub is_unsupported: bool,
}

/// One clause with its date, before it is put into words: what sorting and counting need. No text is made.
#[derive(Debug, Clone, Copy)]
pub struct Due<'c> {
    pub clause: &'c Clause,
    /// Seconds since the Unix epoch; `None`: the clause sets no date.
    pub due_at: Option<i64>,
    pub clock_started_at: Option<i64>,
    /// The clock's start is known to the day only.
    pub is_day_precise: bool,
    /// An input is missing: the clause may not apply once it is known.
    pub is_unsure: bool,
    /// Applied until then; since then the inputs are worse, and the date stays.
    pub kept_since: Option<i64>,
    known: known::Known,
}

/// Returns the deadlines of `subject` by every one of `clauses` that applies at `now`, the binding one first:
/// the earliest date, then the one that asks for more, then the clause's id.
///
/// Costs what `binding` costs, and a few microseconds a deadline for its words.
pub fn deadlines(subject: &Subject<'_>, clauses: &[Clause], now: i64) -> Vec<Deadline> {
    let past = Past::of(subject.cve, now);
    let mut dues = dues(subject, &past, clauses, now);
    dues.sort_by(order::earlier);
    dues.into_iter().map(|due| inputs::deadline(subject, &due, now)).collect()
}

/// Returns the deadline that binds, without its words: for lists of thousands. `past` belongs to the CVE alone,
/// so that one serves all its hosts.
pub fn binding<'c>(
    subject: &Subject<'_>,
    past: &Past,
    clauses: &'c [Clause],
    now: i64,
) -> Option<Due<'c>> {
    dues(subject, past, clauses, now).into_iter().min_by(order::earlier)
}

/// Returns how the binding deadline moved from detection until `now`, the old dates included, oldest first.
/// A later date always has a cause that `Cause::may_delay`.
pub fn timeline(subject: &Subject<'_>, clauses: &[Clause], now: i64) -> Vec<Moved> {
    moves::of(subject, &Past::of(subject.cve, now), clauses, now)
}

/// Returns the questions about a host that nobody answered with one of their values. Until then the strictest
/// answer counts.
pub fn to_be_answered(answers: &[Answer]) -> Vec<Question> {
    let is_open = |question: &Question| {
        let is_answer =
            |a: &Answer| a.question == *question && question.values().contains(&a.value.as_str());
        !answers.iter().any(is_answer)
    };
    Question::ALL.into_iter().filter(is_open).collect()
}

fn dues<'c>(subject: &Subject<'_>, past: &Past, clauses: &'c [Clause], now: i64) -> Vec<Due<'c>> {
    let mut states = States::new(subject, clauses);
    for moment in Moment::all(subject, past, now) {
        states.step(&moment);
    }
    states.dues(now)
}

#[cfg(test)]
mod tests;
