//! What the root half makes of orders: refusals, preconditions, staging, claims, crashes.

use crate::house::{House, Net, Said, artifact, key, sealed, step};
use model::Digest;
use model::order::{ORDER_NAMESPACE, ORDER_TYPE, Verb};
use model::outcome::{AbortReason, BlockReason, Refusal, RunEnd};
use model::plan::PlanHost;
use model::run::PermitAnswer;

/// Rounds of one second at most; everything here takes two or three.
const ROUNDS: u32 = 40;
const CONTENT: &[u8] = b"a package";

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn outcome(net: &mut Net, house: &House) -> RunEnd {
    match net.work(house, ROUNDS) {
        Some(Said::Outcome(outcome)) => outcome.end,
        other => panic!("no outcome: {other:?}"),
    }
}

fn refusal(net: &mut Net, house: &House) -> Refusal {
    match net.work(house, ROUNDS) {
        Some(Said::Refusal(notice)) => notice.refusal,
        other => panic!("no refusal: {other:?}"),
    }
}

fn send(net: &Net, house: &House, id: u128, verb: Verb, plan: &PlanHost) {
    let entry = plan.to_bytes();
    let delivery = house.signed(&house.order(id, verb, &entry), &entry);
    net.orders(&house.answer(vec![delivery]));
}

fn cancelled() -> Option<PermitAnswer> {
    Some(PermitAnswer::Cancelled { by: "ada".into() })
}

#[test]
fn an_order_that_its_signer_could_not_sign_is_refused_and_leaves_no_run() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::new(folder.path());
    let _root = house.start(None);
    let mut net = house.net();
    let entry = house.plan(vec![step("pw-none", CONTENT)]).to_bytes();
    let mut delivery = house.signed(&house.order(1, Verb::Upgrade, &entry), &entry);
    let payload = serde_json::to_vec(&house.order(1, Verb::Upgrade, &entry)).unwrap();
    delivery.envelope = sealed(&key(9), ORDER_TYPE, ORDER_NAMESPACE, &payload);
    net.orders(&house.answer(vec![delivery]));
    assert!(matches!(refusal(&mut net, &house), Refusal::UnknownKey { .. }));
    assert_eq!(std::fs::read_dir(house.state().join("root/runs")).unwrap().count(), 0);
}

#[test]
fn a_plan_for_another_installed_set_blocks_and_says_both_digests() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::new(folder.path());
    let _root = house.start(None);
    let mut net = house.net();
    let mut plan = house.plan(vec![step("pw-none", CONTENT)]);
    let found = plan.installed_before;
    plan.installed_before = Digest::of(b"another");
    send(&net, &house, 2, Verb::Upgrade, &plan);
    let expected = plan.installed_before;
    let end = outcome(&mut net, &house);
    assert_eq!(end, RunEnd::Blocked { reason: BlockReason::Drift { expected, found } });
}

#[test]
fn a_version_that_was_never_here_cannot_be_put_back() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::new(folder.path());
    let _root = house.start(None);
    let mut net = house.net();
    let plan = house.plan(vec![step("pw-none", CONTENT)]);
    send(&net, &house, 3, Verb::Rollback, &plan);
    let end = outcome(&mut net, &house);
    let reason = BlockReason::NotRecorded { package: "pw-none".into(), version: "1".into() };
    assert_eq!(end, RunEnd::Blocked { reason });
}

#[test]
fn a_signed_name_that_apt_would_take_for_a_removal_blocks() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::new(folder.path());
    let _root = house.start(None);
    let mut net = house.net();
    send(&net, &house, 4, Verb::Upgrade, &house.plan(vec![step("less-", CONTENT)]));
    let end = outcome(&mut net, &house);
    assert!(matches!(end, RunEnd::Blocked { reason: BlockReason::BadPlan { .. } }), "{end:?}");
}

#[test]
fn other_bits_than_planned_never_get_past_staging() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::new(folder.path());
    let _root = house.start(None);
    let mut net = house.net();
    let one = step("pw-none", CONTENT);
    net.objects.insert(one.artifact.sha256, b"b package".to_vec());
    send(&net, &house, 5, Verb::Upgrade, &house.plan(vec![one]));
    let end = outcome(&mut net, &house);
    if is_root() {
        let RunEnd::Aborted { reason: AbortReason::Staging { file, .. } } = end else {
            panic!("{end:?}");
        };
        assert_eq!(file, "pw-none 1");
        assert_eq!(std::fs::read_dir(house.state().join("root/cache")).unwrap().count(), 0);
    } else {
        assert_eq!(end, RunEnd::Blocked { reason: BlockReason::Unprivileged });
    }
}

#[test]
fn a_stopped_order_ends_as_cancelled_and_its_repetition_only_repeats_the_outcome() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::new(folder.path());
    let _root = house.start(None);
    let mut net = house.net();
    let one = step("pw-none", CONTENT);
    net.objects.insert(one.artifact.sha256, CONTENT.to_vec());
    net.permit = cancelled();
    let entry = house.plan(vec![one]).to_bytes();
    let delivery = house.signed(&house.order(6, Verb::Upgrade, &entry), &entry);
    let answer = house.answer(vec![delivery]);
    net.orders(&answer);
    let end = outcome(&mut net, &house);
    if is_root() {
        assert_eq!(end, RunEnd::Cancelled { by: "ada".into() });
        let states: Vec<&str> = net.progress.iter().map(|p| p.state.word()).collect();
        assert!(states.contains(&"claiming"), "{states:?}");
        assert!(net.progress.is_sorted_by_key(|progress| progress.seq));
    }
    net.orders(&answer);
    assert_eq!(outcome(&mut net, &house), end);
    assert_eq!(std::fs::read_dir(house.state().join("root/runs")).unwrap().count(), 1);
}

#[test]
fn a_server_that_was_restored_from_a_backup_gets_the_outcomes_again() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::new(folder.path());
    let _root = house.start(None);
    let mut net = house.net();
    let mut plan = house.plan(vec![step("pw-none", CONTENT)]);
    plan.installed_before = Digest::of(b"another");
    send(&net, &house, 9, Verb::Upgrade, &plan);
    let end = outcome(&mut net, &house);
    net.orders(&house.answer(vec![]));
    assert!(net.work(&house, 2).is_none(), "nothing is sent again without a reason");
    let mut answer = house.answer(vec![]);
    answer.restore_epoch = 1;
    net.orders(&answer);
    assert_eq!(outcome(&mut net, &house), end);
}

#[test]
fn the_same_order_id_with_other_bytes_is_a_replay() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::new(folder.path());
    let _root = house.start(None);
    let mut net = house.net();
    let mut plan = house.plan(vec![step("pw-none", CONTENT)]);
    plan.installed_before = Digest::of(b"another");
    send(&net, &house, 7, Verb::Upgrade, &plan);
    outcome(&mut net, &house);
    plan.installed_after = Digest::of(b"something else");
    send(&net, &house, 7, Verb::Upgrade, &plan);
    assert_eq!(refusal(&mut net, &house), Refusal::Replayed);
}

#[test]
fn limits_that_cannot_be_read_stop_the_root_half() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::new(folder.path());
    house.put("policy.toml", b"max_runs_per_dai = 4\n");
    let mut root = house.start(None);
    for _ in 0..500 {
        if root.has_ended() {
            return;
        }
        agent::clock::wait(std::time::Duration::from_millis(20));
    }
    panic!("it started");
}

#[test]
fn a_kill_at_every_journal_write_of_a_cold_run_ends_truthfully() {
    for crash_at in 1.. {
        let folder = tempfile::tempdir().unwrap();
        let house = House::new(folder.path());
        let mut root = house.start(Some(crash_at));
        let mut net = house.net();
        let one = step("pw-none", CONTENT);
        net.objects.insert(one.artifact.sha256, CONTENT.to_vec());
        net.permit = cancelled();
        send(&net, &house, 8, Verb::Upgrade, &house.plan(vec![one]));
        let first = net.work(&house, ROUNDS);
        let has_crashed = first.is_none();
        let said = if has_crashed {
            assert!(
                root.has_ended() || {
                    agent::clock::wait(std::time::Duration::from_secs(1));
                    root.has_ended()
                }
            );
            drop(root);
            root = house.start(None);
            let objects = std::mem::take(&mut net.objects);
            net = house.net();
            net.objects = objects;
            net.permit = cancelled();
            net.work(&house, ROUNDS)
        } else {
            first
        };
        let Some(Said::Outcome(outcome)) = said else { panic!("write {crash_at}: {said:?}") };
        if is_root() {
            assert_eq!(outcome.end, RunEnd::Cancelled { by: "ada".into() }, "write {crash_at}");
        }
        assert_eq!(outcome.before, outcome.after);
        root.kill();
        if !has_crashed {
            // The first run that got through: every write has had its crash.
            assert!(crash_at > 4, "only {crash_at} writes");
            return;
        }
    }
}

#[test]
fn artifacts_are_named_by_their_content() {
    assert_eq!(artifact(CONTENT).sha256, Digest::of(CONTENT));
}
