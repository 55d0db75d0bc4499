use super::*;
use model::host::{AgentMode, HostFacts};
use model::package::Package;
use model::report::{Conditions, PendingSet};

fn package(name: &str, version: &str) -> Package {
    Package {
        name: name.to_owned(),
        arch: "amd64".to_owned(),
        version: version.to_owned(),
        state: "ii".to_owned(),
        source: name.to_owned(),
        source_version: version.to_owned(),
        origin: None,
    }
}

fn set(count: u32) -> PackageSet {
    PackageSet::new((0..count).map(|n| package(&format!("p{n}"), "1")).collect())
}

fn sight(packages: PackageSet) -> Sight {
    let text = String::new;
    let facts = HostFacts {
        hostname: text(),
        os_id: text(),
        os_version: text(),
        os_codename: text(),
        os_pretty: text(),
        arch: text(),
        kernel_running: text(),
        kernel_newest: text(),
        kernel_package: None,
        kernel_next: String::new(),
        boot_id: text(),
        booted_at: 0,
        has_systemd: true,
        virtualization: text(),
        agent_mode: AgentMode::Systemd,
        agent_version: text(),
    };
    Sight { facts, packages, pending: PendingSet::default(), conditions: Conditions::default() }
}

fn acked(packages: PackageSet) -> Acked {
    Acked { packages, pending: Some(PendingSet::default().digest()) }
}

#[test]
fn a_first_report_carries_everything() {
    let report = report(&sight(set(3)), &Acked::default(), None, 7);
    assert!(matches!(&report.packages_body, PackagesBody::Full(all) if all.len() == 3));
    assert!(report.pending_body.is_some());
    assert_eq!(report.seen_at, 7);
}

#[test]
fn an_unchanged_host_sends_names_only() {
    let report = report(&sight(set(3)), &acked(set(3)), None, 7);
    assert_eq!(report.packages_body, PackagesBody::Known);
    assert_eq!(report.pending_body, None);
}

#[test]
fn a_changed_package_travels_as_a_diff_that_rebuilds_the_set() {
    let mut now = set(100);
    now.packages[5] = package("p5", "2");
    let now = PackageSet::new(now.packages);
    let report = report(&sight(now.clone()), &acked(set(100)), None, 7);
    let PackagesBody::Diff(diff) = &report.packages_body else { panic!("{report:?}") };
    assert_eq!((diff.removed.len(), diff.put.len()), (1, 1));
    assert_eq!(set(100).with(diff).set_digest(), report.packages);
    assert_eq!(now.installed_digest(), report.installed);
}

#[test]
fn a_diff_that_is_larger_than_the_set_is_not_sent() {
    let other = PackageSet::new((0..100).map(|n| package(&format!("q{n}"), "1")).collect());
    let report = report(&sight(other), &acked(set(100)), None, 7);
    assert!(matches!(report.packages_body, PackagesBody::Full(_)));
}

#[test]
fn a_server_that_lacks_a_set_gets_all_of_it() {
    let wanted = ReportAnswer { stored: false, want_packages: true, want_pending: false };
    let first = report(&sight(set(3)), &acked(set(3)), Some(&wanted), 7);
    assert!(matches!(first.packages_body, PackagesBody::Full(_)));
    assert_eq!(first.pending_body, None);
    let wanted = ReportAnswer { stored: false, want_packages: false, want_pending: true };
    let second = report(&sight(set(3)), &acked(set(3)), Some(&wanted), 7);
    assert!(second.pending_body.is_some());
}

#[test]
fn a_start_looks_at_once_then_with_fresh_lists_then_every_half_hour() {
    let start = Schedule::first(1_000);
    assert_eq!(start.look_at, 1_000);
    assert!(!start.is_refresh_due(1_000));
    let second = start.after(1_002, false, 0.5);
    assert!(second.look_at <= 1_002 && second.is_refresh_due(1_002));
    let third = second.after(1_005, true, 0.0);
    assert_eq!(third, Schedule { look_at: 1_005 + REPORT_SECS, refresh_at: 1_005 + REFRESH_SECS });
}

#[test]
fn hosts_spread_over_a_tenth_of_the_time() {
    let early = Schedule::first(0).after(0, true, 1.0);
    assert_eq!(early.look_at, REPORT_SECS - REPORT_SECS / 10);
    assert_eq!(early.refresh_at, REFRESH_SECS - REFRESH_SECS / 10);
}

#[test]
fn a_refresh_is_never_missed_by_a_look_after_it() {
    let schedule = Schedule { look_at: 0, refresh_at: 100 };
    assert_eq!(schedule.after(50, false, 0.0).look_at, 100);
}

#[test]
fn a_clock_that_is_off_is_a_problem_that_says_which_way() {
    assert_eq!(skew(300), None);
    assert_eq!(skew(-300), None);
    assert_eq!(skew(412).unwrap().text, "is 6 minutes ahead of the server's");
    assert_eq!(skew(-7_300).unwrap().text, "is 2 hours behind the server's");
}

#[test]
fn a_certificate_is_renewed_from_the_servers_time_on() {
    let renewal = Renewal { generation: 1, renew_at: 100, expires_at: 300 };
    assert!(!is_renewal_due(&renewal, 99));
    assert!(is_renewal_due(&renewal, 100));
}
