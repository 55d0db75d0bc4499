//! The main job by the command line alone, on real hosts, judged by the hosts' own package database.

use crate::lab_wanted;
use crate::product::{enrolled, enrolled_after, enrolled_of, installed, package, run_of, story};
use crate::say;
use lab::base::Release;
use lab::fault::{self, Fault};
use lab::{Host, settings, wait};
use model::host::{HostView, OwnedVersion};
use model::outcome::{BlockReason, RunEnd};
use model::plan::LeftOutReason;
use model::run::{RunState, RunView, WaitingOn};
use std::time::Duration;

fn plant(host: &Host, fault: Fault) {
    fault::plant(host, fault).unwrap();
}

#[test]
fn three_hosts_are_patched_verified_and_taken_back() {
    let Some(_alone) = lab_wanted() else { return };
    let (lab, product) = enrolled(3);
    let before: Vec<Vec<String>> = lab.hosts.iter().map(installed).collect();
    let marks = |host: &Host| host.exec_ok("apt-mark showauto").unwrap();
    let marks_before: Vec<String> = lab.hosts.iter().map(marks).collect();
    let change = product.plan(&["--host", "lab-1", "--host", "lab-2", "--host", "lab-3"]);
    assert_eq!(change.plan.hosts.len(), 3, "{:?}", change.plan.left_out);
    let began = wait::instant();
    product.approve(&change);
    let done = product.watch(&change);
    say(&format!("3 hosts patched in {:.1} s", began.elapsed().as_secs_f64()));
    for (host, before) in lab.hosts.iter().zip(&before) {
        let run = run_of(&done, host);
        assert_eq!(run.state.word(), "succeeded", "{}", story(run));
        let entry = change.plan.hosts.iter().find(|entry| entry.name == host.name).unwrap();
        assert!(entry.steps.len() >= 10, "{} steps", entry.steps.len());
        for step in &entry.steps {
            assert_eq!(
                package(host, &format!("{}:{}", step.name, step.arch)),
                format!("ii {}", step.to)
            );
        }
        // Nothing else moved, and nothing pends that was planned.
        let after = installed(host);
        let moved = after.iter().filter(|line| !before.contains(line)).count();
        assert_eq!(moved, entry.steps.len());
        assert_eq!(&marks(host), &marks_before[0], "what was installed for others still is");
        assert_eq!(host.exec_ok("dpkg --audit").unwrap(), "");
        assert_eq!(host.exec("systemctl is-system-running").unwrap().stdout.trim(), "running");
    }
    let ssl = change.plan.hosts[0].steps.iter().find(|step| step.name == "libssl3").unwrap();
    let is_told = |view: &HostView| {
        let old = |package: &OwnedVersion| package.name == ssl.name && package.version == ssl.from;
        view.stale.iter().any(|process| process.packages.iter().any(old))
    };
    product.wait_host(&lab.hosts[0], "processes that still run the old library", is_told);
    let undone: Vec<_> = done.runs.iter().map(|run| product.undo(run.run)).collect();
    for change in &undone {
        let done = product.watch(change);
        let run = done.runs.first().expect("one run");
        assert_eq!(run.state.word(), "succeeded", "{}", story(run));
    }
    for ((host, before), marks_before) in lab.hosts.iter().zip(&before).zip(&marks_before) {
        assert_eq!(&installed(host), before, "{} is as it was", host.name);
        assert_eq!(&marks(host), marks_before, "what was installed for others still is");
        assert_eq!(host.exec_ok("dpkg --audit").unwrap(), "");
    }
    let events = product.cli_ok(&["events", "--limit", "1000"]);
    assert!(events.lines().count() > 20, "{events}");
}

/// The release before last: an older apt, dpkg and systemd, and an agent without a C library of its own.
/// Building that takes minutes, so that only the long runs have it.
#[test]
fn an_older_release_is_patched_and_taken_back() {
    let Some(_alone) = lab_wanted() else { return };
    if !settings::is_slow_wanted() {
        say("skipped: PATCHWELL_SLOW_TESTS is not set");
        return;
    }
    let (lab, product) = enrolled_of(Release::Bullseye, 1, |_| ());
    let host = &lab.hosts[0];
    let before = installed(host);
    let change = product.plan(&["--host", "lab-1"]);
    product.approve(&change);
    let done = product.watch(&change);
    let run = run_of(&done, host);
    assert_eq!(run.state.word(), "succeeded", "{}", story(run));
    let steps = &change.plan.hosts[0].steps;
    assert!(steps.len() >= 10, "{} steps", steps.len());
    for step in steps {
        assert_eq!(
            package(host, &format!("{}:{}", step.name, step.arch)),
            format!("ii {}", step.to)
        );
    }
    assert_eq!(host.exec_ok("dpkg --audit").unwrap(), "");
    let done = product.watch(&product.undo(run.run));
    let run = run_of(&done, host);
    assert_eq!(run.state.word(), "succeeded", "{}", story(run));
    assert_eq!(installed(host), before, "as it was");
    assert_eq!(host.exec_ok("dpkg --audit").unwrap(), "");
    say(&format!("bullseye: {} packages forth and back", steps.len()));
}

#[test]
fn a_failing_maintainer_script_is_told_as_it_is_and_taken_back() {
    let Some(_alone) = lab_wanted() else { return };
    let (lab, product) = enrolled_after(2, |lab| {
        plant(&lab.hosts[0], Fault::Postinst);
        plant(&lab.hosts[1], Fault::Preinst);
    });
    let before: Vec<Vec<String>> = lab.hosts.iter().map(installed).collect();
    for (host, name) in lab.hosts.iter().zip(["lab-bad-postinst", "lab-bad-preinst"]) {
        let change = product.plan(&["--host", &host.name, "--package", name]);
        product.approve(&change);
        let done = product.watch(&change);
        let run = run_of(&done, host);
        assert_eq!(run.state.word(), "stuck", "{}", story(run));
        let outcome = run.outcome.as_ref().expect("an outcome");
        assert!(outcome.output_tail.contains("fails on purpose"), "{}", story(run));
        say(&format!("{}: dpkg says `{}`", host.name, package(host, name)));
    }
    // After the failure, undo brings the host back to a clean database.
    for (host, before) in lab.hosts.iter().zip(&before) {
        let lines: Vec<model::change::ChangeLine> = product.ask(&["change", "list"]);
        let views = lines.iter().map(|line| product.change(&line.id.to_string()));
        let run = views
            .flat_map(|view| view.runs)
            .find(|run| run.host_name == host.name)
            .expect("the run that failed");
        if installed(host) == *before {
            continue;
        }
        let done = product.watch(&product.undo(run.run));
        let run = run_of(&done, host);
        assert_eq!(run.state.word(), "succeeded", "{}", story(run));
        assert_eq!(&installed(host), before, "{} is as it was", host.name);
        assert_eq!(host.exec_ok("dpkg --audit").unwrap(), "");
    }
}

/// A power cut while dpkg lays a package's files out leaves it half unpacked. That took a hundred random
/// cuts to meet; here dpkg's own record of it is written.
#[test]
fn a_package_that_was_left_half_unpacked_is_mended_on_the_way_back() {
    let Some(_alone) = lab_wanted() else { return };
    let (lab, product) = enrolled_after(1, |lab| {
        lab.hosts[0].exec_ok("apt-get -qq install -y lab-hello=1.0").unwrap();
    });
    let host = &lab.hosts[0];
    let change = product.plan(&["--host", "lab-1", "--package", "lab-hello"]);
    product.approve(&change);
    let run = run_of(&product.watch(&change), host).run;
    let tear = "sed -i '/^Package: lab-hello$/,/^$/s/^Status: install ok installed$/\
                Status: install reinstreq half-installed/' /var/lib/dpkg/status";
    host.exec_ok(tear).unwrap();
    assert_eq!(package(host, "lab-hello"), "iHR2.0");
    // The network half looks at the host when it starts.
    host.exec_ok("systemctl restart patchwell-agent-net").unwrap();
    product.wait_host(host, "the torn package", |view| view.torn == ["lab-hello"]);
    let done = product.watch(&product.undo(run));
    let run = run_of(&done, host);
    assert_eq!(run.state.word(), "succeeded", "{}", story(run));
    assert_eq!(package(host, "lab-hello"), "ii 1.0");
    assert_eq!(host.exec_ok("dpkg --audit").unwrap(), "");
}

#[test]
fn an_edited_configuration_file_is_kept_and_named() {
    let Some(_alone) = lab_wanted() else { return };
    let (lab, product) = enrolled_after(1, |lab| plant(&lab.hosts[0], Fault::Conffile));
    let host = &lab.hosts[0];
    let edited = host.exec_ok("cat /etc/lab-conffile.conf").unwrap();
    let change = product.plan(&["--host", "lab-1", "--package", "lab-conffile"]);
    product.approve(&change);
    let done = product.watch(&change);
    let run = run_of(&done, host);
    assert_eq!(run.state.word(), "succeeded", "{}", story(run));
    assert_eq!(package(host, "lab-conffile"), "ii 2.0");
    assert_eq!(host.exec_ok("cat /etc/lab-conffile.conf").unwrap(), edited);
    let kept = &run.outcome.as_ref().expect("an outcome").conffiles_kept;
    assert!(kept.iter().any(|path| path == "/etc/lab-conffile.conf"), "{kept:?}");
}

#[test]
fn a_held_package_stays_whether_held_before_the_plan_or_after() {
    let Some(_alone) = lab_wanted() else { return };
    let (lab, product) = enrolled_after(1, |lab| {
        let install = "apt-get -qq install -y lab-hello=1.0 lab-conffile=1.0";
        lab.hosts[0].exec_ok(install).unwrap();
        lab.hosts[0].exec_ok("apt-mark hold lab-hello").unwrap();
    });
    let host = &lab.hosts[0];
    let change = product.plan(&["--host", "lab-1"]);
    let held = change.plan.left_out.iter().find(|left| left.package == "lab-hello");
    assert_eq!(held.map(|left| &left.reason), Some(&LeftOutReason::Held));
    // Planned, then held before it starts: blocked, with the reason.
    let change = product.plan(&["--host", "lab-1", "--package", "lab-conffile"]);
    host.exec_ok("apt-mark hold lab-conffile").unwrap();
    product.approve(&change);
    let done = product.watch(&change);
    let run = run_of(&done, host);
    let RunState::Ended { end: RunEnd::Blocked { reason } } = &run.state else {
        panic!("not blocked: {}", story(run));
    };
    // A hold is part of the installed set, so either reason is true.
    assert!(
        matches!(reason, BlockReason::Held { .. } | BlockReason::Drift { .. }),
        "{}",
        story(run)
    );
    assert_eq!(package(host, "lab-hello"), "hi 1.0");
    assert_eq!(package(host, "lab-conffile"), "hi 1.0");
}

#[test]
fn a_host_that_is_offline_is_waited_for_and_patched_when_it_comes_back() {
    let Some(_alone) = lab_wanted() else { return };
    let (lab, product) = enrolled_after(1, |lab| {
        lab.hosts[0].exec_ok("apt-get -qq install -y lab-hello=1.0").unwrap();
    });
    let host = &lab.hosts[0];
    let change = product.plan(&["--host", "lab-1", "--package", "lab-hello"]);
    host.set_online(false).unwrap();
    // A poll that is in flight ends with the cable; then the server hears nothing.
    product.approve(&change);
    wait::pause(Duration::from_secs(10));
    let seen = product.change(&change.id.to_string());
    let run = run_of(&seen, host);
    assert_eq!(run.state, RunState::Ordered, "{}", story(run));
    assert!(
        matches!(
            run.waiting_on,
            None | Some(WaitingOn::HostSilent { .. } | WaitingOn::Vault { .. })
        ),
        "{}",
        story(run)
    );
    assert_eq!(package(host, "lab-hello"), "ii 1.0");
    host.set_online(true).unwrap();
    let done = product.watch(&change);
    let run = run_of(&done, host);
    assert_eq!(run.state.word(), "succeeded", "{}", story(run));
    assert_eq!(package(host, "lab-hello"), "ii 2.0");
}

#[test]
fn a_full_disk_on_the_host_blocks_the_run_and_loses_nothing() {
    let Some(_alone) = lab_wanted() else { return };
    let (lab, product) = enrolled(1);
    let host = &lab.hosts[0];
    let before = installed(host);
    let change = product.plan(&["--host", "lab-1"]);
    plant(host, Fault::DiskFull);
    product.approve(&change);
    let done = product.watch(&change);
    let run = run_of(&done, host);
    assert!(
        matches!(
            &run.state,
            RunState::Ended { end: RunEnd::Blocked { .. } | RunEnd::Aborted { .. } }
        ),
        "{}",
        story(run)
    );
    assert_eq!(installed(host), before);
    plant(host, Fault::DiskFree);
    let again = product.plan(&["--host", "lab-1"]);
    product.approve(&again);
    let done = product.watch(&again);
    assert_eq!(run_of(&done, host).state.word(), "succeeded", "{}", story(run_of(&done, host)));
}

#[test]
fn another_programs_lock_is_waited_for_and_never_broken() {
    let Some(_alone) = lab_wanted() else { return };
    let (lab, product) = enrolled_after(1, |lab| {
        lab.hosts[0].exec_ok("apt-get -qq install -y lab-hello=1.0").unwrap();
    });
    let host = &lab.hosts[0];
    let change = product.plan(&["--host", "lab-1", "--package", "lab-hello"]);
    plant(host, Fault::Lock);
    product.approve(&change);
    wait::until("the run to wait for the lock", Duration::from_secs(90), || {
        let seen = product.change(&change.id.to_string());
        Ok((run_of(&seen, host).waiting_on == Some(WaitingOn::PackageManager)).then_some(()))
    })
    .unwrap();
    assert_eq!(package(host, "lab-hello"), "ii 1.0");
    host.exec_ok("systemctl is-active --quiet lab-lock").unwrap();
    plant(host, Fault::Unlock);
    let done = product.watch(&change);
    assert_eq!(run_of(&done, host).state.word(), "succeeded", "{}", story(run_of(&done, host)));
}

/// Prints how long three hosts take by the product and by plain apt at the same time on three others.
#[test]
fn figures_of_three_hosts_beside_plain_apt() {
    let Some(_alone) = lab_wanted() else { return };
    if !settings::is_slow_wanted() {
        say("skipped: PATCHWELL_SLOW_TESTS is not set");
        return;
    }
    let (lab, product) = enrolled(6);
    let (ours, plain) = lab.hosts.split_at(3);
    let began = wait::instant();
    let script = "DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get -q -y dist-upgrade";
    std::thread::scope(|scope| {
        for host in plain {
            scope.spawn(move || host.exec_ok(script).unwrap());
        }
    });
    let by_apt = began.elapsed().as_secs_f64();
    let change = product.plan(&["--host", "lab-1", "--host", "lab-2", "--host", "lab-3"]);
    let began = wait::instant();
    product.approve(&change);
    let done = product.watch(&change);
    let by_us = began.elapsed().as_secs_f64();
    let ratio = by_us / by_apt;
    say(&format!("3 hosts: apt {by_apt:.1} s, patchwell {by_us:.1} s, {ratio:.2} times"));
    for host in ours {
        let run = run_of(&done, host);
        say(&format!("{}: {:?}", host.name, history(run)));
        assert_eq!(run.state.word(), "succeeded", "{}", story(run));
        let set = |host: &Host| host.exec_ok("dpkg-query -W").unwrap();
        assert_eq!(set(host), set(&plain[0]), "both end with the same packages");
    }
}

/// Returns each state of a run with the seconds since the first.
fn history(run: &RunView) -> Vec<(&'static str, i64)> {
    let start = run.history.first().map_or(0, |(_, at)| *at);
    run.history.iter().map(|(state, at)| (state.word(), at - start)).collect()
}
