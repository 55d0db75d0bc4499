//! Wire fixtures: what was once written must be read for ever, and today's value is written as today's
//! file says. A changed file is a changed protocol; `UPDATE_EXPECT=1` rewrites it, and the diff is read.

use super::*;
use crate::host::{AgentMode, HostFacts, ListsAge, RebootReason, StaleProcess};
use crate::id::RunId;
use crate::order::{
    ORDER_SCHEMA, ORDER_TYPE, Order, RebootRule, Target, Verb, WaveStart, WindowSpan,
};
use crate::outcome::{
    BlockReason, OUTCOME_SCHEMA, Outcome, Refusal, RefusalNotice, RunEnd, VersionChange,
};
use crate::package::{Artifact, Origin, Package, PackageSet, Update};
use crate::plan::{
    LeftOut, LeftOutReason, PLAN_SCHEMA, Plan, PlanHost, Purpose, RebootExpectation, Step, WayBack,
};
use crate::problem::{Problem, Severity};
use crate::report::{Conditions, PackagesBody, PendingSet, Report};
use crate::roster::{Person, PersonKey, RootStatement, Roster, TRUST_SCHEMA, Thresholds};
use crate::run::{PermitAnswer, Progress, RunState, WaitingOn};
use expect_test::{ExpectFile, expect_file};
use serde::de::DeserializeOwned;

/// Writes `value` as its file says, and reads the file back as the same value.
fn check<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(
    value: &T,
    file: &ExpectFile,
) {
    let json = serde_json::to_string_pretty(value).unwrap() + "\n";
    file.assert_eq(&json);
    assert_eq!(serde_json::from_str::<T>(&json).unwrap(), *value);
}

macro_rules! wire {
    ($name:literal) => {
        expect_file![concat!("../../tests/data/wire/", $name, ".json")]
    };
}

#[test]
fn orders_and_what_signs_them() {
    check(&order(), &wire!("order"));
    check(
        &Envelope {
            kind: ORDER_TYPE.to_owned(),
            payload: "e30=".to_owned(),
            signatures: vec![Signature {
                key_id: "SHA256:abc".to_owned(),
                form: SignatureForm::Sshsig,
                blob: "AAAA".to_owned(),
            }],
        },
        &wire!("envelope"),
    );
    check(&roster(), &wire!("roster"));
    check(
        &RootStatement {
            schema: TRUST_SCHEMA,
            keys: vec!["ssh-ed25519 AAAA".to_owned()],
            threshold: 1,
        },
        &wire!("root"),
    );
}

#[test]
fn plans() {
    check(&plan(), &wire!("plan"));
}

#[test]
fn reports() {
    check(&report(), &wire!("report"));
}

#[test]
fn outcomes_and_refusals() {
    check(&outcome(), &wire!("outcome"));
    check(
        &RefusalNotice {
            schema: OUTCOME_SCHEMA,
            host: HostId(2),
            order: Some(OrderId(3)),
            payload: Digest([7; 32]),
            at: 1_795_564_900,
            refusal: Refusal::Ceiling { key: "windows".to_owned(), text: "closed".to_owned() },
        },
        &wire!("refusal"),
    );
}

#[test]
fn progress_and_permits() {
    check(
        &Progress {
            run: RunId(4),
            order: OrderId(3),
            attempt: 1,
            seq: 9,
            at: 1_795_564_900,
            state: RunState::Claiming,
            waiting_on: Some(WaitingOn::SlotFull { holders: vec!["web-3".to_owned()] }),
            done: 0,
            total: 0,
            note: String::new(),
        },
        &wire!("progress"),
    );
    check(&PermitAnswer::Granted { permit_seq: 7, valid_secs: 60 }, &wire!("permit"));
}

#[test]
fn facts_of_an_older_agent_are_read_with_defaults() {
    let json = r#"{"running":1}"#;
    assert!(serde_json::from_str::<Conditions>("{}").unwrap().problems.is_empty());
    assert!(serde_json::from_str::<Conditions>(json).is_ok(), "facts may grow");
    assert!(serde_json::from_str::<ApproveRequest>(json).is_err(), "requests may not");
}

pub(crate) fn order() -> Order {
    Order {
        schema: ORDER_SCHEMA,
        tenant_root_hash: Digest([1; 32]),
        order_id: OrderId(3),
        serial: 12,
        rollout: ChangeId(1),
        generation: 1,
        verb: Verb::Upgrade,
        plan: Digest([2; 32]),
        targets: vec![Target { host: HostId(2), entry: Digest([3; 32]) }],
        max_hosts: 1,
        waves: vec![WaveStart { ring: 0, wave: 0, start_at: 1_795_564_800 }],
        window: Some(WindowSpan { opens_at: 1_795_564_800, closes_at: 1_795_572_000 }),
        not_before: 1_795_564_800,
        not_after: 1_795_651_200,
        reboot: RebootRule::Never,
        halt_after: 1,
        author: "alex".to_owned(),
        reason: "openssl".to_owned(),
    }
}

pub(crate) fn plan() -> Plan {
    Plan {
        schema: PLAN_SCHEMA,
        change: ChangeId(1),
        generation: 1,
        purpose: Purpose::Upgrade { kinds: vec![PatchKind::Security], packages: Vec::new() },
        planned_at: 1_795_564_800,
        hosts: vec![plan_host()],
        left_out: vec![LeftOut {
            host: HostId(5),
            name: "db-1".to_owned(),
            package: String::new(),
            reason: LeftOutReason::StaleReport { age_secs: 90_000 },
        }],
    }
}

pub(crate) fn plan_host() -> PlanHost {
    PlanHost {
        schema: PLAN_SCHEMA,
        host: HostId(2),
        name: "web-1".to_owned(),
        ring: 0,
        wave: 0,
        installed_before: Digest([4; 32]),
        installed_after: Digest([5; 32]),
        steps: vec![Step {
            name: "openssl".to_owned(),
            arch: "amd64".to_owned(),
            from: "3.0.11-1".to_owned(),
            to: "3.0.13-1".to_owned(),
            kind: PatchKind::Security,
            artifact: artifact(6),
            back: Some(artifact(7)),
        }],
        reboot: RebootExpectation::None,
        staging_bytes: 2_000,
        way_back: WayBack::Packages,
    }
}

fn artifact(seed: u8) -> Artifact {
    Artifact {
        sha256: Digest([seed; 32]),
        size_bytes: 1_000,
        uri: "http://deb.debian.org/debian/pool/o/openssl.deb".to_owned(),
    }
}

fn roster() -> Roster {
    Roster {
        schema: TRUST_SCHEMA,
        tenant_root_hash: Digest([1; 32]),
        serial: 1,
        issued_at: 1_795_564_800,
        expires_at: 1_827_100_800,
        hosts_total: 3,
        serial_floor: 0,
        thresholds: Thresholds { default: 1, wide: 1, rollback: 1 },
        persons: vec![Person {
            person_id: "alex".to_owned(),
            may: Verb::ALL.to_vec(),
            hosts_max: 100,
            keys: vec![PersonKey {
                key_id: "SHA256:abc".to_owned(),
                public_key: "ssh-ed25519 AAAA".to_owned(),
                uv_required: false,
                added_at: 1_795_564_800,
                revoked_at: None,
            }],
        }],
    }
}

fn report() -> Report {
    let origin = Origin {
        label: "Debian-Security".to_owned(),
        origin: "Debian".to_owned(),
        suite: "bookworm-security".to_owned(),
        site: "http://deb.debian.org/debian-security".to_owned(),
    };
    let set = PackageSet::new(vec![Package {
        name: "openssl".to_owned(),
        arch: "amd64".to_owned(),
        version: "3.0.11-1".to_owned(),
        state: "ii".to_owned(),
        source: "openssl".to_owned(),
        source_version: "3.0.11-1".to_owned(),
        origin: None,
    }]);
    let pending = PendingSet {
        updates: vec![Update {
            name: "openssl".to_owned(),
            arch: "amd64".to_owned(),
            source: "openssl".to_owned(),
            current: "3.0.11-1".to_owned(),
            candidate: "3.0.13-1".to_owned(),
            candidate_source_version: String::new(),
            origin,
            is_security: true,
            artifact: Some(artifact(6)),
            back: None,
            requires: vec!["libssl3".to_owned()],
            is_held: false,
        }],
        additions: Vec::new(),
    };
    Report {
        seen_at: 1_795_564_800,
        facts: facts(),
        packages: set.set_digest(),
        installed: set.installed_digest(),
        pending: pending.digest(),
        conditions: conditions(),
        packages_body: PackagesBody::Full(set.packages),
        pending_body: Some(pending),
    }
}

fn facts() -> HostFacts {
    HostFacts {
        hostname: "web-1".to_owned(),
        os_id: "debian".to_owned(),
        os_version: "12".to_owned(),
        os_codename: "bookworm".to_owned(),
        os_pretty: "Debian GNU/Linux 12 (bookworm)".to_owned(),
        arch: "amd64".to_owned(),
        kernel_running: "6.1.0-27-amd64".to_owned(),
        kernel_newest: "6.1.0-28-amd64".to_owned(),
        kernel_package: None,
        kernel_next: String::new(),
        boot_id: "0f4c".to_owned(),
        booted_at: 1_795_000_000,
        has_systemd: true,
        virtualization: "none".to_owned(),
        agent_mode: AgentMode::Systemd,
        agent_version: "0.0.0".to_owned(),
    }
}

fn conditions() -> Conditions {
    Conditions {
        reboot: vec![RebootReason::Kernel {
            running: "6.1.0-27-amd64".to_owned(),
            newest: "6.1.0-28-amd64".to_owned(),
        }],
        stale: vec![StaleProcess {
            pid: 812,
            name: "nginx".to_owned(),
            unit: "nginx.service".to_owned(),
            files: vec!["/usr/lib/x86_64-linux-gnu/libssl.so.3".to_owned()],
            packages: Vec::new(),
        }],
        lists: Some(ListsAge { refreshed_at: Some(1_795_560_000), refresh_error: String::new() }),
        problems: vec![Problem::new(Severity::Note, "web-1", "x").hint("y")],
    }
}

fn outcome() -> Outcome {
    Outcome {
        schema: OUTCOME_SCHEMA,
        run: RunId(4),
        order: OrderId(3),
        host: HostId(2),
        attempt: 1,
        end: RunEnd::Blocked {
            reason: BlockReason::Drift { expected: Digest([4; 32]), found: Digest([5; 32]) },
        },
        started_at: 1_795_564_800,
        ended_at: 1_795_564_900,
        before: Digest([4; 32]),
        after: Digest([4; 32]),
        changes: vec![VersionChange {
            name: "openssl".to_owned(),
            arch: "amd64".to_owned(),
            before: "3.0.11-1".to_owned(),
            after: "3.0.13-1".to_owned(),
        }],
        units_lost: Vec::new(),
        conffiles_kept: vec!["/etc/ssl/openssl.cnf".to_owned()],
        exit_code: Some(0),
        output_tail: "Setting up openssl".to_owned(),
    }
}
