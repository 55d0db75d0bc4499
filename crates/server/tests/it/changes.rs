//! Planning, signing, handing out, stopping.

use crate::approvers::{approve, key, order, put_trust, sign, trust_request};
use crate::host::{TestHost, package, update};
use crate::rig::Rig;
use model::ChangeId;
use model::change::ChangeState;
use model::package::PackageSet;
use model::report::PendingSet;
use model::run::{RunState, WaitingOn};
use model::wire::{OrdersAnswer, PlanRequest, StopRequest};
use server::ErrorKind;

/// Makes an order wrong.
type Spoil = Box<dyn Fn(&mut model::order::Order)>;

/// A host with one pending update, whose files nobody serves.
fn patchable(rig: &Rig, name: &str) -> TestHost {
    let host = rig.host(name);
    host.reports(
        &PackageSet::new(vec![package("web", "1.0")]),
        &PendingSet { updates: vec![update("web", "http://127.0.0.1:9").0], additions: vec![] },
    );
    host
}

fn plan(rig: &Rig, hosts: &[&str]) -> ChangeId {
    let hosts = hosts.iter().map(|name| (*name).to_owned()).collect();
    let request = PlanRequest { hosts, ..PlanRequest::default() };
    server::changes::plan(&rig.app(), &rig.anna(), request).unwrap()
}

fn state(rig: &Rig, change: ChangeId) -> ChangeState {
    server::changes::get(&rig.app(), &rig.app().tenant(), change).unwrap().state
}

#[test]
fn a_signed_order_reaches_exactly_its_host() {
    let rig = Rig::new();
    let (web, other) = (patchable(&rig, "web"), patchable(&rig, "other"));
    put_trust(&rig, 1);
    let change = plan(&rig, &["web"]);
    assert_eq!(state(&rig, change), ChangeState::Planned { have: 0, need: 1 });
    let order = approve(&rig, change);
    assert_eq!(state(&rig, change), ChangeState::Approved);
    let OrdersAnswer { orders, cursor, roster, root, .. } = web.orders(0, 0);
    assert_eq!((orders.len(), roster.is_some(), root.is_some()), (1, true, true));
    assert_eq!(orders[0].envelope, sign(&order, &[&key(10)]));
    assert!(web.orders(cursor, 0).orders.is_empty(), "nothing twice after its cursor");
    assert_eq!(web.orders(0, 0).orders.len(), 1, "again for an agent that lost its cursor");
    assert_eq!(web.orders(999, 0).orders.len(), 1, "also after a restored database");
    assert!(other.orders(0, 0).orders.is_empty());
    assert!(rig.actions().contains(&"order.signed".to_owned()));
}

#[test]
fn a_host_that_cannot_take_its_order_up_says_why() {
    let rig = Rig::new();
    let web = patchable(&rig, "web");
    put_trust(&rig, 1);
    let change = plan(&rig, &["web"]);
    approve(&rig, change);
    let seen = || {
        let app = rig.app();
        let change = server::changes::get(&app, &app.tenant(), change).unwrap();
        let host = server::hosts::get(&app, &app.tenant(), "web").unwrap();
        (change.runs[0].waiting_on.clone(), host.problems.len())
    };
    web.trouble("no-space");
    let text = "no-space".to_owned();
    assert_eq!(seen(), (Some(WaitingOn::HostTrouble { text }), 1));
    web.trouble("");
    assert!(!matches!(seen(), (Some(WaitingOn::HostTrouble { .. }), _)));
    assert_eq!(seen().1, 0);
}

#[test]
fn a_parked_poll_is_woken_by_its_order() {
    let rig = Rig::new();
    let web = patchable(&rig, "web");
    put_trust(&rig, 1);
    let change = plan(&rig, &["web"]);
    let got = std::thread::scope(|threads| {
        let parked = threads.spawn(|| web.orders(0, 200));
        crate::rig::rest(300);
        approve(&rig, change);
        parked.join().unwrap()
    });
    assert_eq!(got.orders.len(), 1);
}

#[test]
fn a_new_roster_reaches_parked_polls_at_once() {
    let rig = Rig::new();
    let web = rig.host("web");
    let got = std::thread::scope(|threads| {
        let parked = threads.spawn(|| web.orders(0, 200));
        crate::rig::rest(300);
        put_trust(&rig, 1);
        parked.join().unwrap()
    });
    assert!(got.roster.is_some() && got.orders.is_empty());
}

#[test]
fn two_persons_sign_the_same_bytes_before_anything_goes_out() {
    let rig = Rig::new();
    let web = patchable(&rig, "web");
    put_trust(&rig, 2);
    let change = plan(&rig, &["web"]);
    let order = order(&rig, change);
    let (app, anna) = (rig.app(), rig.anna());
    let one = server::changes::approve(&app, &anna, change, sign(&order, &[&key(10)])).unwrap();
    assert_eq!((one.approvals.len(), one.need), (1, 2));
    assert!(web.orders(0, 0).orders.is_empty());
    assert_eq!(state(&rig, change), ChangeState::Planned { have: 1, need: 2 });

    let mut other = order.clone();
    other.reason = "another text".to_owned();
    let envelope = sign(&other, &[&key(11)]);
    let refused = server::changes::approve(&app, &anna, change, envelope).unwrap_err();
    assert_eq!(refused.error, "other_order");

    let two = server::changes::approve(&app, &anna, change, sign(&order, &[&key(11)])).unwrap();
    assert_eq!(two.approvals.len(), 2);
    let orders = web.orders(0, 0).orders;
    assert_eq!(orders[0].envelope.signatures.len(), 2);
}

#[test]
fn orders_that_do_not_fit_their_change_are_refused() {
    let rig = Rig::new();
    patchable(&rig, "web");
    patchable(&rig, "other");
    put_trust(&rig, 1);
    let change = plan(&rig, &["web", "other"]);
    let good = order(&rig, change);
    let wrong: Vec<(&str, Spoil)> = vec![
        ("order_does_not_fit", Box::new(|o| o.plan = model::Digest::of(b"x"))),
        ("order_does_not_fit", Box::new(|o| o.generation = 2)),
        ("order_does_not_fit", Box::new(|o| o.rollout = ChangeId(1))),
        ("order_does_not_fit", Box::new(|o| o.verb = model::order::Verb::Rollback)),
        ("order_does_not_fit", Box::new(|o| o.targets.truncate(1))),
        ("order_does_not_fit", Box::new(|o| o.waves.clear())),
        ("order_does_not_fit", Box::new(|o| o.not_after = crate::rig::NOW - 1)),
        ("order_does_not_fit", Box::new(|o| o.not_after = crate::rig::NOW + 15 * 86_400)),
        ("refused", Box::new(|o| o.tenant_root_hash = model::Digest::of(b"x"))),
    ];
    for (word, spoil) in wrong {
        let mut order = good.clone();
        spoil(&mut order);
        let envelope = sign(&order, &[&key(10)]);
        let refused =
            server::changes::approve(&rig.app(), &rig.anna(), change, envelope).unwrap_err();
        assert_eq!(refused.error, word, "{refused}: {order:?}");
    }
    let stranger = sign(&good, &[&key(99)]);
    let refused = server::changes::approve(&rig.app(), &rig.anna(), change, stranger).unwrap_err();
    assert_eq!((refused.kind, refused.error), (ErrorKind::BadInput, "refused"));
    assert!(!rig.actions().contains(&"order.signed".to_owned()));
}

#[test]
fn a_used_serial_and_a_plan_that_waited_too_long_are_refused() {
    let rig = Rig::new();
    patchable(&rig, "web");
    patchable(&rig, "other");
    put_trust(&rig, 1);
    let (first, second) = (plan(&rig, &["web"]), plan(&rig, &["other"]));
    let (one, mut two) = (order(&rig, first), order(&rig, second));
    let sent = |change, order: &model::order::Order| {
        server::changes::approve(&rig.app(), &rig.anna(), change, sign(order, &[&key(10)]))
    };
    sent(first, &one).unwrap();
    two.order_id = model::OrderId(77);
    assert_eq!(sent(second, &two).unwrap_err().error, "old_serial");
    let mut again = order(&rig, second);
    sent(second, &again).unwrap();
    again.reason = "once more".to_owned();
    assert_eq!(sent(second, &again).unwrap_err().error, "other_order");

    patchable(&rig, "late");
    let third = plan(&rig, &["late"]);
    rig.clock.advance(8 * 86_400);
    let mut late = order(&rig, third);
    late.not_after += 8 * 86_400;
    assert_eq!(sent(third, &late).unwrap_err().error, "change_over");
}

#[test]
fn nothing_can_be_approved_without_a_roster_and_a_strange_root_is_refused() {
    let rig = Rig::new();
    patchable(&rig, "web");
    let change = plan(&rig, &["web"]);
    let scope = rig.app().tenant();
    let refused = server::changes::order_draft(&rig.app(), &scope, change).unwrap_err();
    assert_eq!(refused.error, "no_roster");
    put_trust(&rig, 1);
    let mut broken = trust_request(1);
    broken.roster.signatures.clear();
    let refused = server::trusted::put(&rig.app(), &rig.anna(), broken).unwrap_err();
    assert_eq!(refused.error, "refused");
    assert_eq!(
        server::trusted::tenant_root_hash(&rig.app()),
        Some(order(&rig, change).tenant_root_hash)
    );
}

#[test]
fn an_empty_plan_and_unknown_hosts_say_why() {
    let rig = Rig::new();
    rig.host("fresh");
    let ask = |hosts: &[&str], tags: &[&str]| {
        let text = |list: &[&str]| list.iter().map(|t| (*t).to_owned()).collect();
        let request =
            PlanRequest { hosts: text(hosts), tags: text(tags), ..PlanRequest::default() };
        server::changes::plan(&rig.app(), &rig.anna(), request).unwrap_err()
    };
    assert_eq!(ask(&["nowhere"], &[]).said, "no host is called `nowhere`");
    assert_eq!(ask(&[], &["none"]).said, "no host has the tag `none`");
    assert_eq!(ask(&[], &[]).error, "no_hosts");
    let empty = ask(&["fresh"], &[]);
    assert_eq!(empty.error, "empty_plan");
    assert_eq!(empty.said, "nothing can be planned; fresh: has never reported");
}

#[test]
fn a_stopped_change_is_not_handed_out_and_frees_its_hosts() {
    let rig = Rig::new();
    let web = patchable(&rig, "web");
    put_trust(&rig, 1);
    let change = plan(&rig, &["web"]);
    approve(&rig, change);
    let busy = PlanRequest { hosts: vec!["web".to_owned()], ..PlanRequest::default() };
    let refused = server::changes::plan(&rig.app(), &rig.anna(), busy.clone()).unwrap_err();
    assert!(refused.said.contains("still works on it"), "{refused}");
    let reason = StopRequest { reason: "wrong day".to_owned() };
    server::changes::stop(&rig.app(), &rig.anna(), change, reason.clone()).unwrap();
    server::changes::stop(&rig.app(), &rig.anna(), change, reason).unwrap();
    assert_eq!(state(&rig, change), ChangeState::Stopped { by: "anna".to_owned() });
    assert!(web.orders(0, 0).orders.is_empty());
    assert_eq!(rig.actions().iter().filter(|a| *a == "change.stopped").count(), 1);
    server::changes::plan(&rig.app(), &rig.anna(), busy).unwrap();
}

#[test]
fn changes_and_orders_survive_a_restart() {
    let mut rig = Rig::new();
    let mut web = patchable(&rig, "web");
    put_trust(&rig, 1);
    let change = plan(&rig, &["web"]);
    approve(&rig, change);
    rig.restart();
    web.follow(&rig);
    assert_eq!(web.orders(0, 0).orders.len(), 1);
    assert_eq!(state(&rig, change), ChangeState::Approved);
    let text = change.to_string();
    let short = text.get(7..13).unwrap();
    let scope = rig.app().tenant();
    assert_eq!(server::changes::find(&rig.app(), &scope, short).unwrap(), change);
    assert_eq!(server::changes::find(&rig.app(), &scope, "abc").unwrap_err().error, "short_id");
}

#[test]
fn an_order_that_runs_out_expires_and_a_silent_host_is_named() {
    let rig = Rig::new();
    let web = patchable(&rig, "web");
    put_trust(&rig, 1);
    let change = plan(&rig, &["web"]);
    approve(&rig, change);
    rig.clock.advance(3_600);
    let view = server::changes::get(&rig.app(), &rig.app().tenant(), change).unwrap();
    assert_eq!(view.runs[0].state, RunState::Ordered);
    assert!(matches!(view.runs[0].waiting_on, Some(WaitingOn::HostSilent { .. })));
    rig.clock.advance(86_400);
    server::loops::turn(&rig.app()).unwrap();
    assert!(rig.actions().contains(&"change.expired".to_owned()));
    assert_eq!(state(&rig, change), ChangeState::Expired);
    assert!(web.orders(0, 0).orders.is_empty());
}
