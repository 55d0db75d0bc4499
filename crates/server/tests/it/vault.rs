//! The vault: fetched once, checked always, served only to whom an order names.

use crate::approvers::{approve, put_trust};
use crate::host::{TestHost, package, update};
use crate::origin::FileServer;
use crate::rig::{NOW, Rig};
use model::package::{PackageSet, Update};
use model::report::PendingSet;
use model::run::WaitingOn;
use model::wire::{PlanRequest, REPORT_PENDING};
use model::{ChangeId, Digest, RunId};
use std::path::PathBuf;

fn reports(host: &TestHost, update: &Update) {
    host.reports(
        &PackageSet::new(vec![package("web", "1.0")]),
        &PendingSet { updates: vec![update.clone()], additions: vec![] },
    );
}

fn plan(rig: &Rig) -> ChangeId {
    let request = PlanRequest { tags: vec!["test".to_owned()], ..PlanRequest::default() };
    server::changes::plan(&rig.app(), &rig.anna(), request).unwrap()
}

fn digests(update: &Update) -> (Digest, Digest) {
    (update.back.as_ref().unwrap().sha256, update.artifact.as_ref().unwrap().sha256)
}

fn is_held(app: &server::App, sha256: Digest) -> bool {
    let scope = app.tenant();
    let row = app.read(|view| Ok(store::vault::get(view, &scope, sha256)?)).unwrap();
    row.is_some_and(|row| row.is_held)
}

fn stored(rig: &Rig, sha256: Digest) -> PathBuf {
    rig.app().vault.path(sha256)
}

#[test]
fn files_are_fetched_once_ways_back_first_and_served_to_their_hosts_only() {
    let origin = FileServer::start();
    let rig = Rig::new();
    let (update, files) = update("web", &origin.site());
    origin.put(&files);
    put_trust(&rig, 1);
    let (web, second) = (rig.host("web"), rig.host("second"));
    reports(&web, &update);
    reports(&second, &update);
    let change = plan(&rig);
    let (back, new) = digests(&update);
    rig.wait("both files", |app| is_held(app, back) && is_held(app, new));
    assert_eq!(origin.asked(), ["/pool/web_1.0_amd64.deb", "/pool/web_1.1_amd64.deb"]);

    assert_eq!(web.object(new).status, 404, "no order names it yet");
    approve(&rig, change);
    for host in [&web, &second] {
        for (sha256, (_, bytes)) in [back, new].into_iter().zip(&files) {
            let answer = host.object(sha256);
            assert_eq!((answer.status, answer.is_whole), (200, true));
            assert_eq!(&answer.body, bytes);
        }
    }
    let stranger = TestHost::enrol(&rig, "stranger", &rig.token(1)).ok().unwrap();
    assert_eq!(stranger.object(new).status, 404);
    assert_eq!(origin.asked().len(), 2, "two hosts, one fetch");
    assert_eq!(rig.actions().iter().filter(|a| *a == "vault.stored").count(), 2);
}

#[test]
fn a_damaged_file_never_arrives_whole_and_is_fetched_again() {
    let origin = FileServer::start();
    let rig = Rig::new();
    let (update, files) = update("web", &origin.site());
    origin.put(&files);
    put_trust(&rig, 1);
    let web = rig.host("web");
    reports(&web, &update);
    approve(&rig, plan(&rig));
    let (_, new) = digests(&update);
    rig.wait("the file", |app| is_held(app, new));
    let mut bytes = std::fs::read(stored(&rig, new)).unwrap();
    bytes[1_000] ^= 1;
    put(&stored(&rig, new), &bytes);

    let answer = web.object(new);
    assert!(!answer.is_whole, "the damaged bytes were sent as a whole file");
    rig.wait("the damage to be recorded", |_| rig.actions().contains(&"vault.damaged".to_owned()));
    let aside = stored(&rig, new);
    let vault = aside.ancestors().nth(3).unwrap();
    assert!(vault.join("quarantine").join(new.to_string()).exists());
    let answer = web.object(new);
    assert!(answer.is_whole);
    assert_eq!(answer.body, files[1].1);
}

#[test]
fn a_file_that_vanished_is_fetched_again_while_the_host_waits() {
    let origin = FileServer::start();
    let rig = Rig::new();
    let (update, files) = update("web", &origin.site());
    origin.put(&files);
    put_trust(&rig, 1);
    let web = rig.host("web");
    reports(&web, &update);
    approve(&rig, plan(&rig));
    let (back, _) = digests(&update);
    rig.wait("the file", |app| is_held(app, back));
    std::fs::remove_file(stored(&rig, back)).unwrap();
    let answer = web.object(back);
    assert_eq!((answer.status, answer.is_whole), (200, true));
}

#[test]
fn a_file_that_vanished_while_the_server_was_down_is_noticed_at_start() {
    let origin = FileServer::start();
    let mut rig = Rig::new();
    let (update, files) = update("web", &origin.site());
    origin.put(&files);
    reports(&rig.host("web"), &update);
    plan(&rig);
    let (back, _) = digests(&update);
    rig.wait("the file", |app| is_held(app, back));
    std::fs::remove_file(stored(&rig, back)).unwrap();
    rig.restart();
    rig.wait("the file again", |app| is_held(app, back) && app.vault.path(back).exists());
}

#[test]
fn a_run_is_taken_back_from_the_vault_when_the_repository_has_moved_on() {
    let origin = FileServer::start();
    let rig = Rig::new();
    let (update, files) = update("web", &origin.site());
    origin.put(&files);
    put_trust(&rig, 1);
    let web = rig.host("web");
    reports(&web, &update);
    let order = approve(&rig, plan(&rig));
    let (back, new) = digests(&update);
    rig.wait("both files", |app| is_held(app, back) && is_held(app, new));
    let run = RunId::of(order.order_id, web.id);
    crate::runs::succeed(&web, order.order_id);
    let after = PackageSet::new(vec![package("web", "1.1")]);
    // Looked at while the run was at work, told after its end: nobody knows yet how it left the host.
    web.reports(&after, &PendingSet::default());
    let early = server::changes::undo(&rig.app(), &rig.anna(), run).unwrap_err();
    assert_eq!(early.error, REPORT_PENDING);
    assert!(early.said.ends_with("it will within a minute, try again"), "{}", early.said);
    let pending = PendingSet { updates: vec![update.clone()], additions: vec![] };
    web.reports_at(NOW + 6, &after, &pending);

    let undo = server::changes::undo(&rig.app(), &rig.anna(), run).unwrap();
    let scope = rig.app().tenant();
    let view = server::changes::get(&rig.app(), &scope, undo).unwrap();
    let step = &view.plan.hosts[0].steps[0];
    assert_eq!((step.from.as_str(), step.to.as_str()), ("1.1", "1.0"));
    assert_eq!((step.artifact.sha256, step.back.as_ref().unwrap().sha256), (back, new));
    assert!(view.title.starts_with("undo on web"), "{}", view.title);
    let order = approve(&rig, undo);
    assert_eq!(order.verb, model::order::Verb::Rollback);
    assert_eq!(web.object(back).body, files[0].1);
    assert_eq!(origin.asked().len(), 2, "nothing was fetched again");
}

#[test]
fn a_repository_that_serves_other_bytes_is_refused_and_shown_on_the_change() {
    let origin = FileServer::start();
    let rig = Rig::new();
    let (update, mut files) = update("web", &origin.site());
    files[0].1[5] ^= 1;
    files.remove(1);
    origin.put(&files);
    put_trust(&rig, 1);
    let web = rig.host("web");
    reports(&web, &update);
    let change = plan(&rig);
    approve(&rig, change);
    let scope = rig.app().tenant();
    let view = || server::changes::get(&rig.app(), &scope, change).unwrap();
    rig.wait("both failures", |_| view().notes.len() == 2);
    let notes = view().notes;
    let text = |n: usize| format!("{}: {} ({})", notes[n].subject, notes[n].text, notes[n].hint);
    assert!(
        text(0).contains("web_1.0_amd64.deb: could not be fetched")
            && text(0).contains("another digest")
    );
    assert!(text(1).contains("status 404") && text(1).contains("plan again"), "{}", text(1));
    let waiting = view().runs[0].waiting_on.clone();
    let Some(WaitingOn::Vault { file }) = waiting else { panic!("{waiting:?}") };
    assert!(file.starts_with("web_1."), "{file}");
    assert!(rig.actions().contains(&"vault.failed".to_owned()));

    // Once the repository is repaired, the vault gets them by itself.
    let (update, files) = crate::host::update("web", &origin.site());
    origin.put(&files);
    rig.clock.advance(60);
    let (back, new) = digests(&update);
    rig.wait("both files", |app| is_held(app, back) && is_held(app, new));
    assert!(view().notes.is_empty());
}

#[test]
fn fetches_go_through_the_proxy_that_was_set() {
    let proxy = FileServer::start();
    let rig = Rig::with_proxy(Some(proxy.site()));
    let (update, files) = update("web", "http://deb.example.invalid");
    proxy.put(&files);
    reports(&rig.host("web"), &update);
    plan(&rig);
    let (back, new) = digests(&update);
    rig.wait("both files", |app| is_held(app, back) && is_held(app, new));
    assert!(proxy.asked()[0].starts_with("http://deb.example.invalid/pool/"));
}

#[test]
fn redirects_are_followed_with_and_without_a_proxy() {
    let origin = FileServer::start();
    for proxy in [None, Some(origin.site())] {
        let rig = Rig::with_proxy(proxy);
        let (update, files) = update("web", &origin.site());
        for (path, bytes) in files {
            origin.put(&[(format!("/mirror{path}"), bytes)]);
            origin.shift(&path, &format!("{}/mirror{path}", origin.site()));
        }
        reports(&rig.host("web"), &update);
        plan(&rig);
        let (back, new) = digests(&update);
        rig.wait("both files", |app| is_held(app, back) && is_held(app, new));
    }
}

#[test]
fn an_address_that_is_no_plain_web_address_is_never_asked() {
    let origin = FileServer::start();
    let rig = Rig::with_proxy(Some(origin.site()));
    let (mut update, files) = update("web", &origin.site());
    origin.put(&files);
    update.artifact.as_mut().unwrap().uri = "file:///etc/shadow".to_owned();
    let smuggled = format!("{}/x HTTP/1.1\r\nhost: y\r\n\r\nGET /z", origin.site());
    update.back.as_mut().unwrap().uri = smuggled;
    reports(&rig.host("web"), &update);
    let change = plan(&rig);
    let scope = rig.app().tenant();
    let view = || server::changes::get(&rig.app(), &scope, change).unwrap();
    let is_refusal = |note: &&model::Problem| note.text.contains("is not an address of the web");
    rig.wait("both refusals", |_| view().notes.iter().filter(is_refusal).count() == 2);
    assert!(origin.asked().is_empty());
}

#[test]
fn a_file_longer_than_its_index_says_is_cut_off() {
    let origin = FileServer::start();
    let rig = Rig::new();
    let (update, mut files) = update("web", &origin.site());
    files[0].1.extend_from_slice(&[0; 1_000_000]);
    origin.put(&files);
    reports(&rig.host("web"), &update);
    let change = plan(&rig);
    let scope = rig.app().tenant();
    let view = || server::changes::get(&rig.app(), &scope, change).unwrap();
    rig.wait("the refusal", |_| view().notes.iter().any(|note| note.text.contains("longer than")));
    assert!(!stored(&rig, digests(&update).0).exists());
}

#[expect(clippy::disallowed_methods, reason = "tests make damage on purpose")]
fn put(path: &std::path::Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap();
}
