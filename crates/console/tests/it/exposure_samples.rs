//! Exposures of the small estate: every state, every clause form, feeds in every condition.

use crate::samples::{NOW, calm_host, troubled_host};
use model::HostId;
use model::advisory::{Feed, Label, Reject};
use model::clause::{
    Applies, Clause, ClauseStatus, Clock, Deadline, DoneWhen, Exceptions, Extra, Input, Provenance,
    Term,
};
use model::cve::{CveId, CveStatement, Epss, Exploitation, Kev, TechnicalImpact, Vector};
use model::exposure::{
    Action, ActionVerb, Answer, CveFacts, CveLine, CveListPage, CveView, DeadlineDay,
    EndOfLifeView, ExposurePage, ExposureView, FeedView, FixLine, Freshness, HostLine,
    HostListPage, NoFix, NotKnown, NotReachable, ObligationView, Question, Reach, ReachCount,
    Score, SourcedStatement, Tier,
};

const DAY: i64 = 86_400;

pub(crate) fn cve(number: u32) -> CveId {
    CveId { year: 2026, number }
}

fn inputs() -> Vec<Input> {
    vec![
        Input {
            name: "kev".to_owned(),
            value: "yes, added 2026-11-20".to_owned(),
            source: "kev".to_owned(),
            seen_at: Some(NOW - 4 * DAY),
            is_defaulted: false,
        },
        Input {
            name: "internet_exposed".to_owned(),
            value: "unknown".to_owned(),
            source: String::new(),
            seen_at: None,
            is_defaulted: true,
        },
    ]
}

pub(crate) fn deadline(clause: &str, due_at: Option<i64>) -> Deadline {
    Deadline {
        clause: clause.to_owned(),
        title: format!("Known exploited: fix in three days ({clause})"),
        status: ClauseStatus::InForce,
        due_at,
        term: if due_at.is_some() { Term::Days(3) } else { Term::OnUpgrade },
        clock_started_at: due_at.map(|at| at - 3 * DAY),
        clock: "the earlier of KEV addition and detection".to_owned(),
        is_day_precise: true,
        done_when: DoneWhen::InEffect,
        extra: vec![Extra::ForensicTriage],
        inputs: inputs(),
    }
}

/// Every state once, the nearest deadline first.
pub(crate) fn exposures() -> Vec<ExposureView> {
    let reaches = [
        Reach::Actionable { to: "3.0.18-1~deb12u2".to_owned() },
        Reach::NeedsRestart { units: vec!["nginx.service".to_owned(), "cron.service".to_owned()] },
        Reach::NeedsReboot,
        Reach::BootsVulnerable,
        Reach::FixNotReachable { why: NotReachable::Held },
        Reach::NoFix { why: NoFix::Deferred },
        Reach::Unknown { why: NotKnown::KernelOwner },
        Reach::StaleImage,
        Reach::Carried,
    ];
    reaches.into_iter().zip(0_u32..).map(|(reach, number)| exposure(number, reach)).collect()
}

fn exposure(number: u32, reach: Reach) -> ExposureView {
    let host = if number.is_multiple_of(2) { calm_host(1) } else { troubled_host() };
    let at = NOW - 2 * DAY + i64::from(number) * 2 * DAY;
    let binds = reach.is_exposed();
    let dated = Some(at).filter(|_| number != 5);
    ExposureView {
        host: host.id,
        host_name: host.name,
        cve: Some(cve(1_000 + number)).filter(|_| number != 4),
        advisories: vec![format!("DSA-6{number:03}-1")],
        stream: "debian:12".to_owned(),
        package: "openssl".to_owned(),
        binaries: vec!["libssl3".to_owned(), "openssl".to_owned()],
        installed: "3.0.17-1~deb12u1".to_owned(),
        fixed: if matches!(reach, Reach::NoFix { .. }) {
            String::new()
        } else {
            "3.0.18-1~deb12u2".to_owned()
        },
        reach,
        label: if number == 1 { Label::NotGiven } else { Label::High },
        is_kev: number == 0,
        is_ransomware: number == 0,
        epss_ppm: Some(932_100).filter(|_| number == 0),
        cvss_x10: Some(98).filter(|_| number != 2),
        hazard_micro: 4_605_170,
        deadline: binds.then(|| deadline("bod-26-04:1:3d", dated)),
        deadlines: if number == 0 {
            vec![deadline("pci-dss:4.0.1:6.3.3:critical", Some(at + 27 * DAY))]
        } else {
            Vec::new()
        },
        detected_at: NOW - 5 * DAY,
    }
}

pub(crate) fn exposure_page() -> ExposurePage {
    ExposurePage { total: 1_234, hosts: 2, exposures: exposures(), next: "due=17&id=3".to_owned() }
}

pub(crate) fn cve_list() -> CveListPage {
    let line = |number: u32, is_kev: bool| CveLine {
        cve: cve(number),
        title: if is_kev { "OpenSSL: out-of-bounds write".to_owned() } else { String::new() },
        label: if is_kev { Label::Critical } else { Label::NotGiven },
        is_kev,
        is_ransomware: is_kev,
        epss_ppm: Some(430).filter(|_| is_kev),
        cvss_x10: Some(98).filter(|_| is_kev),
        packages: ["openssl", "openssl1.1", "edk2", "nodejs"].map(str::to_owned).to_vec(),
        hosts: 1_204,
        actionable: 1_100,
        due_at: Some(NOW - DAY).filter(|_| is_kev),
        clause: if is_kev { "bod-26-04:1:3d".to_owned() } else { String::new() },
    };
    CveListPage {
        total: 2,
        cves: vec![line(1_000, true), line(123_456, false)],
        next: String::new(),
    }
}

fn count(state: &str, hosts: u64) -> ReachCount {
    ReachCount { state: state.to_owned(), hosts }
}

pub(crate) fn host_line() -> HostLine {
    let host = troubled_host();
    HostLine {
        host: host.id,
        host_name: host.name,
        stream: "debian:12".to_owned(),
        exposures: 5_314,
        kev: 3,
        overdue: 12,
        counts: vec![count("carried", 40), count("actionable", 5_000), count("no_fix", 274)],
        due_at: Some(NOW - 2 * DAY),
        clause: "bod-26-04:1:3d".to_owned(),
        hazard_micro: 12_345_678,
        open_questions: 2,
    }
}

pub(crate) fn host_list() -> HostListPage {
    let mut calm = host_line();
    (calm.host, calm.host_name) = (HostId(1), "web-1".to_owned());
    (calm.exposures, calm.kev, calm.overdue, calm.open_questions) = (1, 0, 0, 0);
    (calm.due_at, calm.clause) = (Some(NOW + 40 * DAY), "bod-26-04:1:60d".to_owned());
    calm.counts = vec![count("needs_reboot", 1)];
    HostListPage { total: 2, hosts: vec![host_line(), calm], next: "x y".to_owned() }
}

fn action(verb: ActionVerb, tier: Tier, due_at: Option<i64>) -> Action {
    Action {
        id: "a".to_owned(),
        verb,
        stream: "debian:12".to_owned(),
        package: "openssl".to_owned(),
        to: "3.0.18-1~deb12u2".to_owned(),
        hosts: 12,
        host_names: ["db-primary", "mail", "web-1", "web-2", "web-3"].map(str::to_owned).to_vec(),
        closes: (1_000..1_006).map(cve).collect(),
        closes_total: 17,
        kev: u64::from(tier == Tier::Overdue),
        due_at,
        clause: if tier == Tier::None { String::new() } else { "bod-26-04:1:3d".to_owned() },
        tier,
        gain_micro: 41_000_000,
        needs_reboot: verb == ActionVerb::Reboot,
        restarts: vec!["nginx.service".to_owned()],
        because: vec!["overdue since 2026-11-23".to_owned(), "closes 1 of the KEV".to_owned()],
    }
}

/// One action of each verb.
pub(crate) fn actions() -> Vec<Action> {
    vec![
        action(ActionVerb::Upgrade, Tier::Overdue, Some(NOW - DAY)),
        action(ActionVerb::Restart, Tier::Within24Hours, Some(NOW + 3_600)),
        action(ActionVerb::Reboot, Tier::Within3Days, Some(NOW + 2 * DAY)),
        action(ActionVerb::Unhold, Tier::Within14Days, Some(NOW + 9 * DAY)),
        action(ActionVerb::EnableChannel, Tier::Later, Some(NOW + 50 * DAY)),
        action(ActionVerb::RemoveImage, Tier::OnUpgrade, None),
        action(ActionVerb::MoveRelease, Tier::None, None),
        action(ActionVerb::RemoveOrMitigate, Tier::None, None),
    ]
}

fn day(day: &str, is_past: bool, exposures: u64) -> DeadlineDay {
    DeadlineDay {
        day: day.to_owned(),
        is_past,
        exposures,
        hosts: exposures.min(9),
        cves: exposures.min(4),
        kev: u64::from(is_past),
        clauses: vec!["bod-26-04:1:3d".to_owned()],
    }
}

pub(crate) fn days() -> Vec<DeadlineDay> {
    vec![
        day("2026-11-21", true, 7),
        day("2026-11-23", true, 5),
        day("2026-11-28", false, 1),
        day("2026-11-30", false, 1_200),
        day("2027-01-24", false, 30),
        day("", false, 21),
    ]
}

pub(crate) fn obligations() -> Vec<ObligationView> {
    let clause = Clause {
        id: "bod-26-04:1:3d".to_owned(),
        title: "Known exploited, exposed, automatable: three days".to_owned(),
        status: ClauseStatus::InForce,
        valid_from: "2026-06-10".to_owned(),
        valid_until: String::new(),
        scope: Vec::new(),
        applies: Applies::Kev,
        term: Term::Days(3),
        clock: Clock::Detected,
        is_strict_clock: false,
        done_when: DoneWhen::InEffect,
        exceptions: Exceptions::NotAccepted,
        extra: Vec::new(),
        provenance: Provenance {
            source: "table".to_owned(),
            read_on: "2026-08-08".to_owned(),
            is_verified: true,
        },
    };
    let view = |id: &str, is_chosen| ObligationView {
        id: id.to_owned(),
        title: format!("CISA BOD 26-04 as {id}"),
        is_guidance: true,
        is_chosen,
        clauses: vec![clause.clone()],
    };
    vec![view("bod-26-04", true), view("pci-dss-4.0.1", false)]
}

fn end(stream: &str, package: &str, days_left: Option<i64>) -> EndOfLifeView {
    EndOfLifeView {
        stream: stream.to_owned(),
        package: package.to_owned(),
        installed: if package.is_empty() { String::new() } else { "13.4-0".to_owned() },
        phase: "eol-lts".to_owned(),
        ends: if days_left.is_some() { "2026-08-31".to_owned() } else { String::new() },
        is_ended: days_left.is_none_or(|days| days < 0),
        days_left,
        hosts: 3,
        host_names: vec!["mail".to_owned(), "web-1".to_owned()],
        remedy: "move to debian:13".to_owned(),
        source: "distro-info".to_owned(),
        limited: if package == "ruby3.1" {
            "only behind a proxy".to_owned()
        } else {
            String::new()
        },
    }
}

pub(crate) fn ends() -> Vec<EndOfLifeView> {
    vec![
        end("debian:12", "", Some(400)),
        end("debian:11", "", Some(-86)),
        end("debian:9", "", None),
        end("ubuntu:22.04", "", Some(30)),
        end("debian:12", "postgresql-13", Some(-1)),
        end("debian:12", "ruby3.1", Some(900)),
    ]
}

pub(crate) fn feeds() -> Vec<FeedView> {
    let feed = |feed: Feed, freshness, trouble: &str| FeedView {
        feed,
        source: feed.word().to_owned(),
        origin: "https://example.org/feed.json".to_owned(),
        fetched_at: Some(NOW - 3_600).filter(|_| freshness != Freshness::Absent),
        content_at: Some(NOW - 7_200).filter(|_| freshness != Freshness::Absent),
        version: "2026.11.24".to_owned(),
        sha256: "2f1a77aa01c4".repeat(5),
        rows: if feed == Feed::Kev { 0 } else { 71_329 },
        cves: if feed == Feed::Updateinfo { 0 } else { 1_640 },
        rejects_total: u64::from(feed == Feed::Epss) * 40,
        rejects: if feed == Feed::Epss {
            vec![Reject { pointer: "line 17".to_owned(), reason: "no number".to_owned() }]
        } else {
            Vec::new()
        },
        freshness,
        trouble: trouble.to_owned(),
        next_fetch_at: Some(NOW + 1_800).filter(|_| freshness == Freshness::Fresh),
    };
    vec![
        feed(Feed::Kev, Freshness::Fresh, ""),
        feed(Feed::Epss, Freshness::Ageing, ""),
        feed(Feed::DebianTracker, Freshness::Stale, "it shrank from 71,329 rows to 12"),
        feed(Feed::Updateinfo, Freshness::Absent, "could not resolve example.org"),
    ]
}

fn statement(source: Feed) -> SourcedStatement {
    let mut of = CveStatement::of(cve(1_000));
    if source == Feed::Kev {
        of.kev = Some(kev());
    } else if source == Feed::Epss {
        of.epss = Some(Epss { score_ppm: 932_100, percentile_ppm: 998_000 });
    } else {
        of.title = "OpenSSL: out-of-bounds write".to_owned();
        of.published_at = Some(NOW - 30 * DAY);
        of.exploitation = Some(Exploitation::Active);
        of.is_automatable = Some(true);
        of.technical_impact = Some(TechnicalImpact::Total);
        of.vectors = vec![Vector {
            source: "openssl".to_owned(),
            text: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H".to_owned(),
            printed_x10: Some(91),
        }];
    }
    SourcedStatement {
        feed: source,
        source: source.word().to_owned(),
        learned_at: NOW - 4 * DAY,
        gone_at: Some(NOW - DAY).filter(|_| source == Feed::Nvd),
        statement: of,
    }
}

fn kev() -> Kev {
    Kev {
        added: "2026-11-20".to_owned(),
        due: "2026-11-23".to_owned(),
        is_ransomware: true,
        name: "OpenSSL".to_owned(),
    }
}

pub(crate) fn cve_view() -> CveView {
    let fix = |stream: &str, fixed: &str, is_overruled| FixLine {
        stream: stream.to_owned(),
        package: "openssl".to_owned(),
        module: if stream.starts_with("alma") { "ssl:3".to_owned() } else { String::new() },
        affected: if fixed.is_empty() { "every version" } else { "below 3.0.18-1~deb12u2" }
            .to_owned(),
        fixed: fixed.to_owned(),
        channel: if stream.starts_with("ubuntu") { "esm-infra".to_owned() } else { String::new() },
        source: "debian-tracker".to_owned(),
        advisory: "DSA-6000-1".to_owned(),
        learned_at: NOW - 4 * DAY,
        hosts: 12,
        is_overruled,
    };
    CveView {
        facts: CveFacts {
            cve: cve(1_000),
            title: "OpenSSL: out-of-bounds write".to_owned(),
            is_rejected: false,
            published_at: Some(NOW - 30 * DAY),
            kev: Some(kev()),
            kev_known_at: Some(NOW - 4 * DAY),
            was_in_kev: false,
            epss: Some(Epss { score_ppm: 932_100, percentile_ppm: 998_000 }),
            epss_model: "v2026.06.15".to_owned(),
            exploitation: Some(Exploitation::Active),
            is_automatable: Some(true),
            technical_impact: Some(TechnicalImpact::Total),
            scores: vec![Score {
                version: "3.1".to_owned(),
                vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H".to_owned(),
                source: "openssl".to_owned(),
                x10: 98,
                printed_x10: Some(91),
            }],
            statements: [Feed::Kev, Feed::Epss, Feed::CveRecord, Feed::Nvd].map(statement).to_vec(),
        },
        counts: vec![count("no_fix", 4), count("actionable", 1_100), count("carried", 9)],
        hosts_exposed: 1_104,
        hosts_total: 100_000,
        fixes: vec![
            fix("debian:12", "3.0.18-1~deb12u2", false),
            fix("ubuntu:22.04", "3.0.2-0ubuntu1.21", false),
            fix("alma:9", "", true),
        ],
        exposures: exposures(),
    }
}

/// A CVE of which only its name is known.
pub(crate) fn unknown_cve_view() -> CveView {
    CveView {
        facts: CveFacts {
            cve: cve(99_999),
            title: String::new(),
            is_rejected: true,
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
        },
        counts: Vec::new(),
        hosts_exposed: 0,
        hosts_total: 6,
        fixes: Vec::new(),
        exposures: Vec::new(),
    }
}

pub(crate) fn answers() -> Vec<Answer> {
    vec![Answer {
        question: Question::InternetExposed,
        value: "partner".to_owned(),
        by: "sam".to_owned(),
        at: NOW - 10 * DAY,
    }]
}
