//! Decision tables of SSVC as published by CISA and CERT/CC: yes/no answers in, an outcome out. The tables have
//! no days of their own except BOD 26-04's; terms belong to clauses.

use model::clause::{BodOutcome, DeployerOutcome};
use model::cve::{Exploitation, TechnicalImpact};

/// What a table is asked about one CVE on one host, for `bod`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodInput {
    /// In the KEV catalogue.
    pub in_kev: bool,
    /// Reachable by untrusted parties over public networks.
    pub is_exposed: bool,
    pub is_automatable: bool,
    pub impact: TechnicalImpact,
}

/// SSVC's system exposure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SystemExposure {
    Small,
    Controlled,
    Open,
}

/// SSVC's human impact: what the loss of the system would mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HumanImpact {
    Low,
    Medium,
    High,
    VeryHigh,
}

/// SSVC's mission and well-being impact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MissionImpact {
    Low,
    Medium,
    High,
}

/// Outcomes of CISA's coordinator table, from lax to strict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CoordinatorOutcome {
    Track,
    /// "Track*": as track, and watched more closely.
    TrackClosely,
    Attend,
    Act,
}

/// CISA BOD 26-04, `cisa:DT_BOD2604:1.0.0`. Rows: KEV, exposed; columns: automatable, total.
const BOD: [[BodOutcome; 4]; 4] = {
    use BodOutcome::{
        Days3 as D3, Days3Forensic as F3, Days14 as D14, Days60 as D60, OnUpgrade as UP,
    };
    [
        // -      T    A    A T
        [UP, UP, D60, D60],
        [D60, D14, D14, D3],
        [D14, D14, D14, F3],
        [D14, F3, D3, F3],
    ]
};

/// CISA's coordinator table 2.0.3. Rows: exploitation; columns: automatable and impact; then mission.
const COORDINATOR: [[[CoordinatorOutcome; 3]; 4]; 3] = {
    use CoordinatorOutcome::{Act, Attend as Att, Track as T, TrackClosely as Tc};
    [
        [[T, T, T], [T, T, Tc], [T, T, Att], [T, T, Att]],
        [[T, T, Tc], [T, Tc, Att], [T, T, Att], [T, Tc, Att]],
        [[T, T, Att], [T, Att, Act], [Att, Att, Act], [Att, Act, Act]],
    ]
};

/// SSVC's deployer table 1.0.0. Rows: exploitation, exposure; columns: automatable; then human impact.
const DEPLOYER: [[[[DeployerOutcome; 4]; 2]; 3]; 3] = {
    use DeployerOutcome::{Defer as D, Immediate as I, OutOfCycle as O, Scheduled as S};
    [
        [[[D, D, S, S], [D, S, S, S]], [[D, S, S, S], [S, S, S, S]], [[D, S, S, S], [S, S, S, O]]],
        [[[D, S, S, S], [S, S, S, S]], [[D, S, S, S], [S, S, S, O]], [[S, S, S, O], [S, S, O, O]]],
        [[[S, S, O, O], [S, O, O, O]], [[S, S, O, O], [O, O, O, O]], [[S, O, O, I], [O, O, I, I]]],
    ]
};

/// Returns BOD 26-04's outcome (16 rows).
pub fn bod(input: BodInput) -> BodOutcome {
    let row = usize::from(input.in_kev) * 2 + usize::from(input.is_exposed);
    BOD[row][column(input.is_automatable, input.impact)]
}

/// Returns the outcome of CISA's coordinator table (36 rows).
pub fn coordinator(
    exploitation: Exploitation,
    is_automatable: bool,
    impact: TechnicalImpact,
    mission: MissionImpact,
) -> CoordinatorOutcome {
    let last = match mission {
        MissionImpact::Low => 0,
        MissionImpact::Medium => 1,
        MissionImpact::High => 2,
    };
    COORDINATOR[stage(exploitation)][column(is_automatable, impact)][last]
}

/// Returns the outcome of SSVC's deployer table (72 rows).
pub fn deployer(
    exploitation: Exploitation,
    exposure: SystemExposure,
    is_automatable: bool,
    impact: HumanImpact,
) -> DeployerOutcome {
    let middle = match exposure {
        SystemExposure::Small => 0,
        SystemExposure::Controlled => 1,
        SystemExposure::Open => 2,
    };
    let last = match impact {
        HumanImpact::Low => 0,
        HumanImpact::Medium => 1,
        HumanImpact::High => 2,
        HumanImpact::VeryHigh => 3,
    };
    DEPLOYER[stage(exploitation)][middle][usize::from(is_automatable)][last]
}

fn column(is_automatable: bool, impact: TechnicalImpact) -> usize {
    usize::from(is_automatable) * 2 + usize::from(impact == TechnicalImpact::Total)
}

fn stage(exploitation: Exploitation) -> usize {
    match exploitation {
        Exploitation::None => 0,
        Exploitation::PublicPoc => 1,
        Exploitation::Active => 2,
    }
}

#[cfg(test)]
mod tests;
