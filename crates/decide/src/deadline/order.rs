//! Orders: of the clauses of one exposure, and of exposures whose deadline is the same.

use crate::deadline::{Due, Reverse, Term, known};
use model::CveId;
use model::exposure::{Answer, CveFacts};
use std::cmp::Ordering;

/// Compares two clauses of one exposure: the earliest date, then the one that asks for more, then the id.
/// "At the next upgrade" comes after every date, and what sets no term at all after that.
pub(super) fn earlier(a: &Due<'_>, b: &Due<'_>) -> Ordering {
    key(a).cmp(&key(b))
}

fn key<'c>(due: &Due<'c>) -> (bool, Option<i64>, bool, Reverse<usize>, &'c str) {
    let is_without_term = due.clause.term == Term::None;
    (
        due.due_at.is_none(),
        due.due_at,
        is_without_term,
        Reverse(due.clause.extra.len()),
        &due.clause.id,
    )
}

/// The order of exposures with the same deadline; the smallest comes first. EPSS never puts anything before an
/// entry of the KEV catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Within {
    is_ransomware: Reverse<bool>,
    is_kev: Reverse<bool>,
    epss_ppm: Reverse<Option<u32>>,
    exposure: Reverse<known::Exposure>,
    criticality: Reverse<crate::ssvc::HumanImpact>,
    cvss_x10: Reverse<Option<u16>>,
    cve: Option<CveId>,
}

/// Returns the place of an exposure among those of the same deadline: known ransomware, KEV, EPSS, how open the
/// host is, how critical, CVSS, then the id. Unanswered questions count as the worst answer.
pub fn order_within(cve: Option<&CveFacts>, answers: &[Answer]) -> Within {
    let kev = cve.and_then(|cve| cve.kev.as_ref());
    let host = known::HostSide::at(answers, i64::MAX);
    Within {
        is_ransomware: Reverse(kev.is_some_and(|kev| kev.is_ransomware)),
        is_kev: Reverse(kev.is_some()),
        epss_ppm: Reverse(cve.and_then(|cve| cve.epss).map(|epss| epss.score_ppm)),
        exposure: Reverse(host.exposure.worst()),
        criticality: Reverse(host.criticality.unwrap_or(crate::ssvc::HumanImpact::VeryHigh)),
        cvss_x10: Reverse(cve.and_then(|cve| cve.scores.first()).map(|score| score.x10)),
        cve: cve.map(|cve| cve.cve),
    }
}
