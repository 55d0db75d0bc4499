//! The one-command start, without this machine as a host: the agent has its own tests.

use crate::bench::{Bench, Done};
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::Stdio;

fn start(bench: &Bench) -> (std::process::Child, Vec<String>) {
    let data = bench.dir.path().join("data");
    let data = data.to_str().unwrap();
    let args = ["server", "--data", data, "--console", "127.0.0.1:0", "--gateway", "127.0.0.1:0"];
    let mut child = bench.command(&args).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = Vec::new();
    let mut reader = BufReader::new(child.stderr.take().unwrap());
    while !lines.last().is_some_and(|line: &String| line.contains("Ctrl-C")) {
        let mut line = String::new();
        assert_ne!(reader.read_line(&mut line).unwrap(), 0, "ended: {lines:?}");
        lines.push(line);
    }
    // Kept open: a closed pipe would end the log.
    std::thread::spawn(move || std::io::copy(&mut reader, &mut std::io::sink()));
    (child, lines)
}

fn stop(mut child: std::process::Child) {
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn the_first_start_makes_keys_and_settings_and_the_second_goes_on_with_them() {
    let bench = Bench::new();
    let (child, lines) = start(&bench);
    assert!(lines.iter().any(|line| line.contains("/sign-in/")), "{lines:?}");
    let done: Done = bench.run(&["host", "list"]);
    assert_eq!((done.code, done.stdout.as_str()), (0, "no hosts yet\n"), "{}", done.stderr);
    let trust = bench.run(&["trust", "show"]);
    assert!(trust.stdout.contains("has the same tenant root"), "{}", trust.stdout);
    let token = bench.run(&["enrol", "token", "--tag", "web"]);
    assert_eq!(token.code, 0, "{}", token.stderr);
    for part in ["patchwell-agent enrol --server 127.0.0.1:", "--token pwlj_", "--ca sha256:"] {
        assert!(token.stdout.contains(part), "{}", token.stdout);
    }
    let pin = trust.stdout.lines().next().unwrap().strip_prefix("tenant root ").unwrap().to_owned();
    assert!(token.stdout.contains(&format!("--tenant-root {pin}")), "{}", token.stdout);
    stop(child);
    let (child, _lines) = start(&bench);
    let again = bench.run(&["trust", "show"]);
    assert_eq!(again.stdout, trust.stdout);
    let events = bench.run(&["events", "--json"]);
    let events: serde_json::Value = serde_json::from_str(&events.stdout).unwrap();
    assert!(events.as_array().unwrap().iter().any(|e| e["action"] == "join_token.made"));
    stop(child);
}

#[test]
fn a_port_in_use_and_a_folder_of_somebody_else_are_said_and_left_alone() {
    let bench = Bench::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let data = bench.dir.path().join("data");
    let with = |data: &str, console: &str| {
        bench.run(&["server", "--data", data, "--console", console, "--gateway", "127.0.0.1:0"])
    };
    let done = with(data.to_str().unwrap(), &address);
    assert_eq!(done.code, 2);
    assert!(done.stderr.contains("in use"), "{}", done.stderr);
    assert!(done.stderr.contains("--console"), "{}", done.stderr);
    let other = bench.dir.path().join("other");
    std::fs::create_dir(&other).unwrap();
    crate::bench::put(&other.join("letter.txt"), "dear");
    let done = with(other.to_str().unwrap(), "127.0.0.1:0");
    assert_eq!(done.code, 2);
    assert!(done.stderr.contains("not a Patchwell data folder"), "{}", done.stderr);
    assert_eq!(std::fs::read_dir(&other).unwrap().count(), 1, "nothing was added");
}
