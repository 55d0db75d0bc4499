//! States of a change, one line each.

use super::*;
use model::outcome::{AbortReason, Refusal, StuckReason};

const NOW: i64 = 1_000_000;

fn facts(runs: &[RunState]) -> ChangeFacts<'_> {
    ChangeFacts {
        now: NOW,
        created_at: NOW - 60,
        have: 1,
        need: 1,
        not_after: Some(NOW + 3_600),
        stopped_by: None,
        halt_after: 2,
        runs,
    }
}

fn ok() -> RunState {
    RunState::Ended { end: RunEnd::Succeeded }
}

fn stuck() -> RunState {
    RunState::Ended { end: RunEnd::Stuck { reason: StuckReason::UnitsLost { units: vec![] } } }
}

fn aborted() -> RunState {
    RunState::Ended { end: RunEnd::Aborted { reason: AbortReason::NoPermit } }
}

#[test]
fn it_is_planned_until_enough_persons_signed() {
    let planned = ChangeFacts { have: 0, not_after: None, ..facts(&[]) };
    assert_eq!(state(&planned), ChangeState::Planned { have: 0, need: 1 });
    let half = ChangeFacts { have: 1, need: 2, ..facts(&[RunState::Ordered]) };
    assert_eq!(state(&half), ChangeState::Planned { have: 1, need: 2 });
}

#[test]
fn an_unsigned_plan_expires() {
    let old = |age| ChangeFacts { have: 0, not_after: None, created_at: NOW - age, ..facts(&[]) };
    assert_eq!(state(&old(PLAN_LIFE_SECS)), ChangeState::Planned { have: 0, need: 1 });
    assert_eq!(state(&old(PLAN_LIFE_SECS + 1)), ChangeState::Expired);
    let half = ChangeFacts { have: 1, need: 2, not_after: Some(NOW - 1), ..facts(&[]) };
    assert_eq!(state(&half), ChangeState::Expired);
}

#[test]
fn a_stopped_plan_is_stopped_signed_or_not() {
    let stopped = ChangeState::Stopped { by: "alex".to_owned() };
    let unsigned = ChangeFacts { have: 0, stopped_by: Some("alex"), ..facts(&[]) };
    assert_eq!(state(&unsigned), stopped);
    let runs = [ok(), RunState::Ordered];
    assert_eq!(state(&ChangeFacts { stopped_by: Some("alex"), ..facts(&runs) }), stopped);
}

#[test]
fn it_runs_from_the_first_host_to_the_last() {
    assert_eq!(state(&facts(&[RunState::Ordered, RunState::Ordered])), ChangeState::Approved);
    assert_eq!(state(&facts(&[RunState::Staging, RunState::Ordered])), ChangeState::Running);
    assert_eq!(state(&facts(&[ok(), RunState::Ordered])), ChangeState::Running);
    let completed = ChangeState::Completed { succeeded: 1, failed: 2 };
    assert_eq!(state(&facts(&[ok(), stuck(), aborted()])), completed);
}

#[test]
fn it_halts_at_the_threshold_and_not_before() {
    let one = [stuck(), RunState::Ordered];
    assert_eq!(state(&facts(&one)), ChangeState::Running);
    let two = [stuck(), RunState::Lost, RunState::Applying, RunState::Ordered];
    assert_eq!(state(&facts(&two)), ChangeState::Halted { failures: 2 });
    // A threshold of zero would never halt; it counts as one.
    let zero = ChangeFacts { halt_after: 0, ..facts(&one) };
    assert_eq!(state(&zero), ChangeState::Halted { failures: 1 });
    let none = ChangeFacts { halt_after: 0, ..facts(&[RunState::Applying]) };
    assert_eq!(state(&none), ChangeState::Running);
}

#[test]
fn hosts_left_as_they_were_are_no_failures() {
    let refused = RunState::Refused { refusal: Refusal::TooEarly };
    assert_eq!(failures(&[ok(), aborted(), refused, RunState::Applying]), 0);
    assert_eq!(failures(&[stuck(), RunState::Lost]), 2);
}

#[test]
fn it_expires_when_hosts_never_came() {
    let late = |runs: &[RunState]| state(&ChangeFacts { not_after: Some(NOW - 1), ..facts(runs) });
    assert_eq!(late(&[RunState::Ordered]), ChangeState::Expired);
    assert_eq!(late(&[ok(), RunState::Ordered]), ChangeState::Expired);
    // A host at work finishes; the end of the order's life does not stop it.
    assert_eq!(late(&[RunState::Applying, RunState::Ordered]), ChangeState::Running);
}
