//! Advisory data that is shared between checkouts and not part of the repository. A test whose data
//! is missing says so and ends.

use std::io::Read;
use std::path::{Path, PathBuf};

/// The folder beside the checkout, or where `PATCHWELL_SHARED_DATA` points.
pub(crate) fn folder() -> PathBuf {
    #[expect(
        clippy::disallowed_methods,
        reason = "where test data lies is a setting of the machine"
    )]
    let set = std::env::var_os("PATCHWELL_SHARED_DATA");
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    set.map_or_else(|| PathBuf::from(beside), PathBuf::from)
}

/// Returns the bytes of a file, unpacked by its ending (`.gz`, `.xz`); `None`, and a line that says
/// so, where there is no such file.
pub(crate) fn bytes(path: &str) -> Option<Vec<u8>> {
    let path = folder().join(path);
    let Ok(bytes) = std::fs::read(&path) else {
        println!("skipped: no shared data at {}", path.display());
        return None;
    };
    Some(unpacked(&path, bytes))
}

fn unpacked(path: &Path, bytes: Vec<u8>) -> Vec<u8> {
    let mut plain = Vec::new();
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("gz") => flate2::read::MultiGzDecoder::new(&*bytes).read_to_end(&mut plain),
        Some("xz") => lzma_rust2::XzReader::new(&*bytes, true).read_to_end(&mut plain),
        _ => return bytes,
    }
    .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    plain
}

/// Returns names and bytes of the files of a folder, sorted.
pub(crate) fn files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let path = self::folder().join(folder);
    let Ok(entries) = std::fs::read_dir(&path) else {
        println!("skipped: no shared data at {}", path.display());
        return Vec::new();
    };
    let mut files: Vec<(String, Vec<u8>)> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let bytes = std::fs::read(&path).ok()?;
            let name = path.file_name()?.to_string_lossy().into_owned();
            Some((name, unpacked(&path, bytes)))
        })
        .collect();
    files.sort();
    files
}
