//! What a host's page says of its exposure: how much, by when, what to do, whether its release ends, and
//! the questions that only people can answer.

use crate::end_of_life::EndRow;
use crate::exposure::{Due, hazard};
use crate::exposures::actions::ActionRow;
use crate::exposures::each::ExposureRow;
use crate::exposures::hosts::tally;
use crate::exposures::{Notice, notices, urgent};
use crate::mark::Mark;
use crate::moment::Moment;
use crate::quantity::{count, counted};
use crate::query::link;
use crate::shell::Shell;
use model::exposure::{Action, Answer, EndOfLifeView, ExposurePage, FeedView, HostLine, Question};

/// Actions that the page shows; the rest is one link away.
pub const ACTIONS_MAX: usize = 8;
/// Exposures that the page shows where no action is known.
pub const EXPOSURES_MAX: u32 = 8;

/// What is known of one host's exposure.
#[derive(Debug, Clone, Copy)]
pub struct HostExposureInput<'a> {
    /// `None`: it is exposed to nothing, as far as is known.
    pub line: Option<&'a HostLine>,
    /// What can be done on this host, the nearest deadline first.
    pub actions: &'a [Action],
    /// Its first exposures.
    pub page: &'a ExposurePage,
    pub end_of_life: &'a [EndOfLifeView],
    pub answers: &'a [Answer],
    pub feeds: &'a [FeedView],
}

/// The same, ready to be shown.
#[derive(Debug)]
pub(crate) struct HostExposure {
    pub notices: Vec<Notice>,
    pub total: String,
    pub is_exposed: bool,
    pub hazard: String,
    pub marks: Vec<Mark>,
    pub states: Vec<(String, Mark)>,
    pub due: Due,
    pub each_href: String,
    pub actions: Vec<ActionRow>,
    pub actions_more: usize,
    pub exposures: Vec<ExposureRow>,
    pub ends: Vec<EndRow>,
    pub questions: Vec<QuestionRow>,
    pub open: usize,
    pub answers_path: String,
}

/// One question with its answer, if any.
#[derive(Debug)]
pub(crate) struct QuestionRow {
    /// The form's field.
    pub word: &'static str,
    pub label: &'static str,
    pub choices: Vec<AnswerChoice>,
    pub answered: Option<(String, Moment)>,
    pub open: &'static str,
}

/// One answer that can be given.
#[derive(Debug)]
pub(crate) struct AnswerChoice {
    pub value: &'static str,
    pub label: &'static str,
    pub is_given: bool,
}

impl HostExposure {
    pub(crate) fn new(host: &str, input: &HostExposureInput<'_>, shell: &Shell) -> Self {
        let line = input.line;
        let actions = input.actions.iter().take(ACTIONS_MAX).enumerate();
        let shown: Vec<ActionRow> =
            actions.map(|(at, action)| ActionRow::new(action, at + 1, host, shell)).collect();
        let questions: Vec<QuestionRow> =
            Question::ALL.iter().map(|of| question(*of, input.answers, shell)).collect();
        let exposures = if shown.is_empty() { input.page.exposures.as_slice() } else { &[] };
        Self {
            // Old feeds are said where exposure is looked at as a whole; none at all is said here too.
            notices: notices(input.feeds).into_iter().filter(|of| !of.hint.is_empty()).collect(),
            total: counted(line.map_or(0, |line| line.exposures), "exposure"),
            is_exposed: line.is_some_and(|line| line.exposures > 0),
            hazard: hazard(line.map_or(0, |line| line.hazard_micro)),
            marks: line
                .map(|line| [urgent(line.overdue, "overdue"), urgent(line.kev, "exploited")])
                .into_iter()
                .flatten()
                .flatten()
                .collect(),
            states: line.map(|line| tally(&line.counts)).unwrap_or_default(),
            due: Due::new(
                line.and_then(|line| line.due_at),
                line.map_or("", |line| &line.clause),
                shell,
            ),
            each_href: link("/exposures/each", &[("host", host)]),
            actions_more: input.actions.len().saturating_sub(shown.len()),
            actions: shown,
            exposures: exposures.iter().map(|view| ExposureRow::new(view, shell)).collect(),
            ends: input.end_of_life.iter().map(EndRow::new).collect(),
            open: questions.iter().filter(|question| question.answered.is_none()).count(),
            questions,
            answers_path: format!("/hosts/{host}/answers"),
        }
    }

    /// Returns how many questions are open, in words.
    pub(crate) fn open_words(&self) -> String {
        format!("{} to be answered", count(u64::try_from(self.open).unwrap_or(u64::MAX)))
    }
}

fn question(question: Question, answers: &[Answer], shell: &Shell) -> QuestionRow {
    let given = answers.iter().find(|answer| answer.question == question);
    let choice = |value: &&'static str| AnswerChoice {
        value,
        label: value_label(question, value),
        is_given: given.is_some_and(|answer| answer.value == **value),
    };
    let (label, open) = match question {
        Question::InternetExposed => (
            "Can strangers reach it over the internet?",
            "unknown: the strictest row of each clause counts",
        ),
        Question::Criticality => {
            ("What would its loss mean?", "unknown: very high for deadlines, medium for rank")
        }
        Question::DataClass => {
            ("What is the most sensitive data on it?", "unknown: clauses for such data may apply")
        }
    };
    QuestionRow {
        word: question.word(),
        label,
        choices: question.values().iter().map(choice).collect(),
        answered: given.map(|answer| (answer.by.clone(), shell.moment(answer.at))),
        open,
    }
}

fn value_label(question: Question, value: &'static str) -> &'static str {
    match (question, value) {
        (Question::InternetExposed, "no") => "no",
        (Question::InternetExposed, "partner") => "partners only",
        (Question::InternetExposed, "yes") => "yes",
        (Question::Criticality, "very_high") => "very high",
        (_, value) => value,
    }
}
