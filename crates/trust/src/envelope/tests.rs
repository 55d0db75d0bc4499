use super::*;
use crate::fixtures::World;
use model::order::Order;

#[test]
fn pae_is_the_published_encoding() {
    // The example of the DSSE specification.
    let encoded = pae("http://example.com/HelloWorld", b"hello world");
    assert_eq!(encoded, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
}

#[test]
fn an_envelope_is_read_as_it_was_written() {
    let envelope = World::new().envelope();
    let bytes = serde_json::to_vec(&envelope).unwrap();
    assert_eq!(parse(&bytes), Ok(envelope));
}

#[test]
fn an_envelope_that_is_too_big_is_refused_unread() {
    assert_eq!(parse(&vec![b'{'; ENVELOPE_BYTES_MAX + 1]), Err(Refusal::TooBig));
    let mut envelope = World::new().envelope();
    envelope.payload = "A".repeat(ENVELOPE_BYTES_MAX);
    assert_eq!(open(&envelope), Err(Refusal::TooBig));
    let mut envelope = World::new().envelope();
    envelope.signatures = vec![envelope.signatures[0].clone(); ENVELOPE_SIGNATURES_MAX + 1];
    assert_eq!(open(&envelope), Err(Refusal::TooBig));
}

#[test]
fn deep_nesting_is_refused_without_recursion_beyond_the_limit() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(parse(deep.as_bytes()), Err(Refusal::TooDeep));
    let deep = format!("{}{}", "{\"a\":".repeat(17), "}".repeat(17));
    assert_eq!(strict::<Order>(deep.as_bytes()), Err(Refusal::TooDeep));
    let allowed = format!("{}1{}", "[".repeat(16), "]".repeat(16));
    assert!(!matches!(strict::<Order>(allowed.as_bytes()), Err(Refusal::TooDeep)));
}

fn text(refusal: Refusal) -> String {
    let Refusal::Malformed { text } = refusal else { panic!("{refusal:?}") };
    text
}

#[test]
fn what_a_lenient_reader_would_guess_at_is_refused() {
    let good = String::from_utf8(serde_json::to_vec(&World::new().order).unwrap()).unwrap();
    assert!(strict::<Order>(good.as_bytes()).is_ok());
    let spoilt = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        strict::<Order>(good.replace(from, to).as_bytes()).unwrap_err()
    };
    assert!(text(spoilt("\"serial\":11", "\"serial\":11,\"serial\":12")).contains("twice"));
    assert!(text(spoilt("\"window\":null,", "")).contains("window"));
    assert!(text(spoilt("\"serial\":11", "\"serial\":11.0")).contains("floating point"));
    assert!(text(spoilt("\"serial\":11", "\"serial\":\"11\"")).contains("string"));
    assert!(text(spoilt("\"serial\":11", "\"serial\":-1")).contains("-1"));
    assert!(text(spoilt("\"serial\":11", "\"serial\":11e0")).contains("floating point"));
    assert!(text(spoilt("\"upgrade\"", "\"run_script\"")).contains("run_script"));
    assert!(text(spoilt("\"upgrade\"", "{\"upgrade\":null}")).contains("word"));
    let refusal = spoilt("\"serial\":11", "\"serial\":11,\"script\":\"reboot\"");
    assert_eq!(refusal, Refusal::UnknownField { field: "script".to_owned() });
    assert!(
        text(strict::<Order>(format!("{good} {good}").as_bytes()).unwrap_err())
            .contains("trailing")
    );
    assert!(text(strict::<Order>(b"[1]").unwrap_err()).contains("not an object"));
    assert!(text(strict::<Order>(b"\xff").unwrap_err()).contains("line 1"));
}

#[test]
fn a_refusal_does_not_repeat_what_is_wrong_at_length() {
    let long = "\u{1F980}".repeat(40_000);
    for payload in [
        format!("{{\"schema\":\"{long}\"}}"),
        format!("{{\"{long}\":1}}"),
        format!("{{\"{long}\":1,\"{long}\":1}}"),
    ] {
        let refusal = strict::<Order>(payload.as_bytes()).unwrap_err();
        assert!(refusal.to_string().chars().count() < 300, "{refusal}");
    }
}
