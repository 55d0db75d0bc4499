//! An exposure: one host and one advisory that applies to it. Derived from facts at each reading, never
//! stored. These are the forms that pages, API and command line show.

mod reach;

pub use reach::{NoFix, NotKnown, NotReachable, Reach};

use crate::advisory::{Feed, Label, Reject};
use crate::clause::Deadline;
use crate::cve::{CveId, CveStatement, Exploitation, TechnicalImpact};
use crate::id::HostId;
use serde::{Deserialize, Serialize};

/// What all sources together say of a CVE, with what decides where they disagree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CveFacts {
    pub cve: CveId,
    pub title: String,
    pub is_rejected: bool,
    pub published_at: Option<i64>,
    pub kev: Option<crate::cve::Kev>,
    /// When this server first knew the KEV entry.
    pub kev_known_at: Option<i64>,
    /// Was in the catalogue once, and was removed without a trace.
    pub was_in_kev: bool,
    pub epss: Option<crate::cve::Epss>,
    pub epss_model: String,
    pub exploitation: Option<Exploitation>,
    pub is_automatable: Option<bool>,
    pub technical_impact: Option<TechnicalImpact>,
    /// Best first: what the score shown is computed from.
    pub scores: Vec<Score>,
    /// What each source stated, and when it was learned here.
    pub statements: Vec<SourcedStatement>,
}

/// A CVSS vector with the score that follows from it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Score {
    /// `2.0`, `3.0`, `3.1`, `4.0`.
    pub version: String,
    pub vector: String,
    pub source: String,
    /// Computed from the vector, tenths.
    pub x10: u16,
    /// Printed beside it, when it differs by more than 0.05: the publisher contradicts itself.
    pub printed_x10: Option<u16>,
}

/// One source's statement with where and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourcedStatement {
    pub feed: Feed,
    pub source: String,
    pub learned_at: i64,
    /// Since when the source no longer says so.
    #[serde(default)]
    pub gone_at: Option<i64>,
    pub statement: CveStatement,
}

/// One exposure, as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExposureView {
    pub host: HostId,
    pub host_name: String,
    pub cve: Option<CveId>,
    /// Names that publishers gave it (`DSA-5380-1`); it is one exposure all the same.
    pub advisories: Vec<String>,
    pub stream: String,
    /// As the stream names it: source package for Debian and Ubuntu, binary package for rpm.
    pub package: String,
    /// Binary packages on the host; filled when one host is asked for.
    #[serde(default)]
    pub binaries: Vec<String>,
    pub installed: String,
    /// The first version without the hole; empty: none is known.
    #[serde(default)]
    pub fixed: String,
    pub reach: Reach,
    pub label: Label,
    pub is_kev: bool,
    pub is_ransomware: bool,
    pub epss_ppm: Option<u32>,
    pub cvss_x10: Option<u16>,
    /// Millionths of a hazard unit (see `decide::rank`).
    pub hazard_micro: u32,
    /// The one that binds; `None`: it has none (carried, stale image, no clause chosen).
    pub deadline: Option<Deadline>,
    /// Every other clause that applies.
    #[serde(default)]
    pub deadlines: Vec<Deadline>,
    /// First known here, seconds since the Unix epoch.
    pub detected_at: i64,
}

/// One page of exposures.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExposurePage {
    /// Exposures that match, on all pages.
    pub total: u64,
    /// Hosts that have one of them.
    pub hosts: u64,
    /// Of those hosts, how many cannot be judged wholly, and why.
    pub exposures: Vec<ExposureView>,
    /// Pass as `after` for the next page; empty: this is the last.
    #[serde(default)]
    pub next: String,
}

/// One CVE with what it does to the fleet: a line of the list by CVE.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CveLine {
    pub cve: CveId,
    pub title: String,
    pub label: Label,
    pub is_kev: bool,
    pub is_ransomware: bool,
    pub epss_ppm: Option<u32>,
    pub cvss_x10: Option<u16>,
    /// As the streams name them, by name.
    pub packages: Vec<String>,
    /// Hosts that are exposed.
    pub hosts: u64,
    /// Of those, how many are offered a fix.
    pub actionable: u64,
    /// The earliest deadline on any host.
    pub due_at: Option<i64>,
    /// The clause of that deadline, or empty.
    pub clause: String,
}

/// One page of the list by CVE, earliest deadline first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CveListPage {
    /// CVEs that match, on all pages.
    pub total: u64,
    pub cves: Vec<CveLine>,
    /// Pass as `after` for the next page; empty: this is the last.
    #[serde(default)]
    pub next: String,
}

/// One host with what it is exposed to: a line of the list by host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostLine {
    pub host: HostId,
    pub host_name: String,
    pub stream: String,
    /// Exposures that count, `carried` and `stale_image` left out.
    pub exposures: u64,
    pub kev: u64,
    /// Past their deadline.
    pub overdue: u64,
    /// Exposures per `Reach::word`.
    pub counts: Vec<ReachCount>,
    /// The earliest deadline.
    pub due_at: Option<i64>,
    /// The clause of that deadline, or empty.
    pub clause: String,
    /// Sum over its exposures, millionths of a hazard unit.
    pub hazard_micro: u64,
    /// Questions that nobody answered.
    pub open_questions: u32,
}

/// One page of the list by host, earliest deadline first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostListPage {
    /// Hosts that match, on all pages.
    pub total: u64,
    pub hosts: Vec<HostLine>,
    /// Pass as `after` for the next page; empty: this is the last.
    #[serde(default)]
    pub next: String,
}

/// A host with the questions that nobody answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenQuestions {
    pub host: HostId,
    pub host_name: String,
    pub questions: Vec<Question>,
}

/// An obligation as it can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObligationView {
    pub id: String,
    pub title: String,
    /// It binds nobody here by law or contract; it is followed because it is good advice.
    pub is_guidance: bool,
    pub is_chosen: bool,
    pub clauses: Vec<crate::clause::Clause>,
}

/// One CVE: who is exposed, what fixes it, where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CveView {
    pub facts: CveFacts,
    /// Hosts per `Reach::word`, and how many of them are past their deadline.
    pub counts: Vec<ReachCount>,
    pub hosts_exposed: u64,
    pub hosts_total: u64,
    /// Per stream and package: what is affected and what fixes it.
    pub fixes: Vec<FixLine>,
    /// The first exposures, earliest deadline first; the rest by `/exposures?cve=`.
    pub exposures: Vec<ExposureView>,
}

/// A number of hosts in one state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReachCount {
    pub state: String,
    pub hosts: u64,
}

/// What a source says of one package in one stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FixLine {
    pub stream: String,
    pub package: String,
    pub module: String,
    /// In words: `below 3.0.15-1`, `every version`, `not affected`.
    pub affected: String,
    pub fixed: String,
    pub channel: String,
    pub source: String,
    pub advisory: String,
    pub learned_at: i64,
    pub hosts: u64,
    /// A stronger source says otherwise; shown, not used.
    pub is_overruled: bool,
}

/// One thing that a person can do once, with all that it closes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// Stable within one answer; part of addresses.
    pub id: String,
    pub verb: ActionVerb,
    pub stream: String,
    pub package: String,
    /// The version to go to; empty where the verb has none.
    #[serde(default)]
    pub to: String,
    pub hosts: u64,
    /// The first of them, by name.
    pub host_names: Vec<String>,
    /// Different CVEs that it closes, the worst first.
    pub closes: Vec<CveId>,
    pub closes_total: u64,
    pub kev: u64,
    /// The earliest deadline of what it closes.
    pub due_at: Option<i64>,
    pub clause: String,
    pub tier: Tier,
    /// Sum over hosts of what the fleet is spared, millionths of a hazard unit, weighted by the hosts.
    pub gain_micro: u64,
    pub needs_reboot: bool,
    pub restarts: Vec<String>,
    /// Why it stands where it stands, in words.
    pub because: Vec<String>,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionVerb {
    Upgrade,
    Restart,
    Reboot,
    RemoveImage,
    EnableChannel,
    Unhold,
    MoveRelease,
    RemoveOrMitigate,
}

/// How near the deadline is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    Overdue,
    Within24Hours,
    Within3Days,
    Within14Days,
    Later,
    OnUpgrade,
    None,
}

/// The deadlines of one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadlineDay {
    /// ISO 8601, UTC; empty: no date (next upgrade).
    pub day: String,
    pub is_past: bool,
    pub exposures: u64,
    pub hosts: u64,
    pub cves: u64,
    pub kev: u64,
    /// The clauses that bind on that day.
    pub clauses: Vec<String>,
}

/// A release or package without support, or soon without.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndOfLifeView {
    pub stream: String,
    /// Empty: the whole release.
    pub package: String,
    /// What is installed, where it is about a package.
    pub installed: String,
    pub phase: String,
    /// ISO 8601, or empty: ended, date not known.
    pub ends: String,
    pub is_ended: bool,
    /// Days until then, negative when past; `None`: not known.
    pub days_left: Option<i64>,
    pub hosts: u64,
    pub host_names: Vec<String>,
    /// What to do, in words, with the stream to move to.
    pub remedy: String,
    pub source: String,
    pub limited: String,
}

/// A feed as it stands: what was loaded, how old it is, and whether it may be believed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedView {
    pub feed: Feed,
    pub source: String,
    /// Where it came from: an address or a file's name.
    pub origin: String,
    pub fetched_at: Option<i64>,
    pub content_at: Option<i64>,
    pub version: String,
    pub sha256: String,
    pub rows: u64,
    pub cves: u64,
    pub rejects_total: u64,
    pub rejects: Vec<Reject>,
    pub freshness: Freshness,
    /// Why the last load was refused or failed, or empty.
    pub trouble: String,
    pub next_fetch_at: Option<i64>,
}

/// How old a feed's content is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Freshness {
    Fresh,
    Ageing,
    Stale,
    /// Never loaded.
    Absent,
}

/// What a person answered about a host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Answer {
    pub question: Question,
    /// One of the question's values.
    pub value: String,
    pub by: String,
    pub at: i64,
}

/// Facts about a host that only people know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// `no`, `partner`, `yes`: reachable by untrusted parties over public networks.
    InternetExposed,
    /// `low`, `medium`, `high`, `very_high`: what its loss would mean.
    Criticality,
    /// `none`, `personal`, `health`, `payment`: the most sensitive data on it.
    DataClass,
}

impl Question {
    pub const ALL: [Self; 3] = [Self::InternetExposed, Self::Criticality, Self::DataClass];

    /// Returns the word for command line and forms.
    pub fn word(self) -> &'static str {
        match self {
            Self::InternetExposed => "internet-exposed",
            Self::Criticality => "criticality",
            Self::DataClass => "data-class",
        }
    }

    /// Returns the values that are accepted.
    pub fn values(self) -> &'static [&'static str] {
        match self {
            Self::InternetExposed => &["no", "partner", "yes"],
            Self::Criticality => &["low", "medium", "high", "very_high"],
            Self::DataClass => &["none", "personal", "health", "payment"],
        }
    }
}

/// What `patchwell assess` prints: one host's exposures without a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    pub stream: String,
    pub packages: u64,
    pub exposures: Vec<AssessedExposure>,
    pub problems: Vec<crate::Problem>,
}

/// One line of an assessment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AssessedExposure {
    /// The CVE, or the advisory's id where it has none.
    pub cve: String,
    /// Binary package.
    pub package: String,
    pub source: String,
    pub installed: String,
    pub fixed: String,
    /// `Reach::word`, as far as one status file tells.
    pub state: String,
}
