use super::{RecentSets, SETS_MAX};
use model::package::PackageSet;
use model::{Digest, TenantId};
use std::sync::Arc;
use store::TenantScope;

#[test]
fn a_set_is_found_by_its_own_tenant_only_and_the_least_used_one_goes() {
    let (mine, other) = (TenantScope::of(TenantId(1)), TenantScope::of(TenantId(2)));
    let digest = |n: usize| Digest::of(n.to_string().as_bytes());
    let recent = RecentSets::default();
    for n in 0..SETS_MAX {
        recent.put(&mine, digest(n), Arc::new(PackageSet::default()));
    }
    assert!(recent.get(&other, digest(0)).is_none());
    assert!(recent.get(&mine, digest(0)).is_some());
    recent.put(&mine, digest(SETS_MAX), Arc::new(PackageSet::default()));
    assert!(recent.get(&mine, digest(1)).is_none(), "used longest ago");
    assert!(recent.get(&mine, digest(0)).is_some(), "used since");
}
