//! States: their words, which of them are over, and what waiting runs say.

use super::*;

#[test]
fn only_refusals_and_ends_are_over() {
    for (state, word, is_over) in [
        (RunState::Ordered, "ordered", false),
        (RunState::Assigned, "assigned", false),
        (RunState::Preflight, "preflight", false),
        (RunState::Staging, "staging", false),
        (RunState::Claiming, "claiming", false),
        (RunState::Applying, "applying", false),
        (RunState::Repairing, "repairing", false),
        (RunState::Verifying, "verifying", false),
        (RunState::Lost, "lost", false),
        (RunState::Refused { refusal: Refusal::NotForMe }, "refused", true),
        (RunState::Ended { end: RunEnd::Succeeded }, "succeeded", true),
        (RunState::Ended { end: RunEnd::Cancelled { by: "alex".to_owned() } }, "cancelled", true),
    ] {
        assert_eq!((state.word(), state.is_over()), (word, is_over));
        let json = serde_json::to_string(&state).unwrap();
        assert_eq!(serde_json::from_str::<RunState>(&json).unwrap(), state, "{json}");
    }
}

#[test]
fn what_a_run_waits_for_completes_a_sentence() {
    let names = vec!["web-3".to_owned(), "db-1".to_owned()];
    for (waiting_on, said) in [
        (WaitingOn::SlotFull { holders: names }, "slot held by web-3, db-1"),
        (WaitingOn::Halted { failures: 2 }, "a person: halted after 2 failed host(s)"),
        (WaitingOn::Window { opens_at: 0 }, "window to open"),
        (WaitingOn::PackageManager, "another program to release the package lock"),
    ] {
        assert_eq!(waiting_on.to_string(), said);
    }
}
