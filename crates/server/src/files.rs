//! Files of the data folder: written whole or not at all, readable by their owner only.

use crate::error::{ApiError, ErrorKind};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind as IoKind, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// Makes a folder of mode 0700, and those above it.
pub(crate) fn make_folder(path: &Path) -> Result<(), ApiError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|e| failed("make", path, &e))
}

/// Writes a file of mode 0600 under a temporary name, flushes it, then puts it in place.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), ApiError> {
    let temporary = path.with_extension("new");
    let wrote = || -> std::io::Result<()> {
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        put_in_place(&temporary, path)
    };
    wrote().map_err(|e| failed("write", path, &e))
}

/// Renames a flushed file and flushes its folder, so that it is there after a power cut.
pub(crate) fn put_in_place(temporary: &Path, path: &Path) -> std::io::Result<()> {
    std::fs::rename(temporary, path)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// Turns an I/O error into what the caller is told.
pub(crate) fn failed(act: &str, path: &Path, error: &std::io::Error) -> ApiError {
    let detail = format!("could not {act} `{}`: {error}", path.display());
    let is_full = matches!(error.kind(), IoKind::StorageFull | IoKind::QuotaExceeded);
    if !is_full {
        return ApiError::internal(&detail);
    }
    ApiError::new(ErrorKind::DiskFull, "disk_full", "the disk that holds the data folder is full")
        .hint("free space on that disk; nothing acknowledged was lost")
        .detail(&detail)
}
