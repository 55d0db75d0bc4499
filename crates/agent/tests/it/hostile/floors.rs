//! Nothing old comes back: finished orders, lower generations, earlier rosters, also after a restart.

use super::people::{ANN, Draft, LEFT, ROSTER_SERIAL, STRANGER};
use super::victim::{Victim, word};
use model::outcome::{BlockReason, RunEnd};
use model::{ChangeId, OrderId};

#[test]
fn a_finished_order_runs_once_and_its_repetition_only_repeats_the_outcome() {
    let mut victim = Victim::new();
    let draft = Draft::new(victim.id());
    let answer = draft.answer();
    let outcome = victim.obeys(&answer);
    for _ in 0..2 {
        let before = victim.look();
        let count = victim.outcomes.len();
        victim.deliver(&answer);
        victim.settle(0);
        assert_eq!(victim.look(), before, "it ran again");
        assert_eq!(victim.outcomes[count..], *std::slice::from_ref(&outcome));
        victim.restart();
    }
}

#[test]
fn the_same_order_id_over_other_bytes_is_a_replay_also_after_a_restart() {
    let mut victim = Victim::new();
    let draft = Draft::new(victim.id());
    victim.obeys(&draft.answer());
    for reason in ["one", "two"] {
        let mut again = draft.clone();
        again.order.reason = reason.into();
        let refusal = victim.refused("the same id", &again.answer());
        assert_eq!(word(&refusal), "replayed");
        victim.restart();
    }
    // The folder of the run is not what protects from it.
    let run = model::RunId::of(draft.order.order_id, super::people::HOST).to_string();
    victim.kill();
    std::fs::remove_dir_all(victim.root_dir("runs").join(run)).unwrap();
    victim.start();
    let refusal = victim.refused("the same bytes, the run forgotten", &draft.answer());
    assert_eq!(word(&refusal), "replayed");
}

#[test]
fn a_lower_generation_of_a_rollout_is_refused_also_after_a_restart() {
    let mut victim = Victim::new();
    let first = Draft::new(victim.id());
    victim.obeys(&first.answer());
    for _ in 0..2 {
        let mut old = Draft::new(victim.id());
        old.order.rollout = first.order.rollout;
        old.order.generation = first.order.generation - 1;
        let refusal = victim.refused("an old generation", &old.answer());
        assert_eq!(word(&refusal), "old_generation");
        victim.restart();
    }
    let mut next = Draft::new(victim.id());
    next.order.rollout = first.order.rollout;
    next.order.generation = first.order.generation + 1;
    victim.obeys(&next.answer());
    // Another rollout has its own generations.
    let mut other = Draft::new(victim.id());
    other.order.rollout = ChangeId(0xffff);
    other.order.generation = 1;
    victim.obeys(&other.answer());
}

#[test]
fn an_earlier_roster_is_refused_once_a_later_one_was_seen_also_after_a_restart() {
    let mut victim = Victim::new();
    // A later roster counts although the order beside it is worthless.
    let mut later = Draft::new(victim.id());
    later.roster.serial += 1;
    later.roster.persons[0].keys[0].revoked_at = Some(later.now);
    later.signers = vec![STRANGER];
    assert_eq!(word(&victim.refused("a stranger", &later.answer())), "unknown_key");
    assert_eq!(victim.floors().roster_serial, ROSTER_SERIAL + 1);
    for _ in 0..2 {
        let old = Draft::new(victim.id());
        assert_eq!(word(&victim.refused("the roster before", &old.answer())), "roster_old");
        let mut current = Draft::new(victim.id());
        current.roster = later.roster.clone();
        assert_eq!(word(&victim.refused("revoked there", &current.answer())), "revoked_key");
        victim.restart();
    }
}

/// A server that holds back what revokes a key can do so only as long as it holds back everything.
#[test]
fn a_roster_that_comes_without_an_order_counts() {
    let mut victim = Victim::new();
    let mut later = Draft::new(victim.id());
    later.roster.serial += 1;
    let mut answer = later.answer();
    answer.orders.clear();
    victim.deliver(&answer);
    let serial = ROSTER_SERIAL + 1;
    victim.wait_until("the roster is seen", |v| v.floors().roster_serial == serial);
    victim.restart();
    let old = Draft::new(victim.id());
    assert_eq!(word(&victim.refused("the roster before", &old.answer())), "roster_old");
    // What is worthless raises nothing.
    let mut forged = Draft::new(victim.id());
    forged.roster.serial += 100;
    let mut answer = forged.answer();
    answer.orders.clear();
    answer.roster.as_mut().unwrap().signatures[0].key_id = super::people::key_id(ANN);
    victim.deliver(&answer);
    later.order.order_id = OrderId(victim.id());
    victim.obeys(&later.answer());
    assert_eq!(victim.floors().roster_serial, serial);
}

#[test]
fn a_higher_serial_floor_kills_earlier_orders_under_any_roster() {
    let mut victim = Victim::new();
    let mut raised = Draft::new(victim.id());
    raised.roster.serial_floor = raised.order.serial + 1;
    assert_eq!(word(&victim.refused("below the floor", &raised.answer())), "old_serial");
    victim.restart();
    // The roster of the same serial that had the lower floor.
    let same = Draft::new(victim.id());
    assert_eq!(word(&victim.refused("the floor stays", &same.answer())), "old_serial");
}

#[test]
fn a_roster_that_is_replaced_while_an_order_waits_counts_when_it_starts() {
    let mut victim = Victim::new();
    let mut early = Draft::new(victim.id());
    early.order.not_before = early.now + 3;
    victim.deliver(&early.answer());
    let mut later = Draft::new(victim.id());
    later.roster.serial += 1;
    later.signers = vec![LEFT];
    victim.deliver(&later.answer());
    victim.settle(0);
    let said: Vec<&str> = victim.refusals.values().flatten().map(word).collect();
    assert!(said.contains(&"roster_old") && said.contains(&"revoked_key"), "{said:?}");
    assert!(victim.journal(early.order.order_id).is_empty());
}

#[test]
fn floors_that_cannot_be_read_obey_nobody() {
    let mut victim = Victim::new();
    victim.obeys(&Draft::new(1_000).answer());
    victim.put("root/floors.json", "{\"roster_serial\":");
    let draft = Draft::new(victim.id());
    victim.deliver(&draft.answer());
    for _ in 0..200 {
        victim.collect();
        super::victim::nap();
    }
    assert!(victim.journal(draft.order.order_id).is_empty());
    assert_eq!(victim.outcomes.len(), 1);
}

/// With signed ways back only, a host could be led to a version that it never had: by a first order
/// that cannot be carried out and only leaves its plan behind.
#[test]
fn a_plan_that_was_never_carried_out_records_no_version() {
    let mut victim = Victim::new();
    let mut first = Draft::new(victim.id());
    let mut step = super::people::step();
    step.from = "1-vulnerable".into();
    step.back = Some(step.artifact.clone());
    first.entry.steps = vec![step.clone()];
    first.aim();
    victim.obeys(&first.answer());
    let mut back = Draft::new(victim.id());
    back.order.verb = model::order::Verb::Rollback;
    std::mem::swap(&mut step.from, &mut step.to);
    back.entry.steps = vec![step];
    back.aim();
    let end = victim.obeys_without_looking(&back.answer()).end;
    let (package, version) = ("pw-none".to_owned(), "1-vulnerable".to_owned());
    let reason = BlockReason::NotRecorded { package, version };
    assert_eq!(end, RunEnd::Blocked { reason });
}
