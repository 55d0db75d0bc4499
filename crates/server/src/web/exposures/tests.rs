use crate::http::tests::{Bench, Said};
use axum::http::{Method, StatusCode};

fn page(bench: &Bench, cookie: &str, path: &str) -> Said {
    bench.ask((Method::GET, path), &[("cookie", cookie)], String::new())
}

#[test]
fn every_page_opens_before_anything_was_loaded_and_says_so() {
    let bench = Bench::new();
    let cookie = bench.session();
    for path in ["/exposures", "/exposures/cves", "/exposures/hosts", "/exposures/each"] {
        let said = page(&bench, &cookie, path);
        assert_eq!(said.status, StatusCode::OK, "{path}: {}", said.text);
        assert!(said.text.contains("No feed is loaded yet."), "{path}");
    }
    for path in ["/deadlines", "/deadlines?month=2027-01", "/end-of-life", "/feeds"] {
        assert_eq!(page(&bench, &cookie, path).status, StatusCode::OK, "{path}");
    }
}

#[test]
fn what_is_no_cve_is_said_and_one_that_no_feed_names_is_not_found() {
    let bench = Bench::new();
    let cookie = bench.session();
    let said = page(&bench, &cookie, "/cves/openssl");
    assert_eq!(said.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(said.text.contains("it looks like CVE-2024-3094"), "{}", said.text);
    let said = page(&bench, &cookie, "/cves/cve-2024-3094");
    assert_eq!(said.status, StatusCode::NOT_FOUND);
    assert!(said.text.contains("no feed names CVE-2024-3094"), "{}", said.text);
    let said = page(&bench, &cookie, "/exposures/each?cve=x");
    assert_eq!(said.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[test]
fn a_filter_that_an_address_cannot_mean_is_passed_over() {
    let bench = Bench::new();
    let cookie = bench.session();
    let said = page(&bench, &cookie, "/exposures?state=nonsense&due=soon&kev=maybe&page=x");
    assert_eq!(said.status, StatusCode::OK, "{}", said.text);
}

#[test]
fn strangers_are_sent_to_the_sign_in_page() {
    let bench = Bench::new();
    let said = bench.ask((Method::GET, "/exposures"), &[], String::new());
    assert_ne!(said.status, StatusCode::OK);
}

#[test]
fn answers_about_a_host_that_is_not_there_are_refused() {
    let bench = Bench::new();
    let cookie = bench.session();
    let body = format!("csrf={}&internet-exposed=yes", bench.csrf(&cookie));
    let headers = [("cookie", cookie.as_str()), ("origin", "http://console")];
    let said = bench.ask((Method::POST, "/hosts/no-such-host/answers"), &headers, body);
    assert_eq!(said.status, StatusCode::NOT_FOUND, "{}", said.text);
}
