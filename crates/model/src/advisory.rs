//! An advisory: a published statement that some versions are vulnerable, broken, withdrawn or no longer
//! supported; and the row set, which is what one load of one feed brings.

use crate::cve::{CveId, CveStatement};
use serde::{Deserialize, Serialize};

/// The feeds that are read: one per published format and publisher's dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feed {
    /// CISA Known Exploited Vulnerabilities, JSON.
    Kev,
    /// FIRST EPSS, CSV of one day.
    Epss,
    /// CVE JSON 5 records with ADP containers.
    CveRecord,
    /// NVD API 2.0 pages.
    Nvd,
    /// Debian security tracker, JSON.
    DebianTracker,
    /// Debian's DSA and DLA lists, text.
    DebianList,
    /// debsecan's wire format. A fallback: its answer is weaker than the tracker's.
    Debsecan,
    /// CVEs that changelogs of a distribution's packages name as fixed.
    Changelog,
    /// OSV documents (Debian, Ubuntu, `AlmaLinux`, Rocky Linux).
    Osv,
    /// `OpenVEX` documents (Ubuntu).
    OpenVex,
    /// CSAF 2.0 security advisories (Red Hat, SUSE).
    Csaf,
    /// CSAF 2.0 VEX documents (Red Hat, SUSE).
    CsafVex,
    /// Red Hat's REST documents.
    Hydra,
    /// `updateinfo.xml` of an rpm repository.
    Updateinfo,
    /// OVAL definitions (SUSE, Oracle, Azure Linux).
    Oval,
    /// Alpine secdb, JSON or YAML.
    Secdb,
    /// Microsoft's CVRF documents.
    Msrc,
    /// distro-info-data, CSV.
    DistroInfo,
    /// endoflife.date product pages.
    Endoflife,
    /// debian-security-support lists.
    DebianSupport,
}

impl Feed {
    /// Every feed, in the order that pages show them.
    pub const ALL: [Self; 20] = [
        Self::Kev,
        Self::Epss,
        Self::CveRecord,
        Self::Nvd,
        Self::DebianTracker,
        Self::DebianList,
        Self::Debsecan,
        Self::Changelog,
        Self::Osv,
        Self::OpenVex,
        Self::Csaf,
        Self::CsafVex,
        Self::Hydra,
        Self::Updateinfo,
        Self::Oval,
        Self::Secdb,
        Self::Msrc,
        Self::DistroInfo,
        Self::Endoflife,
        Self::DebianSupport,
    ];

    /// Returns the word that stands for the feed in tables, addresses and output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Kev => "kev",
            Self::Epss => "epss",
            Self::CveRecord => "cve-record",
            Self::Nvd => "nvd",
            Self::DebianTracker => "debian-tracker",
            Self::DebianList => "debian-list",
            Self::Debsecan => "debsecan",
            Self::Changelog => "changelog",
            Self::Osv => "osv",
            Self::OpenVex => "open-vex",
            Self::Csaf => "csaf",
            Self::CsafVex => "csaf-vex",
            Self::Hydra => "hydra",
            Self::Updateinfo => "updateinfo",
            Self::Oval => "oval",
            Self::Secdb => "secdb",
            Self::Msrc => "msrc",
            Self::DistroInfo => "distro-info",
            Self::Endoflife => "endoflife",
            Self::DebianSupport => "debian-support",
        }
    }

    /// Returns the feed that `word` stands for.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|feed| feed.word() == word)
    }
}

/// What kind of statement an advisory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdvisoryKind {
    Security,
    Maintenance,
    EndOfLife,
    /// The *new* versions are faulty.
    Broken,
    /// The *new* versions were taken back.
    Withdrawn,
}

/// How severe the publisher says it is. `Unknown` is a value of its own: some obligations treat "no severity
/// given" as critical.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    #[default]
    NotGiven,
    Negligible,
    Low,
    Medium,
    High,
    Critical,
}

/// One published document, apart from the versions it names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advisory {
    /// The publisher's name of it (`DSA-5380-1`, `ALSA-2024:2433`); unique within its source.
    pub id: String,
    pub kind: AdvisoryKind,
    /// When it was first published, seconds since the Unix epoch. Later edits do not move it.
    #[serde(default)]
    pub published_at: Option<i64>,
    #[serde(default)]
    pub modified_at: Option<i64>,
    /// Since when it no longer holds.
    #[serde(default)]
    pub withdrawn_at: Option<i64>,
    #[serde(default)]
    pub label: Label,
    #[serde(default)]
    pub title: String,
    #[serde(default)]
    pub cves: Vec<CveId>,
    /// Its page, best first.
    #[serde(default)]
    pub urls: Vec<String>,
    /// The publisher asks for a reboot.
    #[serde(default)]
    pub needs_reboot: bool,
}

/// One affected line: these versions of this package in this stream are in this state.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Row {
    /// `Advisory::id` within the same row set.
    pub advisory: String,
    #[serde(default)]
    pub cve: Option<CveId>,
    /// `debian:12`, `ubuntu:22.04`, `alma:9`, `rhel:9.4+eus`, `alpine:3.15`, `suse:15.5`, `windows:2022`.
    pub stream: String,
    /// Source package for dpkg and apk streams, binary package for rpm streams.
    pub package: String,
    /// Module stream (`postgresql:12`), `?` where the feed only says that it is some module, or empty.
    #[serde(default)]
    pub module: String,
    /// Only this architecture; empty: all.
    #[serde(default)]
    pub arch: String,
    /// First affected version; empty: from the beginning.
    #[serde(default)]
    pub from: String,
    pub until: Until,
    pub state: RowState,
    /// Where the fix is offered: empty for everybody, else `esm-infra`, `esm-apps`, `eus`, ...
    #[serde(default)]
    pub channel: String,
    /// The bound is the version of another release, so that suffixes like `~deb12u1` are set aside before comparing.
    #[serde(default)]
    pub is_foreign: bool,
}

/// Where the affected versions end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Until {
    /// Every version: there is no fix.
    Open,
    /// Versions below this one.
    Fixed(String),
    /// Versions up to and with this one.
    Last(String),
}

/// What the publisher says of the versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowState {
    Affected,
    /// An explicit "not affected" beats every range of a weaker source.
    NotAffected,
    UnderInvestigation,
    /// Known, and put off.
    Deferred,
    WillNotFix,
    EndOfLife,
}

/// The end of support of a release, or of one package in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Lifecycle {
    /// The release's stream (`debian:12`), or a product and its cycle (`postgresql:15`).
    pub stream: String,
    /// A regular expression over source package names, anchored at both ends; empty: the whole release.
    #[serde(default)]
    pub package: String,
    /// The last version with support; empty: all of them end together. `0`: never supported.
    #[serde(default)]
    pub last_version: String,
    /// In the order in which they end.
    #[serde(default)]
    pub phases: Vec<Phase>,
    /// Support is limited, and how; empty: no limit is stated.
    #[serde(default)]
    pub limited: String,
    /// The stream to move to, or empty.
    #[serde(default)]
    pub next: String,
}

/// One phase of support, under the publisher's own name for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Phase {
    /// The column or key in the source (`eol`, `eol-lts`, `eoes`).
    pub name: String,
    pub kind: PhaseKind,
    pub ends: Ends,
}

/// Who still gets repairs in a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhaseKind {
    Full,
    Maintenance,
    CommunityLts,
    /// Counts only for a host that is attached to it (ESM, ELS, EUS, LTSS, ESU, ELTS).
    Paid,
}

/// When a phase ends: publishers write a date or only yes or no.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ends {
    /// ISO 8601; the last day still counts.
    On(String),
    NotKnown,
    Ended,
}

/// Whether a load states everything its source knows, or only some documents of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extent {
    /// What is not in it is gone.
    Whole,
    /// Its documents replace the same documents; others stay.
    Documents,
}

/// An entry that could not be used; it spoils nothing but itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reject {
    /// Where: an id, a line (`line 17`), a JSON pointer.
    pub pointer: String,
    pub reason: String,
}

impl Reject {
    /// Returns a reject with as much of both texts as is kept.
    pub fn new(pointer: &str, reason: &str) -> Self {
        let short = |text: &str| text.chars().take(REJECT_CHARS_MAX).collect();
        Self { pointer: short(pointer), reason: short(reason) }
    }
}

/// Rejects that are kept with their reasons; the rest are counted.
pub const REJECTS_KEPT_MAX: usize = 200;

/// Characters of a reject's pointer and reason that are kept: both may repeat a hostile entry.
pub const REJECT_CHARS_MAX: usize = 240;

/// What one load of one source brings, in normal form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowSet {
    pub feed: Feed,
    /// Names the source across loads (`debian-tracker`, `osv/AlmaLinux`, `debian-list/DSA`): a later set of
    /// the same source replaces this one.
    pub source: String,
    pub extent: Extent,
    /// Time of the content, from inside the document, seconds since the Unix epoch.
    pub content_at: Option<i64>,
    /// The publisher's version (`catalogVersion`, EPSS `model_version`), or empty.
    #[serde(default)]
    pub version: String,
    /// Entries that were looked at, rejected ones included.
    pub entries: u64,
    /// How many entries the source itself says it has; `None`: it does not say. Fewer is a cut-off file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entries_stated: Option<u64>,
    pub rejects_total: u64,
    /// The first `REJECTS_KEPT_MAX` of them.
    pub rejects: Vec<Reject>,
    pub advisories: Vec<Advisory>,
    pub rows: Vec<Row>,
    pub cves: Vec<CveStatement>,
    pub lifecycles: Vec<Lifecycle>,
}

impl RowSet {
    /// Returns an empty set of `source`.
    pub fn new(feed: Feed, source: &str, extent: Extent) -> Self {
        Self {
            feed,
            source: source.to_owned(),
            extent,
            content_at: None,
            version: String::new(),
            entries: 0,
            entries_stated: None,
            rejects_total: 0,
            rejects: Vec::new(),
            advisories: Vec::new(),
            rows: Vec::new(),
            cves: Vec::new(),
            lifecycles: Vec::new(),
        }
    }

    /// Counts an entry that cannot be used, and keeps its reason while there is room.
    pub fn reject(&mut self, pointer: &str, reason: &str) {
        self.rejects_total += 1;
        if self.rejects.len() < REJECTS_KEPT_MAX {
            self.rejects.push(Reject::new(pointer, reason));
        }
    }
}
