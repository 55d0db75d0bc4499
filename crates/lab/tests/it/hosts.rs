//! The lab itself: boot, updates, faults, reboot, power cut, and that nothing stays behind.

use crate::{lab_of, lab_wanted, nowhere, say, wish};
use lab::fault::{self, Fault};
use lab::{Host, Lab, Settings, leftovers, process, run, wait};
use std::time::Duration;

fn pending(host: &Host) -> Vec<String> {
    let text = host.exec_ok("apt list --upgradable 2>/dev/null | sed 1d | cut -d/ -f1").unwrap();
    text.lines().map(str::to_owned).collect()
}

/// Returns what of this run is still on the machine.
fn traces(settings: &Settings, run: &str) -> Vec<String> {
    let mut found = Vec::new();
    for folder in ["/run/netns", "/sys/fs/cgroup", "/sys/fs/cgroup/systemd"] {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
        found.extend(names.filter(|name| name.contains(run)));
    }
    for folder in [settings.state.join(run), settings.cache.join("runs").join(run)] {
        if folder.exists() {
            found.push(folder.display().to_string());
        }
    }
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap();
    found.extend(mounts.lines().filter(|line| line.contains(run)).map(str::to_owned));
    found
}

#[test]
fn hosts_boot_with_real_updates_pending_and_leave_nothing_behind() {
    let Some(_alone) = lab_wanted() else { return };
    let settings = Settings::from_env();
    let lab = lab_of(2);
    let id = lab.sheet.run.clone();
    assert!(run::list(&settings).unwrap().iter().any(|sheet| sheet.run == id && sheet.is_up));
    for host in &lab.hosts {
        assert_eq!(host.exec_ok("hostname").unwrap().trim(), host.name);
        assert_eq!(host.exec("systemctl is-system-running").unwrap().stdout.trim(), "running");
        assert_eq!(host.exec_ok("dpkg --audit").unwrap(), "");
        host.exec_ok("apt-get -q update").unwrap();
        let pending = pending(host);
        assert!(pending.len() >= 10, "{pending:?}");
    }
    let identities: Vec<String> =
        lab.hosts.iter().map(|host| host.exec_ok("cat /etc/machine-id").unwrap()).collect();
    assert_ne!(identities[0], identities[1]);
    // They see each other and the package server, and nothing of this machine's network.
    lab.hosts[0].exec_ok("ping -c 1 -W 5 10.77.0.12").unwrap();
    let out = lab.hosts[0].exec("curl -sS -m 5 http://192.0.2.1/").unwrap();
    assert!(!out.is_ok());
    lab.down().unwrap();
    assert_eq!(traces(&settings, &id), Vec::<String>::new());
}

#[test]
fn a_real_upgrade_needs_only_the_saved_packages() {
    let Some(_alone) = lab_wanted() else { return };
    let lab = lab_of(1);
    let host = &lab.hosts[0];
    let old = host.exec_ok("dpkg-query -W -f '${Version}' openssl").unwrap();
    let began = wait::instant();
    host.exec_ok("DEBIAN_FRONTEND=noninteractive apt-get -q -y dist-upgrade").unwrap();
    say(&format!("dist-upgrade took {:.1} s", began.elapsed().as_secs_f64()));
    assert_eq!(pending(host), Vec::<String>::new());
    // The way back is saved too.
    host.exec_ok(&format!("apt-get -q -y --allow-downgrades install openssl={old}")).unwrap();
    assert_eq!(host.exec_ok("dpkg-query -W -f '${Version}' openssl").unwrap(), old);
}

#[test]
fn a_reboot_and_a_power_cut_keep_the_disk_and_start_anew() {
    let Some(_alone) = lab_wanted() else { return };
    let lab = lab_of(1);
    let host = &lab.hosts[0];
    host.put("/etc/kept", b"yes\n", "644").unwrap();
    let boot = |host: &Host| host.exec_ok("journalctl --list-boots -q | wc -l").unwrap();
    let first = host.leader().unwrap();
    host.reboot().unwrap();
    assert_eq!(host.boots().unwrap(), 2);
    let second = host.leader().unwrap();
    assert_ne!(first, second);
    host.exec_ok("systemd-run --quiet --unit=long sleep 1000").unwrap();
    host.power_cut().unwrap();
    assert_eq!(host.boots().unwrap(), 3);
    assert_ne!(host.leader().unwrap(), second);
    assert_eq!(host.exec_ok("cat /etc/kept").unwrap(), "yes\n");
    assert!(!host.exec("systemctl is-active --quiet long").unwrap().is_ok());
    host.stop().unwrap();
    assert!(host.leader().unwrap().is_none());
    assert!(host.exec("true").is_err());
    host.start().unwrap();
    assert_eq!(host.boots().unwrap(), 4);
    say(&format!("boots in the journal: {}", boot(host).trim()));
}

#[test]
fn planted_faults_are_the_real_thing() {
    let Some(_alone) = lab_wanted() else { return };
    let lab = lab_of(1);
    let host = &lab.hosts[0];
    let plant = |fault| say(&fault::plant(host, fault).unwrap());
    for fault in [Fault::Postinst, Fault::Preinst, Fault::Service, Fault::Conffile, Fault::Slow] {
        plant(fault);
    }
    let found = pending(host);
    for name in ["lab-bad-postinst", "lab-bad-preinst", "lab-bad-service", "lab-conffile"] {
        assert!(found.iter().any(|package| package == name), "{name} does not pend: {found:?}");
    }
    plant(Fault::Hold);
    assert_eq!(host.exec_ok("apt-mark showhold").unwrap().lines().count(), 1);
    plant(Fault::Unhold);
    plant(Fault::Offline);
    assert!(!host.exec("curl -sS -m 3 -o /dev/null http://deb.debian.org/").unwrap().is_ok());
    plant(Fault::Online);
    host.exec_ok("curl -sS -m 5 -o /dev/null http://deb.debian.org/").unwrap();
    plant(Fault::Lock);
    let locked = host.exec("apt-get -q -y install lab-hello").unwrap();
    assert!(locked.stderr.contains("lock"), "{}", locked.stderr);
    plant(Fault::Unlock);
    plant(Fault::DiskFull);
    let filled = host.exec("head -c 8M /dev/zero > /var/lib/patchwell/big").unwrap();
    assert!(filled.stderr.contains("No space left"), "{}", filled.stderr);
    host.exec_ok("rm /var/lib/patchwell/big; echo kept > /var/lib/patchwell/small").unwrap();
    plant(Fault::DiskFree);
    host.exec_ok("head -c 8M /dev/zero > /var/lib/patchwell/big").unwrap();
    assert_eq!(host.exec_ok("cat /var/lib/patchwell/small").unwrap(), "kept\n");
    plant(Fault::Torn);
    assert!(host.exec_ok("dpkg --audit").unwrap().contains("lab-hello"));
    host.exec_ok("dpkg --configure -a").unwrap();
    let failed = host.exec("apt-get -q -y install lab-bad-postinst lab-bad-preinst").unwrap();
    assert!(!failed.is_ok());
}

#[test]
fn leftovers_of_a_dead_keeper_are_removed_at_the_next_start() {
    let Some(_alone) = lab_wanted() else { return };
    let settings = Settings::from_env();
    let wish = serde_json::to_string(&wish(1, nowhere())).unwrap();
    // This binary again, as a process that we can kill: it keeps a lab until then.
    let program = std::env::current_exe().unwrap();
    let mut keeper = process::command(
        program.to_str().unwrap(),
        &["--exact", "hosts::keeps_a_lab_for_another_test", "--nocapture"],
    )
    .env("LAB_TEST_WISH", wish)
    .spawn()
    .unwrap();
    let pid = i32::try_from(keeper.id()).unwrap();
    let sheet = wait::until("the keeper's lab", Duration::from_secs(120), || {
        let sheets = run::list(&settings)?;
        Ok(sheets.into_iter().find(|sheet| sheet.owner.pid == pid && sheet.is_up))
    })
    .unwrap();
    keeper.kill().unwrap();
    keeper.wait().unwrap();
    assert_ne!(traces(&settings, &sheet.run), Vec::<String>::new());
    leftovers::remove(&settings, &say).unwrap();
    assert_eq!(traces(&settings, &sheet.run), Vec::<String>::new());
}

/// Not a test by itself: the process that the test above kills.
#[test]
fn keeps_a_lab_for_another_test() {
    #[expect(clippy::disallowed_methods, reason = "set by the test that starts this process")]
    let Ok(wish) = std::env::var("LAB_TEST_WISH") else { return };
    let lab = Lab::up(&Settings::from_env(), &serde_json::from_str(&wish).unwrap(), &say).unwrap();
    wait::pause(Duration::from_secs(120));
    lab.down().unwrap();
}

/// Prints the figures that the documents name; asserts only that all hosts came up.
#[test]
fn figures_of_one_three_and_eight_hosts() {
    let Some(_alone) = lab_wanted() else { return };
    for hosts in [1, 3, 8] {
        let began = wait::instant();
        let lab = lab_of(hosts);
        let took = began.elapsed().as_secs_f64();
        let memory: u64 = lab.hosts.iter().map(pss_kb).sum::<u64>() / 1_024;
        let each = memory / u64::try_from(hosts).unwrap();
        assert_eq!(lab.hosts.len(), hosts);
        let began = wait::instant();
        lab.down().unwrap();
        let down = began.elapsed().as_secs_f64();
        say(&format!(
            "{hosts} host(s): up in {took:.1} s, {memory} MB ({each} each), down in {down:.1} s"
        ));
    }
}

/// Returns the proportional set size of all processes of a host.
fn pss_kb(host: &Host) -> u64 {
    let text =
        host.exec_ok("cat /proc/[0-9]*/smaps_rollup 2>/dev/null | grep ^Pss: || true").unwrap();
    text.lines().filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).sum()
}
