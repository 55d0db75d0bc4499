//! The help is the reference; it changes only on purpose.

use crate::bench::Bench;
use expect_test::expect_file;

#[test]
fn every_commands_help_is_as_reviewed() {
    let bench = Bench::new();
    let commands: &[&[&str]] = &[
        &[],
        &["up"],
        &["server"],
        &["host"],
        &["host", "list"],
        &["host", "show"],
        &["host", "answer"],
        &["exposures"],
        &["cve"],
        &["actions"],
        &["deadlines"],
        &["end-of-life"],
        &["feeds"],
        &["feeds", "import"],
        &["obligations"],
        &["obligations", "choose"],
        &["assess"],
        &["plan"],
        &["change"],
        &["change", "list"],
        &["change", "show"],
        &["approve"],
        &["watch"],
        &["undo"],
        &["stop"],
        &["events"],
        &["enrol"],
        &["enrol", "token"],
        &["trust"],
        &["trust", "show"],
    ];
    let mut text = String::new();
    for command in commands {
        let args: Vec<&str> = command.iter().copied().chain(["--help"]).collect();
        let done = bench.run(&args);
        assert_eq!((done.code, done.stderr.as_str()), (0, ""));
        let name = [&["patchwell"], *command].concat().join(" ");
        text.push_str(&format!("$ {name} --help\n{}\n", done.stdout));
    }
    assert!(!text.contains("patchwell agent"), "the agent's parts are not for people");
    expect_file!["help.txt"].assert_eq(&text);
}
