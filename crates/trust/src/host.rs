//! Signatures of hosts: Ed25519 over the envelope's bytes, by the key that the root half keeps.

use crate::envelope;
use crate::sshsig;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::HostId;
use model::outcome::Refusal;
use model::wire::{Envelope, Signature, SignatureForm};

/// The host's key cannot sign: it is encrypted, or not an Ed25519 key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the host's key is not a plain Ed25519 key")]
pub struct HostKeyError;

/// Signs `payload` as `host` and returns the envelope.
///
/// # Errors
/// The key is not a plain Ed25519 key.
pub fn sign(
    key: &ssh_key::PrivateKey,
    host: HostId,
    kind: &str,
    payload: &[u8],
) -> Result<Envelope, HostKeyError> {
    let pair = key.key_data().ed25519().ok_or(HostKeyError)?;
    let signer =
        Ed25519KeyPair::from_seed_unchecked(&pair.private.to_bytes()).map_err(|_| HostKeyError)?;
    let blob = STANDARD.encode(signer.sign(&envelope::pae(kind, payload)));
    let signature = Signature { key_id: host.to_string(), form: SignatureForm::Host, blob };
    Ok(envelope::seal(kind, payload, vec![signature]))
}

/// Returns the payload of an envelope that the host with `public_key` signed, and nobody else.
/// The caller compares `key_id` and the payload's own host with the connection's host.
///
/// # Errors
/// Not exactly one host signature, or one that does not verify.
pub fn verify(public_key: &str, envelope: &Envelope) -> Result<Vec<u8>, Refusal> {
    let payload = envelope::open(envelope)?;
    let [signature] = envelope.signatures.as_slice() else {
        return Err(Refusal::BadSignature);
    };
    if signature.form != SignatureForm::Host {
        return Err(Refusal::WrongForm { found: "sshsig".to_owned() });
    }
    let key = sshsig::public_key(public_key)?;
    let Some(key) = key.key_data().ed25519() else {
        return Err(Refusal::WrongForm { found: key.algorithm().to_string() });
    };
    let blob = STANDARD.decode(&signature.blob).map_err(|_| Refusal::BadSignature)?;
    UnparsedPublicKey::new(&ED25519, key.0)
        .verify(&envelope::pae(&envelope.kind, &payload), &blob)
        .map_err(|_| Refusal::BadSignature)?;
    Ok(payload)
}

#[cfg(test)]
mod tests;
