//! Ids: prefixed, of one length, and derived where two programs must agree.

use super::*;
use proptest::prelude::*;

#[test]
fn ids_carry_their_kind() {
    let id = HostId(0xabc);
    assert_eq!(id.to_string(), "host_00000000000000000000000000000abc");
    assert_eq!(id.to_string().parse(), Ok(id));
    assert!(id.to_string().parse::<RunId>().is_err());
    assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{id}\""));
}

#[test]
fn every_other_spelling_is_refused() {
    for bad in [
        "",
        "host",
        "host_",
        "host_abc",
        "host_00000000000000000000000000000ABC",
        "host_+0000000000000000000000000000abc",
        "host_000000000000000000000000000000abc",
        "HOST_00000000000000000000000000000abc",
        " host_00000000000000000000000000000abc",
    ] {
        let error = bad.parse::<HostId>().unwrap_err().to_string();
        assert!(error.contains("looks like `host_`"), "{error}");
    }
}

#[test]
fn a_run_is_named_by_its_order_and_host_alone() {
    let run = RunId::of(OrderId(1), HostId(2));
    // Pinned: agent, server and command line of different releases must agree.
    assert_eq!(run.to_string(), "run_7637fb3203d12a8914590c88e5ae673e");
    assert_ne!(run, RunId::of(OrderId(2), HostId(1)));
    assert_ne!(run, RunId::of(OrderId(1), HostId(3)));
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: proptest::test_runner::RngSeed::Fixed(4),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_id_reads_back(number: u128) {
        let id = ChangeId(number);
        prop_assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,60}") {
        let _ = text.parse::<TenantId>().is_ok();
    }
}
