//! Sums of what actions gain, kept for each tenant and made anew only for packages that an edit touched.

use crate::index::holdings::{HoldingId, Role};
use crate::index::query::{Scope, Within};
use crate::index::versions::{PkgId, VerId};
use crate::index::{Index, WEIGHT_PLAIN};
use crate::reach::Bucket;
use model::TenantId;
use roaring::RoaringBitmap;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// What can be done, before its words are looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(super) bucket: Bucket,
    pub(super) place: Place,
    pub(super) to: Option<VerId>,
}

/// Where it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    Package(PkgId),
    /// Reboots and moves are of the whole host: one line for a stream.
    Stream(u16),
}

/// Sums over the hosts of one action.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Sum {
    pub(super) is_kev: bool,
    pub(super) gain_micro: u64,
}

impl Sum {
    /// Smaller is more urgent.
    pub(super) fn rank(&self) -> Reverse<(bool, u64)> {
        Reverse((self.is_kev, self.gain_micro))
    }

    fn add(&mut self, more: Self) {
        self.is_kev |= more.is_kev;
        self.gain_micro = self.gain_micro.saturating_add(more.gain_micro);
    }
}

/// The sums of each tenant that asked. A cache: answers are the same without it.
#[derive(Debug, Default)]
pub(crate) struct KeptSums {
    by_tenant: Mutex<BTreeMap<TenantId, Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    entries: Vec<(PkgId, Key, Sum)>,
    /// Packages whose entries no longer hold.
    stale: RoaringBitmap,
}

impl KeptSums {
    /// Marks a package as touched.
    pub(crate) fn forget(&mut self, pkg: PkgId) {
        let by_tenant = self.by_tenant.get_mut().unwrap_or_else(PoisonError::into_inner);
        for kept in by_tenant.values_mut() {
            kept.stale.insert(pkg.number());
        }
    }
}

impl Index {
    /// Returns the sums of a tenant's actions; at least those of the `limit` best, KEV first and then by gain.
    pub(super) fn action_sums(
        &self,
        scope: &Scope,
        within: &Within<'_>,
        limit: usize,
    ) -> Vec<(Key, Sum)> {
        let by_tenant = &self.kept_sums.by_tenant;
        let mut by_tenant = by_tenant.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = by_tenant.entry(scope.tenant()).or_insert_with(|| Kept {
            entries: Vec::new(),
            stale: self.packages.ids().map(PkgId::number).collect(),
        });
        self.refresh(within, kept);
        let mut of_streams: BTreeMap<Key, Sum> = BTreeMap::new();
        let mut ranks = Vec::with_capacity(kept.entries.len());
        for (_, key, sum) in &kept.entries {
            match key.place {
                Place::Stream(_) => of_streams.entry(*key).or_default().add(*sum),
                Place::Package(_) => ranks.push(sum.rank()),
            }
        }
        ranks.extend(of_streams.values().map(Sum::rank));
        let worst = match limit.checked_sub(1) {
            Some(last) if last < ranks.len() => Some(*ranks.select_nth_unstable(last).1),
            Some(_) | None => None,
        };
        let of_packages = kept.entries.iter().filter(|(_, key, _)| match key.place {
            Place::Package(_) => true,
            Place::Stream(_) => false,
        });
        of_packages
            .map(|(_, key, sum)| (*key, *sum))
            .chain(of_streams)
            .filter(|(_, sum)| worst.is_none_or(|worst| sum.rank() <= worst))
            .collect()
    }

    fn refresh(&self, within: &Within<'_>, kept: &mut Kept) {
        let Kept { entries, stale } = kept;
        if stale.is_empty() {
            return;
        }
        entries.retain(|(pkg, ..)| !stale.contains(pkg.number()));
        for pkg in std::mem::take(stale).into_iter().map(PkgId::of_number) {
            let start = entries.len();
            for holding in &self.packages.get(pkg).holdings {
                self.add_holding(within, *holding, |key, sum| {
                    let known = entries[start..].iter_mut().find(|(_, known, _)| *known == key);
                    match known {
                        Some((_, _, known)) => known.add(sum),
                        None => entries.push((pkg, key, sum)),
                    }
                });
            }
        }
    }

    pub(super) fn add_holding(
        &self,
        within: &Within<'_>,
        holding: HoldingId,
        mut add: impl FnMut(Key, Sum),
    ) {
        let Some(summary) = self.holdings.summary(holding) else { return };
        let hosts = self.holdings.hosts(holding);
        if (summary.exposed == 0 && summary.stale == 0) || !within.has(hosts) {
            return;
        }
        let mut halves = None;
        for bucket in Bucket::ALL {
            let share = &summary.by_bucket[bucket.index()];
            let is_stale = bucket == Bucket::Image && summary.stale > 0;
            if share.exposed == 0 && !is_stale {
                continue;
            }
            let ended = self.ended(bucket, hosts);
            let halves = *halves.get_or_insert_with(|| self.halves(within, hosts));
            let moved = ended.as_ref().map_or(0, |ended| self.halves(within, ended));
            let gain = |halves: u64| share.hazard_micro.saturating_mul(halves) / 2;
            let is_kev = share.kev > 0;
            if moved > 0 {
                let key = self.key(Bucket::MoveRelease, holding);
                add(key, Sum { is_kev, gain_micro: gain(moved) });
            }
            if halves > moved {
                let key = self.key(bucket, holding);
                add(key, Sum { is_kev, gain_micro: gain(halves - moved) });
            }
        }
    }

    /// Returns the hosts for which no channel can be enabled, because nobody repairs their release.
    pub(super) fn ended(&self, bucket: Bucket, hosts: &RoaringBitmap) -> Option<RoaringBitmap> {
        let ended = &self.hosts.release_ended;
        (bucket == Bucket::EnableChannel && !ended.is_empty()).then(|| hosts & ended)
    }

    /// Returns the sum of the weights of a set's hosts, in halves.
    fn halves(&self, within: &Within<'_>, hosts: &RoaringBitmap) -> u64 {
        let mut sum = within.count(hosts) * u64::from(WEIGHT_PLAIN);
        for (weight, heavy) in &self.hosts.weights {
            let count = within.count(&(hosts & heavy));
            sum += count * u64::from(*weight);
            sum -= count * u64::from(WEIGHT_PLAIN);
        }
        sum
    }

    fn key(&self, bucket: Bucket, holding: HoldingId) -> Key {
        let pkg = self.holdings.package(holding);
        let top = |role: Role| {
            let of_role = self.holdings.pieces(holding).iter().filter(|p| p.role() == role);
            let parsed = of_role.map(|p| p.ver()).filter(|ver| self.versions.is_parsed(*ver));
            parsed.max_by_key(|ver| (self.versions.rank(*ver), Reverse(self.versions.text(*ver))))
        };
        let (place, to) = match bucket {
            Bucket::Upgrade => (Place::Package(pkg), top(Role::Offered)),
            Bucket::Unhold => (Place::Package(pkg), top(Role::HeldBack)),
            Bucket::EnableChannel | Bucket::Mitigate | Bucket::Restart | Bucket::Image => {
                (Place::Package(pkg), None)
            }
            Bucket::MoveRelease | Bucket::Reboot => {
                (Place::Stream(self.packages.get(pkg).stream), None)
            }
        };
        Key { bucket, place, to }
    }
}
