//! The owner's side of trust: the root statement and the roster, made and kept on this person's machine.
//!
//! The server only gets copies. What agents pin comes from here, by the install line.

use crate::clock;
use crate::config::{self, Paths};
use crate::error::{Failure, Kind};
use crate::keys;
use model::Digest;
use model::order::{ORDER_HOSTS_MAX, Verb};
use model::roster::{
    Person, PersonKey, ROOT_NAMESPACE, ROOT_TYPE, ROSTER_LIFE_SECS_MAX, ROSTER_NAMESPACE,
    ROSTER_TYPE, RootStatement, Roster, TRUST_SCHEMA, Thresholds,
};
use model::wire::{Envelope, Signature, SignatureForm, TrustRequest};
use serde::Serialize;
use ssh_key::PrivateKey;
use std::path::PathBuf;
use trust::roster::VerifiedRoster;

const ROOT_FILE: &str = "tenant-root.json";
const ROSTER_FILE: &str = "roster.json";
/// A roster is signed again when less of its life is left: 60 days.
const RENEW_BEFORE_SECS: i64 = 60 * 86_400;

/// The signed statements as this machine has them.
#[derive(Debug, Clone)]
pub(crate) struct Trust {
    pub root: Envelope,
    pub roster: Envelope,
    /// What agents pin.
    pub pin: Digest,
    pub verified: VerifiedRoster,
}

impl Trust {
    pub(crate) fn request(&self) -> TrustRequest {
        TrustRequest { root: self.root.clone(), roster: self.roster.clone() }
    }
}

/// Reads the statements; `None` where this person never made or was given any.
pub(crate) fn read(paths: &Paths) -> Result<Option<Trust>, Failure> {
    let (root, roster) = (paths.config.join(ROOT_FILE), paths.config.join(ROSTER_FILE));
    if !root.exists() || !roster.exists() {
        return Ok(None);
    }
    let (root, roster) = (envelope(&root)?, envelope(&roster)?);
    let payload = trust::envelope::open(&root).map_err(|refusal| broken(&refusal))?;
    verified(root, roster, Digest::of(&payload)).map(Some)
}

/// Reads the statements, or makes those of a shop of one person; signs the roster again before it expires.
pub(crate) fn read_or_make(paths: &Paths) -> Result<Trust, Failure> {
    let now = clock::now();
    match read(paths)? {
        Some(trust) if trust.verified.roster.expires_at - now > RENEW_BEFORE_SECS => Ok(trust),
        Some(trust) => renew(paths, &trust, now),
        None => make(paths, now),
    }
}

fn make(paths: &Paths, now: i64) -> Result<Trust, Failure> {
    let name = config::login_name();
    let (root_key, _) = keys::load_or_make(&paths.config.join(keys::TENANT_ROOT), "tenant root")?;
    let (approver, _) = keys::load_or_make(&paths.config.join(keys::APPROVER), &name)?;
    let statement = RootStatement {
        schema: TRUST_SCHEMA,
        keys: vec![keys::public_text(&root_key)?],
        threshold: 1,
    };
    let payload = encoded(&statement);
    let pin = Digest::of(&payload);
    let root = sealed(&root_key, ROOT_TYPE, ROOT_NAMESPACE, &payload)?;
    let roster = first_roster(pin, &name, &approver, now)?;
    let roster = sealed_roster(&root_key, &roster)?;
    write(paths, ROOT_FILE, &root)?;
    write(paths, ROSTER_FILE, &roster)?;
    verified(root, roster, pin)
}

/// One person who may do everything. All thresholds are 1: there is nobody else to ask.
fn first_roster(pin: Digest, name: &str, key: &PrivateKey, now: i64) -> Result<Roster, Failure> {
    Ok(Roster {
        schema: TRUST_SCHEMA,
        tenant_root_hash: pin,
        serial: 1,
        issued_at: now,
        expires_at: now + ROSTER_LIFE_SECS_MAX,
        hosts_total: 0,
        serial_floor: 0,
        thresholds: Thresholds { default: 1, wide: 1, rollback: 1 },
        persons: vec![Person {
            person_id: name.to_owned(),
            may: Verb::ALL.to_vec(),
            hosts_max: u32::try_from(ORDER_HOSTS_MAX).unwrap_or(u32::MAX),
            keys: vec![PersonKey {
                key_id: keys::id(key),
                public_key: keys::public_text(key)?,
                uv_required: false,
                added_at: now,
                revoked_at: None,
            }],
        }],
    })
}

fn renew(paths: &Paths, trust: &Trust, now: i64) -> Result<Trust, Failure> {
    let root_key = keys::load(&paths.config.join(keys::TENANT_ROOT))?;
    let mut roster = trust.verified.roster.clone();
    roster.serial += 1;
    roster.issued_at = now;
    roster.expires_at = now + ROSTER_LIFE_SECS_MAX;
    let roster = sealed_roster(&root_key, &roster)?;
    write(paths, ROSTER_FILE, &roster)?;
    verified(trust.root.clone(), roster, trust.pin)
}

fn sealed_roster(key: &PrivateKey, roster: &Roster) -> Result<Envelope, Failure> {
    let payload = encoded(roster);
    sealed(key, ROSTER_TYPE, ROSTER_NAMESPACE, &payload)
}

/// Returns the bytes that are signed. Made once: from then on only bytes travel.
pub(crate) fn encoded<T: Serialize>(noun: &T) -> Vec<u8> {
    serde_json::to_vec(noun).expect("nouns are strings, numbers and lists; they always encode")
}

/// Signs `payload` and puts it into an envelope.
pub(crate) fn sealed(
    key: &PrivateKey,
    kind: &str,
    namespace: &str,
    payload: &[u8],
) -> Result<Envelope, Failure> {
    Ok(trust::envelope::seal(kind, payload, vec![signature(key, kind, namespace, payload)?]))
}

/// Signs `payload` as part of an envelope of this kind.
pub(crate) fn signature(
    key: &PrivateKey,
    kind: &str,
    namespace: &str,
    payload: &[u8],
) -> Result<Signature, Failure> {
    let blob = trust::sshsig::sign(key, namespace, &trust::envelope::pae(kind, payload))
        .map_err(|error| Failure::user("could not sign").because(&error))?;
    Ok(Signature { key_id: keys::id(key), form: SignatureForm::Sshsig, blob })
}

/// An expired roster is still read: the caller decides whether to renew it.
fn verified(root: Envelope, roster: Envelope, pin: Digest) -> Result<Trust, Failure> {
    let verified = trust::roster::verify(&root, &roster, pin, 0, i64::MIN)
        .map_err(|refusal| broken(&refusal))?;
    Ok(Trust { root, roster, pin, verified })
}

fn broken(refusal: &model::outcome::Refusal) -> Failure {
    Failure::new(Kind::Refused, "the roster on this machine does not verify")
        .because(refusal)
        .hint("get tenant-root.json and roster.json again from the owner of the tenant root")
}

fn envelope(path: &PathBuf) -> Result<Envelope, Failure> {
    let could_not = || format!("could not read `{}`", path.display());
    let bytes = std::fs::read(path).map_err(|error| Failure::user(could_not()).because(&error))?;
    trust::envelope::parse(&bytes).map_err(|refusal| Failure::user(could_not()).because(&refusal))
}

fn write(paths: &Paths, name: &str, envelope: &Envelope) -> Result<(), Failure> {
    let bytes = encoded(envelope);
    config::replace(&paths.config.join(name), &bytes, 0o644)
}
