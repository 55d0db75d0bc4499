use super::{codename_of, is_unreleased, of_codename, of_cpe, of_ecosystem};
use decide::scheme::Scheme;

#[test]
fn codenames_and_branches_are_streams() {
    assert_eq!(of_codename("bookworm").as_deref(), Some("debian:12"));
    assert_eq!(of_codename("jammy").as_deref(), Some("ubuntu:22.04"));
    assert_eq!(of_codename("v3.15").as_deref(), Some("alpine:3.15"));
    for none in ["sid", "", "vx", "v3.15.1", "bookworm-security"] {
        assert_eq!(of_codename(none), None, "{none}");
    }
    assert!(is_unreleased("sid"));
}

#[test]
fn every_codename_leads_back_to_itself() {
    for (codename, stream) in super::CODENAMES {
        assert_eq!(codename_of(stream), Some(codename));
        assert!(Scheme::of_stream(stream).is_some(), "{stream}");
    }
}

#[test]
fn ecosystems_name_their_stream_and_whether_it_takes_a_subscription() {
    let cases = [
        ("Ubuntu:22.04:LTS", Some(("ubuntu:22.04", false))),
        ("Ubuntu:25.10", Some(("ubuntu:25.10", false))),
        ("Ubuntu:Pro:16.04:LTS", Some(("ubuntu:16.04", true))),
        ("Ubuntu:Pro:FIPS:16.04:LTS", None),
        ("AlmaLinux:10", Some(("alma:10", false))),
        ("Rocky Linux:9", Some(("rocky:9", false))),
        ("Debian:12", Some(("debian:12", false))),
        ("Debian", None),
        ("PyPI", None),
    ];
    for (ecosystem, expected) in cases {
        let read = of_ecosystem(ecosystem);
        assert_eq!(read.as_ref().map(|(s, pro)| (s.as_str(), *pro)), expected, "{ecosystem}");
    }
}

#[test]
fn platforms_are_streams_with_their_channel_of_repairs() {
    let cases = [
        ("cpe:/o:redhat:enterprise_linux:6", Some(("rhel:6", ""))),
        ("cpe:/a:redhat:enterprise_linux:9::appstream", Some(("rhel:9", ""))),
        ("cpe:/a:redhat:enterprise_linux:9.6::appstream", Some(("rhel:9", ""))),
        ("cpe:/o:redhat:rhel_eus:9.0::baseos", Some(("rhel:9.0+eus", ""))),
        ("cpe:/o:redhat:rhel_els:6", Some(("rhel:6+els", ""))),
        ("cpe:2.3:o:redhat:rhel_e4s:9.2:*:*:*:*:*:*:*", Some(("rhel:9.2+e4s", ""))),
        ("cpe:/o:suse:sles:15:sp5", Some(("suse:15.5", ""))),
        ("cpe:/o:suse:sle-module-basesystem:15:sp5", Some(("suse:15.5", ""))),
        ("cpe:/o:suse:sles-ltss:15:sp3", Some(("suse:15.3", "ltss"))),
        ("cpe:/o:opensuse:leap:15.5", Some(("opensuse:15.5", ""))),
        ("cpe:/a:redhat:satellite:6.14::el8", None),
        ("cpe:/a:redhat:rhel_satellite_client:6::el9", None),
        ("cpe:/a:redhat:enterprise_linux", None),
        ("", None),
    ];
    for (cpe, expected) in cases {
        let read = of_cpe(cpe);
        assert_eq!(read.as_ref().map(|(s, c)| (s.as_str(), *c)), expected, "{cpe}");
    }
}
