//! Hosts of several subjects together: what sums by day and totals of filters count.

use crate::index::{Index, Query, Scope, Subject};
use roaring::RoaringBitmap;

/// With more subjects than this it pays to know how many hosts can be found at all: that is a walk over the holdings.
const SUBJECTS_FEW: usize = 2_000;

impl Index {
    /// Returns how many hosts of the scope are exposed to one of the subjects at least, where of each subject only
    /// the hosts of some classes (`HostEntry::class`) count. Costs for each subject what `by_class` costs,
    /// until every exposed host is found.
    pub fn count_any<'a>(
        &self,
        scope: &Scope,
        pairs: impl ExactSizeIterator<Item = (&'a Subject, &'a [u32])>,
    ) -> u64 {
        let Some(within) = self.within(scope) else { return 0 };
        let all = (pairs.len() > SUBJECTS_FEW).then(|| self.count_hosts(scope, &Query::default()));
        let mut union = RoaringBitmap::new();
        for (subject, classes) in pairs {
            let query = Query { subject: Some(subject.clone()), ..Query::default() };
            let hosts = self.set_of(&within, &query);
            for class in classes {
                if let Some(of_class) = self.hosts.classes.get(class) {
                    union |= &hosts & of_class;
                }
            }
            if all.is_some_and(|all| union.len() >= all) {
                break;
            }
        }
        union.len()
    }
}

#[cfg(test)]
mod tests;
