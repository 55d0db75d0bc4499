//! How much a file may ask of us, and why one was refused. Real files stay far below the limits; what is
//! above them is a bomb, cut off, or no feed.

use flate2::read::ZlibDecoder;
use serde::Deserialize;
use std::io::{self, Read};

/// What a load may take. `Default` has the limits that are in use; tests set smaller ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one file after unpacking. The largest document of a real feed has some 100 MB.
    pub unpacked_bytes_max: u64,
    /// Bytes of everything that one load unpacks.
    pub bundle_bytes_max: u64,
    /// Unpacked bytes per packed byte. Text packs 10 to 60 times; a bomb 1000 times.
    pub ratio_max: u64,
    /// Levels of JSON, XML or YAML. Real documents have at most 20.
    pub depth_max: usize,
    /// Bytes of one string. The longest real ones are descriptions of some 100 KB.
    pub string_bytes_max: usize,
    /// Rows of one row set. All of Debian is 3.7 million.
    pub rows_max: usize,
    /// Files of one archive or folder. All CVE records are 300,000.
    pub files_max: usize,
    /// Archives within archives: `.tar.xz` is two.
    pub nested_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            unpacked_bytes_max: 512 << 20,
            bundle_bytes_max: 4 << 30,
            ratio_max: 200,
            depth_max: 64,
            string_bytes_max: 1 << 20,
            rows_max: 5_000_000,
            files_max: 1_000_000,
            nested_max: 4,
        }
    }
}

/// A ratio says nothing of small files: a few KB of blanks are harmless.
pub(crate) const RATIO_FLOOR_BYTES: u64 = 1 << 20;

/// Why a file, or a row set, is not taken. The old data stays.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error("`{name}` cannot be read: {source}")]
    Io { name: String, source: io::Error },
    #[error(
        "`{name}` is no feed that is known here (it begins `{begins}`): check the address or the file"
    )]
    NotKnown { name: String, begins: String },
    #[error(
        "`{name}` unpacks to more than {bytes_max} bytes: it is damaged or hostile, fetch it anew"
    )]
    TooLarge { name: String, bytes_max: u64 },
    #[error(
        "`{name}` unpacks to more than {ratio_max} times its size: it is hostile, fetch it anew from its publisher"
    )]
    Bomb { name: String, ratio_max: u64 },
    #[error("`{name}` has more than {files_max} files: load it in parts")]
    TooManyFiles { name: String, files_max: usize },
    #[error(
        "`{name}` holds archives within archives, more than {nested_max} deep: unpack it first"
    )]
    Nested { name: String, nested_max: usize },
    #[error("`{name}` is damaged: {why}; fetch it anew")]
    Damaged { name: String, why: String },
    #[error(
        "`{name}` would leave its folder: it is hostile, fetch the bundle anew from its publisher"
    )]
    Path { name: String },
    #[error("the {what} is nested more than {depth_max} deep: it is hostile, fetch it anew")]
    Deep { what: String, depth_max: usize },
    #[error("the {what} has a string of more than {bytes_max} bytes: it is hostile, fetch it anew")]
    LongString { what: String, bytes_max: usize },
    #[error("there are more than {rows_max} rows: load it in parts")]
    TooManyRows { rows_max: usize },
    #[error("this is no {what} as it is published: {why}")]
    Form { what: String, why: String },
    #[error("this is no {what} as it is published: line {line}: {why}")]
    Line { what: String, line: usize, why: String },
    #[error("the {what} does not say which release it is of: name it (`debian:12`)")]
    NoStream { what: String },
    #[error(
        "`{source_name}` states {stated} entries and has {found}: it is cut off, fetch it anew"
    )]
    Count { source_name: String, stated: u64, found: u64 },
    #[error(
        "`{name}` is not the file that the manifest names: its {what} differs; fetch the bundle anew"
    )]
    Manifest { name: String, what: &'static str },
    #[error(
        "{rejects} of {entries} entries cannot be used, more than 1 in 100: look at them, then accept it by name"
    )]
    TooManyRejects { rejects: u64, entries: u64 },
    #[error(
        "it has {new} rows where there were {old}, fewer than 80 %: if that is right, accept it by name"
    )]
    Shrunk { old: u64, new: u64 },
    #[error(
        "its content is of {new}, older than what is here ({old}): if that is right, accept it by name"
    )]
    Backwards { old: String, new: String },
}

impl Refused {
    /// Returns "this is no `what`, because `why`".
    pub fn form(what: &str, why: &str) -> Self {
        Self::Form { what: what.to_owned(), why: crate::lines::short(why) }
    }

    /// Returns "this is no `what`, because of its line `line`" (from 1).
    pub fn line(what: &str, line: usize, why: &str) -> Self {
        Self::Line { what: what.to_owned(), line, why: crate::lines::short(why) }
    }

    /// Returns "which release is it of?".
    pub fn no_stream(what: &str) -> Self {
        Self::NoStream { what: what.to_owned() }
    }

    /// Returns whether a person may take the row set nevertheless: it can be read, and looks wrong.
    pub fn may_be_accepted(&self) -> bool {
        matches!(
            self,
            Self::TooManyRejects { .. }
                | Self::Count { .. }
                | Self::Shrunk { .. }
                | Self::Backwards { .. }
        )
    }

    /// Returns what a reader failed with: one of our own limits, which travels inside `io::Error`, damage,
    /// or trouble of the machine.
    pub(crate) fn of_io(name: &str, error: io::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(refused) => refused,
            Err(error) => {
                let name = name.to_owned();
                if error.kind() == io::ErrorKind::UnexpectedEof {
                    return Self::Damaged { name, why: "it is cut off".to_owned() };
                }
                // What decoders report; the rest is the machine's.
                let is_damage = matches!(
                    error.kind(),
                    io::ErrorKind::InvalidData
                        | io::ErrorKind::InvalidInput
                        | io::ErrorKind::Other
                        | io::ErrorKind::OutOfMemory
                );
                if is_damage {
                    return Self::Damaged { name, why: error.to_string() };
                }
                Self::Io { name, source: error }
            }
        }
    }
}

impl Limits {
    /// Refuses `more` rows on top of `have` when that is too many.
    ///
    /// # Errors
    /// `TooManyRows`.
    pub fn room_for_rows(&self, have: usize, more: usize) -> Result<(), Refused> {
        if have.saturating_add(more) > self.rows_max {
            return Err(Refused::TooManyRows { rows_max: self.rows_max });
        }
        Ok(())
    }

    /// Refuses one more row on top of `have` when that is too many.
    ///
    /// # Errors
    /// `TooManyRows`.
    pub fn room_for_row(&self, have: usize) -> Result<(), Refused> {
        self.room_for_rows(have, 1)
    }

    /// Reads a JSON document after checking its depth and its strings. Costs one extra pass of about
    /// 1 ns per byte.
    ///
    /// # Errors
    /// It is no JSON of this form, or exceeds a limit.
    pub fn json<'a, T: Deserialize<'a>>(&self, bytes: &'a [u8], what: &str) -> Result<T, Refused> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        crate::json::check(bytes, self, what)?;
        serde_json::from_slice(bytes).map_err(|e| Refused::form(what, &e.to_string()))
    }

    /// Unpacks zlib.
    ///
    /// # Errors
    /// It is damaged, or exceeds a limit.
    pub fn unzlib(&self, bytes: &[u8]) -> Result<Vec<u8>, Refused> {
        let mut unpacked = Vec::new();
        let packed = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let bytes_max = self.unpacked_bytes_max;
        let ratio_bytes_max = packed.saturating_mul(self.ratio_max).max(RATIO_FLOOR_BYTES);
        let room = bytes_max.min(ratio_bytes_max);
        let mut reader = ZlibDecoder::new(bytes).take(room.saturating_add(1));
        reader.read_to_end(&mut unpacked).map_err(|e| Refused::of_io("zlib data", e))?;
        if u64::try_from(unpacked.len()).is_ok_and(|len| len <= room) {
            return Ok(unpacked);
        }
        let name = "zlib data".to_owned();
        if bytes_max <= ratio_bytes_max {
            return Err(Refused::TooLarge { name, bytes_max });
        }
        Err(Refused::Bomb { name, ratio_max: self.ratio_max })
    }
}

#[cfg(test)]
mod tests;
