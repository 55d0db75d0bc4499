//! Ends of runs: a word, a reason and a remedy for each.

use super::*;

#[test]
fn every_end_but_success_says_why_and_what_to_do() {
    let digest = Digest([0; 32]);
    let blocked = [
        BlockReason::Drift { expected: digest, found: digest },
        BlockReason::TornDatabase { packages: vec!["a".to_owned()] },
        BlockReason::Held { packages: vec!["a".to_owned()] },
        BlockReason::NoSpace { mount: "/".to_owned(), need_bytes: 2, have_bytes: 1 },
        BlockReason::ReadOnly { mount: "/".to_owned() },
        BlockReason::Unprivileged,
        BlockReason::OtherThanPlanned { text: "removes a".to_owned() },
        BlockReason::NotRecorded { package: "a".to_owned(), version: "1".to_owned() },
        BlockReason::BadPlan { text: "no steps".to_owned() },
    ];
    let mut ends: Vec<RunEnd> =
        blocked.into_iter().map(|reason| RunEnd::Blocked { reason }).collect();
    ends.push(RunEnd::Aborted { reason: AbortReason::LockNotReleased });
    ends.push(RunEnd::Stuck { reason: StuckReason::UnitsLost { units: vec!["a".to_owned()] } });
    for end in ends {
        assert!(!end.why().is_empty() && !end.remedy().is_empty(), "{end:?}");
        let json = serde_json::to_string(&end).unwrap();
        assert_eq!(serde_json::from_str::<RunEnd>(&json).unwrap(), end, "{json}");
    }
    assert_eq!(RunEnd::Succeeded.why(), "");
    assert_eq!(RunEnd::Cancelled { by: "alex".to_owned() }.why(), "stopped by alex");
}

#[test]
fn an_unknown_refusal_of_a_newer_agent_is_an_error_not_a_guess() {
    assert!(serde_json::from_str::<Refusal>(r#"{"refusal":"from_the_future"}"#).is_err());
}
