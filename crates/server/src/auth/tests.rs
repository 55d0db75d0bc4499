use super::*;
use crate::http::tests::Bench;
use axum::http::{Method, StatusCode};

fn status(bench: &Bench, cookie: &str) -> StatusCode {
    bench.get("/", &[("cookie", cookie)]).status
}

#[test]
fn a_sign_in_link_works_once() {
    let bench = Bench::new();
    let link = bench.server.sign_in_link().unwrap();
    let path = &link[link.find("/sign-in/").unwrap()..];
    let said = bench.get(path, &[]);
    assert_eq!(said.status, StatusCode::OK);
    assert_eq!(said.headers["refresh"], "0; url=/");
    assert_eq!(status(&bench, &said.cookie()), StatusCode::OK);
    let again = bench.get(path, &[]);
    assert_eq!(again.status, StatusCode::UNAUTHORIZED);
    assert!(again.text.contains("was used already or has expired"), "{}", again.text);
    assert!(!again.headers.contains_key("set-cookie"));
}

#[test]
fn a_sign_in_link_runs_out() {
    let bench = Bench::new();
    let link = bench.server.sign_in_link().unwrap();
    bench.clock.advance(3_600);
    let said = bench.get(&link[link.find("/sign-in/").unwrap()..], &[]);
    assert_eq!(said.status, StatusCode::UNAUTHORIZED);
}

#[test]
fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    let bench = Bench::new();
    let link = bench.server.sign_in_link().unwrap();
    let said = bench.get(&link[link.find("/sign-in/").unwrap()..], &[]);
    let cookie = said.headers["set-cookie"].to_str().unwrap();
    let (pair, rest) = cookie.split_once(';').unwrap();
    assert!(pair.starts_with("pw_session=") && pair.len() == "pw_session=".len() + 64, "{pair}");
    assert_eq!(rest, " Path=/; HttpOnly; SameSite=Strict; Max-Age=43200");
}

#[test]
fn behind_https_the_cookie_is_bound_to_host_and_transport() {
    let bench = Bench::new();
    let link = bench.server.sign_in_link().unwrap();
    let https = ("x-forwarded-proto", "https");
    let said = bench.get(&link[link.find("/sign-in/").unwrap()..], &[https]);
    let cookie = said.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-pw_session=") && cookie.ends_with("; Secure"), "{cookie}");
    let page = bench.get("/", &[https, ("cookie", &said.cookie())]);
    assert_eq!(page.status, StatusCode::OK);
}

#[test]
fn a_session_without_use_ends_after_half_an_hour() {
    let bench = Bench::new();
    let cookie = bench.session();
    bench.clock.advance(SESSION_IDLE_SECS_MAX - 1);
    assert_eq!(status(&bench, &cookie), StatusCode::OK, "use keeps it");
    bench.clock.advance(SESSION_IDLE_SECS_MAX - 1);
    assert_eq!(status(&bench, &cookie), StatusCode::OK, "use was noted");
    bench.clock.advance(SESSION_IDLE_SECS_MAX);
    assert_eq!(status(&bench, &cookie), StatusCode::SEE_OTHER);
    bench.clock.advance(-SESSION_IDLE_SECS_MAX);
    assert_eq!(status(&bench, &cookie), StatusCode::SEE_OTHER, "it does not come back");
}

#[test]
fn a_page_that_refreshes_itself_is_no_use() {
    let bench = Bench::new();
    let cookie = bench.session();
    for _ in 0..6 {
        bench.clock.advance(SESSION_IDLE_SECS_MAX / 6);
        bench.get("/", &[("cookie", &cookie), ("x-live", "1")]);
    }
    assert_eq!(status(&bench, &cookie), StatusCode::SEE_OTHER);
}

#[test]
fn a_session_ends_after_twelve_hours_of_use() {
    let bench = Bench::new();
    let cookie = bench.session();
    for _ in 0..47 {
        bench.clock.advance(900);
        assert_eq!(status(&bench, &cookie), StatusCode::OK);
    }
    bench.clock.advance(900);
    assert_eq!(status(&bench, &cookie), StatusCode::SEE_OTHER);
}

#[test]
fn signing_out_ends_the_session_for_good() {
    let bench = Bench::new();
    let cookie = bench.session();
    let form = format!("csrf={}", bench.csrf(&cookie));
    let headers = [("cookie", cookie.as_str()), ("origin", "http://console")];
    let said = bench.ask((Method::POST, "/sign-out"), &headers, form);
    assert_eq!(said.status, StatusCode::SEE_OTHER);
    assert!(said.headers["set-cookie"].to_str().unwrap().contains("pw_session=; "));
    assert_eq!(status(&bench, &cookie), StatusCode::SEE_OTHER);
}

#[test]
fn sessions_are_stored_as_digests_with_tokens_of_their_own() {
    let bench = Bench::new();
    let (first, second) = (bench.session(), bench.session());
    assert_ne!(bench.csrf(&first), bench.csrf(&second));
    let secret = first.trim_start_matches("pw_session=");
    let app = bench.server.app();
    let found = |text: &str| {
        let digest = Digest::of(text.as_bytes());
        app.read(|view| Ok(store::sessions::get(view, digest)?)).unwrap()
    };
    assert!(found(secret).is_some(), "by the digest of what the browser holds");
    assert!(found(&Digest::of(secret.as_bytes()).to_string()).is_none());
}

#[test]
fn too_many_attempts_of_one_address_are_turned_away() {
    let bench = Bench::new();
    let tries: Vec<_> = (0..25).map(|_| bench.get("/sign-in/pwls_guess", &[]).status).collect();
    assert_eq!(tries[19], StatusCode::UNAUTHORIZED);
    assert_eq!(tries[20], StatusCode::SERVICE_UNAVAILABLE);
    bench.clock.advance(60);
    assert_eq!(bench.get("/sign-in/pwls_guess", &[]).status, StatusCode::UNAUTHORIZED);
}

#[test]
fn an_api_token_runs_out() {
    let bench = Bench::new();
    let token = format!("Bearer {}", bench.server.cli_token("owner").unwrap());
    let status = || bench.get("/api/v1/status", &[("authorization", &token)]).status;
    assert_eq!(status(), StatusCode::OK);
    bench.clock.advance(91 * 86_400);
    assert_eq!(status(), StatusCode::UNAUTHORIZED);
}
