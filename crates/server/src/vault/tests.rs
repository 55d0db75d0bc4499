//! What people read about files and failed fetches.

use super::{file_name, hint};

#[test]
fn a_file_is_called_by_the_end_of_its_address() {
    for (uri, name) in [
        ("http://deb.debian.org/debian/pool/main/b/bash/bash_5.2_amd64.deb", "bash_5.2_amd64.deb"),
        ("https://repo.example/a.deb?token=x#y", "a.deb"),
        ("https://repo.example/folder/", "folder"),
        ("", ""),
    ] {
        assert_eq!(file_name(uri), name);
    }
}

#[test]
fn every_kind_of_failure_says_what_to_do() {
    assert!(hint("status 404").contains("plan again"));
    assert!(hint("12 bytes of another digest (ab)").contains("other bytes"));
    assert!(hint("the disk that holds the data folder is full").contains("free space"));
    assert!(hint("connection refused").contains("--proxy"));
}
