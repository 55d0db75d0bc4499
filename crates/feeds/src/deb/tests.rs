use super::*;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write as _;

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len().try_into().unwrap());
        header.set_mode(0o644);
        header.set_entry_type(tar::EntryType::Regular);
        builder.append_data(&mut header, path, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

fn deb_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut deb = b"!<arch>\n".to_vec();
    for (name, content) in members {
        let header =
            format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, 644, content.len());
        deb.extend(header.as_bytes());
        deb.extend(*content);
        if content.len() % 2 == 1 {
            deb.push(b'\n');
        }
    }
    deb
}

#[test]
fn the_debian_changelog_is_found_behind_an_odd_member() {
    let text = b"tool (1.0-2) bookworm-security; urgency=high\n\n  * CVE-2026-0001\n";
    let tar = tar_of(&[
        ("./usr/bin/tool", b"code"),
        ("./usr/share/doc/tool/copyright", b"free"),
        ("./usr/share/doc/tool/changelog.Debian.gz", &gz(text)),
    ]);
    let control = [7; 33];
    let deb = deb_of(&[
        ("debian-binary", b"2.0\n"),
        ("control.tar.gz", &control),
        ("data.tar.gz", &gz(&tar)),
    ]);
    assert_eq!(changelog(&deb[..]).unwrap().unwrap(), text);
}

#[test]
fn a_package_whose_documents_are_elsewhere_has_none() {
    let tar = tar_of(&[("./usr/lib/libx.so.1", b"code")]);
    let deb = deb_of(&[("debian-binary", b"2.0\n"), ("data.tar", &tar)]);
    assert_eq!(changelog(&deb[..]).unwrap(), None);
}

#[test]
fn what_is_no_package_or_is_cut_off_is_refused() {
    let tar = tar_of(&[("./usr/share/doc/tool/changelog.gz", &gz(b"text"))]);
    let whole = deb_of(&[("debian-binary", b"2.0\n"), ("data.tar.gz", &gz(&tar))]);
    assert!(changelog(&b"PK\x03\x04 something else"[..]).is_err());
    assert!(changelog(&b""[..]).is_err());
    for length in (0..whole.len() - 30).step_by(7) {
        assert!(changelog(&whole[..length]).is_err(), "cut to {length} of {}", whole.len());
    }
}
