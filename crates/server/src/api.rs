//! The JSON API: read, call, answer. Decisions are in the functions that it calls.

pub(crate) mod changes;
pub(crate) mod exposures;
pub(crate) mod feeds;
pub(crate) mod hosts;
pub(crate) mod runs;

use crate::auth::Caller;
use crate::error::ApiError;
use crate::http::Web;
use crate::web::page::blocking;
use crate::{events as record, form};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, RawQuery, State};
use axum::http::HeaderMap;
use model::Digest;
use model::event::Event;
use model::wire::{SignInAnswer, TokenAnswer, TokenRequest, TrustRequest};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// Levels of nesting in a body at most.
const DEPTH_MAX: u32 = 16;
/// Events of one answer where the caller names no number.
const EVENTS_DEFAULT: u32 = 100;

/// Answer of every handler.
pub(crate) type Answer<T> = Result<Json<T>, ApiError>;

/// What `GET /api/v1/status` says.
#[derive(Debug, Serialize)]
pub(crate) struct Status {
    version: &'static str,
    tenant: String,
    /// Absent until a person has put a roster.
    tenant_root_hash: Option<Digest>,
    ca: Digest,
    /// `host:port` of the agent gateway.
    gateway: String,
}

pub(crate) async fn status(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
) -> Json<Status> {
    Json(Status {
        version: env!("CARGO_PKG_VERSION"),
        tenant: caller.actor.scope.tenant().to_string(),
        tenant_root_hash: crate::trusted::tenant_root_hash(&web.app),
        ca: web.app.ca_digest(),
        gateway: web.app.gateway_name.clone(),
    })
}

pub(crate) async fn events(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Answer<Vec<Event>> {
    let pairs = form::Form(form::pairs(&query.unwrap_or_default()));
    let after: u64 = number(&pairs, "after", 0)?;
    let limit: u32 = number(&pairs, "limit", EVENTS_DEFAULT)?;
    let scope = caller.actor.scope;
    blocking(&web.app, move |app| record::list(app, &scope, after, limit)).await.map(Json)
}

pub(crate) async fn tokens(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    body: Bytes,
) -> Answer<TokenAnswer> {
    let request: TokenRequest = read(&body)?;
    blocking(&web.app, move |app| crate::tokens::make(app, &caller.actor, request)).await.map(Json)
}

/// Makes a one-time link for the caller's own person: the console opens for whoever may ask here.
pub(crate) async fn sign_in_link(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> Answer<SignInAnswer> {
    let origin = crate::auth::own_origin(&headers)?;
    let link = move |app: &_| crate::tokens::make_link(app, &caller.actor.person);
    let secret = blocking(&web.app, link).await?;
    Ok(Json(SignInAnswer { link: format!("{origin}/sign-in/{secret}") }))
}

pub(crate) async fn trust(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    body: Bytes,
) -> Answer<serde_json::Value> {
    let request: TrustRequest = read(&body)?;
    blocking(&web.app, move |app| crate::trusted::put(app, &caller.actor, request)).await?;
    Ok(nothing())
}

/// Returns the answer of an act that has nothing to tell.
pub(crate) fn nothing() -> Json<serde_json::Value> {
    Json(serde_json::json!({}))
}

/// Reads a body.
///
/// # Errors
/// `BadInput` with the place where it went wrong.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    if depth(body) > DEPTH_MAX {
        let said = format!("the body is nested deeper than {DEPTH_MAX} levels");
        return Err(ApiError::bad_input("bad_json", &said));
    }
    serde_json::from_slice(body)
        .map_err(|e| ApiError::bad_input("bad_json", &format!("the body cannot be read: {e}")))
}

/// Returns the deepest nesting of brackets outside of strings, before anything is built from them.
fn depth(body: &[u8]) -> u32 {
    let (mut deepest, mut now) = (0_u32, 0_u32);
    let (mut in_string, mut escaped) = (false, false);
    for byte in body {
        match (in_string, *byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_string = !in_string,
            (false, b'[' | b'{') => {
                now += 1;
                deepest = deepest.max(now);
            }
            (false, b']' | b'}') => now = now.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Reads a number from an address.
///
/// # Errors
/// `BadInput` when it is there and is none.
pub(crate) fn number<T: std::str::FromStr>(
    pairs: &form::Form,
    name: &'static str,
    otherwise: T,
) -> Result<T, ApiError> {
    match pairs.value(name) {
        "" => Ok(otherwise),
        text => text.parse().map_err(|_| {
            ApiError::bad_input("bad_number", &format!("`{name}={text}` is not a number"))
        }),
    }
}

#[cfg(test)]
mod tests;
