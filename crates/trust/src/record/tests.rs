use super::*;
use serde_json::json;

fn chain(count: u64) -> Vec<Vec<u8>> {
    let mut prev = Digest([0; 32]);
    let mut leaves = Vec::new();
    for seq in 1..=count {
        let event = Event {
            seq,
            at: 1_800_000_000,
            actor: "ann".to_owned(),
            action: "change.planned".to_owned(),
            object: format!("change {seq}"),
            detail: json!({}),
            prev,
            leaf: None,
        };
        let bytes = serde_json::to_vec(&event).unwrap();
        prev = leaf_hash(&bytes);
        leaves.push(bytes);
    }
    leaves
}

#[test]
fn the_empty_leaf_has_the_hash_of_the_published_vector() {
    let expected = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
    assert_eq!(leaf_hash(b"").to_string(), expected);
}

#[test]
fn a_whole_chain_verifies() {
    assert_eq!(verify_chain(chain(0)), Ok(0));
    assert_eq!(verify_chain(chain(20)), Ok(20));
}

#[test]
fn every_edit_deletion_and_swap_before_the_newest_leaf_is_found() {
    let good = chain(12);
    for at in 0..good.len() - 1 {
        let mut edited = good.clone();
        let text = String::from_utf8(edited[at].clone()).unwrap();
        edited[at] = text.replace("ann", "eve").into_bytes();
        let seq = u64::try_from(at).unwrap() + 2;
        assert_eq!(verify_chain(&edited), Err(RecordError::Broken { seq }));
        let mut swapped = good.clone();
        swapped.swap(at, at + 1);
        assert!(verify_chain(&swapped).is_err());
        let mut deleted = good.clone();
        deleted.remove(at);
        assert!(verify_chain(&deleted).is_err());
    }
    assert!(matches!(verify_chain([b"{}"]), Err(RecordError::Unreadable { index: 0, .. })));
}
