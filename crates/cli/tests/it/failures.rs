//! What goes wrong is said with what to do, and the exit code tells whose turn it is.

use crate::bench::{Bench, put, serve};
use expect_test::expect;
use std::collections::BTreeMap;
use std::net::TcpListener;

fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

#[test]
fn a_command_that_does_not_exist_is_said_and_the_nearest_is_named() {
    let done = Bench::new().run(&["aprove", "x"]);
    assert_eq!(done.code, 2);
    assert!(done.stderr.contains("unrecognized subcommand 'aprove'"), "{}", done.stderr);
    assert!(done.stderr.contains("'approve'"), "{}", done.stderr);
}

#[test]
fn without_a_server_it_says_how_to_start_one() {
    let bench = Bench::new();
    let done = bench.run(&["host", "list"]);
    assert_eq!(done.code, 2);
    assert!(done.stderr.contains("cli.toml"), "{}", done.stderr);
    assert!(done.stderr.contains("hint: start the control plane once with `patchwell`"));
    let address = free_address();
    bench.access(&address);
    let done = bench.run(&["host", "list"]);
    assert_eq!(done.code, 4);
    let said = done.stderr.replace(&address, "ADDRESS");
    expect![[r#"
        error: could not reach http://ADDRESS: Connection refused (os error 111)
        hint: start it with `patchwell`
    "#]]
    .assert_eq(&said);
}

#[test]
fn what_the_server_says_is_passed_on_with_its_hint() {
    let error =
        r#"{"error":"not_found","message":"there is no host `x`","hint":"look at the list"}"#;
    let busy = r#"{"error":"conflict","message":"it changed meanwhile"}"#;
    let answers = BTreeMap::from([
        ("GET /api/v1/hosts/x".to_owned(), (404, error.to_owned())),
        ("GET /api/v1/hosts/y".to_owned(), (409, busy.to_owned())),
        ("GET /api/v1/hosts/z".to_owned(), (500, "<html>".to_owned())),
        ("GET /api/v1/hosts/w".to_owned(), (200, "[]".to_owned())),
    ]);
    let bench = Bench::new();
    let (address, _received) = serve(answers);
    bench.access(&address);
    let done = bench.run(&["host", "show", "x"]);
    assert_eq!(done.code, 2);
    assert_eq!(done.stderr, "error: there is no host `x`\nhint: look at the list\n");
    let done = bench.run(&["host", "show", "y"]);
    assert_eq!((done.code, done.stderr.as_str()), (3, "error: it changed meanwhile\n"));
    let done = bench.run(&["host", "show", "z"]);
    assert_eq!(done.code, 1);
    assert!(done.stderr.contains("status 500"), "{}", done.stderr);
    let done = bench.run(&["host", "show", "w"]);
    assert_eq!(done.code, 1);
    assert!(done.stderr.contains("same version"), "{}", done.stderr);
}

#[test]
fn names_that_would_change_the_path_never_leave_the_program() {
    let bench = Bench::new();
    bench.access(&free_address());
    for name in ["../hosts", "a/b", "..", "", "a?b", "a%2fb", "a b"] {
        let done = bench.run(&["host", "show", name]);
        assert_eq!(done.code, 2, "{name}: {}", done.stderr);
        assert!(done.stderr.contains("neither an id nor a host's name"), "{}", done.stderr);
    }
}

#[test]
fn settings_that_cannot_be_meant_are_refused() {
    let bench = Bench::new();
    std::fs::create_dir_all(bench.config()).unwrap();
    put(&bench.config().join("cli.toml"), "server = 5");
    let done = bench.run(&["events"]);
    assert_eq!(done.code, 2);
    assert!(done.stderr.contains("could not understand"), "{}", done.stderr);
    put(&bench.config().join("cli.toml"), "server = \"https://x\"\ntoken = \"t\"");
    let done = bench.run(&["events"]);
    assert!(done.stderr.contains("not a server's address"), "{}", done.stderr);
}

#[test]
fn a_plan_needs_a_host_and_a_kind_that_exists() {
    let bench = Bench::new();
    let done = bench.run(&["plan"]);
    assert_eq!(done.code, 2);
    assert!(done.stderr.contains("--host"), "{}", done.stderr);
    let done = bench.run(&["plan", "--host", "a", "--kind", "urgent"]);
    assert!(done.stderr.contains("security, maintenance, application"), "{}", done.stderr);
}

#[test]
fn a_token_is_not_made_without_the_root_that_hosts_are_to_pin() {
    let bench = Bench::new();
    bench.access(&free_address());
    let done = bench.run(&["enrol", "token"]);
    assert_eq!(done.code, 2);
    assert!(done.stderr.contains("does not know the tenant root"), "{}", done.stderr);
}
