//! Documents to begin with: real ones from the shared data, shortened, and small ones of our own, which cover
//! every part of a format that the real ones happen not to use.

use crate::tree;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A seed's length: many small inputs find more than few large ones.
const SEED_BYTES_MAX: usize = 24 * 1024;

/// The folder beside the checkout, or where `PATCHWELL_SHARED_DATA` points.
fn shared() -> PathBuf {
    let set = crate::settings::text("PATCHWELL_SHARED_DATA");
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    set.map_or_else(|| PathBuf::from(beside), PathBuf::from)
}

/// Returns the shared documents of these paths, and our own texts. What is missing is said.
pub(crate) fn of(target: &str, paths: &[&str], own: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let mut seeds = own;
    for path in paths {
        let path = shared().join(path);
        match std::fs::read(&path) {
            Ok(bytes) => seeds.push(short(unpacked(&path, bytes))),
            Err(_) => println!("{target}: no shared data at {}", path.display()),
        }
    }
    assert!(!seeds.is_empty(), "{target}: no seed");
    seeds
}

fn unpacked(path: &Path, bytes: Vec<u8>) -> Vec<u8> {
    let mut plain = Vec::new();
    let read = match path.extension().and_then(|ending| ending.to_str()) {
        Some("gz") => flate2::read::MultiGzDecoder::new(&*bytes).read_to_end(&mut plain),
        Some("xz") => lzma_rust2::XzReader::new(&*bytes, true).read_to_end(&mut plain),
        _ => return bytes,
    };
    read.unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    plain
}

/// Lists lose their tails, texts end with a line, other things stay.
fn short(bytes: Vec<u8>) -> Vec<u8> {
    if bytes.len() <= SEED_BYTES_MAX {
        return bytes;
    }
    if let Ok(mut value) = serde_json::from_slice(&bytes) {
        for list_max in [8, 3, 2, 1] {
            tree::shortened(&mut value, list_max);
            let short = serde_json::to_vec(&value).unwrap_or_default();
            if short.len() <= SEED_BYTES_MAX {
                return short;
            }
        }
        return serde_json::to_vec(&value).unwrap_or_default();
    }
    if bytes.trim_ascii_start().starts_with(b"<") {
        return bytes;
    }
    let head = &bytes[..SEED_BYTES_MAX];
    let end = head.iter().rposition(|b| *b == b'\n').map_or(head.len(), |at| at + 1);
    head[..end].to_vec()
}

/// Returns every packing of a document that is read.
pub(crate) fn packed(document: &[u8]) -> Vec<Vec<u8>> {
    use std::io::Write as _;
    let level = flate2::Compression::fast();
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), level);
    gz.write_all(document).unwrap();
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), level);
    zlib.write_all(document).unwrap();
    let mut bz2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    bz2.write_all(document).unwrap();
    let mut zst = Vec::new();
    ruzstd::encoding::compress(document, &mut zst, ruzstd::encoding::CompressionLevel::Fastest);
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_ustar();
    header.set_size(u64::try_from(document.len()).unwrap());
    header.set_mode(0o644);
    tar.append_data(&mut header, "a/b.json", document).unwrap();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("a/b.json", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(document).unwrap();
    vec![
        document.to_vec(),
        gz.finish().unwrap(),
        zlib.finish().unwrap(),
        bz2.finish().unwrap(),
        xz(),
        zst,
        tar.into_inner().unwrap(),
        zip.finish().unwrap().into_inner(),
    ]
}

/// A list of one advisory in xz, which is only read here, never written.
fn xz() -> Vec<u8> {
    const HEX: &str = "\
        fd377a585a000004e6d6b446020021010c0000008f98419c0100435b3239204d617220323032335d204453412d353338\
        302d312061202d20620a097b4356452d323032332d313339337d0a095b62756c6c736579655d202d206120312e300a00\
        061be5962304423b00015c44fa2239471fb6f37d010000000004595a";
    let digits: Vec<u8> = HEX.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(&String::from_utf8_lossy(pair), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}
