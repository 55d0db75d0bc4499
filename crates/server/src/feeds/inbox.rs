//! The inbox: a folder for sites without a way out. What is put there is loaded and moved to `done` or, with
//! the reason beside it, to `refused`.

use crate::app::App;
use crate::error::ApiError;
use crate::feeds::take::{self, Origin};
use crate::feeds::{open, parse, plain_name};
use crate::files;
use model::Digest;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

/// Entries that are looked at per turn; the rest wait for the next.
const ENTRIES_MAX: usize = 100;
/// Files of a bundle that are looked at to tell whether it still grows.
const BUNDLE_FILES_MAX: usize = 100_000;

/// What the inbox held at the last look: what has not changed since is whole.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Held during a look: two at once would take the same file.
    turn: Mutex<()>,
    last: Mutex<BTreeMap<PathBuf, Shape>>,
}

/// Files, bytes and the newest change.
type Shape = (usize, u64, Option<SystemTime>);

/// Looks once. Returns without doing anything where nothing is in it.
pub(crate) fn turn(app: &App) -> Result<(), ApiError> {
    let _turn = app.inbox.turn.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = app.settings.data.join("feeds").join("inbox");
    files::make_folder(&folder)?;
    let entries = std::fs::read_dir(&folder).map_err(|e| files::failed("read", &folder, &e))?;
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| !path.file_name().is_some_and(|n| n.as_encoded_bytes().starts_with(b".")))
        .collect();
    found.sort();
    found.truncate(ENTRIES_MAX);
    let now: BTreeMap<PathBuf, Shape> =
        found.into_iter().map(|path| (path.clone(), shape(&path))).collect();
    let before = {
        let mut last = app.inbox.last.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *last, now.clone())
    };
    for (path, shape) in now {
        if before.get(&path) == Some(&shape) {
            take(app, &path)?;
        }
    }
    Ok(())
}

fn shape(path: &Path) -> Shape {
    let mut shape: Shape = (0, 0, None);
    let mut waiting = vec![path.to_owned()];
    while let Some(path) = waiting.pop() {
        let Ok(metadata) = std::fs::symlink_metadata(&path) else { continue };
        shape.0 += 1;
        shape.1 += metadata.len();
        shape.2 = shape.2.max(metadata.modified().ok());
        if metadata.is_dir()
            && shape.0 < BUNDLE_FILES_MAX
            && let Ok(entries) = std::fs::read_dir(&path)
        {
            waiting.extend(entries.flatten().map(|entry| entry.path()));
        }
    }
    shape
}

fn take(app: &App, path: &Path) -> Result<(), ApiError> {
    let name = plain_name(&path.to_string_lossy());
    match load(app, path, &name) {
        Ok(()) => put_away(app, path, "done", &name, None),
        // A full disk or a defect is no fault of the file: it stays and is tried again.
        Err(error) if error.status().is_server_error() => {
            tracing::warn!(name, detail = %error.detail, "could not load from the inbox: {error}");
            Ok(())
        }
        Err(error) => {
            tracing::warn!(name, "refused from the inbox: {error}");
            put_away(app, path, "refused", &name, Some(&format!("{error}\n{}\n", error.hint)))
        }
    }
}

fn load(app: &App, path: &Path, name: &str) -> Result<(), ApiError> {
    let loaded = parse(path, name)?;
    if let Some(broken) = loaded.left_out.iter().find(|out| out.is_broken()) {
        let said = format!("`{}` cannot be used: {}", broken.name, broken.why);
        return Err(ApiError::bad_input("feed_damaged", &said)
            .hint("nothing was taken; mend it and put it into the inbox again"));
    }
    let sha256 = if path.is_dir() { Digest::of(name.as_bytes()) } else { digest_of(path)? };
    let origin = Origin {
        name: name.to_owned(),
        sha256,
        person: "inbox".to_owned(),
        is_accepted_anyway: false,
        last_modified: None,
    };
    take::all(app, &origin, loaded).map(|_sources| ())
}

fn digest_of(path: &Path) -> Result<Digest, ApiError> {
    let mut hash = Sha256::new();
    std::io::copy(&mut open(path)?, &mut hash).map_err(|e| files::failed("read", path, &e))?;
    Ok(Digest(hash.finalize().into()))
}

/// Moves an entry out of the inbox; the time in front keeps names apart.
fn put_away(
    app: &App,
    path: &Path,
    shelf: &str,
    name: &str,
    reason: Option<&str>,
) -> Result<(), ApiError> {
    let folder = app.settings.data.join("feeds").join(shelf);
    files::make_folder(&folder)?;
    let stem = format!("{}-{name}", app.now());
    let to =
        (0_u32..).map(|n| folder.join(if n == 0 { stem.clone() } else { format!("{stem}.{n}") }));
    let to = to.into_iter().find(|to| !to.exists()).expect("numbers do not run out");
    std::fs::rename(path, &to).map_err(|e| files::failed("move", path, &e))?;
    if let Some(reason) = reason {
        let mut beside = to.into_os_string();
        beside.push(".reason.txt");
        files::write(Path::new(&beside), reason.as_bytes())?;
    }
    Ok(())
}
