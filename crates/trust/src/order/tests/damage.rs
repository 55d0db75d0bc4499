//! Random damage, as a hostile server would do it: 0 of 10,000 cases are obeyed.

use crate::fixtures::{HOST, NOW, World, key, signature};
use crate::order::{Check, verify};
use crate::roster::VerifiedRoster;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::order::{ORDER_NAMESPACE, ORDER_TYPE, Target};
use model::wire::{Envelope, Signature, SignatureForm};
use model::{Digest, HostId};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};

/// One way to spoil an order. Numbers choose the place, modulo what is there.
#[derive(Debug, Clone)]
enum Damage {
    FlipPayload(usize),
    FlipBlob(usize),
    FlipEntry(usize),
    FlipWire(usize),
    CutPayload(usize),
    CutBlob(usize),
    CutWire(usize),
    GrowPayload(Vec<u8>),
    Retarget(u128),
    OtherHost(u128),
    SwapEntry(Vec<u8>),
    WrongKey(usize),
    WrongNamespace(usize),
    WrongKind(String),
    ForeignBlob,
    NoSignature,
    HostForm,
    Replay,
    OtherTime(i64),
    SwapBytes(usize, usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<usize>;
    prop_oneof![
        at().prop_map(Damage::FlipPayload),
        at().prop_map(Damage::FlipBlob),
        at().prop_map(Damage::FlipEntry),
        at().prop_map(Damage::FlipWire),
        at().prop_map(Damage::CutPayload),
        at().prop_map(Damage::CutBlob),
        at().prop_map(Damage::CutWire),
        prop::collection::vec(any::<u8>(), 1..40).prop_map(Damage::GrowPayload),
        any::<u128>().prop_map(Damage::Retarget),
        any::<u128>().prop_map(Damage::OtherHost),
        prop::collection::vec(any::<u8>(), 0..200).prop_map(Damage::SwapEntry),
        at().prop_map(Damage::WrongKey),
        at().prop_map(Damage::WrongNamespace),
        "[a-z/0-9-]{0,20}".prop_map(Damage::WrongKind),
        Just(Damage::ForeignBlob),
        Just(Damage::NoSignature),
        Just(Damage::HostForm),
        Just(Damage::Replay),
        any::<i64>().prop_map(Damage::OtherTime),
        (at(), at()).prop_map(|(a, b)| Damage::SwapBytes(a, b)),
    ]
}

/// What is signed once, because signing is slow.
struct Stage {
    world: World,
    roster: VerifiedRoster,
    envelope: Envelope,
    payload: Vec<u8>,
    entry: Vec<u8>,
    /// A genuine signature of Bob on another order.
    foreign: Signature,
    /// This order, signed by strangers, by a root key and by Ann under Bob's name.
    wrong_keys: Vec<Signature>,
    /// This order, signed by Bob for other purposes.
    wrong_namespaces: Vec<Signature>,
}

impl Stage {
    fn new() -> Self {
        let world = World::new();
        let envelope = world.envelope();
        let foreign = signature(&key(2), ORDER_NAMESPACE, ORDER_TYPE, b"another order");
        let payload = serde_json::to_vec(&world.order).unwrap();
        let bob = foreign.key_id.clone();
        let mut wrong_keys: Vec<Signature> =
            [9, 50, 51, 52].map(|seed| sign(seed, ORDER_NAMESPACE, &payload)).to_vec();
        for seed in [1, 9, 50] {
            wrong_keys
                .push(Signature { key_id: bob.clone(), ..sign(seed, ORDER_NAMESPACE, &payload) });
        }
        let namespaces = ["git", "file", "patch-root@patchwell", "patch-roster@patchwell", "PATCH"];
        Self {
            wrong_namespaces: namespaces.map(|name| sign(2, name, &payload)).to_vec(),
            wrong_keys,
            roster: world.verified_roster(),
            payload,
            entry: world.entry.to_bytes(),
            envelope,
            foreign,
            world,
        }
    }

    /// Returns whether the damaged order is obeyed; `None` where the damage changed nothing.
    fn is_obeyed(&self, damage: &Damage) -> Option<bool> {
        let mut envelope = self.envelope.clone();
        let mut entry = self.entry.clone();
        let (mut host, mut now) = (HOST, NOW);
        let mut floors = self.world.floors.clone();
        let payload = self.damaged_payload(damage);
        envelope.payload = STANDARD.encode(&payload);
        let signature = &mut envelope.signatures[0];
        match damage {
            Damage::FlipBlob(at) => signature.blob = flipped_blob(&signature.blob, *at),
            Damage::CutBlob(at) => signature.blob.truncate(at % signature.blob.len()),
            Damage::FlipEntry(at) => flip(&mut entry, *at),
            Damage::SwapEntry(bytes) => entry.clone_from(bytes),
            Damage::OtherHost(id) => host = HostId(*id),
            Damage::WrongKey(at) => *signature = chosen(&self.wrong_keys, *at),
            Damage::WrongNamespace(at) => *signature = chosen(&self.wrong_namespaces, *at),
            Damage::WrongKind(kind) => envelope.kind.clone_from(kind),
            Damage::ForeignBlob => *signature = self.foreign.clone(),
            Damage::NoSignature => envelope.signatures.clear(),
            Damage::HostForm => signature.form = SignatureForm::Host,
            Damage::Replay => drop(floors.orders_seen.insert(self.world.order.order_id, NOW)),
            Damage::OtherTime(at) => now = *at,
            Damage::FlipWire(at) => envelope = flipped_wire(&envelope, *at)?,
            Damage::CutWire(at) => return Some(self.is_cut_obeyed(*at)),
            Damage::FlipPayload(_)
            | Damage::CutPayload(_)
            | Damage::GrowPayload(_)
            | Damage::Retarget(_)
            | Damage::SwapBytes(..) => {}
        }
        let is_same = envelope == self.envelope && entry == self.entry && host == HOST;
        let is_good_time = (NOW - 300..=NOW + 86_400).contains(&now);
        if is_same && is_good_time && !matches!(damage, Damage::Replay) {
            return None;
        }
        let check = Check {
            pin: self.world.pin(),
            roster: &self.roster,
            host,
            entry: &entry,
            floors: &floors,
            ceilings: &self.world.ceilings,
            now,
        };
        Some(verify(&envelope, &check).is_ok())
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the others leave the payload alone")]
    fn damaged_payload(&self, damage: &Damage) -> Vec<u8> {
        let mut payload = self.payload.clone();
        let count = payload.len();
        match damage {
            Damage::FlipPayload(at) => flip(&mut payload, *at),
            Damage::CutPayload(at) => payload.truncate(at % count),
            Damage::GrowPayload(bytes) => payload.extend(bytes),
            Damage::SwapBytes(a, b) => payload.swap(a % count, b % count),
            Damage::Retarget(id) => {
                let mut order = self.world.order.clone();
                order.targets = vec![Target { host: HostId(*id), entry: Digest::of(&self.entry) }];
                payload = serde_json::to_vec(&order).unwrap();
            }
            _ => {}
        }
        payload
    }

    /// A cut envelope must not even be read as one.
    fn is_cut_obeyed(&self, at: usize) -> bool {
        let bytes = serde_json::to_vec(&self.envelope).unwrap();
        crate::envelope::parse(&bytes[..at % bytes.len()]).is_ok()
    }
}

fn sign(seed: u8, namespace: &str, payload: &[u8]) -> Signature {
    signature(&key(seed), namespace, ORDER_TYPE, payload)
}

fn chosen(signatures: &[Signature], at: usize) -> Signature {
    signatures[at % signatures.len()].clone()
}

fn flip(bytes: &mut [u8], at: usize) {
    let at = at % (bytes.len() * 8);
    bytes[at / 8] ^= 1 << (at % 8);
}

fn flipped_blob(blob: &str, at: usize) -> String {
    let mut bytes = STANDARD.decode(blob).unwrap();
    flip(&mut bytes, at);
    STANDARD.encode(bytes)
}

/// A bit of the whole envelope's text; `None` where it is not an envelope any more, or still the same.
fn flipped_wire(envelope: &Envelope, at: usize) -> Option<Envelope> {
    let mut bytes = serde_json::to_vec(envelope).unwrap();
    flip(&mut bytes, at);
    crate::envelope::parse(&bytes).ok()
}

#[test]
fn no_damaged_order_is_obeyed() {
    let stage = Stage::new();
    let config = Config {
        cases: 12_000,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..Config::default()
    };
    let refused = std::cell::Cell::new(0_u32);
    proptest::test_runner::TestRunner::new(config)
        .run(&damage(), |damage| {
            let is_obeyed = stage.is_obeyed(&damage);
            prop_assert_ne!(is_obeyed, Some(true));
            refused.set(refused.get() + u32::from(is_obeyed.is_some()));
            Ok(())
        })
        .unwrap();
    assert!(refused.get() >= 10_000, "only {} cases tell anything", refused.get());
}
