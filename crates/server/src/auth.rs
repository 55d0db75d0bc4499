//! Who asks: sessions of browsers, API tokens of programs, and the defence against forged forms.
//!
//! Decides nothing about changes: approving is a signature by a key in the roster, never a session.

use crate::app::{Actor, App};
use crate::error::ApiError;
use crate::{ids, tokens};
use axum::http::{HeaderMap, HeaderValue, header};
use model::Digest;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use store::sessions::Session;
use subtle::ConstantTimeEq as _;

/// A session without use ends after this many seconds: 30 minutes.
pub const SESSION_IDLE_SECS_MAX: i64 = 30 * 60;
/// A session ends after this many seconds in any case: 12 hours.
pub const SESSION_LIFE_SECS_MAX: i64 = 12 * 3_600;
/// Uses closer together than this are noted once, so that a page is not a write.
const SEEN_SECS_MIN: i64 = 60;
/// Sign-in attempts of one address within a minute at most.
const ATTEMPTS_PER_MINUTE_MAX: u32 = 20;

const COOKIE: &str = "pw_session";
/// Over https the name itself makes browsers refuse a cookie that another host or path set.
const COOKIE_HTTPS: &str = "__Host-pw_session";
/// Set by the console's script: nobody asked for this page, the idle time goes on.
const LIVE_HEADER: &str = "x-live";
/// Carries the session's form token where there is no form.
const CSRF_HEADER: &str = "x-csrf-token";

/// Who asks, and how we know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub actor: Actor,
    pub via: Via,
}

/// How a caller proved who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Via {
    /// A browser's session; `csrf` is what its forms must carry.
    Session { hash: Digest, csrf: String },
    /// An API token in the `Authorization` header, which no browser sends by itself.
    Token,
}

impl Caller {
    /// Returns what forms of this caller must carry; empty for tokens, which need none.
    pub fn csrf(&self) -> &str {
        match &self.via {
            Via::Session { csrf, .. } => csrf,
            Via::Token => "",
        }
    }
}

/// Finds out who asks. Blocking.
///
/// # Errors
/// `Unauthorised` without a session or token that is still good.
pub fn authenticate(app: &App, headers: &HeaderMap) -> Result<Caller, ApiError> {
    if let Some(token) = bearer(headers) {
        let actor = tokens::api_holder(app, token)?;
        return Ok(Caller { actor, via: Via::Token });
    }
    let Some(secret) = cookie(headers) else {
        return Err(ApiError::unauthorised("this needs a session or an API token")
            .hint("open the sign-in link, or send `Authorization: Bearer pwlu_...`"));
    };
    let hash = Digest::of(secret.as_bytes());
    let actor = session(app, hash, !headers.contains_key(LIVE_HEADER))?;
    Ok(Caller { actor, via: Via::Session { hash, csrf: csrf_of(secret) } })
}

/// Returns who a session belongs to while it is good, and notes its use where that counts as one.
fn session(app: &App, hash: Digest, is_use: bool) -> Result<Actor, ApiError> {
    let now = app.now();
    let found = app.read(|view| Ok(store::sessions::get(view, hash)?))?;
    let over = || ApiError::unauthorised("the session is over").hint("open a new sign-in link");
    let session = found.ok_or_else(over)?;
    if now - session.made_at >= SESSION_LIFE_SECS_MAX
        || now - session.seen_at >= SESSION_IDLE_SECS_MAX
    {
        sign_out(app, hash)?;
        return Err(over());
    }
    if is_use && now - session.seen_at >= SEEN_SECS_MIN {
        // Straight to the store: a use is no change that pages should wake for.
        app.store.write(move |tx| -> Result<_, ApiError> {
            store::sessions::put_seen(&tx, hash, now)?;
            tx.commit_without_event(())
        })?;
    }
    Ok(Actor { scope: session.scope, person: session.person })
}

/// Returns whether a session is still good, without counting as a use. Blocking.
pub fn is_good(app: &App, hash: Digest) -> bool {
    session(app, hash, false).is_ok()
}

/// Uses a one-time link up and begins a session; returns the cookie's value. Blocking.
///
/// # Errors
/// `Unauthorised` when the link is unknown, used or expired.
pub fn sign_in(app: &App, link: &str) -> Result<String, ApiError> {
    let actor = tokens::use_link(app, link)?;
    let secret: String = ids::secret()?.iter().map(|byte| format!("{byte:02x}")).collect();
    let (hash, now) = (Digest::of(secret.as_bytes()), app.now());
    let begun = Session { scope: actor.scope, person: actor.person, made_at: now, seen_at: now };
    app.store.write(move |tx| -> Result<_, ApiError> {
        let oldest = (now - SESSION_LIFE_SECS_MAX, now - SESSION_IDLE_SECS_MAX);
        store::sessions::sweep(&tx, now, oldest)?;
        store::sessions::insert(&tx, hash, &begun)?;
        // The link's use was recorded as the sign-in.
        tx.commit_without_event(())
    })?;
    Ok(secret)
}

/// Ends a session. Blocking.
pub fn sign_out(app: &App, hash: Digest) -> Result<(), ApiError> {
    app.store.write(move |tx| {
        store::sessions::delete(&tx, hash)?;
        tx.commit_without_event(())
    })
}

/// Returns the `Set-Cookie` value that begins a session with `secret`, or ends it when that is empty.
pub fn set_cookie(headers: &HeaderMap, secret: &str) -> HeaderValue {
    let (name, secure) = if is_https(headers) { (COOKIE_HTTPS, "; Secure") } else { (COOKIE, "") };
    let life = if secret.is_empty() { 0 } else { SESSION_LIFE_SECS_MAX };
    let text =
        format!("{name}={secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age={life}{secure}");
    HeaderValue::from_str(&text).expect("hexadecimal digits and fixed words make a header value")
}

/// Refuses what a foreign page made the browser send.
///
/// `given` is the token from the form; API calls with a session carry it in a header instead.
///
/// # Errors
/// `Forbidden` when origin or token is missing or wrong.
pub fn refuse_forged(
    caller: &Caller,
    headers: &HeaderMap,
    given: Option<&str>,
) -> Result<(), ApiError> {
    let Via::Session { csrf, .. } = &caller.via else { return Ok(()) };
    if !is_same_origin(headers) {
        let said = "the request did not come from a page of this console";
        return Err(ApiError::forbidden("foreign_origin", said));
    }
    let header = headers.get(CSRF_HEADER).and_then(|value| value.to_str().ok());
    let given = given.or(header).unwrap_or_default();
    if bool::from(given.as_bytes().ct_eq(csrf.as_bytes())) {
        return Ok(());
    }
    Err(ApiError::forbidden("stale_form", "the form belongs to another session")
        .hint("go back, load the page again, and send the form from there"))
}

/// The form token follows from the session's secret, so nothing more is stored; who knows it knows
/// nothing of the secret.
fn csrf_of(secret: &str) -> String {
    Digest::of(format!("patchwell form {secret}").as_bytes()).to_string()
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let wanted = if is_https(headers) { COOKIE_HTTPS } else { COOKIE };
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, value)| *name == wanted && value.len() == 64)
        .map(|(_, value)| value)
}

/// A proxy in front tells that it speaks https. Whoever forges the header only gets a stricter cookie.
fn is_https(headers: &HeaderMap) -> bool {
    headers.get("x-forwarded-proto").is_some_and(|value| value == "https")
}

/// Every browser sends `Origin` with what is not a plain read; no origin counts as foreign.
fn is_same_origin(headers: &HeaderMap) -> bool {
    let origin = headers.get(header::ORIGIN).and_then(|value| value.to_str().ok());
    origin.is_some_and(|origin| own_origin(headers).is_ok_and(|own| own == origin))
}

/// Returns the origin that the caller reached us by: `http://127.0.0.1:8420`.
///
/// # Errors
/// `BadInput` without a `Host` header.
pub fn own_origin(headers: &HeaderMap) -> Result<String, ApiError> {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok());
    let host = host.ok_or_else(|| ApiError::bad_input("no_host", "there is no `Host` header"))?;
    let scheme = if is_https(headers) { "https" } else { "http" };
    Ok(format!("{scheme}://{host}"))
}

/// Counts sign-in attempts by address. A link cannot be guessed; this keeps the noise down.
#[derive(Default)]
pub struct Attempts {
    minutes: Mutex<BTreeMap<IpAddr, (i64, u32)>>,
}

impl Attempts {
    /// Counts one attempt.
    ///
    /// # Errors
    /// `Busy` when there were too many within this minute.
    pub fn count(&self, peer: IpAddr, now: i64) -> Result<(), ApiError> {
        let minute = now.div_euclid(60);
        let mut minutes = self.minutes.lock().unwrap_or_else(PoisonError::into_inner);
        minutes.retain(|_, (counted, _)| *counted == minute);
        let (_, count) = minutes.entry(peer).or_insert((minute, 0));
        *count += 1;
        if *count > ATTEMPTS_PER_MINUTE_MAX {
            let said = "too many sign-in attempts from this address";
            return Err(ApiError::new(crate::error::ErrorKind::Busy, "too_often", said)
                .hint("wait a minute"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
