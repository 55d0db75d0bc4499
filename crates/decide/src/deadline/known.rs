//! What was known at one moment: the inputs of clauses, small enough to copy. History is a list of such moments.

use crate::deadline::{Subject, calendar};
use crate::ssvc::HumanImpact;
use crate::{cve, cvss};
use model::advisory::Label;
use model::cve::{Exploitation, TechnicalImpact};
use model::exposure::{Answer, CveFacts, Question, SourcedStatement};

/// What was known of a CVE, moment by moment, up to the moment that is asked about. Independent of hosts.
///
/// Costs nothing to speak of while the sources never changed their minds; one `cve::merge` per change else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Past {
    /// Oldest first; the first holds from the beginning of what is known.
    steps: Vec<(i64, CveSide)>,
}

/// What the sources say of a CVE.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct CveSide {
    pub(super) kev: Option<KevEntry>,
    pub(super) exploitation: Option<Exploitation>,
    pub(super) is_automatable: Option<bool>,
    /// By the vector, where nobody states it.
    pub(super) derived_automatable: Option<bool>,
    pub(super) impact: Option<TechnicalImpact>,
    /// CVSS version 3 base score, tenths.
    pub(super) cvss3_x10: Option<u16>,
}

/// An entry of the KEV catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KevEntry {
    /// First second of the day.
    pub(super) added_at: i64,
    /// Last second of the day.
    pub(super) due_at: Option<i64>,
}

/// What people say of the host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct HostSide {
    pub(super) exposure: Exposure,
    pub(super) criticality: Option<HumanImpact>,
    pub(super) data: Option<DataClass>,
}

/// Whether untrusted parties reach the host over public networks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Exposure {
    No,
    /// By known parties, behind a login or another's network: not publicly.
    Partner,
    Yes,
    #[default]
    Unknown,
}

impl Exposure {
    /// Returns the value to count with: unknown is as bad as yes.
    pub(super) fn worst(self) -> Self {
        match self {
            Self::No | Self::Partner | Self::Yes => self,
            Self::Unknown => Self::Yes,
        }
    }
}

/// The most sensitive data on the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum DataClass {
    None,
    Personal,
    Health,
    Payment,
}

/// All inputs that change with time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) cve: CveSide,
    pub(super) host: HostSide,
    pub(super) label: Label,
}

/// What was known since `at`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub(super) at: i64,
    pub(super) known: Known,
}

impl Past {
    /// Returns what was known of a CVE until `now`. `facts` are those merged for `now`; without statements they
    /// hold from the beginning, and the KEV entry since it was known.
    pub fn of(facts: Option<&CveFacts>, now: i64) -> Self {
        let Some(facts) = facts else { return Self::default() };
        let last = CveSide::of(facts);
        let mut times: Vec<i64> = facts
            .statements
            .iter()
            .filter(|s| matters(s))
            .flat_map(|s| [Some(s.learned_at), s.gone_at])
            .flatten()
            .filter(|at| *at <= now)
            .collect();
        times.sort_unstable();
        times.dedup();
        let mut past = Self::default();
        match times.split_last() {
            None => {
                if let Some(kev) = last.kev {
                    past.push(i64::MIN, last.without_kev());
                    past.push(facts.kev_known_at.unwrap_or(kev.added_at), last);
                } else {
                    past.push(i64::MIN, last);
                }
            }
            Some((at, before)) => {
                for at in before {
                    let merged = cve::merge(facts.cve, &facts.statements, *at);
                    past.push(*at, CveSide::of(&merged));
                }
                past.push(*at, last);
            }
        }
        past
    }

    fn push(&mut self, at: i64, side: CveSide) {
        if self.steps.last().is_none_or(|(_, last)| *last != side) {
            self.steps.push((at, side));
        }
    }

    fn at(&self, at: i64) -> CveSide {
        let known = self.steps.iter().rev().find(|(since, _)| *since <= at);
        known.map_or(CveSide::default(), |(_, side)| *side)
    }
}

/// Scores of EPSS come daily and decide no deadline.
fn matters(statement: &SourcedStatement) -> bool {
    let said = &statement.statement;
    said.kev.is_some()
        || said.exploitation.is_some()
        || said.is_automatable.is_some()
        || said.technical_impact.is_some()
        || !said.vectors.is_empty()
}

impl CveSide {
    fn of(facts: &CveFacts) -> Self {
        let best = || facts.scores.first().and_then(|score| cvss::score(&score.vector).ok());
        let derived_automatable = match facts.is_automatable {
            Some(_) => None,
            None => best().map(|vector| vector.is_automatable),
        };
        let is_version_3 = |version: &str| version.starts_with("3.");
        Self {
            kev: facts.kev.as_ref().map(|kev| KevEntry {
                // A date that cannot be read: the moment at which the entry was known here.
                added_at: calendar::midnight(&kev.added).or(facts.kev_known_at).unwrap_or(0),
                due_at: calendar::last_second(&kev.due),
            }),
            exploitation: facts.exploitation,
            is_automatable: facts.is_automatable,
            derived_automatable,
            impact: facts.technical_impact,
            cvss3_x10: facts.scores.iter().find(|s| is_version_3(&s.version)).map(|s| s.x10),
        }
    }

    /// Returns the same without what the KEV entry says. Active exploitation is what the entry means.
    pub(super) fn without_kev(self) -> Self {
        let exploitation = match self.exploitation {
            Some(Exploitation::Active) if self.kev.is_some() => Some(Exploitation::None),
            stated => stated,
        };
        Self { kev: None, exploitation, ..self }
    }
}

impl HostSide {
    /// Returns what was answered by `at`: of each question the latest answer, of one moment the strictest.
    pub(super) fn at(answers: &[Answer], at: i64) -> Self {
        let mut latest: [Option<(i64, usize)>; 3] = [None; 3];
        for answer in answers.iter().filter(|answer| answer.at <= at) {
            let values = answer.question.values();
            let Some(value) = values.iter().position(|value| *value == answer.value) else {
                continue; // No value of the question: it stays unanswered.
            };
            let place = match answer.question {
                Question::InternetExposed => &mut latest[0],
                Question::Criticality => &mut latest[1],
                Question::DataClass => &mut latest[2],
            };
            *place = (*place).max(Some((answer.at, value)));
        }
        let value = |place: usize| latest[place].map(|(_, value)| value);
        Self {
            exposure: match value(0) {
                Some(0) => Exposure::No,
                Some(1) => Exposure::Partner,
                Some(_) => Exposure::Yes,
                None => Exposure::Unknown,
            },
            criticality: value(1).map(|value| match value {
                0 => HumanImpact::Low,
                1 => HumanImpact::Medium,
                2 => HumanImpact::High,
                _ => HumanImpact::VeryHigh,
            }),
            data: value(2).map(|value| match value {
                0 => DataClass::None,
                1 => DataClass::Personal,
                2 => DataClass::Health,
                _ => DataClass::Payment,
            }),
        }
    }
}

impl Known {
    fn at(subject: &Subject<'_>, past: &Past, at: i64) -> Self {
        // Of one moment the most severe. Before its first label the advisory was not known at all.
        let latest = subject.labels.iter().filter(|(since, _)| *since <= at).max();
        let label =
            latest.or(subject.labels.iter().min()).map_or(subject.label, |(_, label)| *label);
        Self { cve: past.at(at), host: HostSide::at(subject.answers, at), label }
    }
}

impl Moment {
    /// Returns every moment until `now` since which something else was known, oldest first; at least one.
    pub(super) fn all(subject: &Subject<'_>, past: &Past, now: i64) -> Vec<Self> {
        let cve = past.steps.iter().map(|(at, _)| *at);
        let labels = subject.labels.iter().map(|(at, _)| *at);
        let answers = subject.answers.iter().map(|answer| answer.at);
        let mut times: Vec<i64> =
            cve.chain(labels).chain(answers).filter(|at| *at <= now).collect();
        times.push(subject.detected_at);
        times.sort_unstable();
        let mut all: Vec<Self> = Vec::with_capacity(times.len());
        for at in times {
            let known = Known::at(subject, past, at);
            if all.last().is_none_or(|last| last.known != known) {
                all.push(Self { at, known });
            }
        }
        all
    }
}
