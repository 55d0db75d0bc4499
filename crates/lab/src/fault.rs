//! Faults to plant on a host: what really goes wrong on servers, each as the real thing.

use crate::host::Host;
use anyhow::{Result, bail};
use std::str::FromStr;

/// What to break, or to mend again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// An update pends whose maintainer script fails after unpacking.
    Postinst,
    /// An update pends whose maintainer script fails before unpacking.
    Preinst,
    /// An update pends whose service does not start.
    Service,
    /// An update pends that takes eight seconds.
    Slow,
    /// An update pends whose configuration file the administrator has changed.
    Conffile,
    /// The first pending update is held.
    Hold,
    Unhold,
    /// A package is unpacked and not configured.
    Torn,
    Offline,
    Online,
    /// The agent's state and apt's cache lie on a file system with a megabyte left.
    DiskFull,
    DiskFree,
    /// Another program holds the package manager's lock.
    Lock,
    Unlock,
}

/// Each fault with its word and what it does, for help and messages.
pub const FAULTS: [(&str, Fault, &str); 14] = [
    ("postinst", Fault::Postinst, "an update pends whose postinst fails"),
    ("preinst", Fault::Preinst, "an update pends whose preinst fails"),
    ("service", Fault::Service, "an update pends whose service does not start"),
    ("slow", Fault::Slow, "an update pends that takes eight seconds"),
    ("conffile", Fault::Conffile, "an update pends whose configuration file is edited"),
    ("hold", Fault::Hold, "the first pending update is held"),
    ("unhold", Fault::Unhold, "nothing is held any more"),
    ("torn", Fault::Torn, "a package is unpacked and not configured"),
    ("offline", Fault::Offline, "the network cable is pulled"),
    ("online", Fault::Online, "the network cable is plugged in again"),
    ("disk-full", Fault::DiskFull, "a megabyte is left for the agent and apt's cache"),
    ("disk-free", Fault::DiskFree, "there is room again"),
    ("lock", Fault::Lock, "another program holds the package lock"),
    ("unlock", Fault::Unlock, "the package lock is free again"),
];

impl FromStr for Fault {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let Some((_, fault, _)) = FAULTS.iter().find(|(word, _, _)| *word == text) else {
            let words: Vec<&str> = FAULTS.iter().map(|(word, _, _)| *word).collect();
            bail!("there is no fault `{text}`; there are {}", words.join(", "));
        };
        Ok(*fault)
    }
}

/// Plants `fault` on `host`; returns what it did, for people.
///
/// # Errors
/// The host does not run, or a command on it failed.
pub fn plant(host: &Host, fault: Fault) -> Result<String> {
    match fault {
        Fault::Postinst => pending(host, "lab-bad-postinst"),
        Fault::Preinst => pending(host, "lab-bad-preinst"),
        Fault::Service => pending(host, "lab-bad-service"),
        Fault::Slow => pending(host, "lab-slow"),
        Fault::Conffile => {
            pending(host, "lab-conffile")?;
            host.exec_ok("echo '# edited by the administrator' >> /etc/lab-conffile.conf")?;
            Ok("lab-conffile 2.0 pends, and /etc/lab-conffile.conf is edited".to_owned())
        }
        Fault::Hold => hold(host),
        Fault::Unhold => {
            host.exec_ok("apt-mark showhold | xargs -r apt-mark unhold")?;
            Ok("nothing is held".to_owned())
        }
        Fault::Torn => {
            host.exec_ok(
                "cd /tmp && apt-get -qq download lab-hello=1.0 && \
                 dpkg --unpack lab-hello_1.0_all.deb && rm lab-hello_1.0_all.deb",
            )?;
            Ok("lab-hello is unpacked and not configured".to_owned())
        }
        Fault::Offline => host.set_online(false).map(|()| "the cable is pulled".to_owned()),
        Fault::Online => host.set_online(true).map(|()| "the cable is plugged in".to_owned()),
        Fault::DiskFull => said(host, DISK_FULL, "a megabyte is left for the agent and apt"),
        Fault::DiskFree => said(host, DISK_FREE, "there is room again"),
        Fault::Lock => said(host, LOCK, "the unit lab-lock holds the package lock"),
        Fault::Unlock => said(host, "systemctl stop lab-lock.service", "the lock is free"),
    }
}

/// What is there moves to a small file system laid over it, so that nothing is lost meanwhile.
const DISK_FULL: &str = r#"
for folder in /var/lib/patchwell /var/cache/apt/archives; do
    mkdir -p "$folder" "/run/lab-full$folder"
    used=$(du -sk "$folder" | cut -f1)
    mount -t tmpfs -o "size=$((used + used / 8 + 1024))k,mode=755" lab-full "/run/lab-full$folder"
    cp -a "$folder/." "/run/lab-full$folder/"
    mount --move "/run/lab-full$folder" "$folder" 2>/dev/null ||
        { mount --bind "/run/lab-full$folder" "$folder"; umount "/run/lab-full$folder"; }
done
"#;

/// The agent holds files open there: it is away while the folders move back.
const DISK_FREE: &str = r#"
units=$(systemctl list-units --plain --no-legend --state=active 'patchwell-agent*' | cut -d' ' -f1)
[ -z "$units" ] || systemctl stop $units
for folder in /var/lib/patchwell /var/cache/apt/archives; do
    mkdir -p "/run/lab-back$folder"
    cp -a "$folder/." "/run/lab-back$folder/"
    umount --lazy "$folder"
    find "$folder" -mindepth 1 -delete
    cp -a "/run/lab-back$folder/." "$folder/"
    rm -rf "/run/lab-back$folder"
done
[ -z "$units" ] || systemctl start $units
"#;

/// The same lock that apt takes; Perl is in every Debian.
const LOCK: &str = r#"
systemd-run --quiet --unit=lab-lock.service perl -e '
    use Fcntl qw(:DEFAULT :flock F_SETLKW F_WRLCK SEEK_SET);
    for my $name (qw(lock-frontend lock)) {
        open(my $file, ">>", "/var/lib/dpkg/$name") or die $!;
        my $ask = pack("s s x4 q q l x4", F_WRLCK, SEEK_SET, 0, 0, 0);
        fcntl($file, F_SETLKW, $ask) or die "lock $name: $!";
        push @main::kept, $file;
    }
    sleep 86400;'
for try in $(seq 50); do
    if ! apt-get -qq check 2>/dev/null; then exit 0; fi
    sleep 0.2
done
echo "the lock was not taken" >&2
exit 1
"#;

fn said(host: &Host, script: &str, what: &str) -> Result<String> {
    host.exec_ok(&format!("set -eu\n{script}"))?;
    Ok(what.to_owned())
}

/// Installs the first version of a package of the second repository: its second one then pends.
fn pending(host: &Host, package: &str) -> Result<String> {
    host.exec_ok(&format!(
        "DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get -qq install -y {package}=1.0"
    ))?;
    Ok(format!("{package} 2.0 pends"))
}

fn hold(host: &Host) -> Result<String> {
    let name = host.exec_ok(
        "apt-get -qq -s dist-upgrade | sed -n 's/^Inst \\([^ ]*\\) \\[.*/\\1/p' | sort | head -n 1",
    )?;
    let name = name.trim();
    if name.is_empty() {
        bail!("nothing pends on {}, so there is nothing to hold", host.name);
    }
    host.exec_ok(&format!("apt-mark hold {name}"))?;
    Ok(format!("{name} is held"))
}
