//! SSHSIG, the form that `ssh-keygen -Y sign` makes: the only form in which persons sign.
//!
//! Only four key algorithms are accepted, only version 1, and a hardware key must have been touched.
//! Nothing here knows who a key belongs to: that is `roster`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::outcome::Refusal;
use ssh_key::{Algorithm, EcdsaCurve, HashAlg, LineEnding, PrivateKey, PublicKey, SshSig};

const MAGIC: &[u8] = b"SSHSIG";
const VERSION: u32 = 1;
/// A hardware key's signature ends with flags (1 byte) and a counter (4 bytes).
const TRAILER_BYTES: usize = 5;
/// Flag: the key was touched.
const USER_PRESENT: u8 = 0x01;
/// Flag: the key verified its user by PIN or finger.
const USER_VERIFIED: u8 = 0x04;

/// The key could not sign: it is encrypted, or of a kind that this program cannot sign with.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the key could not sign")]
pub struct SignError(#[from] ssh_key::Error);

/// Signs `message` for one purpose and returns the blob, base64.
///
/// # Errors
/// The key is encrypted or lives in hardware.
pub fn sign(key: &PrivateKey, namespace: &str, message: &[u8]) -> Result<String, SignError> {
    let armoured = key.sign(namespace, HashAlg::Sha512, message)?.to_pem(LineEnding::LF)?;
    Ok(armoured.lines().filter(|line| !line.starts_with('-')).collect())
}

/// Checks that the holder of `public_key` signed `message` for exactly this purpose.
///
/// # Errors
/// `WrongForm` (algorithm, version, hash), `WrongNamespace`, `NoPresence`, `NoVerification` or
/// `BadSignature`.
pub fn verify(
    public_key: &str,
    namespace: &str,
    message: &[u8],
    blob_b64: &str,
    uv_required: bool,
) -> Result<(), Refusal> {
    let key = self::public_key(public_key)?;
    let bytes = STANDARD.decode(blob_b64).map_err(|_| Refusal::BadSignature)?;
    let blob = Blob::read(&bytes)?;
    if blob.namespace != namespace.as_bytes() {
        let found = String::from_utf8_lossy(blob.namespace).chars().take(80).collect();
        return Err(Refusal::WrongNamespace { found });
    }
    if key.to_bytes().map_err(|_| Refusal::BadSignature)? != blob.public_key {
        return Err(Refusal::BadSignature);
    }
    let signature = blob.signature(&key.algorithm())?;
    let signed = SshSig::new(key.key_data().clone(), namespace, blob.hash, signature)
        .map_err(|_| Refusal::BadSignature)?;
    key.verify(namespace, message, &signed).map_err(|_| Refusal::BadSignature)?;
    match (is_hardware(&key.algorithm()), signed.signature_bytes()) {
        (true, bytes) => flags(bytes, uv_required),
        // A key in a file cannot verify its user, so it cannot meet that demand.
        (false, _) if uv_required => Err(Refusal::NoVerification),
        (false, _) => Ok(()),
    }
}

/// Returns the key's name as ssh-keygen prints it: `SHA256:...`.
///
/// # Errors
/// Not an OpenSSH public key, or of an algorithm that is not accepted.
pub fn key_id(public_key: &str) -> Result<String, Refusal> {
    Ok(self::public_key(public_key)?.fingerprint(HashAlg::Sha256).to_string())
}

/// Reads an OpenSSH public key of an accepted algorithm.
pub(crate) fn public_key(text: &str) -> Result<PublicKey, Refusal> {
    let key = PublicKey::from_openssh(text)
        .map_err(|error| Refusal::Malformed { text: format!("public key: {error}") })?;
    let is_accepted = matches!(
        key.algorithm(),
        Algorithm::Ed25519
            | Algorithm::SkEd25519
            | Algorithm::SkEcdsaSha2NistP256
            | Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 }
    );
    if is_accepted {
        Ok(key)
    } else {
        Err(Refusal::WrongForm { found: key.algorithm().to_string() })
    }
}

fn is_hardware(algorithm: &Algorithm) -> bool {
    matches!(algorithm, Algorithm::SkEd25519 | Algorithm::SkEcdsaSha2NistP256)
}

/// The library verifies the flags' bytes, not what they say: a key made with `no-touch-required`
/// signs correctly without a person.
fn flags(signature: &[u8], uv_required: bool) -> Result<(), Refusal> {
    let flags = signature.len().checked_sub(TRAILER_BYTES).map_or(0, |at| signature[at]);
    if flags & USER_PRESENT == 0 {
        return Err(Refusal::NoPresence);
    }
    if uv_required && flags & USER_VERIFIED == 0 {
        return Err(Refusal::NoVerification);
    }
    Ok(())
}

/// The parts of a blob as they arrived. Read here and not by the library, which would ignore bytes
/// after the signature and encodes `sk-ecdsa` differently from what it read.
struct Blob<'a> {
    public_key: &'a [u8],
    namespace: &'a [u8],
    hash: HashAlg,
    signature: &'a [u8],
}

impl<'a> Blob<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, Refusal> {
        let mut wire = Wire(bytes.strip_prefix(MAGIC).ok_or(Refusal::BadSignature)?);
        let version = wire.number()?;
        if version != VERSION {
            return Err(Refusal::WrongForm { found: format!("SSHSIG version {version}") });
        }
        let public_key = wire.string()?;
        let namespace = wire.string()?;
        if !wire.string()?.is_empty() {
            return Err(Refusal::WrongForm { found: "SSHSIG with a reserved field".to_owned() });
        }
        let hash = match wire.string()? {
            b"sha512" => HashAlg::Sha512,
            b"sha256" => HashAlg::Sha256,
            _ => return Err(Refusal::WrongForm { found: "SSHSIG with another hash".to_owned() }),
        };
        let signature = wire.string()?;
        wire.end()?;
        Ok(Self { public_key, namespace, hash, signature })
    }

    fn signature(&self, algorithm: &Algorithm) -> Result<ssh_key::Signature, Refusal> {
        let mut wire = Wire(self.signature);
        let found = wire.string()?;
        if found != algorithm.as_str().as_bytes() {
            let found = String::from_utf8_lossy(found).chars().take(80).collect();
            return Err(Refusal::WrongForm { found });
        }
        let mut data = wire.string()?.to_vec();
        if is_hardware(algorithm) {
            data.extend_from_slice(wire.take(TRAILER_BYTES)?);
        }
        wire.end()?;
        ssh_key::Signature::new(algorithm.clone(), data).map_err(|_| Refusal::BadSignature)
    }
}

/// SSH's wire encoding: big-endian lengths before strings.
struct Wire<'a>(&'a [u8]);

impl<'a> Wire<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Refusal> {
        let (head, rest) = self.0.split_at_checked(count).ok_or(Refusal::BadSignature)?;
        self.0 = rest;
        Ok(head)
    }

    fn number(&mut self) -> Result<u32, Refusal> {
        let bytes = self.take(4)?.try_into().map_err(|_| Refusal::BadSignature)?;
        Ok(u32::from_be_bytes(bytes))
    }

    fn string(&mut self) -> Result<&'a [u8], Refusal> {
        let count = usize::try_from(self.number()?).map_err(|_| Refusal::BadSignature)?;
        self.take(count)
    }

    fn end(&self) -> Result<(), Refusal> {
        if self.0.is_empty() { Ok(()) } else { Err(Refusal::BadSignature) }
    }
}

#[cfg(test)]
mod tests;
