//! The roster: who may approve, signed by the tenant root that agents pinned at enrolment.

use crate::envelope::{self, pae};
use crate::sshsig;
use model::Digest;
use model::outcome::Refusal;
use model::roster::{
    Person, PersonKey, ROOT_NAMESPACE, ROOT_TYPE, ROSTER_LIFE_SECS_MAX, ROSTER_NAMESPACE,
    ROSTER_TYPE, RootStatement, Roster, TRUST_SCHEMA,
};
use model::wire::{Envelope, SignatureForm};
use std::collections::BTreeSet;

/// A roster that verified against the pin. Only [`verify`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifiedRoster {
    pub roster: Roster,
    /// Digest of the roster's payload.
    pub payload: Digest,
}

impl VerifiedRoster {
    /// Returns the person and key that `key_id` names.
    pub(crate) fn key(&self, key_id: &str) -> Option<(&Person, &PersonKey)> {
        self.roster.persons.iter().find_map(|person| {
            person.keys.iter().find(|key| key.key_id == key_id).map(|key| (person, key))
        })
    }
}

/// Checks the chain from the pinned root statement to the roster.
///
/// `serial_floor` is the highest roster serial seen before; 0 where none was.
///
/// # Errors
/// `WrongTenantRoot`, `RosterBroken` with what does not hold, `RosterOld` or `RosterExpired`.
pub fn verify(
    root: &Envelope,
    roster: &Envelope,
    pin: Digest,
    serial_floor: u64,
    now: i64,
) -> Result<VerifiedRoster, Refusal> {
    let statement = self::root(root, pin)?;
    let payload = opened(roster, ROSTER_TYPE)?;
    signed_by_root(roster, &statement, &payload, ROSTER_NAMESPACE)?;
    let parsed: Roster = envelope::strict(&payload).map_err(|refusal| broken(&refusal))?;
    if parsed.tenant_root_hash != pin {
        return Err(Refusal::WrongTenantRoot);
    }
    consistent(&parsed)?;
    if parsed.serial < serial_floor {
        return Err(Refusal::RosterOld);
    }
    if now > parsed.expires_at {
        return Err(Refusal::RosterExpired);
    }
    Ok(VerifiedRoster { roster: parsed, payload: Digest::of(&payload) })
}

/// Returns the root statement whose payload's digest is the pin and that its own keys signed.
///
/// # Errors
/// `WrongTenantRoot` or `RosterBroken`.
pub fn root(root: &Envelope, pin: Digest) -> Result<RootStatement, Refusal> {
    let payload = opened(root, ROOT_TYPE)?;
    if Digest::of(&payload) != pin {
        return Err(Refusal::WrongTenantRoot);
    }
    let statement: RootStatement =
        envelope::strict(&payload).map_err(|refusal| broken(&refusal))?;
    if statement.schema != TRUST_SCHEMA {
        return Err(said("root statement of another schema"));
    }
    signed_by_root(root, &statement, &payload, ROOT_NAMESPACE)?;
    Ok(statement)
}

fn opened(envelope: &Envelope, kind: &str) -> Result<Vec<u8>, Refusal> {
    if envelope.kind != kind {
        let found: String = envelope.kind.chars().take(80).collect();
        return Err(said(&format!("`{}` in place of `{kind}`", found.escape_default())));
    }
    envelope::open(envelope).map_err(|refusal| broken(&refusal))
}

/// Counts distinct root keys; one signature that does not verify spoils the whole.
fn signed_by_root(
    envelope: &Envelope,
    root: &RootStatement,
    payload: &[u8],
    namespace: &str,
) -> Result<(), Refusal> {
    let mut ids = Vec::new();
    for key in &root.keys {
        ids.push((sshsig::key_id(key).map_err(|refusal| broken(&refusal))?, key));
    }
    let distinct: BTreeSet<_> = ids.iter().map(|(id, _)| id).collect();
    let need = usize::try_from(root.threshold).unwrap_or(usize::MAX);
    if need == 0 || distinct.len() != ids.len() || need > ids.len() {
        return Err(said("root statement whose threshold its keys cannot meet"));
    }
    let message = pae(&envelope.kind, payload);
    let mut signed = BTreeSet::new();
    for signature in &envelope.signatures {
        let key = ids.iter().find(|(id, _)| *id == signature.key_id);
        let (id, key) = key.ok_or_else(|| said("signed by a key that is no root key"))?;
        if signature.form != SignatureForm::Sshsig {
            return Err(said("signed in another form than SSHSIG"));
        }
        sshsig::verify(key, namespace, &message, &signature.blob, false)
            .map_err(|refusal| broken(&refusal))?;
        signed.insert(id);
    }
    if signed.len() < need {
        return Err(said(&format!("signed by {} root key(s), {need} needed", signed.len())));
    }
    Ok(())
}

/// What no signature makes right: ambiguous persons and keys, thresholds of nobody, endless life.
fn consistent(roster: &Roster) -> Result<(), Refusal> {
    if roster.schema != TRUST_SCHEMA {
        return Err(said("roster of another schema"));
    }
    let life = roster.expires_at.checked_sub(roster.issued_at);
    if !life.is_some_and(|secs| (0..=ROSTER_LIFE_SECS_MAX).contains(&secs)) {
        return Err(said("roster that would live longer than 365 days"));
    }
    let need = roster.thresholds;
    if need.default == 0 || need.wide == 0 || need.rollback == 0 {
        return Err(said("roster with a threshold of nobody"));
    }
    let mut persons = BTreeSet::new();
    let mut keys = BTreeSet::new();
    for person in &roster.persons {
        if !persons.insert(&person.person_id) {
            return Err(said(&format!("person `{}` appears twice", person.person_id)));
        }
        for key in &person.keys {
            let id = sshsig::key_id(&key.public_key).map_err(|refusal| broken(&refusal))?;
            if id != key.key_id || !keys.insert(id) {
                return Err(said(&format!("key {} is misnamed or appears twice", key.key_id)));
            }
        }
    }
    Ok(())
}

fn said(text: &str) -> Refusal {
    Refusal::RosterBroken { text: text.to_owned() }
}

fn broken(refusal: &Refusal) -> Refusal {
    Refusal::RosterBroken { text: refusal.to_string() }
}

#[cfg(test)]
mod tests;
