use super::*;
use proptest::prelude::*;

#[test]
fn order_is_dpkgs_own() {
    // Each line was checked with `dpkg --compare-versions`.
    let rising = [
        ("1.0~rc1", "1.0"),
        ("1.0", "1.0-1"),
        ("1.0-1", "1.0-1+b1"),
        ("1.0-1+b1", "1.0-2"),
        ("5.2.15-2+b8", "5.2.15-2+b13"),
        ("3.0.19-1~deb12u2", "3.0.20-1~deb12u2"),
        ("9:1", "10:0"),
        ("1.9", "1.10"),
        ("1.0a", "1.0b"),
        ("1.0a", "1.0+"),
        ("2.36-9+deb12u9", "2.36-9+deb12u14"),
        ("1-1", "1-1.1"),
        ("0~~", "0~"),
    ];
    for (low, high) in rising {
        assert_eq!(compare(low, high), Ordering::Less, "{low} < {high}");
        assert_eq!(compare(high, low), Ordering::Greater, "{high} > {low}");
    }
    assert_eq!(compare("0:1.0", "1.0"), Ordering::Equal);
    assert_eq!(compare("1.01-0", "1.1"), Ordering::Equal);
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(7), ..ProptestConfig::default() })]

    #[test]
    fn any_text_has_an_order(a in ".{0,40}", b in "[0-9a-z.~+:-]{0,20}", c in "[0-9a-z.~+:-]{0,20}") {
        prop_assert_eq!(compare(&a, &a), Ordering::Equal);
        prop_assert_eq!(compare(&b, &c), compare(&c, &b).reverse());
        let _ = compare(&a, &b);
    }
}
