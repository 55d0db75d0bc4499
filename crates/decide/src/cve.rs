//! What all sources together say of one CVE: which statement decides where they disagree, and what
//! follows from a vector where nobody states it. Every statement is kept beside the answer.

use crate::cvss;
use model::advisory::Feed;
use model::cve::{CveId, Epss, Exploitation, Kev, TechnicalImpact};
use model::exposure::{CveFacts, Score, SourcedStatement};

/// EPSS, in millionths, from which a CVE is watched: 76 of 100 entries of the KEV catalogue lie
/// above it.
pub const WATCH_LINE_PPM: u32 = 100_000;

/// Returns the facts about `cve` as of `now` (seconds since the Unix epoch). The order of
/// `statements` does not matter; statements about other CVEs and those learned after `now` do not
/// count; those that are gone by `now` count only for `was_in_kev` and `kev_known_at`.
///
/// * The KEV catalogue wins over SSVC: an entry means active exploitation.
/// * SSVC: the CVE record (CISA-ADP) before NVD before others; of equals, the strictest.
/// * Scores are recomputed; a vector that cannot be read has none. `epss_model` is the business of
///   who knows the
///   row set: it stays empty here.
///
/// Linear in the statements, apart from sorting them; each vector costs one `cvss::score`.
pub fn merge(cve: CveId, statements: &[SourcedStatement], now: i64) -> CveFacts {
    let mut known: Vec<SourcedStatement> = statements
        .iter()
        .filter(|s| s.statement.cve == cve && s.learned_at <= now)
        .cloned()
        .collect();
    known.sort_by(|a, b| {
        let key = |s: &SourcedStatement| (rank(s.feed), s.learned_at, s.gone_at);
        key(a).cmp(&key(b)).then_with(|| a.source.cmp(&b.source)).then_with(|| {
            // Rare: what one source stated twice in the same second needs some order, whichever.
            format!("{:?}", a.statement).cmp(&format!("{:?}", b.statement))
        })
    });
    known.dedup();
    let live: Vec<&SourcedStatement> =
        known.iter().filter(|s| s.gone_at.is_none_or(|gone_at| now < gone_at)).collect();
    let kev = kev(&live);
    let is_catalogued = |s: &SourcedStatement| s.feed == Feed::Kev && s.statement.kev.is_some();
    let mut facts = CveFacts {
        cve,
        title: title(&live),
        is_rejected: live.iter().any(|s| s.statement.is_rejected),
        published_at: first(&live, |s| s.statement.published_at, |a, b| b.cmp(a)),
        kev_known_at: known
            .iter()
            .filter(|s| s.statement.kev.is_some())
            .map(|s| s.learned_at)
            .min(),
        was_in_kev: known.iter().any(is_catalogued) && !live.iter().any(|s| is_catalogued(s)),
        epss: epss(&live),
        epss_model: String::new(),
        exploitation: first(&live, |s| s.statement.exploitation, Ord::cmp),
        is_automatable: first(&live, |s| s.statement.is_automatable, Ord::cmp),
        technical_impact: first(&live, |s| s.statement.technical_impact, Ord::cmp),
        scores: scores(&live),
        kev,
        statements: Vec::new(),
    };
    if facts.kev.is_some() {
        facts.exploitation = Some(Exploitation::Active);
    }
    facts.statements = known;
    facts
}

/// Returns how near a feed is to who assigns and enriches CVEs; the lowest decides.
fn rank(feed: Feed) -> u8 {
    match feed {
        Feed::Kev => 0,
        Feed::CveRecord => 1,
        // Vendors state severity and vectors for what they ship.
        Feed::Csaf
        | Feed::CsafVex
        | Feed::Hydra
        | Feed::Msrc
        | Feed::OpenVex
        | Feed::Osv
        | Feed::Updateinfo
        | Feed::Oval
        | Feed::Secdb
        | Feed::DebianTracker
        | Feed::DebianList => 2,
        // Since April 2026 it enriches a part of all CVEs, and repeats others for the rest.
        Feed::Nvd => 3,
        Feed::Epss
        | Feed::Debsecan
        | Feed::Changelog
        | Feed::DistroInfo
        | Feed::Endoflife
        | Feed::DebianSupport => 4,
    }
}

/// Returns what the nearest sources state; where equally near ones differ, the greatest by `order`.
fn first<T>(
    live: &[&SourcedStatement],
    state: impl Fn(&SourcedStatement) -> Option<T>,
    order: impl Fn(&T, &T) -> std::cmp::Ordering,
) -> Option<T> {
    let nearest = live.iter().filter(|s| state(s).is_some()).map(|s| rank(s.feed)).min()?;
    let stated = live.iter().filter(|s| rank(s.feed) == nearest).filter_map(|s| state(s));
    stated.max_by(|a, b| order(a, b))
}

/// `known` is sorted by nearness, so that the first title is the nearest.
fn title(live: &[&SourcedStatement]) -> String {
    let mut titles = live.iter().map(|s| &s.statement.title).filter(|title| !title.is_empty());
    titles.next().cloned().unwrap_or_default()
}

/// The catalogue's own entry, with what only other sources fill in. Several entries do not occur in
/// one catalogue; should they, the earliest date holds.
fn kev(live: &[&SourcedStatement]) -> Option<Kev> {
    let entries = || live.iter().filter_map(|s| s.statement.kev.as_ref().map(|kev| (s.feed, kev)));
    let nearest = entries().map(|(feed, _)| rank(feed)).min()?;
    let (_, chosen) = entries()
        .filter(|(feed, _)| rank(*feed) == nearest)
        .min_by_key(|(_, kev)| (kev.added.is_empty(), &kev.added, &kev.due, &kev.name))?;
    let mut kev = chosen.clone();
    kev.is_ransomware = entries().any(|(_, kev)| kev.is_ransomware);
    for (_, other) in entries() {
        for (mine, theirs) in [
            (&mut kev.added, &other.added),
            (&mut kev.due, &other.due),
            (&mut kev.name, &other.name),
        ] {
            if mine.is_empty() {
                mine.clone_from(theirs);
            }
        }
    }
    Some(kev)
}

/// The latest day's score; of two of one time the greater.
fn epss(live: &[&SourcedStatement]) -> Option<Epss> {
    live.iter()
        .filter(|s| s.statement.epss.is_some())
        .max_by_key(|s| {
            let score = s.statement.epss.map(|epss| (epss.score_ppm, epss.percentile_ppm));
            (s.learned_at, score)
        })
        .and_then(|s| s.statement.epss)
}

/// Every readable vector once, best first: one version for a whole list (3.1, which most CVEs have,
/// then 3.0, 4.0, 2.0), within it the nearest source, and CNAs before CISA's supplement.
fn scores(live: &[&SourcedStatement]) -> Vec<Score> {
    let mut scores: Vec<(u8, u8, bool, Score)> = Vec::new();
    for statement in live {
        for vector in &statement.statement.vectors {
            let Ok(scored) = cvss::score(&vector.text) else {
                continue; // It stays visible among the statements.
            };
            let version = match scored.version {
                "3.1" => 0,
                "3.0" => 1,
                "4.0" => 2,
                _ => 3,
            };
            let score = Score {
                version: scored.version.to_owned(),
                vector: vector.text.clone(),
                source: vector.source.clone(),
                x10: scored.x10,
                printed_x10: vector.printed_x10.filter(|printed| *printed != scored.x10),
            };
            scores.push((version, rank(statement.feed), vector.source == "CISA-ADP", score));
        }
    }
    scores.sort_by(|a, b| {
        let key = |s: &(u8, u8, bool, Score)| (s.0, s.1, s.2);
        key(a).cmp(&key(b)).then_with(|| b.3.x10.cmp(&a.3.x10)).then_with(|| a.3.cmp(&b.3))
    });
    let mut seen = std::collections::BTreeSet::new();
    scores.retain(|(.., s)| seen.insert((s.source.clone(), s.vector.clone(), s.printed_x10)));
    scores.into_iter().map(|(.., score)| score).collect()
}

/// A value with where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Given<T> {
    pub value: T,
    /// It follows from the CVSS vector or from the lack of an entry; nobody stated it.
    pub is_derived: bool,
}

/// SSVC's values with the gaps filled, for ranking and for every table but BOD 26-04's, which has
/// its own rule for missing values. `None`: no readable vector either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ssvc {
    pub exploitation: Given<Exploitation>,
    pub is_automatable: Option<Given<bool>>,
    pub technical_impact: Option<Given<TechnicalImpact>>,
}

/// Returns SSVC's values of a CVE; what nobody states is derived from the best vector (exposure
/// reference 10).
pub fn ssvc(facts: &CveFacts) -> Ssvc {
    let vector = facts.scores.first().and_then(|score| cvss::meaning(&score.vector));
    let impact = |is_total| match is_total {
        true => TechnicalImpact::Total,
        false => TechnicalImpact::Partial,
    };
    Ssvc {
        exploitation: given(facts.exploitation, Some(Exploitation::None))
            .expect("there is a value to fall back on"),
        is_automatable: given(facts.is_automatable, vector.map(|v| v.is_automatable)),
        technical_impact: given(facts.technical_impact, vector.map(|v| impact(v.is_total))),
    }
}

fn given<T>(stated: Option<T>, derived: Option<T>) -> Option<Given<T>> {
    let stated = stated.map(|value| Given { value, is_derived: false });
    stated.or(derived.map(|value| Given { value, is_derived: true }))
}

/// Returns whether a CVE came to the watch line: a reason to tell somebody. Never across models,
/// because a new model moves scores without anything having happened in the world.
pub fn rose_to_watch_line(before: (Epss, &str), after: (Epss, &str)) -> bool {
    let is_one_model = before.1 == after.1 && !before.1.is_empty();
    is_one_model && before.0.score_ppm < WATCH_LINE_PPM && after.0.score_ppm >= WATCH_LINE_PPM
}

#[cfg(test)]
mod tests;
