//! Whether a clause applies, by what is known. Three answers: an input that nobody stated makes it "maybe", and a
//! clause that may apply applies.

use crate::deadline::Subject;
use crate::deadline::known::{DataClass, Exposure, Known};
use crate::ssvc::{self, BodInput, HumanImpact, SystemExposure};
use model::advisory::Label;
use model::clause::{Applies, BodOutcome, Clause, Condition, DeployerOutcome};
use model::cve::{Exploitation, TechnicalImpact};
use model::package::PatchKind;

/// The tag of hosts that handle payment cards; the answer about data says the same.
pub(super) const PAYMENT_TAG: &str = "pci_cde";
/// The tag of hosts with health records.
pub(super) const HEALTH_TAG: &str = "phi";

/// Whether something holds. Ordered, so that "and" is the least and "or" the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    No,
    Maybe,
    Yes,
}

impl Fit {
    fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Maybe => Self::Maybe,
            Self::Yes => Self::No,
        }
    }
}

impl From<bool> for Fit {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

/// Returns whether `clause` binds `subject` by what is known.
pub(super) fn of(clause: &Clause, subject: &Subject<'_>, known: &Known) -> Fit {
    let is_about = subject.kind != PatchKind::Maintenance
        || subject.cve.is_some()
        || names_maintenance(&clause.applies);
    if !is_about {
        return Fit::No;
    }
    scope(clause, subject, known).min(applies(&clause.applies, subject, known))
}

/// Returns whether it is at least as bad as `clause` asks: the same row of a table or a stricter one, and no regard
/// to conditions that say that something is harmless. Since when that holds is what starts late clocks.
pub(super) fn at_least(clause: &Clause, subject: &Subject<'_>, known: &Known) -> Fit {
    let all = |of: &[Condition]| {
        let fits = of.iter().filter(|one| !is_harmless(one)).map(|one| holds(one, subject, known));
        fits.min().unwrap_or(Fit::Yes)
    };
    match &clause.applies {
        Applies::Bod { outcome } => (bod(known).0 >= *outcome).into(),
        Applies::Deployer { outcome } => (deployer(known).0 >= *outcome).into(),
        Applies::All { of } => all(of),
        Applies::Unless { all: every, .. } => all(every),
        Applies::Both { all: every, any } => {
            let any = any.iter().map(|one| holds(one, subject, known)).max().unwrap_or(Fit::No);
            all(every).min(any)
        }
        Applies::Always | Applies::Kev | Applies::Any { .. } => {
            applies(&clause.applies, subject, known)
        }
    }
}

fn is_harmless(condition: &Condition) -> bool {
    match condition {
        Condition::LabelBelow { .. }
        | Condition::NoExploit
        | Condition::InternetExposed { exposed: false } => true,
        Condition::LabelAtLeast { .. }
        | Condition::LabelNotGiven
        | Condition::Cvss3AtLeast { .. }
        | Condition::RankedAtLeast { .. }
        | Condition::Class { .. }
        | Condition::Exploit
        | Condition::InternetExposed { exposed: true }
        | Condition::Kind { .. }
        | Condition::Unsupported
        | Condition::HostTag { .. } => false,
    }
}

/// Corrections without a hole are no exposures for anybody who does not name them.
fn names_maintenance(applies: &Applies) -> bool {
    let names = |of: &[Condition]| of.contains(&Condition::Kind { kind: PatchKind::Maintenance });
    match applies {
        Applies::Always | Applies::Kev | Applies::Bod { .. } | Applies::Deployer { .. } => false,
        Applies::All { of } | Applies::Any { of } => names(of),
        Applies::Both { all, any } => names(all) || names(any),
        Applies::Unless { all, .. } => names(all),
    }
}

fn scope(clause: &Clause, subject: &Subject<'_>, known: &Known) -> Fit {
    if clause.scope.is_empty() {
        return Fit::Yes;
    }
    let by_answer = |class| known.host.data.map_or(Fit::Maybe, |data| (data == class).into());
    let fits = clause.scope.iter().map(|tag| {
        if subject.tags.contains(tag) {
            return Fit::Yes;
        }
        match tag.as_str() {
            PAYMENT_TAG => by_answer(DataClass::Payment),
            HEALTH_TAG => by_answer(DataClass::Health),
            _ => Fit::No,
        }
    });
    fits.max().unwrap_or(Fit::Yes)
}

fn applies(applies: &Applies, subject: &Subject<'_>, known: &Known) -> Fit {
    let all = |of: &[Condition]| {
        of.iter().map(|one| holds(one, subject, known)).min().unwrap_or(Fit::Yes)
    };
    let any =
        |of: &[Condition]| of.iter().map(|one| holds(one, subject, known)).max().unwrap_or(Fit::No);
    match applies {
        Applies::Always => Fit::Yes,
        Applies::Kev => known.cve.kev.is_some().into(),
        Applies::Bod { outcome } => row(bod(known), *outcome),
        Applies::Deployer { outcome } => row(deployer(known), *outcome),
        Applies::All { of } => all(of),
        Applies::Any { of } => any(of),
        Applies::Both { all: every, any: one } => all(every).min(any(one)),
        Applies::Unless { all: every, any: one } => all(every).min(any(one).not()),
    }
}

/// Only one row of a table applies: the strictest that fits.
fn row<T: PartialEq + Copy>((outcome, is_sure): (T, bool), asked: T) -> Fit {
    match (outcome == asked, is_sure) {
        (false, _) => Fit::No,
        (true, false) => Fit::Maybe,
        (true, true) => Fit::Yes,
    }
}

fn holds(condition: &Condition, subject: &Subject<'_>, known: &Known) -> Fit {
    match condition {
        Condition::LabelAtLeast { label } => (known.label >= *label).into(),
        Condition::LabelBelow { label } => {
            (known.label != Label::NotGiven && known.label < *label).into()
        }
        Condition::LabelNotGiven => (known.label == Label::NotGiven).into(),
        Condition::Cvss3AtLeast { x10 } => {
            known.cve.cvss3_x10.is_some_and(|score| score >= *x10).into()
        }
        Condition::RankedAtLeast { label } => {
            let rank = rank(known);
            if rank == Label::NotGiven { Fit::Maybe } else { (rank >= *label).into() }
        }
        Condition::Class { of } => of.contains(&subject.class).into(),
        Condition::Exploit => exploit(known),
        Condition::NoExploit => exploit(known).not(),
        Condition::InternetExposed { exposed } => match known.host.exposure {
            Exposure::Yes => (*exposed).into(),
            Exposure::No | Exposure::Partner => (!*exposed).into(),
            Exposure::Unknown => Fit::Maybe,
        },
        Condition::Kind { kind } => (subject.kind == *kind).into(),
        Condition::Unsupported => subject.is_unsupported.into(),
        Condition::HostTag { tag } => subject.tags.contains(tag).into(),
    }
}

/// Returns the vendor's severity, else the band of the CVSS version 3 score.
pub(super) fn rank(known: &Known) -> Label {
    match (known.label, known.cve.cvss3_x10) {
        (Label::NotGiven, Some(x10)) => match x10 {
            0 => Label::Negligible,
            1..=39 => Label::Low,
            40..=69 => Label::Medium,
            70..=89 => Label::High,
            90.. => Label::Critical,
        },
        (label, _) => label,
    }
}

fn exploit(known: &Known) -> Fit {
    if known.cve.kev.is_some() {
        return Fit::Yes;
    }
    match known.cve.exploitation {
        Some(Exploitation::None) => Fit::No,
        Some(Exploitation::PublicPoc | Exploitation::Active) => Fit::Yes,
        None => Fit::Maybe,
    }
}

/// Returns BOD 26-04's outcome, and whether every input was stated. What SSVC does not say of a CVE that is not in
/// KEV has published defaults (not automatable, total impact). An entry of KEV is never defaulted: the strictest
/// row that fits decides; so it does where the host's exposure is unknown.
pub(super) fn bod(known: &Known) -> (BodOutcome, bool) {
    let cve = &known.cve;
    let in_kev = cve.kev.is_some();
    let automatable: &[bool] = match cve.is_automatable {
        Some(true) => &[true],
        Some(false) => &[false],
        None if in_kev => &[false, true],
        None => &[false],
    };
    let impact: &[TechnicalImpact] = match cve.impact {
        Some(TechnicalImpact::Total) => &[TechnicalImpact::Total],
        Some(TechnicalImpact::Partial) => &[TechnicalImpact::Partial],
        None if in_kev => &[TechnicalImpact::Partial, TechnicalImpact::Total],
        None => &[TechnicalImpact::Total],
    };
    let exposed: &[bool] = match known.host.exposure {
        Exposure::No | Exposure::Partner => &[false],
        Exposure::Yes => &[true],
        Exposure::Unknown => &[false, true],
    };
    let mut strictest = BodOutcome::OnUpgrade;
    for is_exposed in exposed {
        for is_automatable in automatable {
            for impact in impact {
                let outcome = ssvc::bod(BodInput {
                    in_kev,
                    is_exposed: *is_exposed,
                    is_automatable: *is_automatable,
                    impact: *impact,
                });
                strictest = strictest.max(outcome);
            }
        }
    }
    let is_sure = cve.is_automatable.is_some()
        && cve.impact.is_some()
        && known.host.exposure != Exposure::Unknown;
    (strictest, is_sure)
}

/// Returns the deployer table's outcome, and whether every input was stated. Exploitation that nobody states is
/// none; automatable follows from the vector; what people did not answer counts as the worst.
pub(super) fn deployer(known: &Known) -> (DeployerOutcome, bool) {
    let cve = &known.cve;
    let stated = if cve.kev.is_some() { Some(Exploitation::Active) } else { cve.exploitation };
    let exposure = match known.host.exposure {
        Exposure::No => SystemExposure::Small,
        Exposure::Partner => SystemExposure::Controlled,
        Exposure::Yes | Exposure::Unknown => SystemExposure::Open,
    };
    let outcome = ssvc::deployer(
        stated.unwrap_or(Exploitation::None),
        exposure,
        cve.is_automatable.or(cve.derived_automatable).unwrap_or(true),
        known.host.criticality.unwrap_or(HumanImpact::VeryHigh),
    );
    let is_sure = stated.is_some()
        && cve.is_automatable.is_some()
        && known.host.exposure != Exposure::Unknown
        && known.host.criticality.is_some();
    (outcome, is_sure)
}
