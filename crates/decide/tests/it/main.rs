//! Version order against the real dpkg, where one is installed. Bounded: each comparison is a process.
#![cfg(test)]

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use std::cmp::Ordering;

/// Comparisons per run; each starts dpkg once or twice (about 3 ms).
const CASES: u32 = 300;

#[test]
fn versions_compare_as_dpkg_compares_them() {
    if dpkg("1", "eq", "1").is_none() {
        println!("skipped: dpkg is not installed here");
        return;
    }
    let config = Config {
        cases: CASES,
        rng_seed: RngSeed::Fixed(3),
        failure_persistence: None,
        ..Config::default()
    };
    let result = TestRunner::new(config).run(&(any_version(), any_version()), |(a, b)| {
        let relation = match decide::version::compare(&a, &b) {
            Ordering::Less => "lt",
            Ordering::Equal => "eq",
            Ordering::Greater => "gt",
        };
        prop_assert_eq!(dpkg(&a, relation, &b), Some(true), "{} {} {}", a, relation, b);
        Ok(())
    });
    result.unwrap();
}

/// Well-formed versions from a small alphabet, so that near misses and ties are frequent.
fn any_version() -> impl Strategy<Value = String> {
    ("([01]:)?", "[0-9]{1,2}[0-1a.+~]{0,4}", "(-[0-1a+~.]{1,4})?")
        .prop_map(|(epoch, upstream, revision)| format!("{epoch}{upstream}{revision}"))
}

/// Returns whether `a relation b` holds, or `None` where there is no dpkg.
fn dpkg(a: &str, relation: &str, b: &str) -> Option<bool> {
    #[expect(clippy::disallowed_methods, reason = "the oracle is a program")]
    let command =
        std::process::Command::new("dpkg").args(["--compare-versions", a, relation, b]).output();
    Some(command.ok()?.status.success())
}
