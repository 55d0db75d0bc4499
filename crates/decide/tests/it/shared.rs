//! Advisory data that is shared between checkouts and not part of the repository. A test whose data
//! is missing says so and ends.

use std::io::Read;
use std::path::PathBuf;

/// The folder beside the checkout, or where `PATCHWELL_SHARED_DATA` points.
fn folder() -> PathBuf {
    #[expect(
        clippy::disallowed_methods,
        reason = "where test data lies is a setting of the machine"
    )]
    let set = std::env::var_os("PATCHWELL_SHARED_DATA");
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    set.map_or_else(|| PathBuf::from(beside), PathBuf::from)
}

/// Returns the text of a file, unpacked by its ending (`.gz`, `.xz`); `None`, and a line that says
/// so, where there is no such file.
pub(crate) fn text(path: &str) -> Option<String> {
    let path = folder().join(path);
    let Ok(bytes) = std::fs::read(&path) else {
        println!("skipped: no shared data at {}", path.display());
        return None;
    };
    let mut text = String::new();
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("gz") => flate2::read::MultiGzDecoder::new(&*bytes).read_to_string(&mut text),
        Some("xz") => lzma_rust2::XzReader::new(&*bytes, true).read_to_string(&mut text),
        _ => (&*bytes).read_to_string(&mut text),
    }
    .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    Some(text)
}
