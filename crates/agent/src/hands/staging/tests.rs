use super::*;
use crate::halves::body_of;

fn artifact(content: &[u8]) -> Artifact {
    let size_bytes = u64::try_from(content.len()).unwrap();
    Artifact { sha256: Digest::of(content), size_bytes, uri: String::new() }
}

#[test]
fn an_object_is_taken_when_its_content_is_the_named_one() {
    let cache = tempfile::tempdir().unwrap();
    let wanted = artifact(b"package");
    assert!(!holds(cache.path(), &wanted));
    take(cache.path(), &wanted, &mut body_of(b"package").unwrap()).unwrap();
    assert!(holds(cache.path(), &wanted));
    assert!(is_intact(cache.path(), wanted.sha256).unwrap());
}

#[test]
fn other_content_is_refused_and_leaves_nothing() {
    let cache = tempfile::tempdir().unwrap();
    for content in [&b"packagf"[..], b"packag", b"package and more"] {
        let taken = take(cache.path(), &artifact(b"package"), &mut body_of(content).unwrap());
        assert!(matches!(taken, Err(TakeError::OtherContent)));
    }
    assert_eq!(std::fs::read_dir(cache.path()).unwrap().count(), 0);
}

#[test]
fn a_file_that_changed_in_the_cache_is_noticed_before_use() {
    let cache = tempfile::tempdir().unwrap();
    let wanted = artifact(b"package");
    files::put(&path_in(cache.path(), wanted.sha256), b"packagf", 0o600).unwrap();
    assert!(!is_intact(cache.path(), wanted.sha256).unwrap());
}
