//! The package sets that were used last, parsed: most reports are a small change to one of them, and
//! reading a set back costs more than applying the change. All of it can be lost.

use model::Digest;
use model::package::PackageSet;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use store::TenantScope;

/// Sets kept: hosts of one kind share theirs, and 32 sets of 600 packages are about 8 MB.
const SETS_MAX: usize = 32;

/// The sets, newest use last. Keyed by tenant too: a digest alone must not reach over the wall.
#[derive(Default)]
pub(crate) struct RecentSets {
    kept: Mutex<VecDeque<Kept>>,
}

struct Kept {
    scope: TenantScope,
    digest: Digest,
    set: Arc<PackageSet>,
}

impl RecentSets {
    pub(crate) fn get(&self, scope: &TenantScope, digest: Digest) -> Option<Arc<PackageSet>> {
        let mut kept = self.lock();
        let at = kept.iter().position(|k| k.scope == *scope && k.digest == digest)?;
        let found = kept.remove(at)?;
        let set = Arc::clone(&found.set);
        kept.push_back(found);
        Some(set)
    }

    /// Keeps `set`, whose digest was checked.
    pub(crate) fn put(&self, scope: &TenantScope, digest: Digest, set: Arc<PackageSet>) {
        let mut kept = self.lock();
        kept.retain(|k| k.scope != *scope || k.digest != digest);
        if kept.len() >= SETS_MAX {
            kept.pop_front();
        }
        kept.push_back(Kept { scope: *scope, digest, set });
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Kept>> {
        // A panic elsewhere leaves at worst a set too few.
        self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
