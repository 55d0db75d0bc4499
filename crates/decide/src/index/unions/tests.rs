use super::*;
use crate::index::{Coverage, HostEntry, Item, NewRow, Part, RowId, Source};
use model::advisory::{Feed, Row, RowState, Until};
use model::{CveId, HostId, TenantId};

fn entry(host: u128, class: u32, packages: &[&str]) -> HostEntry {
    let item = |package: &&str| Item {
        stream: "debian:12".to_owned(),
        package: (*package).to_owned(),
        module: String::new(),
        version: "1.0".to_owned(),
        part: Part::Main,
    };
    HostEntry {
        host: HostId(host),
        tenant: TenantId(1),
        first_seen_at: 0,
        stream: "debian:12".to_owned(),
        items: packages.iter().map(item).collect(),
        coverage: Coverage::Covered,
        stale: Vec::new(),
        channels: Vec::new(),
        arches: Vec::new(),
        is_lists_stale: false,
        is_release_ended: false,
        weight_halves: 2,
        class,
    }
}

fn row(number: u32, package: &str) -> Row {
    Row {
        advisory: "A".to_owned(),
        cve: Some(CveId { year: 2026, number }),
        stream: "debian:12".to_owned(),
        package: package.to_owned(),
        module: String::new(),
        arch: String::new(),
        from: String::new(),
        until: Until::Fixed("1.1".to_owned()),
        state: RowState::Affected,
        channel: String::new(),
        is_foreign: false,
    }
}

#[test]
fn a_host_with_two_of_the_subjects_counts_once_and_other_classes_do_not() {
    let mut index = Index::new();
    index.put_host(&entry(1, 0, &["bash", "less"]));
    index.put_host(&entry(2, 0, &["less"]));
    index.put_host(&entry(3, 1, &["less"]));
    let rows = [row(1, "bash"), row(2, "less")];
    let source = Source { name: "s".to_owned(), feed: Feed::DebianTracker };
    for (row, id) in rows.iter().zip(1..) {
        index.put_rows(&source, &[NewRow { id: RowId(id), learned_at: 0, row, advisory: None }]);
    }
    let subjects = [1, 2].map(|number| Subject::Cve(CveId { year: 2026, number }));
    let count = |pairs: &[(&Subject, &[u32])]| {
        index.count_any(&Scope::of(TenantId(1)), pairs.iter().copied())
    };
    assert_eq!(count(&[(&subjects[0], &[0]), (&subjects[1], &[0])]), 2);
    assert_eq!(count(&[(&subjects[0], &[0, 1]), (&subjects[1], &[0, 1])]), 3);
    assert_eq!(count(&[(&subjects[1], &[1])]), 1);
    assert_eq!(count(&[(&subjects[0], &[1])]), 0);
    assert_eq!(index.count_any(&Scope::of(TenantId(2)), [].into_iter()), 0);
}
