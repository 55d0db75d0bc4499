//! What travels between agent, server and command line: envelope, paths, bodies, limits.

use crate::change::Approval;
use crate::digest::Digest;
use crate::id::{ChangeId, HostId, OrderId};
use crate::package::PatchKind;
use serde::{Deserialize, Serialize};

/// Bytes of a signed envelope at most (trust 5.1): larger ones are refused unread.
pub const ENVELOPE_BYTES_MAX: usize = 256 * 1024;
/// Levels of nesting in a signed payload at most.
pub const ENVELOPE_DEPTH_MAX: usize = 16;
/// Signatures on one envelope at most.
pub const ENVELOPE_SIGNATURES_MAX: usize = 16;
/// Bytes of a report's body at most: 5,000 packages are about 1.2 MB.
pub const REPORT_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Bytes of one host's plan entry at most.
pub const ENTRY_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Bytes of one package file at most: Debian's largest are below 2 GiB.
pub const OBJECT_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;
/// Characters of what an agent says in a poll about its own trouble at most.
pub const TROUBLE_CHARS_MAX: usize = 200;
/// A long poll's longest wait; shorter than common NAT and proxy idle limits of five minutes.
pub const POLL_SECS_MAX: u32 = 240;

/// Routes of the agent gateway (mTLS).
pub mod path {
    pub const ENROL: &str = "/agent/v1/enrol";
    pub const RENEW: &str = "/agent/v1/renew";
    pub const ORDERS: &str = "/agent/v1/orders";
    pub const PERMITS: &str = "/agent/v1/permits";
    pub const PROGRESS: &str = "/agent/v1/progress";
    pub const OUTCOMES: &str = "/agent/v1/outcomes";
    pub const REPORTS: &str = "/agent/v1/reports";
    /// Followed by the object's SHA-256.
    pub const OBJECTS: &str = "/agent/v1/objects";
}

/// A signed object on the wire. Signatures cover `PAE(type, payload)` as in DSSE; the received bytes are
/// verified, never a second serialisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    #[serde(rename = "type")]
    pub kind: String,
    /// Base64 of the payload's bytes.
    pub payload: String,
    pub signatures: Vec<Signature>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// `SHA256:...` of the public key, as ssh-keygen prints it; for a host, its id.
    pub key_id: String,
    pub form: SignatureForm,
    /// Base64: an SSHSIG blob, or a host's raw signature.
    pub blob: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignatureForm {
    Sshsig,
    Host,
}

/// Body of `POST /agent/v1/enrol`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolRequest {
    /// `pwlj_...`; stored hashed, used once.
    pub token: String,
    pub hostname: String,
    /// PEM certificate request for the transport key.
    pub csr_pem: String,
    /// OpenSSH public key (ssh-ed25519) that will sign outcomes and refusals; its private half stays with the root half.
    pub host_key: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolAnswer {
    pub host: HostId,
    pub name: String,
    pub certificate_pem: String,
    pub renewal: Renewal,
}

/// Body of `POST /agent/v1/renew`: same key, next generation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenewRequest {
    pub csr_pem: String,
    pub generation: u64,
}

/// What a certificate carries beside itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renewal {
    /// Counts certificates of this host; a mismatch means that two hold the key.
    pub generation: u64,
    pub renew_at: i64,
    pub expires_at: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenewAnswer {
    pub certificate_pem: String,
    pub renewal: Renewal,
}

/// Answer of `GET /agent/v1/orders?after=N&wait=S`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrdersAnswer {
    /// The server's clock; shown and compared, never obeyed.
    pub server_time: i64,
    /// Changed when the server was restored from a backup: agents send their outcomes of 7 days again.
    pub restore_epoch: u64,
    pub root: Option<Envelope>,
    pub roster: Option<Envelope>,
    pub orders: Vec<OrderDelivery>,
    /// Pass it as `after` next time.
    pub cursor: u64,
}

/// A signed order and this host's part of its plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderDelivery {
    pub envelope: Envelope,
    /// Base64 of the `PlanHost` bytes.
    pub entry: String,
}

/// Body of `POST /agent/v1/outcomes`: envelopes of `patch-outcome/v1` and `patch-refusal/v1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomesRequest {
    pub envelopes: Vec<Envelope>,
}

/// Digests of the payloads that are committed; the agent may forget those after 7 days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomesAnswer {
    pub stored: Vec<Digest>,
}

/// The word in `ErrorBody::error` for a plan that only waits for a host's next report: asking again is all
/// that there is to do.
pub const REPORT_PENDING: &str = "report_pending";

/// Every error body of server and gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// A stable word for programs.
    pub error: String,
    pub message: String,
    /// What to do, or empty.
    #[serde(default)]
    pub hint: String,
}

/// What a person asks to be planned (`POST /api/v1/changes`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanRequest {
    /// Host names or ids.
    #[serde(default)]
    pub hosts: Vec<String>,
    #[serde(default)]
    pub tags: Vec<String>,
    /// Empty: all kinds.
    #[serde(default)]
    pub kinds: Vec<PatchKind>,
    /// Empty: all packages.
    #[serde(default)]
    pub packages: Vec<String>,
    #[serde(default)]
    pub title: String,
    /// Reason for planning without a way back where there is none; the plan carries it with the asking person's name.
    #[serde(default)]
    pub waive_way_back: String,
}

/// What an approver needs to build and sign the order (`GET /api/v1/changes/{id}/order`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderDraft {
    /// The plan's bytes, base64; its digest must be what is signed.
    pub plan: String,
    pub tenant_root_hash: Digest,
    pub next_serial: u64,
    /// The order that others signed already: sign the same bytes, or not at all.
    pub envelope: Option<Envelope>,
}

/// Body of `PUT /api/v1/changes/{id}/order`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApproveRequest {
    pub envelope: Envelope,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApproveAnswer {
    pub order: OrderId,
    pub approvals: Vec<Approval>,
    pub need: u32,
}

/// Body of `POST /api/v1/tokens`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    pub uses: u32,
    pub ttl_secs: u32,
    #[serde(default)]
    pub tags: Vec<String>,
}

/// All that an agent needs to join; no trust on first use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenAnswer {
    pub token: String,
    /// `host:port` of the agent gateway.
    pub gateway: String,
    /// SHA-256 of the CA certificate's DER bytes.
    pub ca: Digest,
    pub expires_at: i64,
}

/// Answer of `POST /api/v1/sign-in-links`: a one-time link to the console for the person whose token asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInAnswer {
    pub link: String,
}

/// Body of `PUT /api/v1/trust`: who may approve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustRequest {
    pub root: Envelope,
    pub roster: Envelope,
}

/// Body of `PUT /api/v1/hosts/{host}/answers`: what a person answers about the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerRequest {
    pub question: crate::exposure::Question,
    /// One of the question's values; empty takes the answer back.
    pub value: String,
}

/// Body of `PUT /api/v1/obligations`: which ones this tenant follows from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObligationsRequest {
    pub chosen: Vec<String>,
}

/// Body of `POST /api/v1/changes/{id}/stop`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StopRequest {
    #[serde(default)]
    pub reason: String,
}

/// Answer of `POST /api/v1/changes` and `POST /api/v1/runs/{run}/undo`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanAnswer {
    pub change: ChangeId,
}

#[cfg(test)]
pub(crate) mod tests;
