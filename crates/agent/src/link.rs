//! The link to the server's agent gateway: requests, sizes, errors. It decides nothing.

pub mod backoff;
pub mod tls;

use model::Digest;
use model::outcome::OUTPUT_TAIL_BYTES_MAX;
use model::report::{Report, ReportAnswer};
use model::run::{PermitAnswer, PermitClaim, Progress};
use model::wire::{
    ENTRY_BYTES_MAX, ENVELOPE_BYTES_MAX, EnrolAnswer, EnrolRequest, Envelope, ErrorBody,
    OutcomesAnswer, OutcomesRequest, POLL_SECS_MAX, RenewAnswer, RenewRequest, path,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use std::io::{Read, Write};
use std::sync::Arc;
use std::time::Duration;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{Connector as _, TcpConnector};

/// Bytes of an answer at most, apart from orders and objects.
const ANSWER_BYTES_MAX: u64 = 256 * 1024;
/// Orders in one answer at most: a host has one run at a time, so a handful pend.
const ORDERS_MAX: usize = 8;
/// Bytes of a poll's answer at most: envelopes and entries in base64.
pub const ORDERS_BYTES_MAX: usize =
    ORDERS_MAX * 2 * (ENVELOPE_BYTES_MAX + ENTRY_BYTES_MAX) + 4 * ENVELOPE_BYTES_MAX;
/// Seconds that a connection may be silent: a whole poll and a little more. Then the server is gone.
const SILENCE_SECS: u64 = POLL_SECS_MAX as u64 + 30;
const CONNECT_SECS: u64 = 20;
/// Bytes of each connection's buffers; larger ones would only make the idle agent bigger.
const BUFFER_BYTES: usize = 16 * 1024;

/// The server did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    #[error("could not reach the server at {server}")]
    Unreachable { server: String, source: Box<ureq::Error> },
    /// The server answered, and said no.
    #[error("the server refused ({status}): {}", said.message)]
    Refused { status: u16, said: ErrorBody, retry_after_secs: Option<u32> },
    #[error("the server's answer cannot be understood: {text}")]
    Malformed { text: String },
    /// The object is not what its digest says.
    #[error("the server sent something else than the object {asked}")]
    WrongObject { asked: Digest },
    #[error("could not write what the server sent")]
    Store { source: std::io::Error },
}

impl LinkError {
    /// Returns what the server asked to be waited for, if it did.
    pub fn retry_after_secs(&self) -> Option<u32> {
        match self {
            Self::Refused { retry_after_secs, .. } => *retry_after_secs,
            Self::Unreachable { .. }
            | Self::Malformed { .. }
            | Self::WrongObject { .. }
            | Self::Store { .. } => None,
        }
    }

    /// Returns whether the same request may be answered well later, with nothing changed on this side.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused { status, .. } => *status >= 500 || matches!(status, 408 | 429),
            Self::Malformed { .. } | Self::WrongObject { .. } | Self::Store { .. } => false,
        }
    }

    /// Returns the error with all its causes in one line.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut next = std::error::Error::source(self);
        while let Some(error) = next {
            text = format!("{text}: {error}");
            next = error.source();
        }
        text
    }
}

/// A client of one server's gateway.
#[derive(Debug, Clone)]
pub struct Gateway {
    client: ureq::Agent,
    server: String,
}

impl Gateway {
    /// Makes a client of `server` (`host:port`). Nothing is sent yet.
    pub fn new(server: &str, tls: rustls::ClientConfig) -> Self {
        let config = ureq::Agent::config_builder()
            .https_only(true)
            .http_status_as_error(false)
            .max_redirects(0)
            // Nothing of the environment decides where a host's orders come from.
            .proxy(None)
            .user_agent(concat!("patchwell-agent/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(Duration::from_secs(CONNECT_SECS)))
            .timeout_per_read(Some(Duration::from_secs(SILENCE_SECS)))
            .timeout_per_write(Some(Duration::from_secs(SILENCE_SECS)))
            .input_buffer_size(BUFFER_BYTES)
            .output_buffer_size(BUFFER_BYTES)
            .max_idle_connections(2)
            .max_idle_connections_per_host(2)
            .build();
        let connector =
            ().chain(TcpConnector::default()).chain(tls::TlsConnector { config: Arc::new(tls) });
        let client = ureq::Agent::with_parts(config, connector, DefaultResolver::default());
        Self { client, server: server.to_owned() }
    }

    /// Joins: shows the token and asks for a certificate.
    ///
    /// # Errors
    /// See [`LinkError`]; also for all other requests.
    pub fn enrol(&self, request: &EnrolRequest) -> Result<EnrolAnswer, LinkError> {
        self.post(path::ENROL, request)
    }

    /// Asks for the next certificate.
    pub fn renew(&self, request: &RenewRequest) -> Result<RenewAnswer, LinkError> {
        self.post(path::RENEW, request)
    }

    /// Asks for orders after `after`, and lets the server wait for one. Returns the answer's own bytes:
    /// they are for the root half. `trouble` says why the ones before were not taken up, or is empty.
    pub fn orders(&self, after: u64, wait_secs: u64, trouble: &str) -> Result<Vec<u8>, LinkError> {
        let url = format!("{}?after={after}&wait={wait_secs}", self.url(path::ORDERS));
        let mut request = self.client.get(&url);
        if !trouble.is_empty() {
            request = request.query("trouble", trouble);
        }
        let answer = request.call().map_err(|error| self.unreachable(error))?;
        self.body(answer, ORDERS_BYTES_MAX as u64)
    }

    /// Asks whether a run may start now.
    pub fn permit(&self, claim: &PermitClaim) -> Result<PermitAnswer, LinkError> {
        self.post(path::PERMITS, claim)
    }

    /// Tells how a run goes.
    pub fn progress(&self, progress: &Progress) -> Result<(), LinkError> {
        self.send(path::PROGRESS, progress).map(|_| ())
    }

    /// Hands outcomes and refusals over.
    pub fn outcomes(&self, envelope: Envelope) -> Result<OutcomesAnswer, LinkError> {
        debug_assert!(envelope.payload.len() < ENVELOPE_BYTES_MAX + OUTPUT_TAIL_BYTES_MAX);
        self.post(path::OUTCOMES, &OutcomesRequest { envelopes: vec![envelope] })
    }

    /// Hands a report over.
    pub fn report(&self, report: &Report) -> Result<ReportAnswer, LinkError> {
        self.post(path::REPORTS, report)
    }

    /// Fetches an object of the vault into `to`, and checks its digest on the way.
    pub fn object(&self, sha256: Digest, size: u64, to: &mut impl Write) -> Result<(), LinkError> {
        let url = format!("{}/{sha256}", self.url(path::OBJECTS));
        let mut answer = self.client.get(&url).call().map_err(|error| self.unreachable(error))?;
        if !answer.status().is_success() {
            return Err(refusal(answer));
        }
        // One byte more than announced, so that a longer object shows.
        let mut body = answer.body_mut().as_reader().take(size.saturating_add(1));
        let mut hasher = Sha256::new();
        let mut buffer = [0; BUFFER_BYTES];
        loop {
            let count = body.read(&mut buffer).map_err(|error| self.unreachable(error.into()))?;
            if count == 0 {
                break;
            }
            hasher.update(&buffer[..count]);
            to.write_all(&buffer[..count]).map_err(|source| LinkError::Store { source })?;
        }
        if Digest(hasher.finalize().into()) == sha256 {
            Ok(())
        } else {
            Err(LinkError::WrongObject { asked: sha256 })
        }
    }

    fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, LinkError> {
        let bytes = self.send(path, body)?;
        serde_json::from_slice(&bytes)
            .map_err(|error| LinkError::Malformed { text: error.to_string() })
    }

    fn send(&self, path: &str, body: &impl Serialize) -> Result<Vec<u8>, LinkError> {
        let bytes = serde_json::to_vec(body)
            .map_err(|error| LinkError::Malformed { text: error.to_string() })?;
        let request = self.client.post(self.url(path)).content_type("application/json");
        let answer = request.send(&bytes[..]).map_err(|error| self.unreachable(error))?;
        self.body(answer, ANSWER_BYTES_MAX)
    }

    fn body(
        &self,
        mut answer: ureq::http::Response<ureq::Body>,
        bytes_max: u64,
    ) -> Result<Vec<u8>, LinkError> {
        if !answer.status().is_success() {
            return Err(refusal(answer));
        }
        answer.body_mut().with_config().limit(bytes_max).read_to_vec().map_err(|error| {
            if let ureq::Error::BodyExceedsLimit(limit) = error {
                LinkError::Malformed { text: format!("it is larger than {limit} bytes") }
            } else {
                self.unreachable(error)
            }
        })
    }

    fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.server)
    }

    fn unreachable(&self, error: ureq::Error) -> LinkError {
        LinkError::Unreachable { server: self.server.clone(), source: Box::new(error) }
    }
}

fn refusal(mut answer: ureq::http::Response<ureq::Body>) -> LinkError {
    let status = answer.status().as_u16();
    let retry_after = answer.headers().get("retry-after").and_then(|value| value.to_str().ok());
    let retry_after_secs = retry_after.and_then(|text| text.parse().ok());
    let bytes = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec();
    let said = bytes.ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let said = said.unwrap_or_else(|| ErrorBody {
        error: "unknown".to_owned(),
        message: "it did not say why".to_owned(),
        hint: String::new(),
    });
    LinkError::Refused { status, said, retry_after_secs }
}

#[cfg(test)]
mod tests;
