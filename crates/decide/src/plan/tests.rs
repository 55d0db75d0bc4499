//! Plans from written fleets: every reason to leave something out, closure, and the digests.

use super::*;
use crate::fleet_text::{NOW, fleet, lint_of, plan_of, print};
use expect_test::{Expect, expect};
use proptest::prelude::*;

fn check(text: &str, kinds: &[PatchKind], packages: &[&str], expected: &Expect) {
    let hosts = fleet(text);
    let output = plan_of(&hosts, kinds, packages);
    expected.assert_eq(&print(&output));
    if let Some(plan) = &output.plan {
        let notes = lint_of(plan, &hosts);
        assert!(!notes.contains("Error"), "the lint refuses it: {notes}");
    }
}

#[test]
fn all_pending_updates_are_planned_with_their_bits_and_their_way_back() {
    check(
        "host web-1
           openssl 3.0.11-1 -> 3.0.13-1  security
           bash 5.2.15-2 -> 5.2.15-3
           docker-ce 1 -> 2  third-party
           firmware-misc 1 -> 2  arch=all
           vim 9",
        &[],
        &[],
        &expect![[r#"
            web-1  8000 bytes
              bash:amd64 5.2.15-2 -> 5.2.15-3  Maintenance
              docker-ce:amd64 1 -> 2  Application
              firmware-misc:all 1 -> 2  Firmware
              openssl:amd64 3.0.11-1 -> 3.0.13-1  Security
        "#]],
    );
}

#[test]
fn only_asked_kinds_are_planned() {
    let text = "host web-1
                  openssl 3.0.11-1 -> 3.0.13-1  security
                  bash 5.2.15-2 -> 5.2.15-3
                host db-1
                  bash 5.2.15-2 -> 5.2.15-3";
    check(
        text,
        &[PatchKind::Security],
        &[],
        &expect![[r#"
        web-1  2000 bytes
          openssl:amd64 3.0.11-1 -> 3.0.13-1  Security
        left out: db-1 : nothing pending of what was asked for
    "#]],
    );
    check(
        text,
        &[PatchKind::Firmware],
        &[],
        &expect![[r#"
        left out: web-1 : nothing pending of what was asked for
        left out: db-1 : nothing pending of what was asked for
    "#]],
    );
}

#[test]
fn asked_packages_go_by_binary_or_source_name_and_the_missing_is_told() {
    check(
        "host web-1
           libssl3 3.0.11-1 -> 3.0.13-1  source=openssl
           bash 5.2.15-2 -> 5.2.15-3",
        &[],
        &["openssl", "nginx"],
        &expect![[r#"
            web-1  2000 bytes
              libssl3:amd64 3.0.11-1 -> 3.0.13-1  Maintenance
            left out: web-1 nginx: nothing pending
        "#]],
    );
}

#[test]
fn what_an_update_requires_comes_along_whatever_its_kind() {
    check(
        "host web-1
           linux-image-amd64 6.1.112-1 -> 6.1.119-1  security source=linux-signed requires=linux-image-6.1.0-28
           linux-image-6.1.0-28 + 6.1.119-1  source=linux-signed requires=initramfs-tools
           initramfs-tools 0.142 -> 0.143  arch=all
           linux-doc + 6.1.119-1  source=linux-signed
           bash 5.2.15-2 -> 5.2.15-3",
        &[PatchKind::Security],
        &[],
        &expect![[r#"
            web-1  5000 bytes
              initramfs-tools:all 0.142 -> 0.143  Maintenance
              linux-image-6.1.0-28:amd64 (new) -> 6.1.119-1  Maintenance  no way back
              linux-image-amd64:amd64 6.1.112-1 -> 6.1.119-1  Security
        "#]],
    );
}

#[test]
fn packages_of_one_source_move_together() {
    check(
        "host web-1
           libssl3 3.0.11-1 -> 3.0.13-1  source=openssl security
           libssl3 3.0.11-1 -> 3.0.13-1  source=openssl arch=i386
           openssl 3.0.11-1 -> 3.0.13-1
           bash 5.2.15-2 -> 5.2.15-3",
        &[],
        &["libssl3"],
        &expect![[r#"
            web-1  6000 bytes
              libssl3:amd64 3.0.11-1 -> 3.0.13-1  Security
              libssl3:i386 3.0.11-1 -> 3.0.13-1  Maintenance
              openssl:amd64 3.0.11-1 -> 3.0.13-1  Maintenance
        "#]],
    );
}

#[test]
fn held_packages_stay_and_so_does_what_needs_them() {
    check(
        "host web-1
           nginx 1.22-1 -> 1.22-2  held security
           nginx-common 1.22-1 -> 1.22-2  source=nginx arch=all security
           module-x 1 -> 2  requires=nginx-common
           bash 5.2.15-2 -> 5.2.15-3",
        &[],
        &[],
        &expect![[r#"
            web-1  2000 bytes
              bash:amd64 5.2.15-2 -> 5.2.15-3  Maintenance
            left out: web-1 module-x: needs nginx-common, which is left out
            left out: web-1 nginx: held on the host
            left out: web-1 nginx-common: needs nginx, which is left out
        "#]],
    );
}

#[test]
fn a_requirement_that_nobody_knows_is_left_out_with_what_needs_it() {
    check(
        "host web-1
           a 1 -> 2  requires=b
           b 1 -> 2  requires=ghost",
        &[],
        &[],
        &expect![[r#"
            left out: web-1 a: needs b, which is left out
            left out: web-1 b: needs ghost, which is left out
        "#]],
    );
}

#[test]
fn no_file_no_way_back_own_agent_and_downgrades_are_left_out() {
    check(
        "host web-1
           nofile 1 -> 2  nofile
           noback 1 -> 2  noback
           kept 1 -> 2  vault
           patchwell-agent 1 -> 2
           pinned 2 -> 1
           new + 1  noback
           wants-new 1 -> 2  requires=new",
        &[],
        &[],
        &expect![[r#"
            web-1  5000 bytes
              kept:amd64 1 -> 2  Maintenance
              new:amd64 (new) -> 1  Maintenance  no way back
              wants-new:amd64 1 -> 2  Maintenance
            left out: web-1 noback: no way back: version 1 is in no repository and not in the vault
            left out: web-1 nofile: its repository names no file for the new version
            left out: web-1 patchwell-agent: the agent's own package has its own kind of change
            left out: web-1 pinned: would go down to 1: an update never does
        "#]],
    );
}

#[test]
fn a_file_that_the_vault_lost_is_no_way_back() {
    let mut hosts = fleet("host web-1\n  kept 1 -> 2  vault");
    assert!(plan_of(&hosts, &[], &[]).plan.is_some());
    hosts[0].vault.clear();
    expect![
        "left out: web-1 kept: no way back: version 1 is in no repository and not in the vault\n"
    ]
    .assert_eq(&print(&plan_of(&hosts, &[], &[])));
}

#[test]
fn a_person_may_do_without_a_way_back_by_name() {
    let hosts = fleet("host web-1\n  noback 1 -> 2  noback\n  bash 1 -> 2");
    let inputs: Vec<_> = hosts.iter().map(crate::fleet_text::Host::input).collect();
    let output = plan(&PlanInput {
        change: ChangeId(1),
        generation: 1,
        now: NOW,
        kinds: &[],
        packages: &[],
        waive: Some(("alex".to_owned(), "vendor is gone".to_owned())),
        hosts: &inputs,
    });
    expect![[r#"
        web-1  3000 bytes
          bash:amd64 1 -> 2  Maintenance
          noback:amd64 1 -> 2  Maintenance  no way back
          waived by alex: vendor is gone: noback
    "#]]
    .assert_eq(&print(&output));
    let notes = lint_of(output.plan.as_ref().expect("a plan"), &hosts);
    expect![[r#"
        Warning web-1: no way back for noback: waived by alex (vendor is gone)
    "#]]
    .assert_eq(&notes);
}

#[test]
fn hosts_that_cannot_be_planned_on_say_why() {
    check(
        "host new  never
         host asleep  silent=25h
           a 1 -> 2
         host looker  unprivileged
           a 1 -> 2
         host working  busy
           a 1 -> 2
         host listless  lists=none
           a 1 -> 2
         host rusty  lists=8d
           a 1 -> 2
         host torn
           a 1 -> 2
           b 1  state=iF
           c 1  state=iHR
           d 1  state=rc
         host clean
           a 1
         host due
           a 1 -> 2",
        &[],
        &[],
        &expect![[r#"
            due  2000 bytes
              a:amd64 1 -> 2  Maintenance
            left out: new : has never reported
            left out: asleep : last report is 25 hours old
            left out: looker : the agent there runs without root: it only looks
            left out: working : change_00000000000000000000000000000009 still works on it
            left out: listless : has no package lists: nothing is known of what pends
            left out: rusty : package lists are 8 days old
            left out: torn : half-installed packages: b, c
            left out: clean : nothing pending
        "#]],
    );
}

#[test]
fn the_first_reason_wins() {
    let text = "host bad  silent=48h unprivileged busy lists=none\n  a 1 -> 2  state=iF";
    check(
        text,
        &[],
        &[],
        &expect![[r#"
        left out: bad : last report is 2 days old
    "#]],
    );
}

#[test]
fn limits_of_age_are_inclusive() {
    let text = "host edge  silent=86400s lists=604800s\n  a 1 -> 2";
    assert!(plan_of(&fleet(text), &[], &[]).plan.is_some());
    for text in ["host edge  silent=86401s\n  a 1 -> 2", "host edge  lists=604801s\n  a 1 -> 2"] {
        assert!(plan_of(&fleet(text), &[], &[]).plan.is_none());
    }
}

#[test]
fn the_plan_ends_with_what_dpkg_will_say() {
    let hosts = fleet(
        "host web-1
           a 1 -> 2
           b 1  state=hi
           c 1  state=rc
           c + 2
           d 1 -> 2  requires=c
           e 1 -> 2  arch=all",
    );
    let plan = plan_of(&hosts, &[], &[]).plan.expect("a plan");
    let after = fleet(
        "host web-1
           a 2
           b 1  state=hi
           c 2
           d 2
           e 2  arch=all",
    );
    assert_eq!(plan.hosts[0].installed_before, hosts[0].packages.installed_digest());
    assert_eq!(plan.hosts[0].installed_after, after[0].packages.installed_digest());
}

#[test]
fn a_package_that_changes_to_all_is_replaced_and_other_architectures_stay() {
    let step = |arch: &str| Step {
        name: "a".to_owned(),
        arch: arch.to_owned(),
        from: "1".to_owned(),
        to: "2".to_owned(),
        kind: PatchKind::Maintenance,
        artifact: crate::fleet_text::artifact("a", arch, "2"),
        back: None,
    };
    let installed = |text: &str| fleet(text)[0].packages.installed_digest();
    let set = &fleet("host h\n  a 1\n  a 1  arch=i386")[0].packages;
    assert_eq!(
        installed_after(set, &[step("amd64")]).installed_digest(),
        installed("host h\n  a 2\n  a 1  arch=i386")
    );
    assert_eq!(
        installed_after(set, &[step("all")]).installed_digest(),
        installed("host h\n  a 2  arch=all")
    );
}

#[test]
fn kernels_and_libc_expect_a_reboot() {
    for (name, expected) in [
        ("linux-image-amd64", RebootExpectation::Expected),
        ("libc6", RebootExpectation::Expected),
        ("intel-microcode", RebootExpectation::Expected),
        ("bash", RebootExpectation::None),
        ("linux-libc-dev", RebootExpectation::None),
    ] {
        let plan = plan_of(&fleet(&format!("host h\n  {name} 1 -> 2")), &[], &[]).plan;
        assert_eq!(plan.expect("a plan").hosts[0].reboot, expected, "{name}");
    }
}

/// Planning with only what is left never plans what is done: the second plan of a carried out one is none.
#[test]
fn planning_twice_changes_nothing() {
    let mut hosts = fleet("host h\n  a 1 -> 2\n  b 1 -> 2  held");
    let plan = plan_of(&hosts, &[], &[]).plan.expect("a plan");
    hosts[0].packages = installed_after(&hosts[0].packages, &plan.hosts[0].steps);
    hosts[0].pending.updates.retain(|update| update.is_held);
    expect!["left out: h b: held on the host\n"].assert_eq(&print(&plan_of(&hosts, &[], &[])));
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: proptest::test_runner::RngSeed::Fixed(2),
        failure_persistence: None,
        cases: 128,
        ..ProptestConfig::default()
    })]

    /// Hosts of random packages that require each other at random; the inputs come in another order.
    #[test]
    fn inputs_in_any_order_give_the_same_bytes(
        (lines, shuffled) in proptest::collection::vec(any_line(), 1..12)
            .prop_flat_map(|lines| (Just(lines.clone()), Just(lines).prop_shuffle())),
        kinds in proptest::collection::vec(any_kind(), 0..3),
    ) {
        let hosts = |lines: &[String]| fleet(&format!(
            "host a\n{0}\nhost b\n{0}", distinct(lines).join("\n")
        ));
        let (hosts, mut others) = (hosts(&lines), hosts(&shuffled));
        others.reverse();
        let mut reversed = kinds.clone();
        reversed.reverse();
        let first = plan_of(&hosts, &kinds, &[]);
        let second = plan_of(&others, &reversed, &[]);
        prop_assert_eq!(&first.left_out, &second.left_out);
        prop_assert_eq!(first.plan.as_ref().map(Plan::to_bytes), second.plan.map(|p| p.to_bytes()));
        if let Some(plan) = &first.plan {
            let notes = lint_of(plan, &hosts);
            prop_assert!(!notes.contains("Error"), "the lint refuses it: {}", notes);
        }
    }

    /// Nothing that was asked for vanishes: it is a step, or it is left out with a reason.
    #[test]
    fn every_pending_update_is_a_step_or_left_out(
        lines in proptest::collection::vec(any_line(), 1..12),
    ) {
        let hosts = fleet(&format!("host a\n{}", distinct(&lines).join("\n")));
        let output = plan_of(&hosts, &[], &[]);
        let steps: Vec<&Step> = output.plan.iter().flat_map(|p| &p.hosts[0].steps).collect();
        for update in &hosts[0].pending.updates {
            let is_step = steps.iter().any(|step| step.name == update.name);
            let is_left = output.left_out.iter().any(|left| left.package == update.name);
            prop_assert!(is_step != is_left, "{}", update.name);
        }
        for step in steps {
            let update = hosts[0].pending.updates.iter().find(|u| u.name == step.name);
            for name in update.iter().flat_map(|update| &update.requires) {
                prop_assert!(output.left_out.iter().all(|left| left.package != *name));
            }
        }
    }
}

fn any_kind() -> impl Strategy<Value = PatchKind> {
    prop_oneof![Just(PatchKind::Security), Just(PatchKind::Maintenance)]
}

/// One package line: named by a digit, of one of three sources, requiring up to two others.
pub(crate) fn any_line() -> impl Strategy<Value = String> {
    (
        0..9_u8,
        prop_oneof!["1 -> 2", "1 -> 2", "1 -> 2", "\\+ 2", "1"],
        0..3_u8,
        proptest::collection::vec(0..9_u8, 0..2),
        prop_oneof!["", "", "security", "held", "nofile", "noback"],
    )
        .prop_map(|(name, versions, source, requires, word)| {
            let requires: Vec<String> =
                requires.iter().map(|other| format!("pkg{other}")).collect();
            let requires = match requires.is_empty() {
                true => String::new(),
                false => format!("requires={}", requires.join(",")),
            };
            format!("  pkg{name} {versions} {word} source=s{source} {requires}")
        })
}

/// Keeps the least line of each package, whatever order they came in.
pub(crate) fn distinct(lines: &[String]) -> Vec<&str> {
    let name = |line: &str| line.split_whitespace().next().map(str::to_owned);
    let mut kept: Vec<&str> = lines
        .iter()
        .filter(|line| !lines.iter().any(|other| name(other) == name(line) && other < *line))
        .map(String::as_str)
        .collect();
    let mut seen = BTreeSet::new();
    kept.retain(|line| seen.insert(*line));
    kept
}
