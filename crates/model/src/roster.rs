//! Who may approve: the tenant root statement and the roster of persons and keys that it signs.

use crate::digest::Digest;
use crate::order::Verb;
use serde::{Deserialize, Serialize};

pub const ROOT_TYPE: &str = "patch-root/v1";
pub const ROOT_NAMESPACE: &str = "patch-root@patchwell";
pub const ROSTER_TYPE: &str = "patch-roster/v1";
pub const ROSTER_NAMESPACE: &str = "patch-roster@patchwell";
pub const TRUST_SCHEMA: u32 = 1;
/// The longest life of a roster, in seconds: 365 days.
pub const ROSTER_LIFE_SECS_MAX: i64 = 365 * 86_400;

/// The tenant root: the keys that sign rosters. Its payload's SHA-256 is what agents pin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RootStatement {
    pub schema: u32,
    /// OpenSSH public keys (`ssh-ed25519 AAAA...`).
    pub keys: Vec<String>,
    /// How many of them must sign.
    pub threshold: u32,
}

/// Persons, their keys and what they may approve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roster {
    pub schema: u32,
    pub tenant_root_hash: Digest,
    /// Only rises.
    pub serial: u64,
    pub issued_at: i64,
    pub expires_at: i64,
    /// Hosts of the tenant; breadth by percentage is computed against it. 0 means that any order is wide.
    pub hosts_total: u32,
    /// Orders with a lower serial are dead.
    pub serial_floor: u64,
    pub thresholds: Thresholds,
    pub persons: Vec<Person>,
}

/// How many distinct persons must sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    pub default: u32,
    /// More than 25 hosts, or more than 10 % of the tenant's hosts where it has more than 10.
    pub wide: u32,
    pub rollback: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    pub person_id: String,
    pub may: Vec<Verb>,
    pub hosts_max: u32,
    pub keys: Vec<PersonKey>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonKey {
    /// `SHA256:...`, as ssh-keygen prints it.
    pub key_id: String,
    /// OpenSSH public key.
    pub public_key: String,
    /// Whether a hardware key must have verified its user (PIN, finger).
    pub uv_required: bool,
    pub added_at: i64,
    pub revoked_at: Option<i64>,
}
