//! Who may approve, as the server passes it on: the tenant root and the roster. The server holds no
//! key of either; it checks them only to tell people early what every agent will refuse.

use crate::app::{Actor, App, event};
use crate::error::{ApiError, ErrorKind};
use model::Digest;
use model::wire::TrustRequest;
use std::sync::Arc;
use store::tenants::Trusted;
use store::{Store, TenantScope};
use trust::roster::VerifiedRoster;

/// Root and roster in force.
#[derive(Debug, Clone)]
pub struct TrustedNow {
    pub stored: Trusted,
    /// `None` once the roster has expired: agents refuse it, so nothing can be approved.
    pub roster: Option<VerifiedRoster>,
}

/// Stores a root statement and the roster that it signs.
///
/// # Errors
/// The roster does not verify, is older than the present one, or is of another root.
pub fn put(app: &App, actor: &Actor, request: TrustRequest) -> Result<(), ApiError> {
    let now = app.now();
    let root_hash = Digest::of(&trust::envelope::open(&request.root).map_err(refused)?);
    let present = app.trusted();
    let floor = present.as_ref().map_or(0, |present| present.stored.roster_serial);
    if present.is_some_and(|present| present.stored.root_hash != root_hash) {
        let said = "this tenant has another root; its agents obey that one only";
        return Err(ApiError::conflict("other_root", said)
            .hint("use the keys that made it, or start with a new data folder"));
    }
    let roster = trust::roster::verify(&request.root, &request.roster, root_hash, floor, now)
        .map_err(refused)?;
    let stored = Trusted {
        root_hash,
        root: request.root,
        roster: request.roster,
        roster_serial: roster.roster.serial,
    };
    let (scope, person, row) = (actor.scope, actor.person.clone(), stored.clone());
    app.write(move |tx| {
        store::tenants::put_trusted(&tx, &scope, &row)?;
        let detail = serde_json::json!({ "root": row.root_hash, "serial": row.roster_serial });
        let put = event(now, &person, "roster.put", &scope.tenant().to_string(), detail);
        tx.record(&scope, &put)?.commit(())
    })?;
    let mut trusted = app.trusted.write().unwrap_or_else(std::sync::PoisonError::into_inner);
    *trusted = Some(Arc::new(TrustedNow { stored, roster: Some(roster) }));
    drop(trusted);
    app.trusted_changed.send_modify(|count| *count += 1);
    Ok(())
}

/// Returns the digest that agents pin, once there is a root.
pub fn tenant_root_hash(app: &App) -> Option<Digest> {
    app.trusted().map(|trusted| trusted.stored.root_hash)
}

/// Reads what is stored at start. A roster that has expired since stays shown, but approves nothing.
pub(crate) fn load(
    store: &Store,
    scope: &TenantScope,
    now: i64,
) -> Result<Option<TrustedNow>, ApiError> {
    let Some(stored) = store.read(|view| store::tenants::trusted(view, scope))? else {
        return Ok(None);
    };
    let roster = trust::roster::verify(&stored.root, &stored.roster, stored.root_hash, 0, now).ok();
    Ok(Some(TrustedNow { stored, roster }))
}

/// Returns the roster, or says what is missing.
pub(crate) fn roster(app: &App) -> Result<Arc<TrustedNow>, ApiError> {
    let trusted = app.trusted().ok_or_else(|| {
        ApiError::conflict("no_roster", "nobody may approve yet: there is no roster")
            .hint("`patchwell up` makes the keys and the roster; `patchwell trust show` shows them")
    })?;
    let is_current = trusted.roster.as_ref().is_some_and(|r| app.now() <= r.roster.expires_at);
    if !is_current {
        let said = "the roster has expired; every host refuses orders under it";
        return Err(ApiError::conflict("roster_expired", said).hint("sign a new roster"));
    }
    Ok(trusted)
}

/// Turns a refusal into the answer to whoever sent it.
#[expect(clippy::needless_pass_by_value, reason = "shape of `map_err`")]
pub(crate) fn refused(refusal: model::outcome::Refusal) -> ApiError {
    ApiError::new(ErrorKind::BadInput, "refused", &refusal.to_string())
        .hint("every host would refuse it for the same reason")
}
