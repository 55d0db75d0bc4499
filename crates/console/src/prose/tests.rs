use super::*;

#[test]
fn commands_between_backticks_are_code_and_nothing_escapes() {
    let said = Prose::from("run `apt <x>` & plan again").to_string();
    assert_eq!(said, "run <code>apt &#60;x&#62;</code> &#38; plan again");
}

#[test]
fn a_lone_backtick_stays_what_it_is() {
    assert_eq!(Prose::from("it`s").to_string(), "it`s");
}
