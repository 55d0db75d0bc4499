//! Step 4 of the check: signatures become persons, and persons are counted.

use crate::envelope::pae;
use crate::order::{self, Floors};
use crate::roster::VerifiedRoster;
use crate::sshsig;
use model::Digest;
use model::order::{ORDER_NAMESPACE, Order, Verb};
use model::outcome::Refusal;
use model::roster::Person;
use model::wire::{Envelope, Signature, SignatureForm};
use std::collections::BTreeSet;

/// More hosts than this are wide in any tenant.
const WIDE_HOSTS: usize = 25;
/// Below this many hosts a share says little: 2 of 10 hosts are not wide.
const SHARE_FROM_HOSTS: usize = 10;
/// Wide where the order names more than one host of this many.
const WIDE_SHARE: usize = 10;

/// Returns whether the order is wide: more than 25 hosts, or more than 10 % of the tenant's hosts
/// where it has more than 10. A roster that does not say how many hosts there are makes all orders wide.
pub fn is_wide(order: &Order, roster: &VerifiedRoster) -> bool {
    let hosts = order.targets.len();
    let total = usize::try_from(roster.roster.hosts_total).unwrap_or(usize::MAX);
    let is_big_share = total > SHARE_FROM_HOSTS && hosts.saturating_mul(WIDE_SHARE) > total;
    total == 0 || hosts > WIDE_HOSTS || is_big_share
}

/// Who signed an order so far: what server and command line show before hosts decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approvals {
    pub order: Order,
    /// Digest of the signed payload.
    pub payload: Digest,
    /// One for each signature that counts, in the envelope's order.
    pub signers: Vec<Signer>,
    /// Distinct persons among them.
    pub have: u32,
    /// Persons that the roster wants.
    pub need: u32,
    pub is_wide: bool,
}

/// A person and the key that signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    pub person: String,
    pub key_id: String,
}

/// Checks the signatures of an order without any host's point of view: for early feedback only.
/// Fewer persons than needed is not an error here.
///
/// # Errors
/// A signature that does not verify or that would not count.
pub fn approvals(envelope: &Envelope, roster: &VerifiedRoster) -> Result<Approvals, Refusal> {
    let (order, payload) = order::read(envelope)?;
    if order.tenant_root_hash != roster.roster.tenant_root_hash {
        return Err(Refusal::WrongTenantRoot);
    }
    let counted = count(envelope, &order, roster, None)?;
    if let Some(refusal) = counted.not_counted {
        return Err(refusal);
    }
    Ok(Approvals {
        need: order::roster_need(&order, roster),
        is_wide: is_wide(&order, roster),
        have: u32::try_from(counted.persons.len()).unwrap_or(u32::MAX),
        signers: counted.signers,
        payload: Digest::of(&payload),
        order,
    })
}

/// The host's knowledge of how long it has known keys.
pub(super) struct Cooling<'a> {
    pub floors: &'a Floors,
    pub cooldown_secs: i64,
    pub now: i64,
}

/// The outcome of counting.
pub(super) struct Counted {
    pub persons: BTreeSet<String>,
    pub signers: Vec<Signer>,
    /// Why a genuine signature did not count, the first such.
    pub not_counted: Option<Refusal>,
}

/// Verifies every signature and counts persons. A signature that is wrong refuses the whole; one
/// that is genuine but does not count (revoked, cooling, not allowed) only lacks in the sum.
pub(super) fn count(
    envelope: &Envelope,
    order: &Order,
    roster: &VerifiedRoster,
    cooling: Option<&Cooling<'_>>,
) -> Result<Counted, Refusal> {
    let payload = crate::envelope::open(envelope)?;
    let message = pae(&envelope.kind, &payload);
    let mut counted = Counted { persons: BTreeSet::new(), signers: Vec::new(), not_counted: None };
    for signature in &envelope.signatures {
        let person = genuine(signature, &message, roster)?;
        let counts = may(person, order)
            .and_then(|()| unrevoked(&signature.key_id, roster))
            .and_then(|()| cooled(&signature.key_id, order, roster, cooling));
        match counts {
            Ok(()) => {
                counted.persons.insert(person.person_id.clone());
                let (person, key_id) = (person.person_id.clone(), signature.key_id.clone());
                counted.signers.push(Signer { person, key_id });
            }
            Err(refusal) => counted.not_counted = counted.not_counted.or(Some(refusal)),
        }
    }
    Ok(counted)
}

impl Counted {
    /// Compares the sum with what the roster wants.
    pub(super) fn enough(&self, order: &Order, roster: &VerifiedRoster) -> Result<(), Refusal> {
        let have = u32::try_from(self.persons.len()).unwrap_or(u32::MAX);
        let need = order::roster_need(order, roster);
        if have < need {
            return Err(self.not_counted.clone().unwrap_or(Refusal::TooFewPersons { have, need }));
        }
        let is_author_alone = self.persons.iter().all(|person| *person == order.author);
        if is_wide(order, roster) && is_author_alone && others_could(order, roster) {
            return Err(Refusal::AuthorAlone);
        }
        Ok(())
    }
}

/// Whether somebody beside the author could have approved: a shop of one person has nobody else.
fn others_could(order: &Order, roster: &VerifiedRoster) -> bool {
    roster.roster.persons.iter().any(|person| {
        person.person_id != order.author
            && may(person, order).is_ok()
            && person.keys.iter().any(|key| key.revoked_at.is_none())
    })
}

fn genuine<'a>(
    signature: &Signature,
    message: &[u8],
    roster: &'a VerifiedRoster,
) -> Result<&'a Person, Refusal> {
    if signature.form != SignatureForm::Sshsig {
        return Err(Refusal::WrongForm { found: "host".to_owned() });
    }
    let Some((person, key)) = roster.key(&signature.key_id) else {
        let key_id = signature.key_id.chars().take(80).collect();
        return Err(Refusal::UnknownKey { key_id });
    };
    let (uv, blob) = (key.uv_required, &signature.blob);
    sshsig::verify(&key.public_key, ORDER_NAMESPACE, message, blob, uv)?;
    Ok(person)
}

fn may(person: &Person, order: &Order) -> Result<(), Refusal> {
    let verb: Verb = order.verb;
    let text = if !person.may.contains(&verb) {
        format!("`{}` is not among what the roster allows", verb.word())
    } else if order.targets.len() > usize::try_from(person.hosts_max).unwrap_or(usize::MAX) {
        format!("{} hosts, {} allowed", order.targets.len(), person.hosts_max)
    } else {
        return Ok(());
    };
    Err(Refusal::NotAllowed { person: person.person_id.clone(), text })
}

/// A revoked key does not count, whenever it signed: signing times cannot be proven.
fn unrevoked(key_id: &str, roster: &VerifiedRoster) -> Result<(), Refusal> {
    match roster.key(key_id) {
        Some((_, key)) if key.revoked_at.is_none() => Ok(()),
        _ => Err(Refusal::RevokedKey { key_id: key_id.to_owned() }),
    }
}

fn cooled(
    key_id: &str,
    order: &Order,
    roster: &VerifiedRoster,
    cooling: Option<&Cooling<'_>>,
) -> Result<(), Refusal> {
    match cooling {
        Some(c)
            if is_wide(order, roster) && c.floors.is_cooling(key_id, c.cooldown_secs, c.now) =>
        {
            Err(Refusal::CoolingKey { key_id: key_id.to_owned() })
        }
        _ => Ok(()),
    }
}
