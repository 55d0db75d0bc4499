//! Cyber Essentials, PCI DSS, HIPAA, NIST, CIS and ISO.

use crate::clause::{Obligation, Source, obligation};
use model::advisory::Label;
use model::clause::SoftwareClass::{
    Driver, Firmware, Office, OnlineService, OperatingSystem, OtherApplication,
};
use model::clause::{
    Applies, Clause, ClauseStatus, Clock, Condition, DoneWhen, Exceptions, Extra, SoftwareClass,
    Term,
};

const CYBER_ESSENTIALS: Source = Source {
    status: ClauseStatus::InForce,
    valid_from: "2026-04-28",
    valid_until: "",
    scope: &[],
    exceptions: Exceptions::NotAccepted,
    text: "UK Cyber Essentials, requirements v3.3 (Danzell); start date not verified",
    is_verified: false,
};

/// Hosts of the cardholder data environment: by tag, or by the answer that payment data is on it.
const PCI_4_0_1: Source = Source {
    status: ClauseStatus::InForce,
    valid_from: "2025-01-01",
    valid_until: "",
    scope: &["pci_cde"],
    exceptions: Exceptions::AcceptedWithControl,
    text: "PCI DSS 4.0.1, requirement 6.3.3",
    is_verified: true,
};

const PCI_4_0: Source = Source {
    status: ClauseStatus::Superseded,
    valid_from: "",
    valid_until: "2024-12-31",
    text: "PCI DSS 4.0, requirement 6.3.3",
    ..PCI_4_0_1
};

const HIPAA: Source = Source {
    status: ClauseStatus::InForce,
    valid_from: "",
    valid_until: "",
    scope: &["phi"],
    exceptions: Exceptions::Accepted,
    text: "HIPAA Security Rule, 45 CFR 164.308(a)(1)(ii)(B); wording not verified",
    is_verified: false,
};

const HIPAA_PROPOSED: Source = Source {
    status: ClauseStatus::Proposed,
    text: "90 FR 898 (2025-01-06), proposed; clause number, 30 days and outcome not verified",
    ..HIPAA
};

const NIST: Source = Source {
    status: ClauseStatus::InForce,
    valid_from: "2025-08-27",
    valid_until: "",
    scope: &[],
    exceptions: Exceptions::AsPlanOfAction,
    text: "NIST SP 800-53r5, release 5.2.0, SI-2",
    is_verified: true,
};

const CIS: Source = Source {
    status: ClauseStatus::InForce,
    valid_from: "",
    valid_until: "",
    scope: &[],
    exceptions: Exceptions::Accepted,
    text: "CIS Controls v8.1",
    is_verified: true,
};

const ISO: Source = Source {
    status: ClauseStatus::InForce,
    valid_from: "",
    valid_until: "",
    scope: &[],
    exceptions: Exceptions::Accepted,
    text: "ISO/IEC 27001:2022, Annex A 8.8",
    is_verified: true,
};

/// Operating systems with all that comes with them, and the firmware of the machine.
const SYSTEM: [SoftwareClass; 3] = [OperatingSystem, Driver, Firmware];
const APPLICATIONS: [SoftwareClass; 3] = [OnlineService, Office, OtherApplication];

pub(super) fn clauses() -> Vec<Clause> {
    let mut all = cyber_essentials();
    all.extend(pci());
    all.extend(hipaa());
    all.extend(cis());
    all.push(NIST.clause(
        (
            "nist:800-53r5.2:si-2",
            "NIST SI-2: fixed within one's own time of release, tested before",
        ),
        Applies::Always,
        (Term::None, Clock::VendorRelease),
    ));
    all.push(ISO.clause(
        ("iso:27001-2022:a.8.8", "ISO A.8.8: exposure judged and measures taken in one's own time"),
        Applies::Always,
        (Term::None, Clock::Detected),
    ));
    all
}

fn cyber_essentials() -> Vec<Clause> {
    let mut all = Vec::new();
    for (place, words, classes) in
        [("a6.4", "systems and firmware", SYSTEM), ("a6.5", "applications", APPLICATIONS)]
    {
        let class = || vec![Condition::Class { of: classes.to_vec() }];
        let id = format!("cyber-essentials:3.3:{place}");
        let title = format!("Cyber Essentials {}: {words} within 14 days", place.to_uppercase());
        let any = vec![
            Condition::LabelAtLeast { label: Label::High },
            Condition::Cvss3AtLeast { x10: 70 },
            Condition::LabelNotGiven,
        ];
        all.push(CYBER_ESSENTIALS.clause(
            (&id, &title),
            Applies::Both { all: class(), any },
            (Term::Days(14), Clock::VendorRelease),
        ));
    }
    let row = CYBER_ESSENTIALS.clause(
        ("cyber-essentials:3.3:unsupported", "Cyber Essentials: unsupported software is removed"),
        Applies::All { of: vec![Condition::Unsupported] },
        (Term::None, Clock::Detected),
    );
    all.push(Clause { done_when: DoneWhen::UnsupportedRemoved, ..row });
    all
}

fn pci() -> Vec<Clause> {
    let ranked = |label| vec![Condition::RankedAtLeast { label }];
    let below = |label| Applies::Unless { all: Vec::new(), any: ranked(label) };
    let mut all = Vec::new();
    for (source, version, label, words) in [
        (PCI_4_0_1, "4.0.1", Label::Critical, "critical"),
        (PCI_4_0, "4.0", Label::High, "critical or high"),
    ] {
        let id = format!("pci-dss:{version}:6.3.3:critical");
        let title = format!("PCI DSS {version} 6.3.3: {words}, within a month of release");
        let applies = Applies::All { of: ranked(label) };
        let term = (Term::Months(1), Clock::VendorRelease);
        all.push(source.clause((&id, &title), applies, term));
        let id = format!("pci-dss:{version}:6.3.3:rest");
        let title = format!("PCI DSS {version} 6.3.3: the rest, in the time of one's own ranking");
        let term = (Term::None, Clock::VendorRelease);
        all.push(source.clause((&id, &title), below(label), term));
    }
    all
}

fn hipaa() -> Vec<Clause> {
    let in_force = HIPAA.clause(
        ("hipaa:in-force:164.308(a)(1)", "HIPAA: risks are managed; no days are set"),
        Applies::Always,
        (Term::None, Clock::Detected),
    );
    let ranked = |label| Condition::RankedAtLeast { label };
    let clock = || Clock::LaterOf { of: vec![Clock::Detected, Clock::VendorRelease] };
    let critical = HIPAA_PROPOSED.clause(
        ("hipaa:proposed-2025:164.308(a)(4):critical", "HIPAA (proposed): critical within 15 days"),
        Applies::All { of: vec![ranked(Label::Critical)] },
        (Term::Days(15), clock()),
    );
    let high = HIPAA_PROPOSED.clause(
        ("hipaa:proposed-2025:164.308(a)(4):high", "HIPAA (proposed): high within 30 days"),
        Applies::Unless { all: vec![ranked(Label::High)], any: vec![ranked(Label::Critical)] },
        (Term::Days(30), clock()),
    );
    let restore = vec![Extra::RestoreProof];
    vec![Clause { extra: restore, ..in_force }, critical, high]
}

fn cis() -> Vec<Clause> {
    let class =
        |of: &[SoftwareClass]| Applies::All { of: vec![Condition::Class { of: of.to_vec() }] };
    let month = |clock| (Term::Months(1), clock);
    let remediate = CIS.clause(
        ("cis:8.1:7.7", "CIS 7.7: what scans detect is remediated monthly"),
        Applies::Always,
        month(Clock::Detected),
    );
    vec![
        CIS.clause(
            ("cis:8.1:7.3", "CIS 7.3: operating systems are patched monthly or oftener"),
            class(&SYSTEM),
            month(Clock::VendorRelease),
        ),
        CIS.clause(
            ("cis:8.1:7.4", "CIS 7.4: applications are patched monthly or oftener"),
            class(&APPLICATIONS),
            month(Clock::VendorRelease),
        ),
        Clause { extra: vec![Extra::Rescan], ..remediate },
    ]
}

pub(super) fn obligations() -> Vec<Obligation> {
    let clauses = clauses();
    let all_of = |id: &str, title: &str, prefix: &str| {
        obligation((id, title), &clauses, false, |id| id.starts_with(prefix))
    };
    vec![
        all_of("cyber-essentials", "UK Cyber Essentials v3.3", "cyber-essentials:3.3:"),
        // Both versions: the past is judged by the one of its time.
        all_of("pci-dss", "PCI DSS 4.0.1 (and 4.0 until the end of 2024)", "pci-dss:4.0"),
        all_of("hipaa", "HIPAA Security Rule, in force", "hipaa:in-force:"),
        all_of("hipaa-proposed", "HIPAA Security Rule, proposed in 2025", "hipaa:proposed-2025:"),
        all_of("nist-800-53", "NIST SP 800-53r5", "nist:800-53r5"),
        obligation(("cis-ig1", "CIS Controls v8.1, group 1"), &clauses, true, |id| {
            ["cis:8.1:7.3", "cis:8.1:7.4"].contains(&id)
        }),
        obligation(("cis-ig2", "CIS Controls v8.1, group 2"), &clauses, true, |id| {
            id.starts_with("cis:8.1:")
        }),
        all_of("iso-27001", "ISO/IEC 27001:2022", "iso:27001-2022:"),
    ]
}
