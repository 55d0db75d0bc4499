//! Pure code stays pure: no outside world in `model`, `decide`, `trust` and in the agent's run logic.
//! Crates cannot forbid parts of `std`, and a folder has no manifest, so this reads the source.

use crate::tidy::{Fault, Source, Tree};

const PURE: [&str; 4] =
    ["crates/model/src/", "crates/decide/src/", "crates/trust/src/", "crates/agent/src/run"];

/// What pure code may not name, and why.
const OUTSIDE: [(&str, &str); 12] = [
    ("std::fs", "files are read elsewhere and passed in"),
    ("std::net", "the network is elsewhere"),
    ("std::process", "processes are started in `agent::hands::process`"),
    ("std::env", "settings come from `config.rs`"),
    ("std::thread", "pure code has no threads"),
    ("Instant", "`now` is an argument"),
    ("SystemTime", "`now` is an argument"),
    ("Timestamp::now", "`now` is an argument"),
    ("Zoned::now", "`now` is an argument"),
    ("getrandom", "randomness is an argument"),
    ("tokio", "async stops at floor 3"),
    ("async fn", "async stops at floor 3"),
];

pub(crate) fn check(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in tree.rust().filter(|file| is_pure(file)) {
        for (line, code) in file.code() {
            for (word, why) in OUTSIDE {
                if has_word(code, word) {
                    faults.push(Fault::new(&file.path, line, format!("names `{word}`: {why}")));
                }
            }
            for part in grouped(code) {
                let text = format!("imports `std::{part}`: not in pure code");
                faults.push(Fault::new(&file.path, line, text));
            }
            if file.path.starts_with("crates/agent/") && has_word(code, "hands") {
                let text = "run logic may not name `hands`; `hands` may name `run`";
                faults.push(Fault::new(&file.path, line, text));
            }
        }
    }
    faults.extend(kills(tree));
    faults
}

fn is_pure(file: &Source) -> bool {
    PURE.iter().any(|folder| file.path.starts_with(folder)) && !file.is_test()
}

/// Returns the forbidden parts of `use std::{fs, io};`.
fn grouped(code: &str) -> Vec<&str> {
    let Some((_, group)) = code.split_once("std::{") else { return Vec::new() };
    group
        .split([',', '{', '}', ';', ' ', ':'])
        .filter(|part| matches!(*part, "fs" | "net" | "process" | "env" | "thread"))
        .collect()
}

fn has_word(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let before = code[..at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

/// Law 5: the file that starts package transactions has nothing that could end one.
fn kills(tree: &Tree) -> Vec<Fault> {
    let Some(file) = tree.get("crates/agent/src/hands/process.rs") else { return Vec::new() };
    let words = [".kill(", "kill_on_drop", "kill_process", "pidfd_send_signal"];
    file.code()
        .filter(|(_, code)| words.iter().any(|word| code.contains(word)))
        .map(|(line, _)| Fault::new(&file.path, line, "a package transaction is never killed"))
        .collect()
}
