//! What a host remembers so that nothing old is obeyed again. Values only rise.

use crate::ceilings::DAY_SECS;
use crate::order::VerifiedOrder;
use crate::roster::VerifiedRoster;
use model::{ChangeId, OrderId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An order's id is remembered for a day longer than the order lives: clocks differ.
const REMEMBER_SECS: i64 = DAY_SECS;

/// Kept on the host's disk by the root half, written before an order is acted on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Floors {
    /// Serial of the newest roster seen; 0: none yet.
    pub roster_serial: u64,
    /// The highest serial below which orders are dead, of any roster seen.
    pub serial_floor: u64,
    /// The newest signed time that was true: a clock far before it was turned back.
    pub newest_signed_at: i64,
    /// Highest generation seen, by rollout.
    pub generations: BTreeMap<ChangeId, u64>,
    /// Orders taken up, with the end of their life.
    pub orders_seen: BTreeMap<OrderId, i64>,
    /// When each approver's key was first seen here; 0 for those of the first roster.
    pub keys_first_seen: BTreeMap<String, i64>,
    /// When runs began, for `max_runs_per_day`; older than a day are forgotten.
    pub runs_started_at: Vec<i64>,
}

impl Floors {
    /// Takes note of a roster that verified. To be called for each one, before orders are checked
    /// against it.
    ///
    /// Keys of the first roster count as known for ever: they came with the pinned root, and a new
    /// host would otherwise refuse every wide order of its first day.
    pub fn see_roster(&mut self, roster: &VerifiedRoster, now: i64) {
        let roster = &roster.roster;
        let seen_at = if self.roster_serial == 0 { 0 } else { now };
        for key in roster.persons.iter().flat_map(|person| &person.keys) {
            self.keys_first_seen.entry(key.key_id.clone()).or_insert(seen_at);
        }
        self.roster_serial = self.roster_serial.max(roster.serial);
        self.serial_floor = self.serial_floor.max(roster.serial_floor);
        self.newest_signed_at = self.newest_signed_at.max(roster.issued_at);
    }

    /// Takes note of an order that is about to be acted on: it will be refused from now on.
    pub fn raise(&mut self, verified: &VerifiedOrder, now: i64) {
        let order = &verified.order;
        self.newest_signed_at = self.newest_signed_at.max(order.not_before);
        let generation = self.generations.entry(order.rollout).or_insert(0);
        *generation = order.generation.max(*generation);
        self.orders_seen.insert(order.order_id, order.not_after);
        self.orders_seen.retain(|_, not_after| not_after.saturating_add(REMEMBER_SECS) > now);
        self.runs_started_at.retain(|at| at.saturating_add(DAY_SECS) > now);
        self.runs_started_at.push(now);
    }

    /// Returns the number of runs that began within the last 24 hours.
    pub(crate) fn runs_within_a_day(&self, now: i64) -> u32 {
        let recent = self.runs_started_at.iter().filter(|at| at.saturating_add(DAY_SECS) > now);
        u32::try_from(recent.count()).unwrap_or(u32::MAX)
    }

    /// Returns whether `key_id` came with a later roster less than `cooldown_secs` ago.
    pub(crate) fn is_cooling(&self, key_id: &str, cooldown_secs: i64, now: i64) -> bool {
        let first = if self.roster_serial == 0 { 0 } else { now };
        let seen_at = self.keys_first_seen.get(key_id).copied().unwrap_or(first);
        seen_at != 0 && now < seen_at.saturating_add(cooldown_secs)
    }
}
