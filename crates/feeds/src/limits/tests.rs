use super::*;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use std::io::Write;

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn zlib_is_unpacked_within_limits() {
    let limits = Limits::default();
    assert_eq!(limits.unzlib(&zlib(b"VERSION 1\n")).unwrap(), b"VERSION 1\n");
    let bomb = zlib(&vec![b' '; 4 << 20]);
    assert!(matches!(limits.unzlib(&bomb), Err(Refused::Bomb { ratio_max: 200, .. })));
    let small = Limits { unpacked_bytes_max: 1000, ..Limits::default() };
    assert!(matches!(small.unzlib(&bomb), Err(Refused::TooLarge { bytes_max: 1000, .. })));
    let cut = zlib(b"VERSION 1\nand more that cannot be told from less");
    assert!(matches!(limits.unzlib(&cut[..cut.len() / 2]), Err(Refused::Damaged { .. })));
}

#[test]
fn rows_have_a_limit() {
    let limits = Limits { rows_max: 3, ..Limits::default() };
    limits.room_for_rows(1, 2).unwrap();
    limits.room_for_rows(2, 2).unwrap_err();
    limits.room_for_rows(usize::MAX, 1).unwrap_err();
}

#[test]
fn what_can_be_read_and_looks_wrong_may_be_accepted_and_nothing_else() {
    assert!(Refused::Shrunk { old: 10, new: 1 }.may_be_accepted());
    assert!(Refused::TooManyRejects { rejects: 2, entries: 10 }.may_be_accepted());
    assert!(!Refused::form("feed", "x").may_be_accepted());
    assert!(!Refused::Bomb { name: String::new(), ratio_max: 1 }.may_be_accepted());
}
