//! Which kind of software a package is, for obligations that tell kinds apart. By name, because no package system
//! says it; what is not listed is what its origin says.

use model::clause::SoftwareClass;
use model::package::PatchKind;

/// Office suites, browsers, mail clients, PDF software and security products, by the beginning of their names
/// (`firefox-esr`, `libreoffice-writer`).
const OFFICE: [&str; 30] = [
    "aide",
    "atril",
    "brave-browser",
    "calligra",
    "chromium",
    "clamav",
    "claws-mail",
    "crowdsec",
    "epiphany-browser",
    "evince",
    "evolution",
    "fail2ban",
    "falcon-sensor",
    "firefox",
    "geary",
    "google-chrome",
    "kmail",
    "libreoffice",
    "mdatp",
    "microsoft-edge",
    "mutt",
    "neomutt",
    "okular",
    "opera-stable",
    "rkhunter",
    "thunderbird",
    "vivaldi-stable",
    "wazuh-agent",
    "xpdf",
    "zathura",
];

/// Servers that outsiders talk to, by the beginning of their names.
const ONLINE: [&str; 40] = [
    "apache2",
    "asterisk",
    "bind9",
    "bind",
    "caddy",
    "courier",
    "cyrus-imapd",
    "dnsmasq",
    "docker-registry",
    "dovecot",
    "exim4",
    "exim",
    "freeradius",
    "gitea",
    "gitlab",
    "grafana",
    "haproxy",
    "httpd",
    "jetty",
    "knot",
    "lighttpd",
    "mariadb",
    "mediawiki",
    "mysql",
    "nextcloud",
    "nginx",
    "nsd",
    "openldap",
    "openvpn",
    "postfix",
    "postgresql",
    "proftpd",
    "roundcube",
    "samba",
    "squid",
    "tomcat",
    "unbound",
    "varnish",
    "vsftpd",
    "wordpress",
];

/// Names of packages with device drivers outside the kernel.
const DRIVERS: [&str; 4] = ["akmod-", "kmod-", "nvidia-", "xserver-xorg-video-"];

/// Returns the kind of software of a package, by its source or binary name and the kind of its patches.
pub fn class_of(package: &str, kind: PatchKind) -> SoftwareClass {
    if kind == PatchKind::Firmware || crate::kind::is_firmware(package) {
        return SoftwareClass::Firmware;
    }
    if DRIVERS.iter().any(|start| package.starts_with(start)) {
        return SoftwareClass::Driver;
    }
    if is_in(&OFFICE, package) {
        return SoftwareClass::Office;
    }
    if is_in(&ONLINE, package) {
        return SoftwareClass::OnlineService;
    }
    match kind {
        PatchKind::Application => SoftwareClass::OtherApplication,
        PatchKind::Security | PatchKind::Maintenance | PatchKind::Firmware => {
            SoftwareClass::OperatingSystem
        }
    }
}

/// Returns whether `package` is one of `names` or one with a suffix (`mariadb-10.5`, `tomcat9`): the next letter
/// must not go on with the word, so that `bindfs` is no name server.
fn is_in(names: &[&str], package: &str) -> bool {
    names.iter().any(|name| {
        package
            .strip_prefix(name)
            .is_some_and(|rest| rest.bytes().next().is_none_or(|next| !next.is_ascii_lowercase()))
    })
}
