//! An event: one leaf of the record. Written in the same transaction as the change that it tells of.

use crate::digest::Digest;
use serde::{Deserialize, Serialize};

/// One entry of the record, as listed. The stored leaf is this without `leaf`, as JSON bytes made once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    pub seq: u64,
    /// Seconds since the Unix epoch, by the server's clock.
    pub at: i64,
    /// Who: a person, a host, or `server`.
    pub actor: String,
    /// What, as `noun.verb` (`host.enrolled`, `run.state`).
    pub action: String,
    /// To what: an id or a name.
    pub object: String,
    /// More, for people and programs.
    pub detail: serde_json::Value,
    /// RFC 6962 leaf hash of the entry before; all zero for the first.
    pub prev: Digest,
    /// RFC 6962 leaf hash of this entry's bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaf: Option<Digest>,
}
