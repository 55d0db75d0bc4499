use super::*;

#[test]
fn a_permit_holds_for_minutes_whatever_the_server_says() {
    assert_eq!(permit_until(1_000, 60), 1_060);
    assert_eq!(permit_until(1_000, u32::MAX), 1_300);
    assert_eq!(permit_until(u64::MAX, 60), u64::MAX);
}
