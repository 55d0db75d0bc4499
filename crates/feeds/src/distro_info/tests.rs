use super::*;

#[test]
fn short_rows_end_where_later_dates_do_not_exist() {
    let text = "\
version,codename,series,created,release,eol,eol-server,eol-esm,eol-legacy
16.04 LTS,Xenial Xerus,xenial,2015-10-22,2016-04-21,2021-04-30,2021-04-30,2026-04-23,2028-04-25
25.10,Questing Quokka,questing,2025-04-17,2025-10-09,2026-07-09
27.04,New One,newone,2026-10-29
,Never,never,2015-01-01
sixteen,Bad,bad,2015-01-01
16.10,Bad,bad,2015-01-01,2016-01-01,soon
";
    let set = parse(text.as_bytes(), &Limits::default()).unwrap();
    expect_test::expect![[r#"
        distro-info/ubuntu Whole of no time : 6 entries, 2 rejected
        reject line 6: its version is no number
        reject line 7: its `eol` is no date
        lifecycle ubuntu:16.04, eol Full 2021-04-30, eol-server Maintenance 2021-04-30, eol-esm Paid 2026-04-23, eol-legacy Paid 2028-04-25
        lifecycle ubuntu:25.10, eol Full 2026-07-09
        lifecycle ubuntu:27.04, eol Full not known
    "#]]
    .assert_eq(&crate::shown::set(&set));
}

#[test]
fn another_table_is_refused() {
    for text in ["", "a,b,c\n1,2,3\n", "version,codename,series,created\n"] {
        parse(text.as_bytes(), &Limits::default()).unwrap_err();
    }
}
