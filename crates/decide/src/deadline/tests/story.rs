//! Exposures as text: one fact a line. The only test code that knows how a subject is made.
//!
//! ```text
//! published 2026-08-01T10:00:00Z      detected 2026-08-02T00:00:00Z
//! kev LEARNED ADDED DUE [until GONE]
//! ssvc LEARNED none|poc|active|- yes|no|- partial|total|- [until GONE]
//! cvss LEARNED VECTOR
//! label [SINCE] high
//! answer AT internet-exposed yes
//! class office      kind maintenance      tag pci_cde      unsupported
//! ```

use crate::deadline::Subject;
use jiff::Timestamp;
use model::CveId;
use model::advisory::{Feed, Label};
use model::clause::{Deadline, SoftwareClass};
use model::cve::{CveStatement, Exploitation, Kev, TechnicalImpact, Vector};
use model::exposure::{Answer, CveFacts, Question, SourcedStatement};
use model::package::PatchKind;

pub(super) const CVE: CveId = CveId { year: 2026, number: 1234 };

/// The facts of one exposure, in the order in which they were written.
#[derive(Debug, Clone)]
pub(super) struct Story {
    pub(super) statements: Vec<SourcedStatement>,
    pub(super) answers: Vec<Answer>,
    pub(super) labels: Vec<(i64, Label)>,
    pub(super) label: Label,
    pub(super) kind: PatchKind,
    pub(super) class: SoftwareClass,
    pub(super) published_at: Option<i64>,
    pub(super) detected_at: i64,
    pub(super) tags: Vec<String>,
    pub(super) is_unsupported: bool,
}

impl Story {
    pub(super) fn new() -> Self {
        Self {
            statements: Vec::new(),
            answers: Vec::new(),
            labels: Vec::new(),
            label: Label::NotGiven,
            kind: PatchKind::Security,
            class: SoftwareClass::OperatingSystem,
            published_at: None,
            detected_at: 0,
            tags: Vec::new(),
            is_unsupported: false,
        }
    }

    pub(super) fn parse(text: &str) -> Self {
        let mut story = Self::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let words: Vec<&str> = line.split_whitespace().collect();
            story.line(&words);
        }
        story
    }

    fn line(&mut self, words: &[&str]) {
        match *words {
            ["published", time] => self.published_at = Some(at(time)),
            ["detected", time] => self.detected_at = at(time),
            ["kev", learned, added, due, ref rest @ ..] => {
                let mut said = CveStatement::of(CVE);
                said.kev = Some(kev(added, due));
                self.state(Feed::Kev, at(learned), said, rest);
            }
            ["ssvc", learned, exploitation, automatable, impact, ref rest @ ..] => {
                let mut said = CveStatement::of(CVE);
                said.exploitation = match exploitation {
                    "none" => Some(Exploitation::None),
                    "poc" => Some(Exploitation::PublicPoc),
                    "active" => Some(Exploitation::Active),
                    _ => None,
                };
                said.is_automatable = (automatable != "-").then_some(automatable == "yes");
                said.technical_impact = match impact {
                    "total" => Some(TechnicalImpact::Total),
                    "partial" => Some(TechnicalImpact::Partial),
                    _ => None,
                };
                self.state(Feed::CveRecord, at(learned), said, rest);
            }
            ["cvss", learned, vector] => {
                let mut said = CveStatement::of(CVE);
                said.vectors.push(Vector {
                    source: "CNA".to_owned(),
                    text: vector.to_owned(),
                    printed_x10: None,
                });
                self.state(Feed::Nvd, at(learned), said, &[]);
            }
            ["label", label] => self.label = self::label(label),
            ["label", since, label] => {
                self.label = self::label(label);
                self.labels.push((at(since), self.label));
            }
            ["answer", time, question, value] => self.answers.push(Answer {
                question: Question::ALL.into_iter().find(|q| q.word() == question).unwrap(),
                value: value.to_owned(),
                by: "ada".to_owned(),
                at: at(time),
            }),
            ["class", class] => self.class = serde_json::from_value(class.into()).unwrap(),
            ["kind", kind] => self.kind = serde_json::from_value(kind.into()).unwrap(),
            ["tag", tag] => self.tags.push(tag.to_owned()),
            ["unsupported"] => self.is_unsupported = true,
            _ => panic!("no such line: {words:?}"),
        }
    }

    fn state(&mut self, feed: Feed, learned_at: i64, said: CveStatement, rest: &[&str]) {
        let gone_at = match *rest {
            [] => None,
            ["until", gone] => Some(at(gone)),
            _ => panic!("no such end: {rest:?}"),
        };
        let source = feed.word().to_owned();
        self.statements.push(SourcedStatement {
            feed,
            source,
            learned_at,
            gone_at,
            statement: said,
        });
    }

    /// Returns the facts as merged for `now`.
    pub(super) fn facts(&self, now: i64) -> CveFacts {
        crate::cve::merge(CVE, &self.statements, now)
    }

    pub(super) fn subject<'a>(&'a self, facts: &'a CveFacts) -> Subject<'a> {
        Subject {
            cve: Some(facts),
            label: self.label,
            labels: &self.labels,
            kind: self.kind,
            class: self.class,
            published_at: self.published_at,
            detected_at: self.detected_at,
            answers: &self.answers,
            tags: &self.tags,
            is_unsupported: self.is_unsupported,
        }
    }
}

pub(super) fn kev(added: &str, due: &str) -> Kev {
    Kev {
        added: added.to_owned(),
        due: due.to_owned(),
        is_ransomware: false,
        name: "A hole".to_owned(),
    }
}

fn label(word: &str) -> Label {
    serde_json::from_value(word.into()).unwrap()
}

/// Reads a date, or a date with a time.
pub(super) fn at(text: &str) -> i64 {
    match super::calendar::midnight(text) {
        Some(at) if text.len() == 10 => at,
        _ => text.parse::<Timestamp>().unwrap().as_second(),
    }
}

pub(super) fn show(at: Option<i64>) -> String {
    at.map_or("no date".to_owned(), |at| Timestamp::from_second(at).unwrap().to_string())
}

/// One deadline a line: date, clause, then inputs; `!` marks what nobody stated.
pub(super) fn print(deadlines: &[Deadline]) -> String {
    let line = |deadline: &Deadline| {
        let inputs: Vec<String> = deadline
            .inputs
            .iter()
            .map(|input| {
                let mark = if input.is_defaulted { "!" } else { "" };
                format!("{}={}{mark}", input.name, input.value)
            })
            .collect();
        format!("{} {} [{}]\n", show(deadline.due_at), deadline.clause, inputs.join(", "))
    };
    deadlines.iter().map(line).collect()
}
