//! Joining, renewing, reporting: who is let in, and what is stored.

use crate::host::{Answer, TestHost, ask, client, csr, package, report, try_ask, update};
use crate::rig::Rig;
use model::package::PackageSet;
use model::report::{PackagesBody, PendingSet, Report};
use model::wire::{RenewAnswer, RenewRequest, path};
use rcgen::{CertificateParams, Issuer, KeyPair, SanType};

fn renew(host: &TestHost, generation: u64) -> Answer {
    let csr_pem = csr(&host.transport);
    host.post(path::RENEW, &RenewRequest { csr_pem, generation })
}

fn sets() -> (PackageSet, PendingSet) {
    let packages = PackageSet::new(vec![package("bash", "5"), package("web", "1.0")]);
    (packages, PendingSet { updates: vec![update("web", "http://x").0], additions: vec![] })
}

#[test]
fn a_host_enrols_with_a_token_and_names_are_made_unique() {
    let rig = Rig::new();
    let (first, second) = (rig.host("web"), rig.host("web"));
    assert_eq!((first.name.as_str(), second.name.as_str()), ("web", "web-2"));
    assert_ne!(first.id, second.id);
    let hosts = server::hosts::list(&rig.app(), &rig.app().tenant()).unwrap();
    assert_eq!(hosts.iter().map(|h| h.name.as_str()).collect::<Vec<_>>(), ["web", "web-2"]);
    assert_eq!(hosts[0].tags, ["test"]);
    assert_eq!(rig.actions().iter().filter(|a| *a == "host.enrolled").count(), 2);
}

#[test]
fn a_token_that_is_used_up_unknown_or_expired_lets_nobody_in() {
    let rig = Rig::new();
    let token = rig.token(1);
    TestHost::enrol(&rig, "web", &token).ok().unwrap();
    let used_up = TestHost::enrol(&rig, "web", &token).err().unwrap();
    assert_eq!(used_up.status, 401);
    assert!(used_up.error().hint.contains("patchwell enrol token"));
    assert_eq!(TestHost::enrol(&rig, "web", "pwlj_x").err().unwrap().status, 401);
    let late = rig.token(1);
    rig.clock.advance(3_601);
    assert_eq!(TestHost::enrol(&rig, "web", &late).err().unwrap().status, 401);
}

#[test]
fn one_token_enrols_one_host_however_many_try_at_once() {
    let rig = Rig::new();
    let token = rig.token(1);
    let joined = std::thread::scope(|threads| {
        let tries: Vec<_> =
            (0..40).map(|_| threads.spawn(|| TestHost::enrol(&rig, "web", &token))).collect();
        tries.into_iter().filter_map(|t| t.join().unwrap().ok()).count()
    });
    assert_eq!(joined, 1);
}

#[test]
fn enrolment_is_paced() {
    let rig = Rig::new();
    let statuses: Vec<_> =
        (0..60).map(|_| TestHost::enrol(&rig, "web", "pwlj_guess").err().unwrap().status).collect();
    assert!(statuses.contains(&503), "{statuses:?}");
    rig.clock.advance(10);
    assert_eq!(TestHost::enrol(&rig, "web", "pwlj_guess").err().unwrap().status, 401);
}

#[test]
fn every_route_but_enrolment_asks_for_a_certificate() {
    let rig = Rig::new();
    let gateway = rig.server().gateway_addr();
    let object = format!("{}/{}", path::OBJECTS, model::Digest::of(b"x"));
    for (method, path) in [
        ("POST", path::RENEW),
        ("GET", path::ORDERS),
        ("POST", path::PERMITS),
        ("POST", path::PROGRESS),
        ("POST", path::OUTCOMES),
        ("POST", path::REPORTS),
        ("GET", object.as_str()),
    ] {
        let answer = ask(gateway, &client(None), method, path, &());
        assert_eq!(answer.status, 401, "{method} {path}");
    }
    assert_eq!(ask(gateway, &client(None), "GET", "/console", &()).status, 404);
}

#[test]
fn a_certificate_of_another_ca_ends_the_handshake() {
    let rig = Rig::new();
    let host = rig.host("web");
    let key = KeyPair::generate().unwrap();
    let other = Issuer::new(CertificateParams::default(), KeyPair::generate().unwrap());
    let mut params = CertificateParams::default();
    let uri = format!("spiffe://{}/host/{}", rig.app().tenant().tenant(), host.id);
    params.subject_alt_names = vec![SanType::URI(uri.as_str().try_into().unwrap())];
    let forged = params.signed_by(&key, &other).unwrap().pem();
    let gateway = rig.server().gateway_addr();
    let refused = try_ask(gateway, &client(Some((&forged, &key))), "GET", path::ORDERS, &());
    assert!(refused.is_err());
}

#[test]
fn the_host_comes_from_the_certificate_whatever_a_body_says() {
    let rig = Rig::new();
    let (one, other) = (rig.host("one"), rig.host("other"));
    let (packages, pending) = sets();
    one.reports(&packages, &pending);
    let scope = rig.app().tenant();
    let view = |name: &str| server::hosts::get(&rig.app(), &scope, name).unwrap();
    assert_eq!(view("one").packages_total, 2);
    assert_eq!(view("other").packages_total, 0);
    // A request that asks for other names in the certificate gets its own.
    let mut params = CertificateParams::default();
    let uri = format!("spiffe://{}/host/{}", scope.tenant(), other.id);
    params.subject_alt_names = vec![SanType::URI(uri.as_str().try_into().unwrap())];
    let csr_pem = params.serialize_request(&one.transport).unwrap().pem().unwrap();
    let answer = one.post(path::RENEW, &RenewRequest { csr_pem, generation: 1 });
    let renewed: RenewAnswer = answer.read();
    let peer = client(Some((&renewed.certificate_pem, &one.transport)));
    let gateway = rig.server().gateway_addr();
    rig.clock.advance(50);
    assert_eq!(ask(gateway, &peer, "GET", path::ORDERS, &()).status, 200);
    assert_eq!(view("one").seen_at, rig.clock.now());
    assert_ne!(view("other").seen_at, rig.clock.now());
}

#[test]
fn an_expired_certificate_is_not_let_in() {
    let rig = Rig::new();
    let host = rig.host("web");
    rig.clock.advance(73 * 3_600);
    let gateway = rig.server().gateway_addr();
    assert!(try_ask(gateway, &host.tls(), "GET", path::ORDERS, &()).is_err());
}

#[test]
fn a_renewal_counts_up_and_a_lost_answer_can_be_asked_for_again() {
    let rig = Rig::new();
    let mut host = rig.host("web");
    host.orders(0, 0);
    let first: RenewAnswer = renew(&host, 1).read();
    // The answer was lost: the agent still has generation 1 and asks again.
    let again: RenewAnswer = renew(&host, 1).read();
    assert_eq!((first.renewal.generation, again.renewal.generation), (2, 2));
    host.certificate_pem = again.certificate_pem;
    host.orders(0, 0);
    let third: RenewAnswer = renew(&host, 2).read();
    assert_eq!(third.renewal.generation, 3);
}

#[test]
fn two_holders_of_one_key_lock_the_host() {
    let mut rig = Rig::new();
    let mut host = rig.host("web");
    let mut clone = host.cloned();
    let renewed: RenewAnswer = renew(&host, 1).read();
    host.certificate_pem = renewed.certificate_pem;
    host.orders(0, 0);
    let refused = renew(&clone, 1);
    assert_eq!((refused.status, refused.error().error.as_str()), (403, "locked"));
    assert_eq!(host.get(path::ORDERS).status, 403, "both are out until a person looks");
    assert!(rig.actions().contains(&"host.locked".to_owned()));
    rig.restart();
    clone.follow(&rig);
    assert_eq!(clone.get(path::ORDERS).status, 403, "also after a restart");
    let view = server::hosts::get(&rig.app(), &rig.app().tenant(), "web").unwrap();
    assert!(view.problems.iter().any(|p| p.text.contains("two holders")));
}

#[test]
fn a_renewal_for_another_key_is_refused() {
    let rig = Rig::new();
    let host = rig.host("web");
    let csr_pem = csr(&KeyPair::generate().unwrap());
    let refused = host.post(path::RENEW, &RenewRequest { csr_pem, generation: 1 });
    assert_eq!((refused.status, refused.error().error.as_str()), (403, "other_key"));
}

#[test]
fn sets_are_asked_for_once_and_then_known_by_their_digest() {
    let rig = Rig::new();
    let (one, other) = (rig.host("one"), rig.host("other"));
    let (packages, pending) = sets();
    let named = report(&packages, &pending);
    let asked = one.report(&named);
    assert!(!asked.stored && asked.want_packages && asked.want_pending);
    one.reports(&packages, &pending);
    assert!(other.report(&named).stored, "the other host's same sets need no bodies");
    let scope = rig.app().tenant();
    let view = server::hosts::get(&rig.app(), &scope, "other").unwrap();
    assert_eq!((view.packages_total, view.pending.security), (2, 1));
}

#[test]
fn a_diff_is_applied_and_checked_and_a_wrong_one_is_asked_for_in_full() {
    let rig = Rig::new();
    let host = rig.host("web");
    let (before, pending) = sets();
    host.reports(&before, &pending);
    let after = PackageSet::new(vec![package("bash", "5"), package("web", "1.1")]);
    let diff = after.diff_from(&before);
    let good =
        Report { packages_body: PackagesBody::Diff(diff.clone()), ..report(&after, &pending) };
    assert!(host.report(&good).stored);
    let scope = rig.app().tenant();
    assert_eq!(server::hosts::packages(&rig.app(), &scope, "web").unwrap(), after);

    let third = PackageSet::new(vec![package("bash", "6")]);
    let wrong = Report { packages_body: PackagesBody::Diff(diff), ..report(&third, &pending) };
    let asked = host.report(&wrong);
    assert!(!asked.stored && asked.want_packages);
    assert_eq!(server::hosts::packages(&rig.app(), &scope, "web").unwrap(), after);
}

#[test]
fn a_set_that_is_not_what_its_digest_says_is_refused() {
    let rig = Rig::new();
    let host = rig.host("web");
    let (packages, pending) = sets();
    let mut lying = report(&packages, &pending);
    lying.packages_body = PackagesBody::Full(vec![package("other", "1")]);
    lying.pending_body = Some(pending.clone());
    assert_eq!(host.post(path::REPORTS, &lying).error().error, "wrong_digest");
    let mut lying = report(&packages, &pending);
    lying.installed = model::Digest::of(b"something else");
    lying.packages_body = PackagesBody::Full(packages.packages.clone());
    lying.pending_body = Some(pending);
    assert_eq!(host.post(path::REPORTS, &lying).error().error, "wrong_digest");
}

#[test]
fn an_unchanged_report_writes_nothing_and_is_remembered_across_a_restart() {
    let mut rig = Rig::new();
    let mut host = rig.host("web");
    let (packages, pending) = sets();
    host.reports(&packages, &pending);
    host.orders(0, 0);
    let writes = rig.app().store.writes();
    rig.clock.advance(600);
    let same = Report { seen_at: rig.clock.now(), ..report(&packages, &pending) };
    for _ in 0..5 {
        assert!(host.report(&same).stored);
    }
    assert_eq!(rig.app().store.writes(), writes);
    let scope = rig.app().tenant();
    let reported = |rig: &Rig| server::hosts::get(&rig.app(), &scope, "web").unwrap().reported_at;
    assert_eq!(reported(&rig), Some(rig.clock.now()));
    rig.restart();
    assert_eq!(reported(&rig), Some(rig.clock.now()), "flushed when the server stopped");
    host.follow(&rig);
    let events = rig.events().len();
    assert!(host.report(&same).stored);
    assert_eq!(rig.events().len(), events);
}

#[test]
fn odd_bodies_are_errors_that_say_so() {
    let rig = Rig::new();
    let host = rig.host("web");
    assert_eq!(host.post(path::REPORTS, &"text").status, 422);
    assert_eq!(host.post(path::OUTCOMES, &"x".repeat(3_000_000)).error().error, "bad_body");
    assert_eq!(host.get(&format!("{}/xyz", path::OBJECTS)).status, 422);
    assert_eq!(TestHost::enrol(&rig, "", &rig.token(1)).err().unwrap().status, 422);
    assert_eq!(TestHost::enrol(&rig, "a b\n", &rig.token(1)).err().unwrap().status, 422);
}
