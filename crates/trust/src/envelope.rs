//! The envelope of everything that is signed: its bytes, its limits, and the strict reading of payloads.
//!
//! What is verified is what was received: nothing here serialises a second time.

use crate::strict;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::outcome::Refusal;
use model::wire::{ENVELOPE_BYTES_MAX, ENVELOPE_SIGNATURES_MAX, Envelope, Signature};
use serde::de::DeserializeOwned;

/// Returns the bytes that signatures cover: DSSE's pre-authentication encoding of type and payload.
pub fn pae(kind: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

/// Returns an envelope around `payload`.
pub fn seal(kind: &str, payload: &[u8], signatures: Vec<Signature>) -> Envelope {
    Envelope { kind: kind.to_owned(), payload: STANDARD.encode(payload), signatures }
}

/// Reads an envelope from the bytes that arrived.
///
/// # Errors
/// Too big, too deep, or not exactly an envelope.
pub fn parse(bytes: &[u8]) -> Result<Envelope, Refusal> {
    if bytes.len() > ENVELOPE_BYTES_MAX {
        return Err(Refusal::TooBig);
    }
    let envelope = strict::read(bytes)?;
    bounded(&envelope)?;
    Ok(envelope)
}

/// Returns the payload's bytes.
///
/// # Errors
/// The envelope is larger than allowed, or its payload is not base64.
pub fn open(envelope: &Envelope) -> Result<Vec<u8>, Refusal> {
    bounded(envelope)?;
    STANDARD
        .decode(&envelope.payload)
        .map_err(|error| Refusal::Malformed { text: format!("payload: {error}") })
}

/// Reads a signed payload: depth at most 16, whole numbers, each field exactly once and no other.
///
/// # Errors
/// `TooDeep`, `UnknownField`, or `Malformed` with what is wrong.
pub fn strict<T: DeserializeOwned>(payload: &[u8]) -> Result<T, Refusal> {
    strict::read(payload)
}

/// Measures an envelope that came inside another body: its limits hold on every path.
///
/// # Errors
/// `TooBig`.
pub fn bounded(envelope: &Envelope) -> Result<(), Refusal> {
    let signed = envelope.signatures.iter().map(|s| s.key_id.len() + s.blob.len()).sum::<usize>();
    let bytes = envelope.kind.len() + envelope.payload.len() + signed;
    if bytes > ENVELOPE_BYTES_MAX || envelope.signatures.len() > ENVELOPE_SIGNATURES_MAX {
        return Err(Refusal::TooBig);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
