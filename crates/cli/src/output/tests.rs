use super::*;

#[test]
fn columns_align_and_lines_do_not_end_in_spaces() {
    let row = |a: &str, b: &str| vec![a.to_owned(), b.to_owned()];
    let text = table(&["HOST", "STATE"], &[row("web-1", "ok"), row("ü", ""), row("a", "applying")]);
    assert_eq!(text, "HOST   STATE\nweb-1  ok\nü\na      applying");
}

#[test]
fn what_moves_the_cursor_or_turns_the_writing_is_shown_as_a_mark() {
    assert_eq!(harmless("a\u{1b}[2J\r\u{202e}b\nc"), "a\u{fffd}[2J\u{fffd}\u{fffd}b\nc");
    assert_eq!(harmless("plain ü 東"), "plain ü 東");
    assert_eq!(cut("abcdef", 3), "abc");
}

#[test]
fn a_row_that_fits_no_terminal_becomes_a_block() {
    let rows = [["a", "1", ""], ["b", "2", "x"]].map(|row| row.map(str::to_owned).to_vec());
    let blocks = blocks(&["WHAT", "STREAM", "DUE"], &rows);
    assert_eq!(blocks, "a\n  stream  1\nb\n  stream  2\n  due     x");
}
