//! From a draft to a signed order: what is signed is built and read here, never by the server.

use crate::error::{Failure, Kind};
use crate::output;
use crate::owner::{self, Trust};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use model::change::ChangeView;
use model::order::{
    ORDER_LIFE_SECS_MAX, ORDER_SCHEMA, ORDER_TYPE, Order, RebootRule, Target, Verb, WaveStart,
    WindowSpan,
};
use model::plan::{Plan, Purpose};
use model::wire::{Envelope, OrderDraft};
use model::{Digest, OrderId};
use serde_json::Value;
use std::collections::BTreeSet;
use trust::order::CLOCK_SLACK_SECS;

/// The rollout stops after this many failed hosts: the first failure is looked at by a person.
const HALT_AFTER: u32 = 1;

/// What the person asked for beside the change.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish {
    pub window: Option<WindowSpan>,
    pub valid_hours: u32,
}

/// An order that is ready to be shown and signed.
#[derive(Debug, Clone)]
pub(crate) struct Proposal {
    pub order: Order,
    pub plan: Plan,
    /// The bytes to sign.
    pub payload: Vec<u8>,
    /// Who signed these bytes already.
    pub envelope: Option<Envelope>,
}

/// Builds the order, or takes the one that others signed, after comparing it with the plan's bytes.
pub(crate) fn propose(
    change: &ChangeView,
    draft: &OrderDraft,
    wish: Wish,
    (id, now): (OrderId, i64),
) -> Result<Proposal, Failure> {
    let plan = plan(change, draft)?;
    if let Some(envelope) = &draft.envelope {
        let (order, payload) = theirs(envelope, &plan, change)?;
        showable(&payload)?;
        return Ok(Proposal { order, plan, payload, envelope: Some(envelope.clone()) });
    }
    if plan.hosts.is_empty() {
        return Err(Failure::user("there is nothing to sign: the plan has no hosts")
            .hint(format!("see why with `patchwell change show {}`", change.id)));
    }
    let times = times(wish, now)?;
    let order = order(change, draft, &plan, (id, times));
    let payload = owner::encoded(&order);
    showable(&payload)?;
    Ok(Proposal { order, plan, payload, envelope: None })
}

/// Checks that the server does not ask for a signature under another tenant's root than this person's.
pub(crate) fn same_root(draft: &OrderDraft, trust: Option<&Trust>) -> Result<(), Failure> {
    match trust {
        Some(trust) if trust.pin != draft.tenant_root_hash => {
            let message = "the server asks for an order under another tenant root than yours";
            Err(Failure::new(Kind::Refused, message).hint("do not sign; find out who changed it"))
        }
        _ => Ok(()),
    }
}

/// What cannot be shown as it is cannot be read before signing.
fn showable(bytes: &[u8]) -> Result<(), Failure> {
    fn all(value: &Value) -> bool {
        match value {
            Value::String(text) => text.chars().all(output::is_showable),
            Value::Array(list) => list.iter().all(all),
            Value::Object(map) => map.values().all(all),
            Value::Null | Value::Bool(_) | Value::Number(_) => true,
        }
    }
    let value: Value = serde_json::from_slice(bytes).map_err(|error| {
        Failure::internal("could not read what is to be signed").because(&error)
    })?;
    if all(&value) {
        return Ok(());
    }
    let message = "the change has characters that a terminal does not show as they are";
    Err(Failure::new(Kind::Refused, message)
        .hint("do not sign; plan again with a plain title, and look at the names of the hosts"))
}

fn plan(change: &ChangeView, draft: &OrderDraft) -> Result<Plan, Failure> {
    let refused = |message: &str| {
        Failure::new(Kind::Refused, message).hint("do not sign; plan again, or look at the server")
    };
    let bytes = STANDARD
        .decode(&draft.plan)
        .map_err(|error| refused("the plan's bytes cannot be read").because(&error))?;
    if Digest::of(&bytes) != change.plan_digest {
        return Err(refused("the plan's bytes are not those of the change that was shown"));
    }
    let plan: Plan = trust::envelope::strict(&bytes)
        .map_err(|refusal| refused("the plan cannot be read").because(&refusal))?;
    showable(&bytes)?;
    if plan.to_bytes() != bytes || plan.change != change.id {
        return Err(refused("the plan is written in another way than this program writes plans"));
    }
    Ok(plan)
}

/// Reads the order that somebody signed already. Only an order for exactly this plan is worth a signature.
fn theirs(
    envelope: &Envelope,
    plan: &Plan,
    change: &ChangeView,
) -> Result<(Order, Vec<u8>), Failure> {
    let refused = |message: &str| {
        Failure::new(Kind::Refused, message).hint("do not sign; ask who signed it before you")
    };
    let payload = trust::envelope::open(envelope)
        .map_err(|refusal| refused("the signed order cannot be read").because(&refusal))?;
    let order: Order = trust::envelope::strict(&payload)
        .map_err(|refusal| refused("the signed order cannot be read").because(&refusal))?;
    let is_this = envelope.kind == ORDER_TYPE
        && order.plan == change.plan_digest
        && order.rollout == plan.change
        && order.generation == plan.generation
        && order.verb == verb(plan)
        && order.targets == targets(plan);
    if !is_this {
        return Err(refused(
            "the order that was signed before is for something else than this plan",
        ));
    }
    Ok((order, payload))
}

fn verb(plan: &Plan) -> Verb {
    match plan.purpose {
        Purpose::Upgrade { .. } => Verb::Upgrade,
        Purpose::Undo { .. } => Verb::Rollback,
    }
}

fn targets(plan: &Plan) -> Vec<Target> {
    let target = |host: &model::plan::PlanHost| Target {
        host: host.host,
        entry: Digest::of(&host.to_bytes()),
    };
    plan.hosts.iter().map(target).collect()
}

struct Times {
    window: Option<WindowSpan>,
    not_before: i64,
    not_after: i64,
}

fn times(wish: Wish, now: i64) -> Result<Times, Failure> {
    // Hosts whose clocks are a little behind must not refuse what was signed just now.
    let not_before = now - CLOCK_SLACK_SECS;
    let not_after = match wish.window {
        Some(window) => window.closes_at,
        None => now + i64::from(wish.valid_hours) * 3_600,
    };
    if not_after <= now {
        return Err(Failure::user("the order would end before it begins")
            .hint("give a window that ends later, or --valid with at least 1 hour"));
    }
    if not_after - now > ORDER_LIFE_SECS_MAX - CLOCK_SLACK_SECS {
        return Err(Failure::user("an order lives for 14 days at most")
            .hint("sign nearer to the window, or give a smaller --valid"));
    }
    Ok(Times { window: wish.window, not_before, not_after })
}

fn order(change: &ChangeView, draft: &OrderDraft, plan: &Plan, given: (OrderId, Times)) -> Order {
    let (order_id, times) = given;
    let start_at = times.window.map_or(times.not_before, |window| window.opens_at);
    let waves: BTreeSet<(u32, u32)> =
        plan.hosts.iter().map(|host| (host.ring, host.wave)).collect();
    let targets = targets(plan);
    Order {
        schema: ORDER_SCHEMA,
        tenant_root_hash: draft.tenant_root_hash,
        order_id,
        serial: draft.next_serial,
        rollout: plan.change,
        generation: plan.generation,
        verb: verb(plan),
        plan: change.plan_digest,
        max_hosts: u32::try_from(targets.len()).unwrap_or(u32::MAX),
        targets,
        waves: waves.into_iter().map(|(ring, wave)| WaveStart { ring, wave, start_at }).collect(),
        window: times.window,
        not_before: times.not_before,
        not_after: times.not_after,
        reboot: RebootRule::Never,
        halt_after: HALT_AFTER,
        author: change.created_by.clone(),
        reason: change.title.clone(),
    }
}

/// Reads `START..END`, each in RFC 3339 or as `2026-03-07T02:00[Europe/Berlin]`.
pub(crate) fn window(text: &str) -> Result<WindowSpan, String> {
    let (start, end) = text.split_once("..").ok_or("a window is START..END")?;
    let (opens_at, closes_at) = (moment(start)?, moment(end)?);
    if closes_at <= opens_at {
        return Err("the window ends before it begins".to_owned());
    }
    Ok(WindowSpan { opens_at, closes_at })
}

fn moment(text: &str) -> Result<i64, String> {
    let zoned = text.parse::<Zoned>().map(|at| at.timestamp());
    let at = zoned.or_else(|_| text.parse::<Timestamp>()).map_err(|_| {
        format!(
            "`{text}` is not a time with a zone, as in `2026-03-07T02:00:00Z` or \
             `2026-03-07T02:00[Europe/Berlin]`"
        )
    })?;
    Ok(at.as_second())
}

/// Returns a moment as people read it, in the given zone.
pub(crate) fn local(at: i64, zone: &TimeZone) -> String {
    match Timestamp::from_second(at) {
        Ok(at) => at.to_zoned(zone.clone()).strftime("%a %Y-%m-%d %H:%M %Z").to_string(),
        Err(_) => at.to_string(),
    }
}

#[cfg(test)]
mod tests;
