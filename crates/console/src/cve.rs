//! One CVE: what is known and by whom, who is exposed, what fixes it, by when it must be gone.

use crate::exposure::{ClauseRow, Due, STATES, Signals, percent, tenths};
use crate::exposures::each::ExposureRow;
use crate::exposures::{
    Notice,
    actions::{Draft, draft_label},
    hosts::tally,
    notices,
};

use crate::mark::Mark;
use crate::moment::Moment;
use crate::quantity::{count, counted, length};
use crate::query::link;
use crate::shell::{Section, Shell};
use askama::Template;
use model::cve::{CveStatement, Exploitation, TechnicalImpact};
use model::exposure::{
    CveFacts, CveView, ExposureView, FeedView, FixLine, Score, SourcedStatement,
};
use std::collections::BTreeSet;

/// Hosts that the page names; the rest is one link away.
pub const HOSTS_MAX: usize = 50;
/// Packages that one draft names: a CVE of more is drafted by action.
const DRAFT_PACKAGES_MAX: usize = 20;

/// The page `/cves/{cve}`.
#[derive(Debug, Template)]
#[template(path = "cve.html")]
pub struct CvePage {
    pub shell: Shell,
    cve: String,
    title: String,
    is_rejected: bool,
    notices: Vec<Notice>,
    signals: Signals,
    facts: Vec<Fact>,
    scores: Vec<ScoreRow>,
    statements: Vec<StatementRow>,
    exposed: String,
    total: String,
    counts: Vec<(String, Mark, &'static str, String)>,
    fixes: Vec<FixRow>,
    due: Due,
    clauses: Vec<ClauseRow>,
    /// Whose deadline is shown: others may differ by their own inputs.
    clauses_host: (String, String),
    rows: Vec<ExposureRow>,
    rows_more: u64,
    all_href: String,
    draft: Option<Draft>,
}

/// One line of facts, with where it comes from.
#[derive(Debug)]
struct Fact {
    label: &'static str,
    value: String,
    /// Empty: nobody states it.
    source: String,
    note: String,
    is_unknown: bool,
}

/// One vector with the score that follows from it.
#[derive(Debug)]
struct ScoreRow {
    version: String,
    score: String,
    vector: String,
    source: String,
    /// The publisher printed another number beside it.
    contradiction: String,
}

/// What one source states.
#[derive(Debug)]
struct StatementRow {
    source: String,
    feed: &'static str,
    learned: Moment,
    gone: Option<Moment>,
    says: Vec<String>,
}

/// What fixes it in one stream.
#[derive(Debug)]
struct FixRow {
    stream: String,
    package: String,
    module: String,
    affected: String,
    fixed: String,
    channel: String,
    source: String,
    advisory: String,
    learned: Moment,
    hosts: String,
    is_overruled: bool,
}

impl CvePage {
    /// Returns the page of one CVE; its exposures come earliest deadline first.
    pub fn new(shell: Shell, view: &CveView, feeds: &[FeedView]) -> Self {
        let facts = &view.facts;
        let cve = facts.cve.to_string();
        let worst = view.exposures.iter().find(|exposure| exposure.deadline.is_some());
        let shown = view.exposures.len().min(HOSTS_MAX);
        let shown = &view.exposures[..shown];
        let all: u64 = view.counts.iter().map(|of| of.hosts).sum();
        Self {
            title: facts.title.clone(),
            is_rejected: facts.is_rejected,
            notices: notices(feeds),
            signals: signals(facts),
            facts: self::facts(facts, &shell),
            scores: facts.scores.iter().map(score_row).collect(),
            statements: statements(&facts.statements, &shell),
            exposed: counted(view.hosts_exposed, "host"),
            total: counted(view.hosts_total, "host"),
            counts: counts(view, &cve),
            fixes: view.fixes.iter().map(|fix| fix_row(fix, &shell)).collect(),
            due: Due::of(worst.and_then(|exposure| exposure.deadline.as_ref()), &shell),
            clauses: clauses(worst, &shell),
            clauses_host: worst
                .map(|of| (of.host.to_string(), of.host_name.clone()))
                .unwrap_or_default(),
            rows: shown.iter().map(|exposure| ExposureRow::new(exposure, &shell)).collect(),
            rows_more: all.saturating_sub(length(shown)),
            all_href: link("/exposures/each", &[("cve", &cve)]),
            draft: draft(view, &cve),
            cve,
            shell,
        }
    }

    fn section(&self) -> Section {
        Section::Exposure
    }
}

fn signals(facts: &CveFacts) -> Signals {
    Signals::new(
        (facts.kev.is_some(), facts.kev.as_ref().is_some_and(|kev| kev.is_ransomware)),
        facts.epss.map(|epss| epss.score_ppm),
        facts.scores.first().map(|score| score.x10),
        model::advisory::Label::NotGiven,
    )
}

fn facts(facts: &CveFacts, shell: &Shell) -> Vec<Fact> {
    let by = |states: &dyn Fn(&CveStatement) -> bool| -> String {
        let sources: BTreeSet<&str> = facts
            .statements
            .iter()
            .filter(|of| of.gone_at.is_none() && states(&of.statement))
            .map(|of| of.source.as_str())
            .collect();
        sources.into_iter().collect::<Vec<_>>().join(", ")
    };
    let fact = |label, value: Option<String>, source: String, note: String| Fact {
        label,
        is_unknown: value.is_none(),
        value: value.unwrap_or_else(|| "not known".to_owned()),
        source,
        note,
    };
    let kev = facts.kev.as_ref();
    let kev_value = match (kev, facts.was_in_kev) {
        (Some(kev), _) => Some(format!("in the catalogue since {}", kev.added)),
        (None, true) => Some("was in the catalogue, and was taken out".to_owned()),
        (None, false) if has_feed(facts) => Some("not in the catalogue".to_owned()),
        (None, false) => None,
    };
    let known = facts.kev_known_at.map(|at| format!("known here {}", shell.moment(at).words));
    vec![
        fact("Known exploited", kev_value, by(&|s| s.kev.is_some()), known.unwrap_or_default()),
        fact("CISA's own date", kev.map(|kev| kev.due.clone()), String::new(), kev_note(kev)),
        fact(
            "Ransomware",
            kev.map(|kev| ransomware(kev.is_ransomware)),
            String::new(),
            String::new(),
        ),
        fact(
            "Exploitation",
            facts.exploitation.map(exploitation),
            by(&|s| s.exploitation.is_some()),
            String::new(),
        ),
        fact(
            "Automatable",
            facts.is_automatable.map(yes_no),
            by(&|s| s.is_automatable.is_some()),
            String::new(),
        ),
        fact(
            "Technical impact",
            facts.technical_impact.map(impact),
            by(&|s| s.technical_impact.is_some()),
            String::new(),
        ),
        fact(
            "EPSS",
            facts.epss.map(|of| epss(of, &facts.epss_model)),
            by(&|s| s.epss.is_some()),
            String::new(),
        ),
        fact(
            "Published",
            facts.published_at.map(crate::exposures::iso_day),
            by(&|s| s.published_at.is_some()),
            String::new(),
        ),
    ]
}

/// Without any statement nothing was loaded that could deny it: absence says something only then.
fn has_feed(facts: &CveFacts) -> bool {
    !facts.statements.is_empty()
}

fn kev_note(kev: Option<&model::cve::Kev>) -> String {
    let note = "it does not know your hosts: the deadline here follows from the clauses";
    if kev.is_some() { note.to_owned() } else { String::new() }
}

/// "Unknown" in the catalogue is not "no".
fn ransomware(is_known: bool) -> String {
    if is_known { "known to be used" } else { "not known to be used" }.to_owned()
}

fn exploitation(of: Exploitation) -> String {
    match of {
        Exploitation::None => "none seen",
        Exploitation::PublicPoc => "public proof of concept",
        Exploitation::Active => "active",
    }
    .to_owned()
}

fn yes_no(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_owned()
}

fn impact(of: TechnicalImpact) -> String {
    match of {
        TechnicalImpact::Partial => "partial",
        TechnicalImpact::Total => "total",
    }
    .to_owned()
}

fn epss(of: model::cve::Epss, model: &str) -> String {
    let rank = percent(of.percentile_ppm);
    let model = if model.is_empty() { String::new() } else { format!(", model {model}") };
    format!("{} within 30 days; above {rank} of all CVEs{model}", percent(of.score_ppm))
}

fn score_row(score: &Score) -> ScoreRow {
    ScoreRow {
        version: score.version.clone(),
        score: tenths(score.x10),
        vector: score.vector.clone(),
        source: score.source.clone(),
        contradiction: score
            .printed_x10
            .map(|printed| format!("{} printed {} beside it", score.source, tenths(printed)))
            .unwrap_or_default(),
    }
}

fn statements(all: &[SourcedStatement], shell: &Shell) -> Vec<StatementRow> {
    let row = |of: &SourcedStatement| StatementRow {
        source: of.source.clone(),
        feed: of.feed.word(),
        learned: shell.moment(of.learned_at),
        gone: of.gone_at.map(|at| shell.moment(at)),
        says: says(&of.statement),
    };
    all.iter().map(row).collect()
}

/// Returns what one statement says, each part in words.
fn says(of: &CveStatement) -> Vec<String> {
    let vectors = of.vectors.iter().map(|vector| format!("{} by {}", vector.text, vector.source));
    let mut says = Vec::new();
    if of.is_rejected {
        says.push("rejected".to_owned());
    }
    says.extend(of.kev.as_ref().map(|kev| {
        format!("exploited: in the catalogue since {}, CISA's date {}", kev.added, kev.due)
    }));
    says.extend(of.exploitation.map(|of| format!("exploitation: {}", exploitation(of))));
    says.extend(of.is_automatable.map(|yes| format!("automatable: {}", yes_no(yes))));
    says.extend(of.technical_impact.map(|of| format!("technical impact: {}", impact(of))));
    says.extend(of.epss.map(|of| format!("EPSS {}", percent(of.score_ppm))));
    says.extend(vectors);
    says.extend(of.published_at.map(|at| format!("published {}", crate::exposures::iso_day(at))));
    says.extend(Some(of.title.clone()).filter(|title| !title.is_empty()));
    says
}

/// Returns hosts by state, each with what the state means and a link to those hosts.
fn counts(view: &CveView, cve: &str) -> Vec<(String, Mark, &'static str, String)> {
    let meaning = |mark: &Mark| STATES.iter().find(|state| state.label == mark.word);
    tally(&view.counts)
        .into_iter()
        .map(|(number, mark)| {
            let known = meaning(&mark);
            let word = known.map_or(mark.word.as_str(), |state| state.word);
            let href = link("/exposures/each", &[("cve", cve), ("state", word)]);
            (number, mark.clone(), known.map_or("", |state| state.meaning), href)
        })
        .collect()
}

fn fix_row(fix: &FixLine, shell: &Shell) -> FixRow {
    FixRow {
        stream: fix.stream.clone(),
        package: fix.package.clone(),
        module: fix.module.clone(),
        affected: fix.affected.clone(),
        fixed: fix.fixed.clone(),
        channel: fix.channel.clone(),
        source: fix.source.clone(),
        advisory: fix.advisory.clone(),
        learned: shell.moment(fix.learned_at),
        hosts: count(fix.hosts),
        is_overruled: fix.is_overruled,
    }
}

fn clauses(worst: Option<&ExposureView>, shell: &Shell) -> Vec<ClauseRow> {
    let Some(exposure) = worst else { return Vec::new() };
    let others = exposure.deadlines.iter();
    let binding = exposure.deadline.iter();
    let clause = exposure.deadline.as_ref().map(|of| of.clause.as_str());
    binding
        .chain(others.filter(|of| Some(of.clause.as_str()) != clause))
        .map(|deadline| ClauseRow::new(deadline, shell))
        .collect()
}

/// One draft for every host that is offered a fix; nothing where none is.
fn draft(view: &CveView, cve: &str) -> Option<Draft> {
    let actionable =
        view.counts.iter().find(|of| of.state == "actionable").map_or(0, |of| of.hosts);
    let packages: BTreeSet<&str> = view
        .fixes
        .iter()
        .filter(|fix| fix.hosts > 0 && !fix.fixed.is_empty() && !fix.is_overruled)
        .map(|fix| fix.package.as_str())
        .collect();
    let is_draftable = actionable > 0 && (1..=DRAFT_PACKAGES_MAX).contains(&packages.len());
    is_draftable.then(|| Draft {
        title: format!("against {cve}"),
        packages: packages.into_iter().map(str::to_owned).collect(),
        host: String::new(),
        stream: String::new(),
        cve: cve.to_owned(),
        label: draft_label(actionable),
    })
}
