//! A deadline put into words: which inputs decided it, who stated them and when, and which nobody stated.

pub(super) mod words;

use crate::deadline::known::{CveSide, Exposure, HostSide};
use crate::deadline::{Due, Subject, calendar, fit};
use model::advisory::Label;
use model::clause::{Applies, Clause, Clock, Condition, Deadline, Input, SoftwareClass};
use model::cve::CveStatement;
use model::exposure::Question;
use model::package::PatchKind;
use std::collections::BTreeSet;

/// The inputs that a clause can ask for, in the order in which they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Asked {
    Kev,
    Exposed,
    Exploitation,
    Automatable,
    Impact,
    Label,
    Cvss3,
    Rank,
    Criticality,
    DataClass,
    Class,
    Kind,
    Unsupported,
    Tags,
    Released,
}

/// Which value counts where nobody stated one.
const STRICTEST: &str = "nobody stated it: the strictest value that fits counts";
const BOD_DEFAULT: &str = "default of BOD 26-04 where SSVC says nothing";

pub(super) fn deadline(subject: &Subject<'_>, due: &Due<'_>, now: i64) -> Deadline {
    let clause = due.clause;
    let mut inputs: Vec<Input> =
        asked(clause).into_iter().map(|asked| input(asked, subject, due, now)).collect();
    if let Some(since) = due.kept_since {
        inputs.push(Input {
            name: "kept".to_owned(),
            value: "the inputs are worse since then, and no date moves later for that".to_owned(),
            source: String::new(),
            seen_at: Some(since),
            is_defaulted: false,
        });
    }
    Deadline {
        clause: clause.id.clone(),
        title: clause.title.clone(),
        status: clause.status,
        due_at: due.due_at,
        term: clause.term,
        clock_started_at: due.clock_started_at,
        clock: words::reading(clause),
        is_day_precise: due.is_day_precise,
        done_when: clause.done_when,
        extra: clause.extra.clone(),
        inputs,
    }
}

fn asked(clause: &Clause) -> BTreeSet<Asked> {
    let mut asked = BTreeSet::new();
    match &clause.applies {
        Applies::Always => {}
        Applies::Kev => {
            asked.insert(Asked::Kev);
        }
        Applies::Bod { .. } => {
            asked.extend([Asked::Kev, Asked::Exposed, Asked::Automatable, Asked::Impact]);
        }
        Applies::Deployer { .. } => asked.extend([
            Asked::Exposed,
            Asked::Exploitation,
            Asked::Automatable,
            Asked::Criticality,
        ]),
        Applies::All { of } | Applies::Any { of } => asked.extend(of.iter().map(of_condition)),
        Applies::Both { all, any } | Applies::Unless { all, any } => {
            asked.extend(all.iter().chain(any).map(of_condition));
        }
    }
    for tag in &clause.scope {
        let is_answered = tag == fit::PAYMENT_TAG || tag == fit::HEALTH_TAG;
        asked.insert(if is_answered { Asked::DataClass } else { Asked::Tags });
    }
    if asks_release(&clause.clock) {
        asked.insert(Asked::Released);
    }
    asked
}

fn of_condition(condition: &Condition) -> Asked {
    match condition {
        Condition::LabelAtLeast { .. }
        | Condition::LabelBelow { .. }
        | Condition::LabelNotGiven => Asked::Label,
        Condition::Cvss3AtLeast { .. } => Asked::Cvss3,
        Condition::RankedAtLeast { .. } => Asked::Rank,
        Condition::Class { .. } => Asked::Class,
        Condition::Exploit | Condition::NoExploit => Asked::Exploitation,
        Condition::InternetExposed { .. } => Asked::Exposed,
        Condition::Kind { .. } => Asked::Kind,
        Condition::Unsupported => Asked::Unsupported,
        Condition::HostTag { .. } => Asked::Tags,
    }
}

fn asks_release(clock: &Clock) -> bool {
    match clock {
        Clock::VendorRelease | Clock::AdvisoryPublished => true,
        Clock::KevAdded | Clock::Detected => false,
        Clock::EarlierOf { of } | Clock::LaterOf { of } => of.iter().any(asks_release),
    }
}

fn input(asked: Asked, subject: &Subject<'_>, due: &Due<'_>, now: i64) -> Input {
    let known = &due.known;
    let cve = &known.cve;
    let feed = Feeds { subject, now };
    match asked {
        Asked::Kev => {
            let mut input = feed.input("kev", kev(cve), |s| s.kev.is_some());
            if cve.kev.is_none() && subject.cve.is_some_and(|facts| facts.was_in_kev) {
                input.value = "no, removed from the catalogue".to_owned();
            }
            input
        }
        Asked::Exploitation => exploitation(due, &feed),
        Asked::Automatable => automatable(due, &feed),
        Asked::Impact => {
            let input = feed.input("technical_impact", words::impact(cve.impact), |s| {
                s.technical_impact.is_some()
            });
            bod_default(input, cve, "total")
        }
        Asked::Label => plain("label", words::label(known.label), "the publisher"),
        Asked::Cvss3 => feed.input("cvss3", words::score(cve.cvss3_x10), |s| {
            s.vectors.iter().any(|vector| vector.text.starts_with("CVSS:3"))
        }),
        Asked::Rank => rank(due),
        Asked::Exposed => exposed(subject, &known.host, now),
        Asked::Criticality => answered(subject, Question::Criticality, now),
        Asked::DataClass => data_class(subject, due, now),
        Asked::Class => plain("class", class(subject.class).to_owned(), "the package's name"),
        Asked::Kind => plain("kind", kind(subject.kind).to_owned(), "the advisory"),
        Asked::Unsupported => {
            plain("unsupported", words::yes_no(Some(subject.is_unsupported)), "end-of-life data")
        }
        Asked::Tags => plain("tags", subject.tags.join(", "), "the host"),
        Asked::Released => released(subject),
    }
}

/// Words for what the catalogue says.
pub(super) fn kev(cve: &CveSide) -> String {
    match cve.kev {
        Some(kev) => format!("added {}", words::day(kev.added_at)),
        None => "no".to_owned(),
    }
}

fn exploitation(due: &Due<'_>, feed: &Feeds<'_>) -> Input {
    let cve = &due.known.cve;
    if cve.kev.is_some() {
        return feed.input("exploitation", "active".to_owned(), |s| s.kev.is_some());
    }
    let value = words::exploitation(cve.exploitation);
    let mut input = feed.input("exploitation", value, |s| s.exploitation.is_some());
    if cve.exploitation.is_none() {
        input.is_defaulted = true;
        STRICTEST.clone_into(&mut input.source);
        if matches!(due.clause.applies, Applies::Deployer { .. }) {
            "none".clone_into(&mut input.value);
            "derived: nobody states it, and it is not in KEV".clone_into(&mut input.source);
        }
    }
    input
}

fn automatable(due: &Due<'_>, feed: &Feeds<'_>) -> Input {
    let cve = &due.known.cve;
    let value = words::yes_no(cve.is_automatable);
    let mut input = feed.input("automatable", value, |s| s.is_automatable.is_some());
    match (&due.clause.applies, cve.is_automatable, cve.derived_automatable) {
        (Applies::Deployer { .. }, None, Some(derived)) => {
            input.value = words::yes_no(Some(derived));
            "derived from the CVSS vector".clone_into(&mut input.source);
            input.is_defaulted = true;
            input
        }
        (Applies::Deployer { .. }, None, None) => unknown("automatable"),
        _ => bod_default(input, cve, "no"),
    }
}

/// Only what is not in KEV has defaults.
fn bod_default(mut input: Input, cve: &CveSide, default: &str) -> Input {
    if input.value != words::UNKNOWN {
        return input;
    }
    input.is_defaulted = true;
    if cve.kev.is_some() {
        STRICTEST.clone_into(&mut input.source);
    } else {
        default.clone_into(&mut input.value);
        BOD_DEFAULT.clone_into(&mut input.source);
    }
    input
}

fn rank(due: &Due<'_>) -> Input {
    let known = &due.known;
    let rank = fit::rank(known);
    if rank == Label::NotGiven {
        return unknown("rank");
    }
    if known.label == Label::NotGiven {
        let source = format!("CVSS version 3 base score {}", words::score(known.cve.cvss3_x10));
        return plain("rank", words::label(rank), &source);
    }
    plain("rank", words::label(rank), "the publisher")
}

fn exposed(subject: &Subject<'_>, host: &HostSide, now: i64) -> Input {
    match host.exposure {
        Exposure::Unknown => unknown("internet_exposed"),
        Exposure::No | Exposure::Partner | Exposure::Yes => {
            let mut input = answered(subject, Question::InternetExposed, now);
            // Of a date that is kept, the answer that it was decided by.
            input.value = words::exposure(host.exposure);
            input
        }
    }
}

fn data_class(subject: &Subject<'_>, due: &Due<'_>, now: i64) -> Input {
    let mut tags = due.clause.scope.iter().filter(|tag| subject.tags.contains(tag));
    match tags.next() {
        Some(tag) => plain("data_class", format!("tag {tag}"), "the host"),
        None => answered(subject, Question::DataClass, now),
    }
}

fn answered(subject: &Subject<'_>, question: Question, now: i64) -> Input {
    let name = question.word().replace('-', "_");
    let place = |value: &str| question.values().iter().position(|one| *one == value);
    let answers = subject.answers.iter().filter(|a| a.question == question && a.at <= now);
    let latest = answers
        .filter(|a| place(&a.value).is_some())
        .max_by_key(|a| (a.at, place(&a.value), &a.by));
    match latest {
        None => unknown(&name),
        Some(answer) => Input {
            name,
            value: answer.value.clone(),
            source: format!("answered by {}", answer.by),
            seen_at: Some(answer.at),
            is_defaulted: false,
        },
    }
}

fn released(subject: &Subject<'_>) -> Input {
    match subject.published_at {
        None => Input {
            source: "no date is published: detection here counts".to_owned(),
            ..unknown("released")
        },
        Some(at) if calendar::is_date(at) => {
            Input { seen_at: Some(at), ..plain("released", words::day(at), "the advisory") }
        }
        Some(at) => {
            Input { seen_at: Some(at), ..plain("released", words::instant(at), "the advisory") }
        }
    }
}

fn unknown(name: &str) -> Input {
    Input {
        name: name.to_owned(),
        value: words::UNKNOWN.to_owned(),
        source: STRICTEST.to_owned(),
        seen_at: None,
        is_defaulted: true,
    }
}

fn plain(name: &str, value: String, source: &str) -> Input {
    Input {
        name: name.to_owned(),
        value,
        source: source.to_owned(),
        seen_at: None,
        is_defaulted: false,
    }
}

/// The statements about the exposure's CVE, to look up who said what.
struct Feeds<'a> {
    subject: &'a Subject<'a>,
    now: i64,
}

impl Feeds<'_> {
    /// Returns an input with the first live statement that says it: they are sorted by how near the source is.
    fn input(&self, name: &str, value: String, says: impl Fn(&CveStatement) -> bool) -> Input {
        let statements = self.subject.cve.map_or(&[][..], |facts| &facts.statements);
        let said = statements.iter().find(|s| {
            let is_live = s.gone_at.is_none_or(|gone_at| self.now < gone_at);
            is_live && s.learned_at <= self.now && says(&s.statement)
        });
        let source = match said {
            Some(said) if said.source == said.feed.word() => said.source.clone(),
            Some(said) => format!("{}: {}", said.feed.word(), said.source),
            None => String::new(),
        };
        let seen_at = said.map(|said| said.learned_at);
        Input { name: name.to_owned(), value, source, seen_at, is_defaulted: false }
    }
}

fn class(class: SoftwareClass) -> &'static str {
    match class {
        SoftwareClass::OperatingSystem => "operating system",
        SoftwareClass::OnlineService => "online service",
        SoftwareClass::Office => "office, browser, mail, PDF or security software",
        SoftwareClass::OtherApplication => "other application",
        SoftwareClass::Driver => "driver",
        SoftwareClass::Firmware => "firmware",
    }
}

fn kind(kind: PatchKind) -> &'static str {
    match kind {
        PatchKind::Security => "security",
        PatchKind::Maintenance => "maintenance",
        PatchKind::Firmware => "firmware",
        PatchKind::Application => "application",
    }
}
