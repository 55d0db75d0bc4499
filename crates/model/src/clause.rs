//! A clause: one rule of an obligation, as data; and the deadline that follows from it. Never stored per
//! host: derived from facts, for any moment.

use serde::{Deserialize, Serialize};

/// One rule of a standard, directive, contract or of the site itself. A new version of the source is a new
/// clause; the old one stays, so that the past can be judged by the clauses of its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clause {
    /// `source:version:clause[:variant]` (`pci-dss:4.0.1:6.3.3:critical`). Never re-used.
    pub id: String,
    /// One line in our own words, at most 80 characters.
    pub title: String,
    pub status: ClauseStatus,
    /// ISO 8601, or empty: as long as anyone can ask.
    pub valid_from: String,
    pub valid_until: String,
    /// Tags of hosts that it binds (`pci_cde`); empty: all hosts of a tenant that chose it.
    pub scope: Vec<String>,
    pub applies: Applies,
    pub term: Term,
    pub clock: Clock,
    /// When the condition becomes true after the clock started: true means that the clock alone counts.
    pub is_strict_clock: bool,
    pub done_when: DoneWhen,
    pub exceptions: Exceptions,
    pub extra: Vec<Extra>,
    /// The text that it was taken from.
    pub provenance: Provenance,
}

/// Where the rule stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClauseStatus {
    InForce,
    /// Shown as "proposed" wherever it appears; binds nobody unless switched on.
    Proposed,
    Superseded,
    Revoked,
    Contract,
    Site,
}

/// When a clause applies to an exposure. A closed list, so that a clause stays data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "when")]
pub enum Applies {
    /// To every exposure of a security kind.
    Always,
    /// When the BOD 26-04 table gives this outcome.
    Bod { outcome: BodOutcome },
    /// When SSVC's deployer table gives this outcome.
    Deployer { outcome: DeployerOutcome },
    /// When the CVE is in the KEV catalogue.
    Kev,
    /// When every one of these holds; none: always.
    All { of: Vec<Condition> },
    /// When at least one of these holds.
    Any { of: Vec<Condition> },
    /// When every one of `all` holds, and at least one of `any`.
    Both { all: Vec<Condition>, any: Vec<Condition> },
    /// When every one of `all` holds, and none of `any`.
    Unless { all: Vec<Condition>, any: Vec<Condition> },
}

/// One condition over the inputs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Condition {
    /// The vendor's severity is at least this.
    LabelAtLeast {
        label: crate::advisory::Label,
    },
    /// The vendor's severity is below this, and given.
    LabelBelow {
        label: crate::advisory::Label,
    },
    /// The vendor gives no severity.
    LabelNotGiven,
    /// CVSS version 3 base score, tenths. Other versions never count as version 3.
    Cvss3AtLeast {
        x10: u16,
    },
    /// Ranked at least this by the rule that is shipped: the vendor's severity where it gives one, else the band
    /// of the CVSS version 3 base score. With neither the rank is unknown.
    RankedAtLeast {
        label: crate::advisory::Label,
    },
    /// The software is of one of these kinds.
    Class {
        of: Vec<SoftwareClass>,
    },
    /// A working exploit exists: public proof of concept or worse.
    Exploit,
    NoExploit,
    InternetExposed {
        exposed: bool,
    },
    Kind {
        kind: crate::package::PatchKind,
    },
    /// The host or package has no support any more.
    Unsupported,
    HostTag {
        tag: String,
    },
}

/// The kinds of software that obligations tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SoftwareClass {
    /// What the distribution ships, unless it is one of the others.
    OperatingSystem,
    /// Serves others over the network: web, mail, name and database servers.
    OnlineService,
    /// Office suites, browsers and their extensions, mail clients, PDF software, security products.
    Office,
    /// From elsewhere than the distribution.
    OtherApplication,
    Driver,
    Firmware,
}

/// Outcomes of CISA's BOD 26-04 table, from lax to strict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BodOutcome {
    OnUpgrade,
    Days60,
    Days14,
    Days3,
    Days3Forensic,
}

/// Outcomes of SSVC's deployer table 1.0.0, from lax to strict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeployerOutcome {
    Defer,
    Scheduled,
    OutOfCycle,
    Immediate,
}

/// How long there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "unit", content = "n")]
pub enum Term {
    Hours(u32),
    /// Calendar days; the last one counts to its end.
    Days(u32),
    /// Calendar months, clamped to the month's length.
    Months(u32),
    /// At the next upgrade: no date.
    OnUpgrade,
    /// The KEV catalogue's own due date.
    KevDue,
    /// No date of its own: the source leaves it to one's own policy, or asks for something else than a date.
    None,
}

/// What starts the clock.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "clock")]
pub enum Clock {
    VendorRelease,
    AdvisoryPublished,
    KevAdded,
    /// The first moment at which host facts and advisory were both known here.
    Detected,
    EarlierOf {
        of: Vec<Clock>,
    },
    LaterOf {
        of: Vec<Clock>,
    },
}

/// What ends the duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DoneWhen {
    InEffect,
    Installed,
    InEffectOrMitigated,
    UnsupportedRemoved,
}

/// Whether the source accepts exceptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exceptions {
    Accepted,
    AcceptedWithControl,
    AsPlanOfAction,
    NotAccepted,
}

/// What the clause asks for beside the patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extra {
    ForensicTriage,
    RestoreProof,
    RootCause,
    Rescan,
}

/// The text that a clause was taken from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// Name of the text and place in it.
    pub source: String,
    /// When it was read, ISO 8601.
    pub read_on: String,
    /// Whether the source's own words were read, or only others' words about it.
    pub is_verified: bool,
}

/// When one exposure must be gone by one clause, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadline {
    /// `Clause::id`.
    pub clause: String,
    pub title: String,
    pub status: ClauseStatus,
    /// Seconds since the Unix epoch; `None`: the clause sets no date (next upgrade, own policy).
    pub due_at: Option<i64>,
    pub term: Term,
    pub clock_started_at: Option<i64>,
    /// What the clock reads, in words (`earlier of KEV addition and detection`).
    pub clock: String,
    /// The clock's start is known to the day only.
    pub is_day_precise: bool,
    pub done_when: DoneWhen,
    pub extra: Vec<Extra>,
    /// What it was decided by.
    pub inputs: Vec<Input>,
}

/// One input of a deadline, with where it came from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Input {
    /// `kev`, `internet_exposed`, `automatable`, `technical_impact`, `label`, `cvss3`, ...
    pub name: String,
    /// In words; `unknown` where it is.
    pub value: String,
    /// Feed and document, or the person who answered.
    pub source: String,
    /// When it was stated, seconds since the Unix epoch.
    #[serde(default)]
    pub seen_at: Option<i64>,
    /// Nobody stated it: the clause's own default, or the strictest value that fits.
    #[serde(default)]
    pub is_defaulted: bool,
}
