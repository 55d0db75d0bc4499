//! The samples of JSON feeds, and EPSS: each becomes the normal form that is written beside the tests.

use crate::{shared, shown};
use expect_test::{ExpectFile, expect_file};
use feeds::{Limits, load};

fn check(name: &str, expect: &ExpectFile) {
    let Some(bytes) = shared::bytes(&format!("fixtures/{name}")) else { return };
    let mut sets = load(name, &bytes[..], &Limits::default()).unwrap();
    let [set] = sets.as_mut_slice() else { panic!("{name}: {} sets", sets.len()) };
    assert_eq!(set.rejects_total, 0, "{name}: {:?}", set.rejects);
    // Publishers' sentences are theirs: their first words show where a title comes from.
    set.advisories.iter_mut().for_each(|advisory| cut(&mut advisory.title));
    for statement in &mut set.cves {
        cut(&mut statement.title);
        statement.kev.iter_mut().for_each(|kev| cut(&mut kev.name));
    }
    expect.assert_eq(&shown::set(set));
}

fn cut(title: &mut String) {
    *title = title.split_whitespace().take(4).collect::<Vec<_>>().join(" ");
}

#[test]
fn lists_of_cves_are_in_normal_form() {
    check("kev-sample.json", &expect_file!["../data/shown/kev.txt"]);
    check("epss-sample.csv", &expect_file!["../data/shown/epss.txt"]);
    check("nvd-api2-full-page.json", &expect_file!["../data/shown/nvd.txt"]);
}

#[test]
fn osv_of_each_distribution_is_in_normal_form() {
    check("alma-osv-ALSA-2024_2433.json", &expect_file!["../data/shown/alma-osv.txt"]);
    check("rocky-osv-RLSA-2024_3671.json", &expect_file!["../data/shown/rocky-osv.txt"]);
    check("ubuntu-osv-UBUNTU-CVE-2021-3782.json", &expect_file!["../data/shown/ubuntu-cve.txt"]);
    check("ubuntu-osv-USN-5614-1.json", &expect_file!["../data/shown/ubuntu-usn.txt"]);
    check(
        "ubuntu-osv-esm-UBUNTU-CVE-2022-24823.json",
        &expect_file!["../data/shown/ubuntu-esm.txt"],
    );
}

#[test]
fn red_hats_documents_are_in_normal_form() {
    check("redhat-csaf-rhsa-2024_9371.json", &expect_file!["../data/shown/rhsa-2024-9371.txt"]);
    check("redhat-csaf-rhsa-2025_23414.json", &expect_file!["../data/shown/rhsa-2025-23414.txt"]);
    check("redhat-vex-CVE-2023-38545.json.gz", &expect_file!["../data/shown/redhat-vex.txt"]);
    check("redhat-hydra-CVE-2021-25220.json", &expect_file!["../data/shown/hydra.txt"]);
}

#[test]
fn the_trackers_of_debian_and_ubuntu_are_in_normal_form() {
    check("debian-tracker-sample.json", &expect_file!["../data/shown/debian-tracker.txt"]);
    check("ubuntu-openvex-CVE-2023-38545.json", &expect_file!["../data/shown/ubuntu-vex.txt"]);
}
