//! The hazard of a CVE: what one host is spared when it is closed. Hazards add up, over CVEs of a
//! host and over hosts of a fleet; a risk score of 0 to 100 does not.

use crate::{cve, cvss};
use model::cve::{Exploitation, TechnicalImpact};
use model::exposure::CveFacts;

/// Version of the constants below; a change of any of them is a new version.
pub const POLICY: &str = "hazard-1";

/// Probability of exploitation, in millionths: in the KEV catalogue.
const KEV_PPM: u32 = 990_000;
/// SSVC says "active", and CISA has not listed it.
const ACTIVE_PPM: u32 = 500_000;
/// An exploit is public and a program can use it alone.
const POC_AUTOMATABLE_PPM: u32 = 100_000;
/// Nobody says anything.
const UNKNOWN_PPM: u32 = 50_000;
/// Share of what can be lost, in millionths: partial impact, or no word about it.
const PARTIAL_PPM: u32 = 500_000;
const TOTAL_PPM: u32 = 1_000_000;

/// The greatest hazard: an entry of the KEV catalogue with total impact, -ln(1 - 0.99).
pub const MICRO_MAX: u32 = 4_605_170;

/// A hazard with its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hazard {
    /// Millionths of a hazard unit: whole numbers, so that sums are exact and free of order.
    pub micro: u32,
    /// An input was missing and a constant stands in for it.
    pub is_guess: bool,
    /// The inputs, in words.
    pub because: Vec<String>,
}

/// Returns -ln(1 - p w): p the probability of exploitation, w the share that can be lost. EPSS
/// never lowers an entry of the KEV catalogue. A rejected CVE weighs nothing.
pub fn of(facts: &CveFacts) -> Hazard {
    if facts.is_rejected {
        let because = vec!["the CVE was rejected by who assigned it".to_owned()];
        return Hazard { micro: 0, is_guess: false, because };
    }
    let mut because = Vec::new();
    let probability = probability(facts, &mut because);
    let share = share(facts, &mut because);
    because.push(format!("policy {POLICY}"));
    Hazard {
        micro: micro(probability.unwrap_or(UNKNOWN_PPM), share.unwrap_or(PARTIAL_PPM)),
        is_guess: probability.is_none() || share.is_none(),
        because,
    }
}

/// `None`: nobody says anything about exploitation. Every reason that counts is said, the greatest
/// decides.
fn probability(facts: &CveFacts, because: &mut Vec<String>) -> Option<u32> {
    if let Some(kev) = &facts.kev {
        because.push(format!("in the KEV catalogue since {}", kev.added));
        return Some(KEV_PPM);
    }
    if facts.was_in_kev {
        because.push("was in the KEV catalogue once, and was removed".to_owned());
    }
    let ssvc = cve::ssvc(facts);
    let epss = facts.epss.map(|epss| epss.score_ppm.min(1_000_000));
    if let Some(ppm) = epss {
        because.push(format!("EPSS {}", decimal(ppm)));
    }
    let is_automatable = ssvc.is_automatable.is_some_and(|given| given.value);
    let exploited = match ssvc.exploitation.value {
        Exploitation::Active => Some((ACTIVE_PPM, "SSVC: actively exploited")),
        Exploitation::PublicPoc if is_automatable => {
            Some((POC_AUTOMATABLE_PPM, "SSVC: an exploit is public, and automatable"))
        }
        Exploitation::PublicPoc | Exploitation::None => None,
    };
    if let Some((_, why)) = exploited {
        because.push(why.to_owned());
    }
    let known = epss.max(exploited.map(|(ppm, _)| ppm));
    if known.is_none() {
        because.push(format!("no EPSS: {} assumed", decimal(UNKNOWN_PPM)));
    }
    known
}

/// `None`: neither a vector nor SSVC says what can be lost.
fn share(facts: &CveFacts, because: &mut Vec<String>) -> Option<u32> {
    let best = facts.scores.first();
    if let Some((score, meaning)) = best.and_then(|s| Some((s, cvss::meaning(&s.vector)?))) {
        let (ppm, source) = (meaning.impact_ppm, &score.source);
        because.push(format!("impact {} by the CVSS {} of {source}", decimal(ppm), score.version));
        return Some(ppm);
    }
    match facts.technical_impact {
        Some(TechnicalImpact::Total) => {
            because.push("SSVC: total technical impact".to_owned());
            Some(TOTAL_PPM)
        }
        Some(TechnicalImpact::Partial) => {
            because.push("SSVC: partial technical impact".to_owned());
            Some(PARTIAL_PPM)
        }
        None => {
            because.push(format!("no CVSS vector: impact {} assumed", decimal(PARTIAL_PPM)));
            None
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the product is clamped to 0.99, so that the result lies in 0..=4_605_170"
)]
fn micro(probability_ppm: u32, share_ppm: u32) -> u32 {
    let product = f64::from(probability_ppm) * f64::from(share_ppm) / 1e12;
    let hazard = -libm::log(1.0 - product.clamp(0.0, 0.99));
    (hazard * 1e6).round() as u32
}

/// Millionths as people read them: `0.0487`.
fn decimal(ppm: u32) -> String {
    let text = format!("{}.{:06}", ppm / 1_000_000, ppm % 1_000_000);
    let text = text.trim_end_matches('0');
    if text.ends_with('.') { format!("{text}0") } else { text.to_owned() }
}

#[cfg(test)]
mod tests;
