use super::*;
use proptest::prelude::*;

#[test]
fn a_real_field_is_read() {
    let field = "debconf (>= 0.5) | debconf-2.0, python3:any, libc6 (= 2.36-9+deb12u14)";
    let read: Vec<_> = clauses(field).collect();
    assert_eq!(read.len(), 3);
    assert_eq!(read[0][0], Relation { name: "debconf", arch: "", bound: Some((">=", "0.5")) });
    assert_eq!(read[0][1], Relation { name: "debconf-2.0", arch: "", bound: None });
    assert_eq!(read[1][0], Relation { name: "python3", arch: "any", bound: None });
    assert!(read[2][0].admits("2.36-9+deb12u14"));
    assert!(!read[2][0].admits("2.36-9+deb12u15"));
}

#[test]
fn bounds_are_dpkgs() {
    let admits = |field: &str, version: &str| clauses(field).next().unwrap()[0].admits(version);
    assert!(admits("a (<< 2)", "1.9"));
    assert!(!admits("a (<< 2)", "2"));
    assert!(admits("a (>> 2~)", "2"));
    assert!(admits("a (>=2)", "2"));
    assert!(!admits("a (!! 2)", "2"));
    assert!(admits("a [amd64]", "2"));
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(7), ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_without_panic(field in ".{0,200}", version in ".{0,20}") {
        for relation in clauses(&field).flatten() {
            let _ = relation.admits(&version);
        }
    }
}
