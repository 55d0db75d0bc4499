//! Digests: known values, one spelling only.

use super::*;

#[test]
fn a_digest_is_sha_256_of_the_bytes() {
    assert_eq!(
        Digest::of(b"abc").to_string(),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    assert_eq!(Digest::of(b"abc").short(), "ba7816bf8f01");
}

#[test]
fn text_and_json_read_back() {
    let digest = Digest::of(b"x");
    assert_eq!(digest.to_string().parse(), Ok(digest));
    let json = serde_json::to_string(&digest).unwrap();
    assert_eq!(json, format!("\"{digest}\""));
    assert_eq!(serde_json::from_str::<Digest>(&json).unwrap(), digest);
}

#[test]
fn every_other_spelling_is_refused() {
    let good = Digest::of(b"x").to_string();
    for bad in [
        String::new(),
        good[1..].to_owned(),
        format!("{good}0"),
        good.to_uppercase(),
        format!(" {}", &good[1..]),
        format!("+{}", &good[1..]),
        format!("g{}", &good[1..]),
        format!("sha256:{good}"),
        "é".repeat(32),
    ] {
        assert!(bad.parse::<Digest>().is_err(), "{bad}");
    }
}

#[test]
fn an_error_shows_at_most_eighty_characters_of_what_it_was_given() {
    let error = "x".repeat(1_000).parse::<Digest>().unwrap_err();
    assert!(error.to_string().len() < 160, "{error}");
}
