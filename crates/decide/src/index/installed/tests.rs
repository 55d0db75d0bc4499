use super::*;
use crate::index::{Coverage, HostEntry, Item, Part};
use model::TenantId;

fn entry(host: u128, tenant: u128, parts: &[(&str, &str, Part)]) -> HostEntry {
    let item = |(package, version, part): &(&str, &str, Part)| Item {
        stream: "debian:12".to_owned(),
        package: (*package).to_owned(),
        module: String::new(),
        version: (*version).to_owned(),
        part: *part,
    };
    HostEntry {
        host: HostId(host),
        tenant: TenantId(tenant),
        first_seen_at: 0,
        stream: "debian:12".to_owned(),
        items: parts.iter().map(item).collect(),
        coverage: Coverage::Covered,
        stale: Vec::new(),
        channels: Vec::new(),
        arches: Vec::new(),
        is_lists_stale: false,
        is_release_ended: false,
        weight_halves: 2,
        class: 0,
    }
}

#[test]
fn versions_come_with_the_hosts_of_the_scope_that_have_them_installed() {
    let mut index = Index::new();
    index.put_host(&entry(1, 1, &[("php", "8.2", Part::Main), ("php", "8.3", Part::Offered)]));
    index.put_host(&entry(2, 1, &[("bash", "5.2", Part::Main), ("php", "8.2", Part::Main)]));
    index.put_host(&entry(3, 2, &[("php", "8.1", Part::Main)]));
    let of = |tenant| -> Vec<(String, Vec<HostId>)> {
        let scope = Scope::of(TenantId(tenant));
        let found = index.installed(&scope).into_iter();
        let php = found.filter(|(name, _)| name.package == "php");
        php.map(|(name, v)| (v.clone(), index.hosts_with(&scope, &name, &v))).collect()
    };
    assert_eq!(of(1), [("8.2".to_owned(), vec![HostId(1), HostId(2)])]);
    assert_eq!(of(2), [("8.1".to_owned(), vec![HostId(3)])]);
    assert_eq!(of(3), []);
}
