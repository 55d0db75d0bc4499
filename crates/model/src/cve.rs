//! A CVE: its identifier, and what each source states about it. Who is exposed to it is derived elsewhere.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A CVE identifier. Numbers have four digits or more; six and seven occur since 2026.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CveId {
    pub year: u16,
    pub number: u32,
}

/// The text is no CVE identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a CVE identifier (it looks like CVE-2024-3094)")]
pub struct ParseCveError {
    text: String,
}

impl FromStr for CveId {
    type Err = ParseCveError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        text.strip_prefix("CVE-")
            .and_then(|rest| rest.split_once('-'))
            .filter(|(year, number)| year.len() == 4 && number.len() >= 4)
            .filter(|(year, number)| is_number(year) && is_number(number))
            .and_then(|(year, number)| {
                Some(Self { year: year.parse().ok()?, number: number.parse().ok()? })
            })
            .ok_or_else(|| ParseCveError { text: text.chars().take(80).collect() })
    }
}

impl fmt::Display for CveId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CVE-{:04}-{:04}", self.year, self.number)
    }
}

impl fmt::Debug for CveId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for CveId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CveId {
    fn deserialize<D: serde::Deserializer<'de>>(de: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(de)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What one source states about one CVE. Absent is unknown, never "no".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CveStatement {
    pub cve: CveId,
    /// The CVE was rejected by who assigned it: its rows are withdrawn everywhere.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_rejected: bool,
    /// Seconds since the Unix epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_at: Option<i64>,
    /// One line, or empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kev: Option<Kev>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epss: Option<Epss>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exploitation: Option<Exploitation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_automatable: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub technical_impact: Option<TechnicalImpact>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vectors: Vec<Vector>,
}

impl CveStatement {
    /// Returns a statement that says nothing yet.
    pub fn of(cve: CveId) -> Self {
        Self {
            cve,
            is_rejected: false,
            published_at: None,
            title: String::new(),
            kev: None,
            epss: None,
            exploitation: None,
            is_automatable: None,
            technical_impact: None,
            vectors: Vec::new(),
        }
    }
}

/// An entry of CISA's Known Exploited Vulnerabilities catalogue. Dates are ISO 8601 (`2026-08-07`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kev {
    pub added: String,
    /// CISA's own date. Shown beside our deadline, which may differ: it does not know our hosts.
    pub due: String,
    /// `knownRansomwareCampaignUse` is `Known`; "Unknown" is not "no".
    pub is_ransomware: bool,
    pub name: String,
}

/// A day's score of FIRST's Exploit Prediction Scoring System, in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Epss {
    /// Probability of exploitation activity within 30 days.
    pub score_ppm: u32,
    pub percentile_ppm: u32,
}

/// SSVC's state of exploitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exploitation {
    None,
    PublicPoc,
    Active,
}

/// SSVC's technical impact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TechnicalImpact {
    Partial,
    Total,
}

/// A published CVSS vector, with the score that was printed beside it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Vector {
    /// Who gave it: the CNA's short name, `CISA-ADP`, `NVD`, a vendor.
    pub source: String,
    /// As published (`CVSS:3.1/AV:N/...`; version 2 has no prefix).
    pub text: String,
    /// Tenths; `None` where no score was printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub printed_x10: Option<u16>,
}

#[cfg(test)]
mod tests;
