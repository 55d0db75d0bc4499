//! What is installed in the fleet, whether any row speaks of it or not: for questions about versions alone,
//! such as which of them are past their support.

use crate::index::holdings::{HoldingId, Role};
use crate::index::{Index, PackageName, Scope};
use model::HostId;
use roaring::RoaringBitmap;
use std::collections::BTreeSet;

impl Index {
    /// Returns every installed version of every package on hosts of the scope, sorted. Costs a walk over all
    /// holdings; hosts are asked for one version at a time, because all of them together are the whole fleet.
    pub fn installed(&self, scope: &Scope) -> Vec<(PackageName, String)> {
        let Some(within) = self.within(scope) else { return Vec::new() };
        let mut found = Vec::new();
        for pkg in self.packages.ids() {
            let package = self.packages.get(pkg);
            let mut versions: BTreeSet<&str> = BTreeSet::new();
            for holding in &package.holdings {
                if within.has(self.holdings.hosts(*holding)) {
                    versions.extend(self.installed_pieces(*holding));
                }
            }
            if !versions.is_empty() {
                let name = self.packages.name(pkg);
                found.extend(versions.into_iter().map(|v| (name.clone(), v.to_owned())));
            }
        }
        found.sort_unstable();
        found
    }

    /// Returns the hosts of the scope that have this version installed, sorted.
    pub fn hosts_with(&self, scope: &Scope, name: &PackageName, version: &str) -> Vec<HostId> {
        let Some(within) = self.within(scope) else { return Vec::new() };
        let stream = self.packages.find_stream(&name.stream);
        let pkg = stream.and_then(|stream| self.packages.find(stream, &name.package, &name.module));
        let mut union = RoaringBitmap::new();
        for holding in pkg.iter().flat_map(|pkg| &self.packages.get(*pkg).holdings) {
            if self.installed_pieces(*holding).any(|text| text == version) {
                within.add(&mut union, self.holdings.hosts(*holding));
            }
        }
        self.hosts.ids_of(&union, None, usize::MAX)
    }

    fn installed_pieces(&self, holding: HoldingId) -> impl Iterator<Item = &str> {
        let pieces = self.holdings.pieces(holding).iter();
        let installed = pieces.filter(|piece| matches!(piece.role(), Role::Main | Role::Carried));
        installed.map(|piece| self.versions.text(piece.ver()))
    }
}

#[cfg(test)]
mod tests {
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
}
