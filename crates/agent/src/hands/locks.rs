//! Locks. They are taken and waited for; nobody else's is ever broken.

use rustix::fs::{FlockOperation, Mode, OFlags};
use std::fs::File;
use std::io;
use std::path::Path;

/// dpkg's frontend lock: whoever holds it decides what the package database becomes.
pub const DPKG_FRONTEND: &str = "/var/lib/dpkg/lock-frontend";

/// Tries to take the whole-file lock that dpkg and apt use there. `None`: another program has it.
///
/// Trap: the system drops such a lock when this process closes *any* descriptor of the file. Nothing
/// else in the runner opens it.
///
/// # Errors
/// The file cannot be opened.
pub fn try_dpkg(path: &Path) -> io::Result<Option<File>> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::from_raw_mode(0o640))?);
    match rustix::fs::fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(file)),
        Err(rustix::io::Errno::AGAIN | rustix::io::Errno::ACCESS) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

/// Tries to take the lock that shows that a transaction works. `None`: one works already.
///
/// The descriptor is inherited by the package manager on purpose: while any of its processes lives,
/// the transaction counts as working, also when the runner itself was killed.
///
/// # Errors
/// The file cannot be opened.
pub fn try_transaction(path: &Path) -> io::Result<Option<File>> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW;
    let file = File::from(rustix::fs::open(path, flags, Mode::from_raw_mode(0o600))?);
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(file)),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

/// Returns whether a transaction holds the lock at `path`. What cannot be looked at counts as held:
/// a second transaction beside the first is worse than waiting.
pub fn is_transaction_held(path: &Path) -> bool {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match rustix::fs::open(path, flags, Mode::empty()) {
        Err(rustix::io::Errno::NOENT) => false,
        Err(_) => true,
        Ok(file) => rustix::fs::flock(&file, FlockOperation::NonBlockingLockShared).is_err(),
    }
}
