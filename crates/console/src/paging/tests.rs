use super::*;

#[test]
fn a_page_past_the_end_shows_the_last_rows() {
    let rows: Vec<u32> = (0..101).collect();
    let paging = Paging::new(99, rows.len(), 50);
    assert_eq!((paging.page, paging.slice(&rows)), (3, &[100][..]));
    assert_eq!(paging.words(), "101\u{2013}101 of 101");
}

#[test]
fn an_empty_table_has_one_empty_page() {
    let paging = Paging::new(0, 0, 50);
    assert_eq!((paging.page, paging.pages, paging.words().as_str()), (1, 1, "none"));
    assert_eq!(paging.slice::<u32>(&[]), &[0_u32; 0]);
}

#[test]
fn far_pages_are_reached_over_gaps() {
    assert_eq!(Paging::new(10, 1_000, 50).numbers(), [1, 0, 9, 10, 11, 0, 20]);
    assert_eq!(Paging::new(1, 100, 50).numbers(), [1, 2]);
}
