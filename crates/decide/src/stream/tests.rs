use super::{Borrowed, borrows, family, of_host, of_package};
use model::host::{AgentMode, HostFacts};

#[test]
fn backports_are_streams_of_their_own() {
    assert_eq!(of_package("debian:12", "1.23.5-1~bpo12+1"), "debian:12-backports");
    assert_eq!(of_package("debian:12", "1:10.0.2+ds-2+deb13u1~bpo12+1"), "debian:12-backports");
    assert_eq!(of_package("debian:12", "590-2.1~deb12u2"), "debian:12");
    assert_eq!(of_package("ubuntu:22.04", "1.0~bpo12+1"), "ubuntu:22.04");
    assert_eq!(of_package("debian:12", "1.0~bpox"), "debian:12");
}

#[test]
fn a_backport_borrows_from_the_release_it_was_built_from() {
    assert_eq!(family("debian:12-backports"), family("debian:13"));
    assert_eq!(
        borrows(("debian:12-backports", ""), ("debian:13", "")),
        Some(Borrowed::NextRelease)
    );
    assert_eq!(borrows(("debian:13", ""), ("debian:12-backports", "")), None);
}

#[test]
fn a_minor_channel_looks_at_its_product_line_and_not_the_other_way() {
    assert_eq!(family("rhel:9.4+eus"), "rhel:9");
    assert_eq!(borrows(("rhel:9.0+eus", ""), ("rhel:9", "")), Some(Borrowed::OtherMinor));
    assert_eq!(borrows(("rhel:9", ""), ("rhel:9.0+eus", "")), None);
}

#[test]
fn named_modules_never_mix_and_unnamed_ones_are_uncertain() {
    assert_eq!(borrows(("alma:8", "postgresql:12"), ("alma:8", "postgresql:9.6")), None);
    assert_eq!(borrows(("alma:8", "postgresql:12"), ("alma:8", "?")), Some(Borrowed::AnyModule));
    assert_eq!(borrows(("alma:8", ""), ("alma:8", "?")), None);
}

#[test]
fn hosts_are_in_the_stream_that_their_os_release_names() {
    let check = |os_id: &str, os_version: &str, expected: Option<&str>| {
        assert_eq!(of_host(&facts(os_id, os_version)).as_deref(), expected, "{os_id} {os_version}");
    };
    check("debian", "12", Some("debian:12"));
    check("ubuntu", "22.04", Some("ubuntu:22.04"));
    check("almalinux", "9.4", Some("alma:9"));
    check("alpine", "3.15.4", Some("alpine:3.15"));
    check("sles", "15.5", Some("suse:15.5"));
    check("debian", "", None);
    check("plan9", "4", None);
}

fn facts(os_id: &str, os_version: &str) -> HostFacts {
    HostFacts {
        hostname: String::new(),
        os_id: os_id.to_owned(),
        os_version: os_version.to_owned(),
        os_codename: String::new(),
        os_pretty: String::new(),
        arch: "amd64".to_owned(),
        kernel_running: String::new(),
        kernel_newest: String::new(),
        kernel_package: None,
        kernel_next: String::new(),
        boot_id: String::new(),
        booted_at: 0,
        has_systemd: true,
        virtualization: "none".to_owned(),
        agent_mode: AgentMode::Systemd,
        agent_version: String::new(),
    }
}
