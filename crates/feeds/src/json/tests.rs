use super::*;
use expect_test::expect;

fn checked(text: &str, limits: &Limits) -> String {
    match check(text.as_bytes(), limits, "file") {
        Ok(()) => "fine".to_owned(),
        Err(refused) => refused.to_string(),
    }
}

#[test]
fn depth_and_strings_have_limits() {
    let limits = Limits { depth_max: 3, string_bytes_max: 4, ..Limits::default() };
    assert_eq!(checked(r#"{"a":[{"b":"1234"}]}"#, &limits), "fine");
    assert_eq!(checked(r#"{"a":[1],"b":[[1]]}"#, &limits), "fine");
    // Brackets and quotes within strings are text.
    assert_eq!(checked(r#"["[[[["]"#, &limits), "fine");
    assert_eq!(checked(r#"["\"[[", "{{"]"#, &limits), "fine");
    expect!["the file is nested more than 3 deep: it is hostile, fetch it anew"]
        .assert_eq(&checked("[[[[", &limits));
    expect!["the file has a string of more than 4 bytes: it is hostile, fetch it anew"]
        .assert_eq(&checked(r#"["12345"]"#, &limits));
    expect!["the file has a string of more than 4 bytes: it is hostile, fetch it anew"]
        .assert_eq(&checked(r#"["12345"#, &limits));
}

#[test]
fn every_beginning_of_a_document_is_looked_at_without_harm() {
    let text = r#"{"a":"\"\\","b":[{"c":"d"}]}"#;
    for end in 0..=text.len() {
        assert_eq!(checked(&text[..end], &Limits::default()), "fine", "{end}");
    }
}

#[test]
fn a_hundred_thousand_brackets_are_refused_before_anything_is_built() {
    let bomb = "[".repeat(100_000);
    let refused = Limits::default().json::<serde_json::Value>(bomb.as_bytes(), "file");
    assert!(matches!(refused, Err(Refused::Deep { depth_max: 64, .. })), "{refused:?}");
}

#[test]
fn lines_for_people_end_between_words() {
    assert_eq!(one_line("  one\ntwo"), "one");
    let long = one_line(&"word ".repeat(100));
    assert!(long.ends_with("word…") && long.chars().count() <= 201, "{long}");
    assert_eq!(one_line(&"ä".repeat(300)).chars().count(), 201);
}

#[test]
fn printed_scores_are_tenths() {
    assert_eq!(tenths(9.8), Some(98));
    assert_eq!(tenths(10.0), Some(100));
    assert_eq!(tenths(0.0), Some(0));
    for none in [10.1, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(tenths(none), None, "{none}");
    }
}

#[test]
fn keys_that_are_data_keep_their_order_and_may_be_escaped() {
    let Members(members) = serde_json::from_str(r#"{"b": 1, "a\n": {"x": []}}"#).unwrap();
    let shown: Vec<_> = members.iter().map(|(key, raw)| (&**key, raw.get())).collect();
    assert_eq!(shown, [("b", "1"), ("a\n", r#"{"x": []}"#)]);
}

#[test]
fn null_is_an_empty_list() {
    #[derive(Deserialize)]
    struct Holder {
        #[serde(default, deserialize_with = "list")]
        all: Vec<u8>,
    }
    let read = |text: &str| serde_json::from_str::<Holder>(text).map(|holder| holder.all);
    assert_eq!(read(r#"{"all": null}"#).unwrap(), [0_u8; 0]);
    assert_eq!(read("{}").unwrap(), [0_u8; 0]);
    assert_eq!(read(r#"{"all": [1]}"#).unwrap(), [1]);
    read(r#"{"all": "1"}"#).unwrap_err();
}

/// The way of eight bytes at a time against one byte at a time.
#[test]
fn strings_end_where_they_end_whatever_stands_around() {
    let slow = |bytes: &[u8], mut at: usize| loop {
        match bytes.get(at) {
            Some(b'"') => return at,
            Some(b'\\') => at += 2,
            Some(_) => at += 1,
            None => return bytes.len(),
        }
    };
    let mut state = 1_u64;
    for round in 0..2000 {
        let bytes: Vec<u8> = (0..round % 40)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                [b'a', b'"', b'\\', b'!', b'#', b'[', b']', 0xff]
                    [usize::try_from(state >> 61).unwrap()]
            })
            .collect();
        for at in 0..=bytes.len() {
            assert_eq!(string_end(&bytes, at), slow(&bytes, at), "{bytes:?} from {at}");
        }
    }
}
