//! The check of an order, in the order of the house's rules, and the only maker of [`VerifiedOrder`].
//!
//! Refusing is an answer. Everything that a host remembers for this check is in [`Floors`], which
//! only rise; everything that it limits by itself is in `ceilings`.

mod floors;
mod persons;

use crate::ceilings::{self, Ask, Ceilings};
use crate::envelope;
use crate::roster::VerifiedRoster;
use model::order::{
    ORDER_HOSTS_MAX, ORDER_LIFE_SECS_MAX, ORDER_SCHEMA, ORDER_TYPE, Order, Target, Verb,
};
use model::outcome::Refusal;
use model::plan::{PLAN_SCHEMA, PlanHost};
use model::run::WaitingOn;
use model::wire::{ENTRY_BYTES_MAX, Envelope};
use model::{Digest, HostId};
use std::collections::BTreeSet;

pub use floors::Floors;
pub use persons::{Approvals, Signer, approvals, is_wide};

/// How far a host's clock may be behind the newest signed time before it counts as turned back:
/// clocks of two honest machines differ by seconds, and minutes are reported elsewhere.
pub const CLOCK_SLACK_SECS: i64 = 300;
/// A host whose clock differs more than this from the server's takes no new orders.
pub const CLOCK_SKEW_SECS_MAX: i64 = 900;

/// Everything that the check looks at beside the envelope.
#[derive(Debug, Clone, Copy)]
pub struct Check<'a> {
    /// The tenant root that this host pinned at enrolment.
    pub pin: Digest,
    pub roster: &'a VerifiedRoster,
    pub host: HostId,
    /// The bytes that came as this host's part of the plan.
    pub entry: &'a [u8],
    pub floors: &'a Floors,
    pub ceilings: &'a Ceilings,
    /// Seconds since the Unix epoch, by the host's clock.
    pub now: i64,
}

/// An order that passed the check for one host. Only [`verify`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifiedOrder {
    pub order: Order,
    /// This host's part of the plan, read from the bytes that the order names.
    pub entry: PlanHost,
    /// Digest of the order's payload: what was signed.
    pub payload: Digest,
    /// Person ids, sorted.
    pub approvers: Vec<String>,
}

/// Checks an order for one host: steps 1 to 8. Step 9, whether work may start at this moment, is
/// [`may_start`]: it is asked again right before acting, because staging comes long before.
///
/// # Errors
/// The first reason why this host does not obey.
pub fn verify(envelope: &Envelope, check: &Check<'_>) -> Result<VerifiedOrder, Refusal> {
    let (order, payload) = read(envelope)?;
    if order.tenant_root_hash != check.pin || check.roster.roster.tenant_root_hash != check.pin {
        return Err(Refusal::WrongTenantRoot);
    }
    roster_is_current(check)?;
    let cooling = persons::Cooling {
        floors: check.floors,
        cooldown_secs: check.ceilings.roster_change_cooldown_secs,
        now: check.now,
    };
    let counted = persons::count(envelope, &order, check.roster, Some(&cooling))?;
    counted.enough(&order, check.roster)?;
    let entry = entry(&order, check)?;
    in_time(&order, check)?;
    fresh(&order, check)?;
    check.ceilings.check(&Ask {
        verb: order.verb,
        is_wide: is_wide(&order, check.roster),
        persons: u32::try_from(counted.persons.len()).unwrap_or(u32::MAX),
        steps: &entry.steps,
        runs: check.floors.runs_within_a_day(check.now),
    })?;
    let approvers = counted.persons.iter().cloned().collect();
    Ok(VerifiedOrder { order, entry, payload: Digest::of(&payload), approvers })
}

/// Whether work may start now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartGate {
    Open,
    /// Not now: for what, and the refusal that starting nevertheless would be.
    Waiting(WaitingOn, Refusal),
    /// Never again.
    Closed(Refusal),
}

/// Answers whether work on a verified order may start at `now`: wave, signed window, the host's own
/// windows, life. A server can delay a start, never hurry it.
pub fn may_start(order: &VerifiedOrder, ceilings: &Ceilings, now: i64) -> StartGate {
    let (entry, order) = (&order.entry, &order.order);
    if now > order.not_after || order.window.is_some_and(|window| now >= window.closes_at) {
        return StartGate::Closed(Refusal::Expired);
    }
    if now < order.not_before {
        let waiting = WaitingOn::Window { opens_at: order.not_before };
        return StartGate::Waiting(waiting, Refusal::TooEarly);
    }
    // A wave that the order does not name never starts: `read` refuses such an order.
    let wave = order.waves.iter().find(|w| (w.ring, w.wave) == (entry.ring, entry.wave));
    let start_at = wave.map_or(i64::MAX, |wave| wave.start_at);
    if now < start_at {
        return StartGate::Waiting(WaitingOn::WaveStart { start_at }, Refusal::WaveNotReached);
    }
    if let Some(window) = order.window.filter(|window| now < window.opens_at) {
        let waiting = WaitingOn::Window { opens_at: window.opens_at };
        return StartGate::Waiting(waiting, Refusal::TooEarly);
    }
    match ceilings.open_at(now) {
        Ok(()) => StartGate::Open,
        Err(refusal) => {
            let opens_at = ceilings.next_opening(now).unwrap_or(i64::MAX);
            StartGate::Waiting(WaitingOn::Window { opens_at }, refusal)
        }
    }
}

/// Compares the host's clock with the server's. The server's time is never obeyed: a difference
/// only refuses.
///
/// # Errors
/// `ClockSkewed` beyond 15 minutes.
pub fn clock_agrees(now: i64, server_time: i64) -> Result<(), Refusal> {
    let secs = now.saturating_sub(server_time);
    if secs.saturating_abs() > CLOCK_SKEW_SECS_MAX {
        return Err(Refusal::ClockSkewed { secs });
    }
    Ok(())
}

/// Step 1: limits, type, strict parse, and what no signature makes right.
fn read(envelope: &Envelope) -> Result<(Order, Vec<u8>), Refusal> {
    let payload = envelope::open(envelope)?;
    if envelope.kind != ORDER_TYPE {
        let found = envelope.kind.chars().take(80).collect();
        return Err(Refusal::WrongType { found });
    }
    let order: Order = envelope::strict(&payload)?;
    if order.schema != ORDER_SCHEMA {
        return Err(Refusal::WrongType { found: format!("{ORDER_TYPE} schema {}", order.schema) });
    }
    let hosts: BTreeSet<_> = order.targets.iter().map(|target| target.host).collect();
    let waves: BTreeSet<_> = order.waves.iter().map(|wave| (wave.ring, wave.wave)).collect();
    if hosts.len() != order.targets.len() || waves.len() != order.waves.len() {
        let text = "a host or a wave appears twice".to_owned();
        return Err(Refusal::Malformed { text });
    }
    Ok((order, payload))
}

/// Step 3. The chain itself was checked when the roster was; what has passed since is checked here.
fn roster_is_current(check: &Check<'_>) -> Result<(), Refusal> {
    let roster = &check.roster.roster;
    if roster.serial < check.floors.roster_serial {
        return Err(Refusal::RosterOld);
    }
    if check.now > roster.expires_at {
        return Err(Refusal::RosterExpired);
    }
    Ok(())
}

/// Step 5: this host is named, with exactly these bytes.
fn entry(order: &Order, check: &Check<'_>) -> Result<PlanHost, Refusal> {
    let target = order.targets.iter().find(|target| target.host == check.host);
    let target: &Target = target.ok_or(Refusal::NotForMe)?;
    let most = usize::try_from(order.max_hosts).unwrap_or(usize::MAX).min(ORDER_HOSTS_MAX);
    if order.targets.len() > most {
        return Err(Refusal::TooManyHosts);
    }
    if check.entry.len() > ENTRY_BYTES_MAX {
        return Err(Refusal::TooBig);
    }
    if Digest::of(check.entry) != target.entry {
        return Err(Refusal::WrongEntry);
    }
    let entry: PlanHost = envelope::strict(check.entry)?;
    if entry.schema != PLAN_SCHEMA {
        return Err(Refusal::WrongType { found: format!("plan schema {}", entry.schema) });
    }
    if entry.host != check.host {
        return Err(Refusal::WrongEntry);
    }
    if !order.waves.iter().any(|wave| (wave.ring, wave.wave) == (entry.ring, entry.wave)) {
        let text = "the order has no start for this host's wave".to_owned();
        return Err(Refusal::Malformed { text });
    }
    Ok(entry)
}

/// Step 6, on the host's clock.
fn in_time(order: &Order, check: &Check<'_>) -> Result<(), Refusal> {
    let newest = check.floors.newest_signed_at;
    if check.now < newest.saturating_sub(CLOCK_SLACK_SECS) {
        return Err(Refusal::ClockWentBack);
    }
    if check.now < order.not_before {
        return Err(Refusal::TooEarly);
    }
    let ahead = order.not_after.saturating_sub(check.now);
    let is_closed = order.window.is_some_and(|window| check.now >= window.closes_at);
    if is_closed || !(0..=ORDER_LIFE_SECS_MAX).contains(&ahead) {
        return Err(Refusal::Expired);
    }
    Ok(())
}

/// Step 7: nothing runs twice, nothing old comes back.
fn fresh(order: &Order, check: &Check<'_>) -> Result<(), Refusal> {
    let floors = check.floors;
    if floors.orders_seen.contains_key(&order.order_id) {
        return Err(Refusal::Replayed);
    }
    if order.serial < check.roster.roster.serial_floor.max(floors.serial_floor) {
        return Err(Refusal::OldSerial);
    }
    if floors.generations.get(&order.rollout).is_some_and(|seen| order.generation < *seen) {
        return Err(Refusal::OldGeneration);
    }
    Ok(())
}

/// Returns how many persons the roster wants for this verb and breadth.
fn roster_need(order: &Order, roster: &VerifiedRoster) -> u32 {
    let thresholds = roster.roster.thresholds;
    let rollback = match order.verb {
        Verb::Rollback => thresholds.rollback,
        Verb::Upgrade => 0,
    };
    let wide = if is_wide(order, roster) { thresholds.wide } else { 0 };
    ceilings::need(thresholds.default, rollback, wide)
}

#[cfg(test)]
mod tests;
