use super::*;
use proptest::prelude::*;

const STATES: &str = "\
Package: libssl3
Architecture: amd64
Auto-Installed: 1

Package: zlib1g
Architecture: i386
Auto-Installed: 1

Package: vim
Architecture: amd64
Auto-Installed: 0

Package: adduser
Architecture: amd64
Auto-Installed: 1
";

#[test]
fn marks_are_kept_by_name_and_architecture() {
    let all = automatic(STATES);
    assert!(all.has("libssl3", "amd64") && !all.has("libssl3", "i386"));
    assert!(all.has("zlib1g", "i386") && !all.has("zlib1g", "amd64"));
    assert!(!all.has("vim", "amd64") && !all.has("vim", "all"));
    assert!(all.has("adduser", "all"), "listed under the host's own architecture");
    assert!(!all.has("zlib", "all") && !all.has("bash", "amd64"));
    assert_eq!(automatic(""), Automatic::default());
}

#[test]
fn what_apt_mark_prints_says_the_same() {
    let all = Automatic::printed("adduser\nlibssl3\nzlib1g:i386\n\n");
    assert!(all.has("libssl3", "amd64") && all.has("adduser", "all"));
    assert!(all.has("zlib1g", "i386") && !all.has("zlib1g", "amd64"));
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(7), ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_without_panic(odd in "\\PC{0,200}", lines in "[ -~\n]{0,200}") {
        for text in [&odd, &lines] {
            let _marked = automatic(text).has("a", "all");
            let _marked = Automatic::printed(text).has("a", "amd64");
        }
    }
}
