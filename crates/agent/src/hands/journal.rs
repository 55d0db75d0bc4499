//! A run's journal on disk: `len | crc32c | payload`, appended and fsynced record by record.
//!
//! A torn record at the end was being written when the host stopped; it is dropped. Anything else that
//! does not read back is damage, and a damaged journal is never guessed at.

use crate::run::entry::Entry;
use rustix::fs::{Mode, OFlags};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

/// Bytes of one record's payload at most: an entry that names every package of a host fits.
const PAYLOAD_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of a journal at most; a run writes some 30 records.
const JOURNAL_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Bytes before the payload: length and checksum, both little-endian.
const HEAD_BYTES: usize = 8;

/// The payload. A later format is a further variant; this one stays readable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Record {
    V1(Entry),
}

/// A journal cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("could not read the journal `{path}`", path = path.display())]
    Io { path: PathBuf, source: io::Error },
    /// Whole records follow one that does not read back.
    #[error("byte {at} does not read back and records follow")]
    Damaged { at: usize },
}

/// An open journal; the only writer of its file.
#[derive(Debug)]
pub struct Journal {
    file: File,
    /// Bytes that are whole records.
    len: u64,
}

impl Journal {
    /// Makes an empty journal, durably.
    ///
    /// # Errors
    /// The file exists or cannot be written.
    pub fn create(path: &Path) -> io::Result<Self> {
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::APPEND | OFlags::CLOEXEC;
        let file = File::from(rustix::fs::open(path, flags, Mode::from_raw_mode(0o600))?);
        file.sync_all()?;
        let folder = path.parent().ok_or_else(|| io::Error::other("a journal needs a folder"))?;
        File::open(folder)?.sync_all()?;
        Ok(Self { file, len: 0 })
    }

    /// Opens a journal and returns its entries. A torn tail is cut off.
    ///
    /// # Errors
    /// `Damaged`, or the file cannot be read.
    pub fn open(path: &Path) -> Result<(Self, Vec<Entry>), JournalError> {
        let failed = |source: io::Error| JournalError::Io { path: path.to_owned(), source };
        let flags = OFlags::RDWR | OFlags::APPEND | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = rustix::fs::open(path, flags, Mode::empty()).map_err(|e| failed(e.into()))?;
        let file = File::from(file);
        let mut bytes = Vec::new();
        (&file).take(JOURNAL_BYTES_MAX).read_to_end(&mut bytes).map_err(failed)?;
        let (entries, valid) = read(&bytes)?;
        let len = u64::try_from(valid).unwrap_or(u64::MAX);
        if valid < bytes.len() {
            file.set_len(len).and_then(|()| file.sync_all()).map_err(failed)?;
        }
        Ok((Self { file, len }, entries))
    }

    /// Appends `entry` and returns when it is on the disk.
    ///
    /// # Errors
    /// The disk is full or broken; the journal is as it was, and what the entry announces must not
    /// be done.
    pub fn write(&mut self, entry: &Entry) -> io::Result<()> {
        crash::before_write();
        let record = encode(entry)?;
        let written = self.file.write_all(&record).and_then(|()| self.file.sync_all());
        if let Err(error) = written {
            // Half a record now would be damage in the middle later.
            self.file.set_len(self.len)?;
            return Err(error);
        }
        self.len += u64::try_from(record.len()).unwrap_or_default();
        Ok(())
    }
}

/// Returns the bytes of one record.
///
/// # Errors
/// The entry is larger than a record may be.
pub fn encode(entry: &Entry) -> io::Result<Vec<u8>> {
    let payload = postcard::to_allocvec(&Record::V1(entry.clone())).map_err(io::Error::other)?;
    let len = u32::try_from(payload.len()).ok().filter(|_| payload.len() <= PAYLOAD_BYTES_MAX);
    let len = len.ok_or_else(|| io::Error::other("the entry is larger than a record may be"))?;
    let mut record = Vec::with_capacity(HEAD_BYTES + payload.len());
    record.extend(len.to_le_bytes());
    record.extend(crc32c::crc32c(&payload).to_le_bytes());
    record.extend(payload);
    Ok(record)
}

/// Reads records until the first that does not read back. Returns the entries and the bytes they take.
///
/// # Errors
/// `Damaged` when a whole record follows the bad one: then it is no torn tail.
pub fn read(bytes: &[u8]) -> Result<(Vec<Entry>, usize), JournalError> {
    let mut entries = Vec::new();
    let mut at = 0;
    while let Some((entry, len)) = record_at(bytes, at) {
        entries.push(entry);
        at += len;
    }
    let follows = (at + 1..bytes.len()).any(|later| record_at(bytes, later).is_some());
    if follows { Err(JournalError::Damaged { at }) } else { Ok((entries, at)) }
}

fn record_at(bytes: &[u8], at: usize) -> Option<(Entry, usize)> {
    let rest = bytes.get(at..)?;
    let word = |from: usize| -> Option<u32> {
        Some(u32::from_le_bytes(rest.get(from..from + 4)?.try_into().ok()?))
    };
    let len = usize::try_from(word(0)?).ok().filter(|len| (1..=PAYLOAD_BYTES_MAX).contains(len))?;
    let payload = rest.get(HEAD_BYTES..HEAD_BYTES + len)?;
    if crc32c::crc32c(payload) != word(4)? {
        return None;
    }
    match postcard::take_from_bytes(payload) {
        Ok((Record::V1(entry), [])) => Some((entry, HEAD_BYTES + len)),
        Ok(_) | Err(_) => None,
    }
}

/// Crash tests end the process at a chosen write. Debug builds only.
mod crash {
    #[cfg(debug_assertions)]
    pub(super) fn before_write() {
        use std::sync::OnceLock;
        use std::sync::atomic::{AtomicU64, Ordering};
        static WRITES: AtomicU64 = AtomicU64::new(0);
        static CRASH_AT: OnceLock<Option<u64>> = OnceLock::new();
        #[expect(
            clippy::disallowed_methods,
            reason = "a switch of tests, absent in release builds"
        )]
        let crash_at = CRASH_AT
            .get_or_init(|| std::env::var("PATCHWELL_CRASH_AT").ok().and_then(|n| n.parse().ok()));
        if *crash_at == Some(WRITES.fetch_add(1, Ordering::SeqCst) + 1) {
            std::process::abort();
        }
    }

    #[cfg(not(debug_assertions))]
    pub(super) fn before_write() {}
}

#[cfg(test)]
mod tests;
