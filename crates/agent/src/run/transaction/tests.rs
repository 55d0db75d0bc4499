use super::*;
use expect_test::expect;
use model::package::{Artifact, PatchKind};
use model::plan::{PLAN_SCHEMA, RebootExpectation, WayBack};
use model::{Digest, HostId};

pub(crate) fn step(name: &str, arch: &str, from: &str, to: &str) -> Step {
    let artifact = Artifact { sha256: Digest::of(b""), size_bytes: 0, uri: String::new() };
    Step {
        name: name.into(),
        arch: arch.into(),
        from: from.into(),
        to: to.into(),
        kind: PatchKind::Security,
        artifact,
        back: None,
    }
}

pub(crate) fn plan(steps: Vec<Step>) -> PlanHost {
    PlanHost {
        schema: PLAN_SCHEMA,
        host: HostId(1),
        name: "web-1".into(),
        ring: 0,
        wave: 0,
        installed_before: Digest::of(b"before"),
        installed_after: Digest::of(b"after"),
        steps,
        reboot: RebootExpectation::None,
        staging_bytes: 0,
        way_back: WayBack::Packages,
    }
}

#[test]
fn the_argument_list_names_exact_versions_and_nothing_that_could_be_fetched_or_removed() {
    let plan = plan(vec![
        step("libssl3", "amd64", "3.0.20-1~deb12u2", "3.0.22-1~deb12u2"),
        step("vim-common", "all", "2:9.0-1", "2:9.0-2"),
    ]);
    let folders = Folders {
        files: "/r/files".into(),
        lists: "/r/lists".into(),
        archives: "/r/a".into(),
        preferences: "/r/preferences".into(),
    };
    let argv = argv(&plan, Verb::Rollback, &folders, Mode::Apply { status_fd: 9 });
    expect![[r#"
        install
        -y
        --no-remove
        --no-install-recommends
        --allow-downgrades
        -o
        Dir::Etc::sourcelist=/dev/null
        -o
        Dir::Etc::sourceparts=/dev/null
        -o
        Dir::Etc::preferencesparts=/dev/null
        -o
        Dir::Cache::pkgcache=
        -o
        Dir::Cache::srcpkgcache=
        -o
        APT::Default-Release=
        -o
        APT::Sandbox::User=root
        -o
        Debug::NoLocking=true
        -o
        Dpkg::Use-Pty=false
        -o
        Dpkg::Options::=--force-confdef
        -o
        Dpkg::Options::=--force-confold
        -o
        Dir::State::Lists=/r/lists
        -o
        Dir::Cache::archives=/r/a
        -o
        Dir::Etc::preferences=/r/preferences
        -o
        APT::Status-Fd=9
        --with-source
        /r/files/libssl3_3.0.22-1~deb12u2_amd64.deb
        --with-source
        /r/files/vim-common_2%3a9.0-2_all.deb
        libssl3:amd64=3.0.22-1~deb12u2
        vim-common=2:9.0-2
    "#]]
    .assert_eq(&(argv.join("\n") + "\n"));
}

#[test]
fn only_the_way_back_may_go_to_a_lower_version() {
    let plan = plan(vec![step("a", "all", "1", "2")]);
    let folders = Folders {
        files: "/f".into(),
        lists: "/l".into(),
        archives: "/a".into(),
        preferences: NO_PREFERENCES.into(),
    };
    let argv = argv(&plan, Verb::Upgrade, &folders, Mode::Simulate);
    assert!(!argv.iter().any(|word| word == "--allow-downgrades"));
}

#[test]
fn a_way_back_is_apts_own_choice() {
    let plan =
        plan(vec![step("libstdc++6", "amd64", "2", "1"), step("a", "all", "1:2", "1:1~rc1")]);
    expect![[r#"
        Package: libstdc++6
        Pin: version 1
        Pin-Priority: 1001

        Package: a
        Pin: version 1:1~rc1
        Pin-Priority: 1001

    "#]]
    .assert_eq(&pins(&plan));
}

#[test]
fn words_that_a_tool_would_take_for_something_else_are_no_plan() {
    let bad = [
        step("less-", "amd64", "1", "2"),
        step("cur.*", "amd64", "1", "2"),
        step("-o", "amd64", "1", "2"),
        step("a/b", "amd64", "1", "2"),
        step("a=1", "amd64", "1", "2"),
        step("Ärger", "amd64", "1", "2"),
        step("a\nb", "amd64", "1", "2"),
        step("a", "amd64", "1", "2 --purge"),
        step("a", "amd64", "1", "-2/x"),
        step("a", "amd64", "1", ""),
        step("a", "am:d64", "1", "2"),
        step("a", "-o", "1", "2"),
        step("a", "", "1", "2"),
    ];
    for step in bad {
        let name = format!("{step:?}");
        assert!(check_words(&plan(vec![step])).is_err(), "{name}");
    }
    let twice = vec![step("a", "amd64", "1", "2"), step("a", "amd64", "1", "3")];
    assert!(check_words(&plan(twice)).is_err());
    assert!(check_words(&plan(vec![])).is_err());
    let good = vec![step("libstdc++6", "amd64", "1", "2:1~rc1+b1-3.1"), step("a0", "all", "", "1")];
    assert_eq!(check_words(&plan(good)), Ok(()));
}
