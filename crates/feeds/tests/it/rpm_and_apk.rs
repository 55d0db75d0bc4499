//! OVAL and secdb: the samples of SUSE, Azure Linux and Alpine.

use crate::{shared, shown};
use feeds::{Limits, SetSummary, accept, oval, secdb};

#[test]
fn azure_linux_has_its_release_in_its_versions() {
    let Some(bytes) = shared::bytes("fixtures/azurelinux-oval-truncated.xml") else { return };
    let set = oval::parse(&bytes, &Limits::default()).unwrap();
    assert_eq!(set.rejects_total, 0);
    expect_test::expect_file!["../data/shown/azurelinux-oval.txt"].assert_eq(&shown::set(&set));
}

/// The sample was cut down by hand: criteria refer to tests that are no longer there. Those definitions are
/// rejected with the reason, the others hold, and the set as a whole is refused.
#[test]
fn definitions_of_a_shortened_document_are_rejected_and_the_set_refused() {
    let Some(bytes) = shared::bytes("fixtures/suse-oval-truncated.xml") else { return };
    let set = oval::parse(&bytes, &Limits::default()).unwrap();
    assert_eq!((set.entries, set.rejects_total), (4, 2), "{:?}", set.rejects);
    expect_test::expect_file!["../data/shown/suse-oval.txt"].assert_eq(&shown::set(&set));
    let none = SetSummary { entries: 0, rows: 0, content_at: None };
    accept(&none, &set).unwrap_err();
    // One that ends in the middle is no document at all.
    oval::parse(&bytes[..bytes.len() / 2], &Limits::default()).unwrap_err();
}

#[test]
fn the_sample_of_secdb_is_in_normal_form() {
    let Some(bytes) = shared::bytes("fixtures/alpine-secdb-v3.15-main.yaml") else { return };
    let set = secdb::parse(&bytes, &Limits::default()).unwrap();
    assert_eq!(set.rejects_total, 0);
    expect_test::expect_file!["../data/shown/alpine-secdb.txt"].assert_eq(&shown::set(&set));
}
