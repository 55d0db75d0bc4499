//! Which stream an erratum is for. The format has no field for it: the id says whose it is, the
//! distribution's mark in the release of the packages says which release.

use crate::xml::Element;

/// What ids begin with, and whose they are.
const PUBLISHERS: [(&str, &str); 18] = [
    ("ALSA-", "alma"),
    ("ALBA-", "alma"),
    ("ALEA-", "alma"),
    ("RLSA-", "rocky"),
    ("RLBA-", "rocky"),
    ("RLEA-", "rocky"),
    ("RXSA-", "rocky"),
    ("RHSA-", "rhel"),
    ("RHBA-", "rhel"),
    ("RHEA-", "rhel"),
    ("ELSA-", "oracle"),
    ("ELBA-", "oracle"),
    ("ELEA-", "oracle"),
    ("ALAS", "amazon"),
    ("FEDORA-", "fedora"),
    ("openSUSE-", "opensuse"),
    ("SUSE-", "suse"),
    ("CEBA-", "centos"),
];

/// Returns the stream of one collection of an erratum.
pub(super) fn of(update: &Element, collection: &Element) -> Result<String, String> {
    let id = update.text_of("id");
    let by_id = PUBLISHERS.iter().find(|(begin, _)| id.starts_with(begin));
    let Some((_, family)) = by_id else {
        return Err("its id tells no publisher that is known".to_owned());
    };
    if matches!(*family, "suse" | "opensuse") {
        return suse(id, collection);
    }
    let mut releases = collection.all("package").map(|package| package.attribute("release"));
    let Some(number) = releases.find_map(mark) else {
        return Err("no release of its packages carries a distribution's mark".to_owned());
    };
    let name = collection.text_of("name").to_ascii_lowercase();
    // Channels of minor releases are named by their repositories: `rhel-9-for-x86_64-baseos-eus-rpms`.
    let extended = ["eus", "e4s", "aus", "tus"];
    let channel = name.split(['-', '_', ' ']).find(|word| extended.contains(word));
    match (*family, channel, number.split_once('_')) {
        ("rhel", Some(channel), Some((major, minor))) => {
            Ok(format!("rhel:{major}.{minor}+{channel}"))
        }
        (_, _, Some((major, _))) => Ok(format!("{family}:{major}")),
        (_, _, None) => Ok(format!("{family}:{number}")),
    }
}

/// Returns the channel that a stream names: `eus` of `rhel:9.4+eus`.
pub(super) fn channel(stream: &str) -> &str {
    stream.split_once('+').map_or("", |(_, channel)| channel)
}

/// Returns `9_4` of `1.el9_4.2`, `9` of `2.module+el9.1.0+1`, `40` of `1.fc40`, `2023` of `1.amzn2023.0.1`.
fn mark(release: &str) -> Option<String> {
    for word in ["module_el", "module+el", "el", "fc", "amzn"] {
        for (at, _) in release.match_indices(word) {
            let before = release[..at].chars().next_back();
            if before.is_some_and(|c| c.is_ascii_alphanumeric()) {
                continue;
            }
            let rest = &release[at + word.len()..];
            let major: String = rest.chars().take_while(char::is_ascii_digit).collect();
            if major.is_empty() {
                continue;
            }
            let minor = rest[major.len()..].strip_prefix('_').unwrap_or("");
            let minor: String = minor.chars().take_while(char::is_ascii_digit).collect();
            return Some(if minor.is_empty() { major } else { format!("{major}_{minor}") });
        }
    }
    None
}

/// SUSE's releases carry no mark; ids and names of collections hold the product:
/// `SUSE-SLE-Module-Basesystem-15-SP5-2024-1234`, `openSUSE-SLE-15.5-2024-77`, `openSUSE Leap 15.5`.
fn suse(id: &str, collection: &Element) -> Result<String, String> {
    let name = collection.text_of("name");
    for text in [id, name] {
        let parts: Vec<&str> = text.split(['-', ' ', '_']).collect();
        let is_leap = text.starts_with("openSUSE");
        for (at, part) in parts.iter().enumerate() {
            let Some(release) = release(part) else { continue };
            let pack = parts.get(at + 1).and_then(|next| next.strip_prefix("SP"));
            let pack = pack.filter(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
            let family = if is_leap { "opensuse" } else { "suse" };
            return Ok(match pack {
                Some(pack) => format!("{family}:{release}.{pack}"),
                None => format!("{family}:{release}"),
            });
        }
    }
    Err("neither its id nor its collection names a release of SUSE".to_owned())
}

/// `15`, `12`, `15.5`, `16.0`: not a year and not a running number.
fn release(part: &str) -> Option<&str> {
    let major = part.split('.').next()?;
    let is_number = part.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let major: u32 = major.parse().ok().filter(|_| is_number)?;
    (11..=42).contains(&major).then_some(part)
}
