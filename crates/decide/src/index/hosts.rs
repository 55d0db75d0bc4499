//! Hosts by number, with the sets that questions narrow by.

use crate::index::entry::{Coverage, HostEntry};
use crate::index::holdings::HoldingId;
use crate::index::versions::{PkgId, count};
use model::{HostId, TenantId};
use roaring::RoaringBitmap;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Bound;

/// Units that run old code, by package.
pub(crate) type StaleUnits = Box<[(PkgId, Box<[String]>)]>;

/// One host.
#[derive(Debug)]
pub(crate) struct HostData {
    pub(crate) id: HostId,
    pub(crate) tenant: TenantId,
    pub(crate) first_seen_at: i64,
    pub(crate) coverage: Coverage,
    pub(crate) class: u32,
    pub(crate) weight_halves: u32,
    pub(crate) is_lists_stale: bool,
    pub(crate) is_release_ended: bool,
    pub(crate) channels: Box<[u16]>,
    /// Units that run old code, by package.
    pub(crate) stale: StaleUnits,
    /// Sorted holdings, packed.
    held: Box<[u8]>,
}

impl HostData {
    /// Returns its holdings, sorted.
    pub(crate) fn holdings(&self) -> Vec<HoldingId> {
        unpack(&self.held).collect()
    }
}

/// A weight that no set is kept for: criticality medium, exposure unknown.
pub(crate) const WEIGHT_PLAIN: u32 = 2;

/// All hosts. Numbers of hosts that are gone are used again.
#[derive(Debug, Default)]
pub(crate) struct Hosts {
    numbers: BTreeMap<HostId, u32>,
    all: Vec<Option<HostData>>,
    free: Vec<u32>,
    pub(crate) tenants: BTreeMap<TenantId, RoaringBitmap>,
    pub(crate) classes: BTreeMap<u32, RoaringBitmap>,
    /// By weight, in halves; without `WEIGHT_PLAIN`.
    pub(crate) weights: BTreeMap<u32, RoaringBitmap>,
    pub(crate) lists_stale: RoaringBitmap,
    pub(crate) release_ended: RoaringBitmap,
    pub(crate) channels: BTreeMap<u16, RoaringBitmap>,
}

impl Hosts {
    pub(crate) fn number(&self, id: HostId) -> Option<u32> {
        self.numbers.get(&id).copied()
    }

    pub(crate) fn get(&self, number: u32) -> Option<&HostData> {
        self.all.get(number as usize).and_then(Option::as_ref)
    }

    pub(crate) fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Returns the smallest number that no host ever had.
    pub(crate) fn numbers_max(&self) -> usize {
        self.all.len()
    }

    /// Returns the numbers by host.
    pub(crate) fn by_id(&self) -> impl Iterator<Item = (HostId, u32)> {
        self.numbers.iter().map(|(id, number)| (*id, *number))
    }

    /// Returns the ids of a set that come after one, sorted; at most `limit`.
    pub(crate) fn ids_of(
        &self,
        set: &RoaringBitmap,
        after: Option<HostId>,
        limit: usize,
    ) -> Vec<HostId> {
        let size = usize::try_from(set.len()).unwrap_or(usize::MAX);
        // Walking all hosts in order is cheaper than sorting where the set is dense.
        if size.saturating_mul(16) > self.len() {
            let start = after.map_or(Bound::Unbounded, Bound::Excluded);
            let within = self.numbers.range((start, Bound::Unbounded));
            let within = within.filter(|(_, number)| set.contains(**number));
            return within.map(|(id, _)| *id).take(limit).collect();
        }
        let ids = set.iter().filter_map(|number| self.get(number)).map(|host| host.id);
        let mut ids: Vec<HostId> = ids.filter(|id| after.is_none_or(|after| *id > after)).collect();
        ids.sort_unstable();
        ids.truncate(limit);
        ids
    }

    /// Puts a host in; returns its number, what it held before, and whether its holdings count otherwise now.
    pub(crate) fn put(&mut self, data: HostData) -> (u32, Vec<HoldingId>, bool) {
        let number = self.number(data.id).unwrap_or_else(|| self.free_number());
        let before = self.all[number as usize].take();
        let held = before.as_ref().map_or_else(Vec::new, HostData::holdings);
        let weight = |host: &HostData| (host.tenant, host.weight_halves, host.is_release_ended);
        let is_reweighed = before.as_ref().is_some_and(|before| weight(before) != weight(&data));
        if let Some(before) = &before {
            self.set_flags(number, before, false);
        }
        self.set_flags(number, &data, true);
        self.numbers.insert(data.id, number);
        self.all[number as usize] = Some(data);
        (number, held, is_reweighed)
    }

    /// Takes a host out; returns its number and what it held.
    pub(crate) fn remove(&mut self, id: HostId) -> Option<(u32, Vec<HoldingId>)> {
        let number = self.numbers.remove(&id)?;
        let before = self.all[number as usize].take()?;
        self.set_flags(number, &before, false);
        self.free.push(number);
        Some((number, before.holdings()))
    }

    fn free_number(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.all.push(None);
            count(self.all.len() - 1)
        })
    }

    fn set_flags(&mut self, number: u32, data: &HostData, is_in: bool) {
        let set = |bitmap: &mut RoaringBitmap, is_in: bool| {
            if is_in {
                bitmap.insert(number);
            } else {
                bitmap.remove(number);
            }
        };
        set(&mut self.lists_stale, is_in && data.is_lists_stale);
        set(&mut self.release_ended, is_in && data.is_release_ended);
        toggle(&mut self.tenants, data.tenant, number, is_in);
        toggle(&mut self.classes, data.class, number, is_in);
        if data.weight_halves != WEIGHT_PLAIN {
            toggle(&mut self.weights, data.weight_halves, number, is_in);
        }
        for channel in &data.channels {
            toggle(&mut self.channels, *channel, number, is_in);
        }
    }
}

/// Sets or clears a host in the set of `key`; empty sets are dropped, so that they leave no trace.
fn toggle<K: Ord>(sets: &mut BTreeMap<K, RoaringBitmap>, key: K, number: u32, is_in: bool) {
    match sets.entry(key) {
        Entry::Vacant(entry) if is_in => {
            entry.insert(RoaringBitmap::from_iter([number]));
        }
        Entry::Vacant(_) => {}
        Entry::Occupied(mut entry) => {
            if is_in {
                entry.get_mut().insert(number);
            } else {
                entry.get_mut().remove(number);
                if entry.get().is_empty() {
                    entry.remove();
                }
            }
        }
    }
}

/// Makes a host's data from its entry and its holdings, which are sorted.
pub(crate) fn data(
    entry: &HostEntry,
    holdings: &[HoldingId],
    channels: Box<[u16]>,
    stale: StaleUnits,
) -> HostData {
    HostData {
        id: entry.host,
        tenant: entry.tenant,
        first_seen_at: entry.first_seen_at,
        coverage: entry.coverage,
        class: entry.class,
        weight_halves: entry.weight_halves,
        is_lists_stale: entry.is_lists_stale,
        is_release_ended: entry.is_release_ended,
        channels,
        stale,
        held: pack(holdings),
    }
}

/// Packs sorted numbers as differences, seven bits a byte: two bytes each in a large fleet instead of four.
fn pack(holdings: &[HoldingId]) -> Box<[u8]> {
    let mut bytes = Vec::with_capacity(holdings.len() * 2);
    let mut last = 0;
    for HoldingId(id) in holdings {
        let mut rest = id - last;
        last = *id;
        while rest >= 0x80 {
            bytes.push(low_bits(rest) | 0x80);
            rest >>= 7;
        }
        bytes.push(low_bits(rest));
    }
    bytes.into_boxed_slice()
}

fn low_bits(number: u32) -> u8 {
    u8::try_from(number & 0x7f).unwrap_or_default()
}

fn unpack(bytes: &[u8]) -> impl Iterator<Item = HoldingId> {
    let mut rest = bytes.iter();
    let mut last = 0;
    std::iter::from_fn(move || {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = *rest.next()?;
            number |= u32::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                last += number;
                return Some(HoldingId(last));
            }
        }
    })
}
