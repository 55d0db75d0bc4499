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
mod tests;
