//! A bundle's `manifest.json`: which files it brings, where they are from, and their hashes.

use crate::archive::Sealed;
use crate::dates;
use crate::limits::{Limits, Refused};
use model::advisory::Feed;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

const WHAT: &str = "manifest of a bundle";

/// The longest name of a file: more than any file system takes.
const NAME_BYTES_MAX: usize = 1024;
/// Folders and archives around a file.
const PARTS_MAX: usize = 64;

#[derive(Default)]
pub(super) struct Manifest {
    /// By the file's whole name: bundles of CVE records have 300,000.
    files: BTreeMap<String, Listed>,
}

/// One line of it.
struct Listed {
    feed: String,
    stream: String,
    content_at: Option<i64>,
    sha256: Option<String>,
    size: Option<u64>,
}

#[derive(Deserialize)]
struct Line {
    file: String,
    #[serde(default)]
    feed: String,
    /// The release of files that do not say theirs.
    #[serde(default)]
    stream: String,
    #[serde(default)]
    content_at: Option<Moment>,
    #[serde(default)]
    sha256: Option<String>,
    #[serde(default)]
    size: Option<u64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Moment {
    Secs(i64),
    Text(String),
}

impl Manifest {
    /// Reads a manifest; the files it names are beside it.
    pub(super) fn read(
        &mut self,
        name: &str,
        bytes: &[u8],
        limits: &Limits,
    ) -> Result<(), Refused> {
        let lines: Vec<Line> = limits.json(bytes, WHAT)?;
        let folder = name.rfind('/').map_or("", |at| &name[..=at]);
        for line in lines {
            if line.file.starts_with('/') || line.file.split('/').any(|part| part == "..") {
                return Err(Refused::Path { name: line.file });
            }
            if line.file.len() > NAME_BYTES_MAX {
                return Err(Refused::form(WHAT, "a file's name is longer than any real one"));
            }
            let content_at = match line.content_at {
                Some(Moment::Secs(secs)) => Some(secs),
                Some(Moment::Text(text)) => dates::moment(&text),
                None => None,
            };
            let name = format!("{folder}{}", line.file.trim_start_matches("./"));
            // The first line of a file counts.
            self.files.entry(name).or_insert(Listed {
                feed: line.feed,
                stream: line.stream,
                content_at,
                sha256: line.sha256,
                size: line.size,
            });
        }
        Ok(())
    }

    /// The line that a file comes from: itself, or the archive that holds it.
    fn of(&self, name: &str) -> Option<&Listed> {
        let ends = name.rmatch_indices(['/', ' ']).map(|(at, _)| at);
        let mut ends = std::iter::once(name.len()).chain(ends).take(PARTS_MAX);
        ends.find_map(|end| self.files.get(&name[..end]))
    }

    pub(super) fn stream_of(&self, name: &str) -> Option<String> {
        self.of(name).map(|file| file.stream.clone()).filter(|stream| !stream.is_empty())
    }

    pub(super) fn content_at(&self, name: &str) -> Option<i64> {
        self.of(name).and_then(|file| file.content_at)
    }

    /// Compares what came with what is listed.
    pub(super) fn check(&self, sealed: &[Sealed]) -> Result<(), Refused> {
        let sealed: BTreeMap<&str, &Sealed> =
            sealed.iter().map(|sealed| (sealed.name.as_str(), sealed)).collect();
        for (name, file) in &self.files {
            let differs = |what| Refused::Manifest { name: name.clone(), what };
            let found = sealed.get(name.as_str()).ok_or_else(|| differs("presence"))?;
            if file.size.is_some_and(|size| size != found.bytes) {
                return Err(differs("size"));
            }
            let is_equal = |stated: &String| stated.eq_ignore_ascii_case(&hex(&found.sha256));
            if file.sha256.as_ref().is_some_and(|stated| !is_equal(stated)) {
                return Err(differs("SHA-256"));
            }
        }
        Ok(())
    }

    /// Refuses a file that is of another feed than listed. Words that are not ours say nothing.
    pub(super) fn check_feeds<'f>(
        &self,
        files: impl Iterator<Item = (&'f str, Feed)>,
    ) -> Result<(), Refused> {
        for (name, feed) in files {
            let stated = self.of(name).and_then(|file| Feed::of_word(&file.feed));
            if stated.is_some_and(|stated| stated != feed) {
                return Err(Refused::Manifest { name: name.to_owned(), what: "feed" });
            }
        }
        Ok(())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes everything");
        text
    })
}
