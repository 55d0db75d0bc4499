//! Streams: which line of releases a host or a version belongs to, so that only that line's advisories
//! are believed about it. Names are those of `model::advisory::Row::stream`.

use model::host::HostFacts;

/// How `os-release` names its distribution, and how streams do.
const NAMES: [(&str, &str); 16] = [
    ("debian", "debian"),
    ("raspbian", "debian"),
    ("ubuntu", "ubuntu"),
    ("almalinux", "alma"),
    ("rocky", "rocky"),
    ("rhel", "rhel"),
    ("centos", "centos"),
    ("fedora", "fedora"),
    ("sles", "suse"),
    ("sled", "suse"),
    ("opensuse-leap", "opensuse"),
    ("amzn", "amazon"),
    ("ol", "oracle"),
    ("azurelinux", "azurelinux"),
    ("mariner", "azurelinux"),
    ("alpine", "alpine"),
];
/// Distributions whose streams are the major version alone: minor releases are one line of repairs.
const BY_MAJOR: [&str; 6] = ["debian", "alma", "rocky", "rhel", "centos", "oracle"];
/// Distributions whose third number is a point release.
const BY_MINOR: [&str; 1] = ["alpine"];

/// Returns the stream of a host, or `None` where it is not known: a rolling release, or a distribution that
/// no feed speaks of. Such a host is "no feed for its stream", never clean.
pub fn of_host(facts: &HostFacts) -> Option<String> {
    let (_, name) = NAMES.iter().find(|(id, _)| *id == facts.os_id)?;
    let version = facts.os_version.as_str();
    let mut parts = version.splitn(3, '.');
    let (major, minor) = (parts.next().unwrap_or(""), parts.next());
    if major.is_empty() || !major.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let shown = if BY_MAJOR.contains(name) {
        major.to_owned()
    } else if BY_MINOR.contains(name) {
        format!("v{major}.{}", minor?)
    } else {
        version.to_owned()
    };
    Some(format!("{name}:{}", shown.trim_start_matches('v')))
}

/// Returns the stream that a version of a package on a host of `host_stream` belongs to. A Debian backport
/// (`1.23.5-1~bpo12+1`) was built from the next release, so that the host's own advisories say nothing of it.
pub fn of_package(host_stream: &str, version: &str) -> String {
    let release = host_stream.strip_prefix("debian:").filter(|_| version.contains("~bpo"));
    let Some((_, tail)) = version.rsplit_once("~bpo").filter(|_| release.is_some()) else {
        return host_stream.to_owned();
    };
    let digits: String = tail.chars().take_while(char::is_ascii_digit).collect();
    // Old backports write `~bpo9+1`, older ones `~bpo50+1`: the release is what stands before the plus.
    if digits.is_empty() || !tail[digits.len()..].starts_with('+') {
        return host_stream.to_owned();
    }
    format!("debian:{digits}-backports")
}

/// What the streams of one package have to do with one another: the rows of one are believed of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Borrowed {
    /// A backport is judged by the release that it was built from; suffixes are set aside.
    NextRelease,
    /// A minor release's own channel: the product line says whether it is affected, a fix elsewhere is none
    /// here.
    OtherMinor,
    /// One side does not say which module stream it means.
    AnyModule,
}

/// Returns the family of a stream: the streams that may lend rows to each other.
pub fn family(stream: &str) -> String {
    let Some((name, version)) = stream.split_once(':') else { return stream.to_owned() };
    if let Some(release) = version.strip_suffix("-backports")
        && let Ok(number) = release.parse::<u32>()
        && let Some(next) = number.checked_add(1)
    {
        return format!("{name}:{next}");
    }
    if name == "rhel" {
        let major = version.split(['.', '+']).next().unwrap_or(version);
        return format!("{name}:{major}");
    }
    stream.to_owned()
}

/// Returns how the rows of `lender` hold for packages of `borrower`; `None`: they do not. Both are of one
/// family and another.
pub fn borrows(borrower: (&str, &str), lender: (&str, &str)) -> Option<Borrowed> {
    let ((to, to_module), (from, from_module)) = (borrower, lender);
    if to == from {
        let is_open = to_module == "?" || from_module == "?";
        let is_both_modular = !to_module.is_empty() && !from_module.is_empty();
        return (is_open && is_both_modular && to_module != from_module)
            .then_some(Borrowed::AnyModule);
    }
    if to_module != from_module {
        return None;
    }
    if to.ends_with("-backports") {
        return (!from.ends_with("-backports")).then_some(Borrowed::NextRelease);
    }
    // `rhel:9.4+eus` looks at `rhel:9` and its other channels; `rhel:9` looks at nobody.
    (to.contains('.') && to.starts_with("rhel:")).then_some(Borrowed::OtherMinor)
}

#[cfg(test)]
mod tests;
