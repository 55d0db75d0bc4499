//! What each distribution does its own way in OSV.

use model::advisory::{Label, Until};

/// Whose document it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Debian,
    Ubuntu,
    Alma,
    Rocky,
    Alpine,
}

impl Dialect {
    /// By the document's name, which says it even where nothing is affected any more.
    pub(super) fn of_id(id: &str) -> Option<Self> {
        let prefix = id.split('-').next().unwrap_or("");
        match prefix {
            "DSA" | "DLA" | "DTSA" | "DEBIAN" => Some(Self::Debian),
            "USN" | "UBUNTU" | "LSN" => Some(Self::Ubuntu),
            "ALSA" | "ALBA" | "ALEA" => Some(Self::Alma),
            "RLSA" | "RLBA" | "RLEA" | "RXSA" => Some(Self::Rocky),
            "ALPINE" => Some(Self::Alpine),
            _ => None,
        }
    }

    pub(super) fn of_ecosystem(ecosystem: &str) -> Option<Self> {
        match ecosystem.split(':').next().unwrap_or("") {
            "Debian" => Some(Self::Debian),
            "Ubuntu" => Some(Self::Ubuntu),
            "AlmaLinux" => Some(Self::Alma),
            "Rocky Linux" => Some(Self::Rocky),
            "Alpine" => Some(Self::Alpine),
            _ => None,
        }
    }

    /// The family as OSV writes it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Debian => "Debian",
            Self::Ubuntu => "Ubuntu",
            Self::Alma => "AlmaLinux",
            Self::Rocky => "Rocky Linux",
            Self::Alpine => "Alpine",
        }
    }

    /// Red Hat's rebuilders state their label as the first word of the title, in security notices only: other
    /// titles begin with a package's name, which may be anything.
    pub(super) fn label_of(self, id: &str, title: &str) -> Label {
        let is_notice = match self {
            Self::Alma => id.starts_with("ALSA-"),
            Self::Rocky => id.starts_with("RLSA-") || id.starts_with("RXSA-"),
            Self::Debian | Self::Ubuntu | Self::Alpine => false,
        };
        match title.split_once(':') {
            Some((word, _)) if is_notice => label(word),
            Some(_) | None => Label::NotGiven,
        }
    }
}

/// Returns the label of Ubuntu's and Red Hat's words.
pub(super) fn label(word: &str) -> Label {
    match word.to_ascii_lowercase().as_str() {
        "negligible" => Label::Negligible,
        "low" => Label::Low,
        "medium" | "moderate" => Label::Medium,
        "high" | "important" => Label::High,
        "critical" => Label::Critical,
        _ => Label::NotGiven,
    }
}

/// Returns the label of Debian's words.
pub(super) fn urgency(word: &str) -> Label {
    match word.trim_end_matches('*') {
        "unimportant" => Label::Negligible,
        "low" => Label::Low,
        "medium" => Label::Medium,
        "high" => Label::High,
        _ => Label::NotGiven,
    }
}

/// Notices that repair no hole, by the names of Red Hat's rebuilders.
pub(super) fn is_maintenance(id: &str) -> bool {
    ["ALBA-", "ALEA-", "RLBA-", "RLEA-"].iter().any(|prefix| id.starts_with(prefix))
}

/// Archives with packages of their own beside a release: certified or real-time builds, which say nothing of
/// the release's packages.
pub(super) fn is_apart(ecosystem: &str) -> bool {
    let mut parts = ecosystem.split(':');
    let is_pro = parts.next() == Some("Ubuntu") && parts.next() == Some("Pro");
    is_pro && parts.next().is_some_and(|part| !part.starts_with(|c: char| c.is_ascii_digit()))
}

/// Where the fix is offered: `distro=esm-apps/xenial` in the package's address, else by the words beside it.
pub(super) fn channel(purl: &str, availability: &str) -> String {
    let distro = purl.split(['?', '&']).find_map(|part| part.strip_prefix("distro="));
    if let Some((channel, _)) = distro.and_then(|distro| distro.split_once('/')) {
        return channel.to_owned();
    }
    match availability.contains("Infra-only") {
        true => "esm-infra".to_owned(),
        false => "esm".to_owned(),
    }
}

/// `?` where the fixed release says that it was built as part of some module (`.module_el8`, `.module+el8`).
/// Names of packages say nothing: `grub2-efi-x64-modules` is no module.
pub(super) fn module(until: &Until) -> &'static str {
    let version = match until {
        Until::Fixed(version) | Until::Last(version) => version,
        Until::Open => return "",
    };
    let release = version.rsplit_once('-').map_or("", |(_, release)| release);
    match release.contains(".module_el") || release.contains(".module+el") {
        true => "?",
        false => "",
    }
}
