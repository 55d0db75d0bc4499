//! Joining, and the next certificate. A token is used once, a generation is issued once: two holders of
//! one key lock the host.

use crate::app::{App, event};
use crate::ca::{AGENT_CERTIFICATE_SECS, Issued};
use crate::error::{ApiError, ErrorKind};
use crate::fleet::Cell;
use crate::gateway::peer::Caller;
use crate::gateway::{blocking, come_again, small};
use crate::ids;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use model::HostId;
use model::wire::{EnrolAnswer, EnrolRequest, RenewAnswer, RenewRequest, Renewal};
use std::sync::{Arc, Mutex, PoisonError};
use store::hosts::{CertificateRow, HostRow};
use store::{TenantScope, Tx};

/// A host name's letters at most, as in DNS.
const HOSTNAME_CHARS_MAX: usize = 253;
/// Enrolments per second, and in a burst.
const ENROLMENTS_PER_SEC: i64 = 10;
const ENROLMENTS_BURST: i64 = 50;

/// Paces enrolments: whoever guesses tokens guesses slowly.
pub(crate) struct Pace {
    /// Enrolments that may come at once, and as of when.
    left: Mutex<(i64, i64)>,
}

impl Default for Pace {
    fn default() -> Self {
        Self { left: Mutex::new((ENROLMENTS_BURST, 0)) }
    }
}

impl Pace {
    fn take(&self, now: i64) -> bool {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let gained = now.saturating_sub(left.1).max(0).saturating_mul(ENROLMENTS_PER_SEC);
        *left = (left.0.saturating_add(gained).min(ENROLMENTS_BURST), now);
        if left.0 == 0 {
            return false;
        }
        left.0 -= 1;
        true
    }
}

/// `POST /agent/v1/enrol`
pub(crate) async fn enrol(State(app): State<Arc<App>>, body: Body) -> Result<Response, ApiError> {
    if !app.enrolments.take(app.now()) {
        let said = "too many hosts enrol at once";
        let busy = ApiError::new(ErrorKind::Busy, "busy", said).hint("it is tried again");
        return Ok(come_again(busy, 2));
    }
    let request: EnrolRequest = small(body).await?;
    let answer = blocking(move || join(&app, request)).await?;
    Ok(Json(answer).into_response())
}

fn join(app: &App, request: EnrolRequest) -> Result<EnrolAnswer, ApiError> {
    let now = app.now();
    let name = label(&request.hostname)?;
    host_key(&request.host_key)?;
    let host = HostId(ids::fresh()?);
    // One tenant for now: its certificates are made before the token is used up, so that a bad request
    // costs no use.
    let scope = app.tenant();
    let issued = app.ca.for_agent(&request.csr_pem, (scope.tenant(), host), now)?;
    let certificate = row_of(&issued, 1, now);
    let token = trust::token::hash(&request.token);
    let row = app.write(move |tx| {
        let used = store::tokens::use_join(&tx, token, now)?;
        let (_, tags) = used.filter(|(found, _)| *found == scope).ok_or_else(bad_token)?;
        let row = HostRow {
            host,
            name: free_name(&tx, &scope, &name)?,
            hostname: request.hostname,
            host_key: request.host_key,
            enrolled_at: now,
            seen_at: now,
            reported_at: None,
            locked_at: None,
            tags,
        };
        store::hosts::insert(&tx, &scope, &row)?;
        store::hosts::put_certificate(&tx, &scope, host, &certificate)?;
        let detail = serde_json::json!({
            "name": row.name, "token": token.short(), "host_key": row.host_key,
        });
        let enrolled = event(now, &host.to_string(), "host.enrolled", &host.to_string(), detail);
        tx.record(&scope, &enrolled)?.commit(row)
    })?;
    let cell = app.fleet.add(&scope, &row);
    cell.expect_serial(&issued.serial);
    Ok(EnrolAnswer { host, name: row.name, certificate_pem: issued.pem, renewal: renewal(1, now) })
}

/// `POST /agent/v1/renew`
pub(crate) async fn renew(
    State(app): State<Arc<App>>,
    Caller(cell): Caller,
    body: Body,
) -> Result<Json<RenewAnswer>, ApiError> {
    let request: RenewRequest = small(body).await?;
    blocking(move || next(&app, &cell, &request)).await.map(Json)
}

fn next(app: &App, cell: &Cell, request: &RenewRequest) -> Result<RenewAnswer, ApiError> {
    let (scope, host, now) = (cell.scope, cell.host, app.now());
    let issued = app.ca.for_agent(&request.csr_pem, (scope.tenant(), host), now)?;
    let newest = app.read(|view| Ok(store::hosts::certificate(view, &scope, host)?))?;
    if newest.key_digest != issued.key_digest {
        let said = "a renewal must be for the key that enrolled";
        return Err(ApiError::forbidden("other_key", said));
    }
    let Some(generation) = following(&newest, request.generation) else {
        lock(app, cell, (&newest, request.generation))?;
        let said = "locked out: another holder of this host's key renewed before";
        return Err(ApiError::forbidden("locked", said)
            .hint("remove the agent's state on the host and enrol it again"));
    };
    let certificate = row_of(&issued, generation, now);
    app.write(move |tx| {
        store::hosts::put_certificate(&tx, &scope, host, &certificate)?;
        let detail = serde_json::json!({ "generation": generation });
        let renewed = event(now, &host.to_string(), "host.renewed", &host.to_string(), detail);
        tx.record(&scope, &renewed)?.commit(())
    })?;
    cell.expect_serial(&issued.serial);
    Ok(RenewAnswer { certificate_pem: issued.pem, renewal: renewal(generation, now) })
}

/// Returns the generation to issue. Who presents the one before the newest is let in only while the
/// newest was never used: then its answer was lost on the way.
fn following(newest: &CertificateRow, presented: u64) -> Option<u64> {
    let was_lost = newest.used_at.is_none() && newest.generation > 1;
    if presented == newest.generation {
        Some(presented + 1)
    } else if presented + 1 == newest.generation && was_lost {
        Some(newest.generation)
    } else {
        None
    }
}

fn lock(
    app: &App,
    cell: &Cell,
    (newest, presented): (&CertificateRow, u64),
) -> Result<(), ApiError> {
    let (scope, host, now) = (cell.scope, cell.host, app.now());
    let detail = serde_json::json!({ "presented": presented, "newest": newest.generation });
    app.write(move |tx| {
        store::hosts::lock(&tx, &scope, host, now)?;
        let locked = event(now, "server", "host.locked", &host.to_string(), detail);
        tx.record(&scope, &locked)?.commit(())
    })?;
    cell.lock();
    Ok(())
}

/// Returns the label for a host name: what it calls itself, if that can be a name.
fn label(hostname: &str) -> Result<String, ApiError> {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let has_size = (1..=HOSTNAME_CHARS_MAX).contains(&hostname.len());
    // A name that looks like an id could never be asked for.
    if !has_size || !hostname.chars().all(is_fine) || hostname.parse::<HostId>().is_ok() {
        let said = "the host's own name is empty, too long or has odd letters";
        return Err(ApiError::bad_input("bad_hostname", said).hint("set it with `hostnamectl`"));
    }
    Ok(hostname.to_owned())
}

fn host_key(public_key: &str) -> Result<(), ApiError> {
    let is_ed25519 = public_key.starts_with("ssh-ed25519 ");
    if !is_ed25519 || trust::sshsig::key_id(public_key).is_err() {
        let said = "the host key is not an OpenSSH ed25519 public key";
        return Err(ApiError::bad_input("bad_host_key", said));
    }
    Ok(())
}

fn free_name(tx: &Tx<'_>, scope: &TenantScope, wanted: &str) -> Result<String, ApiError> {
    let mut name = wanted.to_owned();
    let mut count = 1_u32;
    while store::hosts::has_name(tx, scope, &name)? {
        count += 1;
        name = format!("{wanted}-{count}");
    }
    Ok(name)
}

fn bad_token() -> ApiError {
    ApiError::unauthorised("the join token is unknown, used up or expired")
        .hint("make a new one with `patchwell enrol token`")
}

fn row_of(issued: &Issued, generation: u64, now: i64) -> CertificateRow {
    CertificateRow {
        generation,
        serial: issued.serial.clone(),
        key_digest: issued.key_digest,
        issued_at: now,
        expires_at: issued.expires_at,
        used_at: None,
    }
}

/// Renewed from a third of its life on, so that a weekend without the server is no problem.
fn renewal(generation: u64, now: i64) -> Renewal {
    Renewal {
        generation,
        renew_at: now + AGENT_CERTIFICATE_SECS / 3,
        expires_at: now + AGENT_CERTIFICATE_SECS,
    }
}
