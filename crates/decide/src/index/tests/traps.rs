//! Traps that other products fell into, each by its number in the reference; and what entries are made of.

use crate::index::{
    EntryInput, Found, HostEntry, Index, NewRow, Query, RowId, Scope, Source, Subject, entry,
};
use expect_test::{Expect, expect};
use model::advisory::{Advisory, AdvisoryKind, Feed, Label, Row, RowState, Until};
use model::exposure::Reach;
use model::host::{AgentMode, HostFacts, ListsAge, OwnedVersion, StaleProcess};
use model::package::{Origin, Package, PackageSet, Update};
use model::report::{Conditions, PendingSet};
use model::{HostId, TenantId};

const NOW: i64 = 1_790_000_000;
const TENANT: TenantId = TenantId(1);

/// A host and rows, one a line:
/// `os debian 12` · `in docker` · `runs linux-image-6.1.0-50-amd64 6.1.170-3` · `boots 6.1.0-50-amd64` ·
/// `pkg NAME VERSION [source=S] [sv=V] [held] [from=ORIGIN]` · `offer NAME VERSION [source=S] [sv=V] [held]` ·
/// `add ...` (an update's addition) · `old UNIT NAME VERSION` ·
/// `row STREAM PACKAGE CVE BOUND [feed=F] [adv=ID] [module=M] [channel=C] [state=S] [since=V] [foreign]` where
/// the bound is a version, `open`, `never` (not affected) or `<=VERSION`.
fn world(text: &str) -> (Index, HostEntry) {
    let mut host = Host::default();
    let mut index = Index::new();
    let mut rows = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        if words[0] == "row" {
            rows.push(row(&words));
        } else {
            host.read(&words);
        }
    }
    let entry = host.entry();
    index.put_host(&entry);
    for (number, (source, row)) in (0..).zip(&rows) {
        let new = NewRow { id: RowId(number), learned_at: NOW, row, advisory: None };
        index.put_rows(source, &[new]);
    }
    (index, entry)
}

#[expect(clippy::needless_pass_by_value, reason = "a snapshot is written in place")]
fn check(text: &str, expected: Expect) {
    let (index, entry) = world(text);
    expected.assert_eq(&shown(&index.exposures_of_host(&Scope::of(TENANT), entry.host)));
}

fn shown(found: &[Found]) -> String {
    found.iter().map(|found| format!("{}\n", line(found))).collect()
}

fn line(found: &Found) -> String {
    let why = match &found.reach {
        Reach::Actionable { to } => format!(" to {to}"),
        Reach::FixNotReachable { why } => format!(" {why:?}"),
        Reach::NoFix { why } => format!(" {why:?}"),
        Reach::NeedsRestart { units } => format!(" {}", units.join(",")),
        Reach::Unknown { why } => format!(" {why:?}"),
        Reach::NeedsReboot | Reach::StaleImage | Reach::BootsVulnerable | Reach::Carried => {
            String::new()
        }
    };
    let subject = match &found.subject {
        Subject::Cve(cve) => cve.to_string(),
        Subject::Advisory(id) => id.clone(),
    };
    let package = &found.package;
    format!(
        "{} {} {subject} {}{why} ({}, fixed {:?}) {:?}",
        package.stream,
        package.package,
        found.reach.word(),
        found.installed,
        found.fixed,
        found.advisories
    )
}

struct Host {
    facts: HostFacts,
    packages: Vec<Package>,
    pending: PendingSet,
    conditions: Conditions,
}

impl Default for Host {
    fn default() -> Self {
        Self {
            facts: HostFacts {
                hostname: String::new(),
                os_id: "debian".to_owned(),
                os_version: "12".to_owned(),
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
            },
            packages: Vec::new(),
            pending: PendingSet::default(),
            conditions: Conditions {
                lists: Some(ListsAge {
                    refreshed_at: Some(NOW - 3_600),
                    refresh_error: String::new(),
                }),
                ..Conditions::default()
            },
        }
    }
}

fn origin(name: &str) -> Origin {
    Origin {
        label: name.to_owned(),
        origin: name.to_owned(),
        suite: String::new(),
        site: String::new(),
    }
}

fn value<'a>(words: &[&'a str], key: &str) -> Option<&'a str> {
    words.iter().find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
}

impl Host {
    fn read(&mut self, words: &[&str]) {
        match words[0] {
            "os" => {
                self.facts.os_id = words[1].to_owned();
                self.facts.os_version = words[2].to_owned();
            }
            "in" => self.facts.virtualization = words[1].to_owned(),
            "runs" => {
                let version = words.get(2).copied().unwrap_or("").to_owned();
                self.facts.kernel_package =
                    Some(OwnedVersion { name: words[1].to_owned(), version });
            }
            "boots" => self.facts.kernel_next = words[1].to_owned(),
            "lists" => {
                let age: i64 = words[1].parse().unwrap();
                self.conditions.lists.as_mut().unwrap().refreshed_at = Some(NOW - age * 86_400);
            }
            "pkg" => self.packages.push(Package {
                name: words[1].to_owned(),
                arch: "amd64".to_owned(),
                version: words[2].to_owned(),
                state: value(words, "state").unwrap_or("ii").to_owned(),
                source: value(words, "source").unwrap_or(words[1]).to_owned(),
                source_version: value(words, "sv").unwrap_or(words[2]).to_owned(),
                origin: Some(origin(value(words, "from").unwrap_or("Debian"))),
            }),
            "offer" => self.pending.updates.push(update(words)),
            "add" => self.pending.additions.push(update(words)),
            "old" => self.conditions.stale.push(StaleProcess {
                pid: 99,
                name: "daemon".to_owned(),
                unit: words[1].to_owned(),
                files: Vec::new(),
                packages: vec![OwnedVersion {
                    name: words[2].to_owned(),
                    version: words.get(3).copied().unwrap_or("").to_owned(),
                }],
            }),
            other => panic!("unknown word {other}"),
        }
    }

    fn entry(self) -> HostEntry {
        let packages = PackageSet::new(self.packages);
        entry(&EntryInput {
            host: HostId(7),
            tenant: TENANT,
            first_seen_at: NOW - 1_000,
            seen_at: NOW,
            facts: &self.facts,
            packages: &packages,
            pending: &self.pending,
            conditions: &self.conditions,
        })
    }
}

fn update(words: &[&str]) -> Update {
    Update {
        name: words[1].to_owned(),
        arch: "amd64".to_owned(),
        source: value(words, "source").unwrap_or(words[1]).to_owned(),
        current: String::new(),
        candidate: words[2].to_owned(),
        candidate_source_version: value(words, "sv").unwrap_or(words[2]).to_owned(),
        origin: origin("Debian"),
        is_security: true,
        artifact: None,
        back: None,
        requires: Vec::new(),
        is_held: words.contains(&"held"),
    }
}

fn row(words: &[&str]) -> (Source, Row) {
    let (name, feed) = match value(words, "feed").unwrap_or("tracker") {
        "tracker" => ("debian-tracker", Feed::DebianTracker),
        "dsa" => ("debian-list/DSA", Feed::DebianList),
        "dla" => ("debian-list/DLA", Feed::DebianList),
        "osv-debian" => ("osv/Debian", Feed::Osv),
        "osv" => ("osv/Ubuntu", Feed::Osv),
        "vex" => ("open-vex/ubuntu", Feed::OpenVex),
        "csaf-vex" => ("csaf-vex", Feed::CsafVex),
        "debsecan" => ("debsecan", Feed::Debsecan),
        "updateinfo" => ("updateinfo", Feed::Updateinfo),
        "nvd" => ("nvd", Feed::Nvd),
        other => panic!("unknown feed {other}"),
    };
    let (until, state) = match words[4] {
        "open" => (Until::Open, RowState::Affected),
        "never" => (Until::Open, RowState::NotAffected),
        bound => match bound.strip_prefix("<=") {
            Some(last) => (Until::Last(last.to_owned()), RowState::Affected),
            None => (Until::Fixed(bound.to_owned()), RowState::Affected),
        },
    };
    let state = match value(words, "state") {
        Some("deferred") => RowState::Deferred,
        Some("wont") => RowState::WillNotFix,
        Some(other) => panic!("unknown state {other}"),
        None => state,
    };
    let row = Row {
        advisory: value(words, "adv").unwrap_or(words[3]).to_owned(),
        cve: words[3].parse().ok(),
        stream: words[1].to_owned(),
        package: words[2].to_owned(),
        module: value(words, "module").unwrap_or("").to_owned(),
        arch: String::new(),
        from: value(words, "since").unwrap_or("").to_owned(),
        until,
        state,
        channel: value(words, "channel").unwrap_or("").to_owned(),
        is_foreign: words.contains(&"foreign"),
    };
    (Source { name: name.to_owned(), feed }, row)
}

#[test]
fn x01_headers_and_tools_of_the_kernel_are_carried() {
    let text = "
        pkg linux-libc-dev 6.1.128-1 source=linux
        pkg linux-headers-6.1.0-30-amd64 6.1.128-1 source=linux
        pkg linux-perf 6.1.128-1 source=linux
        row debian:12 linux CVE-2026-1001 6.1.170-1
        row debian:12 linux CVE-2026-1002 6.1.180-1";
    check(
        text,
        expect![[r#"
        debian:12 linux CVE-2026-1001 carried (6.1.128-1, fixed "6.1.170-1") []
        debian:12 linux CVE-2026-1002 carried (6.1.128-1, fixed "6.1.180-1") []
    "#]],
    );
    let (index, _) = world(text);
    let scope = Scope::of(TENANT);
    assert_eq!(index.exposures(&scope, &Query::default(), "", 9).total, 0);
    assert_eq!(index.actions(&scope, 9), []);
    assert_eq!(index.risks(&scope), [(HostId(7), 0)]);
}

#[test]
fn x02_an_old_kernel_on_the_disk_is_one_stale_image() {
    check(
        "pkg linux-image-6.1.0-30-amd64 6.1.128-1 source=linux-signed-amd64 sv=6.1.128+1
        pkg linux-image-6.1.0-50-amd64 6.1.170-3 source=linux-signed-amd64 sv=6.1.170+3
        pkg linux-image-amd64 6.1.170-3 source=linux-signed-amd64 sv=6.1.170+3
        runs linux-image-6.1.0-50-amd64 6.1.170-3
        boots 6.1.0-50-amd64
        row debian:12 linux CVE-2026-1001 6.1.170-1",
        expect![[r#"
            debian:12 linux CVE-2026-1001 stale_image (6.1.128-1, fixed "6.1.170-1") []
        "#]],
    );
}

#[test]
fn x03_a_fixed_kernel_that_does_not_run_needs_a_reboot() {
    check(
        "pkg linux-image-6.1.0-30-amd64 6.1.128-1 source=linux-signed-amd64 sv=6.1.128+1
        pkg linux-image-6.1.0-50-amd64 6.1.170-3 source=linux-signed-amd64 sv=6.1.170+3
        runs linux-image-6.1.0-30-amd64 6.1.128-1
        boots 6.1.0-50-amd64
        row debian:12 linux CVE-2026-1001 6.1.170-1",
        expect![[r#"
            debian:12 linux CVE-2026-1001 needs_reboot (6.1.128-1, fixed "6.1.170-1") []
        "#]],
    );
}

#[test]
fn x03_an_image_replaced_in_place_does_not_run_before_the_reboot() {
    // The package has the running kernel's name and a newer build: uname's version is what counts.
    check(
        "pkg linux-image-6.1.0-50-amd64 6.1.170-3 source=linux-signed-amd64 sv=6.1.170+3
        runs linux-image-6.1.0-50-amd64 6.1.170-1
        row debian:12 linux CVE-2026-1001 6.1.170-3",
        expect![[r#"
            debian:12 linux CVE-2026-1001 needs_reboot (6.1.170-1, fixed "6.1.170-3") []
        "#]],
    );
}

#[test]
fn a_next_boot_into_a_vulnerable_image_counts_as_exposed() {
    let text = "pkg linux-image-6.1.0-30-amd64 6.1.128-1 source=linux-signed-amd64 sv=6.1.128+1
        pkg linux-image-6.1.0-50-amd64 6.1.170-3 source=linux-signed-amd64 sv=6.1.170+3
        runs linux-image-6.1.0-50-amd64 6.1.170-3
        boots 6.1.0-30-amd64
        row debian:12 linux CVE-2026-1001 6.1.170-1";
    check(
        text,
        expect![[r#"
        debian:12 linux CVE-2026-1001 boots_vulnerable (6.1.128-1, fixed "6.1.170-1") []
    "#]],
    );
    assert_eq!(world(text).0.count_hosts(&Scope::of(TENANT), &Query::default()), 1);
}

#[test]
fn a_running_kernel_that_no_package_owns_is_unknown() {
    check(
        "pkg linux-image-6.1.0-50-amd64 6.1.170-3 source=linux-signed-amd64 sv=6.1.170+3
        row debian:12 linux CVE-2026-1001 6.1.170-1",
        expect![[r#"
            debian:12 linux CVE-2026-1001 unknown KernelOwner (, fixed "6.1.170-1") []
        "#]],
    );
}

#[test]
fn a_new_kernel_is_offered_as_an_addition_and_closes_what_runs() {
    check(
        "pkg linux-image-6.1.0-30-amd64 6.1.128-1 source=linux-signed-amd64 sv=6.1.128+1
        runs linux-image-6.1.0-30-amd64 6.1.128-1
        add linux-image-6.1.0-50-amd64 6.1.170-3 source=linux-signed-amd64 sv=6.1.170+3
        row debian:12 linux CVE-2026-1001 6.1.170-1
        row debian:12 linux CVE-2026-1002 open",
        expect![[r#"
            debian:12 linux CVE-2026-1001 actionable to 6.1.170-3 (6.1.128-1, fixed "6.1.170-1") []
            debian:12 linux CVE-2026-1002 no_fix Open (6.1.128-1, fixed "") []
        "#]],
    );
}

#[test]
fn a_kernel_from_backports_runs_beside_images_of_the_release() {
    check(
        "pkg linux-image-6.1.0-30-amd64 6.1.128-1 source=linux-signed-amd64 sv=6.1.128+1
        pkg linux-image-6.12.9+bpo-amd64 6.12.9-1~bpo12+1 source=linux-signed-amd64 sv=6.12.9+1~bpo12+1
        runs linux-image-6.12.9+bpo-amd64 6.12.9-1~bpo12+1
        row debian:12 linux CVE-2026-1001 6.1.170-1
        row debian:13 linux CVE-2026-1001 6.12.8-1
        row debian:13 linux CVE-2026-1002 6.12.11-1",
        expect![[r#"
            debian:12 linux CVE-2026-1001 stale_image (6.1.128-1, fixed "6.1.170-1") []
            debian:12-backports linux CVE-2026-1002 fix_not_reachable NotOffered (6.12.9-1~bpo12+1, fixed "6.12.11-1") []
        "#]],
    );
}

#[test]
fn x04_kernel_rows_do_not_apply_in_a_container() {
    let text = "in docker
        pkg linux-image-6.1.0-30-amd64 6.1.128-1 source=linux-signed-amd64 sv=6.1.128+1
        pkg linux-libc-dev 6.1.128-1 source=linux
        row debian:12 linux CVE-2026-1001 6.1.170-1";
    let (index, _) = world(text);
    assert_eq!(index.exposures(&Scope::of(TENANT), &Query::default(), "", 9).total, 0);
}

#[test]
fn x05_a_host_with_three_images_counts_once() {
    let (index, _) = world(
        "pkg linux-image-6.1.0-30-amd64 6.1.128-1 source=linux-signed-amd64 sv=6.1.128+1
        pkg linux-image-6.1.0-31-amd64 6.1.129-1 source=linux-signed-amd64 sv=6.1.129+1
        pkg linux-image-6.1.0-32-amd64 6.1.130-1 source=linux-signed-amd64 sv=6.1.130+1
        runs linux-image-6.1.0-32-amd64 6.1.130-1
        row debian:12 linux CVE-2026-1001 6.1.170-1",
    );
    let page = index.exposures(&Scope::of(TENANT), &Query::default(), "", 9);
    assert_eq!((page.total, page.hosts, page.found.len()), (1, 1, 1));
}

#[test]
fn x06_a_backport_is_judged_by_the_release_it_was_built_from() {
    check(
        "pkg golang-1.23 1.23.5-1~bpo12+1
        pkg qemu-system 1:10.0.2+ds-2+deb13u1~bpo12+1 source=qemu
        row debian:13 golang-1.23 CVE-2026-1001 1.23.5-1
        row debian:13 golang-1.23 CVE-2026-1002 1.23.6-1
        row debian:12 golang-1.23 CVE-2026-1003 1.24-1
        row debian:13 qemu CVE-2026-1004 1:10.0.2+ds-2+deb13u1
        row debian:12 qemu CVE-2026-1005 1:11-1",
        expect![[r#"
            debian:12-backports golang-1.23 CVE-2026-1002 fix_not_reachable NotOffered (1.23.5-1~bpo12+1, fixed "1.23.6-1") []
        "#]],
    );
}

#[test]
fn x07_the_suffix_rule_is_for_bounds_of_another_release_only() {
    check(
        "pkg less 590-2.1~deb12u2
        pkg librsvg2-2 2.54.7+dfsg-1~deb12u1 source=librsvg
        row debian:12 less CVE-2026-1001 590-2.1 foreign
        row debian:12 less CVE-2026-1002 590-2.1~deb12u3
        row debian:12 librsvg CVE-2026-1003 2.54.7+dfsg-1 foreign",
        expect![[r#"
            debian:12 less CVE-2026-1002 fix_not_reachable NotOffered (590-2.1~deb12u2, fixed "590-2.1~deb12u3") []
        "#]],
    );
}

#[test]
fn x08_a_rebuilt_binary_is_its_source() {
    check(
        "pkg bash 5.2.15-2+b13 sv=5.2.15-2
        row debian:12 bash CVE-2026-1001 5.2.15-2
        row debian:12 bash CVE-2026-1002 5.2.15-2+deb12u1",
        expect![[r#"
            debian:12 bash CVE-2026-1002 fix_not_reachable NotOffered (5.2.15-2, fixed "5.2.15-2+deb12u1") []
        "#]],
    );
}

#[test]
fn x09_a_binary_of_another_lineage_has_its_sources_version() {
    check(
        "pkg libldb2 2:2.6.2+samba4.17.12+dfsg-0+deb12u1 source=samba sv=2:4.17.12+dfsg-0+deb12u1
        row debian:12 samba CVE-2026-1001 2:4.17.12+dfsg-0+deb12u1
        row debian:12 samba CVE-2026-1002 2:4.17.12+dfsg-0+deb12u2",
        expect![[r#"
            debian:12 samba CVE-2026-1002 fix_not_reachable NotOffered (2:4.17.12+dfsg-0+deb12u1, fixed "2:4.17.12+dfsg-0+deb12u2") []
        "#]],
    );
}

#[test]
fn x10_an_epoch_is_part_of_the_version() {
    check(
        "os almalinux 8.10
        pkg bind 32:9.8.2-0.68.rc1.el8
        pkg curl 7.61-1.el8
        row alma:8 bind CVE-2026-1001 9.11-1.el8
        row alma:8 curl CVE-2026-1002 0:7.61-2.el8",
        expect![[r#"
            alma:8 curl CVE-2026-1002 fix_not_reachable NotOffered (7.61-1.el8, fixed "0:7.61-2.el8") []
        "#]],
    );
}

fn of_stream(stream: &str, text: &str) -> String {
    // Channels of minor releases are not read from a host yet; the index knows them.
    let (mut index, mut entry) = world(text);
    for item in &mut entry.items {
        item.stream = stream.to_owned();
    }
    index.put_host(&entry);
    shown(&index.exposures_of_host(&Scope::of(TENANT), entry.host))
}

#[test]
fn x12_a_fix_of_another_minor_release_is_out_of_reach() {
    let text = "os rhel 9
        pkg openssl 1:3.0.1-41.el9_0
        row rhel:9.2+eus openssl CVE-2026-1001 1:3.0.7-16.el9_2
        row rhel:9 openssl CVE-2026-1002 open feed=csaf-vex";
    expect![[r#"
        rhel:9.0+eus openssl CVE-2026-1001 fix_not_reachable OtherMinor (1:3.0.1-41.el9_0, fixed "1:3.0.7-16.el9_2") []
        rhel:9.0+eus openssl CVE-2026-1002 no_fix Open (1:3.0.1-41.el9_0, fixed "") []
    "#]]
    .assert_eq(&of_stream("rhel:9.0+eus", text));
}

#[test]
fn x13_each_channel_has_its_own_fix() {
    let text = "os rhel 9
        pkg openssl 1:3.0.7-27.el9_4.1
        row rhel:9.4+eus openssl CVE-2026-1001 1:3.0.7-27.el9_4.1
        row rhel:9 openssl CVE-2026-1001 1:3.2.2-6.el9_5";
    expect![""].assert_eq(&of_stream("rhel:9.4+eus", text));
}

#[test]
fn x14_rows_of_one_module_stream_never_hit_another() {
    let (mut index, mut entry) = world(
        "os almalinux 8
        pkg postgresql-server 9.6.22-1
        row alma:8 postgresql-server CVE-2026-1001 12.7-1 module=postgresql:12
        row alma:8 postgresql-server CVE-2026-1002 9.6.23-1 module=postgresql:9.6",
    );
    for item in &mut entry.items {
        item.module = "postgresql:9.6".to_owned();
    }
    index.put_host(&entry);
    expect![[r#"
        alma:8 postgresql-server CVE-2026-1002 fix_not_reachable NotOffered (9.6.22-1, fixed "9.6.23-1") []
    "#]]
    .assert_eq(&shown(&index.exposures_of_host(&Scope::of(TENANT), entry.host)));
}

#[test]
fn x14_a_build_of_an_unnamed_module_stream_is_unknown() {
    check(
        "os almalinux 8
        pkg postgresql-server 9.6.22-1.module_el8.4.0+2600+cefb5d4c
        row alma:8 postgresql-server CVE-2026-1001 12.7-1.module_el8.4.0+2601+aaaa5d4c module=?
        row alma:8 postgresql-server CVE-2026-1002 12.7-1.module_el8.4.0+2601+aaaa5d4c module=postgresql:12
        row alma:8 postgresql-server CVE-2026-1003 12.7-1.el8",
        expect![[r#"
            alma:8 postgresql-server CVE-2026-1001 unknown ModuleStream (9.6.22-1.module_el8.4.0+2600+cefb5d4c, fixed "12.7-1.module_el8.4.0+2601+aaaa5d4c") []
            alma:8 postgresql-server CVE-2026-1002 unknown ModuleStream (9.6.22-1.module_el8.4.0+2600+cefb5d4c, fixed "12.7-1.module_el8.4.0+2601+aaaa5d4c") []
        "#]],
    );
}

#[test]
fn x15_a_version_of_another_module_stream_is_never_offered() {
    let (mut index, mut entry) = world(
        "os almalinux 8
        pkg postgresql-server 9.6.22-1
        offer postgresql-server 12.7-1
        row alma:8 postgresql-server CVE-2026-1002 9.6.23-1 module=postgresql:9.6",
    );
    for item in &mut entry.items {
        let is_offer = item.version.starts_with("12");
        item.module = if is_offer { "postgresql:12" } else { "postgresql:9.6" }.to_owned();
    }
    index.put_host(&entry);
    let verbs: Vec<_> = index.actions(&Scope::of(TENANT), 9).iter().map(|act| act.verb).collect();
    assert_eq!(verbs, [model::exposure::ActionVerb::EnableChannel]);
}

#[test]
fn x16_modules_in_a_name_make_nothing_modular() {
    check(
        "os almalinux 8
        pkg grub2-efi-x64-modules 1:2.02-99.el8
        row alma:8 grub2-efi-x64-modules CVE-2026-1001 1:2.02-100.el8",
        expect![[r#"
            alma:8 grub2-efi-x64-modules CVE-2026-1001 fix_not_reachable NotOffered (1:2.02-99.el8, fixed "1:2.02-100.el8") []
        "#]],
    );
}

#[test]
fn x17_a_fix_for_subscribers_needs_a_subscription_and_without_one_there_is_no_fix() {
    let rows = "
        pkg jq 1.6-1
        row ubuntu:16.04 jq CVE-2026-1001 1.6-1+esm1 feed=osv channel=esm-apps
        row ubuntu:16.04 jq CVE-2026-1002 open feed=osv channel=esm-apps
        row ubuntu:16.04 jq CVE-2026-1003 open feed=osv
        row ubuntu:16.04 jq CVE-2026-1003 1.6-1+esm2 feed=osv channel=esm-apps";
    check(
        &format!("os ubuntu 16.04{rows}"),
        expect![[r#"
        ubuntu:16.04 jq CVE-2026-1001 fix_not_reachable NeedsSubscription (1.6-1, fixed "1.6-1+esm1") []
        ubuntu:16.04 jq CVE-2026-1002 no_fix Open (1.6-1, fixed "") []
        ubuntu:16.04 jq CVE-2026-1003 fix_not_reachable NeedsSubscription (1.6-1, fixed "1.6-1+esm2") []
    "#]],
    );
    let attached = "os ubuntu 16.04
        pkg other 1 from=UbuntuESMApps
        offer jq 1.6-1+esm2";
    check(
        &format!("{attached}{rows}"),
        expect![[r#"
        ubuntu:16.04 jq CVE-2026-1001 actionable to 1.6-1+esm2 (1.6-1, fixed "1.6-1+esm1") []
        ubuntu:16.04 jq CVE-2026-1002 no_fix Open (1.6-1, fixed "") []
        ubuntu:16.04 jq CVE-2026-1003 actionable to 1.6-1+esm2 (1.6-1, fixed "1.6-1+esm2") []
    "#]],
    );
}

#[test]
fn x18_a_notice_about_many_cves_hits_only_the_pairs_it_names() {
    check(
        "os ubuntu 22.04
        pkg a 1.0-1
        pkg b 1.0-1
        row ubuntu:22.04 a CVE-2026-1001 1.0-2 feed=osv adv=USN-1
        row ubuntu:22.04 b CVE-2026-1002 1.0-2 feed=osv adv=USN-1
        row ubuntu:22.04 c CVE-2026-1003 1.0-2 feed=osv adv=USN-1",
        expect![[r#"
            ubuntu:22.04 a CVE-2026-1001 fix_not_reachable NotOffered (1.0-1, fixed "1.0-2") ["USN-1"]
            ubuntu:22.04 b CVE-2026-1002 fix_not_reachable NotOffered (1.0-1, fixed "1.0-2") ["USN-1"]
        "#]],
    );
}

#[test]
fn x21_one_fix_that_three_documents_describe_is_one_exposure() {
    check(
        "pkg xorg-server 2:1.20.11-1
        row debian:12 xorg-server CVE-2026-1001 2:1.20.11-1+deb12u6 feed=dsa adv=DSA-5380-1
        row debian:12 xorg-server CVE-2026-1001 2:1.20.11-1+deb12u6 feed=dla adv=DLA-3380-1
        row debian:12 xorg-server CVE-2026-1001 2:1.20.11-1+deb12u6 feed=osv-debian adv=DEBIAN-CVE-2026-1001",
        expect![[r#"
            debian:12 xorg-server CVE-2026-1001 fix_not_reachable NotOffered (2:1.20.11-1, fixed "2:1.20.11-1+deb12u6") ["DEBIAN-CVE-2026-1001", "DLA-3380-1", "DSA-5380-1"]
        "#]],
    );
}

#[test]
fn x22_a_rebuild_above_the_fix_is_not_exposed_whatever_a_list_of_versions_says() {
    check(
        "pkg x 1.0-1+deb12u1+local1
        row debian:12 x CVE-2026-1001 1.0-1+deb12u1
        row debian:12 x CVE-2026-1001 1.1-1 feed=debsecan
        row debian:12 x CVE-2026-1002 1.1-1 feed=debsecan",
        expect![[r#"
            debian:12 x CVE-2026-1002 fix_not_reachable NotOffered (1.0-1+deb12u1+local1, fixed "1.1-1") []
        "#]],
    );
}

fn advisory(id: &str, withdrawn_at: Option<i64>) -> Advisory {
    Advisory {
        id: id.to_owned(),
        kind: AdvisoryKind::Security,
        published_at: Some(NOW - 500),
        modified_at: None,
        withdrawn_at,
        label: Label::High,
        title: String::new(),
        cves: Vec::new(),
        urls: Vec::new(),
        needs_reboot: false,
    }
}

#[test]
fn x25_what_is_withdrawn_or_rejected_is_gone_and_what_comes_back_is_there() {
    let (mut index, entry) = world("pkg x 1.0-1");
    let scope = Scope::of(TENANT);
    let (source, row) =
        row(&["row", "debian:12", "x", "CVE-2026-1001", "1.0-2", "feed=dsa", "adv=DSA-1"]);
    let put = |index: &mut Index, advisory: &Advisory| {
        let new = NewRow { id: RowId(1), learned_at: NOW, row: &row, advisory: Some(advisory) };
        index.put_rows(&source, &[new]);
    };
    let count = |index: &Index| index.exposures_of_host(&scope, entry.host).len();
    put(&mut index, &advisory("DSA-1", None));
    assert_eq!(count(&index), 1);
    put(&mut index, &advisory("DSA-1", Some(NOW)));
    assert_eq!(count(&index), 0);
    put(&mut index, &advisory("DSA-1", None));
    let cve = "CVE-2026-1001".parse().unwrap();
    index.set_rejected(cve, true);
    assert_eq!(count(&index), 0);
    assert!(index.fixes(&scope, &Subject::Cve(cve)).iter().all(|fix| fix.is_overruled));
    index.set_rejected(cve, false);
    assert_eq!(count(&index), 1);
    index.remove_rows(&[RowId(1)]);
    assert_eq!(count(&index), 0);
}

#[test]
fn x30_ranges_of_products_never_match_a_distributions_packages() {
    check(
        "pkg linux-image-6.1.0-30-amd64 6.1.128-1 source=linux-signed-amd64 sv=6.1.128+1
        runs linux-image-6.1.0-30-amd64 6.1.128-1
        row debian:12 linux CVE-2026-1001 6.13 feed=nvd",
        expect![""],
    );
}

#[test]
fn x31_an_explicit_not_affected_beats_every_range() {
    check(
        "pkg x 1.0-1
        pkg y 1.0-1
        row debian:12 x CVE-2026-1001 never feed=dsa
        row debian:12 x CVE-2026-1001 2.0-1 feed=tracker
        row debian:12 x CVE-2026-1002 2.0-1 feed=osv-debian
        row debian:12 x CVE-2026-1002 never feed=tracker
        row debian:12 y CVE-2026-1003 2.0-1 feed=tracker
        row debian:12 y CVE-2026-1003 never feed=debsecan",
        expect![[r#"
            debian:12 y CVE-2026-1003 fix_not_reachable NotOffered (1.0-1, fixed "2.0-1") []
        "#]],
    );
}

#[test]
fn x33_a_host_of_an_ended_release_is_told_to_move() {
    let (mut index, mut entry) = world(
        "os debian 10
        pkg x 1.0-1
        row debian:10 x CVE-2026-1001 1.0-2",
    );
    entry.is_release_ended = true;
    index.put_host(&entry);
    let found = index.exposures_of_host(&Scope::of(TENANT), entry.host);
    let ended = Reach::FixNotReachable { why: model::exposure::NotReachable::ReleaseEnded };
    assert_eq!(found[0].reach, ended);
    let verbs: Vec<_> = index.actions(&Scope::of(TENANT), 9).iter().map(|act| act.verb).collect();
    assert_eq!(verbs, [model::exposure::ActionVerb::MoveRelease]);
}

#[test]
fn x38_exposures_take_no_memory_of_their_own() {
    let text = "pkg x 1.0-1
        row debian:12 x CVE-2026-1001 open";
    let (mut index, entry) = world(text);
    let before = (index.holdings.ids().count(), index.packages.ids().count());
    for number in 0..5_000_u128 {
        let mut other = entry.clone();
        other.host = HostId(1_000 + number);
        index.put_host(&other);
    }
    let scope = Scope::of(TENANT);
    assert_eq!(index.exposures(&scope, &Query::default(), "", 0).total, 5_001);
    assert_eq!(before, (index.holdings.ids().count(), index.packages.ids().count()));
}

#[test]
fn x39_old_code_that_is_still_mapped_is_exposed() {
    let text = "pkg libssl3 3.0.15-1~deb12u1 source=openssl
        old nginx.service libssl3 3.0.14-1~deb12u2
        old dbus.service libexpat1 2.5.0-1
        old ssh.service zlib1g
        pkg libexpat1 2.5.0-1+deb12u1 source=expat
        pkg zlib1g 1:1.2.13-1 source=zlib
        row debian:12 openssl CVE-2026-1001 3.0.15-1~deb12u1
        row debian:12 expat CVE-2026-1002 2.5.0-1+deb12u1
        row debian:12 zlib CVE-2026-1003 1:1.2.13-1";
    check(
        text,
        expect![[r#"
        debian:12 expat CVE-2026-1002 needs_reboot (2.5.0-1, fixed "2.5.0-1+deb12u1") []
        debian:12 openssl CVE-2026-1001 needs_restart nginx.service (3.0.14-1~deb12u2, fixed "3.0.15-1~deb12u1") []
        debian:12 zlib CVE-2026-1003 unknown MappedVersion (, fixed "1:1.2.13-1") []
    "#]],
    );
}

#[test]
fn x40_a_held_package_is_out_of_reach_until_it_is_released() {
    check(
        "pkg curl 7.88-1
        offer curl 7.88-2 held
        row debian:12 curl CVE-2026-1001 7.88-2",
        expect![[r#"
            debian:12 curl CVE-2026-1001 fix_not_reachable Held (7.88-1, fixed "7.88-2") []
        "#]],
    );
}

#[test]
fn x42_counts_of_one_tenant_know_nothing_of_another() {
    let (mut index, entry) = world(
        "pkg x 1.0-1
        row debian:12 x CVE-2026-1001 1.0-2",
    );
    for (host, tenant) in [(8, 2), (9, 2)] {
        let mut other = entry.clone();
        (other.host, other.tenant) = (HostId(host), TenantId(tenant));
        index.put_host(&other);
    }
    let subject = Subject::Cve("CVE-2026-1001".parse().unwrap());
    let query = Query { subject: Some(subject.clone()), ..Query::default() };
    let ask = |tenant: u128| {
        let scope = Scope::of(TenantId(tenant));
        let hosts: Vec<u128> = index.hosts_of(&scope, &query).iter().map(|host| host.0).collect();
        let counts = index.counts(&scope, &subject);
        let acts: Vec<u64> = index.actions(&scope, 9).iter().map(|act| act.hosts).collect();
        (hosts, counts.exposed, counts.total, acts)
    };
    assert_eq!(ask(1), (vec![7], 1, 1, vec![1]));
    assert_eq!(ask(2), (vec![8, 9], 2, 2, vec![2]));
    assert_eq!(ask(3), (vec![], 0, 0, vec![]));
}

#[test]
fn what_is_put_off_and_what_is_too_old_to_tell_have_their_reasons() {
    check(
        "lists 9
        pkg x 1.0-1
        row debian:12 x CVE-2026-1001 open state=deferred
        row debian:12 x CVE-2026-1002 open state=wont
        row debian:12 x CVE-2026-1003 2.0-1
        row debian:12 x CVE-2026-1004 <=1.0-1 since=0.9-1
        row debian:12 x CVE-2026-1005 9.0-1 since=1.1-1",
        expect![[r#"
            debian:12 x CVE-2026-1001 no_fix Deferred (1.0-1, fixed "") []
            debian:12 x CVE-2026-1002 no_fix WillNotFix (1.0-1, fixed "") []
            debian:12 x CVE-2026-1003 fix_not_reachable ArchiveStale (1.0-1, fixed "2.0-1") []
            debian:12 x CVE-2026-1004 fix_not_reachable ArchiveStale (1.0-1, fixed "") []
        "#]],
    );
}

#[test]
fn a_version_that_does_not_parse_is_unknown_and_never_clean() {
    check(
        "pkg x not_a_version
        row debian:12 x CVE-2026-1001 1.0-1",
        expect![[r#"
            debian:12 x CVE-2026-1001 unknown Version (not_a_version, fixed "1.0-1") []
        "#]],
    );
}

#[test]
fn vex_knows_the_state_and_the_notice_knows_the_version() {
    // Ubuntu's VEX says "fixed" of the archive's version of that day.
    check(
        "os ubuntu 22.04
        pkg x 1.0-2
        pkg y 1.0-2
        row ubuntu:22.04 x CVE-2026-1001 1.0-9 feed=vex
        row ubuntu:22.04 x CVE-2026-1001 1.0-2 feed=osv
        row ubuntu:22.04 y CVE-2026-1002 1.0-9 feed=osv
        row ubuntu:22.04 y CVE-2026-1002 never feed=vex",
        expect![""],
    );
}

#[test]
fn a_cve_that_nobody_spoke_of_weighs_what_the_hazard_of_nothing_is() {
    let cve = "CVE-2026-1001".parse().unwrap();
    let nothing = crate::hazard::of(&crate::cve::merge(cve, &[], NOW));
    assert_eq!(nothing.micro, crate::index::UNKNOWN_HAZARD_MICRO);
}
