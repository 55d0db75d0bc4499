//! Actions: what a person can do once, with all that it closes. From the index alone; deadlines are the
//! caller's second pass, because they depend on clauses and answers that the index does not know.

mod sums;

pub(crate) use sums::KeptSums;

use crate::index::holdings::{HoldingId, Role};
use crate::index::query::Within;
use crate::index::rows::RowData;
use crate::index::slices::Slices;
use crate::index::versions::PkgId;
use crate::index::weigh::Judge;
use crate::index::{Index, PackageName, Scope, Subject};
use crate::reach::Bucket;
use model::HostId;
use model::exposure::ActionVerb;
use roaring::RoaringBitmap;
use std::collections::BTreeSet;
use sums::{Key, Place, Sum};

/// Hosts that an action names; the rest by `Index::action_hosts`.
pub const HOSTS_NAMED_MAX: usize = 20;

/// One action, without a deadline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Stable for the same verb, package and version (`upgrade:debian:12/openssl//3.0.15-1`).
    pub id: String,
    pub verb: ActionVerb,
    pub package: PackageName,
    /// The version to go to; empty where the verb has none.
    pub to: String,
    pub hosts: u64,
    /// The first of them, by id; at most `HOSTS_NAMED_MAX`.
    pub host_ids: Vec<HostId>,
    /// Different subjects that it closes, the worst hazard first.
    pub closes: Vec<Subject>,
    /// How many of those are in the KEV catalogue.
    pub kev: u64,
    /// Sum over hosts of the hazard that they are spared, times the host's weight.
    pub gain_micro: u64,
    pub needs_reboot: bool,
    /// Units to restart, sorted.
    pub restarts: Vec<String>,
    /// Why it is asked for in this way, in words.
    pub because: Vec<String>,
}

impl Index {
    /// Returns what can be done, KEV first and then by gain, at most `limit` of them. The caller computes the
    /// deadline of each from what it closes and sorts anew; since deadlines are short where the
    /// catalogue or the hazard says so, those that are cut off are the late ones.
    /// Costs a walk over sums that are kept, and then some time for each line.
    pub fn actions(&self, scope: &Scope, limit: usize) -> Vec<Act> {
        let Some(within) = self.within(scope) else { return Vec::new() };
        // Ties are broken by names, which cost more than all the rest: only where they matter.
        let sums = self.action_sums(scope, &within, limit);
        let named = sums.into_iter().map(|(key, sum)| (self.action_id(&key), key, sum));
        let mut named: Vec<(String, Key, Sum)> = named.collect();
        named.sort_unstable_by(|(a_id, _, a), (b_id, _, b)| {
            a.rank().cmp(&b.rank()).then_with(|| a_id.cmp(b_id))
        });
        named.truncate(limit);
        named.into_iter().map(|(id, key, sum)| self.act(&within, id, &key, &sum)).collect()
    }

    /// Returns all hosts of an action, sorted; empty where the id is no action now.
    pub fn action_hosts(&self, scope: &Scope, id: &str) -> Vec<HostId> {
        let found = self.within(scope).zip(self.read_action_id(id));
        let Some((within, key)) = found else { return Vec::new() };
        let set = self.scope_of(&within, &key).hosts;
        self.hosts.ids_of(&set, None, usize::MAX)
    }

    /// Returns the holdings and hosts of an action.
    fn scope_of(&self, within: &Within<'_>, key: &Key) -> Members {
        let of_stream = |stream: u16| {
            let packages = self.packages.ids();
            packages.filter(|pkg| self.packages.get(*pkg).stream == stream).collect()
        };
        let packages: Vec<PkgId> = match key.place {
            Place::Package(pkg) => vec![pkg],
            Place::Stream(stream) => of_stream(stream),
        };
        let mut members = Members { holdings: Vec::new(), hosts: RoaringBitmap::new() };
        for holding in packages.iter().flat_map(|pkg| &self.packages.get(*pkg).holdings) {
            let mut is_in = false;
            self.add_holding(within, *holding, |found, _| is_in |= found == *key);
            if !is_in {
                continue;
            }
            members.holdings.push(*holding);
            let hosts = self.holdings.hosts(*holding);
            match self.ended(Bucket::EnableChannel, hosts) {
                Some(ended) if key.bucket == Bucket::EnableChannel => {
                    within.add(&mut members.hosts, &(hosts - ended));
                }
                Some(ended) if key.bucket == Bucket::MoveRelease => {
                    let share = self
                        .holdings
                        .summary(*holding)
                        .map(|summary| summary.by_bucket[Bucket::MoveRelease.index()].exposed);
                    // Fixes in another minor release move all of them, an ended release those that it ended for.
                    let is_all = share.is_some_and(|exposed| exposed > 0);
                    within.add(&mut members.hosts, if is_all { hosts } else { &ended });
                }
                Some(_) | None => within.add(&mut members.hosts, hosts),
            }
        }
        members
    }

    fn act(&self, within: &Within<'_>, id: String, key: &Key, sum: &Sum) -> Act {
        let members = self.scope_of(within, key);
        let closed = self.closed(key, &members.holdings);
        let kev = closed.subjects.iter().filter(|s| self.subjects.get(**s).is_kev).count() as u64;
        let hosts = members.hosts.len();
        let mut act = Act {
            id,
            verb: verb(key.bucket),
            package: self.action_package(key),
            to: key.to.map_or_else(String::new, |to| self.versions.text(to).to_owned()),
            hosts,
            host_ids: self.hosts.ids_of(&members.hosts, None, HOSTS_NAMED_MAX),
            closes: closed
                .subjects
                .iter()
                .map(|subject| self.subjects.get(*subject).subject.clone())
                .collect(),
            kev,
            gain_micro: sum.gain_micro,
            needs_reboot: key.bucket == Bucket::Reboot || closed.needs_reboot,
            restarts: match key.bucket {
                Bucket::Restart => self.units(key, &members.hosts),
                Bucket::Upgrade
                | Bucket::Unhold
                | Bucket::EnableChannel
                | Bucket::MoveRelease
                | Bucket::Mitigate
                | Bucket::Reboot
                | Bucket::Image => Vec::new(),
            },
            because: Vec::new(),
        };
        act.because = because(&act);
        act
    }

    /// Returns what an action closes, the worst first.
    fn closed(&self, key: &Key, holdings: &[HoldingId]) -> Closed {
        let mut closed = Closed { subjects: Vec::new(), needs_reboot: false };
        let mut slices = Slices::default();
        let tables = (&self.versions, &self.arch_sets);
        for held in holdings.chunk_by(|a, b| self.holdings.package(*a) == self.holdings.package(*b))
        {
            let package = self.packages.get(self.holdings.package(held[0]));
            let is_kernel = |holding: &HoldingId| {
                self.holdings.pieces(*holding).iter().any(|piece| piece.role() == Role::Running)
            };
            closed.needs_reboot |= held.iter().any(is_kernel) && key.bucket == Bucket::Upgrade;
            for rows in package.rows.chunk_by(|a, b| a.subject == b.subject) {
                if self.subjects.get(rows[0].subject).is_rejected {
                    continue;
                }
                let mut judge = Judge::new(tables, package, rows, &mut slices);
                let is_closed = held.iter().any(|holding| {
                    let arches = self.holdings.arches(*holding);
                    let stood = judge.stand(arches, self.holdings.pieces(*holding));
                    let bucket = stood.and_then(|stood| stood.stand.bucket());
                    bucket == Some(key.bucket)
                        || (key.bucket == Bucket::MoveRelease
                            && bucket == Some(Bucket::EnableChannel)
                            && !self.hosts.release_ended.is_disjoint(self.holdings.hosts(*holding)))
                });
                if is_closed {
                    closed.subjects.push(rows[0].subject);
                    let asks = |row: &RowData| self.advisories.get(row.advisory).needs_reboot;
                    closed.needs_reboot |= key.bucket == Bucket::Upgrade && rows.iter().any(asks);
                }
            }
        }
        closed.subjects.sort_unstable();
        closed.subjects.dedup();
        closed.subjects.sort_unstable_by_key(|subject| self.badness(*subject));
        closed
    }

    /// Returns the units to restart on the first hosts of a set.
    fn units(&self, key: &Key, hosts: &RoaringBitmap) -> Vec<String> {
        /// Units are much the same everywhere; all hosts would cost more than the line is worth.
        const HOSTS_ASKED_MAX: usize = 200;
        let mut units = BTreeSet::new();
        for id in self.hosts.ids_of(hosts, None, HOSTS_ASKED_MAX) {
            let host = self.hosts.number(id).and_then(|number| self.hosts.get(number));
            for (pkg, of_package) in host.iter().flat_map(|host| &host.stale) {
                if Place::Package(*pkg) == key.place {
                    units.extend(of_package.iter().cloned());
                }
            }
        }
        units.into_iter().collect()
    }

    fn action_package(&self, key: &Key) -> PackageName {
        match key.place {
            Place::Package(pkg) => self.packages.name(pkg),
            Place::Stream(stream) => PackageName {
                stream: self.packages.stream(stream).to_owned(),
                package: String::new(),
                module: String::new(),
            },
        }
    }

    fn action_id(&self, key: &Key) -> String {
        let PackageName { stream, package, module } = self.action_package(key);
        let to = key.to.map_or("", |to| self.versions.text(to));
        format!("{}:{stream}/{package}/{module}/{to}", word(key.bucket))
    }

    fn read_action_id(&self, id: &str) -> Option<Key> {
        let (verb, rest) = id.split_once(':')?;
        let bucket = Bucket::ALL.into_iter().find(|bucket| word(*bucket) == verb)?;
        let mut parts = rest.splitn(4, '/');
        let stream = self.packages.find_stream(parts.next()?)?;
        let (package, module, to) = (parts.next()?, parts.next()?, parts.next()?);
        if package.is_empty() {
            return Some(Key { bucket, place: Place::Stream(stream), to: None });
        }
        let pkg = self.packages.find(stream, package, module)?;
        let to = if to.is_empty() { None } else { Some(self.versions.find(pkg, to)?) };
        Some(Key { bucket, place: Place::Package(pkg), to })
    }
}

/// Whom an action is for.
struct Members {
    holdings: Vec<HoldingId>,
    hosts: RoaringBitmap,
}

/// What an action closes.
struct Closed {
    subjects: Vec<u32>,
    needs_reboot: bool,
}

fn verb(bucket: Bucket) -> ActionVerb {
    match bucket {
        Bucket::Upgrade => ActionVerb::Upgrade,
        Bucket::Unhold => ActionVerb::Unhold,
        Bucket::EnableChannel => ActionVerb::EnableChannel,
        Bucket::MoveRelease => ActionVerb::MoveRelease,
        Bucket::Mitigate => ActionVerb::RemoveOrMitigate,
        Bucket::Reboot => ActionVerb::Reboot,
        Bucket::Restart => ActionVerb::Restart,
        Bucket::Image => ActionVerb::RemoveImage,
    }
}

fn word(bucket: Bucket) -> &'static str {
    match bucket {
        Bucket::Upgrade => "upgrade",
        Bucket::Unhold => "unhold",
        Bucket::EnableChannel => "enable_channel",
        Bucket::MoveRelease => "move_release",
        Bucket::Mitigate => "remove_or_mitigate",
        Bucket::Reboot => "reboot",
        Bucket::Restart => "restart",
        Bucket::Image => "remove_image",
    }
}

fn because(act: &Act) -> Vec<String> {
    let units = |micro: u64| format!("{}.{:03}", micro / 1_000_000, micro / 1_000 % 1_000);
    let mut because = Vec::new();
    if act.kev > 0 {
        because.push(format!("{} of what it closes are known to be exploited", act.kev));
    }
    because.push(format!(
        "spares {} hazard units, summed over {} hosts with their weights",
        units(act.gain_micro),
        act.hosts
    ));
    let how = match act.verb {
        ActionVerb::Reboot => "nothing is downloaded: the fix is installed",
        ActionVerb::Restart => "no reboot: the fix is installed",
        ActionVerb::RemoveOrMitigate => "no fix is known",
        ActionVerb::EnableChannel => "a fix exists and is not offered",
        ActionVerb::Unhold => "a fix is offered and held back",
        ActionVerb::MoveRelease => "the fix is in another release",
        ActionVerb::RemoveImage => "the vulnerable kernel lies on the disk",
        ActionVerb::Upgrade => "the fix is offered",
    };
    because.push(how.to_owned());
    because
}

#[cfg(test)]
mod tests;
