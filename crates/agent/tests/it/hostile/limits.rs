//! The host's own ceilings bind whatever people sign, key by key.

use super::people::{ANN, BOB, Draft, step};
use super::victim::{Cage, Victim, word};
use model::order::Verb;
use model::outcome::Refusal;

/// Key, the file's text, and an order that people signed and that goes over it.
type Over = (&'static str, &'static str, fn(&mut Draft));

const OVER: &[Over] = &[
    ("min_persons", "min_persons = { default = 2 }", |_| {}),
    ("min_persons", "min_persons = { default = 2 }", |d| d.signers = vec![ANN, ANN]),
    ("min_persons", "min_persons = { default = 1, rollback = 2 }", |d| {
        d.order.verb = Verb::Rollback;
    }),
    ("min_persons", "min_persons = { default = 1, wide = 2 }", Draft::widen),
    ("allow_verbs", "allow_verbs = [\"rollback\"]", |_| {}),
    ("allow_verbs", "allow_verbs = [\"upgrade\"]", |d| d.order.verb = Verb::Rollback),
    ("allow_verbs", "allow_verbs = []", |_| {}),
    ("max_runs_per_day", "max_runs_per_day = 0", |_| {}),
    ("max_packages_per_run", "max_packages_per_run = 1", |d| {
        let mut more = step();
        more.name = "pw-more".into();
        d.entry.steps.push(more);
        d.aim();
    }),
    ("removals", "removals = \"never\"", |d| {
        d.entry.steps[0].to = String::new();
        d.aim();
    }),
    ("removals", "removals = [\"pw-other\"]", |d| {
        d.entry.steps[0].to = String::new();
        d.aim();
    }),
    ("protected_packages", "removals = [\"pw-none\"]\nprotected_packages = [\"pw-*\"]", |d| {
        d.entry.steps[0].to = String::new();
        d.aim();
    }),
    ("downgrades", "downgrades = \"never\"", |d| {
        d.entry.steps[0].from = "1:0".into();
        d.aim();
    }),
    ("downgrades", "downgrades = [\"pw-other\"]", |d| {
        d.entry.steps[0].from = "3".into();
        d.aim();
    }),
];

#[test]
fn an_order_over_a_ceiling_is_refused_and_the_refusal_names_the_key() {
    let mut victim = Victim::new();
    for (key, policy, change) in OVER {
        victim.put("policy.toml", policy);
        let mut draft = Draft::new(victim.id());
        change(&mut draft);
        let refusal = victim.refused(policy, &draft.answer());
        let Refusal::Ceiling { key: found, .. } = refusal else { panic!("{policy}: {refusal}") };
        assert_eq!(found, *key, "{policy}");
    }
    victim.assert_nothing_done();
    victim.put("policy.toml", "min_persons = { default = 2 }");
    let mut both = Draft::new(victim.id());
    both.signers = vec![ANN, BOB];
    victim.obeys(&both.answer());
}

#[test]
fn runs_are_counted_over_restarts() {
    let mut victim = Victim::with(Cage::Open, "max_runs_per_day = 2\n");
    for _ in 0..2 {
        let draft = Draft::new(victim.id());
        victim.obeys(&draft.answer());
        victim.restart();
    }
    let third = Draft::new(victim.id());
    let refusal = victim.refused("a third run", &third.answer());
    assert_eq!(word(&refusal), "ceiling", "{refusal}");
}

#[test]
fn limits_that_become_unreadable_while_the_agent_runs_obey_nobody() {
    let mut victim = Victim::new();
    for policy in ["max_runs_per_dai = 4", "min_persons", "\u{0}", "allow_verbs = [\"shell\"]"] {
        victim.put("policy.toml", policy);
        let draft = Draft::new(victim.id());
        let refusal = victim.refused(policy, &draft.answer());
        assert_eq!(word(&refusal), "ceilings_unreadable", "{refusal}");
    }
}
