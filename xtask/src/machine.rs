//! What this machine can do for the tests: who we are, which programs are there, and on Debian, as
//! root, installing the packages that are missing.

use crate::process;
use std::path::Path;

/// Debian packages that the lab and the browser tests need.
const PACKAGES: [&str; 12] = [
    "chromium",          // the console in a real browser
    "chromium-driver",   // and what drives it
    "debsecan",          // the other opinion on exposures
    "dpkg-dev",          // made-up packages
    "fonts-dejavu-core", // text in screenshots
    "gnupg",             // signs the made-up repository
    "iproute2",          // network name spaces and bridges
    "jq",                // reads `--json` as users do
    "mmdebstrap",        // root file systems
    "openssh-client",    // ssh-keygen: the other opinion on our signatures
    "rpm",               // the other opinion on its versions
    "systemd-container", // systemd-nspawn
];

/// Makes sure that the packages are there. Returns what could not be had, with the reason, or `None`.
pub(crate) fn prepare(root: &Path) -> Option<String> {
    if !has("dpkg-query") || !has("apt-get") {
        return Some("this machine is not Debian or Ubuntu".to_owned());
    }
    let missing: Vec<&str> =
        PACKAGES.into_iter().filter(|name| !is_installed(root, name)).collect();
    if missing.is_empty() {
        return None;
    }
    let names = missing.join(" ");
    if !is_root(root) {
        return Some(format!("not root, and these Debian packages are missing: {names}"));
    }
    println!("installing {names}");
    let env = [("DEBIAN_FRONTEND", "noninteractive")];
    let apt = |args: &[&str]| process::succeeds(root, "apt-get", args, &env).unwrap_or(false);
    // A failed refresh is told by the installation that follows.
    apt(&["update", "-q"]);
    let mut args = vec!["install", "-q", "-y", "--no-install-recommends"];
    args.extend(&missing);
    (!apt(&args)).then(|| format!("apt-get could not install {names}"))
}

/// Returns whether we are root: hosts of the lab need name spaces and mounts.
pub(crate) fn is_root(root: &Path) -> bool {
    process::output(root, "id", &["-u"]).is_ok_and(|id| id.trim() == "0")
}

/// Returns whether `program` is on the usual paths.
pub(crate) fn has(program: &str) -> bool {
    ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
        .iter()
        .any(|folder| Path::new(folder).join(program).exists())
}

fn is_installed(root: &Path, package: &str) -> bool {
    process::output(root, "dpkg-query", &["-W", "-f=${db:Status-Status}", package])
        .is_ok_and(|status| status == "installed")
}
