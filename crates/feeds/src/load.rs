//! One way in for everything: a download, a file, a folder or an archive gives the same row sets. What a
//! file is, its content says; documents of one source become one row set.

mod manifest;

use crate::archive::{Leaf, Unpacker};
use crate::limits::{Limits, Refused};
use crate::merge::Merger;
use crate::recognise::{self, Kind, recognise};
use crate::{
    changelog, csaf, cve_record, debian_list, debian_support, debian_tracker, debsecan,
    distro_info, endoflife, epss, hydra, kev, msrc, nvd, open_vex, osv, oval, release, secdb,
    updateinfo,
};
use manifest::Manifest;
use model::advisory::{Feed, RowSet};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// A file that is in no row set, and why.
#[derive(Debug)]
pub struct LeftOut {
    pub name: String,
    pub why: Refused,
}

/// What a load brought.
#[derive(Debug, Default)]
pub struct Loaded {
    /// By feed and source, each sorted.
    pub sets: Vec<RowSet>,
    /// Files that could not be used: whole feeds that are broken, and files that are no feeds.
    pub left_out: Vec<LeftOut>,
}

/// Loads what a reader brings; `name` is for messages. Everything in it has to be usable, except that a bundle
/// may hold texts about itself.
///
/// # Errors
/// `Refused`: the first thing that is wrong.
pub fn load(name: &str, bytes: impl Read, limits: &Limits) -> Result<Vec<RowSet>, Refused> {
    load_all(name, bytes, "", limits)?.strict(name)
}

/// Loads a file, a folder (in sorted order; hidden files and links to folders are passed over) or an archive.
///
/// # Errors
/// Like `load`.
pub fn load_path(path: &Path, limits: &Limits) -> Result<Vec<RowSet>, Refused> {
    load_path_all(path, "", limits)?.strict(&path.to_string_lossy())
}

/// Loads what a reader brings, and says what of it was left out. `stream` is the release of files that do not
/// say theirs (debsecan's feed, changelogs, debian-security-support), or empty.
///
/// # Errors
/// Nothing of it is taken: it is damaged, hostile, or not what its manifest says.
pub fn load_all(
    name: &str,
    mut bytes: impl Read,
    stream: &str,
    limits: &Limits,
) -> Result<Loaded, Refused> {
    let mut collector = Collector::new(limits, stream);
    let mut unpacker = Unpacker::new(limits, true);
    unpacker.stream(name, &mut bytes, &mut |leaf| collector.leaf(&leaf))?;
    collector.finish(&unpacker)
}

/// Like `load_all`, of a path.
///
/// # Errors
/// Like `load_all`.
pub fn load_path_all(path: &Path, stream: &str, limits: &Limits) -> Result<Loaded, Refused> {
    let name = path.to_string_lossy();
    let io = |source| Refused::Io { name: name.clone().into_owned(), source };
    let mut collector = Collector::new(limits, stream);
    if !fs::metadata(path).map_err(io)?.is_dir() {
        let mut unpacker = Unpacker::new(limits, true);
        let file = File::open(path).map_err(io)?;
        unpacker.seekable(&name, file, &mut |leaf| collector.leaf(&leaf))?;
        return collector.finish(&unpacker);
    }
    let files = walk(path, limits)?;
    let has_manifest = path.join("manifest.json").is_file();
    let mut unpacker = Unpacker::new(limits, has_manifest);
    for file in files {
        let member = file.to_string_lossy();
        let mut reader = File::open(&file)
            .map_err(|source| Refused::Io { name: member.clone().into_owned(), source })?;
        unpacker.member(&member, &mut reader, &mut |leaf| collector.leaf(&leaf))?;
    }
    collector.finish(&unpacker)
}

/// The files of a folder and its folders, in the order of their paths.
fn walk(folder: &Path, limits: &Limits) -> Result<Vec<PathBuf>, Refused> {
    let mut files = Vec::new();
    let mut folders = vec![(folder.to_owned(), 0_usize)];
    while let Some((folder, depth)) = folders.pop() {
        let name = folder.to_string_lossy().into_owned();
        let io = |source| Refused::Io { name: name.clone(), source };
        if depth > limits.depth_max {
            return Err(Refused::Deep { what: name, depth_max: limits.depth_max });
        }
        for entry in fs::read_dir(&folder).map_err(io)? {
            let entry = entry.map_err(io)?;
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let path = entry.path();
            if entry.file_type().map_err(io)?.is_dir() {
                folders.push((path, depth + 1));
            } else if path.is_file() {
                files.push(path);
            }
            if files.len() > limits.files_max {
                return Err(Refused::TooManyFiles { name, files_max: limits.files_max });
            }
        }
    }
    files.sort();
    Ok(files)
}

impl Loaded {
    /// Takes the sets when nothing of importance is missing: a fleet must not look clean because one file of a
    /// bundle was cut off.
    fn strict(mut self, name: &str) -> Result<Vec<RowSet>, Refused> {
        let at = self.left_out.iter().position(|out| self.sets.is_empty() || out.is_broken());
        match at {
            Some(at) => Err(self.left_out.swap_remove(at).why),
            None if self.sets.is_empty() => {
                Err(Refused::NotKnown { name: name.to_owned(), begins: String::new() })
            }
            None => Ok(self.sets),
        }
    }
}

impl LeftOut {
    /// Returns whether it was meant to be a feed: everything but plain texts and pictures.
    pub fn is_broken(&self) -> bool {
        if let Refused::NotKnown { begins, .. } = &self.why {
            return begins.starts_with(['{', '[', '<']);
        }
        true
    }
}

/// Takes files one by one.
struct Collector<'a> {
    limits: &'a Limits,
    stream: &'a str,
    merger: Merger,
    manifest: Manifest,
    left_out: Vec<LeftOut>,
    /// Single documents that cannot be read; their source is known when all others are.
    broken: Vec<(Feed, LeftOut)>,
    /// Files that do not say their release, until the manifest has been seen.
    waiting: Vec<(String, Kind, Vec<u8>)>,
}

impl<'a> Collector<'a> {
    fn new(limits: &'a Limits, stream: &'a str) -> Self {
        Self {
            limits,
            stream,
            merger: Merger::default(),
            manifest: Manifest::default(),
            left_out: Vec::new(),
            broken: Vec::new(),
            waiting: Vec::new(),
        }
    }

    fn leaf(&mut self, leaf: &Leaf<'_>) -> Result<(), Refused> {
        let bytes = leaf.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(leaf.bytes);
        if !recognise::is_lines_of_json(bytes) {
            return self.document(leaf.name, bytes);
        }
        let lines = bytes.split(|byte| *byte == b'\n').enumerate();
        for (at, line) in lines.filter(|(_, line)| !line.trim_ascii().is_empty()) {
            self.document(&format!("{} line {}", leaf.name, at + 1), line)?;
        }
        Ok(())
    }

    fn document(&mut self, name: &str, bytes: &[u8]) -> Result<(), Refused> {
        let Some(kind) = recognise(bytes) else {
            let begins: Vec<u8> = bytes.trim_ascii_start().iter().copied().take(40).collect();
            let begins = String::from_utf8_lossy(&begins).escape_debug().to_string();
            let why = Refused::NotKnown { name: name.to_owned(), begins };
            self.left_out.push(LeftOut { name: name.to_owned(), why });
            return Ok(());
        };
        let feed = match kind {
            Kind::Manifest => return self.manifest.read(name, bytes, self.limits),
            Kind::Feed(feed) => feed,
        };
        let stream = match self.stream {
            "" => self.manifest.stream_of(name).unwrap_or_default(),
            stream => stream.to_owned(),
        };
        match parse(feed, bytes, (name, &stream), self.limits) {
            Ok(set) => self.take(name, set),
            Err(Refused::NoStream { .. }) if stream.is_empty() => {
                self.waiting.push((name.to_owned(), kind, bytes.to_owned()));
                Ok(())
            }
            Err(why @ Refused::TooManyRows { .. }) => Err(why),
            Err(why) => {
                let out = LeftOut { name: name.to_owned(), why };
                if recognise::is_of_documents(feed) {
                    self.broken.push((feed, out));
                } else {
                    self.left_out.push(out);
                }
                Ok(())
            }
        }
    }

    fn take(&mut self, name: &str, set: RowSet) -> Result<(), Refused> {
        let rows = self.merger.push(name, set);
        self.limits.room_for_rows(rows, 0)
    }

    fn finish(mut self, unpacker: &Unpacker<'_>) -> Result<Loaded, Refused> {
        self.manifest.check(&unpacker.sealed)?;
        for (name, kind, bytes) in std::mem::take(&mut self.waiting) {
            let Kind::Feed(feed) = kind else { continue };
            let stream = self.manifest.stream_of(&name).unwrap_or_default();
            match parse(feed, &bytes, (&name, &stream), self.limits) {
                Ok(set) => self.take(&name, set)?,
                Err(why) => self.left_out.push(LeftOut { name, why }),
            }
        }
        for (feed, out) in self.broken {
            let why = out.why.to_string();
            if !self.merger.reject(feed, &out.name, &why) {
                self.left_out.push(out);
            }
        }
        let manifest = &self.manifest;
        self.merger.date(|name| manifest.content_at(name));
        manifest.check_feeds(self.merger.files())?;
        Ok(Loaded { sets: self.merger.finish(), left_out: self.left_out })
    }
}

/// Returns the release that a file is called after, for the kinds that do not say theirs inside:
/// `debsecan/release/1/bookworm`, `security-support-ended.deb12`.
fn release_in(feed: Feed, name: &str) -> Option<String> {
    match feed {
        Feed::DebianSupport => debian_support::stream_in(name),
        Feed::Debsecan => {
            let file = name.rsplit('/').next().unwrap_or(name);
            file.split(['-', '.', '_']).find_map(release::of_codename)
        }
        Feed::Kev
        | Feed::Epss
        | Feed::CveRecord
        | Feed::Nvd
        | Feed::DebianTracker
        | Feed::DebianList
        | Feed::Changelog
        | Feed::Osv
        | Feed::OpenVex
        | Feed::Csaf
        | Feed::CsafVex
        | Feed::Hydra
        | Feed::Updateinfo
        | Feed::Oval
        | Feed::Secdb
        | Feed::Msrc
        | Feed::DistroInfo
        | Feed::Endoflife => None,
    }
}

/// `name` and `stream` help only where a document does not say what it is about.
fn parse(
    feed: Feed,
    bytes: &[u8],
    (name, stream): (&str, &str),
    limits: &Limits,
) -> Result<RowSet, Refused> {
    let own = release_in(feed, name);
    let stream = match (&own, stream) {
        (Some(own), "") => own.as_str(),
        // The list of another release, beside the one of this: its name is the only one that knows.
        (Some(own), _) if feed == Feed::DebianSupport => own.as_str(),
        (Some(_) | None, stream) => stream,
    };
    let is_told = !stream.is_empty();
    match feed {
        Feed::Kev => kev::parse(bytes, limits),
        Feed::Epss => epss::parse(bytes, limits),
        Feed::CveRecord => cve_record::parse(bytes, limits),
        Feed::Nvd => nvd::parse(bytes, limits),
        Feed::DebianTracker => debian_tracker::parse(bytes, limits),
        Feed::DebianList => debian_list::parse(bytes, limits),
        Feed::Debsecan if is_told => debsecan::parse_for(bytes, stream, limits),
        Feed::Debsecan => debsecan::parse(bytes, limits),
        Feed::Changelog if is_told => changelog::parse_for(bytes, stream, limits),
        Feed::Changelog => changelog::parse(bytes, limits),
        Feed::Osv => osv::parse(bytes, limits),
        Feed::OpenVex => open_vex::parse(bytes, limits),
        Feed::Csaf | Feed::CsafVex => csaf::parse(bytes, limits),
        Feed::Hydra => hydra::parse(bytes, limits),
        Feed::Updateinfo => updateinfo::parse(bytes, limits),
        Feed::Oval => oval::parse(bytes, limits),
        Feed::Secdb => secdb::parse(bytes, limits),
        Feed::Msrc => msrc::parse(bytes, limits),
        Feed::DistroInfo => distro_info::parse(bytes, limits),
        Feed::Endoflife => endoflife::parse_for(bytes, endoflife::product_in(name), limits),
        Feed::DebianSupport if is_told => debian_support::parse_for(bytes, stream, limits),
        Feed::DebianSupport => debian_support::parse(bytes, limits),
    }
}

#[cfg(test)]
mod tests;
