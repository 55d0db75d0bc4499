use super::*;
use expect_test::expect;
use proptest::prelude::*;

const INSTALLED: &str = include_str!("../../../tests/data/bookworm/installed.txt");
const REPOSITORIES: &str = include_str!("../../../tests/data/bookworm/repositories.txt");
const POLICIES: &str = include_str!("../../../tests/data/bookworm/policies.txt");
const RECORDS: &str = include_str!("../../../tests/data/bookworm/records.txt");

#[test]
fn installed_packages_of_a_real_host_are_read() {
    let (all, problems) = installed(INSTALLED);
    assert_eq!(problems, []);
    assert_eq!(all.len(), INSTALLED.lines().count());
    let of = |name: &str| all.iter().find(|one| one.package.name == name).unwrap();
    let bash = of("bash");
    assert!(bash.package.is_held());
    assert_eq!(bash.package.source_version, "5.2.15-2", "a rebuild has its source's own version");
    assert_eq!(of("tzdata").package.state, "iF");
    assert!(of("tzdata").package.is_torn());
    assert!(!of("adduser").package.is_installed());
    assert_eq!(of("libc6-dev").provides, "libc-dev (= 2.36-9+deb12u14)");
    assert_eq!(
        bash.depends,
        "libc6 (>= 2.36), libtinfo6 (>= 6), base-files (>= 2.1.12), debianutils (>= 5.6-0.1)"
    );
}

#[test]
fn one_bad_line_spoils_one_package() {
    let good = INSTALLED.lines().next().unwrap();
    let text = format!("{good}\n-rf\tamd64\t1\tii\t-rf\t1\t\t\t\nhalf a line\n{good}");
    let (all, problems) = installed(&text);
    assert_eq!(all.len(), 2);
    let texts: Vec<_> = problems.iter().map(|problem| problem.text.as_str()).collect();
    expect![[r#"
        [
            "could not understand the entry `-rf\tamd64\t1\tii\t-rf\t1\t\t\t`",
            "could not understand the entry `half a line`",
        ]
    "#]]
    .assert_debug_eq(&texts);
}

#[test]
fn many_bad_lines_are_counted_not_listed() {
    let (_, problems) = installed(&"bad\n".repeat(1_000));
    assert_eq!(problems.len(), PROBLEMS_MAX + 1);
    assert_eq!(problems.last().unwrap().text, "could not understand 980 more entries");
}

#[test]
fn repositories_are_known_by_label_and_suite() {
    let all = releases(REPOSITORIES);
    let shown: Vec<_> = all.iter().map(|(key, r)| (r.origin_of(key), r.is_security())).collect();
    let shown: Vec<_> = shown
        .iter()
        .map(|(o, security)| {
            format!("{} | {} | {} | {} | {security}", o.label, o.origin, o.suite, o.site)
        })
        .collect();
    expect![[r#"
        Debian | Debian | bookworm-updates | http://deb.debian.org/debian | false
        Debian | Debian | bookworm | http://deb.debian.org/debian | false
        Debian-Security | Debian | bookworm-security | http://deb.debian.org/debian-security | true"#]]
    .assert_eq(&shown.join("\n"));
}

#[test]
fn a_third_party_cannot_call_itself_the_security_channel() {
    let fields = "o=Example, Inc.,a=stable-security,n=stable,l=Debian-Security,c=main,b=amd64";
    let release = release(fields);
    assert_eq!(release.origin, "Example, Inc.");
    assert!(!release.is_security());
}

#[test]
fn ubuntu_names_its_security_channel_in_the_suite() {
    let security = release("v=24.04,o=Ubuntu,a=noble-security,n=noble,l=Ubuntu,c=main,b=amd64");
    assert!(security.is_security());
    let key = "http://security.ubuntu.com/ubuntu noble-security/main amd64 Packages";
    assert_eq!(security.origin_of(key).suite, "noble");
}

#[test]
fn a_repository_without_a_release_file_is_known_by_its_place() {
    let origin = Release::default().origin_of("https://packages.example.org/apt ./ Packages");
    assert_eq!(
        (origin.site.as_str(), origin.suite.as_str()),
        ("https://packages.example.org/apt", ".")
    );
}

#[test]
fn policies_tell_candidate_and_where_each_version_is() {
    let all = policies(POLICIES);
    let openssl = &all["openssl"];
    assert_eq!(openssl.installed, "3.0.19-1~deb12u2");
    assert_eq!(openssl.candidate, "3.0.22-1~deb12u2");
    assert_eq!(openssl.repositories("3.0.19-1~deb12u2").count(), 0, "only dpkg knows it");
    let gnutls: Vec<_> = all["libgnutls30"].repositories("3.7.9-2+deb12u7").collect();
    expect![[r#"
        [
            "http://deb.debian.org/debian bookworm/main amd64 Packages",
            "http://deb.debian.org/debian-security bookworm-security/main amd64 Packages",
        ]
    "#]]
    .assert_debug_eq(&gnutls);
}

#[test]
fn policies_of_foreign_and_unknown_packages_are_read() {
    let text = "libc6:i386:\n  Installed: 2.36-9\n  Candidate: 2.36-9+deb12u1\n  Version table:\n\
        \u{20}    2.36-9+deb12u1 500 (phased 10%)\n        500 http://x ./ Packages\n\
        \u{20}*** 2.36-9 100\n        100 /var/lib/dpkg/status\n\
        none:\n  Installed: (none)\n  Candidate: (none)\n  Version table:\n";
    let all = policies(text);
    assert_eq!(all["libc6:i386"].candidate, "2.36-9+deb12u1");
    assert_eq!(
        all["libc6:i386"].repositories("2.36-9+deb12u1").next(),
        Some("http://x ./ Packages")
    );
    assert_eq!(all["none"], Policy::default());
}

#[test]
fn records_name_file_digest_and_needs() {
    let (all, problems) = records(RECORDS);
    assert_eq!(problems, []);
    let record =
        all.iter().find(|r| r.name == "openssl" && r.version == "3.0.22-1~deb12u2").unwrap();
    expect![[r#"
        Record {
            name: "openssl",
            arch: "amd64",
            version: "3.0.22-1~deb12u2",
            source: "openssl",
            source_version: "3.0.22-1~deb12u2",
            provides: "",
            depends: "libc6 (>= 2.34), libssl3 (>= 3.0.9)",
            breaks: "",
            file: Some(
                (
                    5cdf0b735b1c8a96ae0bf83ed328c83c2170f8320dedb035e98705b60b2d0cfe,
                    1441784,
                    "pool/updates/main/o/openssl/openssl_3.0.22-1~deb12u2_amd64.deb",
                ),
            ),
        }
    "#]]
    .assert_debug_eq(record);
    let old = all.iter().find(|r| r.name == "openssl" && r.version == "3.0.19-1~deb12u2").unwrap();
    assert_eq!(old.file, None, "dpkg's own entry names no file");
}

#[test]
fn a_source_version_is_its_own_field_or_the_binarys_without_the_mark_of_a_rebuild() {
    let version = |fields: &str| {
        let text = format!("Package: a\nArchitecture: amd64\n{fields}\n");
        records(&text).0.remove(0).source_version
    };
    assert_eq!(version("Version: 5.2.15-2+b13\nSource: bash (5.2.15-2)"), "5.2.15-2");
    let samba = "Version: 2:2.6.2+samba4.17.12-1\nSource: samba (2:4.17.12-1)";
    assert_eq!(version(samba), "2:4.17.12-1");
    assert_eq!(version("Version: 1.0-1+b2"), "1.0-1");
    assert_eq!(version("Version: 1.0-1+b2\nSource: b"), "1.0-1");
    assert_eq!(version("Version: 1.0-1\nSource: b (nonsense here)"), "1.0-1");
    for whole in ["1.0+beta", "1.0+b", "1.0-1+b2~deb12u1", "1:1.0-1"] {
        assert_eq!(version(&format!("Version: {whole}")), whole);
    }
}

#[test]
fn a_file_name_cannot_leave_the_repository() {
    let sha = "0".repeat(64);
    let record = |path: &str| {
        let text = format!("Package: a\nVersion: 1\nSHA256: {sha}\nSize: 1\nFilename: {path}\n");
        records(&text).0.remove(0).file
    };
    assert!(record("pool/a.deb").is_some());
    assert!(record("../../etc/passwd").is_none());
    assert!(record("pool/a b.deb").is_none());
}

#[test]
fn a_refresh_tells_which_repositories_answered() {
    // Recorded from apt 2.6.1.
    let stdout = "Hit:1 http://deb.debian.org/debian bookworm InRelease\n\
        Get:2 http://deb.debian.org/debian-security bookworm-security InRelease [48.0 kB]\n\
        Err:3 http://repo.example.org/apt stable InRelease\n  Could not resolve 'repo.example.org'\n\
        Reading package lists...\n";
    let stderr = "E: Failed to fetch http://repo.example.org/apt/dists/stable/InRelease  Could not \
        resolve 'repo.example.org'\nE: Some index files failed to download.";
    let refresh = refreshed(stdout, stderr, false);
    assert_eq!(refresh.failed, ["http://repo.example.org/apt stable"]);
    let releases = releases(REPOSITORIES);
    assert!(refresh.is_good_enough(&releases), "only a third party is away");
    expect![[r#"no answer from http://repo.example.org/apt stable: Failed to fetch http://repo.example.org/apt/dists/stable/InRelease  Could not resolve 'repo.example.org'"#]].assert_eq(&refresh.error());

    let own = refreshed("Err:1 http://deb.debian.org/debian bookworm InRelease\n", stderr, false);
    assert!(!own.is_good_enough(&releases), "the distribution's own updates are unknown");
    assert!(refreshed("", "", true).is_good_enough(&releases));
    assert!(!refreshed("", "E: no space", false).is_good_enough(&releases));
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(7), ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_without_panic(text in "[ -~\t\n]{0,300}", odd in "\\PC{0,200}") {
        for text in [&text, &odd] {
            drop((installed(text), policies(text), records(text)));
            refreshed(text, text, false).is_good_enough(&releases(text));
        }
    }

    #[test]
    fn damaged_output_is_read_without_panic(cut in 0..8_000_usize, with in "\\PC{0,3}") {
        for text in [INSTALLED, POLICIES, REPOSITORIES] {
            let mut at = cut.min(text.len());
            while !text.is_char_boundary(at) { at -= 1; }
            let damaged = format!("{}{with}{}", &text[..at], &text[(at + 1).min(text.len())..]);
            drop((installed(&damaged), releases(&damaged), policies(&damaged), records(&damaged)));
        }
    }
}
