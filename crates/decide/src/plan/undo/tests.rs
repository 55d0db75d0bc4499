//! Taking runs back: after success, half way, with additions, and on hosts that moved on.

use super::*;
use crate::fleet_text::{Host, NOW, fleet, lint_of, plan_of, print};
use crate::plan::{Ended, REPORT_LATE_SECS_MAX};
use expect_test::{Expect, expect};
use model::plan::Plan;
use proptest::prelude::*;

/// Plans `before`, then undoes it on the host as `after` describes it, with the old files in the vault.
fn check(before: &str, after: &str, expected: &Expect) -> PlanOutput {
    let planned = fleet(before);
    let plan = plan_of(&planned, &[], &[]).plan.expect("a plan to undo");
    let mut hosts = fleet(after);
    hosts[0].vault = old_files(&plan);
    let output = undo_of(&plan, &hosts[0]);
    expected.assert_eq(&print(&output));
    if let Some(plan) = &output.plan {
        let notes = lint_of(plan, &hosts);
        assert!(!notes.contains("Error"), "the lint refuses it: {notes}");
    }
    output
}

fn old_files(plan: &Plan) -> BTreeSet<model::Digest> {
    plan.hosts[0].steps.iter().filter_map(|step| Some(step.back.as_ref()?.sha256)).collect()
}

fn undo_of(plan: &Plan, host: &Host) -> PlanOutput {
    undo(&UndoInput {
        change: ChangeId(2),
        generation: 1,
        now: NOW,
        run: RunId(7),
        entry: &plan.hosts[0],
        host: host.input(),
    })
}

#[test]
fn every_replaced_version_goes_back() {
    let before = "host h\n  a 1 -> 2\n  b 1 -> 2  security\n  c 5";
    let output = check(
        before,
        "host h\n  a 2\n  b 2\n  c 5",
        &expect![[r#"
        h  4000 bytes
          a:amd64 2 -> 1  Maintenance
          b:amd64 2 -> 1  Security
    "#]],
    );
    let plan = output.plan.expect("a plan");
    assert_eq!(plan.hosts[0].installed_after, fleet(before)[0].packages.installed_digest());
    assert_eq!(plan.purpose, Purpose::Undo { run: RunId(7) });
}

#[test]
fn added_packages_stay_and_are_part_of_what_must_be_installed_afterwards() {
    let output = check(
        "host h\n  a 1 -> 2  requires=new\n  new + 1",
        "host h\n  a 2\n  new 1",
        &expect![[r#"
            h  2000 bytes
              a:amd64 2 -> 1  Maintenance
        "#]],
    );
    let after = fleet("host h\n  a 1\n  new 1")[0].packages.installed_digest();
    assert_eq!(output.plan.expect("a plan").hosts[0].installed_after, after);
}

#[test]
fn a_run_that_stopped_half_way_is_taken_back_as_far_as_it_got() {
    check(
        "host h\n  a 1 -> 2\n  b 1 -> 2\n  c 1 -> 2",
        "host h\n  a 2\n  b 2  state=iF\n  c 1",
        &expect![[r#"
            h  4000 bytes
              a:amd64 2 -> 1  Maintenance
              b:amd64 2 -> 1  Maintenance
        "#]],
    );
}

#[test]
fn torn_packages_of_others_are_repaired_first() {
    check(
        "host h\n  a 1 -> 2\n  b 1",
        "host h\n  a 2\n  b 1  state=iU",
        &expect![[r#"
        left out: h : half-installed packages: b
    "#]],
    );
}

#[test]
fn a_host_that_moved_on_is_left_as_it_is() {
    check(
        "host h\n  a 1 -> 2\n  b 1 -> 2",
        "host h\n  a 3\n  b 2",
        &expect![[r#"
        left out: h : that run left nothing to take back here
    "#]],
    );
    check(
        "host h\n  a 1 -> 2",
        "host h\n  b 2",
        &expect![[r#"
        left out: h : that run left nothing to take back here
    "#]],
    );
}

#[test]
fn a_run_that_changed_nothing_leaves_nothing_to_undo() {
    check(
        "host h\n  a 1 -> 2",
        "host h\n  a 1",
        &expect![[r#"
        left out: h : that run left nothing to take back here
    "#]],
    );
}

#[test]
fn held_packages_stay_with_the_rest_of_their_source() {
    check(
        "host h\n  a 1 -> 2  source=s\n  b 1 -> 2  source=s\n  c 1 -> 2",
        "host h\n  a 2  source=s held\n  b 2  source=s\n  c 2",
        &expect![[r#"
            h  2000 bytes
              c:amd64 2 -> 1  Maintenance
            left out: h a: held on the host
            left out: h b: needs a, which is left out
        "#]],
    );
}

#[test]
fn what_the_vault_lost_cannot_go_back() {
    let planned = fleet("host h\n  a 1 -> 2");
    let plan = plan_of(&planned, &[], &[]).plan.expect("a plan");
    let output = undo_of(&plan, &fleet("host h\n  a 2")[0]);
    expect![[r#"
        left out: h : no way back: version 1 is in no repository and not in the vault
    "#]]
    .assert_eq(&print(&output));
}

#[test]
fn an_undo_needs_no_lists_but_a_fresh_report_from_an_agent_that_can_act() {
    for (words, expected) in [
        (
            "lists=none",
            expect![[r#"
            h  2000 bytes
              a:amd64 2 -> 1  Maintenance
        "#]],
        ),
        (
            "silent=25h",
            expect![[r#"
            left out: h : last report is 25 hours old
        "#]],
        ),
        (
            "unprivileged",
            expect![[r#"
            left out: h : the agent there runs without root: it only looks
        "#]],
        ),
        (
            "busy",
            expect![[r#"
            left out: h : change_00000000000000000000000000000009 still works on it
        "#]],
        ),
        (
            "never",
            expect![[r#"
            left out: h : has never reported
        "#]],
        ),
    ] {
        check("host h\n  a 1 -> 2", &format!("host h  {words}\n  a 2"), &expected);
    }
}

#[test]
fn a_report_of_before_the_runs_end_is_not_planned_on() {
    let planned = fleet("host h\n  a 1 -> 2\n  b 1 -> 2");
    let plan = plan_of(&planned, &[], &[]).plan.expect("a plan");
    // The newest report was looked at in the middle of the run.
    let mut half = fleet("host h  silent=60s\n  a 2\n  b 1");
    half[0].vault = old_files(&plan);
    let ended = Ended {
        run: RunId(7),
        at: NOW - 50,
        told_at: NOW - 49,
        after: plan.hosts[0].installed_after,
    };
    half[0].ended = Some(ended);
    let output = undo_of(&plan, &half[0]);
    expect![[r#"
        left out: h : has not reported since its last run ended; it will within a minute, try again
    "#]]
    .assert_eq(&print(&output));
    assert_eq!(output.left_out[0].reason, LeftOutReason::NotReportedSince { run: RunId(7) });
    // Any later look tells how the host is, whatever the run left.
    for told in [
        // Looked at in the second in which the run ended, or later.
        Ended { at: NOW - 60, ..ended },
        // Its clock is wrong, but it was heard half an hour after the outcome.
        Ended { at: NOW + 86_400, told_at: NOW - 60 - REPORT_LATE_SECS_MAX, ..ended },
        // An old report that shows what the run left: nothing changed.
        Ended { after: half[0].packages.installed_digest(), ..ended },
    ] {
        half[0].ended = Some(told);
        assert!(undo_of(&plan, &half[0]).plan.is_some(), "{told:?}");
    }
}

#[test]
fn another_hosts_entry_is_never_used() {
    let planned = fleet("host other\n  z 1\nhost h\n  a 1 -> 2");
    let plan = plan_of(&planned, &[], &[]).plan.expect("a plan");
    let output = undo_of(&plan, &fleet("host other\n  a 2")[0]);
    expect!["left out: other : that run left nothing to take back here\n"]
        .assert_eq(&print(&output));
}

#[test]
fn an_undo_can_be_undone() {
    let before = fleet("host h\n  a 1 -> 2");
    let first = plan_of(&before, &[], &[]).plan.expect("a plan");
    let mut after = fleet("host h\n  a 2");
    after[0].vault = old_files(&first);
    let second = undo_of(&first, &after[0]).plan.expect("an undo");
    let mut again = fleet("host h\n  a 1");
    again[0].vault = old_files(&second);
    let third = undo_of(&second, &again[0]).plan.expect("an undo of the undo");
    assert_eq!(third.hosts[0].installed_after, first.hosts[0].installed_after);
    assert_eq!(third.hosts[0].steps[0].artifact, first.hosts[0].steps[0].artifact);
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: proptest::test_runner::RngSeed::Fixed(6),
        failure_persistence: None,
        cases: 128,
        ..ProptestConfig::default()
    })]

    /// A run and its undo leave what was there before, and what the run had added.
    #[test]
    fn an_undo_puts_back_exactly_what_was_there(
        lines in proptest::collection::vec(crate::plan::tests::any_line(), 1..12),
    ) {
        let text = format!("host h\n{}", crate::plan::tests::distinct(&lines).join("\n"));
        let mut hosts = fleet(&text);
        let Some(plan) = plan_of(&hosts, &[], &[]).plan else { return Ok(()) };
        let steps = &plan.hosts[0].steps;
        let mut expected = hosts[0].packages.clone();
        let after = crate::plan::installed_after(&expected, steps);
        for step in steps.iter().filter(|step| step.from.is_empty()) {
            expected.packages.extend(after.packages.iter().filter(|p| p.name == step.name).cloned());
        }
        hosts[0].packages = after;
        hosts[0].vault = old_files(&plan);
        match undo_of(&plan, &hosts[0]).plan {
            Some(undo) => {
                prop_assert_eq!(undo.hosts[0].installed_after, expected.installed_digest());
                let notes = lint_of(&undo, &hosts);
                prop_assert!(!notes.contains("Error"), "the lint refuses it: {}", notes);
            }
            None => prop_assert!(steps.iter().all(|step| step.from.is_empty())),
        }
    }
}
