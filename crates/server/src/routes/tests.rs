use super::*;
use crate::http::tests::Bench;
use axum::http::{Method, StatusCode};

/// Returns the path of a route with an id of the right kind, which nothing has.
fn path_of(route: &Route) -> String {
    let id = |kind: &str| format!("{kind}_{:032x}", 0xabcd);
    route
        .path
        .replace("{host}", &id("host"))
        .replace("{change}", &id("change"))
        .replace("{run}", &id("run"))
        .replace("{cve}", "CVE-2001-0001")
        .replace("{link}", "pwls_nothing")
        .replace("{name}", "nothing.css")
}

fn method_of(route: &Route) -> Method {
    match route.method {
        Verb::Get => Method::GET,
        Verb::Post => Method::POST,
        Verb::Put => Method::PUT,
    }
}

#[test]
fn no_route_but_sign_in_and_assets_answers_a_stranger() {
    let bench = Bench::new();
    for route in ROUTES {
        let said = bench.ask((method_of(route), &path_of(route)), &[], "");
        let expected = match (route.permission, route.plane, route.method) {
            (Permission::Public, ..) => continue,
            (_, Plane::Api, _) | (_, Plane::Console, Verb::Post | Verb::Put) => {
                StatusCode::UNAUTHORIZED
            }
            (_, Plane::Console, Verb::Get) => StatusCode::SEE_OTHER,
        };
        assert_eq!(said.status, expected, "{:?} {}", route.method, route.path);
        if expected == StatusCode::SEE_OTHER {
            assert_eq!(said.headers["location"], "/sign-in");
        }
    }
    let public: Vec<_> =
        ROUTES.iter().filter(|r| r.permission == Permission::Public).map(|r| r.path).collect();
    assert_eq!(public, ["/sign-in", "/sign-in/{link}", "/assets/{name}"]);
}

#[test]
fn a_wrong_token_is_a_stranger() {
    let bench = Bench::new();
    for token in ["Bearer pwlu_nonsense", "Bearer", "Basic abc", "bearer \u{e4}"] {
        let said = bench.get("/api/v1/status", &[("authorization", token)]);
        assert_eq!(said.status, StatusCode::UNAUTHORIZED, "{token}");
        assert!(said.text.contains("\"error\":\"unauthorised\""), "{}", said.text);
    }
}

#[test]
fn no_unsafe_route_takes_a_form_from_elsewhere() {
    let bench = Bench::new();
    let cookie = bench.session();
    let csrf = bench.csrf(&cookie);
    let field = format!("csrf={csrf}");
    for route in ROUTES.iter().filter(|route| route.method != Verb::Get) {
        let ask = |headers: &[(&str, &str)], body: &str| {
            let all: Vec<_> =
                [("cookie", cookie.as_str())].iter().chain(headers).copied().collect();
            bench.ask((method_of(route), &path_of(route)), &all, body.to_owned()).status
        };
        let (own, token) = (("origin", "http://console"), ("x-csrf-token", csrf.as_str()));
        let forged = [
            ask(&[own], ""),
            ask(&[own], "csrf=wrong"),
            ask(&[own, ("x-csrf-token", "wrong")], ""),
            ask(&[token], &field),
            ask(&[("origin", "null"), token], &field),
            ask(&[("origin", "http://evil.example"), token], &field),
            ask(&[("origin", "http://console.evil.example"), token], &field),
            ask(&[("origin", "https://console"), token], &field),
        ];
        assert_eq!(forged, [StatusCode::FORBIDDEN; 8], "{:?} {}", route.method, route.path);
    }
}

#[test]
fn every_route_answers_who_is_known() {
    let bench = Bench::new();
    let token = format!("Bearer {}", bench.server.cli_token("owner").unwrap());
    let cookie = bench.session();
    let csrf = bench.csrf(&cookie);
    let session = [("cookie", cookie.as_str()), ("origin", "http://console")];
    // The table's order matters here: signing out is its last row that needs a session.
    for route in ROUTES.iter().filter(|route| route.path != "/live") {
        let said = match route.plane {
            Plane::Api => bench.ask(
                (method_of(route), &path_of(route)),
                &[("authorization", token.as_str())],
                if route.method == Verb::Get { "" } else { "{}" },
            ),
            Plane::Console => {
                let body =
                    if route.method == Verb::Get { String::new() } else { format!("csrf={csrf}") };
                bench.ask((method_of(route), &path_of(route)), &session, body)
            }
        };
        let known = [
            StatusCode::OK,
            StatusCode::SEE_OTHER,
            StatusCode::NOT_FOUND,
            StatusCode::CONFLICT,
            StatusCode::UNPROCESSABLE_ENTITY,
        ];
        let is_link = route.path == "/sign-in/{link}";
        assert!(
            known.contains(&said.status) || is_link && said.status == StatusCode::UNAUTHORIZED,
            "{:?} {}: {} {}",
            route.method,
            route.path,
            said.status,
            said.text
        );
    }
}

#[test]
fn tokens_open_no_pages() {
    let bench = Bench::new();
    let token = format!("Bearer {}", bench.server.cli_token("owner").unwrap());
    for route in ROUTES.iter().filter(|r| r.plane == Plane::Console) {
        if route.permission == Permission::Public {
            continue;
        }
        let said = bench.ask((method_of(route), &path_of(route)), &[("authorization", &token)], "");
        assert_eq!(said.status, StatusCode::FORBIDDEN, "{:?} {}", route.method, route.path);
    }
}

#[test]
fn an_unknown_address_answers_404_in_the_form_of_its_plane() {
    let bench = Bench::new();
    let said = bench.get("/api/v1/nothing", &[]);
    assert_eq!(said.status, StatusCode::NOT_FOUND);
    assert!(said.text.starts_with("{\"error\":\"not_found\""), "{}", said.text);
    let cookie = bench.session();
    for headers in [&[][..], &[("cookie", cookie.as_str())][..]] {
        let said = bench.get("/nothing", headers);
        assert_eq!(said.status, StatusCode::NOT_FOUND);
        assert!(said.text.contains("Nothing here"), "{}", said.text);
    }
    let said = bench.get("/hosts/no-such-host", &[("cookie", &cookie)]);
    assert_eq!(said.status, StatusCode::NOT_FOUND);
    assert!(said.text.contains("no host is called") && said.text.contains("Sign out"));
}

#[test]
fn a_method_that_is_not_in_the_table_answers_405() {
    let bench = Bench::new();
    for (method, path) in [
        (Method::DELETE, "/api/v1/hosts"),
        (Method::POST, "/"),
        (Method::GET, "/sign-out"),
        (Method::PUT, "/changes"),
        (Method::OPTIONS, "/api/v1/changes"),
    ] {
        let said = bench.ask((method.clone(), path), &[], "");
        assert_eq!(said.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
    }
}

#[test]
fn every_answer_carries_the_security_headers() {
    let bench = Bench::new();
    let cookie = bench.session();
    for path in ["/", "/nothing", "/api/v1/hosts", "/api/v1/nothing", "/sign-in"] {
        for headers in [&[][..], &[("cookie", cookie.as_str())][..]] {
            let said = bench.get(path, headers);
            let policy = said.headers["content-security-policy"].to_str().unwrap();
            assert!(policy.starts_with("default-src 'none'; script-src 'self'"), "{path}");
            assert!(!policy.contains("unsafe"), "{path}");
            assert_eq!(said.headers["x-content-type-options"], "nosniff", "{path}");
            assert_eq!(said.headers["cache-control"], "no-store", "{path}");
        }
    }
}

#[test]
fn assets_are_kept_for_ever_and_only_by_their_own_names() {
    let bench = Bench::new();
    for asset in console::asset::all() {
        let said = bench.get(asset.path, &[]);
        assert_eq!(said.status, StatusCode::OK);
        assert_eq!(said.text, asset.body);
        assert_eq!(said.headers["cache-control"], "public, max-age=31536000, immutable");
        assert_eq!(said.headers["content-type"], asset.content_type);
    }
    assert_eq!(bench.get("/assets/..%2Fdata.css", &[]).status, StatusCode::NOT_FOUND);
}

#[test]
fn a_body_larger_than_its_row_allows_is_refused() {
    let bench = Bench::new();
    let token = format!("Bearer {}", bench.server.cli_token("owner").unwrap());
    let body = "x".repeat(BODY_BYTES_MAX + 1);
    let said =
        bench.ask((Method::POST, "/api/v1/changes"), &[("authorization", &token)], body.clone());
    assert_eq!(said.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(said.text.contains("body_too_large"), "{}", said.text);
    let said = bench.ask((Method::GET, "/api/v1/hosts"), &[("authorization", &token)], "x");
    assert!(said.text.contains("body_too_large"), "a read has no body: {}", said.text);
}

#[test]
fn a_row_stands_once() {
    let mut rows: Vec<_> = ROUTES.iter().map(|r| (r.path, format!("{:?}", r.method))).collect();
    rows.sort();
    let before = rows.len();
    rows.dedup();
    assert_eq!(rows.len(), before);
}
