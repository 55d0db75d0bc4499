use super::*;
use proptest::prelude::*;

/// What dpkg wrote on a real host about two libraries, in fifteen months.
const LOG: &str = include_str!("../../../tests/data/dpkg/dpkg.log");

fn history(text: &str) -> History {
    let mut history = History::default();
    history.read(text, &|name| name == "libssl3" || name == "libsystemd0");
    history
}

fn version(name: &str, moment: &str) -> Option<String> {
    history(LOG).version_before(name, Some("amd64"), moment).map(str::to_owned)
}

#[test]
fn the_version_is_the_one_that_the_next_replacement_took_away() {
    let moments = [
        ("2025-06-24 14:36:26", Some("252.38-1~deb12u1")),
        ("2026-11-25 02:23:00", Some("252.38-1~deb12u1")),
        ("2026-11-25 02:23:02", None),
    ];
    for (moment, expected) in moments {
        assert_eq!(version("libsystemd0", moment).as_deref(), expected, "{moment}");
    }
    let ssl = version("libssl3", "2025-12-31 00:00:00");
    assert_eq!(ssl.as_deref(), Some("3.0.16-1~deb12u1"));
    assert_eq!(version("libssl3", "2026-05-09 07:29:05"), None, "nothing was replaced since");
    assert_eq!(version("bash", "2025-12-31 00:00:00"), None);
}

#[test]
fn in_the_second_of_a_replacement_a_later_one_decides() {
    // Started by the first upgrade's own scripts: it uses what the second took away.
    assert_eq!(version("libsystemd0", "2025-06-24 14:36:25").as_deref(), Some("252.38-1~deb12u1"));
    // Nothing later: its files can only be the old ones.
    assert_eq!(version("libssl3", "2026-05-09 07:29:04").as_deref(), Some("3.0.16-1~deb12u1"));
}

#[test]
fn a_log_that_begins_later_knows_nothing() {
    assert_eq!(history(LOG).begins_at, "2025-06-24 14:36:25");
    assert_eq!(version("libssl3", "2025-06-24 14:36:24"), None);
    let late = &LOG[LOG.find("2026-11-25").unwrap()..];
    let mut late = history(late);
    let libsystemd = |late: &History| {
        late.version_before("libsystemd0", None, "2025-12-31 00:00:00").map(str::to_owned)
    };
    assert_eq!(libsystemd(&late), None);
    late.is_whole = true;
    assert_eq!(libsystemd(&late).as_deref(), Some("252.38-1~deb12u1"), "there never was another");
}

#[test]
fn an_upgrade_that_never_got_its_files_in_place_replaced_nothing() {
    let torn =
        LOG.replace("status unpacked libssl3:amd64 3.0.19-1~deb12u2", "status half-installed");
    assert_eq!(history(&torn).version_before("libssl3", None, "2025-12-31 00:00:00"), None);
}

#[test]
fn architectures_are_kept_apart() {
    let log = "2026-01-01 00:00:00 upgrade libssl3:i386 1 2\n\
               2026-01-01 00:00:01 status unpacked libssl3:i386 2\n\
               2026-01-01 00:00:02 upgrade libssl3:amd64 3 4\n\
               2026-01-01 00:00:03 status unpacked libssl3:amd64 4\n";
    let history = history(log);
    let at = "2026-01-01 00:00:00";
    assert_eq!(history.version_before("libssl3", Some("amd64"), at), Some("3"));
    assert_eq!(history.version_before("libssl3", Some("i386"), at), Some("1"));
    assert_eq!(history.version_before("libssl3", None, at), Some("1"), "the first of any");
    assert_eq!(history.version_before("libssl3", Some("arm64"), at), None);
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(7), ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_without_panic(odd in "\\PC{0,200}", lines in "[ -~\n]{0,200}", cut in 0..3_000_usize) {
        for text in [odd.as_str(), lines.as_str(), LOG.get(..cut).unwrap_or(LOG)] {
            let mut history = History::default();
            history.read(text, &|_| true);
            let _found = history.version_before("libssl3", None, "2025-06-24 14:36:25");
        }
    }
}
