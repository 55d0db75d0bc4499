//! Persons with keys: a tenant root, a roster, and signed orders.

use crate::rig::{NOW, Rig};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::order::{
    ORDER_NAMESPACE, ORDER_SCHEMA, ORDER_TYPE, Order, RebootRule, Target, Verb, WaveStart,
};
use model::plan::{Plan, Purpose};
use model::roster::{
    Person, PersonKey, ROOT_NAMESPACE, ROOT_TYPE, ROSTER_NAMESPACE, ROSTER_TYPE, RootStatement,
    Roster, TRUST_SCHEMA, Thresholds,
};
use model::wire::{Envelope, Signature, SignatureForm, TrustRequest};
use model::{ChangeId, Digest, OrderId};
use ssh_key::private::{Ed25519Keypair, PrivateKey};

pub(crate) fn key(seed: u8) -> PrivateKey {
    PrivateKey::from(Ed25519Keypair::from_seed(&[seed; 32]))
}

fn public(key: &PrivateKey) -> String {
    key.public_key().to_openssh().unwrap()
}

pub(crate) fn key_id(key: &PrivateKey) -> String {
    trust::sshsig::key_id(&public(key)).unwrap()
}

/// Puts `payload` into an envelope with one signature per key.
pub(crate) fn seal(kind: &str, namespace: &str, payload: &[u8], keys: &[&PrivateKey]) -> Envelope {
    let message = trust::envelope::pae(kind, payload);
    let signatures = keys
        .iter()
        .map(|key| Signature {
            key_id: key_id(key),
            form: SignatureForm::Sshsig,
            blob: trust::sshsig::sign(key, namespace, &message).unwrap(),
        })
        .collect();
    trust::envelope::seal(kind, payload, signatures)
}

/// Root key 1; anna has key 10, boris key 11; `need` of them must sign.
pub(crate) fn trust_request(need: u32) -> TrustRequest {
    let root = RootStatement { schema: TRUST_SCHEMA, keys: vec![public(&key(1))], threshold: 1 };
    let root_bytes = serde_json::to_vec(&root).unwrap();
    let person = |name: &str, seed: u8| Person {
        person_id: name.to_owned(),
        may: Verb::ALL.to_vec(),
        hosts_max: 100,
        keys: vec![PersonKey {
            key_id: key_id(&key(seed)),
            public_key: public(&key(seed)),
            uv_required: false,
            added_at: NOW - 10,
            revoked_at: None,
        }],
    };
    let roster = Roster {
        schema: TRUST_SCHEMA,
        tenant_root_hash: Digest::of(&root_bytes),
        serial: 1,
        issued_at: NOW - 10,
        expires_at: NOW + 100 * 86_400,
        hosts_total: 5,
        serial_floor: 0,
        thresholds: Thresholds { default: need, wide: need, rollback: need },
        persons: vec![person("anna", 10), person("boris", 11)],
    };
    let roster_bytes = serde_json::to_vec(&roster).unwrap();
    TrustRequest {
        root: seal(ROOT_TYPE, ROOT_NAMESPACE, &root_bytes, &[&key(1)]),
        roster: seal(ROSTER_TYPE, ROSTER_NAMESPACE, &roster_bytes, &[&key(1)]),
    }
}

pub(crate) fn put_trust(rig: &Rig, need: u32) {
    server::trusted::put(&rig.app(), &rig.anna(), trust_request(need)).unwrap();
}

/// Returns the order that carries out the change's plan.
pub(crate) fn order(rig: &Rig, change: ChangeId) -> Order {
    let draft = server::changes::order_draft(&rig.app(), &rig.app().tenant(), change).unwrap();
    let bytes = STANDARD.decode(&draft.plan).unwrap();
    let plan: Plan = serde_json::from_slice(&bytes).unwrap();
    let targets = plan
        .hosts
        .iter()
        .map(|entry| Target { host: entry.host, entry: Digest::of(&entry.to_bytes()) })
        .collect();
    Order {
        schema: ORDER_SCHEMA,
        tenant_root_hash: draft.tenant_root_hash,
        order_id: OrderId(u128::from(draft.next_serial)),
        serial: draft.next_serial,
        rollout: change,
        generation: plan.generation,
        verb: match plan.purpose {
            Purpose::Upgrade { .. } => Verb::Upgrade,
            Purpose::Undo { .. } => Verb::Rollback,
        },
        plan: Digest::of(&bytes),
        targets,
        max_hosts: u32::try_from(plan.hosts.len()).unwrap(),
        waves: vec![WaveStart { ring: 0, wave: 0, start_at: NOW }],
        window: None,
        not_before: NOW - 60,
        not_after: NOW + 86_400,
        reboot: RebootRule::Never,
        halt_after: 1,
        author: "anna".to_owned(),
        reason: "test".to_owned(),
    }
}

pub(crate) fn sign(order: &Order, keys: &[&PrivateKey]) -> Envelope {
    seal(ORDER_TYPE, ORDER_NAMESPACE, &serde_json::to_vec(order).unwrap(), keys)
}

/// Signs the change as anna and hands the order in.
pub(crate) fn approve(rig: &Rig, change: ChangeId) -> Order {
    let order = order(rig, change);
    let envelope = sign(&order, &[&key(10)]);
    server::changes::approve(&rig.app(), &rig.anna(), change, envelope).unwrap();
    order
}
