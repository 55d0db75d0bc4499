//! Decision tables row by row against the published files, and BOD 26-04 over every CVE that CISA had enriched.

use crate::shared;
use decide::deadline::{Past, Subject, binding};
use decide::ssvc::{
    self, BodInput, CoordinatorOutcome, HumanImpact, MissionImpact, SystemExposure,
};
use model::CveId;
use model::advisory::Label;
use model::clause::{BodOutcome, DeployerOutcome, SoftwareClass, Term};
use model::cve::{Exploitation, Kev, TechnicalImpact};
use model::exposure::{Answer, CveFacts, Question};
use model::package::PatchKind;
use std::collections::BTreeMap;

/// Returns the fields of each line after the head. No field of these files has a comma in it.
fn rows(path: &str) -> Option<Vec<Vec<String>>> {
    let text = shared::text(path)?;
    let fields = |line: &str| line.trim_end().split(',').map(str::to_owned).collect();
    Some(text.lines().skip(1).filter(|line| !line.is_empty()).map(fields).collect())
}

fn is_yes(word: &str) -> bool {
    match word {
        "yes" => true,
        "no" => false,
        _ => panic!("neither yes nor no: {word}"),
    }
}

fn impact(word: &str) -> TechnicalImpact {
    match word {
        "partial" => TechnicalImpact::Partial,
        "total" => TechnicalImpact::Total,
        _ => panic!("no impact: {word}"),
    }
}

fn exploitation(word: &str) -> Exploitation {
    match word {
        "none" => Exploitation::None,
        "public poc" | "poc" => Exploitation::PublicPoc,
        "active" => Exploitation::Active,
        _ => panic!("no exploitation: {word}"),
    }
}

#[test]
fn bod_equals_the_published_table() {
    let Some(rows) = rows("ssvc/cisa_bod_26_04_1_0_0.csv") else { return };
    assert_eq!(rows.len(), 16);
    for row in rows {
        let outcome = ssvc::bod(BodInput {
            in_kev: is_yes(&row[1]),
            is_exposed: is_yes(&row[2]),
            is_automatable: is_yes(&row[3]),
            impact: impact(&row[4]),
        });
        let word = match outcome {
            BodOutcome::OnUpgrade => "fix on system upgrade",
            BodOutcome::Days60 => "60 days",
            BodOutcome::Days14 => "14 days",
            BodOutcome::Days3 => "3 days",
            BodOutcome::Days3Forensic => "3 days & forensic investigation",
        };
        assert_eq!(word, row[5], "row {}", row[0]);
    }
}

#[test]
fn coordinator_equals_the_published_table() {
    let Some(rows) = rows("ssvc/cisa_coordinator_2_0_3.csv") else { return };
    assert_eq!(rows.len(), 36);
    for row in rows {
        let mission = match row[4].as_str() {
            "low" => MissionImpact::Low,
            "medium" => MissionImpact::Medium,
            "high" => MissionImpact::High,
            word => panic!("no mission impact: {word}"),
        };
        let outcome =
            ssvc::coordinator(exploitation(&row[1]), is_yes(&row[2]), impact(&row[3]), mission);
        let word = match outcome {
            CoordinatorOutcome::Track => "track",
            CoordinatorOutcome::TrackClosely => "track*",
            CoordinatorOutcome::Attend => "attend",
            CoordinatorOutcome::Act => "act",
        };
        assert_eq!(word, row[5], "row {}", row[0]);
    }
}

#[test]
fn deployer_equals_the_published_table() {
    let Some(rows) = rows("ssvc/deployer_patch_application_priority_1_0_0.csv") else { return };
    assert_eq!(rows.len(), 72);
    for row in rows {
        let exposure = match row[2].as_str() {
            "small" => SystemExposure::Small,
            "controlled" => SystemExposure::Controlled,
            "open" => SystemExposure::Open,
            word => panic!("no exposure: {word}"),
        };
        let human = match row[4].as_str() {
            "low" => HumanImpact::Low,
            "medium" => HumanImpact::Medium,
            "high" => HumanImpact::High,
            "very high" => HumanImpact::VeryHigh,
            word => panic!("no human impact: {word}"),
        };
        let outcome = ssvc::deployer(exploitation(&row[1]), exposure, is_yes(&row[3]), human);
        let word = match outcome {
            DeployerOutcome::Defer => "defer",
            DeployerOutcome::Scheduled => "scheduled",
            DeployerOutcome::OutOfCycle => "out-of-cycle",
            DeployerOutcome::Immediate => "immediate",
        };
        assert_eq!(word, row[5], "row {}", row[0]);
    }
}

/// Returns the facts of each CVE with all three values of SSVC.
fn enriched() -> Option<Vec<CveFacts>> {
    let text = shared::text("vulnrichment/vulnrichment-ssvc-cvss.tsv.gz")?;
    let facts = text.lines().skip(1).filter_map(|line| {
        let fields: Vec<&str> = line.split('\t').collect();
        let [cve, _, exploited, automatable, total, _, kev, ..] = fields[..] else {
            panic!("a short line: {line}");
        };
        if [exploited, automatable, total].contains(&"") {
            return None;
        }
        let mut facts = blank(cve.parse().unwrap());
        facts.exploitation = Some(exploitation(exploited));
        facts.is_automatable = Some(is_yes(automatable));
        facts.technical_impact = Some(impact(total));
        facts.kev = (!kev.is_empty()).then(|| Kev {
            added: kev.to_owned(),
            due: String::new(),
            is_ransomware: false,
            name: String::new(),
        });
        Some(facts)
    });
    Some(facts.collect())
}

fn blank(cve: CveId) -> CveFacts {
    CveFacts {
        cve,
        title: String::new(),
        is_rejected: false,
        published_at: None,
        kev: None,
        kev_known_at: None,
        was_in_kev: false,
        epss: None,
        epss_model: String::new(),
        exploitation: None,
        is_automatable: None,
        technical_impact: None,
        scores: Vec::new(),
        statements: Vec::new(),
    }
}

/// 2026-11-25, when every entry of the file had long been in the catalogue.
const NOW: i64 = 1_795_564_800;

#[test]
fn bod_over_44_026_real_cves_gives_the_published_counts() {
    let Some(all) = enriched() else { return };
    assert_eq!(all.len(), 44_026);
    let clauses = decide::clause::chosen(&["bod-26-04".to_owned()]);
    let count = |value: &str| {
        let answers = [Answer {
            question: Question::InternetExposed,
            value: value.to_owned(),
            by: String::new(),
            at: 0,
        }];
        let mut counts = BTreeMap::new();
        for facts in &all {
            let subject = Subject {
                cve: Some(facts),
                label: Label::NotGiven,
                labels: &[],
                kind: PatchKind::Security,
                class: SoftwareClass::OperatingSystem,
                published_at: None,
                detected_at: NOW - 86_400,
                answers: &answers,
                tags: &[],
                is_unsupported: false,
            };
            let due = binding(&subject, &Past::of(Some(facts), NOW), &clauses, NOW).unwrap();
            assert!(!due.is_unsure);
            let key = (due.clause.term == Term::OnUpgrade, &*due.clause.id);
            *counts.entry(key).or_insert(0_u32) += 1;
        }
        counts.into_iter().map(|((_, id), n)| (id.to_owned(), n)).collect::<Vec<_>>()
    };
    let row = |id: &str, n: u32| (format!("bod:26-04:{id}"), n);
    assert_eq!(
        count("no"),
        [row("14d", 154), row("3df", 70), row("60d", 7_774), row("fsu", 36_028)]
    );
    assert_eq!(
        count("yes"),
        [row("14d", 15_430), row("3d", 3_065), row("3df", 174), row("60d", 25_357)]
    );
}
