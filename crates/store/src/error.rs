//! What can go wrong with stored data, split by what the caller would do about it.

/// Every failure of the store. Cloned to each writer of a batch when the batch's commit fails.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Wait or use another folder; trying again helps once the other one ends.
    #[error("another Patchwell uses the data folder `{folder}`")]
    Busy { folder: String },
    /// A program outside of the house holds a lock on the database file; trying again helps.
    #[error("another program holds the database")]
    Locked,
    /// Free space, then try again. Nothing was stored.
    #[error("the disk that holds the data folder is full")]
    DiskFull,
    /// Start the newer program; trying again does not help.
    #[error("the data was written by a newer Patchwell (schema {found}; this one knows {known})")]
    NewerSchema { found: i64, known: i64 },
    /// Restore a backup; trying again does not help.
    #[error("the database is damaged: {text}")]
    Corrupt { text: String },
    /// The folder holds something else.
    #[error("`{folder}` is not a Patchwell data folder: it holds other files")]
    NotOurs { folder: String },
    /// Tell the asker that there is no such thing in this tenant.
    #[error("no such {what}")]
    NotFound { what: &'static str },
    /// Someone else was first; read again and decide anew.
    #[error("{text}")]
    Conflict { text: String },
    /// Built with a SQLite that can lose committed data; build with a repaired one.
    #[error(
        "this build carries SQLite {version}, which can corrupt a database when its WAL is reset"
    )]
    UnsafeSqlite { version: i32 },
    /// The operating system refused (permissions, read-only file system).
    #[error("could not {act}: {text}")]
    Os { act: String, text: String },
    /// A defect here, or a failing disk. After a failed flush the store refuses every later write.
    #[error("the database failed: {text}")]
    Failed { text: String },
}

impl StoreError {
    /// Returns what a person can do, or empty.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Busy { .. } => {
                "stop the other one, or give this one its own folder with `--data`"
            }
            Self::Locked => "close what has it open (a database browser, a backup that locks it)",
            Self::DiskFull => "free space on that disk; nothing acknowledged was lost",
            Self::NewerSchema { .. } => {
                "start the newer version, or use another folder with `--data`"
            }
            Self::Corrupt { .. } => {
                "restore the data folder from a backup, or start with a new one"
            }
            Self::NotOurs { .. } => {
                "name an empty folder, or one that Patchwell made, with `--data`"
            }
            Self::UnsafeSqlite { .. } => "build with the SQLite that the lock file names",
            Self::Os { .. } => "check the folder's owner and permissions",
            Self::NotFound { .. } | Self::Conflict { .. } | Self::Failed { .. } => "",
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let text = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupt { text },
            Some(ErrorCode::ConstraintViolation) => Self::Conflict { text },
            _ if error == rusqlite::Error::QueryReturnedNoRows => Self::NotFound { what: "row" },
            _ => Self::Failed { text },
        }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Corrupt { text: format!("a stored document cannot be read: {error}") }
    }
}
