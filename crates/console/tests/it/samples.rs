//! A small estate for the pages: a few hosts in good and bad shape, changes in each state.

use console::{Person, Shell};
use model::change::{Approval, ChangeLine, ChangeState, ChangeView};
use model::event::Event;
use model::host::{
    AgentMode, HostFacts, HostView, ListsAge, Pending, RebootReason, StaleProcess, Support,
    SupportStatus,
};
use model::outcome::{
    AbortReason, BlockReason, OUTCOME_SCHEMA, Outcome, RunEnd, StuckReason, VersionChange,
};
use model::package::{Artifact, Origin, Package, PackageSet, PatchKind, Update, UpdateView};
use model::plan::{
    LeftOut, LeftOutReason, PLAN_SCHEMA, Plan, PlanHost, Purpose, RebootExpectation, Step, WayBack,
};
use model::problem::{Problem, Severity};
use model::run::{RunState, RunView, WaitingOn};
use model::{ChangeId, Digest, HostId, OrderId, RunId};

/// 2026-11-25 02:45:00 UTC.
pub(crate) const NOW: i64 = 1_795_574_700;

pub(crate) fn shell() -> Shell {
    let person = Person { name: "sam".to_owned(), csrf: "form-token".to_owned() };
    Shell { now: NOW, person: Some(person), notice: String::new() }
}

fn facts(name: &str, codename: &str) -> HostFacts {
    let (version, pretty) = match codename {
        "bullseye" => ("11", "Debian GNU/Linux 11 (bullseye)"),
        "stretch" => ("9", "Debian GNU/Linux 9 (stretch)"),
        _ => ("12", "Debian GNU/Linux 12 (bookworm)"),
    };
    HostFacts {
        hostname: name.to_owned(),
        os_id: "debian".to_owned(),
        os_version: version.to_owned(),
        os_codename: codename.to_owned(),
        os_pretty: pretty.to_owned(),
        arch: "amd64".to_owned(),
        kernel_running: "6.1.0-37-amd64".to_owned(),
        kernel_newest: "6.1.0-41-amd64".to_owned(),
        kernel_package: None,
        kernel_next: String::new(),
        boot_id: "b-1".to_owned(),
        booted_at: NOW - 41 * 86_400,
        has_systemd: true,
        virtualization: "kvm".to_owned(),
        agent_mode: AgentMode::Systemd,
        agent_version: "0.1.0".to_owned(),
    }
}

/// A host with nothing wrong.
pub(crate) fn calm_host(number: u32) -> HostView {
    let name = format!("web-{number}");
    HostView {
        id: HostId(u128::from(number)),
        tags: vec!["web".to_owned(), "berlin".to_owned()],
        enrolled_at: NOW - 90 * 86_400,
        seen_at: NOW - 40,
        reported_at: Some(NOW - 600),
        facts: Some(facts(&name, "bookworm")),
        support: Some(Support {
            status: SupportStatus::LongTerm,
            ends: "2028-06-30".to_owned(),
            text: "security support by Debian LTS until 2028-06-30".to_owned(),
        }),
        pending: Pending::default(),
        packages_total: 412,
        held: Vec::new(),
        torn: Vec::new(),
        reboot: Vec::new(),
        stale: Vec::new(),
        lists: Some(ListsAge { refreshed_at: Some(NOW - 7_200), refresh_error: String::new() }),
        problems: Vec::new(),
        name,
    }
}

/// A host with everything that a page can say.
pub(crate) fn troubled_host() -> HostView {
    let mut host = calm_host(7);
    host.name = "db-primary".to_owned();
    host.facts = Some(facts("db-primary", "bookworm"));
    host.tags = vec!["database".to_owned()];
    host.pending = Pending { security: 3, maintenance: 1, application: 1, firmware: 1 };
    host.held = vec!["postgresql-15".to_owned()];
    host.torn = vec!["mailutils".to_owned()];
    host.reboot = vec![
        RebootReason::Kernel {
            running: "6.1.0-37-amd64".to_owned(),
            newest: "6.1.0-41-amd64".to_owned(),
        },
        RebootReason::Package { name: "libc6".to_owned() },
    ];
    host.stale = vec![
        StaleProcess {
            pid: 612,
            name: "nginx".to_owned(),
            unit: "nginx.service".to_owned(),
            files: vec!["/usr/lib/x86_64-linux-gnu/libssl.so.3".to_owned()],
            packages: Vec::new(),
        },
        StaleProcess {
            pid: 4_410,
            name: "postgres".to_owned(),
            unit: String::new(),
            files: vec!["/usr/lib/x86_64-linux-gnu/libcrypto.so.3".to_owned()],
            packages: Vec::new(),
        },
    ];
    host.lists = Some(ListsAge {
        refreshed_at: Some(NOW - 9 * 86_400),
        refresh_error: "could not resolve deb.debian.org".to_owned(),
    });
    host.problems = vec![
        Problem::new(Severity::Warning, "repo.example.net", "the repository's signature expired")
            .hint("renew its key, or remove the repository from sources.list.d"),
        Problem::new(Severity::Note, "backports", "pinned below 100: never a candidate"),
    ];
    host
}

/// Six hosts in several states.
pub(crate) fn hosts() -> Vec<HostView> {
    let mut old = calm_host(3);
    old.name = "legacy-erp".to_owned();
    old.tags = vec!["erp".to_owned()];
    old.facts = Some(facts("legacy-erp", "stretch"));
    old.support = Some(Support {
        status: SupportStatus::Ended,
        ends: "2022-06-30".to_owned(),
        text: "no security updates since 2022-06-30".to_owned(),
    });
    old.seen_at = NOW - 3 * 3_600;
    let mut new = calm_host(4);
    new.name = "build-4".to_owned();
    new.tags = Vec::new();
    (new.reported_at, new.facts, new.support, new.lists) = (None, None, None, None);
    new.packages_total = 0;
    let mut waiting = calm_host(2);
    waiting.pending = Pending { security: 12, maintenance: 5, application: 0, firmware: 0 };
    waiting.reboot = vec![RebootReason::Unnamed];
    let mut bullseye = calm_host(5);
    bullseye.name = "mail".to_owned();
    bullseye.facts = Some(facts("mail", "bullseye"));
    bullseye.pending = Pending { security: 1, maintenance: 0, application: 0, firmware: 0 };
    vec![calm_host(1), waiting, old, new, bullseye, troubled_host()]
}

fn origin(label: &str, suite: &str) -> Origin {
    Origin {
        label: label.to_owned(),
        origin: "Debian".to_owned(),
        suite: suite.to_owned(),
        site: "http://deb.debian.org/debian".to_owned(),
    }
}

fn artifact(name: &str, version: &str, size_bytes: u64) -> Artifact {
    Artifact {
        sha256: Digest::of(format!("{name} {version}").as_bytes()),
        size_bytes,
        uri: format!("http://deb.debian.org/debian/pool/{name}_{version}.deb"),
    }
}

fn update(name: &str, versions: (&str, &str), kind: PatchKind, size: u64) -> UpdateView {
    let (current, candidate) = versions;
    let (label, suite) = match kind {
        PatchKind::Security => ("Debian-Security", "bookworm-security"),
        PatchKind::Maintenance | PatchKind::Firmware => ("Debian", "bookworm"),
        PatchKind::Application => ("PostgreSQL", "bookworm-pgdg"),
    };
    UpdateView {
        update: Update {
            name: name.to_owned(),
            arch: "amd64".to_owned(),
            source: name.trim_start_matches("lib").to_owned(),
            current: current.to_owned(),
            candidate: candidate.to_owned(),
            candidate_source_version: String::new(),
            origin: origin(label, suite),
            is_security: kind == PatchKind::Security,
            artifact: Some(artifact(name, candidate, size)),
            back: Some(artifact(name, current, size - 1_000)),
            requires: Vec::new(),
            is_held: false,
        },
        kind,
    }
}

pub(crate) fn updates() -> Vec<UpdateView> {
    let mut held = update(
        "postgresql-15",
        ("15.13-1.pgdg120+1", "15.15-1.pgdg120+1"),
        PatchKind::Application,
        17_200_000,
    );
    held.update.is_held = true;
    let mut lost =
        update("tzdata", ("2025b-0+deb12u1", "2025b-0+deb12u2"), PatchKind::Maintenance, 296_000);
    lost.update.back = None;
    vec![
        lost,
        held,
        update("openssl", ("3.0.16-1~deb12u1", "3.0.17-1~deb12u3"), PatchKind::Security, 1_430_000),
        update("libssl3", ("3.0.16-1~deb12u1", "3.0.17-1~deb12u3"), PatchKind::Security, 2_020_000),
        update("libc6", ("2.36-9+deb12u10", "2.36-9+deb12u13"), PatchKind::Security, 2_760_000),
        update(
            "intel-microcode",
            ("3.20250211.1~deb12u1", "3.20250812.1~deb12u1"),
            PatchKind::Firmware,
            12_900_000,
        ),
    ]
}

pub(crate) fn packages() -> PackageSet {
    let package = |name: &str, version: &str, state: &str| Package {
        name: name.to_owned(),
        arch: "amd64".to_owned(),
        version: version.to_owned(),
        state: state.to_owned(),
        source: name.trim_start_matches("lib").to_owned(),
        source_version: version.to_owned(),
        origin: Some(origin("Debian", "bookworm")),
    };
    let mut own = package("in-house-tool", "4.2", "ii");
    own.origin = None;
    PackageSet::new(vec![
        package("bash", "5.2.15-2+b8", "ii"),
        package("libssl3", "3.0.16-1~deb12u1", "ii"),
        package("mailutils", "1:3.15-4", "iF"),
        package("postgresql-15", "15.13-1.pgdg120+1", "hi"),
        package("nano", "7.2-1+deb12u1", "rc"),
        own,
    ])
}

pub(crate) fn change_id() -> ChangeId {
    ChangeId(0x9f2c_1d44_7a01_4be2_8c11_0d2f_6a3b_77e5)
}

fn order_id() -> OrderId {
    OrderId(0x11)
}

fn plan_host(host: u32, name: &str, waived: bool) -> PlanHost {
    let steps = updates()
        .into_iter()
        .filter(|view| view.kind == PatchKind::Security)
        .map(|view| Step {
            name: view.update.name.clone(),
            arch: view.update.arch.clone(),
            from: view.update.current.clone(),
            to: view.update.candidate.clone(),
            kind: view.kind,
            artifact: view.update.artifact.clone().expect("samples name their files"),
            back: view.update.back,
        })
        .collect();
    PlanHost {
        schema: PLAN_SCHEMA,
        host: HostId(u128::from(host)),
        name: name.to_owned(),
        ring: 1,
        wave: 1,
        installed_before: Digest::of(b"before"),
        installed_after: Digest::of(b"after"),
        steps,
        reboot: if waived { RebootExpectation::Expected } else { RebootExpectation::None },
        staging_bytes: 12_400_000,
        way_back: if waived {
            WayBack::Waived {
                by: "sam".to_owned(),
                reason: "the old build is gone from every mirror".to_owned(),
                missing: vec!["openssl".to_owned()],
            }
        } else {
            WayBack::Packages
        },
    }
}

fn plan() -> Plan {
    let left = |host: u32, name: &str, package: &str, reason| LeftOut {
        host: HostId(u128::from(host)),
        name: name.to_owned(),
        package: package.to_owned(),
        reason,
    };
    Plan {
        schema: PLAN_SCHEMA,
        change: change_id(),
        generation: 1,
        purpose: Purpose::Upgrade { kinds: vec![PatchKind::Security], packages: Vec::new() },
        planned_at: NOW - 3_600,
        hosts: vec![
            plan_host(1, "web-1", false),
            plan_host(2, "web-2", false),
            plan_host(5, "mail", true),
            plan_host(6, "cache", false),
            plan_host(8, "proxy", false),
        ],
        left_out: vec![
            left(3, "legacy-erp", "", LeftOutReason::NothingMatches),
            left(4, "build-4", "", LeftOutReason::NeverReported),
            left(7, "db-primary", "", LeftOutReason::StaleLists { age_secs: 9 * 86_400 }),
            left(2, "web-2", "postgresql-15", LeftOutReason::Held),
        ],
    }
}

fn run(host: u32, name: &str, state: RunState) -> RunView {
    let host = HostId(u128::from(host));
    let start = NOW - 240;
    RunView {
        run: RunId::of(order_id(), host),
        change: change_id(),
        order: order_id(),
        host,
        host_name: name.to_owned(),
        since: NOW - 12,
        waiting_on: None,
        done: 0,
        total: 0,
        note: String::new(),
        history: vec![
            (RunState::Ordered, start),
            (RunState::Assigned, start + 4),
            (RunState::Staging, start + 6),
            (state.clone(), NOW - 12),
        ],
        state,
        outcome: None,
        steps_total: 3,
        entry: Digest::of(b"entry"),
    }
}

fn outcome(run: &RunView, end: RunEnd) -> Outcome {
    Outcome {
        schema: OUTCOME_SCHEMA,
        run: run.run,
        order: run.order,
        host: run.host,
        attempt: 1,
        end,
        started_at: NOW - 240,
        ended_at: NOW - 12,
        before: Digest::of(b"before"),
        after: Digest::of(b"after"),
        changes: vec![
            VersionChange {
                name: "libssl3".to_owned(),
                arch: "amd64".to_owned(),
                before: "3.0.16-1~deb12u1".to_owned(),
                after: "3.0.17-1~deb12u3".to_owned(),
            },
            VersionChange {
                name: "openssl".to_owned(),
                arch: "amd64".to_owned(),
                before: "3.0.16-1~deb12u1".to_owned(),
                after: "3.0.17-1~deb12u3".to_owned(),
            },
        ],
        units_lost: Vec::new(),
        conffiles_kept: vec!["/etc/ssl/openssl.cnf".to_owned()],
        exit_code: Some(0),
        output_tail: "Unpacking libssl3:amd64 (3.0.17-1~deb12u3) over (3.0.16-1~deb12u1) ...\n\
                      Setting up libssl3:amd64 (3.0.17-1~deb12u3) ...\n\
                      Setting up openssl (3.0.17-1~deb12u3) ...\n\
                      Processing triggers for libc-bin (2.36-9+deb12u10) ...\n"
            .to_owned(),
    }
}

pub(crate) fn done_run() -> RunView {
    let mut done = run(1, "web-1", RunState::Ended { end: RunEnd::Succeeded });
    done.outcome = Some(outcome(&done, RunEnd::Succeeded));
    done
}

fn runs() -> Vec<RunView> {
    let mut applying = run(2, "web-2", RunState::Applying);
    (applying.done, applying.total) = (2, 3);
    "unpacking openssl".clone_into(&mut applying.note);
    let units = vec!["postfix.service".to_owned()];
    let end = RunEnd::Stuck { reason: StuckReason::UnitsLost { units: units.clone() } };
    let mut stuck = run(5, "mail", RunState::Ended { end: end.clone() });
    let mut stuck_outcome = outcome(&stuck, end);
    stuck_outcome.units_lost = units;
    stuck.outcome = Some(stuck_outcome);
    let mut waiting = run(6, "cache", RunState::Ordered);
    waiting.history.truncate(1);
    waiting.since = NOW - 5_400;
    waiting.waiting_on = Some(WaitingOn::HostSilent { since: NOW - 5_400 });
    let mut slot = run(8, "proxy", RunState::Claiming);
    slot.waiting_on = Some(WaitingOn::SlotFull { holders: vec!["web-2".to_owned()] });
    vec![done_run(), applying, stuck, waiting, slot]
}

pub(crate) fn planned_change() -> ChangeView {
    ChangeView {
        id: change_id(),
        title: "Security updates for 5 hosts".to_owned(),
        state: ChangeState::Planned { have: 0, need: 1 },
        created_at: NOW - 3_600,
        created_by: "sam".to_owned(),
        plan_digest: Digest::of(&plan().to_bytes()),
        plan: plan(),
        notes: vec![Problem::new(Severity::Warning, "mail", "openssl has no way back here")],
        approvals: Vec::new(),
        order: None,
        not_after: None,
        runs: Vec::new(),
    }
}

pub(crate) fn running_change() -> ChangeView {
    let mut change = planned_change();
    change.state = ChangeState::Running;
    change.approvals = vec![Approval {
        person: "sam".to_owned(),
        key_id: "SHA256:4nVf0cE2yU0o7Yw0mJXo8a1u8Zp8lZ6zv2b8m0y1q3s".to_owned(),
        at: NOW - 300,
    }];
    change.order = Some(order_id());
    change.not_after = Some(NOW + 86_400);
    change.runs = runs();
    change
}

pub(crate) fn changes() -> Vec<ChangeLine> {
    let line = |number: u128, title: &str, state, runs_over| ChangeLine {
        id: ChangeId(number),
        title: title.to_owned(),
        state,
        created_at: NOW - 3_600 * i64::try_from(number).expect("few samples"),
        hosts: 5,
        packages: 14,
        runs_over,
    };
    vec![
        line(1, "Security updates for 5 hosts", ChangeState::Running, 2),
        line(2, "Kernel on build hosts", ChangeState::Planned { have: 1, need: 2 }, 0),
        line(3, "tzdata everywhere", ChangeState::Completed { succeeded: 5, failed: 0 }, 5),
        line(4, "nginx on web", ChangeState::Completed { succeeded: 4, failed: 1 }, 5),
        line(5, "Undo of nginx on web-3", ChangeState::Halted { failures: 2 }, 3),
        line(6, "openssh-server", ChangeState::Stopped { by: "kim".to_owned() }, 1),
        line(7, "Firmware on hypervisors", ChangeState::Expired, 0),
        line(8, "bind9 on dns", ChangeState::Approved, 0),
    ]
}

pub(crate) fn events() -> Vec<Event> {
    let event = |seq: u64, actor: &str, action: &str, object: String, detail| Event {
        seq,
        at: NOW - 600 + i64::try_from(seq).expect("few samples") * 60,
        actor: actor.to_owned(),
        action: action.to_owned(),
        object,
        detail,
        prev: Digest::of(&seq.to_be_bytes()),
        leaf: Some(Digest::of(&(seq + 1).to_be_bytes())),
    };
    let host = HostId(1).to_string();
    vec![
        event(1, "server", "host.enrolled", host, serde_json::json!({ "name": "web-1" })),
        event(
            2,
            "sam",
            "change.planned",
            change_id().to_string(),
            serde_json::json!({
                "hosts": 5, "plan": "2f1a77aa01c4"
            }),
        ),
        event(
            3,
            "sam",
            "change.approved",
            change_id().to_string(),
            serde_json::json!({
                "key": "SHA256:4nVf0cE2yU0o7Yw0mJXo8a1u8Zp8lZ6zv2b8m0y1q3s"
            }),
        ),
        event(
            4,
            "web-1",
            "run.state",
            done_run().run.to_string(),
            serde_json::json!({
                "state": "succeeded"
            }),
        ),
    ]
}

/// Ends that the running change does not show.
pub(crate) fn other_ends() -> Vec<RunView> {
    let ends = [
        RunEnd::Blocked {
            reason: BlockReason::NoSpace {
                mount: "/var".to_owned(),
                need_bytes: 4_000_000,
                have_bytes: 1_000,
            },
        },
        RunEnd::Aborted { reason: AbortReason::NoPermit },
        RunEnd::Cancelled { by: "kim".to_owned() },
    ];
    ends.into_iter()
        .zip(20..)
        .map(|(end, host)| run(host, &format!("host-{host}"), RunState::Ended { end }))
        .collect()
}
