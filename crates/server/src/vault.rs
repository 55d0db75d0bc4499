//! The vault: package files named by their SHA-256, new ones and the ones they replace. A file is only
//! ever put in place after its digest was checked, and checked again while it is served.

pub mod fetch;

use crate::error::ApiError;
use crate::files;
use model::Digest;
use std::path::{Path, PathBuf};
use tokio::sync::Notify;

/// The vault's folder and its fetcher.
pub struct Vault {
    folder: PathBuf,
    fetcher: fetch::Fetcher,
    wake: Notify,
}

impl Vault {
    /// Opens the vault in `data/vault`; what an interrupted fetch left behind is removed.
    ///
    /// # Errors
    /// The folder cannot be made, or the proxy's address cannot be read.
    pub fn open(data: &Path, proxy: Option<&str>) -> Result<Self, ApiError> {
        let folder = data.join("vault");
        let incoming = folder.join("incoming");
        files::make_folder(&incoming)?;
        files::make_folder(&folder.join("quarantine"))?;
        files::make_folder(&folder.join("sha256"))?;
        let entries = std::fs::read_dir(&incoming);
        for entry in entries.map_err(|e| files::failed("read", &incoming, &e))?.flatten() {
            let path = entry.path();
            std::fs::remove_file(&path).map_err(|e| files::failed("remove", &path, &e))?;
        }
        Ok(Self { folder, fetcher: fetch::Fetcher::new(proxy)?, wake: Notify::new() })
    }

    /// Returns where a file of that digest lies, or will.
    pub fn path(&self, sha256: Digest) -> PathBuf {
        let name = sha256.to_string();
        let (shelf, _) = name.split_at(2);
        self.folder.join("sha256").join(shelf).join(&name)
    }

    /// Returns where a file of that digest is written while it comes in.
    pub(crate) fn incoming(&self, sha256: Digest) -> PathBuf {
        self.folder.join("incoming").join(sha256.to_string())
    }

    /// Takes a damaged file out of the way, for whoever wants to know what happened to the disk.
    ///
    /// # Errors
    /// It cannot be moved.
    pub fn quarantine(&self, sha256: Digest) -> Result<(), ApiError> {
        let path = self.path(sha256);
        let aside = self.folder.join("quarantine").join(sha256.to_string());
        match files::put_in_place(&path, &aside) {
            // Someone else met the damage first.
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
            moved => moved.map_err(|e| files::failed("move", &path, &e)),
        }
    }

    /// Lets the fetching loop look at once.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Waits for `wake`.
    pub(crate) async fn woken(&self) {
        self.wake.notified().await;
    }

    pub(crate) fn fetcher(&self) -> &fetch::Fetcher {
        &self.fetcher
    }
}

/// Returns the last part of a file's address, for people.
pub fn file_name(uri: &str) -> &str {
    let path = uri.split(['?', '#']).next().unwrap_or(uri);
    path.rsplit('/').find(|part| !part.is_empty()).unwrap_or(uri)
}

/// Returns what to do about a failed fetch. Shown, never decided on.
pub(crate) fn hint(problem: &str) -> &'static str {
    if problem.contains("status 404") || problem.contains("status 410") {
        "the repository no longer has this version; refresh the host's package lists and plan again"
    } else if problem.contains("another digest") || problem.contains("longer than") {
        "the repository or a proxy serves other bytes than its signed index names; ask its owner"
    } else {
        "it is tried again; check that the server reaches the repository, or start it with `--proxy`"
    }
}
