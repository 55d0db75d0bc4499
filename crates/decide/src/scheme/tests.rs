//! Keys against the direct comparers, over random versions and over small changes of them; and the
//! shapes that each scheme refuses. Published vectors and the package managers themselves are in
//! `tests/it`.

use super::*;
use proptest::prelude::*;

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 1000,
        rng_seed: proptest::test_runner::RngSeed::Fixed(7),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Checks that the texts rise, by key and directly, against each other.
fn check(scheme: Scheme, rising: &[&str]) {
    for (at, a) in rising.iter().enumerate() {
        for (other, b) in rising.iter().enumerate() {
            let order = at.cmp(&other);
            assert_eq!(scheme.compare(a, b).unwrap(), order, "{a} against {b}");
            assert_eq!(scheme.key(a).unwrap().cmp(&scheme.key(b).unwrap()), order, "{a}, {b}");
        }
    }
}

fn check_equal(scheme: Scheme, pairs: &[(&str, &str)]) {
    for (a, b) in pairs {
        assert_eq!(scheme.key(a).unwrap(), scheme.key(b).unwrap(), "{a} and {b}");
        assert_eq!(scheme.compare(a, b).unwrap(), Ordering::Equal, "{a} and {b}");
    }
}

fn check_refused(scheme: Scheme, versions: &[&str]) {
    for version in versions {
        scheme.key(version).expect_err(version);
        scheme.compare(version, "1").expect_err(version);
        scheme.compare("1.0.0", version).expect_err(version);
    }
}

#[test]
fn a_stream_has_the_scheme_of_its_distribution_and_products_have_none() {
    let schemes = ["debian:12", "debian:12-backports", "alma:9", "rhel:9.4+eus", "alpine:3.15"]
        .map(Scheme::of_stream);
    let (dpkg, rpm) = (Some(Scheme::Dpkg), Some(Scheme::Rpm));
    assert_eq!(schemes, [dpkg, dpkg, rpm, rpm, Some(Scheme::Apk)]);
    assert_eq!(Scheme::of_stream("windows:2022"), Some(Scheme::Windows));
    assert_eq!(Scheme::of_stream("postgresql:15"), None);
    assert_eq!(Scheme::of_stream(""), None);
}

#[test]
fn debian_versions_of_the_traps_rise() {
    check(Scheme::Dpkg, &["1.0~~", "1.0~~a", "1.0~", "1.0~rc1", "1.0", "1.0Z", "1.0a", "1.0+b1"]);
    check(Scheme::Dpkg, &["1.0-1ubuntu0.1", "1.0-1ubuntu0.2", "1.0-1ubuntu0.10"]);
    check(Scheme::Dpkg, &["590-2.1~deb12u2", "590-2.1~deb12u3", "590-2.1"]);
    check(Scheme::Dpkg, &["9.11.4-1", "32:9.8.2-1", "32:9.11-1"]);
    let long = format!("1.{}", "9".repeat(300));
    let longer = format!("1.1{}", "0".repeat(300));
    check(Scheme::Dpkg, &["1.9", &format!("1.{}", "9".repeat(254)), &long, &longer]);
    let equal = [("1.0", "0:1.0-0"), ("1.0-a", "1.0-a0"), ("1.01", "1.1"), ("1.", "1.0")];
    check_equal(Scheme::Dpkg, &equal);
    check_refused(
        Scheme::Dpkg,
        &[
            "",
            " 1.0",
            "1.0 ",
            "1_0",
            "a:1",
            ":1",
            "1:",
            "1:-1",
            "1-",
            "2147483648:1",
            "1.0é",
            "1/2",
        ],
    );
    Scheme::Dpkg.key("2147483647:1").expect("the greatest epoch of dpkg");
}

#[test]
fn rpm_versions_rise_with_epoch_first_and_a_missing_release_lowest() {
    check(Scheme::Rpm, &["9.11-1", "32:9.8.2-1", "32:9.8.2-1.el9", "32:9.8.2-2", "32:9.11-1"]);
    check(Scheme::Rpm, &["1.0~rc1", "1.0", "1.0-~1", "1.0-1", "1.0^git1", "1.0.a", "1.0.1"]);
    check(Scheme::Rpm, &["5.el8_9", "5.el8_10", "5.el9", "10.el8"]);
    check_equal(Scheme::Rpm, &[("0:1.0-1", "1.0-1"), ("1.01", "1.1"), ("1_0", "1.0"), ("1.", "1")]);
    let long = format!("1.{}-1", "1".repeat(256));
    check_refused(
        Scheme::Rpm,
        &["", "a:1", ":1", "1:", "1-", "-1", "4294967296:1", "(none):1", &long],
    );
    Scheme::Rpm.key(&format!("1.{}-1", "1".repeat(255))).expect("the longest number");
}

#[test]
fn alpine_versions_rise_and_other_forms_are_refused() {
    check(Scheme::Apk, &["1.2_alpha", "1.2_alpha1", "1.2_beta", "1.2_pre", "1.2_rc1", "1.2"]);
    check(
        Scheme::Apk,
        &["1.2", "1.2-r0", "1.2-r1", "1.2~ab", "1.2_cvs", "1.2_p", "1.2_p1", "1.2a"],
    );
    check(Scheme::Apk, &["1.2b", "1.2.0", "1.2.01", "1.2.1", "1.2.9", "1.2.10", "02"]);
    check_equal(Scheme::Apk, &[("1-r", "1-r0"), ("1-r1", "1-r01"), ("01", "1")]);
    check_refused(
        Scheme::Apk,
        &["", "0..8", "1-r0-1", "1.2_blah", "1.0bc", ".1", "1~", "1.2.", "1.0A", "v1", "1-1"],
    );
}

#[test]
fn semantic_versions_rise_and_their_build_does_not_count() {
    check(
        Scheme::Semver,
        &["1.0.0-0", "1.0.0-9", "1.0.0-10", "1.0.0-a", "1.0.0-a.1", "1.0.0-a.b", "1.0.0", "v1.0.1"],
    );
    check_equal(Scheme::Semver, &[("1.0.0+a", "v1.0.0+b"), ("1.0.0-a+1", "1.0.0-a")]);
    check_refused(Scheme::Semver, &["", "1", "1.0", "01.0.0", "1.0.0-", "1.0.0-01", "1.0.0.0"]);
}

#[test]
fn windows_builds_rise_by_build_and_revision() {
    check(Scheme::Windows, &["10.0.17763.9999", "20348", "20348.2700", "10.0.20348.2701", "26100"]);
    check_equal(Scheme::Windows, &[("10.0.20348", "20348.0"), ("6.3.9600.1", "9600.1")]);
    let refused = ["", "10.0.x.1", "+1", "1..2", "1.2.3.4.5", "4294967296", "KB5044281"];
    for version in refused {
        Scheme::Windows.key(version).expect_err(version);
    }
}

#[test]
fn an_unread_version_is_named_with_the_reason_and_cut_short() {
    let error = Scheme::Rpm.key(&"é:".repeat(500)).unwrap_err();
    assert!(error.to_string().ends_with("cannot be read: its epoch is no number"), "{error}");
    assert!(error.to_string().chars().count() < 200);
    let error = Scheme::Dpkg.compare("1.0", "1 0").unwrap_err();
    assert_eq!(
        error.to_string(),
        "version `1 0` cannot be read: it has characters that Debian versions do not have"
    );
}

#[test]
fn suffixes_of_rebuilds_are_set_aside_once_and_only_at_the_end() {
    for (version, base) in [
        ("1.23.5-1~bpo12+1", "1.23.5-1"),
        ("1:10.0.2+ds-2+deb13u1~bpo12+1", "1:10.0.2+ds-2+deb13u1"),
        ("590-2.1~deb12u2", "590-2.1"),
        ("2.54.7+dfsg-1~deb12u1", "2.54.7+dfsg-1"),
        ("1-1~deb12u1~bpo11+1", "1-1~deb12u1"),
        ("1-1+deb12u1", "1-1+deb12u1"),
        ("1-1~deb12u1+local1", "1-1~deb12u1+local1"),
        ("1-1~deb12", "1-1~deb12"),
        ("1-1~bpo+1", "1-1~bpo+1"),
        ("1-1~bpo12+1a", "1-1~bpo12+1a"),
        ("1.0~rc1", "1.0~rc1"),
        ("1.0", "1.0"),
        ("", ""),
    ] {
        assert_eq!(without_suffix(version), base, "{version}");
    }
}

#[test]
fn backports_are_not_exposed_to_what_their_base_fixed() {
    // X06, X07: by the suffix rule equal to the fix; without it older.
    let key = |version| Scheme::Dpkg.key(version).unwrap();
    for (installed, fixed) in [
        ("1.23.5-1~bpo12+1", "1.23.5-1"),
        ("1:10.0.2+ds-2+deb13u1~bpo12+1", "1:10.0.2+ds-2+deb13u1"),
        ("590-2.1~deb12u2", "590-2.1"),
    ] {
        assert!(key(without_suffix(installed)) >= key(fixed), "{installed}");
        assert!(key(installed) < key(fixed), "{installed}");
    }
    // The release's own row is compared with the whole version.
    assert!(key("590-2.1~deb12u2") < key("590-2.1~deb12u3"));
}

/// Two versions of which the second is often the first with a piece cut, doubled or put in.
fn pair(
    of: &'static str,
    pieces: &'static [&'static str],
) -> impl Strategy<Value = (String, String)> {
    let change = (any::<prop::sample::Index>(), prop::sample::select(pieces), 0..5_u8);
    (of, of, change).prop_map(|(a, other, (at, piece, kind))| {
        let at = at.index(a.len() + 1);
        let (before, after) = a.split_at(at);
        let b = match kind {
            0 => other,
            1 => format!("{before}{piece}{after}"),
            2 => format!("{before}{}", after.get(1..).unwrap_or("")),
            3 => format!("{before}{piece}{}", after.get(1..).unwrap_or("")),
            _ => format!("{a}{piece}"),
        };
        (a, b)
    })
}

fn dpkg() -> impl Strategy<Value = (String, String)> {
    pair(
        "([0-2]:)?[0-9]{1,3}[0-2aZ.+~-]{0,6}(-[0-2a+~.]{1,5})?",
        &["~", "0", "00", "1", "+", ".", "-", "a", "A", "~deb12u1", "+deb12u1", "~bpo12+1", ":"],
    )
}

fn rpm() -> impl Strategy<Value = (String, String)> {
    pair(
        "([0-2]:)?[0-9]{1,2}[0-2ab.~^_+]{0,6}(-[0-2a~.^]{1,5})?",
        &["~", "^", "0", "00", "1", "+", ".", "-", "a", ".el9", "_1", ".module+el9", "ä", ":"],
    )
}

fn apk() -> impl Strategy<Value = (String, String)> {
    pair(
        "[0-2]{1,2}(\\.[0-2]{1,3}){0,2}[ab]?(_(alpha|rc|p|git)[0-2]{0,2}){0,2}\
         (~[0-2ab]{1,2})?(-r[0-2]{0,2})?",
        &["0", "1", ".0", ".01", "a", "_p", "_p1", "_rc", "_hg2", "~a", "-r1", "-r", "00"],
    )
}

fn semver_pairs() -> impl Strategy<Value = (String, String)> {
    pair(
        "v?[0-2]\\.[0-2]{1,2}\\.[0-2](-(0|1|10|a|ab|-)(\\.(0|1|10|a|ab|A)){0,2})?(\\+[ab1])?",
        &["0", "1", ".0", "-0", "-a", ".a", "+1", ".10"],
    )
}

fn windows() -> impl Strategy<Value = (String, String)> {
    pair("(10\\.0\\.)?[0-9]{1,5}(\\.[0-9]{1,4})?", &["0", "1", ".0", "9"])
}

/// Keys order as the direct comparer does, equal versions have equal keys, both refuse the same
/// texts.
fn same_answer(scheme: Scheme, a: &str, b: &str) -> Result<(), TestCaseError> {
    match (scheme.key(a), scheme.key(b)) {
        (Ok(a_key), Ok(b_key)) => {
            let direct = scheme.compare(a, b).map_err(|e| TestCaseError::fail(e.to_string()))?;
            prop_assert_eq!(a_key.cmp(&b_key), direct, "{} against {}", a, b);
            prop_assert_eq!(scheme.compare(b, a), Ok(direct.reverse()), "{} against {}", b, a);
            prop_assert_eq!(scheme.compare(a, a), Ok(Ordering::Equal));
        }
        (Err(_), _) | (_, Err(_)) => prop_assert!(scheme.compare(a, b).is_err(), "{} {}", a, b),
    }
    Ok(())
}

/// The order is transitive over three versions, by the direct comparer.
fn transitive(scheme: Scheme, versions: [&str; 3]) -> Result<(), TestCaseError> {
    let [a, b, c] = versions;
    let (Ok(ab), Ok(bc), Ok(ac)) =
        (scheme.compare(a, b), scheme.compare(b, c), scheme.compare(a, c))
    else {
        return Ok(());
    };
    if ab.is_le() && bc.is_le() {
        prop_assert!(ac.is_le(), "{} <= {} <= {}", a, b, c);
        prop_assert_eq!(ac.is_eq(), ab.is_eq() && bc.is_eq(), "{} <= {} <= {}", a, b, c);
    }
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn dpkg_keys_order_as_the_comparer_does((a, b) in dpkg(), (c, _) in dpkg()) {
        same_answer(Scheme::Dpkg, &a, &b)?;
        transitive(Scheme::Dpkg, [&a, &b, &c])?;
    }

    #[test]
    fn rpm_keys_order_as_the_comparer_does((a, b) in rpm(), (c, _) in rpm()) {
        same_answer(Scheme::Rpm, &a, &b)?;
        transitive(Scheme::Rpm, [&a, &b, &c])?;
    }

    #[test]
    fn apk_keys_order_as_the_comparer_does((a, b) in apk(), (c, _) in apk()) {
        same_answer(Scheme::Apk, &a, &b)?;
        transitive(Scheme::Apk, [&a, &b, &c])?;
    }

    #[test]
    fn semver_keys_order_as_the_comparer_does((a, b) in semver_pairs(), (c, _) in semver_pairs()) {
        same_answer(Scheme::Semver, &a, &b)?;
        transitive(Scheme::Semver, [&a, &b, &c])?;
    }

    #[test]
    fn windows_keys_order_as_the_comparer_does((a, b) in windows(), (c, _) in windows()) {
        same_answer(Scheme::Windows, &a, &b)?;
        transitive(Scheme::Windows, [&a, &b, &c])?;
    }

    #[test]
    fn no_text_panics_in_any_scheme(a in "\\PC{0,24}", b in "\\PC{0,24}") {
        for scheme in Scheme::ALL {
            same_answer(scheme, &a, &b)?;
        }
        let _ = without_suffix(&a);
    }
}
