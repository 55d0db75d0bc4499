//! The patching half of the Essential Eight (model of November 2023), control by control. Where a control says
//! "otherwise", it is the same software without a critical severity and without a working exploit.

use crate::clause::{Obligation, Source, obligation};
use model::advisory::Label;
use model::clause::SoftwareClass::{
    Driver, Firmware, Office, OnlineService, OperatingSystem, OtherApplication,
};
use model::clause::{
    Applies, Clause, ClauseStatus, Clock, Condition, DoneWhen, Exceptions, SoftwareClass, Term,
};

const MODEL: Source = Source {
    status: ClauseStatus::InForce,
    valid_from: "",
    valid_until: "",
    scope: &[],
    exceptions: Exceptions::AcceptedWithControl,
    text: "ASD Essential Eight maturity model, November 2023; ISM",
    is_verified: true,
};

/// "Working exploits exist" is read as: SSVC says public proof of concept or active, or KEV lists it.
const BY_EXPLOIT: Source = Source {
    text: "ASD Essential Eight maturity model, November 2023; ISM; reading of `working exploit` not verified",
    is_verified: false,
    ..MODEL
};

/// Two weeks, as every source of the house counts them.
const TWO_WEEKS: Term = Term::Days(14);
const URGENT: Term = Term::Hours(48);
const MONTH: Term = Term::Months(1);

/// ISM controls of each maturity level. Higher levels replace some controls of lower ones.
const ML1: [u32; 9] = [1876, 1690, 1877, 1694, 1695, 1691, 1905, 1704, 1501];
const ML2: [u32; 10] = [1876, 1690, 1877, 1694, 1695, 1691, 1693, 1905, 1704, 1501];
const ML3: [u32; 17] = [
    1876, 1690, 1877, 1694, 1696, 1902, 1692, 1901, 1693, 1879, 1697, 1903, 1904, 1905, 1704, 1501,
    304,
];

/// When of the software of a control it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    Always,
    /// Critical by the vendor, or a working exploit exists.
    Urgent,
    Otherwise,
}

/// ISM control, words for software, its classes, hosts, when, term.
type Row = (u32, &'static str, &'static [SoftwareClass], Option<bool>, When, Term);

#[rustfmt::skip] // a table is read by its columns
const ROWS: [Row; 15] = [
    (1876, "online services", &[OnlineService], Some(true), When::Urgent, URGENT),
    (1690, "online services", &[OnlineService], Some(true), When::Otherwise, TWO_WEEKS),
    (1877, "internet-facing systems", &[OperatingSystem], Some(true), When::Urgent, URGENT),
    (1694, "internet-facing systems", &[OperatingSystem], Some(true), When::Otherwise, TWO_WEEKS),
    // Server software that no outsider reaches is no online service; it comes with the operating system.
    (1695, "other systems", &[OperatingSystem, OnlineService], Some(false), When::Always, MONTH),
    (1696, "other systems", &[OperatingSystem, OnlineService], Some(false), When::Urgent, URGENT),
    (1902, "other systems", &[OperatingSystem, OnlineService], Some(false), When::Otherwise, MONTH),
    (1691, "office, browser, PDF, security software", &[Office], None, When::Always, TWO_WEEKS),
    (1692, "office, browser, PDF, security software", &[Office], None, When::Urgent, URGENT),
    (1901, "office, browser, PDF, security software", &[Office], None, When::Otherwise, TWO_WEEKS),
    (1693, "other applications", &[OtherApplication], None, When::Always, MONTH),
    (1879, "drivers", &[Driver], None, When::Urgent, URGENT),
    (1697, "drivers", &[Driver], None, When::Otherwise, MONTH),
    (1903, "firmware", &[Firmware], None, When::Urgent, URGENT),
    (1904, "firmware", &[Firmware], None, When::Otherwise, MONTH),
];

/// Controls about software without support: remove or replace it. They name no days.
const UNSUPPORTED: [(u32, &str, &[SoftwareClass]); 4] = [
    (1905, "online services", &[OnlineService]),
    (1704, "office, browser, PDF, security software", &[Office]),
    (1501, "operating systems", &[OperatingSystem, Driver, Firmware]),
    (304, "other applications", &[OtherApplication]),
];

pub(super) fn clauses() -> Vec<Clause> {
    let mut all: Vec<Clause> = ROWS.iter().map(timed).collect();
    for (control, software, classes) in UNSUPPORTED {
        let title = format!("Essential Eight: unsupported {software} are removed");
        let of = vec![Condition::Class { of: classes.to_vec() }, Condition::Unsupported];
        let row = MODEL.clause(
            (&id(control), &title),
            Applies::All { of },
            (Term::None, Clock::VendorRelease),
        );
        all.push(Clause { done_when: DoneWhen::UnsupportedRemoved, ..row });
    }
    all
}

fn id(control: u32) -> String {
    format!("essential-eight:2023-11:ism-{control:04}")
}

fn timed((control, software, classes, exposed, when, term): &Row) -> Clause {
    let mut all = vec![Condition::Class { of: classes.to_vec() }];
    all.extend(exposed.map(|exposed| Condition::InternetExposed { exposed }));
    let any = vec![Condition::LabelAtLeast { label: Label::Critical }, Condition::Exploit];
    let (source, applies, words) = match when {
        When::Always => (MODEL, Applies::All { of: all }, ""),
        When::Urgent => (BY_EXPLOIT, Applies::Both { all, any }, ", critical or exploited"),
        When::Otherwise => (BY_EXPLOIT, Applies::Unless { all, any }, ", otherwise"),
    };
    let title = format!("Essential Eight: {software}{words}");
    source.clause((&id(*control), &title), applies, (*term, Clock::VendorRelease))
}

pub(super) fn obligations() -> Vec<Obligation> {
    let clauses = clauses();
    let level = |name: &str, title: &str, controls: &[u32]| {
        let ids: Vec<String> = controls.iter().map(|control| id(*control)).collect();
        obligation((name, title), &clauses, false, |id| ids.iter().any(|one| one == id))
    };
    vec![
        level("essential-eight-ml1", "ASD Essential Eight, maturity level 1", &ML1),
        level("essential-eight-ml2", "ASD Essential Eight, maturity level 2", &ML2),
        level("essential-eight-ml3", "ASD Essential Eight, maturity level 3", &ML3),
    ]
}
