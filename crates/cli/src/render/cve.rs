//! One CVE as text: facts with who states them, who is exposed, what fixes it, by when and why.

use super::count;
use super::exposure::{percent, standing, state_words, tenths, usize_of};
use crate::output::fitting;
use crate::signing::local;
use jiff::tz::TimeZone;
use model::clause::{Deadline, Input};
use model::cve::{Exploitation, TechnicalImpact};
use model::exposure::{CveFacts, CveView, ExposureView, FixLine};
use std::collections::BTreeSet;

/// Hosts that are named; `patchwell exposures --cve` lists all.
const HOSTS_MAX: usize = 15;

/// Renders one CVE.
pub(crate) fn cve(view: &CveView, zone: &TimeZone, now: i64) -> String {
    let facts = &view.facts;
    let mut text = vec![format!("{}  {}", facts.cve, facts.title).trim_end().to_owned()];
    if facts.is_rejected {
        text.push("  REJECTED by who assigned it: it counts nowhere".to_owned());
    }
    text.extend(self::facts(facts));
    let hosts = count(usize_of(view.hosts_total), "host");
    text.push(format!("  exposed      {} of {hosts}", view.hosts_exposed));
    text.extend(
        view.counts.iter().map(|of| format!("    {:>7}  {}", of.hosts, state_words(&of.state))),
    );
    text.push(String::new());
    text.extend(deadlines(&view.exposures, zone, now));
    text.extend(fixes(&view.fixes));
    text.extend(self::hosts(view));
    text.extend(sources(facts, zone));
    text.join("\n").trim_end().to_owned()
}

fn facts(facts: &CveFacts) -> Vec<String> {
    let unknown = || "not known".to_owned();
    let kev = match (&facts.kev, facts.was_in_kev) {
        (Some(kev), _) => {
            let ransomware = if kev.is_ransomware { "; ransomware uses it" } else { "" };
            format!("yes, in the KEV catalogue since {}{ransomware}", kev.added)
        }
        (None, true) => "was in the KEV catalogue, and was taken out".to_owned(),
        (None, false) => "not in a loaded KEV catalogue".to_owned(),
    };
    let exploitation = facts.exploitation.map(|of| match of {
        Exploitation::None => "none seen",
        Exploitation::PublicPoc => "public proof of concept",
        Exploitation::Active => "active",
    });
    let impact = facts.technical_impact.map(|of| match of {
        TechnicalImpact::Partial => "partial",
        TechnicalImpact::Total => "total",
    });
    let automatable = facts.is_automatable.map(|yes| if yes { "yes" } else { "no" });
    let epss = facts.epss.map(|of| {
        let above = percent(of.percentile_ppm);
        format!("{} within 30 days, above {above} of all CVEs", percent(of.score_ppm))
    });
    let word = |word: Option<&str>| word.map_or_else(unknown, str::to_owned);
    let mut text = vec![
        format!("  exploited    {kev}"),
        format!("  exploitation {}", word(exploitation)),
        format!("  automatable  {}", word(automatable)),
        format!("  impact       {}", word(impact)),
        format!("  EPSS         {}", epss.unwrap_or_else(unknown)),
    ];
    if facts.scores.is_empty() {
        text.push("  CVSS         not known".to_owned());
    }
    text.extend(facts.scores.iter().map(|score| {
        let printed = score
            .printed_x10
            .map(|x10| format!("; {} printed {} beside it", score.source, tenths(x10)))
            .unwrap_or_default();
        let (number, vector) = (tenths(score.x10), &score.vector);
        format!("  CVSS         {number} from {vector} by {}{printed}", score.source)
    }));
    text
}

/// Every clause that applies to the exposure that is due first.
fn deadlines(exposures: &[ExposureView], zone: &TimeZone, now: i64) -> Vec<String> {
    let Some((first, binding)) =
        exposures.iter().find_map(|view| Some((view, view.deadline.as_ref()?)))
    else {
        return Vec::new();
    };
    let mut text = vec![format!("Due first, on {}", first.host_name)];
    text.extend(clause(binding, "binds", zone, now));
    let others = first.deadlines.iter().filter(|of| of.clause != binding.clause);
    text.extend(others.flat_map(|of| clause(of, "also", zone, now)));
    text.push(String::new());
    text
}

fn clause(of: &Deadline, word: &str, zone: &TimeZone, now: i64) -> Vec<String> {
    let due = match of.due_at {
        None => "at the next upgrade".to_owned(),
        Some(at) if at < now => format!("{}, overdue", local(at, zone)),
        Some(at) => local(at, zone),
    };
    let started = of.clock_started_at.map(|at| format!(" ({})", local(at, zone)));
    let from = format!("counted from {}{}", of.clock, started.unwrap_or_default());
    let mut text =
        vec![format!("  {word:5}  {due}  {}", of.title), format!("         {}, {from}", of.clause)];
    text.extend(of.inputs.iter().map(|of| format!("         {}", input(of))));
    text
}

fn input(of: &Input) -> String {
    let (name, value, source) = (of.name.replace('_', " "), &of.value, &of.source);
    match (of.is_defaulted, source.is_empty()) {
        (true, true) => format!("{name}: {value}, assumed"),
        (true, false) => format!("{name}: {value} ({source})"),
        (false, true) => format!("{name}: {value}"),
        (false, false) => format!("{name}: {value}, by {source}"),
    }
}

fn fixes(fixes: &[FixLine]) -> Vec<String> {
    if fixes.is_empty() {
        return vec!["No loaded feed says which versions are affected".to_owned(), String::new()];
    }
    let row = |of: &FixLine| {
        let channel =
            if of.channel.is_empty() { String::new() } else { format!(" ({})", of.channel) };
        let overruled = if of.is_overruled { ", overruled" } else { "" };
        vec![
            of.package.clone(),
            of.stream.clone(),
            of.affected.clone(),
            if of.fixed.is_empty() {
                "no fix known".to_owned()
            } else {
                format!("{}{channel}", of.fixed)
            },
            of.hosts.to_string(),
            format!("{} {}{overruled}", of.source, of.advisory).trim_end().to_owned(),
        ]
    };
    let rows: Vec<Vec<String>> = fixes.iter().map(row).collect();
    let head = ["PACKAGE", "STREAM", "AFFECTED", "FIXED IN", "HOSTS", "SAYS WHO"];
    let mut text = vec!["What fixes it".to_owned()];
    text.extend(fitting(&head, &rows).lines().map(|line| format!("  {line}")));
    text.push(String::new());
    text
}

fn hosts(view: &CveView) -> Vec<String> {
    if view.exposures.is_empty() {
        return Vec::new();
    }
    let row = |of: &ExposureView| {
        let due = of.deadline.as_ref().and_then(|deadline| deadline.due_at);
        vec![
            of.host_name.clone(),
            of.package.clone(),
            of.installed.clone(),
            due.map(super::day).unwrap_or_default(),
            standing(of),
        ]
    };
    let rows: Vec<Vec<String>> = view.exposures.iter().take(HOSTS_MAX).map(row).collect();
    let table = fitting(&["HOST", "PACKAGE", "INSTALLED", "DUE", "STATE"], &rows);
    let mut text = vec!["Who is exposed".to_owned()];
    text.extend(table.lines().map(|line| format!("  {line}")));
    let all: BTreeSet<_> = view.exposures.iter().map(|of| of.host).collect();
    let left = usize_of(view.hosts_exposed).saturating_sub(all.len().min(HOSTS_MAX));
    if left > 0 {
        text.push(format!("  and {}", count(left, "more host")));
    }
    text.push(String::new());
    text
}

fn sources(facts: &CveFacts, zone: &TimeZone) -> Vec<String> {
    if facts.statements.is_empty() {
        return Vec::new();
    }
    let mut text = vec!["Who says so".to_owned()];
    text.extend(facts.statements.iter().map(|of| {
        let gone = of.gone_at.map(|at| format!("; no longer since {}", local(at, zone)));
        let learned = local(of.learned_at, zone);
        format!(
            "  {} ({}), learned {learned}{}",
            of.source,
            of.feed.word(),
            gone.unwrap_or_default()
        )
    }));
    text.push(String::new());
    text
}
