//! The people of a tenant with their keys, and what they sign: also what no careful person would.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::order::{
    ORDER_NAMESPACE, ORDER_SCHEMA, ORDER_TYPE, Order, RebootRule, Target, Verb, WaveStart,
};
use model::package::{Artifact, PatchKind};
use model::plan::{PLAN_SCHEMA, PlanHost, RebootExpectation, Step, WayBack};
use model::roster::{
    Person, PersonKey, ROOT_NAMESPACE, ROOT_TYPE, ROSTER_NAMESPACE, ROSTER_TYPE, RootStatement,
    Roster, TRUST_SCHEMA, Thresholds,
};
use model::wire::{Envelope, OrderDelivery, OrdersAnswer, Signature, SignatureForm};
use model::{ChangeId, Digest, HostId, OrderId};
use sha2::{Digest as _, Sha256};
use ssh_key::{HashAlg, SshSig};
use std::sync::LazyLock;

/// The host under test.
pub(crate) const HOST: HostId = HostId(0x51);
/// Another host of the same tenant.
pub(crate) const OTHER_HOST: HostId = HostId(0x52);
/// The serial of the tenant's roster.
pub(crate) const ROSTER_SERIAL: u64 = 7;
/// Orders below it are dead.
pub(crate) const SERIAL_FLOOR: u64 = 40;

/// Keys by their seed.
pub(crate) const ROOT: u8 = 1;
pub(crate) const ANN: u8 = 2;
pub(crate) const BOB: u8 = 3;
pub(crate) const LEFT: u8 = 4;
pub(crate) const CAREFUL: u8 = 5;
pub(crate) const TOUCH: u8 = 6;
pub(crate) const NEW: u8 = 7;
/// In nobody's roster: the hostile server's own.
pub(crate) const STRANGER: u8 = 66;

/// Rosters of one test run have the same bytes.
static BEGUN_AT: LazyLock<i64> = LazyLock::new(agent::clock::now);

const PLAIN: &str = "ssh-ed25519";
const HARDWARE: &str = "sk-ssh-ed25519@openssh.com";

/// Signs by the fast library: the product's own signer takes a tenth of a second in a debug build.
fn pair(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
}

fn plain_blob(seed: u8) -> Vec<u8> {
    [string(PLAIN.as_bytes()), string(pair(seed).public_key().as_ref())].concat()
}

fn hardware_blob(seed: u8) -> Vec<u8> {
    let point = pair(seed).public_key().as_ref().to_vec();
    [string(HARDWARE.as_bytes()), string(&point), string(b"ssh:")].concat()
}

/// The public key as OpenSSH writes it.
pub(crate) fn public(seed: u8) -> String {
    format!("{PLAIN} {}", STANDARD.encode(plain_blob(seed)))
}

/// The public key of a hardware key, as `ssh-keygen -t ed25519-sk` writes it.
fn hardware_public(seed: u8) -> String {
    format!("{HARDWARE} {}", STANDARD.encode(hardware_blob(seed)))
}

pub(crate) fn key_id(seed: u8) -> String {
    trust::sshsig::key_id(&public(seed)).unwrap()
}

/// The SSHSIG form: what it says of itself, and the signature inside.
fn sshsig(public: &[u8], namespace: &str, inner: &[u8]) -> String {
    let parts = [
        b"SSHSIG".to_vec(),
        vec![0, 0, 0, 1],
        string(public),
        string(namespace.as_bytes()),
        string(b""),
        string(b"sha512"),
        string(inner),
    ];
    STANDARD.encode(parts.concat())
}

pub(crate) fn signature(seed: u8, kind: &str, namespace: &str, payload: &[u8]) -> Signature {
    let message = trust::envelope::pae(kind, payload);
    // The library has no form for an empty namespace, and neither has anybody who verifies one.
    let data = SshSig::signed_data(namespace, HashAlg::Sha512, &message).unwrap_or_default();
    let raw = pair(seed).sign(&data);
    let inner = [string(PLAIN.as_bytes()), string(raw.as_ref())].concat();
    Signature {
        key_id: key_id(seed),
        form: SignatureForm::Sshsig,
        blob: sshsig(&plain_blob(seed), namespace, &inner),
    }
}

/// A hardware key's signature on an order, with these flags: 1 says that it was touched.
pub(crate) fn hardware_signature(seed: u8, payload: &[u8], flags: u8) -> Signature {
    let message = trust::envelope::pae(ORDER_TYPE, payload);
    let data = SshSig::signed_data(ORDER_NAMESPACE, HashAlg::Sha512, &message).unwrap();
    let trailer = [flags, 0, 0, 0, 1];
    let signed =
        [Sha256::digest("ssh:").as_slice(), &trailer, Sha256::digest(&data).as_slice()].concat();
    let raw = pair(seed).sign(&signed);
    let inner = [string(HARDWARE.as_bytes()), string(raw.as_ref()), trailer.to_vec()].concat();
    Signature {
        key_id: trust::sshsig::key_id(&hardware_public(seed)).unwrap(),
        form: SignatureForm::Sshsig,
        blob: sshsig(&hardware_blob(seed), ORDER_NAMESPACE, &inner),
    }
}

fn string(bytes: &[u8]) -> Vec<u8> {
    [u32::try_from(bytes.len()).unwrap().to_be_bytes().as_slice(), bytes].concat()
}

pub(crate) fn order_signature(seed: u8, payload: &[u8]) -> Signature {
    signature(seed, ORDER_TYPE, ORDER_NAMESPACE, payload)
}

pub(crate) fn root_statement(seed: u8) -> RootStatement {
    RootStatement { schema: TRUST_SCHEMA, keys: vec![public(seed)], threshold: 1 }
}

pub(crate) fn root_envelope(seed: u8) -> Envelope {
    let payload = serde_json::to_vec(&root_statement(seed)).unwrap();
    let signed = signature(seed, ROOT_TYPE, ROOT_NAMESPACE, &payload);
    trust::envelope::seal(ROOT_TYPE, &payload, vec![signed])
}

pub(crate) fn pin(seed: u8) -> Digest {
    Digest::of(&serde_json::to_vec(&root_statement(seed)).unwrap())
}

/// The bytes of a roster as the root key `seed` signs them.
pub(crate) fn roster_envelope(seed: u8, payload: &[u8]) -> Envelope {
    let signed = signature(seed, ROSTER_TYPE, ROSTER_NAMESPACE, payload);
    trust::envelope::seal(ROSTER_TYPE, payload, vec![signed])
}

fn person(id: &str, seed: u8) -> Person {
    let key = PersonKey {
        key_id: key_id(seed),
        public_key: public(seed),
        uv_required: false,
        added_at: 0,
        revoked_at: None,
    };
    Person { person_id: id.into(), may: Verb::ALL.to_vec(), hosts_max: 1_000, keys: vec![key] }
}

/// Ann may approve anything, Bob upgrades of at most 5 hosts; one key is revoked, one demands a
/// verified user, one lives in hardware.
pub(crate) fn roster() -> Roster {
    let now = *BEGUN_AT;
    let mut bob = person("bob", BOB);
    bob.may = vec![Verb::Upgrade];
    bob.hosts_max = 5;
    let mut left = person("left", LEFT);
    left.keys[0].revoked_at = Some(now - 50);
    let mut careful = person("careful", CAREFUL);
    careful.keys[0].uv_required = true;
    let mut touch = person("touch", TOUCH);
    touch.keys[0].public_key = hardware_public(TOUCH);
    touch.keys[0].key_id = trust::sshsig::key_id(&hardware_public(TOUCH)).unwrap();
    Roster {
        schema: TRUST_SCHEMA,
        tenant_root_hash: pin(ROOT),
        serial: ROSTER_SERIAL,
        issued_at: now - 100,
        expires_at: now + 86_400,
        hosts_total: 100,
        serial_floor: SERIAL_FLOOR,
        thresholds: Thresholds { default: 1, wide: 1, rollback: 1 },
        persons: vec![person("ann", ANN), bob, left, careful, touch],
    }
}

/// A person who came later.
pub(crate) fn newcomer() -> Person {
    person("new", NEW)
}

/// A package that no archive has, with a file whose content nobody knows.
pub(crate) fn step() -> Step {
    Step {
        name: "pw-none".into(),
        arch: "all".into(),
        from: String::new(),
        to: "2".into(),
        kind: PatchKind::Security,
        artifact: Artifact { sha256: Digest([0x11; 32]), size_bytes: 64, uri: String::new() },
        back: None,
    }
}

/// A part of a plan that no host can carry out: it begins with a set of packages that none has.
pub(crate) fn entry(host: HostId) -> PlanHost {
    PlanHost {
        schema: PLAN_SCHEMA,
        host,
        name: "web-1".into(),
        ring: 0,
        wave: 0,
        installed_before: Digest::of(b"a set that no host has"),
        installed_after: Digest::of(b"after"),
        steps: vec![step()],
        reboot: RebootExpectation::None,
        staging_bytes: 64,
        way_back: WayBack::Packages,
    }
}

/// What people are about to sign, and what a server would deliver with it.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) now: i64,
    pub(crate) order: Order,
    pub(crate) entry: PlanHost,
    pub(crate) roster: Roster,
    /// Seeds of those who sign the order.
    pub(crate) signers: Vec<u8>,
}

impl Draft {
    /// An order in order, with an id of its own.
    pub(crate) fn new(id: u128) -> Self {
        let now = agent::clock::now();
        let order = Order {
            schema: ORDER_SCHEMA,
            tenant_root_hash: pin(ROOT),
            order_id: OrderId(id),
            serial: SERIAL_FLOOR + 2,
            rollout: ChangeId(id),
            generation: 3,
            verb: Verb::Upgrade,
            plan: Digest::of(b"plan"),
            targets: Vec::new(),
            max_hosts: 2,
            waves: vec![WaveStart { ring: 0, wave: 0, start_at: now - 5 }],
            window: None,
            not_before: now - 5,
            not_after: now + 3_600,
            reboot: RebootRule::Never,
            halt_after: 1,
            author: "bob".into(),
            reason: format!("reason {id}"),
        };
        let mut draft =
            Self { now, order, entry: entry(HOST), roster: roster(), signers: vec![ANN] };
        draft.aim();
        draft
    }

    /// Names this host and another one, with this host's part as it is now.
    pub(crate) fn aim(&mut self) {
        let other = entry(OTHER_HOST).to_bytes();
        self.order.targets = vec![
            Target { host: HOST, entry: Digest::of(&self.entry.to_bytes()) },
            Target { host: OTHER_HOST, entry: Digest::of(&other) },
        ];
    }

    /// Names so many more hosts that the order counts as wide.
    pub(crate) fn widen(&mut self) {
        for id in 0..20 {
            self.order.targets.push(Target { host: HostId(id), entry: Digest::of(b"") });
        }
        self.order.max_hosts = 100;
    }

    pub(crate) fn payload(&self) -> Vec<u8> {
        serde_json::to_vec(&self.order).unwrap()
    }

    /// What an honest server delivers.
    pub(crate) fn answer(&self) -> OrdersAnswer {
        self.answer_with(&self.payload(), &self.entry.to_bytes())
    }

    /// The signers sign any bytes.
    pub(crate) fn answer_with(&self, payload: &[u8], entry: &[u8]) -> OrdersAnswer {
        let signatures = self.signers.iter().map(|seed| order_signature(*seed, payload)).collect();
        let envelope = trust::envelope::seal(ORDER_TYPE, payload, signatures);
        let roster = serde_json::to_vec(&self.roster).unwrap();
        OrdersAnswer {
            server_time: self.now,
            restore_epoch: 0,
            root: Some(root_envelope(ROOT)),
            roster: Some(roster_envelope(ROOT, &roster)),
            orders: vec![OrderDelivery { envelope, entry: STANDARD.encode(entry) }],
            cursor: 1,
        }
    }
}
