//! This person's keys: OpenSSH files that nobody else can read, made once, never overwritten.

use crate::config;
use crate::error::{Failure, Kind};
use ssh_key::private::{Ed25519Keypair, Ed25519PrivateKey, KeypairData};
use ssh_key::{HashAlg, LineEnding, PrivateKey};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

/// File name of the key that signs orders.
pub(crate) const APPROVER: &str = "approver";
/// File name of the key that signs the roster. Keep it offline where more than one person works.
pub(crate) const TENANT_ROOT: &str = "tenant-root";

/// Returns random bytes of the kernel.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::internal(format!("could not get random bytes: {error}")))?;
    Ok(bytes)
}

/// Reads a private key.
pub(crate) fn load(path: &Path) -> Result<PrivateKey, Failure> {
    let could_not = || format!("could not read the key `{}`", path.display());
    let about = std::fs::metadata(path).map_err(|error| {
        let failure = Failure::user(could_not()).because(&error);
        failure.hint("keys are made by the first `patchwell` on the owner's machine")
    })?;
    let mode = about.mode() & 0o777;
    if mode & 0o077 != 0 {
        let path = path.display();
        let message = format!("others can read the key `{path}` (mode {mode:04o})");
        return Err(Failure::new(Kind::Refused, message)
            .hint(format!("if nobody copied it, `chmod 600 {path}`; otherwise make a new one")));
    }
    let text = std::fs::read(path).map_err(|error| Failure::user(could_not()).because(&error))?;
    let key = PrivateKey::from_openssh(text)
        .map_err(|error| Failure::user(could_not()).because(&error))?;
    if key.is_encrypted() {
        return Err(Failure::user(format!("the key `{}` has a passphrase", path.display()))
            .hint("keys with a passphrase cannot be used yet; keep it on an encrypted disk"));
    }
    Ok(key)
}

/// Reads the key, or makes it where there is none. Returns whether it is new.
pub(crate) fn load_or_make(path: &Path, comment: &str) -> Result<(PrivateKey, bool), Failure> {
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok((make(path, comment)?, true)),
        _ => Ok((load(path)?, false)),
    }
}

/// Makes a key beside its public half. Refuses to overwrite: an overwritten key is lost.
pub(crate) fn make(path: &Path, comment: &str) -> Result<PrivateKey, Failure> {
    let could_not = || format!("could not make the key `{}`", path.display());
    let private = Ed25519PrivateKey::from_bytes(&random::<32>()?);
    let key = PrivateKey::new(KeypairData::Ed25519(Ed25519Keypair::from(private)), comment)
        .map_err(|error| Failure::internal(could_not()).because(&error))?;
    let text = key
        .to_openssh(LineEnding::LF)
        .map_err(|error| Failure::internal(could_not()).because(&error))?;
    let write = || {
        let mut file =
            std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    write().map_err(|error| Failure::user(could_not()).because(&error))?;
    let public = format!("{}\n", public_text(&key)?);
    config::replace(&path.with_extension("pub"), public.as_bytes(), 0o644)?;
    Ok(key)
}

/// Returns the public half as one line of OpenSSH.
pub(crate) fn public_text(key: &PrivateKey) -> Result<String, Failure> {
    key.public_key()
        .to_openssh()
        .map_err(|error| Failure::internal("could not write a public key").because(&error))
}

/// Returns the key's name as ssh-keygen prints it.
pub(crate) fn id(key: &PrivateKey) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}

#[cfg(test)]
mod tests;
