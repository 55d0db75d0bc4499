//! One negative case for each refusal, one generated for each field, and random damage.

mod damage;
mod fields;

use super::*;
use crate::fixtures::{Authenticator, HOST, NOW, World, key, person, public};
use model::ChangeId;
use model::order::{ORDER_NAMESPACE, WindowSpan};
use model::wire::SignatureForm;

const DAY: i64 = 86_400;

fn refusal(change: impl FnOnce(&mut World)) -> Refusal {
    let mut world = World::new();
    change(&mut world);
    world.refusal()
}

#[test]
fn an_order_in_order_verifies() {
    let world = World::new();
    let verified = world.check().unwrap();
    assert_eq!(verified.order, world.order);
    assert_eq!(verified.entry, world.entry);
    assert_eq!(verified.approvers, ["bob"]);
    assert_eq!(verified.payload, Digest::of(&envelope::open(&world.envelope()).unwrap()));
}

#[test]
fn step_1_another_type_or_schema_is_refused() {
    let world = World::new();
    let mut envelope = world.envelope();
    envelope.kind = "patch-order/v2".to_owned();
    let found = "patch-order/v2".to_owned();
    assert_eq!(world.check_envelope(&envelope), Err(Refusal::WrongType { found }));
    assert!(matches!(refusal(|w| w.order.schema = 2), Refusal::WrongType { .. }));
    let entry = refusal(|w| {
        w.entry.schema = 2;
        w.target();
    });
    assert!(matches!(entry, Refusal::WrongType { found } if found == "plan schema 2"));
}

#[test]
fn step_1_a_host_or_wave_that_appears_twice_is_refused() {
    let twice = |refusal| matches!(refusal, Refusal::Malformed { text } if text.contains("twice"));
    assert!(twice(refusal(|w| w.order.targets.push(w.order.targets[0].clone()))));
    assert!(twice(refusal(|w| w.order.waves.push(w.order.waves[0].clone()))));
}

#[test]
fn step_2_another_tenant_root_is_refused() {
    let refused = refusal(|w| w.order.tenant_root_hash = Digest::of(b"other"));
    assert_eq!(refused, Refusal::WrongTenantRoot);
    let world = World::new();
    let roster = world.verified_roster();
    let entry = world.entry.to_bytes();
    let refused = verify(
        &world.envelope(),
        &Check {
            pin: Digest::of(b"other"),
            roster: &roster,
            host: HOST,
            entry: &entry,
            floors: &world.floors,
            ceilings: &world.ceilings,
            now: NOW,
        },
    );
    assert_eq!(refused, Err(Refusal::WrongTenantRoot));
}

#[test]
fn step_3_an_old_or_expired_roster_is_refused() {
    assert_eq!(refusal(|w| w.floors.roster_serial = 6), Refusal::RosterOld);
    assert_eq!(refusal(|w| w.now = w.roster.expires_at + 1), Refusal::RosterExpired);
}

#[test]
fn step_4_a_signature_that_is_wrong_refuses_the_whole() {
    let world = World::new();
    let refused = |change: &dyn Fn(&mut Envelope)| {
        let mut envelope = world.envelope();
        change(&mut envelope);
        world.check_envelope(&envelope).unwrap_err()
    };
    let payload = serde_json::to_vec(&world.order).unwrap();
    let other = crate::fixtures::signature(&key(2), "git", ORDER_TYPE, &payload);
    let git = refused(&|e| e.signatures = vec![other.clone()]);
    assert_eq!(git, Refusal::WrongNamespace { found: "git".to_owned() });
    let host = refused(&|e| e.signatures[0].form = SignatureForm::Host);
    assert_eq!(host, Refusal::WrongForm { found: "host".to_owned() });
    let stranger = crate::fixtures::signature(&key(50), ORDER_NAMESPACE, ORDER_TYPE, &payload);
    let unknown = refused(&|e| e.signatures.push(stranger.clone()));
    assert_eq!(unknown, Refusal::UnknownKey { key_id: stranger.key_id.clone() });
    // Bob's key id over Ann's signature.
    let ann = crate::fixtures::signature(&key(1), ORDER_NAMESPACE, ORDER_TYPE, &payload);
    assert_eq!(refused(&|e| e.signatures[0].blob.clone_from(&ann.blob)), Refusal::BadSignature);
}

#[test]
fn step_4_presence_and_verification_are_demanded_of_hardware_keys() {
    let with = |flags: u8, uv_required: bool| {
        let authenticator = Authenticator::new(60);
        let mut world = World::new();
        world.roster.persons.push(person("eve", &[authenticator.public()]));
        world.roster.persons[2].keys[0].uv_required = uv_required;
        let mut envelope = world.envelope();
        let payload = envelope::open(&envelope).unwrap();
        let message = envelope::pae(ORDER_TYPE, &payload);
        envelope.signatures[0].key_id = crate::sshsig::key_id(&authenticator.public()).unwrap();
        envelope.signatures[0].blob = authenticator.sign(ORDER_NAMESPACE, &message, flags);
        world.check_envelope(&envelope).map(|verified| verified.approvers)
    };
    assert_eq!(with(1, false), Ok(vec!["eve".to_owned()]));
    assert_eq!(with(5, true), Ok(vec!["eve".to_owned()]));
    assert_eq!(with(0, false), Err(Refusal::NoPresence));
    assert_eq!(with(1, true), Err(Refusal::NoVerification));
}

#[test]
fn step_4_persons_are_counted_and_not_keys() {
    let too_few = Refusal::TooFewPersons { have: 1, need: 2 };
    let with = |seeds: &'static [u8]| {
        let mut world = World::new();
        world.roster.thresholds.default = 2;
        world.signers = seeds.iter().map(|seed| key(*seed)).collect();
        world.check().map(|verified| verified.approvers)
    };
    assert_eq!(with(&[2]), Err(too_few.clone()));
    assert_eq!(with(&[1, 3]), Err(too_few.clone()), "two keys of one person");
    assert_eq!(with(&[2, 2]), Err(too_few));
    assert_eq!(with(&[1, 2]), Ok(vec!["ann".to_owned(), "bob".to_owned()]));
    assert_eq!(refusal(|w| w.signers.clear()), Refusal::TooFewPersons { have: 0, need: 1 });
}

#[test]
fn step_4_revoked_keys_do_not_count() {
    let revoked = refusal(|w| w.roster.persons[1].keys[0].revoked_at = Some(NOW + DAY));
    assert!(matches!(revoked, Refusal::RevokedKey { .. }));
    let mut world = World::new();
    world.roster.persons[1].keys[0].revoked_at = Some(NOW - DAY);
    world.signers.push(key(1));
    assert_eq!(world.check().unwrap().approvers, ["ann"]);
}

#[test]
fn step_4_cooling_keys_do_not_count_for_wide_orders() {
    let mut world = World::new();
    world.floors.see_roster(&world.verified_roster(), NOW - 100);
    world.widen(30);
    assert!(world.check().is_ok(), "keys of the first roster are not new");
    world.floors.keys_first_seen.values_mut().for_each(|at| *at = NOW - 100);
    assert!(matches!(world.refusal(), Refusal::CoolingKey { .. }));
    world.floors.keys_first_seen.clear();
    assert!(matches!(world.refusal(), Refusal::CoolingKey { .. }), "never seen is new");
    world.now += DAY;
    world.floors.see_roster(&world.verified_roster(), NOW);
    assert!(world.check().is_ok());
}

#[test]
fn step_4_nobody_approves_more_than_the_roster_lets_him() {
    let denied = |refusal| matches!(refusal, Refusal::NotAllowed { person, .. } if person == "bob");
    assert!(denied(refusal(|w| w.roster.persons[1].may = vec![Verb::Rollback])));
    assert!(denied(refusal(|w| {
        w.roster.persons[1].hosts_max = 2;
        w.widen(3);
    })));
}

#[test]
fn step_4_a_wide_order_needs_more_than_its_author_unless_there_is_nobody_else() {
    let author = |others: bool| {
        let mut world = World::new();
        world.widen(26);
        world.signers = vec![key(1)];
        if !others {
            world.roster.persons.truncate(1);
        }
        world.check().map(|verified| verified.approvers)
    };
    assert_eq!(author(true), Err(Refusal::AuthorAlone));
    assert_eq!(author(false), Ok(vec!["ann".to_owned()]));
    let mut world = World::new();
    world.signers = vec![key(1)];
    assert!(world.check().is_ok(), "not wide");
}

#[test]
fn step_4_wide_is_more_than_25_hosts_or_a_tenth() {
    let wide = |hosts: u32, total: u32| {
        let mut world = World::new();
        world.widen(hosts);
        world.roster.hosts_total = total;
        is_wide(&world.order, &world.verified_roster())
    };
    assert!(wide(1, 0), "not said how many there are");
    assert!(!wide(10, 10) && !wide(3, 10), "small tenants have no tenth");
    assert!(!wide(1, 11) && wide(2, 11));
    assert!(!wide(10, 100) && wide(11, 100));
    assert!(!wide(25, 1_000) && wide(26, 1_000));
    let need = |hosts: u32| {
        refusal(|w| {
            w.roster.thresholds.wide = 2;
            w.widen(hosts);
        })
    };
    assert_eq!(need(11), Refusal::TooFewPersons { have: 1, need: 2 });
}

#[test]
fn step_4_a_rollback_has_its_own_threshold() {
    let with = |rollback: u32| {
        let mut world = World::new();
        world.order.verb = Verb::Rollback;
        world.roster.thresholds.rollback = rollback;
        world.check().map(|_| ())
    };
    assert_eq!(with(1), Ok(()));
    assert_eq!(with(2), Err(Refusal::TooFewPersons { have: 1, need: 2 }));
}

#[test]
fn step_5_only_this_hosts_own_entry_is_obeyed() {
    assert_eq!(refusal(|w| w.order.targets[0].host = HostId(8)), Refusal::NotForMe);
    assert_eq!(refusal(|w| w.order.targets[0].entry = Digest::of(b"x")), Refusal::WrongEntry);
    assert_eq!(refusal(|w| w.entry.steps.clear()), Refusal::WrongEntry);
    let other = refusal(|w| {
        w.entry.host = HostId(8);
        w.target();
    });
    assert_eq!(other, Refusal::WrongEntry, "another host's entry under this host's name");
    let wave = refusal(|w| w.order.waves.clear());
    assert!(matches!(wave, Refusal::Malformed { text } if text.contains("wave")));
    let big = refusal(|w| {
        w.entry.name = "x".repeat(ENTRY_BYTES_MAX);
        w.target();
    });
    assert_eq!(big, Refusal::TooBig);
}

#[test]
fn step_5_an_order_names_no_more_hosts_than_it_allows_itself() {
    let refused = refusal(|w| {
        w.widen(3);
        w.order.max_hosts = 2;
    });
    assert_eq!(refused, Refusal::TooManyHosts);
    let many = refusal(|w| {
        w.roster.persons[1].hosts_max = 5_000;
        w.widen(1_001);
    });
    assert_eq!(many, Refusal::TooManyHosts);
}

#[test]
fn step_6_an_order_is_good_in_its_own_time_only() {
    assert_eq!(refusal(|w| w.order.not_before = NOW + 1), Refusal::TooEarly);
    assert_eq!(refusal(|w| w.order.not_after = NOW - 1), Refusal::Expired);
    assert_eq!(refusal(|w| w.order.not_after = NOW + 14 * DAY + 1), Refusal::Expired);
    assert_eq!(refusal(|w| w.order.not_after = i64::MAX), Refusal::Expired);
    assert_eq!(refusal(|w| w.order.not_after = i64::MIN), Refusal::Expired);
    let window = WindowSpan { opens_at: NOW - 20, closes_at: NOW };
    assert_eq!(refusal(|w| w.order.window = Some(window)), Refusal::Expired);
}

#[test]
fn step_6_a_clock_that_went_back_is_noticed() {
    let newest = |ahead: i64| {
        let mut world = World::new();
        world.floors.newest_signed_at = NOW + ahead;
        world.check().map(|_| ())
    };
    assert_eq!(newest(CLOCK_SLACK_SECS), Ok(()));
    assert_eq!(newest(CLOCK_SLACK_SECS + 1), Err(Refusal::ClockWentBack));
    assert_eq!(clock_agrees(NOW, NOW + 900), Ok(()));
    assert_eq!(clock_agrees(NOW, NOW + 901), Err(Refusal::ClockSkewed { secs: -901 }));
    assert!(clock_agrees(i64::MIN, i64::MAX).is_err());
}

#[test]
fn step_7_nothing_runs_twice_and_nothing_old_comes_back() {
    let mut world = World::new();
    let verified = world.check().unwrap();
    world.floors.raise(&verified, NOW);
    assert_eq!(world.refusal(), Refusal::Replayed);
    world.order.order_id = model::OrderId(2);
    assert!(world.check().is_ok(), "the same generation under a new order");
    world.order.generation = 0;
    assert_eq!(world.refusal(), Refusal::OldGeneration);
    assert_eq!(refusal(|w| w.order.serial = 9), Refusal::OldSerial);
    assert_eq!(refusal(|w| w.floors.serial_floor = 12), Refusal::OldSerial);
}

#[test]
fn step_8_the_hosts_own_ceilings_come_last() {
    let refused = refusal(|w| w.ceilings.allow_verbs.clear());
    assert!(matches!(refused, Refusal::Ceiling { key, .. } if key == "allow_verbs"));
}

#[test]
fn step_9_work_starts_when_wave_window_and_host_agree() {
    let mut world = World::new();
    world.order.waves[0].start_at = NOW + 10;
    world.order.window = Some(WindowSpan { opens_at: NOW + 20, closes_at: NOW + 40 });
    world.ceilings = ceilings::parse("windows = [\"Fri 08:01-09:00 UTC\"]").unwrap();
    let verified = world.check().unwrap();
    let gate = |now| may_start(&verified, &world.ceilings, now);
    let wave = WaitingOn::WaveStart { start_at: NOW + 10 };
    assert_eq!(gate(NOW + 9), StartGate::Waiting(wave, Refusal::WaveNotReached));
    let window = WaitingOn::Window { opens_at: NOW + 20 };
    assert_eq!(gate(NOW + 19), StartGate::Waiting(window, Refusal::TooEarly));
    let StartGate::Waiting(WaitingOn::Window { opens_at }, refusal) = gate(NOW + 20) else {
        panic!("the host's own window is closed");
    };
    assert_eq!(opens_at, NOW + 60);
    assert!(matches!(refusal, Refusal::Ceiling { key, .. } if key == "windows"));
    assert_eq!(gate(NOW + 40), StartGate::Closed(Refusal::Expired));
    let early = WaitingOn::Window { opens_at: NOW - 300 };
    assert_eq!(gate(NOW - 301), StartGate::Waiting(early, Refusal::TooEarly));
    assert_eq!(may_start(&verified, &Ceilings::default(), NOW + 20), StartGate::Open);
    assert_eq!(gate(NOW + 2 * DAY), StartGate::Closed(Refusal::Expired));
}

#[test]
fn floors_only_rise_and_forget_only_what_is_dead() {
    let mut world = World::new();
    let verified = world.check().unwrap();
    world.floors.generations.insert(ChangeId(1), 9);
    world.floors.newest_signed_at = NOW + 50;
    world.floors.raise(&verified, NOW);
    assert_eq!(world.floors.generations[&ChangeId(1)], 9);
    assert_eq!(world.floors.newest_signed_at, NOW + 50);
    let mut later = verified.clone();
    later.order.order_id = model::OrderId(2);
    later.order.not_after = NOW + 3 * DAY;
    world.floors.raise(&later, NOW + 2 * DAY - 1);
    assert_eq!(world.floors.orders_seen.len(), 2, "an id outlives its order by a day");
    world.floors.raise(&later, NOW + 2 * DAY);
    assert_eq!(world.floors.orders_seen.len(), 1);
    assert_eq!(world.floors.runs_started_at, [NOW + 2 * DAY - 1, NOW + 2 * DAY]);
    let text = serde_json::to_string(&world.floors).unwrap();
    assert_eq!(serde_json::from_str::<Floors>(&text).unwrap(), world.floors);
}

#[test]
fn early_feedback_tells_who_signed_and_how_many_are_needed() {
    let mut world = World::new();
    world.roster.thresholds.default = 2;
    let so_far = approvals(&world.envelope(), &world.verified_roster()).unwrap();
    assert_eq!((so_far.have, so_far.need, so_far.is_wide), (1, 2, false));
    assert_eq!(so_far.signers[0].person, "bob");
    assert_eq!(so_far.payload, Digest::of(&serde_json::to_vec(&world.order).unwrap()));
    world.roster.persons[1].may.clear();
    let refused = approvals(&world.envelope(), &world.verified_roster());
    assert!(matches!(refused, Err(Refusal::NotAllowed { .. })));
    world.order.tenant_root_hash = Digest::of(b"x");
    let refused = approvals(&world.envelope(), &world.verified_roster());
    assert_eq!(refused, Err(Refusal::WrongTenantRoot));
    assert_eq!(public(&key(1)).split(' ').next(), Some("ssh-ed25519"));
}
