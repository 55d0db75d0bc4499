use super::*;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use std::io::Write as _;

const FEED: &str = "\
VERSION 1
CVE-2026-1000,    ,no description
TEMP-0000001-ABCDEF,    ,a, b
CVE-2026-1001,    ,in less

x,0,SHRF,2-1,1-1+deb12u1 1-1+deb11u2
x,1,S ? ,,
less,2,SM  ,590-2.1,
libbin,0,BL?F,3-1,

x,x libx
less,less

";

fn feed() -> Feed {
    read(FEED.as_bytes(), &Limits::default()).unwrap()
}

fn package(name: &str, version: &str, source: &str) -> Package {
    Package {
        name: name.to_owned(),
        arch: "amd64".to_owned(),
        version: version.to_owned(),
        state: "ii".to_owned(),
        source: source.to_owned(),
        source_version: version.to_owned(),
        origin: None,
    }
}

#[test]
fn packed_and_plain_are_one_feed() {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
    packed.write_all(FEED.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    assert_eq!(read(&packed, &Limits::default()).unwrap(), feed());
    for cut in 1..packed.len() {
        read(&packed[..cut], &Limits::default()).unwrap_err();
    }
}

#[test]
fn a_bomb_is_refused_before_it_is_unpacked() {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
    packed.write_all(b"VERSION 1\n").unwrap();
    packed.write_all(&vec![b'a'; 8 << 20]).unwrap();
    let refused = read(&packed.finish().unwrap(), &Limits::default()).unwrap_err();
    assert!(matches!(refused, Refused::Bomb { .. }), "{refused}");
}

#[test]
fn a_feed_that_is_cut_off_or_refers_to_nothing_is_refused() {
    // The last block may end with its last line; zlib's own sum tells whether it did.
    let last = FEED.find("x,x libx").unwrap();
    for cut in 0..FEED.len() {
        let is_whole = cut >= last && FEED[..cut].ends_with('\n');
        let read = read(&FEED.as_bytes()[..cut], &Limits::default());
        assert_eq!(read.is_ok(), is_whole, "{}", &FEED[..cut]);
    }
    for (from, to) in [("x,0,S", "x,9,S"), ("SHRF", "SHR"), ("SHRF", "XHRF"), ("x,1,S ? ,,", "x,1")]
    {
        read(FEED.replacen(from, to, 1).as_bytes(), &Limits::default()).unwrap_err();
    }
}

#[test]
fn rows_have_a_hole_for_each_listed_version_and_its_rebuilds() {
    let set = parse_for(FEED.as_bytes(), "debian:12", &Limits::default()).unwrap();
    expect_test::expect![[r#"
        debsecan/debian:12 Whole of no time : 4 entries, 1 rejected
        reject libbin CVE-2026-1000: it names a binary package
        advisory CVE-2026-1000 Security High {CVE-2026-1000} "no description" https://security-tracker.debian.org/tracker/CVE-2026-1000
        advisory CVE-2026-1001 Security Medium {CVE-2026-1001} "in less" https://security-tracker.debian.org/tracker/CVE-2026-1001
        advisory TEMP-0000001-ABCDEF Security NotGiven {} "a, b" https://security-tracker.debian.org/tracker/TEMP-0000001-ABCDEF
        row debian:12 less < 590-2.1 Affected CVE-2026-1001 by CVE-2026-1001 foreign
        row debian:12 x from 1-1+deb12u1 < 1-1+deb12u. NotAffected CVE-2026-1000 by CVE-2026-1000
        row debian:12 x from 1-1+deb11u2 < 1-1+deb11u. NotAffected CVE-2026-1000 by CVE-2026-1000
        row debian:12 x < 2-1 Affected CVE-2026-1000 by CVE-2026-1000 foreign
        row debian:12 x every version Affected - by TEMP-0000001-ABCDEF
    "#]]
    .assert_eq(&crate::shown::set(&set));
    assert!(matches!(parse(FEED.as_bytes(), &Limits::default()), Err(Refused::NoStream { .. })));
}

/// The trap of debsecan's own program, and that we step over it.
#[test]
fn a_rebuild_of_a_listed_version_is_not_exposed_here_and_is_there() {
    let feed = feed();
    let count = |version: &str| {
        let package = package("libx", version, "x");
        (feed.compat(&package).len(), feed.exposures(&package).len())
    };
    // One entry has no fix at all.
    assert_eq!(count("1-1+deb12u1"), (1, 1));
    assert_eq!(count("1-1+deb12u1+local1"), (2, 1));
    assert_eq!(count("1-1+deb12u2"), (2, 1));
    assert_eq!(count("1-1+deb11u2+b1"), (2, 1));
    assert_eq!(count("1-1+deb12u1.1"), (2, 1));
    assert_eq!(count("1-1"), (2, 2));
    assert_eq!(count("1-2"), (2, 2));
    assert_eq!(count("1-1+deb13u1"), (2, 2));
    assert_eq!(count("2-1"), (1, 1));
}

#[test]
fn a_backport_of_unstables_version_is_fixed_as_it_is() {
    let feed = feed();
    assert_eq!(feed.exposures(&package("less", "590-2.1~deb12u1", "less")).len(), 0);
    assert_eq!(feed.compat(&package("less", "590-2.1~deb12u1", "less")).len(), 1);
    assert_eq!(feed.exposures(&package("less", "590-2", "less")).len(), 1);
}

#[test]
fn lines_are_those_of_its_own_summary() {
    let feed = feed();
    let lines = |package: &Package| {
        let entries = feed.compat(package);
        entries.into_iter().map(|entry| feed.line(entry, package)).collect::<Vec<_>>()
    };
    assert_eq!(
        lines(&package("libx", "1-1", "x")),
        [
            "CVE-2026-1000 libx (fixed, remotely exploitable, high urgency)",
            "TEMP-0000001-ABCDEF libx"
        ]
    );
    assert_eq!(lines(&package("libold", "2-1", "x")), ["TEMP-0000001-ABCDEF libold (obsolete)"]);
    // A binary package's entry, which is looked at where the source has none.
    assert_eq!(
        lines(&package("libbin", "2-1", "libbin-src")),
        ["CVE-2026-1000 libbin (fixed, low urgency)"]
    );
    let torn = Package { state: "iF".to_owned(), ..package("libx", "1-1", "x") };
    assert_eq!((feed.compat(&torn).len(), feed.exposures(&torn).len()), (0, 2));
    let gone = Package { state: "rc".to_owned(), ..package("libx", "1-1", "x") };
    assert_eq!((feed.compat(&gone).len(), feed.exposures(&gone).len()), (0, 0));
}
