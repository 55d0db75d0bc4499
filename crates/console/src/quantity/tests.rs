use super::*;

#[test]
fn thousands_stand_apart() {
    assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
}

#[test]
fn sizes_use_decimal_units_with_one_digit() {
    let sizes = [12, 1_000, 65_432, 999_999, 123_456_789, 2_500_000_000];
    assert_eq!(sizes.map(bytes), ["12 B", "1.0 kB", "65.4 kB", "999 kB", "123 MB", "2.5 GB"]);
}

#[test]
fn one_has_no_plural() {
    assert_eq!([counted(1, "host"), counted(0, "host")], ["1 host", "0 hosts"]);
}
