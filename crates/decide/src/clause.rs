//! The clauses that are shipped, as data, and the obligations that they make up. A new version of a source is a
//! new row; no row is edited in meaning. What was not read in the source's own words is marked so.

mod bod;
mod class;
mod essential_eight;
mod standards;

pub use class::class_of;

use model::clause::{Applies, Clause, ClauseStatus, Clock, DoneWhen, Exceptions, Provenance, Term};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a tenant follows that chose nothing.
pub const DEFAULT_OBLIGATION: &str = "bod-26-04";

/// A set of clauses that a tenant chooses as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Obligation {
    pub id: String,
    pub title: String,
    /// Ids of its clauses, sorted.
    pub clauses: Vec<String>,
    /// It binds only some by law or contract (the title says whom); for everybody else it is good advice, and is
    /// called guidance, not compliance.
    pub is_guidance: bool,
}

/// Returns every shipped clause, by id.
pub fn shipped() -> Vec<Clause> {
    let mut all = bod::clauses();
    all.extend(essential_eight::clauses());
    all.extend(standards::clauses());
    all.sort_by(|a, b| a.id.cmp(&b.id));
    all
}

/// Returns what can be chosen, the default first. Proposed and revoked rules stand apart: nobody gets them along
/// with something else.
pub fn obligations() -> Vec<Obligation> {
    let mut all = bod::obligations();
    all.extend(essential_eight::obligations());
    all.extend(standards::obligations());
    all
}

/// Returns the shipped clauses of the chosen obligations, each once, by id. Ids that are not shipped are left out.
pub fn chosen(obligations: &[String]) -> Vec<Clause> {
    let known = self::obligations();
    let wanted: BTreeSet<&String> = known
        .iter()
        .filter(|obligation| obligations.contains(&obligation.id))
        .flat_map(|obligation| &obligation.clauses)
        .collect();
    shipped().into_iter().filter(|clause| wanted.contains(&clause.id)).collect()
}

/// Why a tenant's own clause is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the id `{id}` does not begin with `site:` or `contract:`")]
    Id { id: String },
    #[error("a clause `{id}` exists already: a change of meaning needs a new id")]
    Taken { id: String },
    #[error("the title of `{id}` is empty or longer than 80 characters")]
    Title { id: String },
    #[error("the status of `{id}` is neither site nor contract")]
    Status { id: String },
    #[error("the date `{date}` of `{id}` is not ISO 8601 (2026-08-07)")]
    Date { id: String, date: String },
}

/// Returns shipped and own clauses together, by id.
///
/// # Errors
///
/// When one of `own` is not well formed, or takes an id that another clause has.
pub fn with_own(clauses: Vec<Clause>, own: &[Clause]) -> Result<Vec<Clause>, Refused> {
    let mut all: BTreeMap<String, Clause> =
        clauses.into_iter().map(|clause| (clause.id.clone(), clause)).collect();
    let shipped: BTreeSet<String> = shipped().into_iter().map(|clause| clause.id).collect();
    for clause in own {
        check(clause)?;
        let is_taken =
            shipped.contains(&clause.id) || all.insert(clause.id.clone(), clause.clone()).is_some();
        if is_taken {
            return Err(Refused::Taken { id: clause.id.clone() });
        }
    }
    Ok(all.into_values().collect())
}

fn check(clause: &Clause) -> Result<(), Refused> {
    let id = clause.id.clone();
    let prefix = match clause.status {
        ClauseStatus::Site => "site:",
        ClauseStatus::Contract => "contract:",
        ClauseStatus::InForce
        | ClauseStatus::Proposed
        | ClauseStatus::Superseded
        | ClauseStatus::Revoked => return Err(Refused::Status { id }),
    };
    if !clause.id.starts_with(prefix) {
        return Err(Refused::Id { id });
    }
    if clause.title.is_empty() || clause.title.chars().count() > TITLE_CHARS_MAX {
        return Err(Refused::Title { id });
    }
    for date in [&clause.valid_from, &clause.valid_until] {
        if !date.is_empty() && date.parse::<jiff::civil::Date>().is_err() {
            return Err(Refused::Date { id, date: date.clone() });
        }
    }
    Ok(())
}

/// A title is one line in tables and messages.
const TITLE_CHARS_MAX: usize = 80;

/// What the clauses of one source have in common.
#[derive(Debug, Clone, Copy)]
struct Source {
    status: ClauseStatus,
    valid_from: &'static str,
    valid_until: &'static str,
    scope: &'static [&'static str],
    exceptions: Exceptions,
    /// The text, and what in it was not verified.
    text: &'static str,
    /// The source's own words were read.
    is_verified: bool,
}

/// When the shipped texts were gathered; to the month.
const READ_ON: &str = "2026-11";

impl Source {
    /// Returns a clause that ends when the fix is in effect, with nothing extra asked for.
    fn clause(
        &self,
        (id, title): (&str, &str),
        applies: Applies,
        (term, clock): (Term, Clock),
    ) -> Clause {
        Clause {
            id: id.to_owned(),
            title: title.to_owned(),
            status: self.status,
            valid_from: self.valid_from.to_owned(),
            valid_until: self.valid_until.to_owned(),
            scope: self.scope.iter().map(|tag| (*tag).to_owned()).collect(),
            applies,
            term,
            clock,
            is_strict_clock: false,
            done_when: DoneWhen::InEffect,
            exceptions: self.exceptions,
            extra: Vec::new(),
            provenance: Provenance {
                source: self.text.to_owned(),
                read_on: READ_ON.to_owned(),
                is_verified: self.is_verified,
            },
        }
    }
}

/// Returns an obligation of the clauses whose id `is_of` accepts.
fn obligation(
    (id, title): (&str, &str),
    clauses: &[Clause],
    is_guidance: bool,
    is_of: impl Fn(&str) -> bool,
) -> Obligation {
    let mut ids: Vec<String> =
        clauses.iter().map(|clause| clause.id.clone()).filter(|id| is_of(id)).collect();
    ids.sort();
    Obligation { id: id.to_owned(), title: title.to_owned(), clauses: ids, is_guidance }
}

#[cfg(test)]
mod tests;
