//! Files written whole or not at all: two processes may look at one lab.

use anyhow::{Context as _, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Writes `content` to `path` under another name first, making its folder where needed.
///
/// # Errors
/// The folder or the file could not be written.
pub fn put(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    put_with_mode(path, content.as_ref(), 0o644)
}

/// Does what [`put`] does, for a file with permissions `mode`.
///
/// # Errors
/// The folder or the file could not be written.
pub fn put_with_mode(path: &Path, content: &[u8], mode: u32) -> Result<()> {
    let said = || format!("could not write `{}`", path.display());
    let folder = path.parent().with_context(said)?;
    fs::create_dir_all(folder).with_context(said)?;
    let name = path.file_name().with_context(said)?.to_string_lossy();
    let thread = std::thread::current().id();
    let part = folder.join(format!(".{name}.{}.{thread:?}.part", std::process::id()));
    #[expect(clippy::disallowed_methods, reason = "written under another name, then renamed")]
    fs::write(&part, content).with_context(said)?;
    fs::set_permissions(&part, fs::Permissions::from_mode(mode)).with_context(said)?;
    fs::rename(&part, path).with_context(said)
}

/// Writes `value` as JSON.
///
/// # Errors
/// The file could not be written.
pub fn put_json<T: Serialize>(path: &Path, value: &T) -> Result<()> {
    put(path, serde_json::to_vec_pretty(value)?)
}

/// Reads JSON, or `None` where there is no file.
///
/// # Errors
/// The file is there and cannot be read or understood.
pub fn get_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if is_absent(error.kind()) => return Ok(None),
        Err(error) => {
            return Err(error).with_context(|| format!("could not read `{}`", path.display()));
        }
    };
    serde_json::from_slice(&bytes)
        .map(Some)
        .with_context(|| format!("could not understand `{}`", path.display()))
}

fn is_absent(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// Removes a folder with all that is in it; none is fine too.
///
/// # Errors
/// Something in it could not be removed.
pub fn remove_folder(path: &Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("could not remove `{}`", path.display()))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}
