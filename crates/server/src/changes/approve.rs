//! Approving: a signed order is checked as far as a server can, its signatures are collected, and once
//! there are enough it is handed out. Every agent checks all of it again.

use crate::app::{Actor, App, event};
use crate::changes::facts::{Facts, objects};
use crate::error::ApiError;
use crate::trusted;
use model::change::{Approval, ChangeState};
use model::order::{Order, Verb};
use model::plan::{Plan, Purpose};
use model::run::RunState;
use model::wire::{ApproveAnswer, Envelope};
use model::{ChangeId, Digest, HostId, RunId};
use std::collections::{BTreeMap, BTreeSet};
use store::changes::OrderRow;
use store::deliveries::NewDelivery;
use store::runs::RunRow;
use store::{NewEvent, TenantScope, Tx};
use trust::order::Approvals;
use trust::roster::VerifiedRoster;

/// Takes a signed order for a change.
///
/// # Errors
/// `BadInput` when hosts would refuse it; `Conflict` when it does not carry out this change, another
/// order was signed before, or the change is over.
pub fn approve(
    app: &App,
    actor: &Actor,
    change: ChangeId,
    envelope: Envelope,
) -> Result<ApproveAnswer, ApiError> {
    let trusted = trusted::roster(app)?;
    let roster = trusted.roster.clone().ok_or_else(|| ApiError::internal("no roster"))?;
    let (scope, person, now) = (actor.scope, actor.person.clone(), app.now());
    let (answer, rings) = app.write(move |tx| {
        let given = Given { scope, person, roster, now };
        let facts = Facts::read(&tx, &scope, change)?;
        let taken = take(&given, &facts, envelope)?;
        if facts.row.order.is_none() {
            serial_is_new(&tx, &given, taken.order.serial)?;
        }
        keep(&tx, &given, &taken)?;
        let is_new = taken.is_enough() && facts.row.approved_at.is_none();
        let rings = if is_new { dispatch(&tx, &given, (&facts, &taken))? } else { Vec::new() };
        let answer = ApproveAnswer {
            order: taken.order.order_id,
            approvals: store::changes::approvals(&tx, &scope, change)?,
            need: taken.need,
        };
        let mut recorded = tx.record(&scope, &taken.event(&given))?;
        if is_new {
            let detail = serde_json::json!({ "order": taken.order.order_id });
            let object = change.to_string();
            let approved = event(now, "server", "change.approved", &object, detail);
            recorded = recorded.record(&scope, &approved)?;
        }
        recorded.commit((answer, rings))
    })?;
    app.fleet.ring(&rings);
    app.vault.wake();
    Ok(answer)
}

struct Given {
    scope: TenantScope,
    person: String,
    roster: VerifiedRoster,
    now: i64,
}

/// An order that fits its change, with all signatures that count.
struct Taken {
    change: ChangeId,
    order: Order,
    row: OrderRow,
    signers: Vec<Approval>,
    have: u32,
    need: u32,
}

impl Taken {
    fn is_enough(&self) -> bool {
        self.have >= self.need
    }

    fn event(&self, given: &Given) -> NewEvent {
        let keys: Vec<_> = self.signers.iter().map(|s| &s.key_id).collect();
        let detail = serde_json::json!({
            "order": self.order.order_id, "payload": self.row.payload, "plan": self.order.plan,
            "signed_by": keys, "have": self.have, "need": self.need,
            "envelope": self.row.envelope,
        });
        event(given.now, &given.person, "order.signed", &self.change.to_string(), detail)
    }
}

fn take(given: &Given, facts: &Facts, envelope: Envelope) -> Result<Taken, ApiError> {
    let state = facts.state(given.now);
    if !matches!(state, ChangeState::Planned { .. } | ChangeState::Approved) {
        let said = format!("the change is {} and takes no more signatures", state.word());
        return Err(ApiError::conflict("change_over", &said).hint("plan again"));
    }
    let merged = merged(facts, envelope)?;
    let Approvals { order, payload, signers, have, need, .. } =
        trust::order::approvals(&merged, &given.roster).map_err(trusted::refused)?;
    fits(&order, facts, given)?;
    let signers = signers
        .into_iter()
        .map(|signer| Approval { person: signer.person, key_id: signer.key_id, at: given.now })
        .collect();
    let row = OrderRow {
        order: order.order_id,
        envelope: merged,
        payload,
        serial: order.serial,
        not_before: order.not_before,
        not_after: order.not_after,
    };
    Ok(Taken { change: facts.row.change, order, row, signers, have, need })
}

/// Puts the signatures collected before beside the new one. They must be over the same bytes.
fn merged(facts: &Facts, mut envelope: Envelope) -> Result<Envelope, ApiError> {
    let Some(before) = &facts.row.order else { return Ok(envelope) };
    if before.envelope.payload != envelope.payload || before.envelope.kind != envelope.kind {
        let said = "another order was already signed for this change";
        return Err(ApiError::conflict("other_order", said)
            .hint("sign the order that others signed: `patchwell approve` fetches it"));
    }
    let mut signatures: BTreeMap<_, _> =
        before.envelope.signatures.iter().map(|s| (s.key_id.clone(), s.clone())).collect();
    for signature in envelope.signatures {
        signatures.entry(signature.key_id.clone()).or_insert(signature);
    }
    envelope.signatures = signatures.into_values().collect();
    Ok(envelope)
}

/// Checks that the order carries out exactly this change's plan.
fn fits(order: &Order, facts: &Facts, given: &Given) -> Result<(), ApiError> {
    let row = &facts.row;
    let other = |said: &str| Err(ApiError::conflict("order_does_not_fit", said).hint("sign again"));
    if order.rollout != row.change || order.generation != row.generation {
        return other("the order is for another change or generation");
    }
    if order.plan != row.plan {
        return other("the order names another plan");
    }
    if order.verb != verb(&facts.plan) {
        return other("the order's verb is not the plan's purpose");
    }
    let targets: BTreeSet<_> = order.targets.iter().map(|t| (t.host, t.entry)).collect();
    let planned: BTreeSet<_> =
        facts.plan.hosts.iter().map(|h| (h.host, Digest::of(&h.to_bytes()))).collect();
    if targets != planned {
        return other("the order's hosts are not the plan's");
    }
    let waves: BTreeSet<_> = order.waves.iter().map(|wave| (wave.ring, wave.wave)).collect();
    if facts.plan.hosts.iter().any(|host| !waves.contains(&(host.ring, host.wave))) {
        return other("the order has no start for a wave of the plan");
    }
    if order.serial < given.roster.roster.serial_floor {
        return other("the order's serial is below the roster's floor");
    }
    let life = order.not_after - given.now;
    if !(0..=model::order::ORDER_LIFE_SECS_MAX).contains(&life) {
        return other("the order has expired, or would live too long");
    }
    Ok(())
}

/// Serials only rise, so that a roster can kill all older orders with one number.
fn serial_is_new(tx: &Tx<'_>, given: &Given, serial: u64) -> Result<(), ApiError> {
    let highest = store::tenants::order_serial(tx, &given.scope)?;
    if serial <= highest {
        let said = format!("serial {serial} was used by another order; {highest} is the highest");
        return Err(ApiError::conflict("old_serial", &said).hint("sign again: it takes the next"));
    }
    Ok(())
}

fn verb(plan: &Plan) -> Verb {
    match plan.purpose {
        Purpose::Upgrade { .. } => Verb::Upgrade,
        Purpose::Undo { .. } => Verb::Rollback,
    }
}

fn keep(tx: &Tx<'_>, given: &Given, taken: &Taken) -> Result<(), ApiError> {
    let scope = &given.scope;
    store::changes::put_order(tx, scope, taken.change, &taken.row)?;
    store::tenants::raise_order_serial(tx, scope, taken.order.serial)?;
    for approval in &taken.signers {
        store::changes::put_approval(tx, scope, taken.change, approval)?;
    }
    let approved_at = taken.is_enough().then_some(given.now);
    store::changes::put_need(tx, scope, taken.change, (taken.need, approved_at))?;
    Ok(())
}

/// Queues each host's part and makes its run. Returns whose doorbells to ring after the commit.
fn dispatch(
    tx: &Tx<'_>,
    given: &Given,
    (facts, taken): (&Facts, &Taken),
) -> Result<Vec<(HostId, u64)>, ApiError> {
    let mut rings = Vec::new();
    for (position, entry) in (0_u32..).zip(&facts.plan.hosts) {
        let run = RunId::of(taken.order.order_id, entry.host);
        let bytes = entry.to_bytes();
        let row = RunRow {
            run,
            change: taken.change,
            order: taken.order.order_id,
            host: entry.host,
            position,
            entry: Digest::of(&bytes),
            steps_total: u32::try_from(entry.steps.len()).unwrap_or(u32::MAX),
            state: RunState::Ordered,
            since: given.now,
            heard_at: given.now,
            attempt: 0,
            seq: 0,
            waiting_on: None,
            done: 0,
            total: 0,
            note: String::new(),
            outcome: None,
        };
        store::runs::insert(tx, &given.scope, &row)?;
        let delivery = NewDelivery {
            host: entry.host,
            change: taken.change,
            run,
            entry: bytes,
            not_after: taken.order.not_after,
            objects: objects(entry).into_iter().collect(),
        };
        rings.push((entry.host, store::deliveries::insert(tx, &given.scope, &delivery)?));
    }
    Ok(rings)
}
