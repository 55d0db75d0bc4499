//! CISA's directives and SSVC's deployer table.

use crate::clause::{Obligation, Source, obligation};
use model::advisory::Label;
use model::clause::{
    Applies, BodOutcome, Clause, ClauseStatus, Clock, Condition, DeployerOutcome, Exceptions,
    Extra, Term,
};

/// The table was compared with CERT/CC's; the reading of the clock is a second-hand one.
const BOD_26_04: Source = Source {
    status: ClauseStatus::InForce,
    valid_from: "2026-06-10",
    valid_until: "",
    scope: &[],
    exceptions: Exceptions::AcceptedWithControl,
    text: "CISA BOD 26-04, table as cisa:DT_BOD2604:1.0.0; clock start and dates not verified",
    is_verified: false,
};

const BOD_22_01: Source = Source {
    status: ClauseStatus::Revoked,
    valid_from: "",
    valid_until: "2026-06-09",
    scope: &[],
    exceptions: Exceptions::AcceptedWithControl,
    text: "CISA BOD 22-01, revoked by BOD 26-04; due dates as printed in the KEV catalogue",
    is_verified: true,
};

const BOD_19_02: Source = Source {
    status: ClauseStatus::Revoked,
    valid_from: "",
    valid_until: "2026-06-09",
    scope: &[],
    exceptions: Exceptions::AcceptedWithControl,
    text: "CISA BOD 19-02, revoked by BOD 26-04; its remediation plans are not shipped",
    is_verified: true,
};

/// SSVC's outcomes have no days: these terms are policy.
const DEPLOYER: Source = Source {
    status: ClauseStatus::Site,
    valid_from: "",
    valid_until: "",
    scope: &[],
    exceptions: Exceptions::Accepted,
    text: "CERT/CC SSVC deployer table 1.0.0; terms are the policy shipped",
    is_verified: true,
};

/// Outcome, key in ids, title, title of the variant, term.
const ROWS: [(BodOutcome, &str, &str, Term); 5] = [
    (BodOutcome::Days3Forensic, "3df", "within 3 days, with forensic triage", Term::Days(3)),
    (BodOutcome::Days3, "3d", "within 3 days", Term::Days(3)),
    (BodOutcome::Days14, "14d", "within 14 days", Term::Days(14)),
    (BodOutcome::Days60, "60d", "within 60 days", Term::Days(60)),
    (BodOutcome::OnUpgrade, "fsu", "at the next scheduled upgrade", Term::OnUpgrade),
];

pub(super) fn clauses() -> Vec<Clause> {
    let mut all = Vec::new();
    let both = || vec![Clock::KevAdded, Clock::Detected];
    for (outcome, key, title, term) in ROWS {
        let extra = match outcome {
            BodOutcome::Days3Forensic => vec![Extra::ForensicTriage],
            BodOutcome::Days3 | BodOutcome::Days14 | BodOutcome::Days60 | BodOutcome::OnUpgrade => {
                Vec::new()
            }
        };
        // Without an entry in KEV either clock is detection alone.
        for (variant, words, clock) in [
            ("", "", Clock::EarlierOf { of: both() }),
            (":later", " (later clock)", Clock::LaterOf { of: both() }),
        ] {
            let id = format!("bod:26-04:{key}{variant}");
            let title = format!("CISA BOD 26-04: fix {title}{words}");
            let row = BOD_26_04.clause((&id, &title), Applies::Bod { outcome }, (term, clock));
            all.push(Clause { extra: extra.clone(), ..row });
        }
    }
    all.push(BOD_22_01.clause(
        ("bod:22-01:kev", "CISA BOD 22-01: KEV entries by the catalogue's own due date"),
        Applies::Kev,
        (Term::KevDue, Clock::KevAdded),
    ));
    let exposed = Condition::InternetExposed { exposed: true };
    let ranked = |label| Condition::RankedAtLeast { label };
    all.push(BOD_19_02.clause(
        ("bod:19-02:critical", "CISA BOD 19-02: critical, internet-facing, within 15 days"),
        Applies::All { of: vec![exposed.clone(), ranked(Label::Critical)] },
        (Term::Days(15), Clock::Detected),
    ));
    all.push(BOD_19_02.clause(
        ("bod:19-02:high", "CISA BOD 19-02: high, internet-facing, within 30 days"),
        Applies::Unless {
            all: vec![exposed, ranked(Label::High)],
            any: vec![ranked(Label::Critical)],
        },
        (Term::Days(30), Clock::Detected),
    ));
    for (outcome, key, title, term) in [
        (DeployerOutcome::Immediate, "immediate", "immediate: within 48 hours", Term::Hours(48)),
        (DeployerOutcome::OutOfCycle, "out-of-cycle", "out of cycle: within 7 days", Term::Days(7)),
        (DeployerOutcome::Scheduled, "scheduled", "scheduled: within a month", Term::Months(1)),
        (DeployerOutcome::Defer, "defer", "defer: at the next upgrade", Term::OnUpgrade),
    ] {
        let id = format!("ssvc:deployer-1.0.0:{key}");
        let title = format!("SSVC {title}");
        let applies = Applies::Deployer { outcome };
        all.push(DEPLOYER.clause((&id, &title), applies, (term, Clock::Detected)));
    }
    all
}

pub(super) fn obligations() -> Vec<Obligation> {
    let clauses = clauses();
    let is_variant = |id: &str| id.ends_with(":later");
    vec![
        obligation(
            (
                crate::clause::DEFAULT_OBLIGATION,
                "CISA BOD 26-04 (binds US federal civilian agencies)",
            ),
            &clauses,
            true,
            |id| id.starts_with("bod:26-04:") && !is_variant(id),
        ),
        obligation(
            ("bod-26-04-later", "CISA BOD 26-04, clock read as the later of KEV and detection"),
            &clauses,
            true,
            |id| id.starts_with("bod:26-04:") && is_variant(id),
        ),
        obligation(("bod-22-01", "CISA BOD 22-01 (revoked)"), &clauses, true, |id| {
            id.starts_with("bod:22-01:")
        }),
        obligation(("bod-19-02", "CISA BOD 19-02 (revoked)"), &clauses, true, |id| {
            id.starts_with("bod:19-02:")
        }),
        obligation(("ssvc-deployer", "SSVC deployer decisions, own terms"), &clauses, true, |id| {
            id.starts_with("ssvc:")
        }),
    ]
}
