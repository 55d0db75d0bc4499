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

/// Returns score and meaning of a vector. Costs 2 to 3 µs, version 4 about 11 µs: keep the answer
/// per distinct vector where there are many.
///
/// # Errors
/// `Unreadable` when a metric is unknown, twice there, or a base metric is missing.
pub fn score(vector: &str) -> Result<Scored, Unreadable> {
    let unreadable = |why: String| Unreadable { vector: vector.chars().take(120).collect(), why };
    if vector.len() > VECTOR_BYTES_MAX {
        return Err(unreadable(format!("it is longer than {VECTOR_BYTES_MAX} bytes")));
    }
    // Version 2 is printed in brackets by some, and has no prefix.
    let text = vector.trim().trim_start_matches('(').trim_end_matches(')');
    let read: Cvss = text.parse().map_err(|e: cvss::Error| unreadable(e.to_string()))?;
    let version = match &read {
        Cvss::CvssV20(_) => &V2,
        Cvss::CvssV30(_) => &V30,
        Cvss::CvssV31(_) => &V31,
        Cvss::CvssV40(_) => &V4,
        _ => return Err(unreadable("its version is not known here".to_owned())),
    };
    let metrics = Metrics(text);
    if let Some(missing) = version.base.iter().find(|name| metrics.of(name).is_none()) {
        return Err(unreadable(format!("`{missing}` is missing")));
    }
    Ok(Scored {
        version: version.name,
        x10: tenths(read.score()),
        impact_ppm: version.impact_ppm(metrics),
        is_automatable: version.automatable.iter().all(|(name, value)| metrics.is(name, value)),
        is_total: version.impacts.iter().all(|names| metrics.is(names[0], version.most)),
    })
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
    /// The impact sub-score without scope, `1 - (1 - C)(1 - I)(1 - A)`, scaled so that losing
    /// everything is 1. In whole numbers, so that every platform agrees. Version 4 has no such
    /// formula: it takes version 3's weights, and of each property the worse of the two systems.
    fn impact_ppm(&self, metrics: Metrics<'_>) -> u32 {
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
#[derive(Clone, Copy)]
struct Metrics<'a>(&'a str);

impl<'a> Metrics<'a> {
    fn of(self, name: &str) -> Option<&'a str> {
        let mut metrics = self.0.split('/').filter_map(|metric| metric.split_once(':'));
        metrics.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    fn is(self, name: &str, value: &str) -> bool {
        self.of(name).is_some_and(|stated| stated.eq_ignore_ascii_case(value))
    }
}

#[cfg(test)]
mod tests;
