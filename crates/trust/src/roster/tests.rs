use super::*;
use crate::fixtures::{NOW, World, key, public, signature};

fn check(world: &World, serial_floor: u64, now: i64) -> Result<VerifiedRoster, Refusal> {
    verify(&world.root_envelope(), &world.roster_envelope(), world.pin(), serial_floor, now)
}

fn broken(result: Result<VerifiedRoster, Refusal>) -> String {
    match result {
        Err(Refusal::RosterBroken { text }) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_roster_under_the_pinned_root_verifies() {
    let world = World::new();
    let verified = check(&world, 5, NOW).unwrap();
    assert_eq!(verified.roster, world.roster);
}

#[test]
fn a_roster_older_than_one_seen_is_refused() {
    assert_eq!(check(&World::new(), 6, NOW), Err(Refusal::RosterOld));
}

#[test]
fn an_expired_roster_is_refused() {
    let world = World::new();
    let end = world.roster.expires_at;
    assert!(check(&world, 0, end).is_ok());
    assert_eq!(check(&world, 0, end + 1), Err(Refusal::RosterExpired));
}

#[test]
fn another_root_than_the_pinned_one_is_refused() {
    let world = World::new();
    let mut other = World::new();
    other.root_key = key(77);
    other.root.keys = vec![public(&key(77))];
    let (root, roster) = (other.root_envelope(), world.roster_envelope());
    let refused = |root| verify(root, &roster, world.pin(), 0, NOW);
    assert_eq!(refused(&root), Err(Refusal::WrongTenantRoot));
    let mut stranger = World::new();
    stranger.roster.tenant_root_hash = Digest::of(b"other");
    assert_eq!(check(&stranger, 0, NOW), Err(Refusal::WrongTenantRoot));
}

#[test]
fn a_roster_signed_by_somebody_else_or_for_another_purpose_is_refused() {
    let world = World::new();
    let payload = serde_json::to_vec(&world.roster).unwrap();
    let with = |signatures| {
        let roster = envelope::seal(ROSTER_TYPE, &payload, signatures);
        broken(verify(&world.root_envelope(), &roster, world.pin(), 0, NOW))
    };
    let by = |seed, namespace| signature(&key(seed), namespace, ROSTER_TYPE, &payload);
    assert!(with(vec![by(1, ROSTER_NAMESPACE)]).contains("no root key"));
    assert!(with(vec![by(9, ROOT_NAMESPACE)]).contains("another purpose"));
    assert!(with(vec![]).contains("0 root key(s), 1 needed"));
    let mut wrong = by(9, ROSTER_NAMESPACE);
    wrong.blob = by(9, ROSTER_NAMESPACE).blob.replace('A', "B");
    assert!(!with(vec![wrong]).is_empty());
    let mut form = by(9, ROSTER_NAMESPACE);
    form.form = SignatureForm::Host;
    assert!(with(vec![form]).contains("another form"));
}

#[test]
fn one_root_key_that_signs_twice_counts_once() {
    let mut world = World::new();
    world.root.keys.push(public(&key(8)));
    world.root.threshold = 2;
    world.roster.tenant_root_hash = world.pin();
    let sign = |seeds: &[u8], namespace, kind, payload: &[u8]| {
        let sign = |seed: &u8| signature(&key(*seed), namespace, kind, payload);
        envelope::seal(kind, payload, seeds.iter().map(sign).collect())
    };
    let root = serde_json::to_vec(&world.root).unwrap();
    let roster = serde_json::to_vec(&world.roster).unwrap();
    let root = sign(&[8, 9], ROOT_NAMESPACE, ROOT_TYPE, &root);
    let with = |seeds: &[u8]| {
        let roster = sign(seeds, ROSTER_NAMESPACE, ROSTER_TYPE, &roster);
        verify(&root, &roster, world.pin(), 0, NOW)
    };
    assert!(with(&[8, 9]).is_ok());
    assert!(broken(with(&[9, 9])).contains("1 root key(s), 2 needed"));
}

#[test]
fn a_roster_that_is_not_consistent_is_refused() {
    let with = |change: fn(&mut World)| {
        let mut world = World::new();
        change(&mut world);
        broken(check(&world, 0, NOW))
    };
    assert!(with(|w| w.roster.schema = 2).contains("schema"));
    assert!(with(|w| w.roster.expires_at = NOW + 400 * 86_400).contains("365 days"));
    assert!(with(|w| w.roster.issued_at = w.roster.expires_at + 1).contains("365 days"));
    assert!(with(|w| w.roster.issued_at = i64::MIN).contains("365 days"));
    assert!(with(|w| w.roster.thresholds.wide = 0).contains("nobody"));
    assert!(with(|w| w.roster.persons[1].person_id = "ann".to_owned()).contains("twice"));
    let stolen = with(|w| w.roster.persons[1].keys = w.roster.persons[0].keys.clone());
    assert!(stolen.contains("appears twice"));
    assert!(with(|w| w.roster.persons[0].keys[0].key_id.push('x')).contains("misnamed"));
    assert!(with(|w| w.roster.persons[0].keys[0].public_key.clear()).contains("public key"));
    assert!(
        with(|w| {
            w.root.threshold = 2;
            w.roster.tenant_root_hash = w.pin();
        })
        .contains("cannot meet")
    );
}

#[test]
fn a_roster_in_another_envelope_is_refused() {
    let world = World::new();
    let root = world.root_envelope();
    assert!(broken(verify(&root, &root, world.pin(), 0, NOW)).contains("in place of"));
    let roster = world.roster_envelope();
    assert!(broken(verify(&roster, &roster, world.pin(), 0, NOW)).contains("in place of"));
}
