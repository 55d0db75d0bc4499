//! Words for people, and what an agent refuses to read.

use super::*;

#[test]
fn ages_are_said_as_people_say_them() {
    for (secs, said) in [
        (-5, "0 seconds"),
        (1, "1 second"),
        (119, "119 seconds"),
        (120, "2 minutes"),
        (7_199, "119 minutes"),
        (7_200, "2 hours"),
        (172_799, "47 hours"),
        (172_800, "2 days"),
        (777_600, "9 days"),
    ] {
        assert_eq!(age(secs), said);
    }
}

#[test]
fn every_reason_to_leave_something_out_has_words() {
    let change = ChangeId(1);
    for reason in [
        LeftOutReason::NeverReported,
        LeftOutReason::StaleReport { age_secs: 90_000 },
        LeftOutReason::StaleLists { age_secs: 800_000 },
        LeftOutReason::NoLists,
        LeftOutReason::NothingPending,
        LeftOutReason::NothingMatches,
        LeftOutReason::Held,
        LeftOutReason::TornPackages { names: vec!["a".to_owned()] },
        LeftOutReason::Unprivileged,
        LeftOutReason::NotNewer { candidate: "1".to_owned() },
        LeftOutReason::NoArtifact,
        LeftOutReason::NoWayBack { version: "1".to_owned() },
        LeftOutReason::NeedsLeftOut { package: "a".to_owned() },
        LeftOutReason::Busy { change },
        LeftOutReason::NotReportedSince { run: RunId(7) },
        LeftOutReason::OwnAgent,
        LeftOutReason::NothingToUndo,
    ] {
        let said = reason.to_string();
        assert!(!said.is_empty() && !said.ends_with('.'), "{said}");
        let json = serde_json::to_string(&reason).unwrap();
        assert_eq!(serde_json::from_str::<LeftOutReason>(&json).unwrap(), reason);
    }
}

#[test]
fn a_plan_with_a_field_that_this_agent_does_not_know_is_refused() {
    let entry = crate::wire::tests::plan_host();
    let json = serde_json::to_string(&entry).unwrap();
    assert_eq!(serde_json::from_str::<PlanHost>(&json).unwrap(), entry);
    // Once in every object of the entry, however deep.
    for (at, _) in json.match_indices('{') {
        let spoilt = format!("{}\"new_rule\":1,{}", &json[..=at], &json[at + 1..]);
        assert!(serde_json::from_str::<PlanHost>(&spoilt).is_err(), "{spoilt}");
    }
}

#[test]
fn the_same_plan_is_the_same_bytes() {
    let plan = crate::wire::tests::plan();
    assert_eq!(plan.to_bytes(), plan.clone().to_bytes());
    assert_eq!(serde_json::from_slice::<Plan>(&plan.to_bytes()).unwrap(), plan);
    let entry = &plan.hosts[0];
    assert_eq!(serde_json::from_slice::<PlanHost>(&entry.to_bytes()).unwrap(), *entry);
}
