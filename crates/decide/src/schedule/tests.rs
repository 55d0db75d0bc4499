//! Permits: each gate alone, and their order.

use super::*;
use crate::fleet_text::{fleet, plan_of};
use model::order::{ORDER_SCHEMA, RebootRule, Verb, WaveStart, WindowSpan};
use model::{ChangeId, Digest, OrderId};

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

/// Asks at `NOW`, with the facts changed by `change`.
fn ask<'a>(order: &'a Order, change: impl FnOnce(&mut PermitInput<'a>)) -> PermitAnswer {
    let entry = Box::leak(Box::new(entry()));
    let mut input = PermitInput {
        now: NOW,
        order,
        entry,
        stopped_by: None,
        failures: 0,
        holders: &[],
        granted: None,
        next_permit_seq: 7,
        slots_max: 2,
    };
    change(&mut input);
    permit(&input)
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
    let answer = ask(&order(), |input| {
        input.stopped_by = Some("alex");
        input.granted = Some(3);
        input.failures = 9;
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
        let answer = ask(&order(), |input| {
            input.failures = 2;
            input.granted = granted;
        });
        assert_eq!(answer, waits_for(WaitingOn::Halted { failures: 2 }));
    }
    assert_eq!(ask(&order(), |input| input.failures = 1), GRANTED);
    let zero = Order { halt_after: 0, ..order() };
    assert_eq!(ask(&zero, |_| {}), GRANTED);
    let answer = ask(&zero, |input| input.failures = 1);
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
    assert_eq!(ask(&order(), |input| input.holders = &names[..1]), GRANTED);
    let full = waits_for(WaitingOn::SlotFull { holders: names.to_vec() });
    assert_eq!(ask(&order(), |input| input.holders = &names), full);
    assert!(matches!(ask(&order(), |input| input.slots_max = 0), PermitAnswer::Waiting { .. }));
}

#[test]
fn asking_twice_is_one_permit_even_when_slots_are_full() {
    let names = holders();
    let answer = ask(&order(), |input| {
        input.granted = Some(3);
        input.holders = &names;
    });
    assert_eq!(answer, PermitAnswer::Granted { permit_seq: 3, valid_secs: PERMIT_VALID_SECS });
}
