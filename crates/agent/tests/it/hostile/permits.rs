//! A permit is the server's leave and nothing more: it never replaces a claim, the signed times or the
//! host's own windows. The runs are in a cage, and what they staged is no package.

use super::objects::{fitting, phase};
use super::people::{Draft, HOST};
use super::victim::{Cage, Victim, can_cage};
use agent::halves::{Answer, Ask, body_of};
use agent::run::Phase;
use model::order::WindowSpan;
use model::outcome::{BlockReason, RunEnd};
use model::run::{PermitAnswer, PermitClaim, RunState, WaitingOn};
use model::{Digest, OrderId, RunId};

const GRANTED: PermitAnswer = PermitAnswer::Granted { permit_seq: u64::MAX, valid_secs: u32::MAX };
const CONTENT: &[u8] = b"this is no package";

/// Returns an order whose file can be had, and which would run at once.
fn complete(victim: &mut Victim) -> Draft {
    let mut draft = fitting(victim.id());
    let artifact = &mut draft.entry.steps[0].artifact;
    artifact.sha256 = Digest::of(CONTENT);
    artifact.size_bytes = u64::try_from(CONTENT.len()).unwrap();
    draft.aim();
    draft
}

/// Delivers it and lets it have its file.
fn staged(victim: &mut Victim, draft: &Draft) {
    victim.deliver(&draft.answer());
    let sha256 = Digest::of(CONTENT);
    victim.wait_until("a file is asked for", |v| v.fetches.pop() == Some(sha256));
    let body = body_of(CONTENT).unwrap();
    assert_eq!(victim.ask(&Ask::Fetched { sha256 }, Some(&body)).unwrap(), Answer::Done);
}

fn claim(draft: &Draft, attempt: u32) -> PermitClaim {
    let order = draft.order.order_id;
    PermitClaim { run: RunId::of(order, HOST), order, attempt }
}

/// Pushes permits for some seconds, as fast as they are taken.
fn push(victim: &mut Victim, claims: &[PermitClaim]) {
    let until = agent::clock::monotonic_secs() + 3;
    while agent::clock::monotonic_secs() < until {
        for claim in claims {
            let ask = Ask::Permit { claim: claim.clone(), answer: GRANTED };
            assert_eq!(victim.ask(&ask, None).unwrap(), Answer::Done);
        }
        victim.collect();
        super::victim::nap();
    }
}

fn is_waiting_for_a_window(victim: &Victim) -> bool {
    let last = victim.progress.last();
    last.is_some_and(|progress| {
        progress.state == RunState::Claiming
            && matches!(
                progress.waiting_on,
                Some(WaitingOn::Window { .. } | WaitingOn::WaveStart { .. })
            )
    })
}

/// The run waits for its time, whatever the server grants, also after a sudden end.
fn waits_for_its_time(policy: &str, change: fn(&mut Draft)) {
    if !can_cage() {
        println!("skipped: needs root and a mount namespace of its own");
        return;
    }
    let mut victim = Victim::with(Cage::Closed, policy);
    let mut draft = complete(&mut victim);
    change(&mut draft);
    staged(&mut victim, &draft);
    let claims: Vec<PermitClaim> = (0..4).map(|attempt| claim(&draft, attempt)).collect();
    for round in 0..2 {
        victim.wait_until("it waits for its time", |v| is_waiting_for_a_window(v));
        push(&mut victim, &claims);
        assert_eq!(phase(&victim, &draft), Some(Phase::Claiming), "round {round}");
        victim.assert_nothing_done();
        assert!(victim.claims.is_empty(), "it claimed");
        victim.restart();
        victim.progress.clear();
    }
}

#[test]
fn a_permit_opens_no_signed_window() {
    waits_for_its_time("", |draft| {
        let (opens_at, closes_at) = (draft.now + 600, draft.now + 1_200);
        draft.order.window = Some(WindowSpan { opens_at, closes_at });
    });
}

#[test]
fn a_permit_hurries_no_wave() {
    waits_for_its_time("", |draft| draft.order.waves[0].start_at = draft.now + 600);
}

#[test]
fn a_permit_opens_no_window_of_the_host() {
    waits_for_its_time(&closed_now(), |_| {});
}

/// Returns ceilings with a window that is closed for the coming hours.
fn closed_now() -> String {
    // 1970-01-01 was a Thursday.
    let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    let day = usize::try_from((agent::clock::now() / 86_400 + 3) % 7).unwrap();
    format!("windows = [\"{} 02:00-03:00 UTC\"]\n", days[day])
}

#[test]
fn a_permit_for_another_claim_starts_nothing_and_a_stop_ends_the_run() {
    if !can_cage() {
        println!("skipped: needs root and a mount namespace of its own");
        return;
    }
    let mut victim = Victim::with(Cage::Closed, "");
    let draft = complete(&mut victim);
    staged(&mut victim, &draft);
    victim.wait_until("it claims", |v| !v.claims.is_empty());
    let open = claim(&draft, 1);
    assert_eq!(victim.claims, *std::slice::from_ref(&open));
    let others = [
        claim(&draft, 2),
        PermitClaim { run: RunId(1), ..open.clone() },
        PermitClaim { order: OrderId(1), ..open.clone() },
    ];
    // `collect` inside takes the open claim again and again: it is never answered.
    push(&mut victim, &others);
    assert_eq!(phase(&victim, &draft), Some(Phase::Claiming));
    victim.assert_nothing_done();
    let answer = PermitAnswer::Cancelled { by: "ann".into() };
    victim.ask(&Ask::Permit { claim: open, answer }, None).unwrap();
    victim.wait_until("the run is over", |v| !v.outcomes.is_empty());
    assert_eq!(victim.outcomes[0].end, RunEnd::Cancelled { by: "ann".into() });
    victim.assert_nothing_done();
}

/// A server could take a claim inside the host's window and grant it days later.
#[test]
fn a_permit_that_comes_after_the_hosts_window_has_closed_starts_nothing() {
    if !can_cage() {
        println!("skipped: needs root and a mount namespace of its own");
        return;
    }
    let mut victim = Victim::with(Cage::Closed, "");
    let draft = complete(&mut victim);
    staged(&mut victim, &draft);
    victim.wait_until("it claims", |v| !v.claims.is_empty());
    victim.put("policy.toml", &closed_now());
    push(&mut victim, &[claim(&draft, 1)]);
    victim.wait_until("it waits for its time", |v| is_waiting_for_a_window(v));
    assert_eq!(phase(&victim, &draft), Some(Phase::Claiming));
    victim.assert_nothing_done();
}

/// What people take back while the order waits is taken back.
#[test]
fn a_permit_does_not_revive_an_order_whose_key_was_revoked_meanwhile() {
    if !can_cage() {
        println!("skipped: needs root and a mount namespace of its own");
        return;
    }
    let mut victim = Victim::with(Cage::Closed, "");
    let draft = complete(&mut victim);
    staged(&mut victim, &draft);
    victim.wait_until("it claims", |v| !v.claims.is_empty());
    let mut later = draft.clone();
    later.roster.serial += 1;
    later.roster.persons[0].keys[0].revoked_at = Some(later.now);
    let mut answer = later.answer();
    answer.orders.clear();
    victim.deliver(&answer);
    push(&mut victim, &[claim(&draft, 1)]);
    victim.wait_until("the run is over", |v| !v.outcomes.is_empty());
    let end = &victim.outcomes[0].end;
    assert!(matches!(end, RunEnd::Blocked { reason: BlockReason::BadPlan { .. } }), "{end:?}");
    victim.assert_nothing_done();
}
