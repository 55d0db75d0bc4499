//! Ends of support: distro-info, endoflife.date and Debian's lists of packages.

use crate::shared;
use feeds::{Limits, debian_support, distro_info, endoflife, release};
use model::advisory::{Ends, Lifecycle, PhaseKind, RowSet};

fn lifecycle<'a>(set: &'a RowSet, stream: &str) -> &'a Lifecycle {
    let found = set.lifecycles.iter().find(|lifecycle| lifecycle.stream == stream);
    found.unwrap_or_else(|| panic!("{}: no {stream}", set.source))
}

/// The days on which phases end, in their order.
fn days(set: &RowSet, stream: &str) -> Vec<String> {
    let phases = &lifecycle(set, stream).phases;
    phases
        .iter()
        .map(|phase| match &phase.ends {
            Ends::On(day) => format!("{} {day}", phase.name),
            Ends::NotKnown => format!("{} not known", phase.name),
            Ends::Ended => format!("{} ended", phase.name),
        })
        .collect()
}

#[test]
fn the_vendors_tables_state_the_dates_that_are_known() {
    let Some(bytes) = shared::bytes("debian/debian.csv") else { return };
    let debian = distro_info::parse(&bytes, &Limits::default()).unwrap();
    assert_eq!((debian.lifecycles.len(), debian.entries, debian.rejects_total), (20, 22, 0));
    let bookworm = ["eol 2026-07-11", "eol-lts 2028-06-30", "eol-elts 2033-06-30"];
    assert_eq!(days(&debian, "debian:12"), bookworm);
    assert_eq!(days(&debian, "debian:11")[1], "eol-lts 2026-08-31");
    assert_eq!(days(&debian, "debian:13")[..2], ["eol 2028-08-09", "eol-lts 2030-06-30"]);
    assert_eq!(days(&debian, "debian:14"), ["eol not known"]);
    let Some(bytes) = shared::bytes("debian/ubuntu.csv") else { return };
    let ubuntu = distro_info::parse(&bytes, &Limits::default()).unwrap();
    assert_eq!(ubuntu.rejects_total, 0);
    assert_eq!(
        days(&ubuntu, "ubuntu:26.04"),
        ["eol 2031-05-29", "eol-server 2031-05-29", "eol-esm 2036-04-23", "eol-legacy 2038-04-27"]
    );
    // Both files and the table of codenames name the same streams.
    for (set, bytes) in [("debian", "debian/debian.csv"), ("ubuntu", "debian/ubuntu.csv")] {
        let text = String::from_utf8(shared::bytes(bytes).unwrap()).unwrap();
        for cells in text.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>()) {
            let version = cells[0].split(' ').next().unwrap();
            let Some(stream) = release::of_codename(cells[2]) else { continue };
            // Releases before 7 had a second number, which hosts of today do not write.
            assert!(format!("{set}:{version}").starts_with(&stream), "{cells:?}");
        }
    }
}

#[test]
fn every_page_of_endoflife_date_is_read_without_a_reject() {
    let pages = shared::files("endoflife");
    let mut streams = Vec::new();
    for (name, bytes) in pages.iter().filter(|(name, _)| name.ends_with(".md")) {
        let set = endoflife::parse(bytes, &Limits::default()).unwrap();
        assert_eq!(set.rejects_total, 0, "{name}: {:?}", set.rejects);
        let listed = String::from_utf8_lossy(bytes).matches("\n  - releaseCycle:").count();
        assert_eq!(set.lifecycles.len(), listed, "{name}");
        assert!(set.lifecycles.iter().all(|l| !l.phases.is_empty()), "{name}");
        streams.push(format!("{} {}", set.source, set.lifecycles[0].stream));
    }
    if pages.is_empty() {
        return;
    }
    assert_eq!(streams.len(), 23);
    expect_test::expect![[r#"
        endoflife/almalinux alma:10
        endoflife/alpine-linux alpine:3.24
        endoflife/amazon-linux amazon:2023
        endoflife/centos-stream centos:10
        endoflife/centos centos:8
        endoflife/debian debian:13
        endoflife/dotnet dotnet:10
        endoflife/dotnetfx dotnetfx:4.8.1
        endoflife/fedora fedora:44
        endoflife/freebsd freebsd:15.1
        endoflife/mssqlserver mssql:17.0
        endoflife/mysql mysql:9.7
        endoflife/nginx nginx:1.31
        endoflife/openssl openssl:4.0
        endoflife/opensuse opensuse:16.0
        endoflife/oracle-linux oracle:10
        endoflife/php php:8.5
        endoflife/postgresql postgresql:18
        endoflife/rhel rhel:10
        endoflife/rocky-linux rocky:10
        endoflife/sles suse:16.0
        endoflife/ubuntu ubuntu:26.04
        endoflife/windows-server windows:2025"#]]
    .assert_eq(&streams.join("\n"));
}

#[test]
fn columns_mean_what_each_product_means_by_them() {
    let read = |name: &str| {
        let bytes = shared::bytes(&format!("endoflife/{name}.md"))?;
        Some(endoflife::parse(&bytes, &Limits::default()).unwrap())
    };
    let Some(debian) = read("debian") else { return };
    assert_eq!(days(&debian, "debian:12"), ["eol 2026-07-11", "eoes 2028-06-30"]);
    assert_eq!(lifecycle(&debian, "debian:12").phases[1].kind, PhaseKind::CommunityLts);
    let rhel = read("rhel").unwrap();
    assert_eq!(days(&rhel, "rhel:8")[1], "eol 2029-05-31");
    assert_eq!(lifecycle(&rhel, "rhel:8").phases[1].kind, PhaseKind::Maintenance);
    assert_eq!(lifecycle(&rhel, "rhel:8").phases[2].kind, PhaseKind::Paid);
    let windows = read("windows-server").unwrap();
    assert_eq!(days(&windows, "windows:2022"), ["eoas 2026-10-13", "eol 2031-10-14"]);
    let ubuntu = read("ubuntu").unwrap();
    assert_eq!(lifecycle(&ubuntu, "ubuntu:22.04").phases.last().unwrap().kind, PhaseKind::Paid);
}

#[test]
fn release_data_agrees_with_the_pages_where_both_speak() {
    let mut agreed = 0;
    for (name, bytes) in shared::files("endoflife/release-data") {
        let product = name.trim_end_matches(".json");
        let set = endoflife::parse_for(&bytes, product, &Limits::default()).unwrap();
        assert_eq!(set.rejects_total, 0, "{name}: {:?}", set.rejects);
        let Some(page) = shared::bytes(&format!("endoflife/{product}.md")) else { return };
        let page = endoflife::parse(&page, &Limits::default()).unwrap();
        for own in &set.lifecycles {
            let listed = page.lifecycles.iter().find(|listed| listed.stream == own.stream);
            agreed += usize::from(listed.is_some_and(|listed| listed.phases == own.phases));
        }
    }
    // Of the rest, robots found a column less, or a date that people had corrected.
    expect_test::expect!["70"].assert_eq(&agreed.to_string());
}

#[test]
fn lists_of_unsupported_packages_are_read_whole() {
    for (path, entries) in [
        ("debian/security-support-ended", 16),
        ("debian/security-support-ended.deb12", 16),
        ("debian/security-support-ended.deb11", 0),
        ("debian/security-support-ended.deb10", 8),
    ] {
        let Some(bytes) = shared::bytes(path) else { return };
        let set = debian_support::parse_for(&bytes, "debian:12", &Limits::default()).unwrap();
        assert_eq!((set.entries, set.rejects_total), (entries, 0), "{path}: {:?}", set.rejects);
        let lines = String::from_utf8_lossy(&bytes);
        let lines = lines.lines().filter(|l| !l.trim().is_empty() && !l.starts_with('#'));
        assert_eq!(u64::try_from(lines.count()).unwrap(), entries, "{path}");
    }
    let Some(bytes) = shared::bytes("debian/security-support-limited") else { return };
    let set = debian_support::parse_for(&bytes, "debian:12", &Limits::default()).unwrap();
    assert_eq!(set.rejects_total, 0);
    let golang = set.lifecycles.iter().find(|l| l.package == "golang.*").unwrap();
    assert!(golang.limited.starts_with("See https://") && golang.phases.is_empty());
}
