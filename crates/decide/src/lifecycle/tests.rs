//! Releases and packages on given days: the facts that other tools get wrong, and what counts as
//! support.

use super::*;
use expect_test::{Expect, expect};

fn at(day: &str) -> i64 {
    let date: Date = day.parse().expect("a date");
    date.at(12, 0, 0, 0).to_zoned(TimeZone::UTC).expect("a time").timestamp().as_second()
}

fn words(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn phase(name: &str, kind: PhaseKind, ends: Ends) -> Phase {
    Phase { name: name.to_owned(), kind, ends }
}

fn on(date: &str) -> Ends {
    Ends::On(date.to_owned())
}

fn release(source: &str, stream: &str, phases: Vec<Phase>) -> (String, Lifecycle) {
    let lifecycle = Lifecycle {
        stream: stream.to_owned(),
        package: String::new(),
        last_version: String::new(),
        phases,
        limited: String::new(),
        next: String::new(),
    };
    (source.to_owned(), lifecycle)
}

fn list(stream: &str, package: &str, last_version: &str, ends: &str) -> (String, Lifecycle) {
    let (source, lifecycle) =
        release("debian-support", stream, vec![phase("ended", PhaseKind::Full, on(ends))]);
    let (package, last_version) = (package.to_owned(), last_version.to_owned());
    (source, Lifecycle { package, last_version, ..lifecycle })
}

fn show(view: &EndOfLifeView) -> String {
    let days = view.days_left.map_or("unknown".to_owned(), |days| days.to_string());
    let package = match view.package.as_str() {
        "" => String::new(),
        package => format!(" {package} {}", view.installed),
    };
    let limited = match view.limited.as_str() {
        "" => String::new(),
        limited => format!(" ({limited})"),
    };
    format!(
        "{}{package}: {} {} in {days} days{limited}; {}",
        view.stream, view.phase, view.ends, view.remedy
    )
}

/// With the built-in table only.
fn check(stream: &str, day: &str, attached: &[&str], expected: &Expect) {
    let view = of_release(&[], stream, at(day), &words(attached));
    expected.assert_eq(&view.map_or("nothing to say".to_owned(), |view| show(&view)));
}

#[test]
fn an_ended_release_never_looks_clean() {
    check(
        "debian:10",
        "2026-11-25",
        &[],
        &expect![
            "debian:10: ended 2024-06-30 in -878 days; move to debian:12; or paid support (Freexian ELTS) until 2029-06-30"
        ],
    );
    check("debian:10", "2026-11-25", &["elts"], &expect!["nothing to say"]);
    check(
        "debian:10-backports",
        "2026-11-25",
        &[],
        &expect![
            "debian:10-backports: ended 2024-06-30 in -878 days; move to debian:12; or paid support (Freexian ELTS) until 2029-06-30"
        ],
    );
    check(
        "ubuntu:20.04",
        "2026-11-25",
        &[],
        &expect![
            "ubuntu:20.04: ended 2025-05-29 in -545 days; move to ubuntu:24.04; or stay with an Ubuntu Pro subscription (ESM) until 2030-04-23; or stay with Ubuntu Pro and its Legacy add-on until 2032-04-27"
        ],
    );
    check(
        "ubuntu:25.10",
        "2026-11-25",
        &[],
        &expect!["ubuntu:25.10: ended 2026-07-09 in -139 days; move to ubuntu:26.04"],
    );
    check(
        "rhel:7",
        "2026-11-25",
        &[],
        &expect![
            "rhel:7: ended 2024-06-30 in -878 days; move to rhel:8; or stay with Red Hat's Extended Life Cycle Support (ELS) until 2029-05-31"
        ],
    );
    check(
        "windows:2012",
        "2026-11-25",
        &["esu"],
        &expect!["windows:2012: ended 2026-10-13 in -43 days; move to windows:2019"],
    );
}

#[test]
fn what_is_supported_for_more_than_a_year_is_not_mentioned() {
    check("debian:12", "2026-11-25", &[], &expect!["nothing to say"]);
    check("ubuntu:20.04", "2026-11-25", &["esm-infra"], &expect!["nothing to say"]);
    check("rhel:9.4+eus", "2026-11-25", &[], &expect!["nothing to say"]);
    check("suse:15.5", "2026-11-25", &[], &expect!["nothing to say"]);
    check("debian:14", "2026-11-25", &[], &expect!["nothing to say"]);
}

#[test]
fn the_end_is_announced_a_year_ahead_and_on_the_last_day_it_still_runs() {
    check("debian:12", "2027-06-30", &[], &expect!["nothing to say"]);
    check(
        "debian:12",
        "2027-07-01",
        &[],
        &expect![
            "debian:12: eol-lts: community long-term support 2028-06-30 in 365 days; move to debian:13 by 2028-06-30; or paid support (Freexian ELTS) until 2033-06-30"
        ],
    );
    check(
        "debian:12",
        "2028-06-30",
        &[],
        &expect![
            "debian:12: eol-lts: community long-term support 2028-06-30 in 0 days; move to debian:13 by 2028-06-30; or paid support (Freexian ELTS) until 2033-06-30"
        ],
    );
    check(
        "debian:12",
        "2028-07-01",
        &[],
        &expect![
            "debian:12: ended 2028-06-30 in -1 days; move to debian:13; or paid support (Freexian ELTS) until 2033-06-30"
        ],
    );
    check(
        "ubuntu:22.04",
        "2027-05-20",
        &[],
        &expect![
            "ubuntu:22.04: eol: full support 2027-06-01 in 12 days; move to ubuntu:24.04 by 2027-06-01; or stay with an Ubuntu Pro subscription (ESM) until 2032-04-21; or stay with Ubuntu Pro and its Legacy add-on until 2034-04-25"
        ],
    );
    check(
        "windows:2016",
        "2026-11-25",
        &[],
        &expect![
            "windows:2016: eol: maintenance 2027-01-12 in 48 days; move to windows:2019 by 2027-01-12; or stay with Microsoft's Extended Security Updates (ESU) until 2030-01-12"
        ],
    );
    let thresholds = [366, 365, 181, 180, 91, 90, 31, 30, 0, -1].map(|days| warning(Some(days)));
    let reached = [None, Some(365), Some(365), Some(180), Some(180), Some(90), Some(90)];
    assert_eq!(thresholds[..7], reached);
    assert_eq!(thresholds[7..], [Some(30); 3]);
    assert_eq!(warning(None), None);
}

#[test]
fn dates_that_others_get_wrong_are_right() {
    let ends = |stream: &str, day: &str, attached: &[&str]| {
        let standing = standing(&[], stream, at(day), &words(attached)).unwrap();
        assert_eq!(standing.source, last_resort::SOURCE);
        (standing.phase, standing.ends)
    };
    let is = |phase: &str, ends: &str| (phase.to_owned(), ends.to_owned());
    // Bookworm's LTS ends on 2028-06-30; a scanner's table says 2028-06-10.
    assert_eq!(ends("debian:12", "2026-07-11", &[]), is("eol: full support", "2028-06-30"));
    let lts = "eol-lts: community long-term support";
    assert_eq!(ends("debian:12", "2026-07-12", &[]), is(lts, "2028-06-30"));
    let elts = "eol-elts: paid support, attached";
    assert_eq!(ends("debian:12", "2028-07-01", &["elts"]), is(elts, "2033-06-30"));
    assert_eq!(ends("debian:11", "2026-09-01", &[]), is("ended", "2026-08-31"));
    assert_eq!(ends("debian:13", "2028-08-09", &[]), is("eol: full support", "2030-06-30"));
    assert_eq!(ends("debian:13", "2028-08-10", &[]), is(lts, "2030-06-30"));
    assert_eq!(ends("ubuntu:26.04", "2026-11-25", &[]), is("eol: full support", "2031-05-29"));
    let esm = "eol-esm: paid support, attached";
    assert_eq!(ends("ubuntu:26.04", "2031-05-30", &["esm-infra"]), is(esm, "2036-04-23"));
    let legacy = ["esm-infra", "esm-infra-legacy"];
    let legacy_words = "eol-legacy: paid support, attached";
    assert_eq!(ends("ubuntu:26.04", "2036-04-24", &legacy), is(legacy_words, "2038-04-27"));
    assert_eq!(ends("rhel:8", "2026-11-25", &[]), is("eol: maintenance", "2029-05-31"));
    assert_eq!(ends("rhel:9", "2026-11-25", &[]), is("eoas: full support", "2032-05-31"));
    assert_eq!(ends("windows:2022", "2026-10-13", &[]), is("eoas: full support", "2031-10-14"));
    assert_eq!(ends("windows:2022", "2026-10-14", &[]), is("eol: maintenance", "2031-10-14"));
}

#[test]
fn the_vendors_file_decides_over_endoflife_and_both_over_the_table() {
    let vendor = release(
        "distro-info/debian",
        "debian:12",
        vec![phase("eol", PhaseKind::Full, on("2027-01-01"))],
    );
    let page = release(
        "endoflife/debian",
        "debian:12",
        vec![phase("eol", PhaseKind::Full, on("2027-02-02"))],
    );
    let ends = |lifecycles: &[(String, Lifecycle)]| {
        let standing = standing(lifecycles, "debian:12", at("2026-11-25"), &[]).unwrap();
        (standing.ends, standing.source)
    };
    let vendors = ("2027-01-01".to_owned(), "distro-info/debian".to_owned());
    assert_eq!(ends(&[page.clone(), vendor.clone()]), vendors);
    assert_eq!(ends(&[vendor, page.clone()]), vendors);
    assert_eq!(ends(std::slice::from_ref(&page)).1, "endoflife/debian");
    // A vendor's line without any date decides nothing.
    let silent = release("distro-info/debian", "debian:12", Vec::new());
    assert_eq!(ends(&[silent, page]).1, "endoflife/debian");
}

#[test]
fn yes_and_no_in_the_place_of_dates_are_understood() {
    let view = |phases| {
        let lifecycles = [release("endoflife/x", "opensuse:15.5", phases)];
        of_release(&lifecycles, "opensuse:15.5", at("2026-11-25"), &[])
    };
    assert_eq!(view(vec![phase("eol", PhaseKind::Full, Ends::NotKnown)]), None);
    let ended = view(vec![phase("eol", PhaseKind::Full, Ends::Ended)]).unwrap();
    assert_eq!((ended.is_ended, ended.ends.as_str(), ended.days_left), (true, "", None));
    // The end of one phase says nothing when the next has none.
    let open = vec![
        phase("eoas", PhaseKind::Full, on("2026-12-01")),
        phase("eol", PhaseKind::Maintenance, Ends::NotKnown),
    ];
    assert_eq!(view(open), None);
}

#[test]
fn paid_support_counts_for_who_has_it_and_is_offered_to_who_has_not() {
    let phases = vec![
        phase("eol", PhaseKind::Full, on("2024-12-31")),
        phase("eoes", PhaseKind::Paid, on("2027-12-31")),
    ];
    let lifecycles = [release("endoflife/sles", "suse:15.5", phases)];
    let view = |attached: &[&str]| {
        of_release(&lifecycles, "suse:15.5", at("2026-11-25"), &words(attached))
    };
    let ended = view(&[]).unwrap();
    assert!(ended.is_ended);
    assert_eq!(
        ended.remedy,
        "move to a release with support; or stay with SUSE's Long Term Service Pack Support \
         (LTSS) until 2027-12-31"
    );
    assert_eq!(view(&["ltss"]), None);
    // Another vendor's channel is no attachment, and neither is a part of one.
    assert!(view(&["esm-infra"]).unwrap().is_ended);
    let is_ended = |stream: &str, attached: &[&str]| {
        standing(&[], stream, at("2026-11-25"), &words(attached)).unwrap().is_ended
    };
    assert!(is_ended("ubuntu:20.04", &["esm-apps"]));
    assert!(is_ended("ubuntu:16.04", &["esm-infra"]));
    assert!(!is_ended("ubuntu:16.04", &["esm-infra-legacy"]));
    assert!(is_ended("rhel:7.9+eus", &[]));
    assert!(!is_ended("rhel:7", &["els"]));
}

#[test]
fn packages_that_lost_support_are_named_with_the_day() {
    let lifecycles = [
        list("debian:12", "suricata", "1:6.0.10-1", "2026-04-30"),
        list("debian:12", "php-horde.*", "0", "2025-03-22"),
        list("debian:12", "gtk+2.0", "", "2027-03-01"),
        list("debian:12", "far", "", "2028-03-01"),
        list("debian:11", "bash", "", "2020-01-01"),
        list("debian:12", "(((", "", "2020-01-01"),
        list("debian:12", "(a{500}){500}", "", "2020-01-01"),
        {
            let (source, entry) = list("debian:12", "rust.*", "", "2020-01-01");
            let limited = "see the release notes".to_owned();
            (source, Lifecycle { phases: Vec::new(), limited, ..entry })
        },
    ];
    let packages: Vec<(String, String)> = [
        ("suricata", "1:6.0.10-1"),
        ("php-horde-mail", "2.6.6-1"),
        ("gtk+2.0", "2.24.33-2"),
        ("gtkkk2x0", "1"),
        ("far", "1"),
        ("bash", "5.2.15-2"),
        ("trust-store", "1"),
        ("rustc", "1.63.0"),
        ("aaa", "1"),
    ]
    .map(|(name, version)| (name.to_owned(), version.to_owned()))
    .to_vec();
    let views = of_packages(&lifecycles, "debian:12", &packages, at("2026-11-25"));
    let shown: Vec<String> = views.iter().map(show).collect();
    expect![[r#"
        debian:12 php-horde-mail 2.6.6-1: ended 2025-03-22 in -613 days; remove php-horde-mail, or replace it by something that is repaired
        debian:12 suricata 1:6.0.10-1: ended 2026-04-30 in -209 days; remove suricata, or replace it by something that is repaired
        debian:12 gtk+2.0 2.24.33-2: ending 2027-03-01 in 96 days; remove gtk+2.0, or replace it by something that is repaired
        debian:12 rustc 1.63.0: limited  in unknown days (see the release notes); use it only within these limits, or replace it"#]].assert_eq(&shown.join("\n"));
    // The version does not matter: newer ones have no support from this release either.
    for version in ["1:7.0.10-1~bpo12+1", "not a version"] {
        let other = [("suricata".to_owned(), version.to_owned())];
        assert_eq!(of_packages(&lifecycles, "debian:12", &other, at("2026-11-25")).len(), 1);
    }
    let backports = of_packages(&lifecycles, "debian:12-backports", &packages, at("2026-11-25"));
    assert_eq!(backports.len(), views.len());
}

#[test]
fn databases_and_runtimes_of_their_publisher_end_by_major_version() {
    let cycle = |stream: &str, ends: &str| {
        release("endoflife/product", stream, vec![phase("eol", PhaseKind::Full, on(ends))])
    };
    let lifecycles = [
        cycle("postgresql:12", "2024-11-21"),
        cycle("postgresql:15", "2027-11-11"),
        cycle("php:8.1", "2025-12-31"),
        cycle("mysql:8.0", "2026-04-30"),
        cycle("dotnet:7", "2024-05-14"),
    ];
    let check = |package: &str, version: &str, expected: &Expect| {
        let packages = [(package.to_owned(), version.to_owned())];
        let views = of_packages(&lifecycles, "debian:12", &packages, at("2026-11-25"));
        expected.assert_eq(&views.iter().map(show).collect::<Vec<_>>().join("\n"));
    };
    check(
        "postgresql-12",
        "12.22-1.pgdg120+1",
        &expect![
            "postgresql:12 postgresql-12 12.22-1.pgdg120+1: ended 2024-11-21 in -734 days; move to a major version of postgresql that its publisher repairs"
        ],
    );
    check(
        "postgresql-15",
        "15.10-1.pgdg120+1",
        &expect![
            "postgresql:15 postgresql-15 15.10-1.pgdg120+1: ending 2027-11-11 in 351 days; move to a major version of postgresql that its publisher repairs"
        ],
    );
    check(
        "postgresql12-server",
        "12.22-1PGDG.rhel9",
        &expect![
            "postgresql:12 postgresql12-server 12.22-1PGDG.rhel9: ended 2024-11-21 in -734 days; move to a major version of postgresql that its publisher repairs"
        ],
    );
    // The distribution's own build is repaired by the distribution.
    check("postgresql-12", "12.22-1", &expect![]);
    check(
        "php8.1",
        "8.1.31-1+0~20241121.68+debian12~1.gbp1c28ad",
        &expect![
            "php:8.1 php8.1 8.1.31-1+0~20241121.68+debian12~1.gbp1c28ad: ended 2025-12-31 in -329 days; move to a major version of php that its publisher repairs"
        ],
    );
    check(
        "php8.1",
        "8.1.31-1+deb.sury.org+1",
        &expect![
            "php:8.1 php8.1 8.1.31-1+deb.sury.org+1: ended 2025-12-31 in -329 days; move to a major version of php that its publisher repairs"
        ],
    );
    check(
        "mysql-community-server",
        "8.0.36-1debian12",
        &expect![
            "mysql:8.0 mysql-community-server 8.0.36-1debian12: ended 2026-04-30 in -209 days; move to a major version of mysql that its publisher repairs"
        ],
    );
    check(
        "dotnet-runtime-7.0",
        "7.0.20-1",
        &expect![
            "dotnet:7 dotnet-runtime-7.0 7.0.20-1: ended 2024-05-14 in -925 days; move to a major version of dotnet that its publisher repairs"
        ],
    );
}
