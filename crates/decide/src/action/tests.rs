use super::{Act, HOSTS_NAMED_MAX};
use crate::index::{
    Coverage, HostEntry, Index, Item, NewRow, Part, RowId, Scope, Source, StaleUnits,
};
use expect_test::{Expect, expect};
use model::advisory::{Feed, Row, RowState, Until};
use model::{CveId, HostId, TenantId};

const TENANT: TenantId = TenantId(1);

fn host(number: u128, items: &[(&str, &str, Part)]) -> HostEntry {
    let mut items: Vec<Item> = items
        .iter()
        .map(|(package, version, part)| Item {
            stream: "debian:12".to_owned(),
            package: (*package).to_owned(),
            module: String::new(),
            version: (*version).to_owned(),
            part: *part,
        })
        .collect();
    items.sort();
    HostEntry {
        host: HostId(number),
        tenant: TENANT,
        first_seen_at: 0,
        stream: "debian:12".to_owned(),
        items,
        coverage: Coverage::Covered,
        stale: Vec::new(),
        channels: Vec::new(),
        arches: vec!["amd64".to_owned()],
        is_lists_stale: false,
        is_release_ended: false,
        weight_halves: 2,
        class: 0,
    }
}

fn cve(number: u32) -> CveId {
    CveId { year: 2026, number }
}

fn learn(index: &mut Index, id: u64, package: &str, until: Until) {
    let row = Row {
        advisory: format!("DSA-{id}"),
        cve: Some(cve(1_000 + u32::try_from(id).unwrap())),
        stream: "debian:12".to_owned(),
        package: package.to_owned(),
        module: String::new(),
        arch: String::new(),
        from: String::new(),
        until,
        state: RowState::Affected,
        channel: String::new(),
        is_foreign: false,
    };
    let source = Source { name: "debian-tracker".to_owned(), feed: Feed::DebianTracker };
    index.put_rows(&source, &[NewRow { id: RowId(id), learned_at: 0, row: &row, advisory: None }]);
}

fn fixed(version: &str) -> Until {
    Until::Fixed(version.to_owned())
}

fn check(index: &Index, expected: &Expect) {
    let line = |act: &Act| {
        let hosts: Vec<u128> = act.host_ids.iter().map(|host| host.0).collect();
        let (reboot, units) = (act.needs_reboot, act.restarts.join(","));
        format!(
            "{} hosts {hosts:?} closes {} kev {} gain {} reboot {reboot} units [{units}]\n",
            act.id,
            act.closes.len(),
            act.kev,
            act.gain_micro
        )
    };
    let acts = index.actions(&Scope::of(TENANT), 99);
    expected.assert_eq(&acts.iter().map(line).collect::<String>());
}

#[test]
fn one_upgrade_closes_all_that_is_fixed_below_it_and_leaves_the_rest_to_be_mitigated() {
    let mut index = Index::new();
    index.put_host(&host(1, &[("x", "1.0", Part::Main), ("x", "1.3", Part::Offered)]));
    index.put_host(&host(2, &[("x", "1.1", Part::Main), ("x", "1.3", Part::Offered)]));
    learn(&mut index, 1, "x", fixed("1.1"));
    learn(&mut index, 2, "x", fixed("1.2"));
    learn(&mut index, 3, "x", Until::Open);
    for number in 1..=3 {
        index.set_hazard(cve(1_000 + number), 100 * number, false);
    }
    check(
        &index,
        &expect![[r#"
        remove_or_mitigate:debian:12/x// hosts [1, 2] closes 1 kev 0 gain 600 reboot false units []
        upgrade:debian:12/x//1.3 hosts [1, 2] closes 2 kev 0 gain 500 reboot false units []
    "#]],
    );
}

#[test]
fn one_known_exploited_hole_comes_before_two_thousand_improbable_ones() {
    let mut index = Index::new();
    let kernel = [("linux", "6.1", Part::Main), ("linux", "6.1", Part::Running)];
    let small = [("x", "1.0", Part::Main), ("x", "1.1", Part::Offered)];
    let offer = [("linux", "6.2", Part::Offered)];
    index.put_host(&host(1, &[&kernel[..], &small[..], &offer[..]].concat()));
    for id in 1..=2_017 {
        learn(&mut index, id, "linux", fixed("6.2"));
        // EPSS 0.001 and w 0.5: -ln(1 - 0.0005).
        index.set_hazard(cve(1_000 + u32::try_from(id).unwrap()), 500, false);
    }
    learn(&mut index, 9_000, "x", fixed("1.1"));
    index.set_hazard(cve(10_000), 4_605_170, true);
    check(
        &index,
        &expect![[r#"
        upgrade:debian:12/x//1.1 hosts [1] closes 1 kev 1 gain 4605170 reboot false units []
        upgrade:debian:12/linux//6.2 hosts [1] closes 2017 kev 0 gain 1008500 reboot true units []
    "#]],
    );
}

#[test]
fn a_reboot_is_one_line_for_all_that_it_puts_in_effect() {
    let mut index = Index::new();
    let mut both = host(
        1,
        &[
            ("linux", "6.1", Part::Running),
            ("linux", "6.2", Part::Main),
            ("dbus", "1.0", Part::Mapped),
            ("dbus", "1.1", Part::Main),
            ("nginx", "1.0", Part::Mapped),
            ("nginx", "1.1", Part::Main),
        ],
    );
    let stale = |package: &str, unit: &str, needs_reboot: bool| StaleUnits {
        stream: "debian:12".to_owned(),
        package: package.to_owned(),
        module: String::new(),
        units: vec![unit.to_owned()],
        needs_reboot,
    };
    both.stale = vec![stale("dbus", "dbus.service", true), stale("nginx", "nginx.service", false)];
    index.put_host(&both);
    learn(&mut index, 1, "linux", fixed("6.2"));
    learn(&mut index, 2, "dbus", fixed("1.1"));
    learn(&mut index, 3, "nginx", fixed("1.1"));
    check(
        &index,
        &expect![[r#"
        reboot:debian:12/// hosts [1] closes 2 kev 0 gain 50636 reboot true units []
        restart:debian:12/nginx// hosts [1] closes 1 kev 0 gain 25318 reboot false units [nginx.service]
    "#]],
    );
}

#[test]
fn holds_ended_releases_and_missing_offers_are_actions_of_their_own() {
    let mut index = Index::new();
    index.put_host(&host(1, &[("x", "1.0", Part::Main), ("x", "1.1", Part::HeldBack)]));
    index.put_host(&host(2, &[("x", "1.0", Part::Main)]));
    let mut ended = host(3, &[("x", "1.0", Part::Main)]);
    (ended.is_release_ended, ended.weight_halves) = (true, 8);
    index.put_host(&ended);
    learn(&mut index, 1, "x", fixed("1.1"));
    check(
        &index,
        &expect![[r#"
        move_release:debian:12/// hosts [3] closes 1 kev 0 gain 101272 reboot false units []
        enable_channel:debian:12/x// hosts [2] closes 1 kev 0 gain 25318 reboot false units []
        unhold:debian:12/x//1.1 hosts [1] closes 1 kev 0 gain 25318 reboot false units []
    "#]],
    );
    // What a report changes is summed anew.
    index.put_host(&host(3, &[("x", "1.1", Part::Main)]));
    index.remove_host(HostId(2));
    check(
        &index,
        &expect![[r#"
        unhold:debian:12/x//1.1 hosts [1] closes 1 kev 0 gain 25318 reboot false units []
    "#]],
    );
}

#[test]
fn a_stale_image_is_worth_removing_and_spares_no_hazard() {
    let mut index = Index::new();
    index.put_host(&host(
        1,
        &[
            ("linux", "6.1", Part::Main),
            ("linux", "6.2", Part::Main),
            ("linux", "6.2", Part::Running),
        ],
    ));
    learn(&mut index, 1, "linux", fixed("6.2"));
    check(
        &index,
        &expect![[r#"
        remove_image:debian:12/linux// hosts [1] closes 1 kev 0 gain 0 reboot false units []
    "#]],
    );
}

#[test]
fn many_hosts_are_counted_and_the_first_are_named() {
    let mut index = Index::new();
    for number in 0..200 {
        index.put_host(&host(
            200 - number,
            &[("x", "1.0", Part::Main), ("x", "1.1", Part::Offered)],
        ));
    }
    learn(&mut index, 1, "x", fixed("1.1"));
    let scope = Scope::of(TENANT);
    let act = index.actions(&scope, 1).remove(0);
    assert_eq!((act.hosts, act.host_ids.len()), (200, HOSTS_NAMED_MAX));
    assert_eq!((act.host_ids[0], act.host_ids[1]), (HostId(1), HostId(2)));
    let all = index.action_hosts(&scope, &act.id);
    assert!(all.len() == 200 && all.is_sorted());
    assert_eq!(index.action_hosts(&Scope::of(TenantId(2)), &act.id), []);
    assert_eq!(index.action_hosts(&scope, "upgrade:debian:12/y//1.1"), []);
    assert_eq!(index.action_hosts(&scope, "nonsense"), []);
}

#[test]
fn a_limit_keeps_the_best_and_breaks_ties_by_name() {
    let mut index = Index::new();
    for (id, name) in (1..).zip(["e", "d", "c", "b", "a"]) {
        index.put_host(&host(
            u128::from(id),
            &[(name, "1.0", Part::Main), (name, "1.1", Part::Offered)],
        ));
        learn(&mut index, id, name, fixed("1.1"));
    }
    let scope = Scope::of(TENANT);
    let names = |limit| -> Vec<String> {
        index.actions(&scope, limit).into_iter().map(|act| act.package.package).collect()
    };
    assert_eq!(names(2), ["a", "b"]);
    assert_eq!(names(0), [""; 0]);
}
