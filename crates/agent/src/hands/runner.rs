//! What root half and runner leave for each other in a run's folder. The two never share a pipe: the
//! runner outlives the root half, and the root half only looks at files and locks.

use crate::files;
use crate::hands::{locks, units};
use crate::run::entry::TxnEnd;
use crate::run::recovery::RunnerSeen;
use crate::run::status::{self, Status};
use model::order::Verb;
use model::plan::PlanHost;
use serde::{Deserialize, Serialize};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

/// Bytes of the status file's end that are looked at.
const STATUS_TAIL_BYTES: u64 = 4_096;

/// What the runner is to do; the packages stand in the plan beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// 0: the transaction; from 1: a repair.
    pub tries: u32,
    pub verb: Verb,
    /// Until when the package manager's lock is waited for; a repair waits without end.
    pub lock_until: i64,
    /// The store of staged files.
    pub cache: PathBuf,
}

/// A run's folder.
#[derive(Debug, Clone)]
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn journal(&self) -> PathBuf {
        self.0.join("journal")
    }

    /// The bytes of the host's part of the plan.
    pub fn plan(&self) -> PathBuf {
        self.0.join("plan.json")
    }

    /// The envelope of the order.
    pub fn order(&self) -> PathBuf {
        self.0.join("order.json")
    }

    pub fn log(&self) -> PathBuf {
        self.0.join("txn.log")
    }

    pub fn status(&self) -> PathBuf {
        self.0.join("txn.status")
    }

    pub fn lock(&self) -> PathBuf {
        self.0.join("txn.lock")
    }

    /// Exists while the runner waits for the package manager's lock.
    pub fn waiting(&self) -> PathBuf {
        self.0.join("txn.waiting")
    }

    fn task(&self) -> PathBuf {
        self.0.join("task.json")
    }

    pub fn began(&self, tries: u32) -> PathBuf {
        self.0.join(format!("txn-{tries}.began"))
    }

    pub fn ended(&self, tries: u32) -> PathBuf {
        self.0.join(format!("txn-{tries}.ended"))
    }

    /// Reads the plan.
    ///
    /// # Errors
    /// It is missing or does not read back.
    pub fn read_plan(&self) -> io::Result<PlanHost> {
        read_json(&self.plan())
    }

    /// Reads the task.
    ///
    /// # Errors
    /// It is missing or does not read back.
    pub fn read_task(&self) -> io::Result<Task> {
        read_json(&self.task())
    }

    /// Writes the task.
    ///
    /// # Errors
    /// The disk is full or broken.
    pub fn write_task(&self, task: &Task) -> io::Result<()> {
        put_json(&self.task(), task)
    }

    /// Writes the runner's last word; the first one stands.
    ///
    /// # Errors
    /// The disk is full or broken.
    pub fn write_end(&self, tries: u32, end: &TxnEnd) -> io::Result<()> {
        if self.ended(tries).exists() {
            return Ok(());
        }
        put_json(&self.ended(tries), end)
    }

    /// Returns how far the transaction is.
    pub fn read_status(&self, steps: u64) -> Status {
        let tail = tail(&self.status(), STATUS_TAIL_BYTES).unwrap_or_default();
        status::last(&tail, steps)
    }

    /// Looks for the runner of try `tries`. The word is looked for last as well: a runner that ends
    /// between two looks has left it by then.
    pub fn look(&self, tries: u32, unit: &str) -> RunnerSeen {
        let ended = || read_json(&self.ended(tries)).ok().map(RunnerSeen::Ended);
        if let Some(seen) = ended() {
            return seen;
        }
        if locks::is_transaction_held(&self.lock()) || units::is_active(unit) {
            return RunnerSeen::Active;
        }
        let gone = || {
            if self.began(tries).exists() { RunnerSeen::Vanished } else { RunnerSeen::NeverBegan }
        };
        ended().unwrap_or_else(gone)
    }
}

/// Returns the unit name of a run's try.
pub fn unit(run: model::RunId, tries: u32) -> String {
    let run = run.to_string();
    let id = run.strip_prefix("run_").unwrap_or(&run);
    if tries == 0 {
        format!("patchwell-txn-{id}.service")
    } else {
        format!("patchwell-txn-{id}-repair{tries}.service")
    }
}

/// Reads a JSON file of ours.
///
/// # Errors
/// It is missing or does not read back.
pub fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> io::Result<T> {
    serde_json::from_slice(&std::fs::read(path)?).map_err(io::Error::other)
}

/// Writes a JSON file of ours, whole or not at all.
///
/// # Errors
/// The disk is full or broken.
pub fn put_json<T: Serialize>(path: &Path, value: &T) -> io::Result<()> {
    files::put(path, &serde_json::to_vec(value).map_err(io::Error::other)?, 0o600)
}

/// Returns the last `bytes` of a file as text.
///
/// # Errors
/// It cannot be read.
pub fn tail(path: &Path, bytes: u64) -> io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    let len = file.metadata()?.len();
    file.seek(SeekFrom::Start(len.saturating_sub(bytes)))?;
    let mut content = Vec::new();
    file.take(bytes).read_to_end(&mut content)?;
    Ok(String::from_utf8_lossy(&content).into_owned())
}
