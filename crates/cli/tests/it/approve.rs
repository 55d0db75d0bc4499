//! Approving against a scripted server: what is shown, what is sent, what is refused.

use crate::bench::{Bench, serve};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use expect_test::expect;
use model::change::{ChangeState, ChangeView};
use model::order::Order;
use model::package::{Artifact, PatchKind};
use model::plan::{PLAN_SCHEMA, Plan, PlanHost, Purpose, RebootExpectation, Step, WayBack};
use model::wire::{ApproveAnswer, ApproveRequest, OrderDraft};
use model::{ChangeId, Digest, HostId, OrderId};
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::mpsc::Receiver;

const ID: &str = "change_00000000000000000000000000000abc";

fn plan() -> Plan {
    let artifact = |version: &str| Artifact {
        sha256: Digest::of(version.as_bytes()),
        size_bytes: 1_430_000,
        uri: String::new(),
    };
    let step = Step {
        name: "openssl".to_owned(),
        arch: "amd64".to_owned(),
        from: "3.0.11-1~deb12u2".to_owned(),
        to: "3.0.13-1~deb12u1".to_owned(),
        kind: PatchKind::Security,
        artifact: artifact("new"),
        back: Some(artifact("old")),
    };
    let host = PlanHost {
        schema: PLAN_SCHEMA,
        host: HostId(1),
        name: "web-1".to_owned(),
        ring: 0,
        wave: 0,
        installed_before: Digest::of(b"before"),
        installed_after: Digest::of(b"after"),
        steps: vec![step],
        reboot: RebootExpectation::None,
        staging_bytes: 3_000_000,
        way_back: WayBack::Packages,
    };
    Plan {
        schema: PLAN_SCHEMA,
        change: ChangeId(0xabc),
        generation: 1,
        purpose: Purpose::Upgrade { kinds: vec![PatchKind::Security], packages: Vec::new() },
        planned_at: 1_800_000_000,
        hosts: vec![host],
        left_out: Vec::new(),
    }
}

/// Makes keys and roster by starting the real server once, then puts a scripted one in its place.
fn scripted(bench: &Bench, shown: &Plan, sent: &Plan) -> Receiver<String> {
    let data = bench.dir.path().join("data");
    let data = data.to_str().unwrap();
    // A gateway name that cannot be ends the start after the keys are made.
    let done = bench.run(&["server", "--data", data, "--gateway-name", "nonsense"]);
    assert_eq!(done.code, 2, "{}", done.stderr);
    let root = std::fs::read(bench.config().join("tenant-root.json")).unwrap();
    let root = trust::envelope::open(&trust::envelope::parse(&root).unwrap()).unwrap();
    let change = ChangeView {
        id: shown.change,
        title: "security updates".to_owned(),
        state: ChangeState::Planned { have: 0, need: 1 },
        created_at: 1_800_000_000,
        created_by: "owner".to_owned(),
        plan_digest: Digest::of(&shown.to_bytes()),
        plan: shown.clone(),
        notes: Vec::new(),
        approvals: Vec::new(),
        order: None,
        not_after: None,
        runs: Vec::new(),
    };
    let draft = OrderDraft {
        plan: STANDARD.encode(sent.to_bytes()),
        tenant_root_hash: Digest::of(&root),
        next_serial: 7,
        envelope: None,
    };
    let answer = ApproveAnswer { order: OrderId(9), approvals: Vec::new(), need: 1 };
    let text = |value: serde_json::Value| (200, value.to_string());
    let (address, received) = serve(BTreeMap::from([
        (format!("GET /api/v1/changes/{ID}"), text(serde_json::to_value(&change).unwrap())),
        ("GET /api/v1/changes/abc123".to_owned(), text(serde_json::to_value(&change).unwrap())),
        (format!("GET /api/v1/changes/{ID}/order"), text(serde_json::to_value(&draft).unwrap())),
        (format!("PUT /api/v1/changes/{ID}/order"), text(serde_json::to_value(&answer).unwrap())),
    ]));
    bench.access(&address);
    received
}

fn put_body(received: &Receiver<String>) -> Option<ApproveRequest> {
    let put = received.try_iter().find(|said| said.starts_with("PUT"))?;
    Some(serde_json::from_str(put.splitn(3, ' ').nth(2)?).unwrap())
}

/// Times differ from run to run.
fn steady(text: &str) -> String {
    let line = |line: &str| match line.split_once("until ") {
        Some((head, _)) => format!("{head}until TIME"),
        None => line.to_owned(),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_is_shown_is_what_is_signed_and_sent() {
    let bench = Bench::new();
    let received = scripted(&bench, &plan(), &plan());
    let done = bench.run(&["approve", "abc123", "--yes"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    expect![[r#"
        You are about to sign: install updates on 1 host
          change    change_00000000000000000000000000000abc  (security updates)
          drafted   by owner
          plan      dd2a0da8077001eac5dcba6b8d9e184b98a055ee9bc916f1631adfef6acf6fe3
          window    none: starts as soon as a host takes it up
          valid     until TIME
          halts     after 1 failed host
          reboots   never by this order
          signing   as owner; 1 person needed for a wide order, by the roster

        web-1: 1 package
          PACKAGE        FROM              TO                KIND      SIZE
          openssl:amd64  3.0.11-1~deb12u2  3.0.13-1~deb12u1  security  1.4 MB
          way back: every replaced version is in the vault
          reboot: not expected

        signed: 0 of 1, order_00000000000000000000000000000009"#]]
    .assert_eq(&steady(&done.stdout));
    let envelope = put_body(&received).unwrap().envelope;
    let payload = trust::envelope::open(&envelope).unwrap();
    let order: Order = trust::envelope::strict(&payload).unwrap();
    assert_eq!((order.serial, order.author.as_str()), (7, "owner"));
    assert_eq!(order.targets[0].entry, Digest::of(&plan().hosts[0].to_bytes()));
    let public = std::fs::read_to_string(bench.config().join("approver.pub")).unwrap();
    let message = trust::envelope::pae(&envelope.kind, &payload);
    let blob = &envelope.signatures[0].blob;
    trust::sshsig::verify(public.trim(), model::order::ORDER_NAMESPACE, &message, blob, false)
        .unwrap();
}

#[test]
fn nothing_is_signed_without_a_yes() {
    let bench = Bench::new();
    let received = scripted(&bench, &plan(), &plan());
    let done = bench.run(&["approve", "abc123"]);
    assert_eq!(done.code, 3);
    assert!(done.stderr.contains("error: not signed"), "{}", done.stderr);
    assert!(put_body(&received).is_none());
}

#[test]
fn a_server_that_shows_one_plan_and_sends_another_gets_no_signature() {
    let bench = Bench::new();
    let mut other = plan();
    other.hosts[0].steps[0].to = "6.6.6".to_owned();
    let received = scripted(&bench, &plan(), &other);
    let done = bench.run(&["approve", "abc123", "--yes"]);
    assert_eq!(done.code, 3);
    assert!(done.stderr.contains("do not sign"), "{}", done.stderr);
    assert!(put_body(&received).is_none());
}

#[test]
fn a_key_that_others_can_read_signs_nothing() {
    let bench = Bench::new();
    let received = scripted(&bench, &plan(), &plan());
    let key = bench.config().join("approver");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let done = bench.run(&["approve", "abc123", "--yes"]);
    assert_eq!(done.code, 3);
    assert!(done.stderr.contains("others can read the key"), "{}", done.stderr);
    assert!(done.stderr.contains("chmod 600"), "{}", done.stderr);
    assert!(put_body(&received).is_none());
}
