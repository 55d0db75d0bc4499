use super::*;

#[test]
fn identifiers_read_back_as_they_are_written() {
    for text in ["CVE-2024-3094", "CVE-1999-0001", "CVE-2026-109518", "CVE-2026-4294967295"] {
        assert_eq!(text.parse::<CveId>().unwrap().to_string(), text);
    }
}

#[test]
fn other_texts_are_refused() {
    for text in [
        "",
        "CVE-2024-1",
        "CVE-24-1234",
        "cve-2024-3094",
        "CVE-2024-3094x",
        "TEMP-0-1",
        "CVE-2026-4294967296",
        "CVE-+024-1234",
    ] {
        assert!(text.parse::<CveId>().is_err(), "{text}");
    }
}
