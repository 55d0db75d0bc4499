use super::*;
use crate::http::tests::Bench;
use axum::http::{Method, StatusCode};

fn token(bench: &Bench) -> String {
    format!("Bearer {}", bench.server.cli_token("owner").unwrap())
}

#[test]
fn status_names_version_tenant_and_gateway() {
    let bench = Bench::new();
    let said = bench.get("/api/v1/status", &[("authorization", &token(&bench))]);
    let status: serde_json::Value = serde_json::from_str(&said.text).unwrap();
    assert_eq!(status["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(status["tenant_root_hash"], serde_json::Value::Null);
    assert!(status["tenant"].as_str().unwrap().starts_with("tenant_"));
    assert!(status["gateway"].as_str().unwrap().starts_with("127.0.0.1:"));
    assert_eq!(status["ca"].as_str().unwrap().len(), 64);
}

#[test]
fn join_tokens_are_made_and_recorded() {
    let bench = Bench::new();
    let token = token(&bench);
    let headers = [("authorization", token.as_str())];
    let body = r#"{"uses": 3, "ttl_secs": 3600, "tags": ["web"]}"#;
    let said = bench.ask((Method::POST, "/api/v1/tokens"), &headers, body);
    assert_eq!(said.status, StatusCode::OK, "{}", said.text);
    let answer: TokenAnswer = serde_json::from_str(&said.text).unwrap();
    assert!(answer.token.starts_with("pwlj_"));
    let said = bench.get("/api/v1/events?after=0&limit=1000", &headers);
    let record: Vec<Event> = serde_json::from_str(&said.text).unwrap();
    assert_eq!(record.last().unwrap().action, "join_token.made");
    assert!(!said.text.contains(&answer.token), "the record does not hold the secret");
}

#[test]
fn events_are_paged_by_number() {
    let bench = Bench::new();
    let token = token(&bench);
    let headers = [("authorization", token.as_str())];
    let said = bench.get("/api/v1/events?after=1&limit=1", &headers);
    let record: Vec<Event> = serde_json::from_str(&said.text).unwrap();
    assert_eq!(record.iter().map(|event| event.seq).collect::<Vec<_>>(), [2]);
    let said = bench.get("/api/v1/events?after=soon", &headers);
    assert_eq!(said.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(said.text.contains("`after=soon` is not a number"), "{}", said.text);
}

#[test]
fn bodies_that_cannot_be_read_say_where() {
    let bench = Bench::new();
    let token = token(&bench);
    let headers = [("authorization", token.as_str())];
    for (body, part) in [
        ("", "EOF"),
        ("{\"hosts\": [}", "line 1 column"),
        ("{\"hosts\": [], \"colour\": 1}", "unknown field `colour`"),
        (&"[".repeat(100_000), "nested deeper than 16 levels"),
    ] {
        let said = bench.ask((Method::POST, "/api/v1/changes"), &headers, body.to_owned());
        assert_eq!(said.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(said.text.contains(part), "{}", said.text);
    }
}

#[test]
fn nesting_is_counted_outside_of_strings() {
    assert_eq!(depth(br#"{"a": ["]]]]", "\"[[[", {}]}"#), 3);
    assert_eq!(depth(b"]]]]["), 1);
    assert_eq!(depth(b""), 0);
}

#[test]
fn an_unknown_change_has_nothing_to_watch() {
    let bench = Bench::new();
    let path = format!("/api/v1/changes/change_{:032x}/watch?after=0&wait=0", 7);
    let said = bench.get(&path, &[("authorization", &token(&bench))]);
    assert_eq!(said.status, StatusCode::NOT_FOUND, "{}", said.text);
}

#[test]
fn whoever_holds_a_token_gets_a_link_for_the_same_person() {
    let bench = Bench::new();
    let token = token(&bench);
    let headers = [("authorization", token.as_str())];
    let said = bench.ask((Method::POST, "/api/v1/sign-in-links"), &headers, "");
    let answer: SignInAnswer = serde_json::from_str(&said.text).unwrap();
    let path = answer.link.strip_prefix("http://console").unwrap();
    let said = bench.get(path, &[]);
    let page = bench.get("/", &[("cookie", &said.cookie())]);
    assert!(page.text.contains("<span class=\"person\">owner</span>"), "{}", page.text);
}
