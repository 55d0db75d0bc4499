use crate::clause::*;
use expect_test::{Expect, expect};
use model::clause::{Clause, ClauseStatus, SoftwareClass};
use model::package::PatchKind;

fn ids(clauses: &[Clause]) -> String {
    clauses.iter().map(|clause| format!("{}\n", clause.id)).collect()
}

fn check_chosen(obligations: &[&str], expected: &Expect) {
    let obligations: Vec<String> = obligations.iter().map(|id| (*id).to_owned()).collect();
    expected.assert_eq(&ids(&chosen(&obligations)));
}

#[test]
fn every_clause_is_well_formed_and_its_id_is_used_once() {
    let clauses = shipped();
    assert!(clauses.windows(2).all(|pair| pair[0].id < pair[1].id), "{}", ids(&clauses));
    for clause in &clauses {
        assert!(clause.title.chars().count() <= TITLE_CHARS_MAX, "{}", clause.title);
        assert!(!clause.provenance.source.is_empty(), "{}", clause.id);
        assert!((3..=4).contains(&clause.id.split(':').count()), "{}", clause.id);
        for date in [&clause.valid_from, &clause.valid_until] {
            assert!(date.is_empty() || date.parse::<jiff::civil::Date>().is_ok(), "{}", clause.id);
        }
    }
}

#[test]
fn every_clause_belongs_to_an_obligation_and_none_is_named_that_is_not_shipped() {
    let shipped: BTreeSet<String> = shipped().into_iter().map(|clause| clause.id).collect();
    let named: BTreeSet<String> = obligations().into_iter().flat_map(|o| o.clauses).collect();
    assert_eq!(named, shipped);
    assert!(obligations().iter().all(|obligation| !obligation.clauses.is_empty()));
}

#[test]
fn what_does_not_bind_stands_in_an_obligation_of_its_own() {
    let clauses = shipped();
    for obligation in obligations() {
        let status = |id: &String| clauses.iter().find(|clause| clause.id == *id).unwrap().status;
        let is_off =
            |id: &String| matches!(status(id), ClauseStatus::Proposed | ClauseStatus::Revoked);
        let off = obligation.clauses.iter().filter(|id| is_off(id)).count();
        assert!(off == 0 || off == obligation.clauses.len(), "{}", obligation.id);
    }
    let proposed = clauses.iter().filter(|clause| clause.status == ClauseStatus::Proposed);
    assert!(proposed.into_iter().all(|clause| clause.title.contains("proposed")));
}

#[test]
fn unverified_texts_are_marked() {
    let clauses = shipped();
    let unverified: Vec<Clause> =
        clauses.into_iter().filter(|clause| !clause.provenance.is_verified).collect();
    expect![[r#"
        bod:26-04:14d
        bod:26-04:14d:later
        bod:26-04:3d
        bod:26-04:3d:later
        bod:26-04:3df
        bod:26-04:3df:later
        bod:26-04:60d
        bod:26-04:60d:later
        bod:26-04:fsu
        bod:26-04:fsu:later
        cyber-essentials:3.3:a6.4
        cyber-essentials:3.3:a6.5
        cyber-essentials:3.3:unsupported
        essential-eight:2023-11:ism-1690
        essential-eight:2023-11:ism-1692
        essential-eight:2023-11:ism-1694
        essential-eight:2023-11:ism-1696
        essential-eight:2023-11:ism-1697
        essential-eight:2023-11:ism-1876
        essential-eight:2023-11:ism-1877
        essential-eight:2023-11:ism-1879
        essential-eight:2023-11:ism-1901
        essential-eight:2023-11:ism-1902
        essential-eight:2023-11:ism-1903
        essential-eight:2023-11:ism-1904
        hipaa:in-force:164.308(a)(1)
        hipaa:proposed-2025:164.308(a)(4):critical
        hipaa:proposed-2025:164.308(a)(4):high
    "#]]
    .assert_eq(&ids(&unverified));
}

#[test]
fn the_default_is_one_clause_per_outcome() {
    check_chosen(
        &[DEFAULT_OBLIGATION],
        &expect![[r#"
            bod:26-04:14d
            bod:26-04:3d
            bod:26-04:3df
            bod:26-04:60d
            bod:26-04:fsu
        "#]],
    );
}

#[test]
fn maturity_levels_replace_controls_of_lower_ones() {
    check_chosen(
        &["essential-eight-ml1"],
        &expect![[r#"
        essential-eight:2023-11:ism-1501
        essential-eight:2023-11:ism-1690
        essential-eight:2023-11:ism-1691
        essential-eight:2023-11:ism-1694
        essential-eight:2023-11:ism-1695
        essential-eight:2023-11:ism-1704
        essential-eight:2023-11:ism-1876
        essential-eight:2023-11:ism-1877
        essential-eight:2023-11:ism-1905
    "#]],
    );
    check_chosen(
        &["essential-eight-ml2"],
        &expect![[r#"
        essential-eight:2023-11:ism-1501
        essential-eight:2023-11:ism-1690
        essential-eight:2023-11:ism-1691
        essential-eight:2023-11:ism-1693
        essential-eight:2023-11:ism-1694
        essential-eight:2023-11:ism-1695
        essential-eight:2023-11:ism-1704
        essential-eight:2023-11:ism-1876
        essential-eight:2023-11:ism-1877
        essential-eight:2023-11:ism-1905
    "#]],
    );
    check_chosen(
        &["essential-eight-ml3"],
        &expect![[r#"
        essential-eight:2023-11:ism-0304
        essential-eight:2023-11:ism-1501
        essential-eight:2023-11:ism-1690
        essential-eight:2023-11:ism-1692
        essential-eight:2023-11:ism-1693
        essential-eight:2023-11:ism-1694
        essential-eight:2023-11:ism-1696
        essential-eight:2023-11:ism-1697
        essential-eight:2023-11:ism-1704
        essential-eight:2023-11:ism-1876
        essential-eight:2023-11:ism-1877
        essential-eight:2023-11:ism-1879
        essential-eight:2023-11:ism-1901
        essential-eight:2023-11:ism-1902
        essential-eight:2023-11:ism-1903
        essential-eight:2023-11:ism-1904
        essential-eight:2023-11:ism-1905
    "#]],
    );
}

#[test]
fn unknown_obligations_bring_no_clauses() {
    check_chosen(&["bod-99-99"], &expect![[""]]);
}

#[test]
fn own_clauses_join_when_they_are_well_formed() {
    let shipped = chosen(&[DEFAULT_OBLIGATION.to_owned()]);
    let count = shipped.len();
    let own =
        Clause { id: "site:1:weekly".to_owned(), status: ClauseStatus::Site, ..shipped[0].clone() };
    let all = with_own(shipped.clone(), std::slice::from_ref(&own)).unwrap();
    assert_eq!(all.len(), count + 1);
    let refuse = |own: Clause| with_own(shipped.clone(), &[own]).unwrap_err();
    let id = || own.id.clone();
    let wrong = Clause { id: "pci-dss:5:1".to_owned(), ..own.clone() };
    assert_eq!(refuse(wrong), Refused::Id { id: "pci-dss:5:1".to_owned() });
    let wrong = Clause { status: ClauseStatus::InForce, ..own.clone() };
    assert_eq!(refuse(wrong), Refused::Status { id: id() });
    let wrong = Clause { title: "x".repeat(81), ..own.clone() };
    assert_eq!(refuse(wrong), Refused::Title { id: id() });
    let wrong = Clause { valid_until: "soon".to_owned(), ..own.clone() };
    assert_eq!(refuse(wrong), Refused::Date { id: id(), date: "soon".to_owned() });
    let twice = with_own(shipped.clone(), &[own.clone(), own.clone()]).unwrap_err();
    assert_eq!(twice, Refused::Taken { id: id() });
}

#[test]
fn classes_follow_from_names_and_origin() {
    let class = |name| class_of(name, PatchKind::Security);
    assert_eq!(class("openssl"), SoftwareClass::OperatingSystem);
    assert_eq!(class("linux"), SoftwareClass::OperatingSystem);
    assert_eq!(class("firefox-esr"), SoftwareClass::Office);
    assert_eq!(class("mariadb-10.5"), SoftwareClass::OnlineService);
    assert_eq!(class("tomcat9"), SoftwareClass::OnlineService);
    assert_eq!(class("bind9"), SoftwareClass::OnlineService);
    assert_eq!(class("bindfs"), SoftwareClass::OperatingSystem);
    assert_eq!(class("intel-microcode"), SoftwareClass::Firmware);
    assert_eq!(class("nvidia-graphics-drivers"), SoftwareClass::Driver);
    assert_eq!(class_of("some-tool", PatchKind::Application), SoftwareClass::OtherApplication);
    assert_eq!(class_of("grafana", PatchKind::Application), SoftwareClass::OnlineService);
    assert_eq!(class_of("fwupd-thing", PatchKind::Firmware), SoftwareClass::Firmware);
}

/// The page of all clauses is made here, because only this crate knows them. `UPDATE_EXPECT=1` writes it anew.
#[test]
fn the_reference_page_lists_every_clause() {
    let clauses = shipped();
    let mut page = "# Clauses\n\nMade by `UPDATE_EXPECT=1 cargo test -p decide --lib clause` from the \
        shipped table.\n\nA clause sets a term for an exposure; its clock starts it. *Not verified* means that the \
        source's own\nwords were not read in part, and the source column says which part.\n"
        .to_owned();
    for obligation in obligations() {
        let kind = if obligation.is_guidance { "; guidance" } else { "" };
        page += &format!("\n## {}\n\n`{}`{kind}\n\n", obligation.title, obligation.id);
        page += "| clause | says | term | clock | status | source |\n|---|---|---|---|---|---|\n";
        for clause in clauses.iter().filter(|clause| obligation.clauses.contains(&clause.id)) {
            page += &line(clause);
        }
    }
    expect_test::expect_file!["../../../../docs/reference/clauses.md"].assert_eq(&page);
}

fn line(clause: &Clause) -> String {
    let term = match clause.term {
        Term::Hours(n) => format!("{n} h"),
        Term::Days(n) => format!("{n} d"),
        Term::Months(n) => format!("{n} month"),
        Term::OnUpgrade => "next upgrade".to_owned(),
        Term::KevDue => "date in KEV".to_owned(),
        Term::None => "none".to_owned(),
    };
    let mut status = match clause.status {
        ClauseStatus::InForce => "in force",
        ClauseStatus::Proposed => "proposed",
        ClauseStatus::Superseded => "superseded",
        ClauseStatus::Revoked => "revoked",
        ClauseStatus::Contract => "contract",
        ClauseStatus::Site => "own policy",
    }
    .to_owned();
    for (word, date) in [("from", &clause.valid_from), ("until", &clause.valid_until)] {
        if !date.is_empty() {
            status += &format!(", {word} {date}");
        }
    }
    let source = &clause.provenance.source;
    let mark = if clause.provenance.is_verified { "" } else { " (*not verified*)" };
    let clock = crate::deadline::clock_words(&clause.clock);
    let (id, title) = (&clause.id, &clause.title);
    format!("| `{id}` | {title} | {term} | {clock} | {status} | {source}{mark} |\n")
}
