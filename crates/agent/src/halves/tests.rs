use super::*;
use model::run::{RunState, WaitingOn};
use model::{OrderId, RunId};
use proptest::prelude::*;
use std::io::SeekFrom;

fn progress() -> Progress {
    Progress {
        run: RunId(7),
        order: OrderId(8),
        attempt: 1,
        seq: 3,
        at: 1_000,
        state: RunState::Claiming,
        waiting_on: Some(WaitingOn::SlotFull { holders: vec!["web-3".into()] }),
        done: 1,
        total: 2,
        note: "unpacking libssl3 (3 of 34)".into(),
    }
}

#[test]
fn every_message_comes_back_as_it_was() {
    let claim = PermitClaim { run: RunId(7), order: OrderId(8), attempt: 1 };
    let sha256 = Digest::of(b"x");
    let asks = [
        Ask::Orders,
        Ask::Collect { refresh: true },
        Ask::Work { wait_secs: 30 },
        Ask::Fetched { sha256 },
        Ask::FetchFailed { sha256, text: "no route".into() },
        Ask::Permit {
            claim: claim.clone(),
            answer: PermitAnswer::Granted { permit_seq: 9, valid_secs: 60 },
        },
        Ask::Delivered { id: sha256 },
    ];
    for ask in asks {
        let bytes = encode(&ask).unwrap();
        assert_eq!(decode::<Ask>(&bytes).unwrap(), ask);
    }
    let answers = [
        Answer::Done,
        Answer::Failed { text: "no".into() },
        Answer::Sight,
        Answer::Work(vec![
            Job::Fetch { sha256, size_bytes: 4 },
            Job::Claim(claim),
            Job::Progress(progress()),
            Job::Deliver { id: sha256 },
        ]),
    ];
    for answer in answers {
        let bytes = encode(&answer).unwrap();
        assert_eq!(decode::<Answer>(&bytes).unwrap(), answer);
    }
}

#[test]
fn a_packet_with_something_behind_its_message_is_refused() {
    let mut bytes = encode(&Ask::Orders).unwrap();
    bytes.push(0);
    assert!(matches!(decode::<Ask>(&bytes), Err(HalvesError::Malformed)));
}

#[test]
fn a_message_above_the_limit_is_refused_on_both_sides() {
    let big = Ask::FetchFailed { sha256: Digest::of(b""), text: "x".repeat(MESSAGE_BYTES_MAX) };
    assert!(matches!(encode(&big), Err(HalvesError::TooBig { .. })));
    assert!(matches!(
        decode::<Ask>(&vec![0; MESSAGE_BYTES_MAX + 1]),
        Err(HalvesError::TooBig { .. })
    ));
}

#[test]
fn question_answer_and_files_pass_over_the_socket() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("agent.sock");
    let uid = rustix::process::geteuid().as_raw();
    let door = Door::open(&path, &[uid]).unwrap();
    let root = std::thread::spawn(move || {
        let link = door.admit().unwrap();
        let (ask, body) = link.next_ask().unwrap().unwrap();
        assert_eq!(ask, Ask::Orders);
        let bytes = read_body(&body.unwrap(), 100).unwrap();
        let answer = body_of(&bytes).unwrap();
        link.answer(&Answer::Sight, Some(fd_of(&answer))).unwrap();
        assert!(link.next_ask().unwrap().is_none());
    });
    let link = Link::connect(&path).unwrap();
    let mut file = body_of(b"[1,2]").unwrap();
    file.seek(SeekFrom::Start(0)).unwrap();
    let (answer, body) = link.ask(&Ask::Orders, Some(fd_of(&file))).unwrap();
    assert_eq!(answer, Answer::Sight);
    assert_eq!(read_body(&body.unwrap(), 100).unwrap(), b"[1,2]");
    drop(link);
    root.join().unwrap();
}

#[test]
fn a_process_of_another_user_is_not_let_in() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("agent.sock");
    let door = Door::open(&path, &[4_000_000]).unwrap();
    let _link = Link::connect(&path).unwrap();
    assert!(matches!(door.admit(), Err(HalvesError::Stranger { .. })));
}

#[test]
fn a_socket_that_a_dead_root_half_left_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("agent.sock");
    drop(Door::open(&path, &[0]).unwrap());
    drop(Door::open(&path, &[0]).unwrap());
}

#[test]
fn a_body_above_its_limit_is_refused() {
    let file = body_of(&[0; 11]).unwrap();
    assert!(read_body(&file, 10).is_err());
}

#[test]
fn texts_are_cut_between_letters() {
    assert_eq!(short_text(&"ä".repeat(600)).len(), TEXT_BYTES_MAX);
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(7), ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        let _ignored: Result<Ask, _> = decode(&bytes);
        let _ignored: Result<Answer, _> = decode(&bytes);
    }

    #[test]
    fn a_flipped_byte_never_panics(at in 0_usize..400, with in any::<u8>()) {
        let answer = Answer::Work(vec![Job::Progress(progress()), Job::Deliver { id: Digest::of(b"") }]);
        let mut bytes = encode(&answer).unwrap();
        let at = at % bytes.len();
        bytes[at] ^= with;
        let _ignored: Result<Answer, _> = decode(&bytes);
    }
}
