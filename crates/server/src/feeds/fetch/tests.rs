#[test]
fn a_date_of_a_header_is_read_and_others_are_none() {
    assert_eq!(super::http_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
    assert_eq!(super::http_date("1994-11-06"), None);
    assert_eq!(super::http_date(""), None);
}
