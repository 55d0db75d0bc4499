//! The tables' shape. Each row is compared with the published files in `tests/it/deadlines.rs`.

use crate::ssvc::*;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use std::collections::BTreeMap;

const IMPACTS: [TechnicalImpact; 2] = [TechnicalImpact::Partial, TechnicalImpact::Total];
const STAGES: [Exploitation; 3] =
    [Exploitation::None, Exploitation::PublicPoc, Exploitation::Active];
const EXPOSURES: [SystemExposure; 3] =
    [SystemExposure::Small, SystemExposure::Controlled, SystemExposure::Open];
const HUMAN: [HumanImpact; 4] =
    [HumanImpact::Low, HumanImpact::Medium, HumanImpact::High, HumanImpact::VeryHigh];
const MISSION: [MissionImpact; 3] =
    [MissionImpact::Low, MissionImpact::Medium, MissionImpact::High];

fn runner() -> TestRunner {
    let config =
        Config { rng_seed: RngSeed::Fixed(3), failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
}

fn count<T: Ord>(outcomes: impl Iterator<Item = T>) -> BTreeMap<T, usize> {
    let mut counts = BTreeMap::new();
    for outcome in outcomes {
        *counts.entry(outcome).or_default() += 1;
    }
    counts
}

fn bod_inputs() -> impl Iterator<Item = BodInput> {
    (0..16).map(|bits: u8| BodInput {
        in_kev: bits & 8 != 0,
        is_exposed: bits & 4 != 0,
        is_automatable: bits & 2 != 0,
        impact: IMPACTS[usize::from(bits & 1)],
    })
}

#[test]
fn bod_has_as_many_rows_of_each_outcome_as_published() {
    let counts = count(bod_inputs().map(bod));
    assert_eq!(counts.into_values().collect::<Vec<_>>(), [2, 3, 6, 2, 3]);
}

#[test]
fn a_worse_input_never_loosens_bod() {
    for input in bod_inputs() {
        let worse = [
            BodInput { in_kev: true, ..input },
            BodInput { is_exposed: true, ..input },
            BodInput { is_automatable: true, ..input },
            BodInput { impact: TechnicalImpact::Total, ..input },
        ];
        for worse in worse {
            assert!(bod(worse) >= bod(input), "{input:?} -> {worse:?}");
        }
    }
}

#[test]
fn worse_inputs_never_loosen_any_table() {
    let pair = |max: usize| (0..max, 0..max).prop_map(|(a, b)| (a.min(b), a.max(b)));
    let inputs = (pair(3), pair(3), pair(2), pair(4), pair(2), pair(3));
    let result = runner().run(&inputs, |(stage, open, auto, human, total, mission)| {
        let deploy = |e: usize, x: usize, a: usize, h: usize| {
            deployer(STAGES[e], EXPOSURES[x], a == 1, HUMAN[h])
        };
        prop_assert!(
            deploy(stage.0, open.0, auto.0, human.0) <= deploy(stage.1, open.1, auto.1, human.1)
        );
        let coordinate = |e: usize, a: usize, t: usize, m: usize| {
            coordinator(STAGES[e], a == 1, IMPACTS[t], MISSION[m])
        };
        prop_assert!(
            coordinate(stage.0, auto.0, total.0, mission.0)
                <= coordinate(stage.1, auto.1, total.1, mission.1)
        );
        Ok(())
    });
    result.unwrap();
}

#[test]
fn coordinator_and_deployer_have_as_many_rows_of_each_outcome_as_published() {
    let mut coordinated = Vec::new();
    let mut deployed = Vec::new();
    for stage in STAGES {
        for is_automatable in [false, true] {
            for (impact, mission) in IMPACTS.iter().flat_map(|i| MISSION.map(|m| (*i, m))) {
                coordinated.push(coordinator(stage, is_automatable, impact, mission));
            }
            for (exposure, human) in EXPOSURES.iter().flat_map(|x| HUMAN.map(|h| (*x, h))) {
                deployed.push(deployer(stage, exposure, is_automatable, human));
            }
        }
    }
    let coordinated = count(coordinated.into_iter());
    assert_eq!(coordinated.into_values().collect::<Vec<_>>(), [18, 4, 10, 4]);
    let deployed = count(deployed.into_iter());
    assert_eq!(deployed.into_values().collect::<Vec<_>>(), [7, 42, 20, 3]);
}
