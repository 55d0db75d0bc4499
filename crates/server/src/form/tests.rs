use super::*;

#[test]
fn pairs_are_decoded_and_repeats_kept() {
    let form = Form(pairs("host=a&host=b+c&title=100%25+%C3%A9&empty"));
    assert_eq!(form.values("host").collect::<Vec<_>>(), ["a", "b c"]);
    assert_eq!(form.value("title"), "100% é");
    assert_eq!(form.value("empty"), "");
}

#[test]
fn what_cannot_be_decoded_is_taken_as_it_stands() {
    assert_eq!(
        pairs("q=100%&r=%zz&s=%f"),
        [
            ("q".to_owned(), "100%".to_owned()),
            ("r".to_owned(), "%zz".to_owned()),
            ("s".to_owned(), "%f".to_owned()),
        ]
    );
}
