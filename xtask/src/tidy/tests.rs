//! Guarding the guards: each rule finds the fault that it is for, and lets good files pass.

use super::floors::{Crate, Dependency, Metadata};
use super::*;

fn tree(files: &[(&str, &str)]) -> Tree {
    let files = files
        .iter()
        .map(|(path, text)| Source {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
            size_bytes: text.len(),
        })
        .collect();
    Tree { files }
}

/// Checks one file by one rule; returns what is said, line by line.
fn said(check: fn(&Tree) -> Vec<Fault>, path: &str, text: &str) -> String {
    check(&tree(&[(path, text)]))
        .iter()
        .map(|fault| format!("{}: {}\n", fault.line, fault.text))
        .collect()
}

#[test]
fn pure_code_may_not_name_the_outside_world() {
    let path = "crates/decide/src/plan.rs";
    let said = |text| said(purity::check, path, text);
    assert_eq!(
        said("use std::fs;"),
        "1: names `std::fs`: files are read elsewhere and passed in\n"
    );
    assert_eq!(said("use std::{fmt, fs};"), "1: imports `std::fs`: not in pure code\n");
    assert!(said("let now = Timestamp::now();").contains("`now` is an argument"));
    assert!(said("async fn x() {}").contains("async"));
    assert_eq!(said("// std::fs is elsewhere\nuse std::fmt;\nlet instant_at = 1;"), "");
    assert_eq!(purity::check(&tree(&[("crates/cli/src/a.rs", "use std::fs;")])), []);
}

#[test]
fn run_logic_may_not_name_hands() {
    let said = |path| said(purity::check, path, "use crate::hands::files;");
    assert!(said("crates/agent/src/run/next.rs").contains("may not name `hands`"));
    assert_eq!(said("crates/agent/src/hands/runner.rs"), "");
}

#[test]
fn the_file_that_starts_processes_may_not_end_one() {
    let path = "crates/agent/src/hands/process.rs";
    assert!(said(purity::check, path, "child.kill()?;").contains("never killed"));
    assert_eq!(said(purity::check, path, "child.wait()?; // never .kill()"), "");
}

#[test]
fn files_have_a_limit_and_tests_do_not() {
    let long = "x\n".repeat(501);
    assert_eq!(
        said(sizes::check, "crates/a/src/x.rs", &long),
        "0: 501 lines, 500 are allowed: cut by idea\n"
    );
    assert_eq!(said(sizes::check, "crates/a/src/x/tests.rs", &long), "");
    assert_eq!(said(sizes::check, "crates/a/src/x.rs", &long[..1000]), "");
    assert!(said(sizes::check, "crates/a/src/main.rs", &"x\n".repeat(101)).contains("100 are"));
    assert!(said(sizes::check, "crates/c/templates/a.html", &long).contains("200 are"));
    assert!(said(sizes::check, "ARCHITECTURE.md", &long).contains("300 are"));
    assert!(said(sizes::check, "a.bin", &"x".repeat(1024 * 1024 + 1)).contains("bytes"));
}

#[test]
fn words_of_others_are_refused() {
    let said = |text| said(words::check, "docs/a.md", text);
    assert_eq!(said("three Campaigns"), "1: `campaign`: we say rollout\n");
    assert_eq!(said("nothing found; finding_id; findings2"), "");
    assert_eq!(words::check(&tree(&[("docs/glossary.md", "not: campaign")])), []);
}

#[test]
fn work_left_for_later_names_its_issue_and_no_test_is_switched_off() {
    let said = |text| said(words::check, "crates/a/src/x.rs", text);
    assert!(said(concat!("// FIX", "ME")).contains("repair it now"));
    assert!(said(concat!("// TO", "DO: later")).contains("name the issue"));
    assert_eq!(said(concat!("// TO", "DO(#12): later")), "");
    assert!(said("    #[ignore = \"slow\"]").contains("assert today's behaviour"));
    assert!(said("#[should_panic]").contains("assert today's behaviour"));
}

#[test]
fn modules_have_names_that_say_something() {
    let said = |path| said(modules::check, path, "//! x");
    assert!(said("crates/a/src/util.rs").contains("`util` says nothing"));
    assert!(said("crates/a/src/x/mod.rs").contains("`mod.rs` says nothing"));
    assert_eq!(said("crates/a/src/lib.rs"), "");
}

#[test]
fn files_that_nothing_reaches_are_dead() {
    let faults = modules::check(&tree(&[
        ("crates/a/src/lib.rs", "//! a\npub mod b;\n#[cfg(test)]\nmod tests;"),
        ("crates/a/src/b.rs", "//! b\npub(crate) mod c;"),
        ("crates/a/src/b/c.rs", "//! c"),
        ("crates/a/src/tests.rs", "//! t"),
        ("crates/a/src/c.rs", "//! dead"),
        ("crates/a/tests/it/main.rs", "//! it\nmod more;"),
        ("crates/a/tests/it/more.rs", "//! more"),
        ("crates/a/tests/it/dead.rs", "//! dead"),
        ("crates/a/benches/b.rs", "//! b\n#[path = \"../tests/it/made.rs\"]\nmod made;"),
        ("crates/a/tests/it/made.rs", "//! made"),
        ("crates/a/src/open.rs", "fn x() {}"),
    ]));
    let dead: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        dead,
        [
            "crates/a/src/open.rs:1: begin with `//!`: what the file is and what it must not do",
            "crates/a/src/c.rs: no `mod` reaches this file",
            "crates/a/tests/it/dead.rs: no `mod` reaches this file",
            "crates/a/src/open.rs: no `mod` reaches this file",
        ]
    );
}

const TABLE: &str = "\
| crate | floor | may import |
|---|---|---|
| `model` | 0 | – |
| `store` | 2 | `model` |
| `server` | 3 | `model` `store` |
| `xtask` | – | `server` |
";

fn arrows(table: &str, arrows: &[(&str, &[&str])]) -> Vec<String> {
    let packages = arrows
        .iter()
        .map(|(name, to)| Crate {
            name: (*name).to_owned(),
            dependencies: to.iter().map(|to| Dependency { name: (*to).to_owned() }).collect(),
        })
        .collect();
    let faults = floors::check(&tree(&[("ARCHITECTURE.md", table)]), &Metadata { packages });
    faults.iter().map(|fault| fault.text.clone()).collect()
}

const GOOD: [(&str, &[&str]); 4] = [
    ("model", &["serde"]),
    ("store", &["model", "rusqlite"]),
    ("server", &["store", "model", "tokio"]),
    ("xtask", &["server"]),
];

#[test]
fn arrows_of_the_table_pass() {
    assert_eq!(arrows(TABLE, &GOOD), Vec::<String>::new());
}

#[test]
fn any_other_arrow_is_refused() {
    let mut bad = GOOD;
    bad[0].1 = &["store"];
    let said = "`model` may not import `store`: see the table in ARCHITECTURE.md";
    assert_eq!(arrows(TABLE, &bad), [said]);
    bad[0].1 = &["tokio"];
    assert_eq!(arrows(TABLE, &bad), ["`model` may not import `tokio`: async stops at floor 3"]);
}

#[test]
fn the_table_itself_goes_down_and_names_every_crate_once() {
    let up = TABLE.replace("| 0 | – |", "| 0 | `store` |");
    assert_eq!(arrows(&up, &GOOD), ["`model` to `store` does not go down"]);
    assert_eq!(arrows(TABLE, &GOOD[..3]), ["there is no crate `xtask`"]);
    let more = [GOOD[0], GOOD[1], GOOD[2], GOOD[3], ("new", &[])];
    assert_eq!(arrows(TABLE, &more), ["`new` is not in the table of floors"]);
}

#[test]
fn walks_name_functions_that_exist() {
    let check = |walk: &str| {
        let tree = tree(&[
            ("docs/walks/change.md", walk),
            (
                "crates/decide/src/plan.rs",
                "pub fn plan(input: &X) {}\nimpl Plan { fn to_bytes(&self) {} }",
            ),
            ("crates/decide/src/plan/undo.rs", "pub fn undo<'a>() {}"),
            ("crates/agent/src/lib.rs", "pub fn start() {}"),
        ]);
        let faults = documents::check(&tree);
        let faults = faults.iter().filter(|fault| fault.path == "docs/walks/change.md");
        faults.map(|fault| fault.text.clone()).collect::<Vec<_>>()
    };
    let good = "text\n```text\ndecide  plan::plan(&input)  makes it\n        more\n\
        decide  plan::undo::undo  x\ndecide  plan::Plan::to_bytes  y\nagent  start  z\n```\nbad x::y";
    assert_eq!(check(good), Vec::<String>::new());
    assert_eq!(check("```\ndecide  plan::lint\n```"), ["there is no `plan::lint` in `decide`"]);
    assert_eq!(check("```\ndecide  plan::pla\n```"), ["there is no `plan::pla` in `decide`"]);
    assert_eq!(check("```\ndecide  plan::Other::plan\n```").len(), 1);
    assert_eq!(check("```\ndecide\n```"), ["a step is `crate  path::function  text`"]);
}

#[test]
fn decisions_are_numbered_listed_and_whole() {
    let page = "# x\nDate: 2026-11-25\n## Context\n## Choice\n## What we give up\n## Look again";
    let check = |name: &str, page: &str| {
        let path = format!("docs/decisions/{name}");
        let tree = tree(&[("docs/decisions/README.md", "0001-a.md"), (&path, page)]);
        let faults = documents::check(&tree);
        let faults = faults.iter().filter(|fault| fault.path == path);
        faults.map(|fault| fault.text.clone()).collect::<Vec<_>>()
    };
    assert_eq!(check("0001-a.md", page), Vec::<String>::new());
    assert_eq!(
        check("0003-b.md", page),
        ["should be number 0001", "is not listed in docs/decisions/README.md"]
    );
    assert_eq!(check("0001-a.md", &page[..20]).len(), 4);
}

#[test]
fn the_changelog_tells_operators_what_to_do() {
    let check = |text: &str| {
        let faults = documents::check(&tree(&[("CHANGELOG.md", text)]));
        let faults = faults.iter().filter(|fault| fault.path == "CHANGELOG.md");
        faults.map(|fault| fault.text.clone()).collect::<Vec<_>>()
    };
    let section = "### New\n### What you must do\n";
    assert_eq!(
        check(&format!(
            "# Changelog\n\n## Unreleased\n{section}\n## 1.0.0 (2026-12-01)\n{section}"
        )),
        Vec::<String>::new()
    );
    assert_eq!(check("# Changes\n"), ["begins with `# Changelog`"]);
    assert_eq!(check("# Changelog\n\n## Soon\n").len(), 3);
}
