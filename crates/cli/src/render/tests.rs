use super::*;
use crate::signing::{Proposal, Wish, propose};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use expect_test::{Expect, expect};
use model::change::Approval;
use model::order::WindowSpan;
use model::outcome::{AbortReason, Refusal, RunEnd};
use model::package::Artifact;
use model::plan::{LeftOutReason, PLAN_SCHEMA};
use model::run::{RunState, RunView, WaitingOn};
use model::wire::OrderDraft;
use model::{ChangeId, Digest, HostId, OrderId, RunId};

pub(crate) const NOW: i64 = 1_800_000_000;

pub(crate) fn step(name: &str, from: &str, to: &str, size_bytes: u64) -> Step {
    let artifact = |version: &str| Artifact {
        sha256: Digest::of(version.as_bytes()),
        size_bytes,
        uri: String::new(),
    };
    Step {
        name: name.to_owned(),
        arch: "amd64".to_owned(),
        from: from.to_owned(),
        to: to.to_owned(),
        kind: PatchKind::Security,
        artifact: artifact(to),
        back: Some(artifact(from)).filter(|_| !from.is_empty()),
    }
}

fn host(id: u128, name: &str, steps: Vec<Step>) -> PlanHost {
    PlanHost {
        schema: PLAN_SCHEMA,
        host: HostId(id),
        name: name.to_owned(),
        ring: 0,
        wave: 0,
        installed_before: Digest::of(b"before"),
        installed_after: Digest::of(b"after"),
        steps,
        reboot: RebootExpectation::None,
        staging_bytes: 4_000,
        way_back: WayBack::Packages,
    }
}

/// Two equal hosts, one with a waived way back and a reboot, two things left out.
pub(crate) fn change_view() -> ChangeView {
    let openssl = || step("openssl", "3.0.11-1~deb12u2", "3.0.13-1~deb12u1", 1_430_000);
    let mut db = host(3, "db-1", vec![openssl(), step("libnew1", "", "1.0", 900)]);
    db.reboot = RebootExpectation::Expected;
    let (by, reason) = ("ann".to_owned(), "the old version is gone".to_owned());
    db.way_back = WayBack::Waived { by, reason, missing: vec!["openssl".to_owned()] };
    let left = |name: &str, package: &str, reason| LeftOut {
        host: HostId(9),
        name: name.to_owned(),
        package: package.to_owned(),
        reason,
    };
    let version = "1.2-3".to_owned();
    let plan = Plan {
        schema: PLAN_SCHEMA,
        change: ChangeId(0xabc),
        generation: 1,
        purpose: Purpose::Upgrade { kinds: vec![PatchKind::Security], packages: Vec::new() },
        planned_at: NOW - 60,
        hosts: vec![host(1, "web-1", vec![openssl()]), host(2, "web-2", vec![openssl()]), db],
        left_out: vec![
            left("old-1", "", LeftOutReason::StaleReport { age_secs: 9 * 86_400 }),
            left("web-1", "zlib1g", LeftOutReason::NoWayBack { version }),
        ],
    };
    ChangeView {
        id: plan.change,
        title: "security updates".to_owned(),
        state: ChangeState::Planned { have: 0, need: 1 },
        created_at: NOW - 60,
        created_by: "ann".to_owned(),
        plan_digest: Digest::of(&plan.to_bytes()),
        plan,
        notes: vec![Problem::new(Severity::Warning, "db-1", "one wave only").hint("look first")],
        approvals: Vec::new(),
        order: None,
        not_after: None,
        runs: Vec::new(),
    }
}

pub(crate) fn draft(change: &ChangeView) -> OrderDraft {
    OrderDraft {
        plan: STANDARD.encode(change.plan.to_bytes()),
        tenant_root_hash: Digest::of(b"root"),
        next_serial: 12,
        envelope: None,
    }
}

pub(crate) fn proposal(window: Option<WindowSpan>) -> Proposal {
    let change = change_view();
    let wish = Wish { window, valid_hours: 24 };
    propose(&change, &draft(&change), wish, (OrderId(1), NOW)).unwrap()
}

fn berlin() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap()
}

fn check(text: &str, expected: &Expect) {
    expected.assert_eq(text);
}

#[test]
fn an_order_is_shown_from_the_bytes_that_are_signed() {
    let threshold = Threshold {
        need: 2,
        is_wide: true,
        is_verified: true,
        signed: vec!["bob".to_owned()],
        signer: "ann".to_owned(),
    };
    let window = WindowSpan { opens_at: NOW + 3_600, closes_at: NOW + 7_200 };
    check(
        &order(&proposal(Some(window)), &threshold, &berlin()),
        &expect![[r#"
        You are about to sign: install updates on 3 hosts
          change    change_00000000000000000000000000000abc  (security updates)
          drafted   by ann
          plan      77c2ba51e30e863f72de46a1c70db2acdced4f3ab4d220d789b84d6ec3ca3667
          window    Fri 2027-01-15 10:00 CET to Fri 2027-01-15 11:00 CET
          valid     until Fri 2027-01-15 11:00 CET
          halts     after 1 failed host
          reboots   never by this order
          signing   as ann; 2 persons needed for a wide order, by the roster; signed already by bob

        web-1, web-2: 1 package
          PACKAGE        FROM              TO                KIND      SIZE
          openssl:amd64  3.0.11-1~deb12u2  3.0.13-1~deb12u1  security  1.4 MB
          way back: every replaced version is in the vault
          reboot: not expected

        db-1: 2 packages
          PACKAGE        FROM              TO                KIND      SIZE
          openssl:amd64  3.0.11-1~deb12u2  3.0.13-1~deb12u1  security  1.4 MB
          libnew1:amd64  (new)             1.0               security  900 B
          way back: WAIVED by ann: the old version is gone
            cannot be put back: openssl
          reboot: needed afterwards to take effect; this order does not reboot

        Left out
          old-1: last report is 9 days old
          web-1 zlib1g: no way back: version 1.2-3 is in no repository and not in the vault
          hint: `--waive-way-back REASON` plans those without a way back as well"#]],
    );
}

#[test]
fn an_order_without_window_and_roster_says_so() {
    let threshold = Threshold {
        need: 1,
        is_wide: false,
        is_verified: false,
        signed: Vec::new(),
        signer: "SHA256:abc".to_owned(),
    };
    let text = order(&proposal(None), &threshold, &TimeZone::UTC);
    let head: Vec<&str> = text.lines().take(10).collect();
    check(
        &head.join("\n"),
        &expect![[r#"
        You are about to sign: install updates on 3 hosts
          change    change_00000000000000000000000000000abc  (security updates)
          drafted   by ann
          plan      77c2ba51e30e863f72de46a1c70db2acdced4f3ab4d220d789b84d6ec3ca3667
          window    none: starts as soon as a host takes it up
          valid     until Sat 2027-01-16 08:00 UTC
          halts     after 1 failed host
          reboots   never by this order
          signing   as SHA256:abc; 1 person needed, by the server's word
    "#]],
    );
}

pub(crate) fn run_view(id: u128, name: &str, state: RunState) -> RunView {
    RunView {
        run: RunId(id),
        change: ChangeId(0xabc),
        order: OrderId(1),
        host: HostId(id),
        host_name: name.to_owned(),
        since: NOW - 65,
        waiting_on: None,
        done: 0,
        total: 0,
        note: String::new(),
        history: vec![(RunState::Ordered, NOW - 500), (RunState::Assigned, NOW - 200)],
        outcome: None,
        steps_total: 1,
        entry: Digest::of(b"entry"),
        state,
    }
}

#[test]
fn a_change_is_shown_with_its_runs_and_what_to_do() {
    let mut view = change_view();
    view.state = ChangeState::Running;
    view.not_after = Some(NOW + 86_400);
    let (person, key_id) = ("ann".to_owned(), "SHA256:abc".to_owned());
    view.approvals = vec![Approval { person, key_id, at: NOW - 30 }];
    let reason = AbortReason::NoPermit;
    let mut waits = run_view(3, "db-1", RunState::Claiming);
    waits.waiting_on = Some(WaitingOn::SlotFull { holders: vec!["web-1".to_owned()] });
    view.runs = vec![
        run_view(1, "web-1", RunState::Ended { end: RunEnd::Aborted { reason } }),
        run_view(2, "web-2", RunState::Refused { refusal: Refusal::Expired }),
        waits,
    ];
    check(
        &change(&view, &TimeZone::UTC),
        &expect![[r#"
        change_00000000000000000000000000000abc  security updates
          state     running
          purpose   updates: security
          planned   Fri 2027-01-15 07:59 UTC by ann
          plan      77c2ba51e30e863f72de46a1c70db2acdced4f3ab4d220d789b84d6ec3ca3667
          signed    by ann at Fri 2027-01-15 07:59 UTC (SHA256:abc)
          valid     until Sat 2027-01-16 08:00 UTC

        web-1, web-2: 1 package
          PACKAGE        FROM              TO                KIND      SIZE
          openssl:amd64  3.0.11-1~deb12u2  3.0.13-1~deb12u1  security  1.4 MB
          way back: every replaced version is in the vault
          reboot: not expected

        db-1: 2 packages
          PACKAGE        FROM              TO                KIND      SIZE
          openssl:amd64  3.0.11-1~deb12u2  3.0.13-1~deb12u1  security  1.4 MB
          libnew1:amd64  (new)             1.0               security  900 B
          way back: WAIVED by ann: the old version is gone
            cannot be put back: openssl
          reboot: needed afterwards to take effect; this order does not reboot

        Left out
          old-1: last report is 9 days old
          web-1 zlib1g: no way back: version 1.2-3 is in no repository and not in the vault
          hint: `--waive-way-back REASON` plans those without a way back as well

        Notes
          warning: db-1: one wave only
            hint: look first

        Runs
          web-1  aborted  run_00000000000000000000000000000001
            no permit before the order ran out
            hint: plan again once the cause is gone; nothing was changed
          web-2  refused  run_00000000000000000000000000000002
            refused: the order has expired, or would live too long
          db-1  claiming  run_00000000000000000000000000000003
            waits for: slot held by web-1"#]],
    );
}

#[test]
fn sizes_and_counts_read_well() {
    assert_eq!(bytes(999), "999 B");
    assert_eq!(bytes(1_000), "1.0 kB");
    assert_eq!(bytes(999_999), "999.9 kB");
    assert_eq!(bytes(1_000_000), "1.0 MB");
    assert_eq!(bytes(1_430_000), "1.4 MB");
    assert_eq!((count(1, "host"), count(2, "process")), ("1 host".into(), "2 processes".into()));
}
