//! Secrets that open doors: join tokens for hosts, API tokens and sign-in links for people. Stored as
//! hashes; shown once.

use crate::app::{Actor, App, event};
use crate::error::ApiError;
use crate::ids;
use model::wire::{TokenAnswer, TokenRequest};
use store::tokens::JoinToken;

/// Hosts that one join token may enrol.
pub const TOKEN_USES_MAX: u32 = 1_000;
/// The longest life of a join token, in seconds: 30 days.
pub const TOKEN_LIFE_SECS_MAX: u32 = 30 * 86_400;
/// Life of an API token, in seconds: 90 days.
const API_TOKEN_LIFE_SECS: i64 = 90 * 86_400;
/// Life of a sign-in link, in seconds.
const LINK_LIFE_SECS: i64 = 15 * 60;

/// Makes a join token.
///
/// # Errors
/// `BadInput` for limits out of range.
pub fn make(app: &App, actor: &Actor, request: TokenRequest) -> Result<TokenAnswer, ApiError> {
    if !(1..=TOKEN_USES_MAX).contains(&request.uses) {
        let said = format!("a join token has 1 to {TOKEN_USES_MAX} uses");
        return Err(ApiError::bad_input("bad_uses", &said));
    }
    if !(60..=TOKEN_LIFE_SECS_MAX).contains(&request.ttl_secs) {
        let said = format!("a join token lives 60 to {TOKEN_LIFE_SECS_MAX} seconds");
        return Err(ApiError::bad_input("bad_ttl", &said));
    }
    let now = app.now();
    let token = trust::token::make(trust::token::JOIN, &ids::secret()?);
    let expires_at = now + i64::from(request.ttl_secs);
    let row = JoinToken {
        token_hash: trust::token::hash(&token),
        uses: request.uses,
        expires_at,
        tags: request.tags,
        made_by: actor.person.clone(),
        made_at: now,
    };
    let (scope, person) = (actor.scope, actor.person.clone());
    app.write(move |tx| {
        store::tokens::put_join(&tx, &scope, &row)?;
        let detail = serde_json::json!({
            "uses": row.uses, "expires_at": row.expires_at, "tags": row.tags,
        });
        let made = event(now, &person, "join_token.made", &row.token_hash.short(), detail);
        tx.record(&scope, &made)?.commit(())
    })?;
    Ok(TokenAnswer { token, gateway: app.gateway_name.clone(), ca: app.ca_digest(), expires_at })
}

/// Makes an API token for `person`. It can never approve: that takes a key in the roster.
pub fn make_api(app: &App, person: &str) -> Result<String, ApiError> {
    let now = app.now();
    let token = trust::token::make(trust::token::USER, &ids::secret()?);
    let (scope, person, hash) = (app.tenant(), person.to_owned(), trust::token::hash(&token));
    app.write(move |tx| {
        let life = (now, now + API_TOKEN_LIFE_SECS);
        store::tokens::put_api(&tx, &scope, hash, &person, life)?;
        let detail = serde_json::json!({ "expires_at": life.1 });
        let made = event(now, &person, "api_token.made", &hash.short(), detail);
        tx.record(&scope, &made)?.commit(())
    })?;
    Ok(token)
}

/// Returns who holds an API token.
///
/// # Errors
/// `Unauthorised` when it is not one, unknown or expired.
pub fn api_holder(app: &App, token: &str) -> Result<Actor, ApiError> {
    let unknown = || ApiError::unauthorised("the API token is not valid or has expired");
    if !trust::token::check(token, trust::token::USER) {
        return Err(unknown());
    }
    let (hash, now) = (trust::token::hash(token), app.now());
    let found = app.read(|view| Ok(store::tokens::api_holder(view, hash, now)?))?;
    found.map(|(scope, person)| Actor { scope, person }).ok_or_else(unknown)
}

/// Makes the secret of a one-time sign-in link.
pub fn make_link(app: &App, person: &str) -> Result<String, ApiError> {
    let now = app.now();
    let secret = trust::token::make("pwls", &ids::secret()?);
    let (scope, person, hash) = (app.tenant(), person.to_owned(), trust::token::hash(&secret));
    app.write(move |tx| {
        store::sessions::put_link(&tx, &scope, hash, &person, now + LINK_LIFE_SECS)?;
        let made = event(now, "server", "sign_in_link.made", &person, crate::app::no_detail());
        tx.record(&scope, &made)?.commit(())
    })?;
    Ok(secret)
}

/// Uses a sign-in link up and returns who signs in with it.
///
/// # Errors
/// `Unauthorised` when it is unknown, used or expired.
pub fn use_link(app: &App, secret: &str) -> Result<Actor, ApiError> {
    let (hash, now) = (trust::token::hash(secret), app.now());
    let found = app.write(move |tx| {
        let Some((scope, person)) = store::sessions::use_link(&tx, hash, now)? else {
            return tx.commit_without_event(None);
        };
        let used = event(now, &person, "person.signed_in", &person, crate::app::no_detail());
        tx.record(&scope, &used)?.commit(Some(Actor { scope, person }))
    })?;
    found.ok_or_else(|| {
        ApiError::unauthorised("the sign-in link was used already or has expired")
            .hint("start `patchwell up` again, or ask it for a new link")
    })
}
