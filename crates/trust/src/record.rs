//! The record: leaf hashes as in RFC 6962, and the check that a chain of leaves is whole.

use model::Digest;
use model::event::Event;
use sha2::{Digest as _, Sha256};

/// What is wrong with a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    #[error("entry {index} cannot be read: {text}")]
    Unreadable { index: u64, text: String },
    #[error("entry {expected} is missing: {found} stands in its place")]
    Gap { expected: u64, found: u64 },
    #[error("entry {seq} does not follow from the one before it: one of them was altered")]
    Broken { seq: u64 },
}

/// Returns the hash of one leaf: SHA-256 over a zero byte and the leaf's bytes.
pub fn leaf_hash(bytes: &[u8]) -> Digest {
    let mut hash = Sha256::new();
    hash.update([0]);
    hash.update(bytes);
    Digest(hash.finalize().into())
}

/// Checks that each leaf names the hash of the one before it and that none is missing.
/// Returns the number of leaves. The newest leaf is only vouched for by whoever kept its hash.
///
/// # Errors
/// The first place where the chain does not hold.
pub fn verify_chain<L: AsRef<[u8]>>(
    leaves: impl IntoIterator<Item = L>,
) -> Result<u64, RecordError> {
    let mut prev = Digest([0; 32]);
    let mut next = None;
    let mut count = 0;
    for leaf in leaves {
        let event: Event = serde_json::from_slice(leaf.as_ref())
            .map_err(|error| RecordError::Unreadable { index: count, text: error.to_string() })?;
        let expected = next.unwrap_or(event.seq);
        if event.seq != expected {
            return Err(RecordError::Gap { expected, found: event.seq });
        }
        if event.prev != prev {
            return Err(RecordError::Broken { seq: event.seq });
        }
        prev = leaf_hash(leaf.as_ref());
        next = Some(event.seq + 1);
        count += 1;
    }
    Ok(count)
}

#[cfg(test)]
mod tests;
