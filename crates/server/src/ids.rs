//! Fresh ids and secrets from the operating system's random numbers.

use crate::error::ApiError;

/// Returns 128 random bits for a new id.
pub(crate) fn fresh() -> Result<u128, ApiError> {
    let mut bytes = [0; 16];
    fill(&mut bytes)?;
    Ok(u128::from_be_bytes(bytes))
}

/// Returns 256 random bits for a secret.
pub(crate) fn secret() -> Result<[u8; 32], ApiError> {
    let mut bytes = [0; 32];
    fill(&mut bytes)?;
    Ok(bytes)
}

/// Returns a number below `bound`; for jitter, where a slight bias does not matter.
pub(crate) fn below(bound: u32) -> u32 {
    let mut bytes = [0; 4];
    match getrandom::fill(&mut bytes) {
        Ok(()) if bound > 0 => u32::from_be_bytes(bytes) % bound,
        // Without random numbers there is no jitter; nothing else depends on it.
        _ => 0,
    }
}

fn fill(bytes: &mut [u8]) -> Result<(), ApiError> {
    getrandom::fill(bytes).map_err(|e| ApiError::internal(&format!("no random numbers: {e}")))
}
