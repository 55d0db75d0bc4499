use super::*;
use expect_test::{Expect, expect};
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use std::io::Write;

const TEXT: &[u8] = b"{\"a\":1}\n";
/// `TEXT` by `xz`.
#[rustfmt::skip]
const XZ: &[u8] = &[
    0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x04, 0xe6, 0xd6, 0xb4, 0x46, 0x02, 0x00, 0x21, 0x01,
    0x16, 0x00, 0x00, 0x00, 0x74, 0x2f, 0xe5, 0xa3, 0x01, 0x00, 0x07, 0x7b, 0x22, 0x61, 0x22, 0x3a,
    0x31, 0x7d, 0x0a, 0x00, 0xbe, 0x49, 0x91, 0x43, 0x55, 0x04, 0xef, 0x85, 0x00, 0x01, 0x20, 0x08,
    0xbb, 0x19, 0xd9, 0xbb, 0x1f, 0xb6, 0xf3, 0x7d, 0x01, 0x00, 0x00, 0x00, 0x00, 0x04, 0x59, 0x5a,
];

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn bz2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zst(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(u64::try_from(bytes.len()).unwrap());
        header.set_mode(0o644);
        // `set_path` refuses what a hostile archive writes.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        builder.append(&header, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn unpacked(bytes: &[u8], limits: &Limits) -> Result<Vec<(String, Vec<u8>)>, Refused> {
    let mut files = Vec::new();
    let mut take = |leaf: Leaf<'_>| {
        files.push((leaf.name.to_owned(), leaf.bytes.to_owned()));
        Ok(())
    };
    Unpacker::new(limits, false).stream("file", &mut &*bytes, &mut take)?;
    Ok(files)
}

fn check(bytes: &[u8], limits: &Limits, expected: &Expect) {
    let shown = match unpacked(bytes, limits) {
        Ok(files) => {
            let names: Vec<String> = files
                .iter()
                .map(|(name, bytes)| format!("{name}: {} bytes", bytes.len()))
                .collect();
            names.join(", ")
        }
        Err(refused) => refused.to_string(),
    };
    expected.assert_eq(&shown);
}

#[test]
fn each_packing_gives_the_same_bytes() {
    let limits = Limits::default();
    let packings = [
        TEXT.to_owned(),
        gz(TEXT),
        zlib(TEXT),
        bz2(TEXT),
        zst(TEXT),
        XZ.to_owned(),
        gz(&bz2(&zst(TEXT))),
    ];
    for (at, packed) in packings.iter().enumerate() {
        let files = unpacked(packed, &limits).unwrap();
        assert_eq!(files, [("file".to_owned(), TEXT.to_owned())], "{at}");
    }
}

#[test]
fn pieces_one_after_the_other_are_one_file() {
    let limits = Limits::default();
    let skipped: &[u8] = b"\x50\x2a\x4d\x18\x04\0\0\0skip";
    let twice = [TEXT, TEXT].concat();
    for packed in [
        [gz(TEXT), gz(TEXT)].concat(),
        [bz2(TEXT), bz2(TEXT)].concat(),
        [&*zst(TEXT), skipped, &*zst(TEXT)].concat(),
        [skipped, &*zst(TEXT), &*zst(TEXT)].concat(),
        [XZ, XZ].concat(),
    ] {
        assert_eq!(unpacked(&packed, &limits).unwrap()[0].1, twice);
    }
}

#[test]
fn files_of_archives_come_one_by_one_with_their_paths() {
    let limits = Limits::default();
    let files: [(&str, &[u8]); 2] = [("./a/b.json", TEXT), ("c.gz", &gz(TEXT))];
    let expected = expect!["file/a/b.json: 8 bytes, file/c.gz: 8 bytes"];
    check(&tar(&files), &limits, &expected);
    check(&gz(&tar(&files)), &limits, &expected);
    check(&bz2(&zip(&files)), &limits, &expected);
    let mut names = Vec::new();
    let mut take = |leaf: Leaf<'_>| {
        names.push(leaf.name.to_owned());
        Ok(())
    };
    let archive = Cursor::new(zip(&files));
    Unpacker::new(&limits, false).seekable("file", archive, &mut take).unwrap();
    assert_eq!(names, ["file/a/b.json", "file/c.gz"]);
}

#[test]
fn archives_within_archives_end_somewhere() {
    let limits = Limits::default();
    let mut nested = TEXT.to_owned();
    for _ in 0..5 {
        nested = gz(&nested);
    }
    check(&nested, &limits, &expect!["file: 8 bytes"]);
    check(
        &gz(&nested),
        &limits,
        &expect!["`file` holds archives within archives, more than 4 deep: unpack it first"],
    );
}

#[test]
fn bombs_are_refused_while_they_unpack() {
    let limits = Limits::default();
    let blanks = vec![b' '; 4 << 20];
    let expected = expect![
        "`file` unpacks to more than 200 times its size: it is hostile, fetch it anew from its publisher"
    ];
    check(&gz(&blanks), &limits, &expected);
    check(&zlib(&blanks), &limits, &expected);
    check(&bz2(&blanks), &limits, &expected);
    check(&zip(&[("a", &blanks)]), &limits, &expected);
    check(&gz(&tar(&[("a", &blanks)])), &limits, &expected);
    let file = Limits { unpacked_bytes_max: 1 << 20, ratio_max: 1 << 20, ..Limits::default() };
    check(
        &gz(&blanks),
        &file,
        &expect![
            "`file` unpacks to more than 1048576 bytes: it is damaged or hostile, fetch it anew"
        ],
    );
    check(
        &blanks,
        &file,
        &expect![
            "`file` unpacks to more than 1048576 bytes: it is damaged or hostile, fetch it anew"
        ],
    );
    let bundle = Limits { bundle_bytes_max: 3 << 20, ratio_max: 1 << 20, ..Limits::default() };
    let mebibyte = vec![b' '; 1 << 20];
    let many = zip(&[("a", &mebibyte), ("b", &mebibyte), ("c", &mebibyte), ("d", b"x")]);
    check(
        &many,
        &bundle,
        &expect![
            "`file` unpacks to more than 3145728 bytes: it is damaged or hostile, fetch it anew"
        ],
    );
}

#[test]
fn many_files_are_refused() {
    let limits = Limits { files_max: 2, ..Limits::default() };
    let files: [(&str, &[u8]); 3] = [("a", TEXT), ("b", TEXT), ("c", TEXT)];
    check(&tar(&files[..2]), &limits, &expect!["file/a: 8 bytes, file/b: 8 bytes"]);
    check(&tar(&files), &limits, &expect!["`file/c` has more than 2 files: load it in parts"]);
    check(&zip(&files), &limits, &expect!["`file` has more than 2 files: load it in parts"]);
}

#[test]
fn paths_that_leave_their_folder_are_refused() {
    let limits = Limits::default();
    let expected = expect![
        "`file/a/../../b` would leave its folder: it is hostile, fetch the bundle anew from its publisher"
    ];
    check(&tar(&[("a/../../b", TEXT)]), &limits, &expected);
    check(&zip(&[("a/../../b", TEXT)]), &limits, &expected);
    check(
        &tar(&[("/etc/x", TEXT)]),
        &limits,
        &expect![
            "`file//etc/x` would leave its folder: it is hostile, fetch the bundle anew from its publisher"
        ],
    );
}

#[test]
fn whatever_is_cut_off_or_damaged_is_refused() {
    let limits = Limits::default();
    let text: Vec<u8> =
        (0..20_000_u32).flat_map(|n| (n.wrapping_mul(2_654_435_761)).to_be_bytes()).collect();
    for whole in [
        gz(&text),
        bz2(&text),
        zst(&text),
        zlib(&text),
        XZ.to_owned(),
        zip(&[("a", &text)]),
        gz(&tar(&[("a", &text)])),
        tar(&[("a", &text)]),
    ] {
        unpacked(&whole, &limits).unwrap();
        for part in [2, 3] {
            let cut = &whole[..whole.len() * (part - 1) / part];
            let refused = unpacked(cut, &limits).unwrap_err();
            assert!(matches!(refused, Refused::Damaged { .. }), "{refused:?}");
        }
    }
    let mut flipped = gz(&text);
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0x55;
    unpacked(&flipped, &limits).unwrap_err();
}

#[test]
fn hashes_are_of_the_files_as_they_are_packed() {
    let limits = Limits::default();
    let inner = gz(TEXT);
    let mut unpacker = Unpacker::new(&limits, true);
    let archive = gz(&tar(&[("a.gz", &inner)]));
    unpacker.stream("file", &mut &*archive, &mut |_| Ok(())).unwrap();
    let [sealed] = unpacker.sealed.as_slice() else { panic!("{:?}", unpacker.sealed) };
    assert_eq!(
        (sealed.name.as_str(), sealed.bytes),
        ("file/a.gz", u64::try_from(inner.len()).unwrap())
    );
    assert_eq!(sealed.sha256, <[u8; 32]>::from(Sha256::digest(&inner)));
}

#[test]
fn no_beginning_of_a_file_does_harm() {
    let limits = Limits::default();
    for whole in [
        gz(TEXT),
        bz2(TEXT),
        zst(TEXT),
        zlib(TEXT),
        XZ.to_owned(),
        zip(&[("a", TEXT)]),
        tar(&[("a", TEXT)]),
    ] {
        for end in 0..whole.len() {
            let _result = unpacked(&whole[..end], &limits);
        }
    }
}
