use super::*;
use crate::providers::apt;
use expect_test::expect;
use model::package::Package;

macro_rules! data {
    ($name:literal) => {
        include_str!(concat!("../../../tests/data/bookworm/", $name))
    };
}

/// What a real host said, read back.
fn real() -> Seen {
    Seen {
        native: "amd64".to_owned(),
        installed: apt::installed(data!("installed.txt")).0,
        releases: apt::releases(data!("repositories.txt")),
        policies: apt::policies(data!("policies.txt")),
        records: apt::records(data!("records.txt")).0,
        mirrors: BTreeMap::new(),
    }
}

/// A host with these packages: `name version depends`, and these candidates.
fn made(installed: &[(&str, &str, &str)], candidates: &[(&str, &str, &str)]) -> Seen {
    let package = |name: &str, version: &str| Package {
        name: name.to_owned(),
        arch: "amd64".to_owned(),
        version: version.to_owned(),
        state: "ii".to_owned(),
        source: name.to_owned(),
        source_version: version.to_owned(),
        origin: None,
    };
    let mut seen = Seen { native: "amd64".to_owned(), ..Seen::default() };
    for (name, version, depends) in installed {
        let package = package(name, version);
        let depends = (*depends).to_owned();
        seen.installed.push(Installed { package, provides: String::new(), depends });
        let policy = Policy { installed: (*version).to_owned(), ..Policy::default() };
        seen.policies.insert((*name).to_owned(), policy);
    }
    for (name, version, fields) in candidates {
        let policy = seen.policies.entry((*name).to_owned()).or_default();
        (*version).clone_into(&mut policy.candidate);
        let text = format!("Package: {name}\nArchitecture: amd64\nVersion: {version}\n{fields}\n");
        seen.records.extend(apt::records(&text).0);
    }
    seen
}

fn requires(seen: &Seen, name: &str) -> Vec<String> {
    let wanted = seen.upgradable();
    let (set, _) = seen.pending(&wanted);
    set.updates.into_iter().find(|update| update.name == name).unwrap().requires
}

/// Names and candidates that `apt list --upgradable` printed.
fn listed(text: &str) -> Vec<String> {
    let line = |line: &str| {
        let mut words = line.split(' ');
        let name = words.next().unwrap().split('/').next().unwrap();
        format!("{name} {}", words.next().unwrap())
    };
    let mut all: Vec<_> = text.lines().map(line).collect();
    all.sort();
    all
}

fn found(seen: &Seen) -> Vec<String> {
    let updates = seen.upgradable();
    let mut all: Vec<_> = updates.iter().map(|o| format!("{} {}", o.name, o.candidate)).collect();
    all.sort();
    all
}

#[test]
fn updates_are_those_that_apt_lists() {
    assert_eq!(found(&real()), listed(data!("upgradable.txt")));
}

#[test]
fn updates_are_those_that_an_older_apt_lists() {
    let seen = Seen {
        native: "amd64".to_owned(),
        installed: apt::installed(include_str!("../../../tests/data/bullseye/installed.txt")).0,
        releases: apt::releases(include_str!("../../../tests/data/bullseye/repositories.txt")),
        policies: apt::policies(include_str!("../../../tests/data/bullseye/policies.txt")),
        ..Seen::default()
    };
    let listed = listed(include_str!("../../../tests/data/bullseye/upgradable.txt"));
    assert!(listed.len() > 10);
    assert_eq!(found(&seen), listed);
}

#[test]
fn an_update_is_told_in_full() {
    let seen = real();
    let (set, problems) = seen.pending(&seen.upgradable());
    let bash = set.updates.iter().find(|update| update.name == "bash").unwrap();
    expect![[r#"
        Update {
            name: "bash",
            arch: "amd64",
            source: "bash",
            current: "5.2.15-2+b8",
            candidate: "5.2.15-2+b13",
            candidate_source_version: "5.2.15-2",
            origin: Origin {
                label: "Debian",
                origin: "Debian",
                suite: "bookworm",
                site: "http://deb.debian.org/debian",
            },
            is_security: false,
            artifact: Some(
                Artifact {
                    sha256: 82130bb6a560cd2a7234d8018baf73f188f5dd56413d5aa0accc987b2197a6a1,
                    size_bytes: 1490652,
                    uri: "http://deb.debian.org/debian/pool/main/b/bash/bash_5.2.15-2+b13_amd64.deb",
                },
            ),
            back: None,
            requires: [
                "debianutils",
                "libtinfo6",
            ],
            is_held: true,
        }
    "#]]
    .assert_debug_eq(bash);
    assert_eq!(problems, []);
    assert_eq!(set.updates.len(), 28);
}

#[test]
fn a_candidates_source_version_is_the_sources_not_the_binarys() {
    let seen = real();
    let (set, _) = seen.pending(&seen.upgradable());
    let rebuilt = set.updates.iter().filter(|one| one.candidate.contains("+b")).count();
    assert!(rebuilt > 0, "the recorded host has rebuilt candidates");
    for update in &set.updates {
        assert!(!update.candidate_source_version.contains("+b"), "{update:?}");
        assert_ne!(update.candidate_source_version, "", "{update:?}");
    }
    let mut seen = real();
    let mut wanted = seen.upgradable();
    seen.policies.extend(apt::policies(data!("policies-added.txt")));
    seen.records.extend(apt::records(data!("records-added.txt")).0);
    wanted.extend(seen.additions(&wanted));
    let image = seen.pending(&wanted).0.additions.remove(0);
    let told = (image.source.as_str(), image.candidate_source_version.as_str());
    assert_eq!(told, ("linux-signed-amd64", "6.1.192+2"));
    assert_eq!(image.candidate, "6.1.192-2");
}

#[test]
fn a_version_that_a_repository_still_lists_has_a_way_back() {
    let seen = real();
    let (set, _) = seen.pending(&seen.upgradable());
    let of = |name: &str| set.updates.iter().find(|update| update.name == name).unwrap();
    let back = of("apt").back.as_ref().unwrap();
    assert!(back.uri.ends_with("/debian/pool/main/a/apt/apt_2.6.1_amd64.deb"), "{}", back.uri);
    assert_eq!(of("openssl").back, None);
}

#[test]
fn security_is_seen_also_where_the_main_suite_carries_the_same_version() {
    let seen = real();
    let (set, _) = seen.pending(&seen.upgradable());
    let gnutls = set.updates.iter().find(|update| update.name == "libgnutls30").unwrap();
    assert_eq!(gnutls.origin.label, "Debian");
    assert!(gnutls.is_security);
    let site = &gnutls.artifact.as_ref().unwrap().uri;
    assert!(site.starts_with("http://deb.debian.org/debian/pool/main/g/gnutls28/"), "{site}");
}

#[test]
fn a_repair_that_is_passed_on_the_way_counts() {
    let mut seen = made(&[("a", "1", "")], &[("a", "3", "")]);
    let key = "http://s s/main amd64 Packages".to_owned();
    let release =
        Release { origin: "Debian".into(), label: "Debian-Security".into(), ..<_>::default() };
    seen.releases.insert(key.clone(), release);
    let listed = |version: &str, keys: Vec<String>| apt::Listed {
        version: version.into(),
        repositories: keys,
    };
    seen.policies.get_mut("a").unwrap().versions =
        vec![listed("3", vec![]), listed("2", vec![key.clone()]), listed("1", vec![])];
    assert!(seen.pending(&seen.upgradable()).0.updates[0].is_security);
    seen.policies.get_mut("a").unwrap().versions =
        vec![listed("3", vec![]), listed("1", vec![key])];
    assert!(!seen.pending(&seen.upgradable()).0.updates[0].is_security, "an old repair is no news");
}

#[test]
fn a_kernel_brings_its_image_in() {
    let mut seen = real();
    let mut wanted = seen.upgradable();
    let unknown = seen.unknown(&wanted);
    assert!(unknown.contains("linux-image-6.1.0-56-amd64"), "{unknown:?}");
    seen.policies.extend(apt::policies(data!("policies-added.txt")));
    seen.records.extend(apt::records(data!("records-added.txt")).0);
    let added = seen.additions(&wanted);
    assert_eq!(added.len(), 1);
    wanted.extend(added);
    // What the image itself needs comes in the next turn.
    let more: Vec<_> = seen.additions(&wanted).into_iter().map(|one| one.name).collect();
    assert_eq!(more, ["initramfs-tools", "kmod"]);
    let (set, _) = seen.pending(&wanted);
    let image = &set.additions[0];
    assert_eq!((image.name.as_str(), image.current.as_str()), ("linux-image-6.1.0-56-amd64", ""));
    assert!(image.is_security && image.artifact.is_some() && image.back.is_none());
    let meta = set.updates.iter().find(|update| update.name == "linux-image-amd64").unwrap();
    assert_eq!(meta.requires, ["linux-image-6.1.0-56-amd64"]);
}

#[test]
fn a_candidate_needs_the_library_at_its_version() {
    let seen = made(
        &[("tool", "1", "lib (= 1)"), ("lib", "1", "")],
        &[("tool", "2", "Depends: lib (= 2)"), ("lib", "2", "")],
    );
    assert_eq!(requires(&seen, "tool"), ["lib"]);
    assert_eq!(requires(&seen, "lib"), ["tool"], "the old tool would be left without its library");
}

#[test]
fn what_the_installed_packages_satisfy_is_not_required() {
    let seen = made(
        &[("tool", "1", ""), ("lib", "2", ""), ("other", "1", "")],
        &[("tool", "2", "Depends: lib (>= 1), none | other"), ("lib", "3", "")],
    );
    assert_eq!(requires(&seen, "tool"), [""; 0]);
}

#[test]
fn a_candidate_that_breaks_an_installed_version_needs_that_ones_update() {
    let seen = made(
        &[("lib", "1", ""), ("tool", "1", "")],
        &[("lib", "2", "Breaks: tool (<< 2)"), ("tool", "2", "")],
    );
    assert_eq!(requires(&seen, "lib"), ["tool"]);
}

#[test]
fn a_need_that_nothing_meets_is_named_so_that_it_is_left_out() {
    let seen = made(&[("tool", "1", "")], &[("tool", "2", "Pre-Depends: gone (>= 5) | lost")]);
    assert_eq!(requires(&seen, "tool"), ["gone"]);
}

#[test]
fn provided_names_satisfy() {
    let mut seen = made(
        &[("mta", "1", ""), ("tool", "1", "")],
        &[("tool", "2", "Depends: mail-agent, versioned (>= 2)")],
    );
    seen.installed[0].provides = "mail-agent, versioned (= 1)".to_owned();
    assert_eq!(requires(&seen, "tool"), ["versioned"], "a provided version must fit too");
    seen.installed[0].provides = "mail-agent, versioned (= 2)".to_owned();
    assert_eq!(requires(&seen, "tool"), [""; 0]);
}

#[test]
fn a_candidate_of_another_architecture_is_shown_and_cannot_be_planned() {
    let mut seen = made(&[("doc", "1", "")], &[("doc", "2", "")]);
    seen.records[0].arch = "all".to_owned();
    let (set, problems) = seen.pending(&seen.upgradable());
    assert_eq!(set.updates[0].artifact, None);
    expect!["the package lists name no file for doc 2 (amd64): shown, but it cannot be planned"]
        .assert_eq(&problems[0].text);
}

#[test]
fn a_mirror_list_is_replaced_by_its_first_address() {
    let mut seen = made(&[("a", "1", "")], &[]);
    let key = "mirror+file:/etc/apt/mirrors/debian.list bookworm/main amd64 Packages".to_owned();
    let policy = seen.policies.get_mut("a").unwrap();
    policy.candidate = "2".into();
    policy.versions = vec![apt::Listed { version: "2".into(), repositories: vec![key] }];
    let sha = "0".repeat(64);
    let text = format!(
        "Package: a\nArchitecture: amd64\nVersion: 2\nSHA256: {sha}\nSize: 1\nFilename: ./pool/a.deb\n"
    );
    seen.records = apt::records(&text).0;
    seen.mirrors.insert(
        "mirror+file:/etc/apt/mirrors/debian.list".into(),
        "https://deb.debian.org/debian".into(),
    );
    let (set, _) = seen.pending(&seen.upgradable());
    assert_eq!(
        set.updates[0].artifact.as_ref().unwrap().uri,
        "https://deb.debian.org/debian/pool/a.deb"
    );
}
