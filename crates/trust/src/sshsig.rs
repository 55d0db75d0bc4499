//! SSHSIG, the form that `ssh-keygen -Y sign` makes: the only form in which persons sign.
//!
//! Only four key algorithms are accepted, only version 1, and a hardware key must have been touched.
//! Nothing here knows who a key belongs to: that is `roster`.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ED25519, Ed25519KeyPair, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::outcome::Refusal;
use sha2::{Digest as _, Sha256};
use ssh_key::public::{EcdsaPublicKey, KeyData};
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
    let signed = match key.key_data().ed25519() {
        Some(pair) => {
            let signer = Ed25519KeyPair::from_seed_unchecked(&pair.private.to_bytes())
                .map_err(|_| ssh_key::Error::Crypto)?;
            let data = SshSig::signed_data(namespace, HashAlg::Sha512, message)?;
            let raw = signer.sign(&data);
            let signature = ssh_key::Signature::new(Algorithm::Ed25519, raw.as_ref())?;
            let public = key.public_key().key_data().clone();
            SshSig::new(public, namespace, HashAlg::Sha512, signature)?
        }
        None => key.sign(namespace, HashAlg::Sha512, message)?,
    };
    let armoured = signed.to_pem(LineEnding::LF)?;
    Ok(armoured.lines().filter(|line| !line.starts_with('-')).collect())
}

/// Checks that the holder of `public_key` signed `message` for exactly this purpose.
///
/// # Errors
/// `WrongForm` (algorithm, version, hash), `WrongNamespace`, `NoPresence`, `NoVerification` or
/// `BadSignature`.
#[expect(clippy::wildcard_enum_match_arm, reason = "a foreign enum: all other kinds are refused")]
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
    let signed =
        SshSig::signed_data(namespace, blob.hash, message).map_err(|_| Refusal::BadSignature)?;
    match key.key_data() {
        KeyData::Ed25519(key) => {
            ed25519(&key.0, &signed, signature.data)?;
            uv_of_a_file(uv_required)
        }
        KeyData::Ecdsa(EcdsaPublicKey::NistP256(point)) => {
            ecdsa(point.as_bytes(), &signed, signature.data)?;
            uv_of_a_file(uv_required)
        }
        KeyData::SkEd25519(key) => {
            let signed = hardware(key.application(), signature.trailer, &signed);
            ed25519(&key.public_key().0, &signed, signature.data)?;
            flags(signature.trailer, uv_required)
        }
        KeyData::SkEcdsaSha2NistP256(key) => {
            let signed = hardware(key.application(), signature.trailer, &signed);
            ecdsa(key.ec_point().as_bytes(), &signed, signature.data)?;
            flags(signature.trailer, uv_required)
        }
        other => Err(Refusal::WrongForm { found: other.algorithm().to_string() }),
    }
}

fn ed25519(key: &[u8], signed: &[u8], signature: &[u8]) -> Result<(), Refusal> {
    UnparsedPublicKey::new(&ED25519, key)
        .verify(signed, signature)
        .map_err(|_| Refusal::BadSignature)
}

/// SSH writes the two halves as numbers of their own; the verifier wants 32 bytes each.
fn ecdsa(point: &[u8], signed: &[u8], signature: &[u8]) -> Result<(), Refusal> {
    let mut wire = Wire(signature);
    let mut halves = wire.positive()?.to_vec();
    halves.extend(wire.positive()?);
    wire.end()?;
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
        .verify(signed, &halves)
        .map_err(|_| Refusal::BadSignature)
}

/// What an authenticator signs in place of the data itself.
fn hardware(application: &str, trailer: &[u8], signed: &[u8]) -> Vec<u8> {
    let (application, signed) = (Sha256::digest(application), Sha256::digest(signed));
    [application.as_slice(), trailer, signed.as_slice()].concat()
}

/// A key in a file cannot verify its user, so it cannot meet that demand.
fn uv_of_a_file(uv_required: bool) -> Result<(), Refusal> {
    if uv_required { Err(Refusal::NoVerification) } else { Ok(()) }
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

/// A key made with `no-touch-required` signs correctly without a person: the flags say so, and only
/// this looks at them.
fn flags(trailer: &[u8], uv_required: bool) -> Result<(), Refusal> {
    let flags = trailer.first().copied().unwrap_or(0);
    if flags & USER_PRESENT == 0 {
        return Err(Refusal::NoPresence);
    }
    if uv_required && flags & USER_VERIFIED == 0 {
        return Err(Refusal::NoVerification);
    }
    Ok(())
}

/// The parts of a blob as they arrived. Read here and not by the library, which ignores bytes after
/// the signature, keeps the flags of `sk-` keys to itself and encodes `sk-ecdsa` anew.
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

    fn signature(&self, algorithm: &Algorithm) -> Result<Parts<'a>, Refusal> {
        let mut wire = Wire(self.signature);
        let found = wire.string()?;
        if found != algorithm.as_str().as_bytes() {
            let found = String::from_utf8_lossy(found).chars().take(80).collect();
            return Err(Refusal::WrongForm { found });
        }
        let data = wire.string()?;
        let trailer = if is_hardware(algorithm) { wire.take(TRAILER_BYTES)? } else { &[] };
        wire.end()?;
        Ok(Parts { data, trailer })
    }
}

/// A signature, and what an authenticator says beside it.
struct Parts<'a> {
    data: &'a [u8],
    trailer: &'a [u8],
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

    /// A positive number in its shortest form, as 32 bytes.
    fn positive(&mut self) -> Result<[u8; 32], Refusal> {
        let bytes = self.string()?;
        let digits = match bytes {
            [0, rest @ ..] if rest.first().is_some_and(|byte| *byte >= 0x80) => rest,
            [0x01..=0x7f, ..] => bytes,
            _ => return Err(Refusal::BadSignature),
        };
        let at = 32_usize.checked_sub(digits.len()).ok_or(Refusal::BadSignature)?;
        let mut number = [0; 32];
        number[at..].copy_from_slice(digits);
        Ok(number)
    }

    fn end(&self) -> Result<(), Refusal> {
        if self.0.is_empty() { Ok(()) } else { Err(Refusal::BadSignature) }
    }
}

#[cfg(test)]
mod tests;
