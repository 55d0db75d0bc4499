use super::*;
use expect_test::expect;
use proptest::prelude::*;

#[test]
fn weak_lines_are_found() {
    let text = "deb [arch=amd64 trusted=yes] http://repo.example.org/apt stable main\n\
        deb [signed-by=/usr/share/keyrings/x.gpg] http://good.example.org/apt stable main\n\
        # deb [trusted=yes] http://off.example.org/apt stable main\n\
        deb-src [ allow-insecure=yes ] http://src.example.org/apt stable main\n\
        deb [trusted=no] http://no.example.org/apt stable main\n";
    let texts: Vec<_> = weak("x.list", text).into_iter().map(|problem| problem.text).collect();
    expect![[r#"
        [
            "packages of http://repo.example.org/apt are not verified (trusted=yes)",
            "packages of http://src.example.org/apt are not verified (allow-insecure=yes)",
        ]
    "#]]
    .assert_debug_eq(&texts);
}

#[test]
fn weak_stanzas_are_found_unless_switched_off() {
    let text = "Types: deb\nURIs: http://a.example.org/apt\nSuites: x\nTrusted: yes\n\n\
        Types: deb\nURIs: http://b.example.org/apt\nEnabled: no\nTrusted: yes\n\n\
        # a note\nTypes: deb\nURIs: http://c.example.org/apt\nAllow-Insecure: true\n";
    let texts: Vec<_> = weak("x.sources", text).into_iter().map(|problem| problem.text).collect();
    expect![[r#"
        [
            "packages of http://a.example.org/apt are not verified (trusted=yes)",
            "packages of http://c.example.org/apt are not verified (allow-insecure=yes)",
        ]
    "#]]
    .assert_debug_eq(&texts);
}

#[test]
fn weak_settings_of_apt_itself_are_found() {
    let dump = "APT \"\";\nAcquire::AllowInsecureRepositories \"0\";\n\
        APT::Get::AllowUnauthenticated \"true\";\n";
    let texts: Vec<_> = weak_settings(dump).into_iter().map(|problem| problem.text).collect();
    expect![[r#"
        [
            "apt is set to accept packages that nobody signed (APT::Get::AllowUnauthenticated)",
        ]
    "#]]
    .assert_debug_eq(&texts);
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(7), ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_without_panic(text in "[ -~\n]{0,200}") {
        drop((weak("a.list", &text), weak("a.sources", &text), weak_settings(&text)));
    }
}
