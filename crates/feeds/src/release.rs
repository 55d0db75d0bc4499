//! Releases: the names that publishers write for them, and the streams that the normal form knows them by.

/// Debian's and Ubuntu's codenames. Unstable and experimental are no releases: nobody is told to patch them.
const CODENAMES: [(&str, &str); 65] = [
    ("buzz", "debian:1.1"),
    ("rex", "debian:1.2"),
    ("bo", "debian:1.3"),
    ("hamm", "debian:2.0"),
    ("slink", "debian:2.1"),
    ("potato", "debian:2.2"),
    ("woody", "debian:3.0"),
    ("sarge", "debian:3.1"),
    ("etch", "debian:4"),
    ("lenny", "debian:5"),
    ("squeeze", "debian:6"),
    ("wheezy", "debian:7"),
    ("jessie", "debian:8"),
    ("stretch", "debian:9"),
    ("buster", "debian:10"),
    ("bullseye", "debian:11"),
    ("bookworm", "debian:12"),
    ("trixie", "debian:13"),
    ("forky", "debian:14"),
    ("duke", "debian:15"),
    ("warty", "ubuntu:4.10"),
    ("hoary", "ubuntu:5.04"),
    ("breezy", "ubuntu:5.10"),
    ("dapper", "ubuntu:6.06"),
    ("edgy", "ubuntu:6.10"),
    ("feisty", "ubuntu:7.04"),
    ("gutsy", "ubuntu:7.10"),
    ("hardy", "ubuntu:8.04"),
    ("intrepid", "ubuntu:8.10"),
    ("jaunty", "ubuntu:9.04"),
    ("karmic", "ubuntu:9.10"),
    ("lucid", "ubuntu:10.04"),
    ("maverick", "ubuntu:10.10"),
    ("natty", "ubuntu:11.04"),
    ("oneiric", "ubuntu:11.10"),
    ("precise", "ubuntu:12.04"),
    ("quantal", "ubuntu:12.10"),
    ("raring", "ubuntu:13.04"),
    ("saucy", "ubuntu:13.10"),
    ("trusty", "ubuntu:14.04"),
    ("utopic", "ubuntu:14.10"),
    ("vivid", "ubuntu:15.04"),
    ("wily", "ubuntu:15.10"),
    ("xenial", "ubuntu:16.04"),
    ("yakkety", "ubuntu:16.10"),
    ("zesty", "ubuntu:17.04"),
    ("artful", "ubuntu:17.10"),
    ("bionic", "ubuntu:18.04"),
    ("cosmic", "ubuntu:18.10"),
    ("disco", "ubuntu:19.04"),
    ("eoan", "ubuntu:19.10"),
    ("focal", "ubuntu:20.04"),
    ("groovy", "ubuntu:20.10"),
    ("hirsute", "ubuntu:21.04"),
    ("impish", "ubuntu:21.10"),
    ("jammy", "ubuntu:22.04"),
    ("kinetic", "ubuntu:22.10"),
    ("lunar", "ubuntu:23.04"),
    ("mantic", "ubuntu:23.10"),
    ("noble", "ubuntu:24.04"),
    ("oracular", "ubuntu:24.10"),
    ("plucky", "ubuntu:25.04"),
    ("questing", "ubuntu:25.10"),
    ("resolute", "ubuntu:26.04"),
    ("stonking", "ubuntu:26.10"),
];

/// Returns the stream of a release by its codename (`bookworm` is `debian:12`, `jammy` is `ubuntu:22.04`) or
/// branch (`v3.15` is `alpine:3.15`). `None`: no release that is known here; `sid` is none.
pub fn of_codename(codename: &str) -> Option<String> {
    let known = CODENAMES.iter().find(|(name, _)| *name == codename);
    if let Some((_, stream)) = known {
        return Some((*stream).to_owned());
    }
    let branch = codename.strip_prefix('v')?;
    is_version(branch, 2).then(|| format!("alpine:{branch}"))
}

/// Returns whether the name stands for what will become a release, or for none: rows of it are passed over,
/// and are no rejects.
pub fn is_unreleased(codename: &str) -> bool {
    matches!(codename, "sid" | "unstable" | "experimental" | "rc-buggy" | "edge")
}

/// Returns the codename of a Debian or Ubuntu stream.
pub fn codename_of(stream: &str) -> Option<&'static str> {
    CODENAMES.iter().find(|(_, known)| *known == stream).map(|(name, _)| *name)
}

/// Returns stream and channel of an OSV ecosystem (`Ubuntu:Pro:16.04:LTS`, `Rocky Linux:9`). `None`: no
/// distribution that is known here, or no release.
pub fn of_ecosystem(ecosystem: &str) -> Option<(String, bool)> {
    let (family, rest) = ecosystem.split_once(':')?;
    let mut parts: Vec<&str> = rest.split(':').collect();
    let is_pro = parts.first() == Some(&"Pro");
    if is_pro {
        parts.remove(0);
    }
    // FIPS archives and the like have names before the release; no host is of them.
    let release = *parts.first()?;
    let stream = match family {
        "Debian" if is_version(release, 2) => format!("debian:{release}"),
        "Ubuntu" if is_version(release, 2) => format!("ubuntu:{release}"),
        "AlmaLinux" if is_version(release, 2) => format!("alma:{}", major(release)),
        "Rocky Linux" if is_version(release, 2) => format!("rocky:{}", major(release)),
        "Alpine" => format!("alpine:{}", release.strip_prefix('v').filter(|v| is_version(v, 2))?),
        _ => return None,
    };
    Some((stream, is_pro))
}

/// Returns whether a family of OSV ecosystems is a distribution that is known here.
pub fn is_distribution(ecosystem: &str) -> bool {
    let family = ecosystem.split(':').next().unwrap_or("");
    matches!(family, "Debian" | "Ubuntu" | "AlmaLinux" | "Rocky Linux" | "Alpine")
}

/// Returns stream and channel of a platform's CPE (`cpe:/a:redhat:rhel_eus:9.4::appstream` is `rhel:9.4+eus`,
/// `cpe:/o:suse:sles-ltss:15:sp3` is `suse:15.3` for subscribers of `ltss`). `None`: no stream that a host has.
/// What follows the version narrows it to a repository, so that a longer CPE is of the same stream.
pub fn of_cpe(cpe: &str) -> Option<(String, &'static str)> {
    let rest = cpe.strip_prefix("cpe:/").or_else(|| cpe.strip_prefix("cpe:2.3:"))?;
    let mut parts = rest.split(':').skip(1);
    let (vendor, product, version) = (parts.next()?, parts.next()?, parts.next()?);
    let update = parts.next().unwrap_or("");
    if !is_version(version, 3) {
        return None;
    }
    match (vendor, product) {
        ("redhat", "enterprise_linux") => Some((format!("rhel:{}", major(version)), "")),
        ("redhat", "rhel_eus" | "rhel_e4s" | "rhel_aus" | "rhel_tus" | "rhel_els") => {
            let channel = product.strip_prefix("rhel_").unwrap_or(product);
            Some((format!("rhel:{version}+{channel}"), ""))
        }
        ("opensuse", "leap") => Some((format!("opensuse:{version}"), "")),
        ("suse", _) if is_sle(product) => {
            let channel = if product.contains("ltss") { "ltss" } else { "" };
            let pack = update.strip_prefix("sp").filter(|pack| is_version(pack, 1));
            let pack = pack.map_or_else(String::new, |pack| format!(".{pack}"));
            Some((format!("suse:{version}{pack}"), channel))
        }
        _ => None,
    }
}

fn is_sle(product: &str) -> bool {
    // Products of other names (SUSE Manager, Rancher) are built on it, and are patched as what they are.
    let names = ["sles", "sled", "sle-module-", "sle_hpc", "sle-ha", "sle-we", "sle-rt"];
    names.iter().any(|name| product.starts_with(name))
}

/// The part before the first point: hosts of a family without minor channels are told apart by it.
pub(crate) fn major(release: &str) -> &str {
    release.split('.').next().unwrap_or(release)
}

/// Numbers between points, at most `parts_max` of them.
pub(crate) fn is_version(text: &str, parts_max: usize) -> bool {
    let is_number = |part: &str| {
        !part.is_empty() && part.len() <= 4 && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    text.split('.').count() <= parts_max && text.split('.').all(is_number)
}

#[cfg(test)]
mod tests;
