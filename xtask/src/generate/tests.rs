//! What is read from help texts and sources.

use super::*;

#[test]
fn subcommands_are_read_from_help() {
    let help = "Text\n\nCommands:\n  up    Starts\n        more of it\n  host  Shows\n  help  x\n\nOptions:\n  -h";
    assert_eq!(subcommands(help), ["up", "host"]);
    assert_eq!(subcommands("Options:\n  -h"), Vec::<&str>::new());
}

#[test]
fn verbs_are_read_with_their_meaning() {
    let source =
        "pub enum Verb {\n    /// Does one.\n    Upgrade,\n    /// Does two.\n    Rollback,\n}\nx,";
    let expected = [("upgrade", "Does one."), ("rollback", "Does two.")];
    let expected = expected.map(|(name, meaning)| (name.to_owned(), meaning.to_owned()));
    assert_eq!(variants(source, "pub enum Verb {"), expected);
}

#[test]
fn programs_are_read_from_calls() {
    let source = r#"run("apt-get", &args); say("now"); put("a.json", &x); command("setsid", &all)"#;
    assert_eq!(started(source).collect::<Vec<_>>(), ["apt-get", "setsid"]);
}
