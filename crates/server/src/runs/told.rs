//! What hosts tell of their runs: claims, progress, outcomes, refusals. Each lands in one transaction
//! with its event; what came twice changes nothing, and what contradicts is an event.

use crate::app::{App, event};
use crate::changes::facts::Facts;
use crate::error::ApiError;
use crate::fleet::Cell;
use decide::schedule::{IN_FLIGHT_MAX, PermitInput};
use model::outcome::{OUTCOME_TYPE, Outcome, REFUSAL_TYPE, RefusalNotice, RunEnd};
use model::run::{PermitAnswer, PermitClaim, Progress, RunState};
use model::wire::Envelope;
use model::{Digest, RunId};
use std::collections::BTreeSet;
use store::runs::{RunRow, Signed};
use store::{Committed, TenantScope, Tx};

/// A note's letters at most.
const NOTE_CHARS_MAX: usize = 400;

/// Answers a claim. Asking again for the same attempt gives the same permit.
///
/// # Errors
/// `NotFound` when the run is not this host's.
pub fn claim(app: &App, cell: &Cell, claim: &PermitClaim) -> Result<PermitAnswer, ApiError> {
    let (scope, now) = (cell.scope, app.now());
    let key = (claim.run, claim.attempt);
    let (host, name) = (cell.host, cell.name.clone());
    app.write(move |tx| {
        let run = of_host(&tx, &scope, (key.0, host))?;
        let facts = Facts::read(&tx, &scope, run.change)?;
        let granted = store::runs::permit(&tx, &scope, key)?;
        let next_permit_seq = store::runs::next_permit_seq(&tx)?;
        let answer = decide_permit(&tx, &scope, (&facts, &run), (granted, next_permit_seq, now))?;
        match &answer {
            PermitAnswer::Granted { permit_seq, .. } if granted.is_none() => {
                store::runs::put_permit(&tx, &scope, run.change, key, (*permit_seq, now))?;
                let detail = serde_json::json!({ "permit_seq": permit_seq, "attempt": key.1 });
                let object = run.run.to_string();
                let event = event(now, "server", "permit.granted", &object, detail);
                tx.record(&scope, &event)?.commit(answer)
            }
            PermitAnswer::Cancelled { by } if !run.state.is_over() && run.note != *by => {
                let told = RunRow { note: by.clone(), heard_at: now, ..run };
                store::runs::update(&tx, &scope, &told)?;
                let detail = serde_json::json!({ "by": by, "host": name });
                let object = told.run.to_string();
                let event = event(now, "server", "permit.refused", &object, detail);
                tx.record(&scope, &event)?.commit(answer)
            }
            PermitAnswer::Waiting { waiting_on } => {
                let waiting_on = Some(waiting_on.clone());
                let told = RunRow { waiting_on, heard_at: now, ..run };
                store::runs::update(&tx, &scope, &told)?;
                tx.commit_without_event(answer)
            }
            PermitAnswer::Granted { .. } | PermitAnswer::Cancelled { .. } => {
                tx.commit_without_event(answer)
            }
        }
    })
}

fn decide_permit(
    tx: &Tx<'_>,
    scope: &TenantScope,
    (facts, run): (&Facts, &RunRow),
    (granted, next_permit_seq, now): (Option<u64>, u64, i64),
) -> Result<PermitAnswer, ApiError> {
    let (Some(order), Some(entry)) = (&facts.order, facts.entry(run.host)) else {
        return Err(ApiError::internal("a run without its order or plan entry"));
    };
    if run.state.is_over() {
        return Ok(PermitAnswer::Cancelled { by: "the run's own end".to_owned() });
    }
    let holders = holders(tx, scope, (facts, run))?;
    Ok(decide::schedule::permit(&PermitInput {
        now,
        order,
        entry,
        stopped_by: facts.stopped_by(),
        failures: facts.failures(),
        holders: &holders,
        granted,
        next_permit_seq,
        slots_max: IN_FLIGHT_MAX,
    }))
}

/// Names of the other hosts of the order that hold a slot: permitted and not over, stuck or lost.
fn holders(
    tx: &Tx<'_>,
    scope: &TenantScope,
    (facts, claiming): (&Facts, &RunRow),
) -> Result<Vec<String>, ApiError> {
    let permitted: BTreeSet<RunId> =
        store::runs::permitted(tx, scope, claiming.change)?.into_iter().collect();
    let holds = |run: &&RunRow| {
        let is_stuck =
            matches!(&run.state, RunState::Ended { end: RunEnd::Stuck { .. } } | RunState::Lost);
        run.run != claiming.run
            && (is_stuck || (permitted.contains(&run.run) && !run.state.is_over()))
    };
    let name = |run: &RunRow| facts.entry(run.host).map(|entry| entry.name.clone());
    let mut names: Vec<String> = facts.runs.iter().filter(holds).filter_map(name).collect();
    names.sort();
    Ok(names)
}

/// Takes what an agent tells of a run at work. A late one never overwrites a newer one, and nothing
/// but a signed outcome ends a run.
///
/// # Errors
/// `NotFound` when the run is not this host's; `BadInput` for states that only outcomes bring.
pub fn progress(app: &App, cell: &Cell, progress: Progress) -> Result<(), ApiError> {
    let is_servers = matches!(progress.state, RunState::Ordered | RunState::Lost);
    if is_servers || progress.state.is_over() {
        let said = "progress cannot end a run; send the signed outcome";
        return Err(ApiError::bad_input("not_progress", said));
    }
    let (scope, host, now) = (cell.scope, cell.host, app.now());
    app.write(move |tx| {
        let run = of_host(&tx, &scope, (progress.run, host))?;
        let is_old = (progress.attempt, progress.seq) <= (run.attempt, run.seq);
        if run.state.is_over() || is_old {
            return tx.commit_without_event(());
        }
        let is_new_state = run.state != progress.state;
        let told = RunRow {
            since: if is_new_state { now } else { run.since },
            state: progress.state,
            heard_at: now,
            attempt: progress.attempt,
            seq: progress.seq,
            waiting_on: progress.waiting_on,
            done: progress.done,
            total: progress.total,
            note: progress.note.chars().take(NOTE_CHARS_MAX).collect(),
            ..run
        };
        store::runs::update(&tx, &scope, &told)?;
        if !is_new_state {
            return tx.commit_without_event(());
        }
        let detail = serde_json::json!({ "state": told.state.word(), "attempt": told.attempt });
        let event = event(now, &host.to_string(), "run.state", &told.run.to_string(), detail);
        tx.record(&scope, &event)?.commit(())
    })
}

/// Takes one signed outcome or refusal; returns the payload's digest once it is durable.
///
/// # Errors
/// `BadInput` when the signature is not the host's or the payload is not what it says;
/// `NotFound` when the run is not this host's.
pub fn signed(app: &App, cell: &Cell, envelope: Envelope) -> Result<Digest, ApiError> {
    let bytes = trust::host::verify(&cell.host_key, &envelope).map_err(crate::trusted::refused)?;
    let said = Said::read(&envelope.kind, &bytes, cell)?;
    let (scope, now) = (cell.scope, app.now());
    let payload = Digest::of(&bytes);
    let host = cell.host;
    app.write(move |tx| {
        let Some((run, attempt)) = said.key(&tx, &scope, host)? else {
            return unread(tx, &scope, (host.to_string(), said, payload), now);
        };
        let row = of_host(&tx, &scope, (run, host))?;
        let kind = envelope.kind.clone();
        let new = Signed { run, attempt, host, kind, payload, envelope, stored_at: now };
        match store::runs::signed(&tx, &scope, (run, attempt))? {
            Some(first) if first.payload == payload => tx.commit_without_event(payload),
            Some(first) => {
                let detail = serde_json::json!({
                    "attempt": attempt, "first": first.payload, "other": payload,
                    "other_envelope": new.envelope,
                });
                let object = run.to_string();
                let event = event(now, &host.to_string(), "outcome.conflict", &object, detail);
                tx.record(&scope, &event)?.commit(payload)
            }
            None => keep(tx, &scope, (row, new, said), now),
        }
    })
}

/// What a host signed.
enum Said {
    Outcome(Box<Outcome>),
    Refusal(RefusalNotice),
}

impl Said {
    fn read(kind: &str, bytes: &[u8], cell: &Cell) -> Result<Self, ApiError> {
        let bad = |text: &str| ApiError::bad_input("bad_outcome", text);
        let unreadable = |e: serde_json::Error| bad(&format!("the payload cannot be read: {e}"));
        let said = match kind {
            OUTCOME_TYPE => {
                Self::Outcome(Box::new(serde_json::from_slice(bytes).map_err(unreadable)?))
            }
            REFUSAL_TYPE => Self::Refusal(serde_json::from_slice(bytes).map_err(unreadable)?),
            other => return Err(bad(&format!("`{other}` is neither an outcome nor a refusal"))),
        };
        let host = match &said {
            Self::Outcome(outcome) => outcome.host,
            Self::Refusal(notice) => notice.host,
        };
        if host != cell.host {
            return Err(bad("it speaks for another host"));
        }
        Ok(said)
    }

    /// Which run and attempt it ends; `None` for a refusal of something that is no order of ours.
    fn key(
        &self,
        tx: &Tx<'_>,
        scope: &TenantScope,
        host: model::HostId,
    ) -> Result<Option<(RunId, u32)>, ApiError> {
        match self {
            Self::Outcome(outcome) if outcome.run == RunId::of(outcome.order, host) => {
                Ok(Some((outcome.run, outcome.attempt)))
            }
            Self::Outcome(_) => {
                let said = "the run is not this host's part of that order";
                Err(ApiError::bad_input("bad_outcome", said))
            }
            Self::Refusal(notice) => {
                let Some(order) = notice.order else { return Ok(None) };
                let run = RunId::of(order, host);
                Ok(store::runs::exists(tx, scope, run)?.then_some((run, 0)))
            }
        }
    }
}

/// Keeps the first word on an attempt and ends the run with it.
fn keep(
    tx: Tx<'_>,
    scope: &TenantScope,
    (row, signed, said): (RunRow, Signed, Said),
    now: i64,
) -> Result<Committed<Digest>, ApiError> {
    let payload = signed.payload;
    let (state, outcome, why) = match said {
        Said::Outcome(outcome) => {
            let why = outcome.end.why();
            (RunState::Ended { end: outcome.end.clone() }, Some(*outcome), why)
        }
        Said::Refusal(notice) => {
            let why = notice.refusal.to_string();
            (RunState::Refused { refusal: notice.refusal }, None, why)
        }
    };
    store::runs::put_signed(&tx, scope, &signed)?;
    // A run that is over stays as it ended, except by a later attempt's outcome.
    let is_first = !row.state.is_over() || signed.attempt > row.attempt;
    if is_first {
        let ended = RunRow {
            state: state.clone(),
            since: now,
            heard_at: now,
            attempt: signed.attempt,
            waiting_on: None,
            note: String::new(),
            outcome: outcome.or(row.outcome.clone()),
            ..row.clone()
        };
        store::runs::update(&tx, scope, &ended)?;
        store::deliveries::close(&tx, scope, row.run, now)?;
    }
    let detail = serde_json::json!({
        "state": state.word(), "why": why, "attempt": signed.attempt,
        "payload": payload, "counts": is_first, "envelope": signed.envelope,
    });
    let actor = signed.host.to_string();
    let ended = event(now, &actor, "run.ended", &row.run.to_string(), detail);
    tx.record(scope, &ended)?.commit(payload)
}

/// A refusal of something that this server never ordered: kept in the record, ends nothing.
fn unread(
    tx: Tx<'_>,
    scope: &TenantScope,
    (host, said, payload): (String, Said, Digest),
    now: i64,
) -> Result<Committed<Digest>, ApiError> {
    let why = match said {
        Said::Refusal(notice) => notice.refusal.to_string(),
        Said::Outcome(outcome) => outcome.end.why(),
    };
    let detail = serde_json::json!({ "why": why, "payload": payload });
    let refused = event(now, &host, "order.refused", &host, detail);
    tx.record(scope, &refused)?.commit(payload)
}

fn of_host(
    tx: &Tx<'_>,
    scope: &TenantScope,
    (run, host): (RunId, model::HostId),
) -> Result<RunRow, ApiError> {
    let row = store::runs::get(tx, scope, run)?;
    if row.host != host {
        return Err(ApiError::not_found("no such run"));
    }
    Ok(row)
}
