use super::*;
use model::advisory::{AdvisoryKind, Label, RowState, Until};
use model::cve::{Exploitation, Vector};

fn statement(exploitation: Option<Exploitation>, vectors: &[&str]) -> CveStatement {
    let mut statement = CveStatement::of(CveId { year: 2026, number: 1000 });
    statement.exploitation = exploitation;
    statement.vectors = vectors
        .iter()
        .map(|text| Vector { source: "x".to_owned(), text: (*text).to_owned(), printed_x10: None })
        .collect();
    statement
}

fn part(feed: Feed, at: i64, cve: CveStatement) -> RowSet {
    let mut set = RowSet::new(feed, "source", Extent::Documents);
    set.content_at = Some(at);
    set.entries = 1;
    set.cves.push(cve);
    set
}

fn both_orders(a: &RowSet, b: &RowSet) -> RowSet {
    let forwards = merged(vec![a.clone(), b.clone()]).unwrap();
    assert_eq!(forwards, merged(vec![b.clone(), a.clone()]).unwrap());
    forwards
}

#[test]
fn the_newest_record_of_a_cve_counts_alone() {
    let old = part(Feed::CveRecord, 1, statement(Some(Exploitation::Active), &["a"]));
    let new = part(Feed::CveRecord, 2, statement(Some(Exploitation::None), &["b"]));
    let set = both_orders(&old, &new);
    assert_eq!(set.cves, new.cves);
    assert_eq!((set.content_at, set.entries), (Some(2), 2));
}

#[test]
fn notices_about_one_cve_add_up() {
    let one = part(Feed::Osv, 1, statement(Some(Exploitation::Active), &["a", "b"]));
    let other = part(Feed::Osv, 2, statement(None, &["b", "c"]));
    let set = both_orders(&one, &other);
    assert_eq!(set.cves, [statement(Some(Exploitation::Active), &["a", "b", "c"])]);
}

#[test]
fn pieces_of_a_whole_without_a_time_add_up() {
    let piece = |package: &str, cve: u32| {
        let mut set = RowSet::new(Feed::DebianTracker, "debian-tracker", Extent::Whole);
        set.rows.push(Row {
            advisory: "CVE-2026-1000".to_owned(),
            cve: None,
            stream: "debian:12".to_owned(),
            package: package.to_owned(),
            module: String::new(),
            arch: String::new(),
            from: String::new(),
            until: Until::Open,
            state: RowState::Affected,
            channel: String::new(),
            is_foreign: false,
        });
        set.advisories.push(Advisory {
            id: "CVE-2026-1000".to_owned(),
            kind: AdvisoryKind::Security,
            published_at: None,
            modified_at: None,
            withdrawn_at: None,
            label: Label::NotGiven,
            title: String::new(),
            cves: vec![CveId { year: 2026, number: cve }],
            urls: Vec::new(),
            needs_reboot: false,
        });
        set
    };
    let set = both_orders(&piece("a", 1000), &piece("b", 1001));
    assert_eq!((set.rows.len(), set.advisories.len()), (2, 1));
    assert_eq!(set.advisories[0].cves.len(), 2);
}

#[test]
fn only_as_many_rejects_are_kept_as_are_shown() {
    let mut set = RowSet::new(Feed::Osv, "source", Extent::Documents);
    for at in 0..REJECTS_KEPT_MAX {
        set.reject(&format!("line {at:04}"), "why");
    }
    let merged = both_orders(&set, &set.clone());
    assert_eq!(merged.rejects.len(), REJECTS_KEPT_MAX);
    assert_eq!(merged.rejects_total, 2 * u64::try_from(REJECTS_KEPT_MAX).unwrap());
}

#[test]
fn a_sum_of_counts_is_known_only_when_all_are() {
    let with = |stated| {
        let mut set = part(Feed::Nvd, 1, statement(None, &[]));
        set.entries_stated = stated;
        set
    };
    assert_eq!(both_orders(&with(Some(2)), &with(Some(3))).entries_stated, Some(5));
    assert_eq!(both_orders(&with(Some(2)), &with(None)).entries_stated, None);
}
