//! May this run start now? Gates in a fixed order; the first "no" is what the run waits for.
//! A permit only narrows what people signed: it can delay a host, never hurry it.

use model::order::Order;
use model::plan::PlanHost;
use model::run::{PermitAnswer, WaitingOn};

/// How long a permit is good for, in seconds from the moment the claim was sent, by the agent's own
/// clock: enough for one slow round trip, too short for a permit to be kept for later.
pub const PERMIT_VALID_SECS: u32 = 60;
/// Hosts of one order at work at once. With the halt threshold it bounds how many can break:
/// `halt_after - 1 + IN_FLIGHT_MAX`. Five keeps a small fleet fast and a large one mostly untouched.
pub const IN_FLIGHT_MAX: u32 = 5;

/// One claim, and the facts to answer it from.
#[derive(Debug, Clone, Copy)]
pub struct PermitInput<'a> {
    /// Seconds since the Unix epoch, by the server's clock.
    pub now: i64,
    pub order: &'a Order,
    /// The claiming host's part of the plan.
    pub entry: &'a PlanHost,
    pub stopped_by: Option<&'a str>,
    /// `crate::change::failures` of the order's runs.
    pub failures: u32,
    /// Names of the other hosts that hold a slot: permitted and not over, stuck or lost. Sorted.
    pub holders: &'a [String],
    /// The permit that this run and attempt already has: asking twice is one permit.
    pub granted: Option<u64>,
    /// Number for a new permit; higher than any given before.
    pub next_permit_seq: u64,
    /// Slots of this order; `IN_FLIGHT_MAX` where nothing else is set.
    pub slots_max: u32,
}

/// Answers one claim. Also asked again right before the transaction: a halt in between refuses it.
pub fn permit(input: &PermitInput<'_>) -> PermitAnswer {
    if let Some(by) = input.stopped_by {
        return PermitAnswer::Cancelled { by: by.to_owned() };
    }
    let order = input.order;
    if input.now > order.not_after {
        return PermitAnswer::Cancelled { by: "the end of the order's life".to_owned() };
    }
    if order.window.is_some_and(|window| input.now >= window.closes_at) {
        return PermitAnswer::Cancelled { by: "the end of its window".to_owned() };
    }
    if let Some(waiting_on) = waiting(input) {
        return PermitAnswer::Waiting { waiting_on };
    }
    PermitAnswer::Granted {
        permit_seq: input.granted.unwrap_or(input.next_permit_seq),
        valid_secs: PERMIT_VALID_SECS,
    }
}

fn waiting(input: &PermitInput<'_>) -> Option<WaitingOn> {
    if input.failures >= input.order.halt_after.max(1) {
        return Some(WaitingOn::Halted { failures: input.failures });
    }
    if let Some(waiting) = time(input.order, input.entry, input.now) {
        return Some(waiting);
    }
    let has_room = u32::try_from(input.holders.len()).is_ok_and(|held| held < input.slots_max);
    // A run that has its permit holds its own slot already.
    if input.granted.is_none() && !has_room {
        return Some(WaitingOn::SlotFull { holders: input.holders.to_vec() });
    }
    None
}

/// Returns which moment the host's part still waits for: life of the order, window, wave.
pub(crate) fn time(order: &Order, entry: &PlanHost, now: i64) -> Option<WaitingOn> {
    if now < order.not_before {
        return Some(WaitingOn::Window { opens_at: order.not_before });
    }
    if let Some(window) = order.window
        && now < window.opens_at
    {
        return Some(WaitingOn::Window { opens_at: window.opens_at });
    }
    let wave = order.waves.iter().find(|w| (w.ring, w.wave) == (entry.ring, entry.wave));
    // A wave that the order does not name has no start: it waits until the order is over.
    let start_at = wave.map_or(order.not_after, |wave| wave.start_at);
    (now < start_at).then_some(WaitingOn::WaveStart { start_at })
}

#[cfg(test)]
pub(crate) mod tests;
