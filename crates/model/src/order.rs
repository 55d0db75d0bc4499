//! An order: one signed instruction with a generation number. What an agent obeys, so unknown fields,
//! unknown words and missing fields are refused, and times are whole seconds.

use crate::digest::Digest;
use crate::id::{ChangeId, HostId, OrderId};
use serde::{Deserialize, Serialize};

/// Envelope type and format version of orders.
pub const ORDER_TYPE: &str = "patch-order/v1";
/// SSHSIG namespace of orders: a signature made for anything else can never be replayed as one.
pub const ORDER_NAMESPACE: &str = "patch-order@patchwell";
/// Format version inside the payload.
pub const ORDER_SCHEMA: u32 = 1;
/// Hosts that one order may name.
pub const ORDER_HOSTS_MAX: usize = 1_000;
/// The longest life of an order, in seconds: 14 days.
pub const ORDER_LIFE_SECS_MAX: i64 = 14 * 86_400;

/// The payload that approvers sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    pub schema: u32,
    /// SHA-256 of the tenant's root statement; each agent pins it at enrolment.
    pub tenant_root_hash: Digest,
    pub order_id: OrderId,
    /// Per tenant, rising; the roster's `serial_floor` kills everything below it.
    pub serial: u64,
    /// The change that this carries out; with `generation` it names the rollout.
    pub rollout: ChangeId,
    pub generation: u64,
    pub verb: Verb,
    /// The digest of the whole plan that people read.
    pub plan: Digest,
    pub targets: Vec<Target>,
    pub max_hosts: u32,
    /// When the hosts of each wave may start at the earliest. A server can delay a wave, never hurry it.
    pub waves: Vec<WaveStart>,
    /// Work starts only inside it; absent: any time between `not_before` and `not_after`.
    pub window: Option<WindowSpan>,
    /// Seconds since the Unix epoch, by the host's clock.
    pub not_before: i64,
    pub not_after: i64,
    pub reboot: RebootRule,
    /// The rollout stops after this many failures.
    pub halt_after: u32,
    /// Person id of who drafted the change.
    pub author: String,
    pub reason: String,
}

/// The closed list of what an agent can do. No shell, no script, no upload, no tunnel: absent, not switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Install the plan's exact versions.
    Upgrade,
    /// Put back versions that this host recorded before an earlier run.
    Rollback,
}

impl Verb {
    /// Every verb, for ceilings and the census.
    pub const ALL: [Self; 2] = [Self::Upgrade, Self::Rollback];

    /// Returns the word used in orders, ceilings and pages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Upgrade => "upgrade",
            Self::Rollback => "rollback",
        }
    }
}

/// One host that the order is for, with the digest of its part of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    pub host: HostId,
    /// Digest of the `PlanHost` bytes.
    pub entry: Digest,
}

/// The earliest start of one wave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WaveStart {
    pub ring: u32,
    pub wave: u32,
    /// Seconds since the Unix epoch.
    pub start_at: i64,
}

/// A maintenance window in absolute time: start and end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowSpan {
    pub opens_at: i64,
    pub closes_at: i64,
}

/// Whether the run may reboot the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RebootRule {
    Never,
}
