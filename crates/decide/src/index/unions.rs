//! Hosts of several subjects together: what sums by day and totals of filters count.

use crate::index::{Index, Query, Scope, Subject};
use roaring::RoaringBitmap;

impl Index {
    /// Returns how many hosts of the scope are exposed to one of the subjects at least, where of each subject only
    /// the hosts of some classes (`HostEntry::class`) count. Costs for each subject what `by_class` costs.
    pub fn count_any<'a>(
        &self,
        scope: &Scope,
        pairs: impl Iterator<Item = (&'a Subject, &'a [u32])>,
    ) -> u64 {
        let Some(within) = self.within(scope) else { return 0 };
        let mut union = RoaringBitmap::new();
        for (subject, classes) in pairs {
            let query = Query { subject: Some(subject.clone()), ..Query::default() };
            let hosts = self.set_of(&within, &query);
            for class in classes {
                if let Some(of_class) = self.hosts.classes.get(class) {
                    union |= &hosts & of_class;
                }
            }
        }
        union.len()
    }
}

#[cfg(test)]
mod tests;
