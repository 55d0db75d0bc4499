//! The root half's own store of package files, named by their digest, and the names apt sees.

use crate::files;
use crate::run::transaction::file_name;
use model::Digest;
use model::package::Artifact;
use model::plan::PlanHost;
use rustix::fs::{AtFlags, CWD, Mode, OFlags};
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{self, Read, Seek as _, Write as _};
use std::path::{Path, PathBuf};

/// Bytes copied at a time.
const BUFFER_BYTES: usize = 128 * 1024;

/// An object is not what the plan names.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    #[error("its content is not what the plan names")]
    OtherContent,
    #[error("could not copy it into the cache")]
    Io(#[from] io::Error),
}

/// Returns what is staged for `plan`: back files first, because without them nothing else is wanted.
pub fn wanted(plan: &PlanHost) -> Vec<Artifact> {
    let back = plan.steps.iter().filter_map(|step| step.back.clone());
    let new = plan.steps.iter().map(|step| step.artifact.clone());
    let mut all: Vec<Artifact> = Vec::new();
    for one in back.chain(new) {
        if !all.iter().any(|other| other.sha256 == one.sha256) {
            all.push(one);
        }
    }
    all
}

/// Returns where the object lies, or would lie, in the cache.
pub fn path_in(cache: &Path, sha256: Digest) -> PathBuf {
    cache.join(sha256.to_string())
}

/// Returns whether the cache holds the object with its right size. Its content was hashed when it was
/// taken, and is hashed again right before use.
pub fn holds(cache: &Path, artifact: &Artifact) -> bool {
    std::fs::metadata(path_in(cache, artifact.sha256))
        .is_ok_and(|found| found.is_file() && found.len() == artifact.size_bytes)
}

/// Copies `from` into the cache, hashing while copying: what was hashed is what is kept.
///
/// # Errors
/// It is something else, or the cache cannot be written to.
pub fn take(cache: &Path, artifact: &Artifact, from: &mut File) -> Result<(), TakeError> {
    let part = cache.join(format!(".{}", artifact.sha256));
    match std::fs::remove_file(&part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        Ok(()) | Err(_) => {}
    }
    let taken = copy(&part, artifact, from).and_then(|()| {
        std::fs::rename(&part, path_in(cache, artifact.sha256))?;
        File::open(cache)?.sync_all()?;
        Ok(())
    });
    if taken.is_err() {
        drop(std::fs::remove_file(&part));
    }
    taken
}

fn copy(part: &Path, artifact: &Artifact, from: &mut File) -> Result<(), TakeError> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut to = File::from(
        rustix::fs::open(part, flags, Mode::from_raw_mode(0o600)).map_err(io::Error::from)?,
    );
    from.rewind()?;
    let mut source = from.take(artifact.size_bytes.saturating_add(1));
    let (digest, bytes) = hash(&mut source, |chunk| to.write_all(chunk))?;
    if digest != artifact.sha256 || bytes != artifact.size_bytes {
        return Err(TakeError::OtherContent);
    }
    to.sync_all()?;
    Ok(())
}

fn hash(
    source: &mut impl Read,
    mut each: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<(Digest, u64)> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut bytes = 0;
    loop {
        let count = source.read(&mut buffer)?;
        if count == 0 {
            return Ok((Digest(hasher.finalize().into()), bytes));
        }
        hasher.update(&buffer[..count]);
        each(&buffer[..count])?;
        bytes += u64::try_from(count).unwrap_or_default();
    }
}

/// Returns whether the file still is what its name says.
///
/// # Errors
/// It cannot be read.
pub fn is_intact(cache: &Path, sha256: Digest) -> io::Result<bool> {
    let mut file = File::open(path_in(cache, sha256))?;
    Ok(hash(&mut file, |_| Ok(()))?.0 == sha256)
}

/// Gives each new file the name that apt expects, as hard links in `folder`, and makes the empty
/// folders that stand in for apt's lists and archive.
///
/// # Errors
/// A file is not in the cache, or the folder cannot be written to.
pub fn lay_out(cache: &Path, folder: &Path, plan: &PlanHost) -> io::Result<()> {
    for name in ["files", "lists/partial", "archives/partial"] {
        std::fs::create_dir_all(folder.join(name))?;
    }
    for step in &plan.steps {
        let to = folder.join("files").join(file_name(step));
        let from = path_in(cache, step.artifact.sha256);
        match rustix::fs::linkat(CWD, &from, CWD, &to, AtFlags::empty()) {
            Ok(()) | Err(rustix::io::Errno::EXIST) => {}
            Err(other) => return Err(other.into()),
        }
    }
    File::open(folder.join("files"))?.sync_all()
}

/// Makes the runner's own copy of the agent's program and returns its path. The package manager may
/// replace the agent's file; the copy stays what the run began with.
///
/// # Errors
/// The program cannot be read or copied.
pub fn runner_copy(program: &Path, folder: &Path) -> io::Result<PathBuf> {
    let bytes = std::fs::read(program)?;
    let copy = folder.join(Digest::of(&bytes).to_string());
    std::fs::create_dir_all(folder)?;
    let is_there = std::fs::read(&copy).is_ok_and(|found| found == bytes);
    if !is_there {
        files::put(&copy, &bytes, 0o700)?;
    }
    Ok(copy)
}

#[cfg(test)]
mod tests;
