//! Tests only: a small tenant with keys from seeds, one signed order, and ways to spoil it.

use crate::ceilings::Ceilings;
use crate::envelope::{pae, seal};
use crate::order::{Check, Floors, VerifiedOrder, verify};
use crate::roster::{self, VerifiedRoster};
use crate::sshsig;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::order::*;
use model::outcome::Refusal;
use model::package::{Artifact, PatchKind};
use model::plan::{PLAN_SCHEMA, PlanHost, RebootExpectation, Step, WayBack};
use model::roster::*;
use model::wire::{Envelope, Signature, SignatureForm};
use model::{ChangeId, Digest, HostId, OrderId};
use sha2::{Digest as _, Sha256};
use ssh_key::PrivateKey;
use ssh_key::private::Ed25519Keypair;

pub(crate) const NOW: i64 = 1_800_000_000;
pub(crate) const HOST: HostId = HostId(7);

pub(crate) fn key(seed: u8) -> PrivateKey {
    PrivateKey::new(Ed25519Keypair::from_seed(&[seed; 32]).into(), "test").unwrap()
}

pub(crate) fn public(key: &PrivateKey) -> String {
    key.public_key().to_openssh().unwrap()
}

pub(crate) fn signature(
    key: &PrivateKey,
    namespace: &str,
    kind: &str,
    payload: &[u8],
) -> Signature {
    Signature {
        key_id: sshsig::key_id(&public(key)).unwrap(),
        form: SignatureForm::Sshsig,
        blob: sshsig::sign(key, namespace, &pae(kind, payload)).unwrap(),
    }
}

pub(crate) fn person(id: &str, public_keys: &[String]) -> Person {
    let key = |public_key: &String| PersonKey {
        key_id: sshsig::key_id(public_key).unwrap(),
        public_key: public_key.clone(),
        uv_required: false,
        added_at: NOW - 1_000,
        revoked_at: None,
    };
    Person {
        person_id: id.to_owned(),
        may: Verb::ALL.to_vec(),
        hosts_max: 1_000,
        keys: public_keys.iter().map(key).collect(),
    }
}

/// Everything that a check looks at; tests change one thing and check again.
#[derive(Clone)]
pub(crate) struct World {
    pub root_key: PrivateKey,
    pub root: RootStatement,
    pub roster: Roster,
    pub order: Order,
    pub entry: PlanHost,
    pub signers: Vec<PrivateKey>,
    pub floors: Floors,
    pub ceilings: Ceilings,
    pub now: i64,
}

impl World {
    /// Two persons: `ann` (keys 1 and 3) who drafted it, and `bob` (key 2), who signed.
    pub(crate) fn new() -> Self {
        let root_key = key(9);
        let root = RootStatement { schema: 1, keys: vec![public(&root_key)], threshold: 1 };
        let pin = Digest::of(&serde_json::to_vec(&root).unwrap());
        let persons = vec![
            person("ann", &[public(&key(1)), public(&key(3))]),
            person("bob", &[public(&key(2))]),
        ];
        let entry = entry();
        let mut world = Self {
            order: order(pin),
            root_key,
            root,
            roster: roster(pin, persons),
            entry,
            signers: vec![key(2)],
            floors: Floors::default(),
            ceilings: Ceilings::default(),
            now: NOW,
        };
        world.target();
        world
    }

    /// Names the entry's bytes as this host's, after the entry was changed.
    pub(crate) fn target(&mut self) {
        let entry = Digest::of(&self.entry.to_bytes());
        self.order.targets[0] = Target { host: HOST, entry };
    }

    /// Adds hosts until the order names `count`.
    pub(crate) fn widen(&mut self, count: u32) {
        for host in 1..count {
            let entry = Digest::of(&host.to_be_bytes());
            self.order.targets.push(Target { host: HostId(1_000 + u128::from(host)), entry });
        }
        self.order.max_hosts = count;
    }

    pub(crate) fn pin(&self) -> Digest {
        Digest::of(&serde_json::to_vec(&self.root).unwrap())
    }

    pub(crate) fn root_envelope(&self) -> Envelope {
        let payload = serde_json::to_vec(&self.root).unwrap();
        let signature = signature(&self.root_key, ROOT_NAMESPACE, ROOT_TYPE, &payload);
        seal(ROOT_TYPE, &payload, vec![signature])
    }

    pub(crate) fn roster_envelope(&self) -> Envelope {
        let payload = serde_json::to_vec(&self.roster).unwrap();
        let signature = signature(&self.root_key, ROSTER_NAMESPACE, ROSTER_TYPE, &payload);
        seal(ROSTER_TYPE, &payload, vec![signature])
    }

    pub(crate) fn verified_roster(&self) -> VerifiedRoster {
        let (root, roster) = (self.root_envelope(), self.roster_envelope());
        roster::verify(&root, &roster, self.pin(), 0, i64::MIN).unwrap()
    }

    pub(crate) fn sign(&self, payload: &[u8]) -> Envelope {
        let sign = |key| signature(key, ORDER_NAMESPACE, ORDER_TYPE, payload);
        seal(ORDER_TYPE, payload, self.signers.iter().map(sign).collect())
    }

    pub(crate) fn envelope(&self) -> Envelope {
        self.sign(&serde_json::to_vec(&self.order).unwrap())
    }

    pub(crate) fn check_envelope(&self, envelope: &Envelope) -> Result<VerifiedOrder, Refusal> {
        let (roster, entry) = (self.verified_roster(), self.entry.to_bytes());
        verify(
            envelope,
            &Check {
                pin: self.pin(),
                roster: &roster,
                host: HOST,
                entry: &entry,
                floors: &self.floors,
                ceilings: &self.ceilings,
                now: self.now,
            },
        )
    }

    pub(crate) fn check(&self) -> Result<VerifiedOrder, Refusal> {
        self.check_envelope(&self.envelope())
    }

    pub(crate) fn refusal(&self) -> Refusal {
        self.check().unwrap_err()
    }
}

fn roster(pin: Digest, persons: Vec<Person>) -> Roster {
    Roster {
        schema: 1,
        tenant_root_hash: pin,
        serial: 5,
        issued_at: NOW - 1_000,
        expires_at: NOW + 100 * 86_400,
        hosts_total: 100,
        serial_floor: 10,
        thresholds: Thresholds { default: 1, wide: 1, rollback: 1 },
        persons,
    }
}

fn order(pin: Digest) -> Order {
    Order {
        schema: ORDER_SCHEMA,
        tenant_root_hash: pin,
        order_id: OrderId(1),
        serial: 11,
        rollout: ChangeId(1),
        generation: 1,
        verb: Verb::Upgrade,
        plan: Digest::of(b"plan"),
        targets: vec![Target { host: HOST, entry: Digest::of(b"") }],
        max_hosts: 1,
        waves: vec![WaveStart { ring: 0, wave: 0, start_at: NOW - 300 }],
        window: None,
        not_before: NOW - 300,
        not_after: NOW + 86_400,
        reboot: RebootRule::Never,
        halt_after: 1,
        author: "ann".to_owned(),
        reason: "security updates".to_owned(),
    }
}

pub(crate) fn step(name: &str, from: &str, to: &str) -> Step {
    let artifact = |version: &str| Artifact {
        sha256: Digest::of(version.as_bytes()),
        size_bytes: 1_000,
        uri: "http://deb.debian.org/debian/pool/x.deb".to_owned(),
    };
    Step {
        name: name.to_owned(),
        arch: "amd64".to_owned(),
        from: from.to_owned(),
        to: to.to_owned(),
        kind: PatchKind::Security,
        artifact: artifact(to),
        back: Some(artifact(from)),
    }
}

fn entry() -> PlanHost {
    PlanHost {
        schema: PLAN_SCHEMA,
        host: HOST,
        name: "web-1".to_owned(),
        ring: 0,
        wave: 0,
        installed_before: Digest::of(b"before"),
        installed_after: Digest::of(b"after"),
        steps: vec![step("openssl", "3.0.11-1~deb12u2", "3.0.13-1~deb12u1")],
        reboot: RebootExpectation::None,
        staging_bytes: 2_000,
        way_back: WayBack::Packages,
    }
}

/// A hardware key in software: signs as an authenticator does, with the flags that it is told.
pub(crate) struct Authenticator(PrivateKey);

impl Authenticator {
    pub(crate) fn new(seed: u8) -> Self {
        Self(key(seed))
    }

    fn public_blob(&self) -> Vec<u8> {
        let point = self.0.public_key().key_data().ed25519().unwrap().0;
        [string(b"sk-ssh-ed25519@openssh.com"), string(&point), string(b"ssh:")].concat()
    }

    pub(crate) fn public(&self) -> String {
        format!("sk-ssh-ed25519@openssh.com {}", STANDARD.encode(self.public_blob()))
    }

    pub(crate) fn sign(&self, namespace: &str, message: &[u8], flags: u8) -> String {
        let hash = ssh_key::HashAlg::Sha512;
        let data = ssh_key::SshSig::signed_data(namespace, hash, message).unwrap();
        let trailer = [flags, 0, 0, 0, 1];
        let application = Sha256::digest("ssh:");
        let signed = [application.as_slice(), &trailer, Sha256::digest(&data).as_slice()].concat();
        let pair = self.0.key_data().ed25519().unwrap();
        let signer = aws_lc_rs::signature::Ed25519KeyPair::from_seed_unchecked(
            pair.private.to_bytes().as_slice(),
        );
        let raw = signer.unwrap().sign(&signed);
        let signature =
            [string(b"sk-ssh-ed25519@openssh.com"), string(raw.as_ref()), trailer.to_vec()]
                .concat();
        STANDARD.encode(
            [
                b"SSHSIG".to_vec(),
                vec![0, 0, 0, 1],
                string(&self.public_blob()),
                string(namespace.as_bytes()),
                string(b""),
                string(b"sha512"),
                string(&signature),
            ]
            .concat(),
        )
    }
}

pub(crate) fn string(bytes: &[u8]) -> Vec<u8> {
    [u32::try_from(bytes.len()).unwrap().to_be_bytes().as_slice(), bytes].concat()
}
