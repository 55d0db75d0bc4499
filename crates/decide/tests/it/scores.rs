//! Published scores and the facts about real CVEs.

use crate::shared;
use decide::{cve, cvss, hazard};
use model::advisory::Feed;
use model::cve::{CveId, CveStatement, Exploitation, Kev, Vector};
use model::exposure::SourcedStatement;
use std::collections::BTreeMap;

/// Tenths, from text with at most one decimal (`9.8`, `10`).
fn x10(text: &str) -> u16 {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    whole.parse::<u16>().unwrap() * 10 + part.parse::<u16>().unwrap()
}

#[test]
fn every_base_vector_of_version_3_1_has_its_score() {
    let Some(text) = shared::text("cvss/cvss31-all-2592-base-scores.txt.gz") else { return };
    let mut lines = 0;
    for line in text.lines() {
        let (vector, score) = line.split_once(' ').unwrap();
        assert_eq!(cvss::score(vector).unwrap().x10, x10(score), "{vector}");
        lines += 1;
    }
    assert_eq!(lines, 2592);
}

#[test]
fn published_scores_that_contradict_their_vector_are_counted() {
    let Some(text) = shared::text("vulnrichment/cvss-vectors-published.tsv.gz") else { return };
    let mut counts: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let scored = cvss::score(columns[3]).unwrap_or_else(|e| panic!("{}: {e}", columns[0]));
        let (all, differing) = counts.entry(scored.version).or_default();
        *all += 1;
        *differing += u32::from(scored.x10 != x10(columns[4]));
    }
    let expected =
        [("2.0", (2_424, 0)), ("3.0", (4_520, 1)), ("3.1", (30_162, 371)), ("4.0", (2_334, 3))];
    assert_eq!(counts, BTreeMap::from(expected));
}

/// What CISA's supplement and the KEV catalogue say of one CVE of the shared table, as two sources.
fn statements(columns: &[&str]) -> Vec<SourcedStatement> {
    let cve: CveId = columns[0].parse().unwrap();
    let sourced = |feed, statement| SourcedStatement {
        feed,
        source: "shared data".to_owned(),
        learned_at: 0,
        gone_at: None,
        statement,
    };
    let mut record = CveStatement::of(cve);
    record.exploitation = match columns[2] {
        "active" => Some(Exploitation::Active),
        "poc" => Some(Exploitation::PublicPoc),
        "none" => Some(Exploitation::None),
        _ => None,
    };
    let text = columns[7].to_owned();
    if !text.is_empty() {
        record.vectors = vec![Vector { source: "CNA".to_owned(), text, printed_x10: None }];
    }
    let mut statements = vec![sourced(Feed::CveRecord, record)];
    if !columns[6].is_empty() {
        let mut listed = CveStatement::of(cve);
        listed.kev = Some(Kev {
            added: columns[6].to_owned(),
            due: String::new(),
            is_ransomware: false,
            name: String::new(),
        });
        statements.push(sourced(Feed::Kev, listed));
    }
    statements
}

#[test]
fn where_the_catalogue_and_ssvc_disagree_the_catalogue_wins() {
    let Some(text) = shared::text("vulnrichment/vulnrichment-ssvc-cvss.tsv.gz") else { return };
    let (mut listed, mut disagreeing) = (0, 0);
    for line in text.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        if columns[6].is_empty() {
            continue;
        }
        let statements = statements(&columns);
        let facts = cve::merge(statements[0].statement.cve, &statements, 0);
        listed += 1;
        disagreeing += u32::from(columns[2] != "active");
        assert_eq!(facts.exploitation, Some(Exploitation::Active), "{}", columns[0]);
        assert_eq!(facts.kev.map(|kev| kev.added), Some(columns[6].to_owned()));
        assert_eq!(facts.statements.len(), 2);
    }
    assert_eq!((listed, disagreeing), (224, 13));
}

#[test]
fn each_tenth_real_cve_has_a_hazard_that_its_inputs_explain() {
    let Some(text) = shared::text("vulnrichment/vulnrichment-ssvc-cvss.tsv.gz") else { return };
    let (mut all, mut guessed) = (0_u32, 0_u32);
    for line in text.lines().skip(1).step_by(10) {
        let columns: Vec<&str> = line.split('\t').collect();
        let statements = statements(&columns);
        let facts = cve::merge(statements[0].statement.cve, &statements, 0);
        assert_eq!(facts.cve.to_string(), columns[0]);
        let hazard = hazard::of(&facts);
        assert!(hazard.micro <= hazard::MICRO_MAX, "{} {}", facts.cve, hazard.micro);
        assert!(!hazard.because.is_empty());
        assert_eq!(facts.scores.is_empty(), columns[7].is_empty(), "{}", facts.cve);
        if facts.kev.is_some() && facts.scores.iter().any(|score| score.x10 > 0) {
            // The least of them: low impact of one kind, listed.
            assert!(hazard.micro > 200_000, "{} {}", facts.cve, hazard.micro);
        }
        all += 1;
        guessed += u32::from(hazard.is_guess);
    }
    println!("{guessed} of {all} hazards rest on an assumption (no EPSS in this table)");
    assert_eq!(all, 4_413);
}

#[test]
fn three_quarters_of_the_catalogue_lie_above_the_watch_line() {
    let Some(text) = shared::text("epss/epss_scores-2026-08-08.kev-subset.csv.gz") else { return };
    let scores: Vec<f64> =
        text.lines().skip(2).map(|line| line.split(',').nth(1).unwrap().parse().unwrap()).collect();
    let line = f64::from(cve::WATCH_LINE_PPM) / 1e6;
    let above = scores.iter().filter(|score| **score >= line).count();
    assert_eq!((scores.len(), above * 1000 / scores.len()), (1662, 761));
}
