//! Kinds, from the words of real Release files.

use super::*;
use model::package::Origin;

fn check(name: &str, [label, origin, suite]: [&str; 3], expected: PatchKind) {
    let update = Update {
        name: name.to_owned(),
        arch: "amd64".to_owned(),
        source: name.to_owned(),
        current: "1".to_owned(),
        candidate: "2".to_owned(),
        candidate_source_version: String::new(),
        origin: Origin {
            label: label.to_owned(),
            origin: origin.to_owned(),
            suite: suite.to_owned(),
            site: String::new(),
        },
        is_security: false,
        artifact: None,
        back: None,
        requires: Vec::new(),
        is_held: false,
    };
    assert_eq!(of(&update), expected, "{name} from {label}, {origin}, {suite}");
    assert_eq!(of(&Update { is_security: true, ..update }), PatchKind::Security);
}

#[test]
fn security_channels_make_security_updates() {
    check("openssl", ["Debian-Security", "Debian", "bookworm-security"], PatchKind::Security);
    check("openssl", ["Debian-Security", "Debian", "oldstable/updates"], PatchKind::Security);
    check("openssl", ["Ubuntu", "Ubuntu", "jammy-security"], PatchKind::Security);
    check("openssl", ["UbuntuESM", "UbuntuESM", "xenial-infra-security"], PatchKind::Security);
}

#[test]
fn security_comes_before_firmware() {
    let origin = ["Debian-Security", "Debian", "bookworm-security"];
    check("intel-microcode", origin, PatchKind::Security);
}

#[test]
fn point_releases_are_maintenance() {
    check("bash", ["Debian", "Debian", "bookworm"], PatchKind::Maintenance);
    check("bash", ["Debian", "Debian", "bookworm-updates"], PatchKind::Maintenance);
    check("bash", ["Ubuntu", "Ubuntu", "jammy-updates"], PatchKind::Maintenance);
    check("bash", ["Debian Backports", "Debian Backports", "b-backports"], PatchKind::Maintenance);
}

#[test]
fn firmware_in_packages_is_firmware() {
    for name in ["firmware-iwlwifi", "amd64-microcode", "linux-firmware", "raspi-firmware"] {
        check(name, ["Debian", "Debian", "bookworm"], PatchKind::Firmware);
    }
}

#[test]
fn third_parties_make_application_updates_whatever_their_packages_are_called() {
    check("docker-ce", ["Docker CE", "Docker", "bookworm"], PatchKind::Application);
    check("firmware-acme", ["Acme", "Acme", "stable"], PatchKind::Application);
    check("tool", ["", "", ""], PatchKind::Application);
}
