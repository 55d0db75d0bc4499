use super::*;

fn refused(status: u16) -> LinkError {
    let said = ErrorBody { error: "x".into(), message: "no".into(), hint: String::new() };
    LinkError::Refused { status, said, retry_after_secs: Some(10) }
}

#[test]
fn what_passes_by_itself_is_tried_again_and_what_does_not_is_told() {
    let gone = Box::new(ureq::Error::ConnectionFailed);
    assert!(LinkError::Unreachable { server: "a:1".into(), source: gone }.is_passing());
    assert!(refused(503).is_passing());
    assert!(refused(429).is_passing());
    assert!(!refused(404).is_passing());
    assert!(!LinkError::WrongObject { asked: Digest::of(b"x") }.is_passing());
    assert_eq!(refused(503).retry_after_secs(), Some(10));
    assert_eq!(refused(404).chain(), "the server refused (404): no");
}
