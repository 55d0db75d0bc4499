use super::*;

#[test]
fn a_token_has_the_published_shape_and_checks() {
    let token = make(JOIN, &[7; 32]);
    assert_eq!(token.len(), 5 + 36);
    assert!(token.starts_with("pwlj_"), "{token}");
    assert!(check(&token, JOIN) && check(&token, "pwlj_"));
    assert!(!check(&token, USER));
    assert_eq!(make("pwlj_", &[7; 32]), token);
    assert_ne!(make(JOIN, &[8; 32]), token);
}

#[test]
fn every_typing_error_of_one_character_is_noticed() {
    let token = make(USER, &[0xA5; 32]);
    for at in 0..token.len() {
        for letter in ['0', 'Z', 'q', '-'] {
            let mut typed = token.clone();
            typed.replace_range(at..=at, &letter.to_string());
            assert_eq!(check(&typed, USER), typed == token, "{typed}");
        }
        assert!(!check(&token[..at], USER));
    }
    assert!(!check("pwlu_äöü", USER));
}

#[test]
fn the_checksum_is_the_usual_crc_32() {
    assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
}
