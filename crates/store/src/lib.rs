//! The only SQL of the house. Blocking; callers on an async runtime use its blocking threads.
//!
//! One writer thread commits in groups, readers have connections of their own, every query takes the
//! tenant's scope, and no change of the world is committed without its event.
#![forbid(unsafe_code)]

pub mod advisories;
pub mod answers;
pub mod changes;
pub mod cves;
pub mod deliveries;
pub mod error;
pub mod events;
pub mod feeds;
pub mod hosts;
pub mod loads;
pub mod meta;
pub mod obligations;
pub mod offers;
pub mod reports;
mod row;
pub mod runs;
mod schema;
pub mod scope;
pub mod sessions;
pub mod tenants;
pub mod tokens;
pub mod tx;
pub mod vault;
mod writer;

#[cfg(test)]
mod tests;

pub use error::StoreError;
pub use scope::TenantScope;
pub use tx::{Committed, NewEvent, Recorded, Tx, View};

use rusqlite::Connection;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use writer::Writer;

/// Name of the database in the data folder.
pub const DATABASE_FILE: &str = "patchwell.sqlite";
const LOCK_FILE: &str = "lock";
/// Idle reading connections that are kept.
const READERS_KEPT_MAX: usize = 8;

/// The data folder's database. Holds the folder's lock until it is dropped.
pub struct Store {
    path: std::path::PathBuf,
    writer: Writer,
    readers: Mutex<Vec<Connection>>,
    writes: AtomicU64,
    _lock: File,
}

impl Store {
    /// Opens the database in `folder`, making both where they are missing.
    ///
    /// # Errors
    /// `Busy` while another process has the folder; `NotOurs`, `NewerSchema`, `Corrupt`, `DiskFull`,
    /// `UnsafeSqlite` or `Os` as their texts say.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        make_folder(folder)?;
        let lock = lock(folder)?;
        let path = folder.join(DATABASE_FILE);
        let mut conn = schema::connect(&path).map_err(|e| named(e, folder))?;
        schema::prepare(&mut conn).map_err(|e| named(e, folder))?;
        Ok(Self {
            path,
            writer: Writer::start(conn)?,
            readers: Mutex::new(Vec::new()),
            writes: AtomicU64::new(0),
            _lock: lock,
        })
    }

    /// Runs `act` on a consistent view of what is committed.
    pub fn read<T, E: From<StoreError>>(
        &self,
        act: impl FnOnce(&View<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let kept = self.readers.lock().ok().and_then(|mut readers| readers.pop());
        let conn = kept.map_or_else(|| schema::connect(&self.path), Ok)?;
        let tx = conn.unchecked_transaction().map_err(StoreError::from)?;
        let answer = act(&View::new(&tx));
        drop(tx);
        if let Ok(mut readers) = self.readers.lock()
            && readers.len() < READERS_KEPT_MAX
        {
            readers.push(conn);
        }
        answer
    }

    /// Runs `act` in the writer's next batch; returns once its effects are on the disk.
    pub fn write<F, T, E>(&self, act: F) -> Result<T, E>
    where
        F: FnOnce(Tx<'_>) -> Result<Committed<T>, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.writes.fetch_add(1, Ordering::Relaxed);
        self.writer.write(act)
    }

    /// Returns how many writes were asked for since the start; for figures and tests.
    pub fn writes(&self) -> u64 {
        self.writes.load(Ordering::Relaxed)
    }

    /// Returns how many flushes those writes shared; for figures and tests.
    pub fn flushes(&self) -> u64 {
        self.writer.flushes()
    }

    /// Lets queued writes finish; later ones fail.
    pub fn close(&self) {
        self.writer.close();
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.close();
    }
}

fn make_folder(folder: &Path) -> Result<(), StoreError> {
    let os = |act: &str, e: std::io::Error| {
        if e.kind() == std::io::ErrorKind::StorageFull {
            return StoreError::DiskFull;
        }
        let act = format!("{act} the data folder `{}`", folder.display());
        StoreError::Os { act, text: e.to_string() }
    };
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|e| os("make", e))?;
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|e| os("read", e))? {
        names.push(entry.map_err(|e| os("read", e))?.file_name());
    }
    let ours =
        names.is_empty() || names.iter().any(|name| name == DATABASE_FILE || name == LOCK_FILE);
    let others_are_files = names.iter().any(|name| folder.join(name).is_file());
    if !ours && others_are_files {
        return Err(StoreError::NotOurs { folder: folder.display().to_string() });
    }
    Ok(())
}

fn lock(folder: &Path) -> Result<File, StoreError> {
    let path = folder.join(LOCK_FILE);
    let os = |text: String| StoreError::Os { act: format!("lock `{}`", path.display()), text };
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&path)
        .map_err(|e| os(e.to_string()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(StoreError::Busy { folder: folder.display().to_string() })
        }
        Err(TryLockError::Error(e)) => Err(os(e.to_string())),
    }
}

/// Puts the folder's name where SQLite only knows that something is locked.
fn named(error: StoreError, folder: &Path) -> StoreError {
    if error == StoreError::Locked {
        return StoreError::Busy { folder: folder.display().to_string() };
    }
    error
}
