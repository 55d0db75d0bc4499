use super::*;
use model::{OrderId, RunId};

const NOW: Duration = Duration::ZERO;

fn artifact(name: &[u8]) -> Artifact {
    Artifact { sha256: Digest::of(name), size_bytes: 1, uri: String::new() }
}

fn claim() -> PermitClaim {
    PermitClaim { run: RunId(1), order: OrderId(2), attempt: 1 }
}

#[test]
fn a_job_that_was_not_answered_is_handed_out_again_at_the_next_question() {
    let board = Board::default();
    board.claim(&claim());
    assert_eq!(board.work(1, NOW), [Job::Claim(claim())]);
    assert_eq!(board.work(2, NOW), []);
    assert_eq!(board.work(1, NOW), [Job::Claim(claim())]);
    board.give_back(1);
    assert_eq!(board.work(2, NOW), [Job::Claim(claim())]);
}

#[test]
fn an_answer_to_another_claim_than_the_open_one_is_dropped() {
    let board = Board::default();
    let answer = PermitAnswer::Granted { permit_seq: 1, valid_secs: 60 };
    board.permit(&claim(), answer.clone());
    assert_eq!(board.take_permit(NOW), None);
    board.claim(&claim());
    board.permit(&claim(), answer.clone());
    assert_eq!(board.take_permit(NOW), None, "it was never handed out");
    board.work(1, NOW);
    board.permit(&PermitClaim { attempt: 2, ..claim() }, answer.clone());
    assert_eq!(board.take_permit(NOW), None);
    board.permit(&claim(), answer.clone());
    assert_eq!(board.take_permit(NOW).unwrap().answer, answer);
    assert_eq!(board.take_permit(NOW), None, "a permit is taken once");
}

#[test]
fn small_things_come_before_files_and_files_one_at_a_time() {
    let board = Board::default();
    board.want(&artifact(b"a"));
    board.want(&artifact(b"b"));
    board.deliver(Digest::of(b"outcome"));
    assert_eq!(board.work(1, NOW), [Job::Deliver { id: Digest::of(b"outcome") }]);
    board.delivered(Digest::of(b"outcome"));
    assert!(matches!(board.work(1, NOW)[..], [Job::Fetch { .. }]));
}

#[test]
fn what_came_before_the_wait_began_ends_it_at_once() {
    let board = Board::default();
    let a_day = Duration::from_secs(86_400);
    board.want(&artifact(b"a"));
    board.fetched(Digest::of(b"a"), Ok(()));
    assert_eq!(board.fetch(Digest::of(b"a"), a_day), Some(Fetch::Taken));
    board.claim(&claim());
    board.work(1, NOW);
    board.permit(&claim(), PermitAnswer::Cancelled { by: "anna".to_owned() });
    assert!(board.take_permit(a_day).is_some());
}

#[test]
fn files_that_nobody_wants_are_not_noted() {
    let board = Board::default();
    board.fetched(Digest::of(b"a"), Ok(()));
    assert_eq!(board.fetch(Digest::of(b"a"), NOW), None);
    assert_eq!(board.wanted(Digest::of(b"a")), None);
}

#[test]
fn orders_that_came_before_anybody_waited_end_the_wait_at_once() {
    let board = Board::default();
    board.orders_came();
    let begun_at = clock::monotonic_secs();
    board.wait_for_orders(Duration::from_secs(60));
    assert!(clock::monotonic_secs() < begun_at + 30);
    // They count once.
    assert!(!board.lock().has_orders);
}
