//! Random facts in random order: no date moves later without a cause, order is nothing, and the past is what an
//! evaluation at that time said.

use crate::clause;
use crate::deadline::tests::story::{CVE, Story, at, kev};
use crate::deadline::{Past, binding, deadlines, timeline};
use model::advisory::{Feed, Label};
use model::clause::{Clause, SoftwareClass};
use model::cve::{CveStatement, Exploitation, TechnicalImpact, Vector};
use model::exposure::{Answer, Question, SourcedStatement};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};

/// Stories per property; one costs a few milliseconds in a build for tests.
const CASES: u32 = 500;
/// The first moment of every story: an obligation ends and another begins within the year.
const BEGIN: &str = "2025-12-20";
const DAYS: i64 = 300;

fn runner() -> TestRunner {
    let config = Config {
        cases: CASES,
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
}

/// Quarters of a day, so that some facts fall together and some on midnight.
fn time() -> impl Strategy<Value = i64> {
    (0..DAYS * 4).prop_map(|quarter| at(BEGIN) + quarter * 21_600)
}

fn label() -> impl Strategy<Value = Label> {
    prop::sample::select(vec![
        Label::NotGiven,
        Label::Low,
        Label::Medium,
        Label::High,
        Label::Critical,
    ])
}

fn statement() -> impl Strategy<Value = SourcedStatement> {
    let exploitation = prop::option::of(prop::sample::select(vec![
        Exploitation::None,
        Exploitation::PublicPoc,
        Exploitation::Active,
    ]));
    let impact = prop::option::of(prop::sample::select(vec![
        TechnicalImpact::Partial,
        TechnicalImpact::Total,
    ]));
    let vector = prop::option::weighted(
        0.3,
        prop::sample::select(vec![
            "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
            "CVSS:3.1/AV:L/AC:H/PR:L/UI:R/S:U/C:L/I:N/A:N",
            "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N",
        ]),
    );
    let gone = prop::option::weighted(0.3, 1..200_i64);
    let ssvc = (exploitation, prop::option::of(any::<bool>()), impact, vector);
    (any::<bool>(), time(), gone, 0..20_i64, ssvc).prop_map(
        |(is_kev, learned_at, gone, age, (exploitation, is_automatable, impact, vector))| {
            let mut statement = CveStatement::of(CVE);
            let mut feed = Feed::CveRecord;
            if is_kev {
                feed = Feed::Kev;
                let day = |at: i64| {
                    jiff::Timestamp::from_second(at).unwrap().to_string()[..10].to_owned()
                };
                let added = learned_at - age * 86_400;
                statement.kev = Some(kev(&day(added), &day(added + 14 * 86_400)));
            } else {
                statement.exploitation = exploitation;
                statement.is_automatable = is_automatable;
                statement.technical_impact = impact;
                let vector = vector.map(|text| Vector {
                    source: "CNA".to_owned(),
                    text: text.to_owned(),
                    printed_x10: None,
                });
                statement.vectors.extend(vector);
            }
            let gone_at = gone.map(|days| learned_at + days * 86_400);
            SourcedStatement {
                feed,
                source: feed.word().to_owned(),
                learned_at,
                gone_at,
                statement,
            }
        },
    )
}

fn answer() -> impl Strategy<Value = Answer> {
    (prop::sample::select(Question::ALL.to_vec()), 0..4_usize, time()).prop_map(
        |(question, value, at)| Answer {
            question,
            value: question.values().get(value).unwrap_or(&"no such value").to_string(),
            by: "ada".to_owned(),
            at,
        },
    )
}

fn story() -> impl Strategy<Value = Story> {
    let class = prop::sample::select(vec![
        SoftwareClass::OperatingSystem,
        SoftwareClass::OnlineService,
        SoftwareClass::Office,
        SoftwareClass::Firmware,
    ]);
    let facts = (
        prop::collection::vec(statement(), 0..5),
        prop::collection::vec(answer(), 0..5),
        prop::collection::vec((time(), label()), 0..3),
    );
    (facts, class, prop::option::of(time()), time(), label()).prop_map(
        |((statements, answers, labels), class, published_at, detected_at, label)| {
            let label = labels.iter().max().map_or(label, |(_, label)| *label);
            Story {
                statements,
                answers,
                labels,
                label,
                class,
                published_at,
                detected_at,
                ..Story::new()
            }
        },
    )
}

/// Every shipped clause alone, each obligation, and all together.
fn sets() -> Vec<Vec<Clause>> {
    let mut sets: Vec<Vec<Clause>> =
        clause::obligations().iter().map(|o| clause::chosen(std::slice::from_ref(&o.id))).collect();
    sets.push(clause::shipped());
    sets
}

#[test]
fn no_date_moves_later_without_a_cause_and_the_last_move_is_what_holds() {
    let sets = sets();
    let now = at(BEGIN) + DAYS * 86_400;
    let result = runner().run(&(story(), 0..sets.len()), |(story, set)| {
        let facts = story.facts(now);
        let subject = story.subject(&facts);
        let moves = timeline(&subject, &sets[set], now);
        let mut last = None;
        for moved in &moves {
            prop_assert!(!moved.because.is_empty(), "{:?}", moved);
            let (was, is) = (moved.was.unwrap_or(i64::MAX), moved.due_at.unwrap_or(i64::MAX));
            let has_cause = moved.because.iter().any(|cause| cause.may_delay);
            prop_assert!(is <= was || has_cause, "{:#?}", moves);
            if let Some(last) = last {
                prop_assert_eq!(moved.was, last);
            }
            last = Some(moved.due_at);
        }
        let first = deadlines(&subject, &sets[set], now).into_iter().next();
        let told = moves.last().map(|moved| (moved.due_at, moved.clause.clone()));
        let told = told.filter(|(_, clause)| !clause.is_empty());
        prop_assert_eq!(told, first.map(|deadline| (deadline.due_at, deadline.clause)));
        Ok(())
    });
    result.unwrap();
}

#[test]
fn the_past_is_what_an_evaluation_at_that_time_said() {
    let sets = sets();
    let end = at(BEGIN) + DAYS * 86_400;
    let result = runner().run(&(story(), 0..sets.len(), time()), |(story, set, then)| {
        let then = then.max(story.detected_at);
        let facts = story.facts(end);
        let moves = timeline(&story.subject(&facts), &sets[set], end);
        let told = moves.iter().rev().find(|moved| moved.at <= then);
        let told = told.map(|moved| (moved.due_at, moved.clause.clone()));
        let told = told.filter(|(_, clause)| !clause.is_empty());
        // What was known then, and nothing else.
        let mut early = story.clone();
        early.answers.retain(|answer| answer.at <= then);
        early.statements.retain(|statement| statement.learned_at <= then);
        for statement in &mut early.statements {
            statement.gone_at = statement.gone_at.filter(|gone_at| *gone_at <= then);
        }
        let facts = early.facts(then);
        let held = deadlines(&early.subject(&facts), &sets[set], then).into_iter().next();
        prop_assert_eq!(told, held.map(|deadline| (deadline.due_at, deadline.clause)));
        Ok(())
    });
    result.unwrap();
}

#[test]
fn facts_in_any_order_give_the_same_deadlines() {
    let all = clause::shipped();
    let now = at(BEGIN) + DAYS * 86_400;
    let shuffled = story().prop_flat_map(|story| {
        let order = (
            Just(story.statements.clone()).prop_shuffle(),
            Just(story.answers.clone()).prop_shuffle(),
            Just(story.labels.clone()).prop_shuffle(),
        );
        (Just(story), order)
    });
    let result = runner().run(&shuffled, |(story, (statements, answers, labels))| {
        let other = Story { statements, answers, labels, ..story.clone() };
        let (facts, others) = (story.facts(now), other.facts(now));
        prop_assert_eq!(
            deadlines(&story.subject(&facts), &all, now),
            deadlines(&other.subject(&others), &all, now)
        );
        prop_assert_eq!(
            timeline(&story.subject(&facts), &all, now),
            timeline(&other.subject(&others), &all, now)
        );
        let mut reversed = all.clone();
        reversed.reverse();
        prop_assert_eq!(
            deadlines(&story.subject(&facts), &all, now),
            deadlines(&story.subject(&facts), &reversed, now)
        );
        Ok(())
    });
    result.unwrap();
}

#[test]
fn the_binding_deadline_is_the_first_of_all() {
    let all = clause::shipped();
    let now = at(BEGIN) + DAYS * 86_400;
    let result = runner().run(&story(), |story| {
        let facts = story.facts(now);
        let subject = story.subject(&facts);
        let past = Past::of(subject.cve, now);
        let light = binding(&subject, &past, &all, now);
        let first = deadlines(&subject, &all, now).into_iter().next();
        prop_assert_eq!(
            light.map(|due| (due.due_at, due.clause.id.clone(), due.clock_started_at)),
            first.map(|due| (due.due_at, due.clause, due.clock_started_at))
        );
        Ok(())
    });
    result.unwrap();
}
