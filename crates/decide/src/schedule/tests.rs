//! Permits: each gate alone, and their order.

use super::*;
use crate::fleet_text::{fleet, plan_of};
use model::order::{ORDER_SCHEMA, RebootRule, Verb, WaveStart, WindowSpan};
use model::outcome::{RunEnd, StuckReason};
use model::run::RunState;
use model::{ChangeId, Digest, OrderId};
use proptest::prelude::*;
use std::sync::LazyLock;

const NOW: i64 = 1_000_000;

pub(crate) fn order() -> Order {
    Order {
        schema: ORDER_SCHEMA,
        tenant_root_hash: Digest([0; 32]),
        order_id: OrderId(1),
        serial: 1,
        rollout: ChangeId(1),
        generation: 1,
        verb: Verb::Upgrade,
        plan: Digest([0; 32]),
        targets: Vec::new(),
        max_hosts: 1,
        waves: vec![WaveStart { ring: 0, wave: 0, start_at: NOW - 10 }],
        window: None,
        not_before: NOW - 100,
        not_after: NOW + 100,
        reboot: RebootRule::Never,
        halt_after: 2,
        author: "alex".to_owned(),
        reason: String::new(),
    }
}

pub(crate) fn entry() -> PlanHost {
    let hosts = fleet("host web-1\n  aa 1 -> 2");
    plan_of(&hosts, &[], &[]).plan.expect("a plan").hosts.remove(0)
}

/// The facts of a claim that the tests change.
struct Facts {
    stopped_by: Option<&'static str>,
    failures: u32,
    holders: Vec<String>,
    granted: Option<u64>,
    slots_max: u32,
}

/// Asks at `NOW`, with the facts changed by `change`.
fn ask(order: &Order, change: impl FnOnce(&mut Facts)) -> PermitAnswer {
    static ENTRY: LazyLock<PlanHost> = LazyLock::new(entry);
    let mut facts =
        Facts { stopped_by: None, failures: 0, holders: Vec::new(), granted: None, slots_max: 2 };
    change(&mut facts);
    permit(&PermitInput {
        now: NOW,
        order,
        entry: &ENTRY,
        stopped_by: facts.stopped_by,
        failures: facts.failures,
        holders: &facts.holders,
        granted: facts.granted,
        next_permit_seq: 7,
        slots_max: facts.slots_max,
    })
}

fn holders() -> [String; 2] {
    ["db-1".to_owned(), "web-3".to_owned()]
}

fn waits_for(waiting_on: WaitingOn) -> PermitAnswer {
    PermitAnswer::Waiting { waiting_on }
}

const GRANTED: PermitAnswer =
    PermitAnswer::Granted { permit_seq: 7, valid_secs: PERMIT_VALID_SECS };

#[test]
fn nothing_in_the_way_is_a_permit() {
    assert_eq!(ask(&order(), |_| {}), GRANTED);
}

#[test]
fn a_stop_ends_it_whatever_else_is_true() {
    let answer = ask(&order(), |facts| {
        facts.stopped_by = Some("alex");
        facts.granted = Some(3);
        facts.failures = 9;
    });
    assert_eq!(answer, PermitAnswer::Cancelled { by: "alex".to_owned() });
}

#[test]
fn an_order_past_its_life_or_window_is_over() {
    let dead = Order { not_after: NOW - 1, ..order() };
    assert!(matches!(ask(&dead, |_| {}), PermitAnswer::Cancelled { .. }));
    let window = Some(WindowSpan { opens_at: NOW - 50, closes_at: NOW });
    assert!(matches!(ask(&Order { window, ..order() }, |_| {}), PermitAnswer::Cancelled { .. }));
}

#[test]
fn a_halt_refuses_even_a_permit_that_was_given() {
    for granted in [None, Some(3)] {
        let answer = ask(&order(), |facts| {
            facts.failures = 2;
            facts.granted = granted;
        });
        assert_eq!(answer, waits_for(WaitingOn::Halted { failures: 2 }));
    }
    assert_eq!(ask(&order(), |facts| facts.failures = 1), GRANTED);
    let zero = Order { halt_after: 0, ..order() };
    assert_eq!(ask(&zero, |_| {}), GRANTED);
    let answer = ask(&zero, |facts| facts.failures = 1);
    assert_eq!(answer, waits_for(WaitingOn::Halted { failures: 1 }));
}

#[test]
fn it_waits_for_order_window_and_wave_in_turn() {
    let early = Order { not_before: NOW + 1, ..order() };
    assert_eq!(ask(&early, |_| {}), waits_for(WaitingOn::Window { opens_at: NOW + 1 }));
    let window = Some(WindowSpan { opens_at: NOW + 2, closes_at: NOW + 9 });
    let shut = Order { window, ..order() };
    assert_eq!(ask(&shut, |_| {}), waits_for(WaitingOn::Window { opens_at: NOW + 2 }));
    let waves = vec![WaveStart { ring: 0, wave: 0, start_at: NOW + 3 }];
    let later = Order { waves, ..order() };
    assert_eq!(ask(&later, |_| {}), waits_for(WaitingOn::WaveStart { start_at: NOW + 3 }));
}

#[test]
fn a_wave_that_nobody_signed_never_starts() {
    let waves = vec![WaveStart { ring: 1, wave: 0, start_at: 0 }];
    let other = Order { waves, ..order() };
    let expected = waits_for(WaitingOn::WaveStart { start_at: other.not_after });
    assert_eq!(ask(&other, |_| {}), expected);
}

#[test]
fn slots_bound_how_many_work_at_once() {
    let names = holders();
    assert_eq!(ask(&order(), |facts| facts.holders = names[..1].to_vec()), GRANTED);
    let full = waits_for(WaitingOn::SlotFull { holders: names.to_vec() });
    assert_eq!(ask(&order(), |facts| facts.holders = names.to_vec()), full);
    assert!(matches!(ask(&order(), |facts| facts.slots_max = 0), PermitAnswer::Waiting { .. }));
}

#[test]
fn asking_twice_is_one_permit_even_when_slots_are_full() {
    let names = holders();
    let answer = ask(&order(), |facts| {
        facts.granted = Some(3);
        facts.holders = names.to_vec();
    });
    assert_eq!(answer, PermitAnswer::Granted { permit_seq: 3, valid_secs: PERMIT_VALID_SECS });
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: proptest::test_runner::RngSeed::Fixed(7),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Hosts claim, break, vanish and succeed in any order; as many break as fate likes.
    #[test]
    fn broken_hosts_stay_below_threshold_and_slots_together(
        halt_after in 0..4_u32,
        slots_max in 1..5_u32,
        acts in proptest::collection::vec((0..12_usize, 0..4_u8), 0..200),
    ) {
        let order = Order { halt_after, ..order() };
        let mut runs = vec![RunState::Ordered; 12];
        for (host, act) in acts {
            runs[host] = match (&runs[host], act) {
                (RunState::Ordered, _) => {
                    if is_permitted(&order, &runs, slots_max) {
                        RunState::Applying
                    } else {
                        RunState::Ordered
                    }
                }
                (RunState::Applying, 1) => RunState::Ended { end: RunEnd::Succeeded },
                (RunState::Applying, 2) => RunState::Ended { end: stuck() },
                (RunState::Applying, 3) => RunState::Lost,
                (other, _) => other.clone(),
            };
            let broken = crate::change::failures(&runs);
            prop_assert!(broken < halt_after.max(1) + slots_max, "{broken} hosts broke");
            // Even if all that are at work now break too.
            let hot = runs.iter().filter(|run| **run == RunState::Applying).count();
            let hot = u32::try_from(hot).expect("few hosts");
            prop_assert!(broken + hot < halt_after.max(1) + slots_max, "{broken} and {hot}");
        }
    }
}

fn stuck() -> RunEnd {
    RunEnd::Stuck { reason: StuckReason::UnitsLost { units: Vec::new() } }
}

fn is_permitted(order: &Order, runs: &[RunState], slots_max: u32) -> bool {
    let holds = |run: &&RunState| {
        matches!(run, RunState::Applying | RunState::Lost)
            || matches!(run, RunState::Ended { end: RunEnd::Stuck { .. } })
    };
    let holders: Vec<String> = runs.iter().filter(holds).map(|run| run.word().to_owned()).collect();
    let answer = ask(order, |facts| {
        facts.failures = crate::change::failures(runs);
        facts.holders = holders;
        facts.slots_max = slots_max;
    });
    matches!(answer, PermitAnswer::Granted { .. })
}
