//! CVSS: the base score follows from the vector, whatever was printed beside it. Versions 2.0, 3.0,
//! 3.1 and 4.0; scores of different versions are never compared with each other by a rule.

use cvss::Cvss;

/// What a vector says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scored {
    /// `2.0`, `3.0`, `3.1`, `4.0`.
    pub version: &'static str,
    /// The score in tenths. Of version 4 it includes the threat metric, where the vector has one.
    pub x10: u16,
    /// The part that is about impact, in millionths: 0 nothing is lost, 1,000,000 everything is.
    pub impact_ppm: u32,
    /// Over the network, without special conditions, privileges or a person's help (exposure
    /// reference 10).
    pub is_automatable: bool,
    /// Confidentiality, integrity and availability are all lost.
    pub is_total: bool,
}

/// The text is no complete CVSS vector of a version that is known here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{vector}` is not a CVSS vector: {why}")]
pub struct Unreadable {
    vector: String,
    why: String,
}

/// The longest vector that is read, in bytes: version 4 with every metric has about 220.
const VECTOR_BYTES_MAX: usize = 512;

/// Returns score and meaning of a vector. Costs about 1 µs, version 4 8 to 18 µs
/// (`benches/versions.rs`).
///
/// # Errors
/// `Unreadable` when a metric is unknown, twice there, or a base metric is missing.
pub fn score(vector: &str) -> Result<Scored, Unreadable> {
    let unreadable = |why: String| Unreadable { vector: vector.chars().take(120).collect(), why };
    if vector.len() > VECTOR_BYTES_MAX {
        return Err(unreadable(format!("it is longer than {VECTOR_BYTES_MAX} bytes")));
    }
    let text = bare(vector);
    let read: Cvss = text.parse().map_err(|e: cvss::Error| unreadable(e.to_string()))?;
    let version = match &read {
        Cvss::CvssV20(_) => &V2,
        Cvss::CvssV30(_) => &V30,
        Cvss::CvssV31(_) => &V31,
        Cvss::CvssV40(_) => &V4,
        _ => return Err(unreadable("its version is not known here".to_owned())),
    };
    let meaning = version
        .meaning(&Metrics::read(text))
        .map_err(|missing| unreadable(format!("`{missing}` is missing")))?;
    let Meaning { impact_ppm, is_automatable, is_total } = meaning;
    let x10 = tenths(read.score());
    Ok(Scored { version: version.name, x10, impact_ppm, is_automatable, is_total })
}

/// What a vector says apart from its score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Meaning {
    pub(crate) impact_ppm: u32,
    pub(crate) is_automatable: bool,
    pub(crate) is_total: bool,
}

/// Returns the meaning of a vector that `score` has read before, at a tenth of its cost. `None`: it
/// is none.
pub(crate) fn meaning(vector: &str) -> Option<Meaning> {
    let text = bare(vector);
    let version = match text.split_once('/')?.0 {
        "CVSS:4.0" => &V4,
        "CVSS:3.1" => &V31,
        "CVSS:3.0" => &V30,
        _ => &V2,
    };
    version.meaning(&Metrics::read(text)).ok()
}

/// Version 2 is printed in brackets by some, and has no prefix.
fn bare(vector: &str) -> &str {
    vector.trim().trim_start_matches('(').trim_end_matches(')')
}

/// Returns the band of a score (3.1 specification, section 5; 4.0 has the same).
pub fn band(x10: u16) -> &'static str {
    match x10 {
        0 => "none",
        1..=39 => "low",
        40..=69 => "medium",
        70..=89 => "high",
        90.. => "critical",
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to 0..=100 in the same line"
)]
fn tenths(score: f64) -> u16 {
    (score * 10.0).round().clamp(0.0, 100.0) as u16
}

/// What differs between versions, as far as meaning goes.
struct Version {
    name: &'static str,
    /// Metrics without which there is no score.
    base: &'static [&'static str],
    automatable: [(&'static str, &'static str); 4],
    /// Per property the metrics that state its loss: of the vulnerable system first, then of later
    /// ones.
    impacts: [&'static [&'static str]; 3],
    /// The value that stands for a complete loss.
    most: &'static str,
    /// What is kept of a property after a complete and after a partial loss, in hundredths of its
    /// weight.
    kept: (u64, u64),
}

const V2: Version = Version {
    name: "2.0",
    base: &["AV", "AC", "Au", "C", "I", "A"],
    automatable: [("AV", "N"), ("AC", "L"), ("Au", "N"), ("Au", "N")],
    impacts: [&["C"], &["I"], &["A"]],
    most: "C",
    kept: (340, 725),
};

const V30: Version = Version {
    name: "3.0",
    base: &["AV", "AC", "PR", "UI", "S", "C", "I", "A"],
    automatable: AUTOMATABLE,
    impacts: [&["C"], &["I"], &["A"]],
    most: "H",
    kept: (440, 780),
};

const V31: Version = Version { name: "3.1", ..V30 };

const V4: Version = Version {
    name: "4.0",
    base: &["AV", "AC", "AT", "PR", "UI", "VC", "VI", "VA", "SC", "SI", "SA"],
    automatable: AUTOMATABLE,
    impacts: [&["VC", "SC"], &["VI", "SI"], &["VA", "SA"]],
    most: "H",
    kept: (440, 780),
};

const AUTOMATABLE: [(&str, &str); 4] = [("AV", "N"), ("AC", "L"), ("PR", "N"), ("UI", "N")];

impl Version {
    /// Refuses with the name of the first base metric that is missing.
    fn meaning(&self, metrics: &Metrics<'_>) -> Result<Meaning, &'static str> {
        match self.base.iter().find(|name| metrics.of(name).is_none()) {
            Some(missing) => Err(missing),
            None => Ok(Meaning {
                impact_ppm: self.impact_ppm(metrics),
                is_automatable: self.automatable.iter().all(|(name, v)| metrics.is(name, v)),
                is_total: self.impacts.iter().all(|names| metrics.is(names[0], self.most)),
            }),
        }
    }

    /// The impact sub-score without scope, `1 - (1 - C)(1 - I)(1 - A)`, scaled so that losing
    /// everything is 1. In whole numbers, so that every platform agrees. Version 4 has no such
    /// formula: it takes version 3's weights, and of each property the worse of the two systems.
    fn impact_ppm(&self, metrics: &Metrics<'_>) -> u32 {
        let (all, some) = self.kept;
        let kept = |names: &[&str]| {
            let lost = |name: &&str| match metrics.of(name) {
                Some(value) if value.eq_ignore_ascii_case(self.most) => all,
                Some(value) if value.eq_ignore_ascii_case("N") => 1000,
                Some(_) => some,
                None => 1000,
            };
            names.iter().map(lost).min().unwrap_or(1000)
        };
        let kept: u64 = self.impacts.iter().map(|names| kept(names)).product();
        let most = 1_000_000_000 - all.pow(3);
        let scaled = (1_000_000_000 - kept) * 1_000_000 / most;
        u32::try_from(scaled)
            .expect("at most a million, because `kept` is at least the cube of `all`")
    }
}

/// The metrics of a vector that the parser has accepted, so that each name occurs once.
struct Metrics<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Metrics<'a> {
    fn read(text: &'a str) -> Self {
        Self(text.split('/').filter_map(|metric| metric.split_once(':')).collect())
    }

    fn of(&self, name: &str) -> Option<&'a str> {
        let is_named = |(key, _): &&(&str, &str)| key.eq_ignore_ascii_case(name);
        self.0.iter().find(is_named).map(|(_, value)| *value)
    }

    fn is(&self, name: &str, value: &str) -> bool {
        self.of(name).is_some_and(|stated| stated.eq_ignore_ascii_case(value))
    }
}

#[cfg(test)]
mod tests;
