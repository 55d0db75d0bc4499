//! What hosts tell of their runs.

use crate::approvers::{approve, put_trust};
use crate::host::{TestHost, package, update};
use crate::rig::{NOW, Rig};
use model::change::ChangeState;
use model::outcome::{
    OUTCOME_SCHEMA, OUTCOME_TYPE, Outcome, REFUSAL_TYPE, Refusal, RefusalNotice, RunEnd,
    StuckReason,
};
use model::package::PackageSet;
use model::report::PendingSet;
use model::run::{PermitAnswer, PermitClaim, Progress, RunState, WaitingOn};
use model::wire::{Envelope, OutcomesAnswer, OutcomesRequest, PlanRequest, StopRequest, path};
use model::{ChangeId, Digest, OrderId, RunId};

struct Ordered {
    change: ChangeId,
    order: OrderId,
}

/// Enrols hosts with one update each and approves a change on all of them.
fn ordered(rig: &Rig, names: &[&str]) -> (Ordered, Vec<TestHost>) {
    put_trust(rig, 1);
    let hosts: Vec<_> = names.iter().map(|name| rig.host(name)).collect();
    for host in &hosts {
        host.reports(
            &PackageSet::new(vec![package("web", "1.0")]),
            &PendingSet { updates: vec![update("web", "http://127.0.0.1:9").0], additions: vec![] },
        );
    }
    let request = PlanRequest { tags: vec!["test".to_owned()], ..PlanRequest::default() };
    let change = server::changes::plan(&rig.app(), &rig.anna(), request).unwrap();
    let order = approve(rig, change).order_id;
    (Ordered { change, order }, hosts)
}

fn claim(host: &TestHost, ordered: &Ordered, attempt: u32) -> PermitAnswer {
    let run = RunId::of(ordered.order, host.id);
    host.post(path::PERMITS, &PermitClaim { run, order: ordered.order, attempt }).read()
}

fn progress(host: &TestHost, ordered: &Ordered, seq: u64, state: RunState) -> u16 {
    let progress = Progress {
        run: RunId::of(ordered.order, host.id),
        order: ordered.order,
        attempt: 1,
        seq,
        at: NOW,
        state,
        waiting_on: None,
        done: seq,
        total: 10,
        note: format!("at {seq}"),
    };
    host.post(path::PROGRESS, &progress).status
}

fn outcome(host: &TestHost, ordered: &Ordered, end: RunEnd) -> Envelope {
    let outcome = Outcome {
        schema: OUTCOME_SCHEMA,
        run: RunId::of(ordered.order, host.id),
        order: ordered.order,
        host: host.id,
        attempt: 1,
        end,
        started_at: NOW,
        ended_at: NOW + 5,
        before: Digest::of(b"before"),
        after: Digest::of(b"after"),
        changes: Vec::new(),
        units_lost: Vec::new(),
        conffiles_kept: Vec::new(),
        exit_code: Some(0),
        output_tail: String::new(),
    };
    let payload = serde_json::to_vec(&outcome).unwrap();
    trust::host::sign(&host.key, host.id, OUTCOME_TYPE, &payload).unwrap()
}

fn deliver(host: &TestHost, envelope: Envelope) -> crate::host::Answer {
    host.post(path::OUTCOMES, &OutcomesRequest { envelopes: vec![envelope] })
}

/// Lets the host say that its part of the order went well.
pub(crate) fn succeed(host: &TestHost, order: OrderId) {
    let ordered = Ordered { change: ChangeId(0), order };
    assert_eq!(deliver(host, outcome(host, &ordered, RunEnd::Succeeded)).status, 200);
}

fn run_state(rig: &Rig, ordered: &Ordered, host: &TestHost) -> RunState {
    let run = RunId::of(ordered.order, host.id);
    server::runs::get(&rig.app(), &rig.app().tenant(), run).unwrap().state
}

fn stuck() -> RunEnd {
    RunEnd::Stuck { reason: StuckReason::NotAsPlanned { packages: vec!["web".to_owned()] } }
}

#[test]
fn a_run_goes_from_order_to_outcome_and_every_state_is_an_event() {
    let rig = Rig::new();
    let (ordered, hosts) = ordered(&rig, &["web"]);
    let host = &hosts[0];
    for (seq, state) in [(1, RunState::Assigned), (2, RunState::Claiming)] {
        assert_eq!(progress(host, &ordered, seq, state), 204);
    }
    let PermitAnswer::Granted { permit_seq, .. } = claim(host, &ordered, 1) else { panic!() };
    assert_eq!(progress(host, &ordered, 3, RunState::Applying), 204);
    assert_eq!(progress(host, &ordered, 2, RunState::Staging), 204, "a late one is taken...");
    assert_eq!(run_state(&rig, &ordered, host), RunState::Applying, "...and changes nothing");
    let again = PermitAnswer::Granted { permit_seq, valid_secs: 60 };
    assert_eq!(claim(host, &ordered, 1), again, "asking twice is one permit");

    let envelope = outcome(host, &ordered, RunEnd::Succeeded);
    let answer: OutcomesAnswer = deliver(host, envelope.clone()).read();
    assert_eq!(answer.stored.len(), 1);
    let again: OutcomesAnswer = deliver(host, envelope).read();
    assert_eq!(again, answer, "a duplicate is acknowledged again");
    let view = server::changes::get(&rig.app(), &rig.app().tenant(), ordered.change).unwrap();
    assert_eq!(view.state, ChangeState::Completed { succeeded: 1, failed: 0 });
    let words: Vec<_> = view.runs[0].history.iter().map(|(state, _)| state.word()).collect();
    assert_eq!(words, ["ordered", "assigned", "claiming", "applying", "succeeded"]);
    let actions = rig.actions();
    let count = |action: &str| actions.iter().filter(|a| *a == action).count();
    assert_eq!((count("run.state"), count("permit.granted"), count("run.ended")), (3, 1, 1));
    assert!(host.orders(0, 0).orders.is_empty(), "an order that is carried out is not sent again");
}

#[test]
fn a_second_outcome_that_says_otherwise_is_an_event_and_the_first_stands() {
    let rig = Rig::new();
    let (ordered, hosts) = ordered(&rig, &["web"]);
    let host = &hosts[0];
    assert_eq!(deliver(host, outcome(host, &ordered, stuck())).status, 200);
    assert_eq!(deliver(host, outcome(host, &ordered, RunEnd::Succeeded)).status, 200);
    assert_eq!(run_state(&rig, &ordered, host), RunState::Ended { end: stuck() });
    assert!(rig.actions().contains(&"outcome.conflict".to_owned()));
}

#[test]
fn outcomes_of_other_hands_are_refused() {
    let rig = Rig::new();
    let (ordered, hosts) = ordered(&rig, &["web", "other"]);
    let (web, other) = (&hosts[0], &hosts[1]);
    let envelope = outcome(web, &ordered, RunEnd::Succeeded);
    assert_eq!(deliver(other, envelope.clone()).status, 422, "another host's signature");
    let mut altered = outcome(web, &ordered, stuck());
    altered.signatures = envelope.signatures;
    assert_eq!(deliver(web, altered).status, 422, "other bytes under the signature");
    let run = RunId::of(ordered.order, web.id);
    let theft = PermitClaim { run, order: ordered.order, attempt: 1 };
    assert_eq!(other.post(path::PERMITS, &theft).status, 404);
    assert_eq!(run_state(&rig, &ordered, web), RunState::Ordered);
    let ends = progress(web, &ordered, 9, RunState::Ended { end: RunEnd::Succeeded });
    assert_eq!(ends, 422, "unsigned words end nothing");
}

#[test]
fn a_signed_refusal_ends_the_run_with_its_reason() {
    let rig = Rig::new();
    let (ordered, hosts) = ordered(&rig, &["web"]);
    let host = &hosts[0];
    let refusal = Refusal::Ceiling { key: "allow_verbs".into(), text: "not upgrade".into() };
    let notice = |order| RefusalNotice {
        schema: OUTCOME_SCHEMA,
        host: host.id,
        order,
        payload: Digest::of(b"payload"),
        at: NOW,
        refusal: refusal.clone(),
    };
    let signed = |notice: &RefusalNotice| {
        let payload = serde_json::to_vec(notice).unwrap();
        trust::host::sign(&host.key, host.id, REFUSAL_TYPE, &payload).unwrap()
    };
    assert_eq!(deliver(host, signed(&notice(Some(ordered.order)))).status, 200);
    assert_eq!(run_state(&rig, &ordered, host), RunState::Refused { refusal: refusal.clone() });
    assert_eq!(deliver(host, signed(&notice(None))).status, 200);
    assert!(rig.actions().contains(&"order.refused".to_owned()), "kept, though it ends nothing");
}

#[test]
fn slots_bound_how_many_work_and_a_failure_halts_the_rest() {
    let rig = Rig::new();
    let (ordered, hosts) = ordered(&rig, &["h1", "h2", "h3", "h4", "h5", "h6"]);
    let granted = hosts
        .iter()
        .take(5)
        .filter(|host| matches!(claim(host, &ordered, 1), PermitAnswer::Granted { .. }))
        .count();
    assert_eq!(granted, 5);
    let PermitAnswer::Waiting { waiting_on } = claim(&hosts[5], &ordered, 1) else { panic!() };
    let WaitingOn::SlotFull { holders } = waiting_on else { panic!("{waiting_on}") };
    assert_eq!(holders, ["h1", "h2", "h3", "h4", "h5"]);
    deliver(&hosts[0], outcome(&hosts[0], &ordered, stuck()));
    let halted = PermitAnswer::Waiting { waiting_on: WaitingOn::Halted { failures: 1 } };
    assert_eq!(claim(&hosts[5], &ordered, 1), halted);
    let view = server::changes::get(&rig.app(), &rig.app().tenant(), ordered.change).unwrap();
    assert_eq!(view.state, ChangeState::Halted { failures: 1 });
}

#[test]
fn a_stop_cancels_whoever_claims_afterwards() {
    let rig = Rig::new();
    let (ordered, hosts) = ordered(&rig, &["web"]);
    progress(&hosts[0], &ordered, 1, RunState::Claiming);
    let request = StopRequest::default();
    server::changes::stop(&rig.app(), &rig.anna(), ordered.change, request).unwrap();
    let cancelled = PermitAnswer::Cancelled { by: "anna".to_owned() };
    assert_eq!(claim(&hosts[0], &ordered, 1), cancelled);
    assert_eq!(claim(&hosts[0], &ordered, 1), cancelled);
    let actions = rig.actions();
    assert_eq!(actions.iter().filter(|a| *a == "permit.refused").count(), 1);
}

#[test]
fn silence_in_the_middle_of_work_is_lost_until_the_host_speaks() {
    let rig = Rig::new();
    let (ordered, hosts) = ordered(&rig, &["web"]);
    claim(&hosts[0], &ordered, 1);
    progress(&hosts[0], &ordered, 1, RunState::Applying);
    rig.clock.advance(2 * 3_600);
    server::loops::turn(&rig.app()).unwrap();
    assert!(rig.actions().contains(&"run.lost".to_owned()));
    assert_eq!(run_state(&rig, &ordered, &hosts[0]), RunState::Lost);
    progress(&hosts[0], &ordered, 2, RunState::Verifying);
    assert_eq!(run_state(&rig, &ordered, &hosts[0]), RunState::Verifying);
}
