//! Archives: gz, xz, bz2, zstd, zlib, zip and tar, also within each other, told apart by content. What they
//! hold is handed on file by file; nothing is written to a disk, and limits hold while unpacking, not after.

mod counted;

use crate::limits::{Limits, Refused};
use bzip2::read::MultiBzDecoder;
use counted::{Budget, Counted, Packed};
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use lzma_rust2::XzReader;
use sha2::{Digest, Sha256};
use std::cell::Cell;
use std::io::{self, Cursor, Read, Seek};
use std::rc::Rc;

pub use counted::Packing;

/// Memory that an xz dictionary may take, in KiB: `xz -9` writes 64 MiB.
const XZ_MEMORY_KIB_MAX: u32 = 128 * 1024;
/// Bytes that tell what a file is: tar has its mark at 257.
const MAGIC_BYTES: u16 = 512;

/// One file of an archive, or the file itself.
pub struct Leaf<'a> {
    /// Its path, archives included: `all.tar.xz/osv/USN-1.json`.
    pub name: &'a str,
    pub bytes: &'a [u8],
}

/// A file of a bundle as it was packed, before its own packing was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Its path within the bundle.
    pub name: String,
    pub bytes: u64,
    pub sha256: [u8; 32],
}

/// Unpacks what a load brings, within its limits.
pub struct Unpacker<'a> {
    limits: &'a Limits,
    budget: Rc<Budget>,
    /// Files so far.
    files: usize,
    /// The files of the outermost bundle with their hashes; empty when nobody asked for them.
    pub sealed: Vec<Sealed>,
    keep_hashes: bool,
}

/// What takes the files: it may refuse, and then nothing more is read.
pub type Sink<'s> = dyn FnMut(Leaf<'_>) -> Result<(), Refused> + 's;

impl<'a> Unpacker<'a> {
    /// Returns an unpacker that has not seen anything yet. With `keep_hashes` it hashes the files of the
    /// outermost bundle, at about 1.5 GB/s where the processor helps.
    pub fn new(limits: &'a Limits, keep_hashes: bool) -> Self {
        let budget = Rc::new(Budget::new(limits));
        Self { limits, budget, files: 0, sealed: Vec::new(), keep_hashes }
    }

    /// Unpacks a stream. A zip is read into memory first, because its directory stands at its end: `seekable`
    /// does without that.
    ///
    /// # Errors
    /// It is damaged, exceeds a limit, or the sink refuses.
    pub fn stream(
        &mut self,
        name: &str,
        reader: &mut dyn Read,
        sink: &mut Sink<'_>,
    ) -> Result<(), Refused> {
        self.open(name, reader, 0, sink)
    }

    /// Unpacks a file that can be read at any place.
    ///
    /// # Errors
    /// Like `stream`.
    pub fn seekable(
        &mut self,
        name: &str,
        mut file: impl Read + Seek,
        sink: &mut Sink<'_>,
    ) -> Result<(), Refused> {
        let mut magic = Vec::new();
        let io = |e| Refused::of_io(name, e);
        (&mut file).take(4).read_to_end(&mut magic).map_err(io)?;
        file.rewind().map_err(io)?;
        if Packing::of(&magic) == Some(Packing::Zip) {
            return self.zip(name, file, 0, sink);
        }
        self.open(name, &mut file, 0, sink)
    }

    /// Unpacks a file of a folder, and hashes it as it is packed where a manifest asks for that.
    ///
    /// # Errors
    /// Like `stream`.
    pub fn member(
        &mut self,
        name: &str,
        reader: &mut dyn Read,
        sink: &mut Sink<'_>,
    ) -> Result<(), Refused> {
        self.count_file(name)?;
        if !self.keep_hashes {
            return self.open(name, reader, 1, sink);
        }
        let mut hashed = Hashed { inner: reader, hash: Sha256::new(), bytes: 0 };
        self.open(name, &mut hashed, 1, sink)?;
        // What follows the packed data belongs to the file.
        io::copy(&mut hashed, &mut io::sink()).map_err(|e| Refused::of_io(name, e))?;
        let (bytes, sha256) = (hashed.bytes, hashed.hash.finalize().into());
        self.sealed.push(Sealed { name: name.to_owned(), bytes, sha256 });
        Ok(())
    }

    fn count_file(&mut self, name: &str) -> Result<(), Refused> {
        self.files += 1;
        if self.files > self.limits.files_max {
            let files_max = self.limits.files_max;
            return Err(Refused::TooManyFiles { name: name.to_owned(), files_max });
        }
        Ok(())
    }

    fn open(
        &mut self,
        name: &str,
        reader: &mut dyn Read,
        depth: usize,
        sink: &mut Sink<'_>,
    ) -> Result<(), Refused> {
        let mut magic = Vec::with_capacity(usize::from(MAGIC_BYTES));
        let mut head = reader.take(u64::from(MAGIC_BYTES));
        head.read_to_end(&mut magic).map_err(|e| Refused::of_io(name, e))?;
        let packing = Packing::of(&magic);
        let mut whole = Cursor::new(magic).chain(reader);
        let Some(packing) = packing else {
            let bytes = self.read(name, &mut whole)?;
            return sink(Leaf { name, bytes: &bytes });
        };
        if depth > self.limits.nested_max {
            let nested_max = self.limits.nested_max;
            return Err(Refused::Nested { name: name.to_owned(), nested_max });
        }
        match packing {
            Packing::Zip => {
                let bytes = self.read(name, &mut whole)?;
                self.zip(name, Cursor::new(bytes), depth, sink)
            }
            Packing::Tar => self.tar(name, &mut whole, depth, sink),
            Packing::Gz | Packing::Xz | Packing::Bz2 | Packing::Zstd | Packing::Zlib => {
                let packed = Rc::new(Cell::new(0));
                let mut packed_reader = Packed { inner: &mut whole, bytes: Rc::clone(&packed) };
                let mut unpacked: Box<dyn Read + '_> = match packing {
                    Packing::Gz => Box::new(MultiGzDecoder::new(&mut packed_reader)),
                    Packing::Xz => {
                        let memory = XZ_MEMORY_KIB_MAX;
                        Box::new(XzReader::new_mem_limit(&mut packed_reader, true, memory))
                    }
                    Packing::Bz2 => Box::new(MultiBzDecoder::new(&mut packed_reader)),
                    Packing::Zstd => Box::new(zstd(name, &mut packed_reader)?),
                    Packing::Zlib | Packing::Zip | Packing::Tar => {
                        Box::new(ZlibDecoder::new(&mut packed_reader))
                    }
                };
                let mut counted = Counted::new(&mut unpacked, name, packed, &self.budget);
                self.open(name, &mut counted, depth + 1, sink)
            }
        }
    }

    /// Reads a file that is no archive.
    fn read(&self, name: &str, reader: &mut dyn Read) -> Result<Vec<u8>, Refused> {
        let bytes_max = self.limits.unpacked_bytes_max;
        let mut bytes = Vec::new();
        let mut limited = reader.take(bytes_max.saturating_add(1));
        limited.read_to_end(&mut bytes).map_err(|e| Refused::of_io(name, e))?;
        if u64::try_from(bytes.len()).is_ok_and(|len| len <= bytes_max) {
            return Ok(bytes);
        }
        Err(Refused::TooLarge { name: name.to_owned(), bytes_max })
    }

    fn tar(
        &mut self,
        name: &str,
        reader: &mut dyn Read,
        depth: usize,
        sink: &mut Sink<'_>,
    ) -> Result<(), Refused> {
        let io = |e| Refused::of_io(name, e);
        let mut archive = tar::Archive::new(reader);
        for entry in archive.entries().map_err(io)? {
            let mut entry = entry.map_err(io)?;
            if !entry.header().entry_type().is_file() {
                // Links and folders bring no content; devices are nobody's feed.
                self.count_file(name)?;
                continue;
            }
            let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            self.inner(&inside(name, &path)?, &mut entry, depth, sink)?;
        }
        Ok(())
    }

    fn zip(
        &mut self,
        name: &str,
        file: impl Read + Seek,
        depth: usize,
        sink: &mut Sink<'_>,
    ) -> Result<(), Refused> {
        let damaged = |e: zip::result::ZipError| {
            if let zip::result::ZipError::Io(e) = e {
                return Refused::of_io(name, e);
            }
            Refused::Damaged { name: name.to_owned(), why: e.to_string() }
        };
        let mut archive = zip::ZipArchive::new(file).map_err(damaged)?;
        if archive.len() > self.limits.files_max {
            let files_max = self.limits.files_max;
            return Err(Refused::TooManyFiles { name: name.to_owned(), files_max });
        }
        for at in 0..archive.len() {
            let mut entry = archive.by_index(at).map_err(damaged)?;
            if !entry.is_file() {
                continue;
            }
            let path = entry.name().map_err(damaged)?.into_owned();
            let packed = Rc::new(Cell::new(entry.compressed_size()));
            let mut counted = Counted::new(&mut entry, name, packed, &self.budget);
            self.inner(&inside(name, &path)?, &mut counted, depth, sink)?;
        }
        Ok(())
    }

    fn inner(
        &mut self,
        name: &str,
        reader: &mut dyn Read,
        depth: usize,
        sink: &mut Sink<'_>,
    ) -> Result<(), Refused> {
        if depth <= 1 && self.keep_hashes {
            return self.member(name, reader, sink);
        }
        self.count_file(name)?;
        self.open(name, reader, depth + 1, sink)
    }
}

/// Returns the whole name of a file in an archive. Nothing is written anywhere; but a path that tries to leave
/// shows what the archive is.
fn inside(outer: &str, path: &str) -> Result<String, Refused> {
    let path = path.trim_start_matches("./");
    let name = format!("{outer}/{path}");
    if path.starts_with('/') || path.contains('\\') || path.split('/').any(|part| part == "..") {
        return Err(Refused::Path { name });
    }
    Ok(name)
}

/// All frames of a zstd file; the decoder itself stops after the first.
fn zstd<R: Read>(name: &str, reader: R) -> Result<counted::Frames<R>, Refused> {
    counted::Frames::new(reader).map_err(|e| Refused::of_io(name, e))
}

struct Hashed<'r> {
    inner: &'r mut dyn Read,
    hash: Sha256,
    bytes: u64,
}

impl Read for Hashed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hash.update(&buffer[..read]);
        self.bytes += u64::try_from(read).unwrap_or(0);
        Ok(read)
    }
}

#[cfg(test)]
mod tests;
