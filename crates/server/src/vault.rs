//! The vault: package files named by their SHA-256, new ones and the ones they replace. A file is only
//! ever put in place after its digest was checked, and checked again while it is served.

pub(crate) mod closes;
pub mod fetch;
mod proxied;

use crate::app::{App, event};
use crate::error::ApiError;
use crate::files;
use model::Digest;
use std::path::{Path, PathBuf};
use store::TenantScope;
use tokio::sync::{Notify, watch};

/// The vault's folder and its fetcher.
pub struct Vault {
    folder: PathBuf,
    fetcher: fetch::Fetcher,
    wake: Notify,
    arrived: watch::Sender<u64>,
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
        Ok(Self {
            folder,
            fetcher: fetch::Fetcher::new(proxy)?,
            wake: Notify::new(),
            arrived: watch::Sender::new(0),
        })
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

    /// Returns what rises with each file that arrives.
    pub(crate) fn arrived(&self) -> watch::Receiver<u64> {
        self.arrived.subscribe()
    }

    /// Tells whoever waits for a file to look again.
    pub(crate) fn has_arrived(&self) {
        self.arrived.send_modify(|count| *count += 1);
    }

    pub(crate) fn fetcher(&self) -> &fetch::Fetcher {
        &self.fetcher
    }
}

/// Looks at start whether every file that is held is still there: a restored database may name files that
/// the restored folder lacks. What they hold is checked when it is served.
pub(crate) fn look_at_start(app: &App) -> Result<(), ApiError> {
    let scope = app.tenant();
    let held = app.read(|view| Ok(store::vault::held(view, &scope)?))?;
    for sha256 in held.into_iter().filter(|sha256| !app.vault.path(*sha256).exists()) {
        lost(app, scope, sha256, "the file is gone")?;
    }
    Ok(())
}

/// Takes a file that is damaged or gone out of the vault, wants it again, and records it.
///
/// # Errors
/// It cannot be moved aside or recorded.
pub fn lost(app: &App, scope: TenantScope, sha256: Digest, problem: &str) -> Result<(), ApiError> {
    app.vault.quarantine(sha256)?;
    let (now, text) = (app.now(), format!("damaged in the vault: {problem}"));
    app.write(move |tx| {
        store::vault::put_lost(&tx, &scope, sha256, &text)?;
        let detail = serde_json::json!({ "problem": text });
        let damaged = event(now, "server", "vault.damaged", &sha256.to_string(), detail);
        tx.record(&scope, &damaged)?.commit(())
    })?;
    app.vault.wake();
    Ok(())
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
    } else if problem.contains("disk") && problem.contains("full") {
        "free space on the server's disk; it is tried again"
    } else {
        "it is tried again; check that the server reaches the repository, or start it with `--proxy`"
    }
}

#[cfg(test)]
mod tests;
