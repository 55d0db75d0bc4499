use super::*;

/// Recorded from apt 2.6.1.
const LINES: &str = "\
dlstatus:13:100.0000:Retrieving file 13 of 13
pmstatus:dpkg-exec:0.0000:Running dpkg
pmstatus:libperl5.36:1.8868:Unpacking libperl5.36 (amd64)
";

#[test]
fn the_last_line_that_says_something_counts() {
    let status = last(LINES, 13);
    assert_eq!(status.note, "unpacking libperl5.36 (1 of 13)");
    assert_eq!(status.done, 0);
    let more = format!("{LINES}pmstatus:libssl3:i386:96.3636:Configuring libssl3 (i386)\npmsta");
    assert_eq!(last(&more, 13).note, "configuring libssl3 (13 of 13)");
    assert_eq!(last(&more, 13).done, 12);
}

#[test]
fn text_that_is_no_status_says_nothing() {
    for text in ["", "x", "pmstatus:", "pmstatus:a:b:c\n", "pmstatus:a:9999999.1:x\n", "\u{fffd}\n"]
    {
        assert_eq!(last(text, 3), Status::default(), "{text}");
    }
}
