//! Package sets: digests, differences, and what dpkg's letters mean.

use super::*;
use proptest::prelude::*;

fn package(name: &str, version: &str, state: &str) -> Package {
    Package {
        name: name.to_owned(),
        arch: "amd64".to_owned(),
        version: version.to_owned(),
        state: state.to_owned(),
        source: name.to_owned(),
        source_version: version.to_owned(),
        origin: None,
    }
}

#[test]
fn dpkgs_letters_tell_held_torn_and_installed() {
    for (state, is_held, is_torn, is_installed) in [
        ("ii", false, false, true),
        ("hi", true, false, true),
        ("rc", false, false, false),
        ("hc", true, false, false),
        ("pc", false, false, false),
        ("un", false, false, false),
        ("pn", false, false, false),
        ("ri", false, false, true),
        ("iF", false, true, true),
        ("iU", false, true, true),
        ("iH", false, true, true),
        ("iW", false, true, true),
        ("it", false, true, true),
        ("iHR", false, true, true),
        ("iiR", false, true, true),
        ("i", false, true, false),
        ("", false, true, false),
    ] {
        let package = package("a", "1", state);
        assert_eq!(package.is_held(), is_held, "{state}");
        assert_eq!(package.is_torn(), is_torn, "{state}");
        assert_eq!(package.is_installed(), is_installed, "{state}");
    }
}

#[test]
fn the_installed_digest_is_over_sorted_lines() {
    let set = PackageSet::new(vec![package("b", "2", "ii"), package("a", "1", "rc")]);
    assert_eq!(set.installed_digest(), Digest::of(b"a amd64 1 rc\nb amd64 2 ii\n"));
    let unsorted = PackageSet { packages: set.packages.iter().rev().cloned().collect() };
    assert_eq!(unsorted.installed_digest(), set.installed_digest());
}

#[test]
fn a_repository_that_changes_leaves_the_installed_digest() {
    let before = PackageSet::new(vec![package("a", "1", "ii")]);
    let mut after = before.clone();
    after.packages[0].origin = Some(Origin {
        label: "Debian".to_owned(),
        origin: "Debian".to_owned(),
        suite: "bookworm".to_owned(),
        site: "http://deb.debian.org/debian".to_owned(),
    });
    assert_eq!(after.installed_digest(), before.installed_digest());
    assert_ne!(after.set_digest(), before.set_digest());
    assert_eq!(before.with(&after.diff_from(&before)), after);
}

#[test]
fn a_diff_names_only_what_changed() {
    let before = PackageSet::new(vec![
        package("a", "1", "ii"),
        package("b", "1", "ii"),
        package("c", "1", "ii"),
    ]);
    let after = PackageSet::new(vec![
        package("a", "2", "ii"),
        package("b", "1", "hi"),
        package("c", "1", "ii"),
    ]);
    let diff = after.diff_from(&before);
    let key = |version: &str| ("a".to_owned(), "amd64".to_owned(), version.to_owned());
    assert_eq!(diff.base, before.set_digest());
    assert_eq!(diff.removed, [key("1")]);
    assert_eq!(diff.put, [package("a", "2", "ii"), package("b", "1", "hi")]);
}

#[test]
fn a_diff_on_the_wrong_base_shows_in_the_digest() {
    let one = PackageSet::new(vec![package("a", "1", "ii")]);
    let two = PackageSet::new(vec![package("a", "1", "ii"), package("b", "1", "ii")]);
    let other = PackageSet::new(vec![package("z", "1", "ii")]);
    assert_ne!(other.with(&two.diff_from(&one)).set_digest(), two.set_digest());
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: proptest::test_runner::RngSeed::Fixed(5),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_set_with_its_diff_is_the_other_set(before in any_set(), after in any_set()) {
        let diff = after.diff_from(&before);
        prop_assert_eq!(before.with(&diff), after.clone());
        prop_assert_eq!(before.with(&diff).set_digest(), after.set_digest());
        let same = after.diff_from(&after);
        prop_assert!(same.removed.is_empty() && same.put.is_empty());
    }

    #[test]
    fn the_order_of_packages_never_matters(set in any_set(), at in 0..8_usize) {
        let mut turned = set.packages.clone();
        turned.rotate_left(at.min(set.packages.len()));
        prop_assert_eq!(PackageSet::new(turned).set_digest(), set.set_digest());
    }
}

/// Sets in which no package is there twice, as dpkg keeps them.
fn any_set() -> impl Strategy<Value = PackageSet> {
    let versions = prop_oneof!["1", "2"];
    let states = prop_oneof!["ii", "hi", "rc"];
    proptest::collection::btree_map("[a-f]", (versions, states), 0..6).prop_map(|packages| {
        let packages = packages.iter().map(|(name, (v, s))| package(name, v, s));
        PackageSet::new(packages.collect())
    })
}
