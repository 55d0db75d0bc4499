use super::*;

fn owner(name: &str) -> Owner {
    owner_of_list(&format!("{name}.list")).unwrap()
}

#[test]
fn lists_are_named_after_packages() {
    let ssl = Owner { name: "libssl3".to_owned(), arch: Some("amd64".to_owned()) };
    assert_eq!(owner_of_list("libssl3:amd64.list"), Some(ssl));
    assert_eq!(owner("bash"), Owner { name: "bash".to_owned(), arch: None });
    for other in ["bash.md5sums", "format", ".list", "A.list", "list"] {
        assert_eq!(owner_of_list(other), None, "{other}");
    }
}

#[test]
fn files_are_found_on_merged_and_unmerged_systems() {
    let mut wanted = Wanted::default();
    let libc = wanted.add("/usr/lib/x86_64-linux-gnu/libc.so.6");
    let ssl = wanted.add("/usr/lib/x86_64-linux-gnu/libssl.so.3");
    let shell = wanted.add("/bin/bash");
    let gone = wanted.add("/opt/app/bin/app");
    wanted.read("/.\n/lib/x86_64-linux-gnu/libc.so.6\n", &owner("libc6:amd64"));
    wanted.read("/usr/lib/x86_64-linux-gnu/libssl.so.3\n/usr/share/doc\n", &owner("libssl3:amd64"));
    wanted.read("/usr/bin/bash\n", &owner("bash"));
    let name = |file| wanted.owner(file).map(|owner| owner.name.as_str());
    assert_eq!(
        [libc, ssl, shell, gone].map(name),
        [Some("libc6"), Some("libssl3"), Some("bash"), None]
    );
    assert!(!wanted.is_done());
}

#[test]
fn a_library_that_a_newer_version_renamed_is_found_by_its_link() {
    let mut wanted = Wanted::default();
    let xml = wanted.add("/usr/lib/x86_64-linux-gnu/libxml2.so.2.9.14");
    let list =
        "/usr/lib/x86_64-linux-gnu/libxml2.so.2\n/usr/lib/x86_64-linux-gnu/libxml2.so.2.9.15\n";
    wanted.read(list, &owner("libxml2:amd64"));
    assert_eq!(wanted.owner(xml).map(|owner| owner.name.as_str()), Some("libxml2"));
    assert!(!wanted.is_done(), "its own name would be better");
    // The name itself wins, whichever list comes first.
    wanted.read("/usr/lib/x86_64-linux-gnu/libxml2.so.2.9.14\n", &owner("libxml2-old:amd64"));
    wanted.read(list, &owner("libxml2:amd64"));
    assert_eq!(wanted.owner(xml).map(|owner| owner.name.as_str()), Some("libxml2-old"));
    assert!(wanted.is_done());
}

#[test]
fn a_library_goes_by_four_names_at_most_and_never_by_less_than_its_first_number() {
    assert_eq!(
        names("/usr/lib/libx.so.2.9.14"),
        ["/lib/libx.so.2.9.14", "/lib/libx.so.2.9", "/lib/libx.so.2"]
    );
    assert_eq!(names("/lib/libx.so.1.2.3.4.5.6").len(), STEMS_MAX);
    assert_eq!(names("/usr/lib/libx.so"), ["/lib/libx.so"]);
    assert_eq!(names("/usr/bin/python3.11"), ["/bin/python3.11"]);
    assert_eq!(names("/usr/bin/x.dpkg-new"), ["/bin/x"]);
    assert_eq!(names("/usr/lib/libx.so.1.b"), ["/lib/libx.so.1.b"]);
}

#[test]
fn the_first_list_of_two_keeps_a_file() {
    let mut wanted = Wanted::default();
    let file = wanted.add("/usr/bin/x");
    wanted.read("/usr/bin/x\n", &owner("a"));
    wanted.read("/usr/bin/x\n", &owner("b"));
    assert_eq!(wanted.owner(file), Some(&owner("a")));
    assert_eq!(wanted.owner(file + 1), None);
}
