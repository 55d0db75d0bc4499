//! Guarding the guard: a good plan is spoilt in one place each, and the lint must say which.

use super::*;
use crate::fleet_text::{Host, fleet, lint_of, plan_of};
use expect_test::{Expect, expect};
use model::package::PatchKind;
use model::plan::{LeftOut, LeftOutReason, RebootExpectation, WayBack};
use model::{ChangeId, Digest, HostId, RunId};

const FLEET: &str = "host web-1
                       aa 1 -> 2
                       bb 1 -> 2  requires=new
                       new + 1
                     host web-2
                       aa 1 -> 2";

fn good() -> (Vec<Host>, Plan) {
    let hosts = fleet(FLEET);
    let plan = plan_of(&hosts, &[], &[]).plan.expect("a plan");
    (hosts, plan)
}

/// Spoils the plan and prints what is said about it. The digest of the end is made right again, so
/// that only the named fault is found, unless the fault is the digest.
fn check(spoil: impl Fn(&mut Plan), expected: &Expect) {
    let (hosts, mut plan) = good();
    spoil(&mut plan);
    let notes = lint_of(&plan, &hosts);
    expected.assert_eq(&notes);
    assert!(notes.contains("Error"), "the spoilt plan passes: {notes}");
}

/// Keeps totals and digests true to the steps.
fn mend(plan: &mut Plan) {
    let hosts = fleet(FLEET);
    for part in &mut plan.hosts {
        let Some(host) = hosts.iter().find(|host| host.id == part.host) else { continue };
        let after = crate::plan::installed_after(&host.packages, &part.steps);
        part.installed_after = after.installed_digest();
        part.staging_bytes = part
            .steps
            .iter()
            .map(|s| s.artifact.size_bytes + s.back.as_ref().map_or(0, |back| back.size_bytes))
            .sum();
    }
}

#[test]
fn a_good_plan_has_no_notes() {
    let (hosts, plan) = good();
    assert_eq!(lint_of(&plan, &hosts), "");
    assert!(!is_fatal(&[]));
}

#[test]
fn a_host_twice_is_fatal() {
    check(
        |plan| plan.hosts.insert(0, plan.hosts[0].clone()),
        &expect![[r#"
        Error plan: names host_00000000000000000000000000000001 twice
    "#]],
    );
}

#[test]
fn hosts_out_of_order_are_fatal() {
    check(
        |plan| plan.hosts.reverse(),
        &expect![[r#"
        Error plan: does not list its hosts by ring, wave and id
    "#]],
    );
}

#[test]
fn an_empty_plan_and_a_host_without_steps_are_fatal() {
    check(
        |plan| plan.hosts.clear(),
        &expect![[r#"
        Error plan: names no host
    "#]],
    );
    check(
        |plan| {
            plan.hosts[0].steps.clear();
            mend(plan);
        },
        &expect![[r#"
            Error web-1: has nothing to do
        "#]],
    );
}

#[test]
fn an_unknown_host_is_fatal() {
    check(
        |plan| plan.hosts[1].host = HostId(99),
        &expect![[r#"
        Error web-2: is in the plan, but nothing is known of it
    "#]],
    );
}

#[test]
fn unknown_format_versions_are_fatal() {
    check(
        |plan| {
            plan.schema = 2;
            plan.hosts[0].schema = 2;
        },
        &expect![[r#"
            Error plan: has format version 2
            Error web-1: its part has format version 2
        "#]],
    );
}

#[test]
fn a_missing_way_back_is_fatal_unless_waived() {
    check(
        |plan| {
            plan.hosts[0].steps[0].back = None;
            mend(plan);
        },
        &expect![[r#"
            Error web-1: aa has no way back and nobody waived it
        "#]],
    );
    for (by, reason, missing) in [("", "why", "aa"), ("alex", " ", "aa"), ("alex", "why", "bb")] {
        let (hosts, mut plan) = good();
        plan.hosts[0].steps[0].back = None;
        plan.hosts[0].way_back = WayBack::Waived {
            by: by.to_owned(),
            reason: reason.to_owned(),
            missing: vec![missing.to_owned()],
        };
        mend(&mut plan);
        assert!(lint_of(&plan, &hosts).contains("Error"), "{by:?} {reason:?} {missing:?}");
    }
}

#[test]
fn a_waived_way_back_that_is_there_is_fatal() {
    check(
        |plan| {
            plan.hosts[0].way_back = WayBack::Waived {
                by: "alex".to_owned(),
                reason: "why".to_owned(),
                missing: Vec::new(),
            };
        },
        &expect![[r#"
            Error web-1: the waived packages are not those without a way back
            Warning web-1: no way back for : waived by alex (why)
        "#]],
    );
}

#[test]
fn an_update_never_goes_down_or_stays() {
    for to in ["1", "0.9"] {
        let (hosts, mut plan) = good();
        to.clone_into(&mut plan.hosts[0].steps[0].to);
        mend(&mut plan);
        assert_eq!(lint_of(&plan, &hosts), "Error web-1: aa would not become newer\n");
    }
}

#[test]
fn an_undo_moves_something_adds_nothing_and_is_for_one_host() {
    check(
        |plan| {
            plan.purpose = Purpose::Undo { run: RunId(1) };
            plan.hosts[0].steps[0].to = "1".to_owned();
            mend(plan);
        },
        &expect![[r#"
            Error plan: takes one run back on more than one host
            Error web-1: aa would not change
            Error web-1: new would be added by an undo
        "#]],
    );
}

#[test]
fn the_agents_own_package_is_fatal() {
    check(
        |plan| {
            plan.hosts[0].steps[2].name = "patchwell-agent".to_owned();
            mend(plan);
        },
        &expect![[r#"
            Error web-1: patchwell-agent is the agent itself, which no run may replace
        "#]],
    );
}

#[test]
fn a_wrong_end_is_fatal() {
    check(
        |plan| plan.hosts[0].installed_after = Digest([0; 32]),
        &expect![[r#"
        Error web-1: the plan does not end with what its steps install
    "#]],
    );
}

#[test]
fn a_wrong_start_is_fatal() {
    check(
        |plan| plan.hosts[0].installed_before = Digest([0; 32]),
        &expect![[r#"
        Error web-1: the plan starts from other packages than are installed
    "#]],
    );
}

#[test]
fn a_step_from_another_version_than_the_installed_is_fatal() {
    check(
        |plan| plan.hosts[0].steps[0].from = "0.5".to_owned(),
        &expect![[r#"
        Error web-1: aa is at 1 there, not at "0.5"
    "#]],
    );
    check(
        |plan| {
            plan.hosts[0].steps[2].from = "0.5".to_owned();
            plan.hosts[0].steps[2].back = Some(crate::fleet_text::artifact("new", "amd64", "0.5"));
            mend(plan);
        },
        &expect![[r#"
            Error web-1: new is not installed there
        "#]],
    );
}

#[test]
fn wrong_staging_bytes_are_fatal() {
    check(
        |plan| plan.hosts[0].staging_bytes += 1,
        &expect![[r#"
        Error web-1: stages 5000 bytes, the plan says 5001
    "#]],
    );
}

#[test]
fn impossible_sizes_are_fatal_and_overflow_nothing() {
    check(
        |plan| plan.hosts[0].steps[0].artifact.size_bytes = u64::MAX,
        &expect![[r#"
        Error web-1: aa has a file of a size that cannot be
        Error web-1: stages 18446744073709551615 bytes, the plan says 5000
    "#]],
    );
    check(
        |plan| {
            plan.hosts[0].steps[0].artifact.size_bytes = 0;
            mend(plan);
        },
        &expect![[r#"
            Error web-1: aa has a file of a size that cannot be
        "#]],
    );
}

#[test]
fn a_step_that_is_also_left_out_is_fatal() {
    check(
        |plan| plan.left_out.push(left_out("aa")),
        &expect![[r#"
        Error web-1: aa is a step and left out
    "#]],
    );
    check(
        |plan| plan.left_out.push(left_out("")),
        &expect![[r#"
        Error web-1: is in the plan and left out as a whole
    "#]],
    );
}

fn left_out(package: &str) -> LeftOut {
    LeftOut {
        host: HostId(1),
        name: "web-1".to_owned(),
        package: package.to_owned(),
        reason: LeftOutReason::Held,
    }
}

#[test]
fn steps_out_of_order_or_twice_are_fatal() {
    check(
        |plan| plan.hosts[0].steps.swap(0, 1),
        &expect![[r#"
        Error web-1: its steps are not sorted
    "#]],
    );
    check(
        |plan| {
            let again = plan.hosts[0].steps[0].clone();
            plan.hosts[0].steps.insert(0, again);
            mend(plan);
        },
        &expect![[r#"
            Error web-1: aa is stepped twice
            Error web-1: the plan does not end with what its steps install
        "#]],
    );
}

#[test]
fn words_that_a_command_line_could_misread_are_fatal() {
    for (name, arch, version) in [
        ("-aa", "amd64", "2"),
        ("aa bb", "amd64", "2"),
        ("aa=1", "amd64", "2"),
        ("AA", "amd64", "2"),
        ("", "amd64", "2"),
        ("aa", "amd64 ", "2"),
        ("aa", "", "2"),
        ("aa", "amd64", "2;reboot"),
        ("aa", "amd64", "-2"),
        ("aa", "amd64", ""),
    ] {
        let (hosts, mut plan) = good();
        let step = &mut plan.hosts[1].steps[0];
        (step.name, step.arch, step.to) = (name.into(), arch.into(), version.into());
        let notes = lint_of(&plan, &hosts);
        assert!(notes.contains("dpkg would not accept"), "{name:?} {arch:?} {version:?}: {notes}");
    }
}

#[test]
fn a_file_that_is_old_and_new_at_once_is_fatal() {
    check(
        |plan| {
            let step = &mut plan.hosts[1].steps[0];
            step.back = Some(step.artifact.clone());
        },
        &expect![[r#"
            Error web-2: aa has one file as both its new and its old version
        "#]],
    );
}

#[test]
fn an_entry_that_cannot_travel_is_fatal() {
    let (hosts, mut plan) = good();
    plan.hosts[1].steps[0].artifact.uri = "http://h".repeat(model::wire::ENTRY_BYTES_MAX / 8);
    let notes = lint_of(&plan, &hosts);
    assert!(notes.ends_with("bytes, 2097152 can travel\n"), "{notes:.80}");
}

#[test]
fn too_many_steps_are_fatal() {
    let (hosts, mut plan) = good();
    let step = plan.hosts[1].steps[0].clone();
    plan.hosts[1].steps = (0..=HOST_STEPS_MAX)
        .map(|index| model::plan::Step { name: format!("aa{index:06}"), ..step.clone() })
        .collect();
    assert!(lint_of(&plan, &hosts).contains("has 10001 steps, 10000 are allowed"));
}

#[test]
fn too_many_hosts_are_fatal() {
    let (_, mut plan) = good();
    let part = plan.hosts[0].clone();
    plan.hosts = (0..=ORDER_HOSTS_MAX)
        .map(|index| PlanHost {
            host: HostId(u128::try_from(index).expect("fits")),
            ..part.clone()
        })
        .collect();
    assert!(lint_of(&plan, &[]).contains("names 1001 hosts, but one order can name 1000"));
}

#[test]
fn a_kernel_without_its_reboot_is_fatal() {
    let hosts = fleet("host web-1\n  linux-image-amd64 1 -> 2");
    let mut plan = plan_of(&hosts, &[], &[]).plan.expect("a plan");
    assert_eq!(
        lint_of(&plan, &hosts),
        "Note web-1: will need a reboot before everything is in effect\n"
    );
    plan.hosts[0].reboot = RebootExpectation::None;
    assert_eq!(
        lint_of(&plan, &hosts),
        "Error web-1: changes kernel, libc or systemd, but expects no reboot\n"
    );
}

#[test]
fn hosts_that_changed_since_are_fatal() {
    for (text, expected) in [
        (
            "host web-1  unprivileged\n  aa 1 -> 2",
            "Error web-1: has no agent that could change it\n",
        ),
        ("host web-1  never\n  aa 1 -> 2", "Error web-1: has no agent that could change it\n"),
        (
            "host web-1  busy\n  aa 1 -> 2",
            "Error web-1: is still at work for change_00000000000000000000000000000009\n",
        ),
    ] {
        let hosts = fleet("host web-1\n  aa 1 -> 2");
        let plan = plan_of(&hosts, &[], &[]).plan.expect("a plan");
        assert_eq!(lint_of(&plan, &fleet(text)), expected);
    }
    let hosts = fleet("host web-1\n  aa 1 -> 2\n  bb 1");
    let plan = plan_of(&hosts, &[], &[]).plan.expect("a plan");
    expect![[r#"
        Error web-1: aa is held there
        Error web-1: bb is half installed there
        Error web-1: the plan does not end with what its steps install
        Error web-1: the plan starts from other packages than are installed
    "#]]
    .assert_eq(&lint_of(&plan, &fleet("host web-1\n  aa 1 -> 2  held\n  bb 1  state=iU")));
}

#[test]
fn one_package_reported_twice_is_fatal() {
    let mut hosts = fleet("host web-1\n  aa 1 -> 2\n  bb 1");
    let plan = plan_of(&hosts, &[], &[]).plan.expect("a plan");
    let again = hosts[0].packages.packages[1].clone();
    hosts[0].packages.packages.push(again);
    assert!(lint_of(&plan, &hosts).contains("Error web-1: reports one package twice"));
}

#[test]
fn packages_that_come_along_and_files_out_of_reach_are_told() {
    let hosts = fleet("host web-1\n  aa 1 -> 2  security requires=bb\n  bb 1 -> 2");
    let mut plan = plan_of(&hosts, &[PatchKind::Security], &[]).plan.expect("a plan");
    plan.hosts[0].steps[0].artifact.uri = "cdrom:aa.deb".to_owned();
    let notes = lint_of(&plan, &hosts);
    expect![[r#"
        Warning web-1: aa: the vault cannot fetch cdrom:aa.deb
        Note web-1: bb comes along: others need it
    "#]]
    .assert_eq(&notes);
    assert!(!notes.contains("Error"));
}

#[test]
fn an_undo_may_repair_torn_steps_but_not_other_packages() {
    for (text, has_error) in [
        ("host web-1\n  aa 2  state=iF\n  bb 1", false),
        ("host web-1\n  aa 2\n  bb 1  state=iF", true),
    ] {
        let planned = fleet("host web-1\n  aa 1 -> 2\n  bb 1");
        let entry = plan_of(&planned, &[], &[]).plan.expect("a plan").hosts.remove(0);
        let mut sound = fleet("host web-1\n  aa 2\n  bb 1");
        sound[0].vault = entry.steps.iter().filter_map(|s| Some(s.back.as_ref()?.sha256)).collect();
        let mut plan = crate::plan::undo(&crate::plan::UndoInput {
            change: ChangeId(2),
            generation: 1,
            now: crate::fleet_text::NOW,
            run: RunId(1),
            entry: &entry,
            host: sound[0].input(),
        })
        .plan
        .expect("an undo");
        let hosts = fleet(text);
        plan.hosts[0].installed_before = hosts[0].packages.installed_digest();
        plan.hosts[0].installed_after =
            crate::plan::installed_after(&hosts[0].packages, &plan.hosts[0].steps)
                .installed_digest();
        assert_eq!(lint_of(&plan, &hosts).contains("Error"), has_error, "{text}");
    }
}
