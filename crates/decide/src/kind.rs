//! The kind of a pending update: security, maintenance, firmware or application.
//! Decided from what the host's verified repository metadata says, never from version numbers.

use model::package::{PatchKind, Update};

/// The `Origin` of Release files that a distribution signs itself. Anything else is a third party.
const DISTRIBUTIONS: [&str; 11] = [
    "Debian",
    "Debian Backports",
    "Ubuntu",
    "UbuntuESM",
    "UbuntuESMApps",
    "Raspbian",
    "Raspberry Pi Foundation",
    "Devuan",
    "Kali",
    "linuxmint",
    "Armbian",
];

/// Returns the kind of `update`. Security comes first: a microcode update from a security channel is
/// wanted as soon as any other security update.
pub fn of(update: &Update) -> PatchKind {
    if is_security(update) {
        PatchKind::Security
    } else if !is_distribution(&update.origin.origin) {
        PatchKind::Application
    } else if is_firmware(&update.name) {
        PatchKind::Firmware
    } else {
        PatchKind::Maintenance
    }
}

/// Debian says `Debian-Security` in the label; Ubuntu says `jammy-security` in the suite (and
/// `jammy-infra-security` for what needs a subscription); Debian 10 and older said `buster/updates`.
fn is_security(update: &Update) -> bool {
    let origin = &update.origin;
    update.is_security
        || origin.label.eq_ignore_ascii_case("Debian-Security")
        || origin.suite.ends_with("-security")
        || (origin.origin == "Debian" && origin.suite.ends_with("/updates"))
}

fn is_distribution(origin: &str) -> bool {
    DISTRIBUTIONS.contains(&origin)
}

/// Firmware that lies in packages: what the kernel loads into devices and processors.
pub(crate) fn is_firmware(name: &str) -> bool {
    name.starts_with("firmware-")
        || name.starts_with("linux-firmware")
        || name.ends_with("-microcode")
        || name.ends_with("-firmware")
}

#[cfg(test)]
mod tests;
