//! Deadlines by clause: terms, clocks, missing inputs, moves.

mod properties;
mod story;
mod terms;

use crate::clause;
use crate::deadline::*;
use expect_test::{Expect, expect};
use story::{Story, at, print, show};

fn clauses(obligations: &[&str]) -> Vec<Clause> {
    clause::chosen(&obligations.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>())
}

/// Every deadline at `now` by the clauses of some obligations.
fn check(obligations: &[&str], now: &str, text: &str, expected: &Expect) {
    let story = Story::parse(text);
    let facts = story.facts(at(now));
    let found = deadlines(&story.subject(&facts), &clauses(obligations), at(now));
    expected.assert_eq(&print(&found));
}

/// How the binding deadline moved.
fn check_moves(obligations: &[&str], now: &str, text: &str, expected: &Expect) {
    let story = Story::parse(text);
    let facts = story.facts(at(now));
    let clauses = clauses(obligations);
    let mut lines = String::new();
    for moved in timeline(&story.subject(&facts), &clauses, at(now)) {
        let because: Vec<String> = moved
            .because
            .iter()
            .map(|cause| {
                let may = if cause.may_delay { " (may delay)" } else { "" };
                format!("{:?} {} -> {}{may}", cause.input, cause.from, cause.to)
            })
            .collect();
        let (at, was, due) = (show(Some(moved.at)), show(moved.was), show(moved.due_at));
        lines += &format!("{at}: {was} => {due} {} [{}]\n", moved.clause, because.join("; "));
    }
    expected.assert_eq(&lines);
}

const BOD: &[&str] = &["bod-26-04"];

#[test]
fn an_entry_of_kev_counts_from_its_addition_or_from_detection_whichever_is_earlier() {
    let facts = "
        detected 2026-08-20T12:00:00Z
        kev 2026-08-08T00:00:00Z 2026-08-07 2026-08-10
        ssvc 2026-08-08T00:00:00Z active no partial
        answer 2026-08-01T00:00:00Z internet-exposed no";
    check(
        BOD,
        "2026-08-21T00:00:00Z",
        facts,
        &expect![[r#"
            2026-08-21T23:59:59Z bod:26-04:14d [kev=added 2026-08-07, internet_exposed=no, automatable=no, technical_impact=partial]
        "#]],
    );
    check(
        &["bod-26-04-later"],
        "2026-08-21T00:00:00Z",
        facts,
        &expect![[r#"
            2026-09-03T23:59:59Z bod:26-04:14d:later [kev=added 2026-08-07, internet_exposed=no, automatable=no, technical_impact=partial]
        "#]],
    );
}

#[test]
fn an_entry_that_comes_after_detection_counts_from_its_addition() {
    let facts = "
        detected 2026-08-01T12:00:00Z
        ssvc 2026-07-01T00:00:00Z none yes total
        answer 2026-07-01T00:00:00Z internet-exposed no
        kev 2026-08-20T00:00:00Z 2026-08-07 2026-08-10";
    check(
        BOD,
        "2026-08-21T00:00:00Z",
        facts,
        &expect![[r#"
            2026-08-10T23:59:59Z bod:26-04:3df [kev=added 2026-08-07, internet_exposed=no, automatable=yes, technical_impact=total]
        "#]],
    );
}

#[test]
fn a_strict_clock_is_not_moved_by_a_condition_that_came_true_later() {
    let story = Story::parse(
        "detected 2026-08-01T12:00:00Z
         ssvc 2026-07-01T00:00:00Z none yes total
         answer 2026-07-01T00:00:00Z internet-exposed no
         kev 2026-08-20T00:00:00Z 2026-08-07 2026-08-10",
    );
    let now = at("2026-08-21");
    let facts = story.facts(now);
    let mut clauses = clauses(BOD);
    for clause in &mut clauses {
        clause.is_strict_clock = true;
    }
    let found = deadlines(&story.subject(&facts), &clauses, now);
    expect![[r#"
        2026-08-04T23:59:59Z bod:26-04:3df [kev=added 2026-08-07, internet_exposed=no, automatable=yes, technical_impact=total]
    "#]].assert_eq(&print(&found));
    expect![
        "the earlier of addition to KEV and detection here, even if its condition came true later"
    ]
    .assert_eq(&found[0].clock);
}

#[test]
fn a_14_day_entry_asks_for_no_forensics_whatever_its_text_says() {
    let facts = "
        detected 2026-08-08T12:00:00Z
        kev 2026-08-08T00:00:00Z 2026-08-07 2026-08-10
        ssvc 2026-08-08T00:00:00Z active no partial
        answer 2026-08-01T00:00:00Z internet-exposed no";
    let mut story = Story::parse(facts);
    let kev = story.statements[0].statement.kev.as_mut().unwrap();
    kev.name = "Forensics Triage Requirements apply".to_owned();
    let now = at("2026-08-09");
    let facts = story.facts(now);
    let found = deadlines(&story.subject(&facts), &clauses(BOD), now);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].clause.as_str(), &*found[0].extra), ("bod:26-04:14d", &[][..]));
}

#[test]
fn an_entry_of_kev_is_never_defaulted_and_the_strictest_row_that_fits_decides() {
    let facts = "
        detected 2026-08-08T12:00:00Z
        kev 2026-08-08T00:00:00Z 2026-08-07 2026-08-10
        answer 2026-08-01T00:00:00Z internet-exposed no";
    check(
        BOD,
        "2026-08-09T00:00:00Z",
        facts,
        &expect![[r#"
            2026-08-10T23:59:59Z bod:26-04:3df [kev=added 2026-08-07, internet_exposed=no, automatable=unknown!, technical_impact=unknown!]
        "#]],
    );
}

#[test]
fn other_cves_have_the_published_defaults_and_say_so() {
    let exposed = |value: &str| {
        format!(
            "detected 2026-08-08T12:00:00Z
             answer 2026-08-01T00:00:00Z internet-exposed {value}"
        )
    };
    let now = "2026-08-09T00:00:00Z";
    check(
        BOD,
        now,
        &exposed("yes"),
        &expect![[r#"
            2026-08-22T23:59:59Z bod:26-04:14d [kev=no, internet_exposed=yes, automatable=no!, technical_impact=total!]
        "#]],
    );
    check(
        BOD,
        now,
        &exposed("no"),
        &expect![[r#"
            no date bod:26-04:fsu [kev=no, internet_exposed=no, automatable=no!, technical_impact=total!]
        "#]],
    );
    check(
        BOD,
        now,
        &exposed("partner"),
        &expect![[r#"
            no date bod:26-04:fsu [kev=no, internet_exposed=partner, automatable=no!, technical_impact=total!]
        "#]],
    );
}

#[test]
fn unknown_exposure_is_never_no() {
    let facts = "
        detected 2026-08-08T12:00:00Z
        ssvc 2026-08-08T00:00:00Z none yes total";
    check(
        BOD,
        "2026-08-09T00:00:00Z",
        facts,
        &expect![[r#"
            2026-08-11T23:59:59Z bod:26-04:3d [kev=no, internet_exposed=unknown!, automatable=yes, technical_impact=total]
        "#]],
    );
    // A value that the question does not have is no answer.
    let odd = "
        detected 2026-08-08T12:00:00Z
        ssvc 2026-08-08T00:00:00Z none yes total
        answer 2026-08-08T00:00:00Z internet-exposed perhaps";
    check(
        BOD,
        "2026-08-09T00:00:00Z",
        odd,
        &expect![[r#"
            2026-08-11T23:59:59Z bod:26-04:3d [kev=no, internet_exposed=unknown!, automatable=yes, technical_impact=total]
        "#]],
    );
}

#[test]
fn inputs_say_who_stated_them_and_when() {
    let story = Story::parse(
        "detected 2026-08-08T12:00:00Z
         kev 2026-08-08T00:00:00Z 2026-08-07 2026-08-10
         ssvc 2026-08-09T00:00:00Z active yes -
         answer 2026-08-01T00:00:00Z internet-exposed yes",
    );
    let now = at("2026-08-10");
    let facts = story.facts(now);
    let found = deadlines(&story.subject(&facts), &clauses(BOD), now);
    expect![[r#"
        [
            Input {
                name: "kev",
                value: "added 2026-08-07",
                source: "kev",
                seen_at: Some(
                    1786147200,
                ),
                is_defaulted: false,
            },
            Input {
                name: "internet_exposed",
                value: "yes",
                source: "answered by ada",
                seen_at: Some(
                    1785542400,
                ),
                is_defaulted: false,
            },
            Input {
                name: "automatable",
                value: "yes",
                source: "cve-record",
                seen_at: Some(
                    1786233600,
                ),
                is_defaulted: false,
            },
            Input {
                name: "technical_impact",
                value: "unknown",
                source: "nobody stated it: the strictest value that fits counts",
                seen_at: None,
                is_defaulted: true,
            },
        ]"#]]
    .assert_eq(&format!("{:#?}", found[0].inputs));
}

#[test]
fn a_worse_input_keeps_the_earlier_date_of_the_weaker_row() {
    let facts = "
        detected 2026-08-01T12:00:00Z
        ssvc 2026-07-01T00:00:00Z none no total
        ssvc 2026-08-14T00:00:00Z none yes total
        answer 2026-07-01T00:00:00Z internet-exposed yes";
    check(
        BOD,
        "2026-08-14T12:00:00Z",
        facts,
        &expect![[r#"
            2026-08-15T23:59:59Z bod:26-04:14d [kev=no, internet_exposed=yes, automatable=no, technical_impact=total, kept=the inputs are worse since then, and no date moves later for that]
            2026-08-17T23:59:59Z bod:26-04:3d [kev=no, internet_exposed=yes, automatable=yes, technical_impact=total]
        "#]],
    );
    check_moves(
        BOD,
        "2026-08-14T12:00:00Z",
        facts,
        &expect![[r#"
            2026-08-01T12:00:00Z: no date => 2026-08-15T23:59:59Z bod:26-04:14d [Detected  -> ]
        "#]],
    );
}

#[test]
fn every_move_is_told_with_its_cause_and_the_old_date() {
    let facts = "
        detected 2026-07-01T12:00:00Z
        answer 2026-07-03T00:00:00Z internet-exposed no
        ssvc 2026-07-05T00:00:00Z poc yes total
        kev 2026-07-10T06:00:00Z 2026-07-09 2026-07-12 until 2026-07-20T00:00:00Z
        answer 2026-07-11T00:00:00Z internet-exposed yes";
    check_moves(
        BOD,
        "2026-08-01T00:00:00Z",
        facts,
        &expect![[r#"
            2026-07-01T12:00:00Z: no date => 2026-07-15T23:59:59Z bod:26-04:14d [Detected  -> ]
            2026-07-03T00:00:00Z: 2026-07-15T23:59:59Z => no date bod:26-04:fsu [InternetExposed unknown -> no (may delay)]
            2026-07-05T00:00:00Z: no date => 2026-09-03T23:59:59Z bod:26-04:60d [Exploitation unknown -> public proof of concept (may delay); Automatable unknown -> yes; TechnicalImpact unknown -> total]
            2026-07-10T06:00:00Z: 2026-09-03T23:59:59Z => 2026-07-12T23:59:59Z bod:26-04:3df [Kev no -> added 2026-07-09; Exploitation public proof of concept -> active]
            2026-07-20T00:00:00Z: 2026-07-12T23:59:59Z => 2026-07-12T23:59:59Z bod:26-04:3d [Kev added 2026-07-09 -> no (may delay); Exploitation active -> public proof of concept (may delay)]
        "#]],
    );
}

#[test]
fn a_removed_entry_of_kev_is_named_where_the_date_is_shown() {
    let facts = "
        detected 2026-07-01T12:00:00Z
        answer 2026-07-01T00:00:00Z internet-exposed no
        ssvc 2026-07-01T00:00:00Z none no partial
        kev 2026-07-10T06:00:00Z 2026-07-09 2026-07-12 until 2026-07-20T00:00:00Z";
    check(
        BOD,
        "2026-08-01T00:00:00Z",
        facts,
        &expect![[r#"
            no date bod:26-04:fsu [kev=no, removed from the catalogue, internet_exposed=no, automatable=no, technical_impact=partial]
        "#]],
    );
}

#[test]
fn facts_without_statements_hold_from_the_beginning_and_kev_from_its_date() {
    let now = at("2026-08-20");
    let mut facts = Story::new().facts(now);
    facts.is_automatable = Some(true);
    facts.technical_impact = Some(model::cve::TechnicalImpact::Total);
    facts.kev = Some(story::kev("2026-08-07", "2026-08-10"));
    let story = Story::parse(
        "detected 2026-08-01T12:00:00Z
         answer 2026-07-01T00:00:00Z internet-exposed no",
    );
    let found = deadlines(&story.subject(&facts), &clauses(BOD), now);
    expect![[r#"
        2026-08-10T23:59:59Z bod:26-04:3df [kev=added 2026-08-07, internet_exposed=no, automatable=yes, technical_impact=total]
    "#]].assert_eq(&print(&found));
}

#[test]
fn before_a_directive_there_is_none_and_a_proposal_binds_only_who_chose_it() {
    let facts = "
        detected 2026-01-01T12:00:00Z
        published 2026-01-01T00:00:00Z
        label critical
        tag phi
        kev 2026-01-01T00:00:00Z 2026-01-01 2026-01-22";
    check(BOD, "2026-03-03T00:00:00Z", facts, &expect![[""]]);
    check(
        &["bod-26-04", "hipaa"],
        "2026-08-01T00:00:00Z",
        facts,
        &expect![[r#"
            2026-01-04T23:59:59Z bod:26-04:3df [kev=added 2026-01-01, internet_exposed=unknown!, automatable=unknown!, technical_impact=unknown!]
            no date hipaa:in-force:164.308(a)(1) [data_class=tag phi]
        "#]],
    );
    check(
        &["hipaa-proposed"],
        "2026-08-01T00:00:00Z",
        facts,
        &expect![[r#"
            2026-01-16T23:59:59Z hipaa:proposed-2025:164.308(a)(4):critical [rank=critical, data_class=tag phi, released=2026-01-01]
        "#]],
    );
    let found = clauses(&["hipaa-proposed"]);
    assert!(found.iter().all(|clause| clause.status == model::clause::ClauseStatus::Proposed));
}

#[test]
fn a_revoked_directive_goes_on_for_who_chose_it() {
    let facts = "
        detected 2026-08-01T12:00:00Z
        label high
        kev 2026-08-08T00:00:00Z 2026-08-07 2026-08-10";
    check(
        &["bod-22-01", "bod-19-02"],
        "2026-08-09T00:00:00Z",
        facts,
        &expect![[r#"
            2026-08-10T23:59:59Z bod:22-01:kev [kev=added 2026-08-07]
            2026-08-31T23:59:59Z bod:19-02:high [internet_exposed=unknown!, rank=high]
        "#]],
    );
    let unreadable = "
        detected 2026-08-01T12:00:00Z
        kev 2026-08-08T00:00:00Z 2026-08-07 soon";
    check(
        &["bod-22-01"],
        "2026-08-09T00:00:00Z",
        unreadable,
        &expect![[r#"
            2026-08-21T23:59:59Z bod:22-01:kev [kev=added 2026-08-07]
        "#]],
    );
}

#[test]
fn pci_4_0_gave_high_a_month_and_4_0_1_leaves_it_to_the_own_ranking() {
    let facts = "
        published 2024-06-30T09:00:00Z
        detected 2024-07-01T12:00:00Z
        label high
        answer 2024-01-01T00:00:00Z data-class payment";
    check(
        &["pci-dss"],
        "2024-07-02T00:00:00Z",
        facts,
        &expect![[r#"
            2024-07-30T23:59:59Z pci-dss:4.0:6.3.3:critical [rank=high, data_class=payment, released=2024-06-30T09:00:00Z]
        "#]],
    );
    check(
        &["pci-dss"],
        "2026-07-02T00:00:00Z",
        facts,
        &expect![[r#"
            no date pci-dss:4.0.1:6.3.3:rest [rank=high, data_class=payment, released=2024-06-30T09:00:00Z]
        "#]],
    );
    check_moves(
        &["pci-dss"],
        "2026-07-02T00:00:00Z",
        facts,
        &expect![[r#"
            2024-07-01T12:00:00Z: no date => 2024-07-30T23:59:59Z pci-dss:4.0:6.3.3:critical [Detected  -> ]
            2025-01-01T00:00:00Z: 2024-07-30T23:59:59Z => no date pci-dss:4.0.1:6.3.3:rest [Clause  -> pci-dss:4.0.1:6.3.3:rest; Clause pci-dss:4.0:6.3.3:critical ->  (may delay)]
        "#]],
    );
}

#[test]
fn scope_is_tags_or_the_answer_about_data_and_unknown_counts_as_inside() {
    let facts = |extra: &str| {
        format!(
            "published 2026-06-30T09:00:00Z\ndetected 2026-07-01T12:00:00Z\nlabel critical\n{extra}"
        )
    };
    let now = "2026-07-02T00:00:00Z";
    check(
        &["pci-dss"],
        now,
        &facts(""),
        &expect![[r#"
            2026-07-30T23:59:59Z pci-dss:4.0.1:6.3.3:critical [rank=critical, data_class=unknown!, released=2026-06-30T09:00:00Z]
        "#]],
    );
    check(&["pci-dss"], now, &facts("answer 2026-01-01T00:00:00Z data-class none"), &expect![[""]]);
    check(
        &["pci-dss"],
        now,
        &facts("answer 2026-01-01T00:00:00Z data-class none\ntag pci_cde"),
        &expect![[r#"
            2026-07-30T23:59:59Z pci-dss:4.0.1:6.3.3:critical [rank=critical, data_class=tag pci_cde, released=2026-06-30T09:00:00Z]
        "#]],
    );
}

#[test]
fn pci_ranks_by_the_vendor_then_by_cvss_and_otherwise_is_careful() {
    let facts = |extra: &str| {
        format!(
            "published 2026-06-30T09:00:00Z\ndetected 2026-07-01T12:00:00Z\ntag pci_cde\n{extra}"
        )
    };
    let now = "2026-07-02T00:00:00Z";
    let vector = "cvss 2026-06-30T00:00:00Z CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
    check(
        &["pci-dss"],
        now,
        &facts(""),
        &expect![[r#"
            2026-07-30T23:59:59Z pci-dss:4.0.1:6.3.3:critical [rank=unknown!, data_class=tag pci_cde, released=2026-06-30T09:00:00Z]
            no date pci-dss:4.0.1:6.3.3:rest [rank=unknown!, data_class=tag pci_cde, released=2026-06-30T09:00:00Z]
        "#]],
    );
    check(
        &["pci-dss"],
        now,
        &facts(vector),
        &expect![[r#"
            2026-07-30T23:59:59Z pci-dss:4.0.1:6.3.3:critical [rank=critical, data_class=tag pci_cde, released=2026-06-30T09:00:00Z]
        "#]],
    );
    check(
        &["pci-dss"],
        now,
        &facts(&format!("{vector}\nlabel low")),
        &expect![[r#"
            no date pci-dss:4.0.1:6.3.3:rest [rank=low, data_class=tag pci_cde, released=2026-06-30T09:00:00Z]
        "#]],
    );
}

#[test]
fn cyber_essentials_counts_a_missing_severity_and_only_version_3_scores() {
    let facts = |extra: &str| {
        format!("published 2026-06-30T09:00:00Z\ndetected 2026-07-01T12:00:00Z\n{extra}")
    };
    let check = |extra: &str, expected: &Expect| {
        check(&["cyber-essentials"], "2026-07-02T00:00:00Z", &facts(extra), expected);
    };
    check(
        "",
        &expect![[r#"
            2026-07-14T23:59:59Z cyber-essentials:3.3:a6.4 [label=not given, cvss3=unknown, class=operating system, released=2026-06-30T09:00:00Z]
        "#]],
    );
    let v4 =
        "cvss 2026-06-30T00:00:00Z CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N";
    check(&format!("label medium\n{v4}"), &expect![[""]]);
    let v3 = "cvss 2026-06-30T00:00:00Z CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N";
    check(
        &format!("label medium\n{v3}"),
        &expect![[r#"
            2026-07-14T23:59:59Z cyber-essentials:3.3:a6.4 [label=medium, cvss3=7.5, class=operating system, released=2026-06-30T09:00:00Z]
        "#]],
    );
    check(
        "label high\nclass office",
        &expect![[r#"
            2026-07-14T23:59:59Z cyber-essentials:3.3:a6.5 [label=high, cvss3=unknown, class=office, browser, mail, PDF or security software, released=2026-06-30T09:00:00Z]
        "#]],
    );
    check(
        "label low\nunsupported",
        &expect![[r#"
            no date cyber-essentials:3.3:unsupported [unsupported=yes]
        "#]],
    );
    assert!(
        clauses(&["cyber-essentials"])
            .iter()
            .all(|clause| clause.exceptions == model::clause::Exceptions::NotAccepted)
    );
}

#[test]
fn essential_eight_gives_an_exploited_hole_48_hours_on_every_host_only_at_level_3() {
    let facts = "
        published 2026-06-30T09:30:00Z
        detected 2026-07-01T12:00:00Z
        label high
        ssvc 2026-06-30T00:00:00Z poc no partial
        answer 2026-06-01T00:00:00Z internet-exposed no";
    let now = "2026-07-02T00:00:00Z";
    check(
        &["essential-eight-ml1"],
        now,
        facts,
        &expect![[r#"
            2026-07-30T23:59:59Z essential-eight:2023-11:ism-1695 [internet_exposed=no, class=operating system, released=2026-06-30T09:30:00Z]
        "#]],
    );
    check(
        &["essential-eight-ml2"],
        now,
        facts,
        &expect![[r#"
            2026-07-30T23:59:59Z essential-eight:2023-11:ism-1695 [internet_exposed=no, class=operating system, released=2026-06-30T09:30:00Z]
        "#]],
    );
    check(
        &["essential-eight-ml3"],
        now,
        facts,
        &expect![[r#"
            2026-07-02T09:30:00Z essential-eight:2023-11:ism-1696 [internet_exposed=no, exploitation=public proof of concept, label=high, class=operating system, released=2026-06-30T09:30:00Z]
        "#]],
    );
}

#[test]
fn an_exploit_on_day_13_does_not_give_two_more_days() {
    let facts = "
        published 2026-06-01T09:30:00Z
        detected 2026-06-02T12:00:00Z
        label high
        ssvc 2026-06-01T00:00:00Z none no partial
        ssvc 2026-06-14T10:00:00Z poc no partial
        answer 2026-05-01T00:00:00Z internet-exposed yes";
    check(
        &["essential-eight-ml1"],
        "2026-06-13T00:00:00Z",
        facts,
        &expect![[r#"
            2026-06-15T23:59:59Z essential-eight:2023-11:ism-1694 [internet_exposed=yes, exploitation=none, label=high, class=operating system, released=2026-06-01T09:30:00Z]
        "#]],
    );
    check(
        &["essential-eight-ml1"],
        "2026-06-14T12:00:00Z",
        facts,
        &expect![[r#"
            2026-06-15T23:59:59Z essential-eight:2023-11:ism-1694 [internet_exposed=yes, exploitation=none, label=high, class=operating system, released=2026-06-01T09:30:00Z, kept=the inputs are worse since then, and no date moves later for that]
            2026-06-16T10:00:00Z essential-eight:2023-11:ism-1877 [internet_exposed=yes, exploitation=public proof of concept, label=high, class=operating system, released=2026-06-01T09:30:00Z]
        "#]],
    );
}

#[test]
fn deployer_decides_by_people_and_derives_what_ssvc_does_not_say() {
    let facts = |extra: &str| format!("detected 2026-07-01T12:00:00Z\n{extra}");
    let check = |extra: &str, expected: &Expect| {
        check(&["ssvc-deployer"], "2026-07-02T00:00:00Z", &facts(extra), expected);
    };
    check(
        "kev 2026-07-01T00:00:00Z 2026-06-30 2026-07-03
         answer 2026-06-01T00:00:00Z internet-exposed yes
         answer 2026-06-01T00:00:00Z criticality high
         cvss 2026-06-30T00:00:00Z CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        &expect![[r#"
            2026-07-03T12:00:00Z ssvc:deployer-1.0.0:immediate [internet_exposed=yes, exploitation=active, automatable=yes!, criticality=high]
        "#]],
    );
    check(
        "answer 2026-06-01T00:00:00Z internet-exposed no
         answer 2026-06-01T00:00:00Z criticality low
         ssvc 2026-06-01T00:00:00Z none no total",
        &expect![[r#"
            no date ssvc:deployer-1.0.0:defer [internet_exposed=no, exploitation=none, automatable=no, criticality=low]
        "#]],
    );
    check(
        "",
        &expect![[r#"
            2026-07-08T23:59:59Z ssvc:deployer-1.0.0:out-of-cycle [internet_exposed=unknown!, exploitation=none!, automatable=unknown!, criticality=unknown!]
        "#]],
    );
}

#[test]
fn every_clause_is_kept_and_the_earliest_binds() {
    let facts = "
        published 2026-06-30T09:30:00Z
        detected 2026-07-01T12:00:00Z
        label critical
        ssvc 2026-06-30T00:00:00Z none no partial
        answer 2026-06-01T00:00:00Z internet-exposed no
        answer 2026-06-01T00:00:00Z data-class none";
    let all: Vec<String> = clause::obligations().into_iter().map(|o| o.id).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    check(
        &all,
        "2026-07-02T00:00:00Z",
        facts,
        &expect![[r#"
            2026-07-02T09:30:00Z essential-eight:2023-11:ism-1696 [internet_exposed=no, exploitation=none, label=critical, class=operating system, released=2026-06-30T09:30:00Z]
            2026-07-14T23:59:59Z cyber-essentials:3.3:a6.4 [label=critical, cvss3=unknown, class=operating system, released=2026-06-30T09:30:00Z]
            2026-07-30T23:59:59Z cis:8.1:7.3 [class=operating system, released=2026-06-30T09:30:00Z]
            2026-07-30T23:59:59Z essential-eight:2023-11:ism-1695 [internet_exposed=no, class=operating system, released=2026-06-30T09:30:00Z]
            2026-08-01T23:59:59Z cis:8.1:7.7 []
            2026-08-01T23:59:59Z ssvc:deployer-1.0.0:scheduled [internet_exposed=no, exploitation=none, automatable=no, criticality=unknown!]
            no date bod:26-04:fsu [kev=no, internet_exposed=no, automatable=no, technical_impact=partial]
            no date bod:26-04:fsu:later [kev=no, internet_exposed=no, automatable=no, technical_impact=partial]
            no date iso:27001-2022:a.8.8 []
            no date nist:800-53r5.2:si-2 [released=2026-06-30T09:30:00Z]
        "#]],
    );
}

#[test]
fn of_one_date_the_clause_that_asks_for_more_binds_then_the_id() {
    let story = Story::parse("detected 2026-07-01T12:00:00Z");
    let facts = story.facts(at("2026-07-02"));
    let base = clauses(&["cis-ig2"]).remove(2);
    let with = |id: &str, extra: Vec<model::clause::Extra>| Clause {
        id: id.to_owned(),
        extra,
        ..base.clone()
    };
    let rescan = || vec![model::clause::Extra::Rescan];
    let clauses = [with("c", Vec::new()), with("d", rescan()), with("b", rescan())];
    let found = deadlines(&story.subject(&facts), &clauses, at("2026-07-02"));
    let ids: Vec<&str> = found.iter().map(|deadline| deadline.clause.as_str()).collect();
    assert_eq!(ids, ["b", "d", "c"]);
}

#[test]
fn a_correction_without_a_hole_has_no_deadline() {
    let mut story = Story::parse("detected 2026-07-01T12:00:00Z\nkind maintenance\nlabel critical");
    let now = at("2026-07-02");
    let facts = story.facts(now);
    let all: Vec<Clause> = clause::shipped();
    let without_cve = Subject { cve: None, ..story.subject(&facts) };
    assert_eq!(deadlines(&without_cve, &all, now), []);
    story.kind = PatchKind::Security;
    let without_cve = Subject { cve: None, ..story.subject(&facts) };
    assert_ne!(deadlines(&without_cve, &all, now), []);
}

#[test]
fn within_one_deadline_epss_never_comes_before_kev() {
    let facts = |number: u32, kev: Option<bool>, epss: u32| {
        let mut facts = Story::new().facts(0);
        facts.cve.number = number;
        facts.kev = kev.map(|is_ransomware| model::cve::Kev {
            is_ransomware,
            ..story::kev("2026-08-07", "2026-08-10")
        });
        facts.epss = Some(model::cve::Epss { score_ppm: epss, percentile_ppm: 0 });
        facts
    };
    let all = [
        facts(1, Some(true), 10),
        facts(2, Some(false), 900_000),
        facts(3, Some(false), 100),
        facts(4, None, 950_000),
        facts(5, None, 950_000),
    ];
    let mut order: Vec<u32> = all.iter().map(|facts| facts.cve.number).rev().collect();
    order.sort_by_key(|number| order_within(all.iter().find(|f| f.cve.number == *number), &[]));
    assert_eq!(order, [1, 2, 3, 4, 5]);
    let answers =
        |value: &str| Story::parse(&format!("answer 1970-01-01 internet-exposed {value}")).answers;
    let within = |value: &str| order_within(Some(&all[3]), &answers(value));
    assert!(within("yes") < within("partner") && within("partner") < within("no"));
    assert_eq!(order_within(Some(&all[3]), &[]), within("yes"));
}

#[test]
fn questions_are_open_until_somebody_gives_one_of_their_values() {
    let open = |text: &str| to_be_answered(&Story::parse(text).answers);
    assert_eq!(open(""), Question::ALL);
    assert_eq!(
        open("answer 2026-01-01 criticality high\nanswer 2026-01-01 data-class secret"),
        [Question::InternetExposed, Question::DataClass]
    );
}
