use crate::http::tests::{Bench, Said};
use axum::http::{Method, StatusCode};

fn draft(bench: &Bench, fields: &str) -> Said {
    let cookie = bench.session();
    let body = format!("csrf={}&{fields}", bench.csrf(&cookie));
    let headers = [("cookie", cookie.as_str()), ("origin", "http://console")];
    bench.ask((Method::POST, "/changes"), &headers, body)
}

#[test]
fn a_draft_without_hosts_or_kinds_says_what_to_tick() {
    let bench = Bench::new();
    let said = draft(&bench, "which=ticked&kind=security");
    assert_eq!(said.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(said.text.contains("no host was chosen"), "{}", said.text);
    let said = draft(&bench, "host=web-1");
    assert!(said.text.contains("no kind of update was chosen"), "{}", said.text);
}

#[test]
fn a_draft_for_an_unknown_host_says_which() {
    let bench = Bench::new();
    let said = draft(&bench, "host=no-such-host&kind=security");
    assert_eq!(said.status, StatusCode::NOT_FOUND);
    assert!(said.text.contains("no-such-host"), "{}", said.text);
}

#[test]
fn a_draft_for_a_filter_that_matches_nothing_is_refused() {
    let bench = Bench::new();
    let said = draft(&bench, "which=matching&filter=%2Fhosts%3Fq%3Dnothing&kind=security");
    assert_eq!(said.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(said.text.contains("no host was chosen"), "{}", said.text);
}

#[test]
fn a_draft_for_exposed_hosts_names_what_they_are_exposed_to() {
    let bench = Bench::new();
    let said = draft(&bench, "which=exposed");
    assert_eq!(said.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(said.text.contains("neither a CVE nor a package"), "{}", said.text);
    let said = draft(&bench, "which=exposed&package=openssl");
    assert!(said.text.contains("no host is offered a fix any more"), "{}", said.text);
    let said = draft(&bench, "which=exposed&cve=openssl");
    assert!(said.text.contains("is not a CVE identifier"), "{}", said.text);
}

#[test]
fn a_draft_of_named_packages_needs_no_kind() {
    let bench = Bench::new();
    let said = draft(&bench, "host=no-such-host&package=openssl");
    assert_eq!(said.status, StatusCode::NOT_FOUND, "{}", said.text);
}
