//! The changelog inside a Debian package file: which CVEs this version and those before it closed, by the
//! packager's own word, with no feed at all. Reads `deb(5)` (an `ar` archive), then `data.tar` in gz, xz
//! or zstd. It never unpacks anything to the disk.

use flate2::read::GzDecoder;
use lzma_rust2::XzReader;
use ruzstd::decoding::StreamingDecoder;
use std::io::{self, Read};

/// Bytes of one changelog at most: linux' has 2.6 MB.
const CHANGELOG_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Entries of `data.tar` that are looked at.
const ENTRIES_MAX: usize = 200_000;
/// Bytes of `data.tar` that are unpacked before giving up: Debian's largest packages are near 2 GiB.
const UNPACKED_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;
/// Memory that an xz dictionary may take; `dpkg-deb` writes 64 MiB at its highest level.
const XZ_MEMORY_KIB_MAX: u32 = 128 * 1024;
/// Members of the outer archive: a package has three.
const MEMBERS_MAX: usize = 16;

/// The file is no readable Debian package.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    #[error("this is no Debian package: {0}")]
    Form(&'static str),
    #[error("the package cannot be read: {0}")]
    Io(#[from] io::Error),
}

/// Returns the text of the package's Debian changelog. `None`: it has none of its own, as packages have
/// whose documents are a link to another package's.
///
/// # Errors
/// The bytes are no Debian package, are cut off, or exceed a limit.
pub fn changelog(mut deb: impl Read) -> Result<Option<Vec<u8>>, Unreadable> {
    let mut magic = [0; 8];
    deb.read_exact(&mut magic)?;
    if &magic != b"!<arch>\n" {
        return Err(Unreadable::Form("it does not begin as one"));
    }
    for _ in 0..MEMBERS_MAX {
        let (name, size) = member(&mut deb)?;
        let mut content = (&mut deb).take(size);
        match name.as_str() {
            "data.tar" => return in_tar(content),
            "data.tar.gz" => return in_tar(GzDecoder::new(content)),
            "data.tar.xz" => {
                return in_tar(XzReader::new_mem_limit(content, true, XZ_MEMORY_KIB_MAX));
            }
            "data.tar.zst" => {
                let decoder = StreamingDecoder::new(content)
                    .map_err(|e| Unreadable::Io(io::Error::other(e.to_string())))?;
                return in_tar(decoder);
            }
            _ => {
                io::copy(&mut content, &mut io::sink())?;
                // Members begin at even offsets.
                io::copy(&mut (&mut deb).take(size % 2), &mut io::sink())?;
            }
        }
    }
    Err(Unreadable::Form("it has no data.tar"))
}

/// Reads a member's header of 60 bytes: name, four numbers, size, end mark.
fn member(deb: &mut impl Read) -> Result<(String, u64), Unreadable> {
    let mut header = [0; 60];
    deb.read_exact(&mut header)?;
    if &header[58..] != b"`\n" {
        return Err(Unreadable::Form("a member's header does not end as one"));
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    let name = text(&header[..16]).trim_end_matches('/').to_owned();
    let size = text(&header[48..58]).parse();
    Ok((name, size.map_err(|_| Unreadable::Form("a member's size is no number"))?))
}

fn in_tar(tar: impl Read) -> Result<Option<Vec<u8>>, Unreadable> {
    let mut archive = tar::Archive::new(tar.take(UNPACKED_BYTES_MAX));
    for entry in archive.entries()?.take(ENTRIES_MAX) {
        let entry = entry?;
        if !entry.header().entry_type().is_file() || !is_changelog(&entry.path_bytes()) {
            continue;
        }
        let mut text = Vec::new();
        GzDecoder::new(entry).take(CHANGELOG_BYTES_MAX + 1).read_to_end(&mut text)?;
        if u64::try_from(text.len()).is_ok_and(|len| len > CHANGELOG_BYTES_MAX) {
            return Err(Unreadable::Form("its changelog is larger than any real one"));
        }
        return Ok(Some(text));
    }
    Ok(None)
}

/// `usr/share/doc/PACKAGE/changelog.Debian.gz`, or `changelog.gz` where the package is Debian's own.
fn is_changelog(path: &[u8]) -> bool {
    let Ok(path) = std::str::from_utf8(path) else { return false };
    let Some(rest) = path.trim_start_matches("./").strip_prefix("usr/share/doc/") else {
        return false;
    };
    let name = rest.split_once('/').map(|(_, name)| name);
    // A rebuild's own file comes beside the source's: it says only "rebuild".
    matches!(name, Some("changelog.Debian.gz" | "changelog.gz"))
}

#[cfg(test)]
mod tests;
