use super::*;
use std::os::unix::fs::PermissionsExt as _;

#[test]
fn a_key_is_made_once_for_its_owner_only() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(APPROVER);
    let (key, is_new) = load_or_make(&path, "ann").unwrap();
    assert!(is_new);
    assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    let (again, is_new) = load_or_make(&path, "ann").unwrap();
    assert!(!is_new && again.public_key() == key.public_key());
    assert!(make(&path, "ann").is_err(), "never overwritten");
    let public = std::fs::read_to_string(path.with_extension("pub")).unwrap();
    assert!(public.starts_with("ssh-ed25519 ") && public.ends_with(" ann\n"), "{public}");
    assert!(id(&key).starts_with("SHA256:"));
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(APPROVER);
    make(&path, "ann").unwrap();
    for mode in [0o644, 0o640, 0o604, 0o666] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let failure = load(&path).unwrap_err();
        assert_eq!(failure.kind, Kind::Refused);
        assert!(failure.message.contains("others can read"), "{}", failure.message);
        assert!(failure.hints[0].contains("chmod 600"), "{:?}", failure.hints);
    }
}

#[test]
fn what_is_no_key_or_is_missing_is_said_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x");
    assert!(load(&path).unwrap_err().hints[0].contains("first `patchwell`"));
    config::replace(&path, b"hello", 0o600).unwrap();
    assert!(load(&path).unwrap_err().message.contains("could not read the key"));
}
