//! Feeds: sets come from addresses, from files that people hand in and from the inbox folder, all by one path:
//! written to the disk, parsed, compared with what the source stated before, and only then believed. What is
//! refused leaves what was there.

pub(crate) mod address;
pub(crate) mod fetch;
pub(crate) mod inbox;
mod take;

use crate::app::{Actor, App};
use crate::error::{ApiError, ErrorKind};
use crate::{files, ids};
use feeds::{Limits, Loaded};
use model::Digest;
use model::advisory::RowSet;
use model::exposure::{FeedView, Freshness};
use sha2::{Digest as _, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use store::feeds::{AddressRow, SourceRow};
use take::Origin;

/// Bytes of a file that is handed in or fetched, at most: the largest archive that is published (all of OSV
/// for one distribution, all CVE records) is smaller than a tenth of it.
pub const FILE_BYTES_MAX: u64 = 2 << 30;
const CHUNK_BYTES: usize = 64 * 1024;
/// Characters of a file's name that are kept.
const NAME_CHARS_MAX: usize = 120;

/// Returns every source that was loaded or refused, and every address that brought nothing yet.
///
/// # Errors
/// The store cannot be read.
pub fn list(app: &App, actor: &Actor) -> Result<Vec<FeedView>, ApiError> {
    // Feeds are the installation's; whoever may ask here may see them.
    let _asker = actor;
    let (sources, addresses) =
        app.read(|view| Ok((store::feeds::sources(view)?, store::feeds::addresses(view)?)))?;
    Ok(views(app, sources, &addresses))
}

/// Loads a file: one feed's document, or an archive of many. `accept_anyway` takes a set that looks wrong;
/// the person's name goes into the record. Blocking.
///
/// # Errors
/// `BadInput` when it is no feed that is known, is damaged or beyond a limit; `Conflict` when it can be read
/// and looks wrong: then `accept_anyway` helps.
pub fn import(
    app: &App,
    actor: &Actor,
    name: &str,
    reader: &mut dyn Read,
    accept_anyway: bool,
) -> Result<Vec<FeedView>, ApiError> {
    app.exposures.wait_filled()?;
    let incoming = Incoming::new(app, name)?;
    let sha256 = incoming.write(reader)?;
    let loaded = parse(&incoming.path, &incoming.name)?;
    if let Some(broken) = loaded.left_out.iter().find(|out| out.is_broken())
        && !accept_anyway
    {
        let file = incoming.shown(&broken.name);
        let said = format!("`{file}` cannot be used: {}", incoming.shown(&broken.why.to_string()));
        return Err(ApiError::bad_input("feed_damaged", &said)
            .hint("nothing was taken; mend it, or take the rest with `--accept`"));
    }
    let origin = Origin {
        name: incoming.name.clone(),
        sha256,
        person: actor.person.clone(),
        is_accepted_anyway: accept_anyway,
        last_modified: None,
    };
    let sources = take::all(app, &origin, loaded)?;
    let all = app.read(|view| Ok(store::feeds::sources(view)?))?;
    let mine = all.into_iter().filter(|row| sources.contains(&(row.feed, row.source.clone())));
    Ok(views(app, mine.collect(), &[]))
}

/// Takes sets in that were parsed already. Blocking.
///
/// # Errors
/// `Conflict` when one looks wrong.
pub fn take(app: &App, actor: &Actor, name: &str, sets: Vec<RowSet>) -> Result<(), ApiError> {
    taken(app, &actor.person, (name, Digest::of(name.as_bytes())), sets)
}

/// Takes in what the changelog of a package in the vault says is closed.
///
/// # Errors
/// The store cannot be read or written.
pub(crate) fn take_changelog(
    app: &App,
    name: &str,
    sha256: Digest,
    set: RowSet,
) -> Result<(), ApiError> {
    taken(app, "server", (name, sha256), vec![set])
}

fn taken(
    app: &App,
    person: &str,
    (name, sha256): (&str, Digest),
    sets: Vec<RowSet>,
) -> Result<(), ApiError> {
    app.exposures.wait_filled()?;
    let origin = Origin {
        name: name.to_owned(),
        sha256,
        person: person.to_owned(),
        is_accepted_anyway: false,
        last_modified: None,
    };
    take::all(app, &origin, Loaded { sets, left_out: Vec::new() }).map(|_| ())
}

/// Fetches what is due and looks into the inbox once, as the loop does by itself; for tests, whose clocks
/// jump. What is put into the inbox is taken at the second look, when it has stopped growing.
///
/// # Errors
/// The store cannot be read or written. A fetch that fails is none: it is shown.
pub fn turn(app: &App) -> Result<(), ApiError> {
    app.exposures.wait_filled()?;
    inbox::turn(app)?;
    fetch::turn(app)
}

/// Reads a file as whatever feed it is.
fn parse(path: &Path, name: &str) -> Result<Loaded, ApiError> {
    let limits = Limits::default();
    let loaded = feeds::load_path_all(path, &stream_in(name), &limits);
    let shown = |text: String| text.replace(&*path.to_string_lossy(), name);
    let loaded = loaded.map_err(|refused| {
        ApiError::bad_input("feed_refused", &shown(refused.to_string()))
            .hint("what was loaded before stays")
    })?;
    if loaded.sets.is_empty() {
        let why = loaded.left_out.first().map(|out| shown(out.why.to_string()));
        let said = why.unwrap_or_else(|| format!("there is no feed in `{name}`"));
        return Err(ApiError::bad_input("feed_refused", &said).hint("what was loaded before stays"));
    }
    Ok(loaded)
}

/// Some files do not say which release they are of; their names often do (`release-1-bookworm.zlib`).
fn stream_in(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.filter_map(feeds::release::of_codename).next().unwrap_or_default()
}

/// A file on its way in; removed when dropped.
struct Incoming {
    path: PathBuf,
    /// As people called it, without folders.
    name: String,
}

impl Incoming {
    fn new(app: &App, name: &str) -> Result<Self, ApiError> {
        let folder = app.settings.data.join("feeds").join("incoming");
        files::make_folder(&folder)?;
        let name = plain_name(name);
        Ok(Self { path: folder.join(format!("{:032x}", ids::fresh()?)), name })
    }

    fn write(&self, reader: &mut dyn Read) -> Result<Digest, ApiError> {
        let local = |e: std::io::Error| files::failed("write", &self.path, &e);
        let mut options = OpenOptions::new();
        let mut file =
            options.create_new(true).write(true).mode(0o600).open(&self.path).map_err(local)?;
        let (mut hash, mut length) = (Sha256::new(), 0_u64);
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            let count = reader.read(&mut chunk).map_err(|e| {
                let said = format!("`{}` was cut off on its way here: {e}", self.name);
                ApiError::bad_input("cut_off", &said).hint("send it again")
            })?;
            let Some(bytes) = chunk.get(..count).filter(|bytes| !bytes.is_empty()) else { break };
            length += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            if length > FILE_BYTES_MAX {
                let said = format!("`{}` is longer than {FILE_BYTES_MAX} bytes", self.name);
                return Err(ApiError::bad_input("feed_too_large", &said).hint("load it in parts"));
            }
            hash.update(bytes);
            file.write_all(bytes).map_err(local)?;
        }
        Ok(Digest(hash.finalize().into()))
    }

    fn shown(&self, text: &str) -> String {
        text.replace(&*self.path.to_string_lossy(), &self.name)
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.path)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(%error, path = %self.path.display(), "could not remove a file");
        }
    }
}

/// Removes what an interrupted import left behind.
pub(crate) fn sweep(app: &App) -> Result<(), ApiError> {
    let folder = app.settings.data.join("feeds").join("incoming");
    files::make_folder(&folder)?;
    let entries = std::fs::read_dir(&folder).map_err(|e| files::failed("read", &folder, &e))?;
    for entry in entries.flatten() {
        let path = entry.path();
        std::fs::remove_file(&path).map_err(|e| files::failed("remove", &path, &e))?;
    }
    Ok(())
}

fn plain_name(name: &str) -> String {
    let last = name.rsplit('/').next().unwrap_or(name);
    let kept: String = last.chars().filter(|c| !c.is_control()).take(NAME_CHARS_MAX).collect();
    if kept.is_empty() { "a file without a name".to_owned() } else { kept }
}

fn views(app: &App, sources: Vec<SourceRow>, addresses: &[AddressRow]) -> Vec<FeedView> {
    let now = app.now();
    let mut views: Vec<FeedView> = Vec::new();
    for row in sources {
        let address = addresses.iter().find(|address| address.url == row.origin);
        let trouble = match (row.trouble.as_str(), address) {
            ("", Some(address)) => address.trouble.clone(),
            (trouble, _) => trouble.to_owned(),
        };
        views.push(FeedView {
            feed: row.feed,
            freshness: feeds::freshness::of(row.feed, row.content_at, row.fetched_at, now),
            source: row.source,
            origin: row.origin,
            fetched_at: row.fetched_at,
            content_at: row.content_at,
            version: row.version,
            sha256: row.sha256,
            rows: row.rows + row.lifecycles,
            cves: row.cves,
            rejects_total: row.rejects_total,
            rejects: row.rejects,
            trouble,
            next_fetch_at: address.map(|address| address.next_fetch_at),
        });
    }
    for address in addresses {
        if views.iter().all(|view| view.origin != address.url) {
            views.push(absent(address));
        }
    }
    views.sort_by(|a, b| (a.feed, &a.source).cmp(&(b.feed, &b.source)));
    views
}

fn absent(address: &AddressRow) -> FeedView {
    FeedView {
        feed: address.feed,
        source: address.feed.word().to_owned(),
        origin: address.url.clone(),
        fetched_at: None,
        content_at: None,
        version: String::new(),
        sha256: String::new(),
        rows: 0,
        cves: 0,
        rejects_total: 0,
        rejects: Vec::new(),
        freshness: Freshness::Absent,
        trouble: address.trouble.clone(),
        next_fetch_at: Some(address.next_fetch_at),
    }
}

/// Opens a file for reading, with the error that people are told.
fn open(path: &Path) -> Result<File, ApiError> {
    File::open(path).map_err(|e| files::failed("read", path, &e))
}

/// Returns the error of sets that can be read and look wrong.
fn looks_wrong(said: &str) -> ApiError {
    ApiError::new(ErrorKind::Conflict, "feed_looks_wrong", said)
        .hint("the old data stays; if it is right all the same, accept it by name with `--accept`")
}
