use super::{EntryInput, Item, entry, without_rebuild};
use crate::index::{Coverage, HostEntry};
use expect_test::{Expect, expect};
use model::host::{AgentMode, HostFacts, OwnedVersion};
use model::package::{Origin, Package, PackageSet};
use model::report::{Conditions, PendingSet};
use model::{HostId, TenantId};

fn facts(os_id: &str, os_version: &str) -> HostFacts {
    HostFacts {
        hostname: String::new(),
        os_id: os_id.to_owned(),
        os_version: os_version.to_owned(),
        os_codename: String::new(),
        os_pretty: String::new(),
        arch: "amd64".to_owned(),
        kernel_running: String::new(),
        kernel_newest: String::new(),
        kernel_package: None,
        kernel_next: String::new(),
        boot_id: String::new(),
        booted_at: 0,
        has_systemd: true,
        virtualization: "none".to_owned(),
        agent_mode: AgentMode::Systemd,
        agent_version: String::new(),
    }
}

/// A package from `name version source source_version [state]`.
fn package(line: &str) -> Package {
    let words: Vec<&str> = line.split_whitespace().collect();
    Package {
        name: words[0].to_owned(),
        arch: "amd64".to_owned(),
        version: words[1].to_owned(),
        state: words.get(4).copied().unwrap_or("ii").to_owned(),
        source: words[2].to_owned(),
        source_version: words[3].to_owned(),
        origin: Some(Origin {
            label: "Debian".to_owned(),
            origin: "Debian".to_owned(),
            suite: String::new(),
            site: String::new(),
        }),
    }
}

fn of(facts: &HostFacts, packages: &[&str]) -> HostEntry {
    let packages = PackageSet::new(packages.iter().map(|line| package(line)).collect());
    entry(&EntryInput {
        host: HostId(1),
        tenant: TenantId(1),
        first_seen_at: 0,
        seen_at: 0,
        facts,
        packages: &packages,
        pending: &PendingSet::default(),
        conditions: &Conditions::default(),
    })
}

#[expect(clippy::needless_pass_by_value, reason = "a snapshot is written in place")]
fn check(entry: &HostEntry, expected: Expect) {
    let line = |item: &Item| {
        let module = &item.module;
        format!("{} {} {module:?} {:?} {:?}\n", item.stream, item.package, item.version, item.part)
    };
    expected.assert_eq(&entry.items.iter().map(line).collect::<String>());
}

#[test]
fn sources_are_named_once_whatever_their_number_of_binaries() {
    let entry = of(
        &facts("debian", "12"),
        &[
            "bash 5.2.15-2+b13 bash 5.2.15-2",
            "libssl3 3.0.15-1 openssl 3.0.15-1",
            "openssl 3.0.15-1 openssl 3.0.15-1",
            "libssl-dev 3.0.14-1 openssl 3.0.14-1",
            "gone 1.0-1 gone 1.0-1 rc",
            "half 1.0-1 half 1.0-1 iU",
        ],
    );
    check(
        &entry,
        expect![[r#"
        debian:12 bash "" "5.2.15-2" Main
        debian:12 half "" "1.0-1" Main
        debian:12 openssl "" "3.0.14-1" Carried
        debian:12 openssl "" "3.0.15-1" Main
    "#]],
    );
}

#[test]
fn ubuntus_kernels_are_folded_onto_the_source_of_their_flavour() {
    let mut facts = facts("ubuntu", "22.04");
    facts.kernel_package = Some(OwnedVersion {
        name: "linux-image-6.5.0-41-generic".to_owned(),
        version: "6.5.0-41.41~22.04.2".to_owned(),
    });
    let entry = of(
        &facts,
        &[
            "linux-image-6.5.0-41-generic 6.5.0-41.41~22.04.2 linux-signed-hwe-6.5 6.5.0-41.41~22.04.2",
            "linux-image-5.15.0-91-generic 5.15.0-91.101 linux-signed 5.15.0-91.101",
            "linux-headers-5.15.0-91 5.15.0-91.101 linux 5.15.0-91.101",
            "linux-hwe-6.5-headers-6.5.0-41 6.5.0-41.41~22.04.2 linux-hwe-6.5 6.5.0-41.41~22.04.2",
            "linux-image-generic 5.15.0.91.88 linux-meta 5.15.0.91.88",
            "linux-firmware 20220329 linux-firmware 20220329",
        ],
    );
    check(
        &entry,
        expect![[r#"
        ubuntu:22.04 linux "" "" Elsewhere
        ubuntu:22.04 linux "" "5.15.0-91.101" Main
        ubuntu:22.04 linux "" "5.15.0-91.101" Carried
        ubuntu:22.04 linux-firmware "" "20220329" Main
        ubuntu:22.04 linux-hwe-6.5 "" "6.5.0-41.41~22.04.2" Main
        ubuntu:22.04 linux-hwe-6.5 "" "6.5.0-41.41~22.04.2" Carried
        ubuntu:22.04 linux-hwe-6.5 "" "6.5.0-41.41~22.04.2" Running
        ubuntu:22.04 linux-meta "" "5.15.0.91.88" Carried
    "#]],
    );
}

#[test]
fn rpm_streams_name_binaries_and_say_where_a_build_is_modular() {
    let mut facts = facts("almalinux", "9.4");
    facts.kernel_package =
        Some(OwnedVersion { name: "kernel-core".to_owned(), version: "5.14.0-427.el9".to_owned() });
    let entry = of(
        &facts,
        &[
            "kernel-core 5.14.0-503.el9 kernel 5.14.0-503.el9",
            "kernel-modules 5.14.0-503.el9 kernel 5.14.0-503.el9",
            "kernel-headers 5.14.0-503.el9 kernel 5.14.0-503.el9",
            "nodejs 1:18.20-1.module_el9.3.0+1 nodejs 18.20-1",
            "grub2-efi-x64-modules 1:2.06-80.el9 grub2 2.06-80.el9",
        ],
    );
    check(
        &entry,
        expect![[r#"
        alma:9 grub2-efi-x64-modules "" "1:2.06-80.el9" Main
        alma:9 kernel-core "" "5.14.0-427.el9" Running
        alma:9 kernel-core "" "5.14.0-503.el9" Main
        alma:9 kernel-headers "" "5.14.0-503.el9" Carried
        alma:9 kernel-modules "" "5.14.0-427.el9" Running
        alma:9 kernel-modules "" "5.14.0-503.el9" Main
        alma:9 nodejs "?" "1:18.20-1.module_el9.3.0+1" Main
    "#]],
    );
}

#[test]
fn a_host_says_how_far_it_can_be_judged() {
    let lines = ["bash 5.2.15-2 bash 5.2.15-2"];
    assert_eq!(of(&facts("debian", "12"), &lines).coverage, Coverage::Covered);
    let unread = ["bash 5.2.15-2 bash 5.2.15-2", "x bad_version x bad_version"];
    assert_eq!(of(&facts("debian", "12"), &unread).coverage, Coverage::Partly);
    let unknown = of(&facts("plan9", "4"), &lines);
    assert_eq!((unknown.coverage, unknown.items), (Coverage::NoStream, vec![]));
}

#[test]
fn lists_that_were_never_fetched_are_too_old_to_tell() {
    assert!(of(&facts("debian", "12"), &[]).is_lists_stale);
}

#[test]
fn a_rebuild_is_told_from_a_version_that_only_looks_like_one() {
    assert_eq!(without_rebuild("5.2.15-2+b13"), "5.2.15-2");
    assert_eq!(without_rebuild("1.0+beta1"), "1.0+beta1");
    assert_eq!(without_rebuild("1.0+b"), "1.0+b");
}
