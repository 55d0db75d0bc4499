//! What runs wait for, seen from the server.

use super::*;
use crate::schedule::tests::{entry, order};
use model::outcome::RunEnd;

const NOW: i64 = 1_000_000;

fn ask(state: &RunState, change: impl Fn(&mut WaitInput<'_>)) -> Option<WaitingOn> {
    let (order, entry) = (order(), entry());
    let mut input = WaitInput {
        now: NOW,
        state,
        told: None,
        host_seen_at: NOW - 5,
        order: &order,
        entry: &entry,
        stopped_by: None,
        failures: 0,
    };
    change(&mut input);
    waiting(&input)
}

#[test]
fn a_run_that_is_over_waits_for_nothing() {
    let ended = RunState::Ended { end: RunEnd::Succeeded };
    let answer = ask(&ended, |input| {
        input.host_seen_at = 0;
        input.stopped_by = Some("alex");
        input.failures = 9;
    });
    assert_eq!(answer, None);
}

#[test]
fn a_silent_host_is_told_before_the_agents_last_word() {
    for state in [RunState::Ordered, RunState::Staging, RunState::Applying] {
        let answer = ask(&state, |input| {
            input.host_seen_at = NOW - SILENT_SECS - 1;
            input.told = Some(&WaitingOn::PackageManager);
        });
        assert_eq!(answer, Some(WaitingOn::HostSilent { since: NOW - SILENT_SECS - 1 }));
    }
    assert_eq!(ask(&RunState::Ordered, |input| input.host_seen_at = NOW - SILENT_SECS), None);
    let lost = ask(&RunState::Lost, |_| {});
    assert_eq!(lost, Some(WaitingOn::HostSilent { since: NOW - 5 }));
}

#[test]
fn stops_and_halts_are_told_while_nothing_was_done_yet() {
    let stopped = Some(WaitingOn::Stopped { by: "alex".to_owned() });
    assert_eq!(ask(&RunState::Staging, |input| input.stopped_by = Some("alex")), stopped);
    assert_eq!(ask(&RunState::Applying, |input| input.stopped_by = Some("alex")), None);
    let halted = Some(WaitingOn::Halted { failures: 2 });
    assert_eq!(ask(&RunState::Claiming, |input| input.failures = 2), halted);
    assert_eq!(ask(&RunState::Verifying, |input| input.failures = 2), None);
}

#[test]
fn the_agents_word_is_passed_on() {
    let answer = ask(&RunState::Applying, |input| input.told = Some(&WaitingOn::PackageManager));
    assert_eq!(answer, Some(WaitingOn::PackageManager));
}

#[test]
fn a_run_that_is_ordered_waits_for_its_time() {
    let early = |input: &mut WaitInput<'_>| input.now = NOW - 50;
    let expected = Some(WaitingOn::WaveStart { start_at: NOW - 10 });
    assert_eq!(ask(&RunState::Ordered, early), expected);
    assert_eq!(ask(&RunState::Preflight, early), None);
    assert_eq!(ask(&RunState::Ordered, |_| {}), None);
}

#[test]
fn only_work_that_may_have_begun_is_lost() {
    let (at, late) = (NOW - LOST_SECS, NOW - LOST_SECS - 1);
    for state in [RunState::Applying, RunState::Repairing, RunState::Verifying] {
        assert!(is_lost(&state, late, NOW));
        assert!(!is_lost(&state, at, NOW));
    }
    let ended = RunState::Ended { end: RunEnd::Succeeded };
    for state in [RunState::Ordered, RunState::Staging, RunState::Claiming, ended] {
        assert!(!is_lost(&state, late, NOW));
    }
}
