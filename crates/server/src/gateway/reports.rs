//! Reports in. One that says what is stored already costs a hash and no write; a new set is stored once,
//! after its digest was checked; a set that is missing is asked for.

use crate::app::{App, event};
use crate::error::ApiError;
use crate::exposures::keeper::{self, Offer};
use crate::fleet::{self, Cell};
use crate::gateway::peer::Caller;
use crate::gateway::{blocking, large};
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use model::Digest;
use model::package::PackageSet;
use model::report::{PackagesBody, PendingSet, Report, ReportAnswer};
use std::sync::Arc;
use store::reports::ReportRow;
use store::{TenantScope, View};

const STORED: ReportAnswer =
    ReportAnswer { stored: true, want_packages: false, want_pending: false };

/// `POST /agent/v1/reports`
pub(crate) async fn reports(
    State(app): State<Arc<App>>,
    Caller(cell): Caller,
    body: Body,
) -> Result<Json<ReportAnswer>, ApiError> {
    let report: Report = large(body).await?;
    if cell.is_stored(fleet::digest_of(&report)) {
        cell.reported(app.now());
        return Ok(Json(STORED));
    }
    blocking(move || take(&app, &cell, report)).await.map(Json)
}

/// What a report brings that is not stored yet.
enum Brought<T> {
    /// It is there.
    Known,
    New(T),
    /// It is neither there nor in the report.
    Missing,
}

fn take(app: &App, cell: &Cell, mut report: Report) -> Result<ReportAnswer, ApiError> {
    let scope = cell.scope;
    let (packages, pending) = app.read(|view| {
        let packages = packages(app, view, &scope, &mut report)?;
        Ok((packages, pending(view, &scope, &mut report)?))
    })?;
    let want_packages = matches!(packages, Brought::Missing);
    let want_pending = matches!(pending, Brought::Missing);
    if want_packages || want_pending {
        cell.heard(app.now());
        return Ok(ReportAnswer { stored: false, want_packages, want_pending });
    }
    let digest = fleet::digest_of(&report);
    let row = row_of(app, cell, report);
    let pending_set = match &pending {
        Brought::New(set) => set.clone(),
        Brought::Known | Brought::Missing => stored_pending(app, &scope, row.pending)?,
    };
    let offers = keeper::new_offers(app, &row, &pending_set);
    write(app, cell, row.clone(), (packages, pending, offers.clone()))?;
    cell.put_stored(digest);
    let packages = stored_packages(app, &scope, row.packages)?;
    keeper::put_report(app, &scope, &row, (&packages, &pending_set, offers))?;
    cell.reported(app.now());
    Ok(STORED)
}

fn row_of(app: &App, cell: &Cell, report: Report) -> ReportRow {
    ReportRow {
        host: cell.host,
        seen_at: report.seen_at,
        stored_at: app.now(),
        packages: report.packages,
        installed: report.installed,
        pending: report.pending,
        facts: report.facts,
        conditions: report.conditions,
    }
}

/// Returns a set that is stored; parsed already where it was used lately.
fn stored_packages(
    app: &App,
    scope: &TenantScope,
    digest: Digest,
) -> Result<Arc<PackageSet>, ApiError> {
    if let Some(set) = app.sets.get(scope, digest) {
        return Ok(set);
    }
    let found = app.read(|view| Ok(store::reports::packages(view, scope, digest)?))?;
    let set = found.ok_or_else(|| ApiError::internal("a report's package set is not stored"))?;
    let set = Arc::new(set);
    app.sets.put(scope, digest, Arc::clone(&set));
    Ok(set)
}

fn stored_pending(app: &App, scope: &TenantScope, digest: Digest) -> Result<PendingSet, ApiError> {
    let found = app.read(|view| Ok(store::reports::pending(view, scope, digest)?))?;
    found.ok_or_else(|| ApiError::internal("a report's pending set is not stored"))
}

fn write(
    app: &App,
    cell: &Cell,
    row: ReportRow,
    (packages, pending, offers): (Brought<Vec<u8>>, Brought<PendingSet>, Vec<Offer>),
) -> Result<(), ApiError> {
    let (scope, host, now) = (cell.scope, cell.host, row.stored_at);
    app.write(move |tx| {
        if let Brought::New(bytes) = &packages {
            let names = (row.packages, row.installed);
            store::reports::put_packages(&tx, &scope, names, bytes)?;
        }
        if let Brought::New(set) = &pending {
            store::reports::put_pending(&tx, &scope, row.pending, set)?;
        }
        store::reports::put(&tx, &scope, &row)?;
        for offer in offers {
            store::offers::insert(&tx, &scope, &offer.into_row(now))?;
        }
        let detail = serde_json::json!({
            "packages": row.packages, "installed": row.installed, "pending": row.pending,
        });
        let reported = event(now, &host.to_string(), "host.reported", &host.to_string(), detail);
        tx.record(&scope, &reported)?.commit(())
    })
}

fn packages(
    app: &App,
    view: &View<'_>,
    scope: &TenantScope,
    report: &mut Report,
) -> Result<Brought<Vec<u8>>, ApiError> {
    if let Some(installed) = store::reports::installed(view, scope, report.packages)? {
        matches_installed(installed, report)?;
        return Ok(Brought::Known);
    }
    let body = std::mem::take(&mut report.packages_body);
    let is_diff = matches!(body, PackagesBody::Diff(_));
    let set = match body {
        PackagesBody::Known => return Ok(Brought::Missing),
        PackagesBody::Full(packages) => PackageSet::new(packages),
        PackagesBody::Diff(diff) => match app.sets.get(scope, diff.base) {
            Some(base) => base.with(&diff),
            None => match store::reports::packages(view, scope, diff.base)? {
                Some(base) => base.into_with(&diff),
                None => return Ok(Brought::Missing),
            },
        },
    };
    let bytes = serde_json::to_vec(&set)
        .map_err(|e| ApiError::internal(&format!("a package set cannot be written: {e}")))?;
    if Digest::of(&bytes) != report.packages {
        if is_diff {
            // A diff that does not fit is as good as none: the whole set settles it.
            return Ok(Brought::Missing);
        }
        let said = "the package set is not what its digest says";
        return Err(ApiError::bad_input("wrong_digest", said).hint("send the whole set"));
    }
    matches_installed(set.installed_digest(), report)?;
    app.sets.put(scope, report.packages, Arc::new(set));
    Ok(Brought::New(bytes))
}

fn matches_installed(installed: Digest, report: &Report) -> Result<(), ApiError> {
    if installed != report.installed {
        let said = "the digest of what is installed does not belong to the package set";
        return Err(ApiError::bad_input("wrong_digest", said));
    }
    Ok(())
}

fn pending(
    view: &View<'_>,
    scope: &TenantScope,
    report: &mut Report,
) -> Result<Brought<PendingSet>, ApiError> {
    if store::reports::has_pending(view, scope, report.pending)? {
        return Ok(Brought::Known);
    }
    let Some(set) = report.pending_body.take() else { return Ok(Brought::Missing) };
    if set.digest() != report.pending {
        let said = "the pending set is not what its digest says";
        return Err(ApiError::bad_input("wrong_digest", said));
    }
    Ok(Brought::New(set))
}
