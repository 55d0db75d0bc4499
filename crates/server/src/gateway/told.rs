//! Claims, progress, outcomes: read, handed to `runs::told`, answered after the commit.

use crate::app::App;
use crate::error::ApiError;
use crate::gateway::peer::Caller;
use crate::gateway::{blocking, small};
use crate::runs;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use model::run::{PermitAnswer, PermitClaim, Progress};
use model::wire::{OutcomesAnswer, OutcomesRequest};
use std::sync::Arc;

/// Envelopes in one request at most.
const ENVELOPES_MAX: usize = 64;

/// `POST /agent/v1/permits`
pub(crate) async fn permits(
    State(app): State<Arc<App>>,
    Caller(cell): Caller,
    body: Body,
) -> Result<Json<PermitAnswer>, ApiError> {
    let claim: PermitClaim = small(body).await?;
    blocking(move || runs::told::claim(&app, &cell, &claim)).await.map(Json)
}

/// `POST /agent/v1/progress`
pub(crate) async fn progress(
    State(app): State<Arc<App>>,
    Caller(cell): Caller,
    body: Body,
) -> Result<StatusCode, ApiError> {
    let progress: Progress = small(body).await?;
    blocking(move || runs::told::progress(&app, &cell, progress)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /agent/v1/outcomes`
pub(crate) async fn outcomes(
    State(app): State<Arc<App>>,
    Caller(cell): Caller,
    body: Body,
) -> Result<Json<OutcomesAnswer>, ApiError> {
    let request: OutcomesRequest = small(body).await?;
    if request.envelopes.len() > ENVELOPES_MAX {
        let said = format!("more than {ENVELOPES_MAX} envelopes at once");
        return Err(ApiError::bad_input("too_many", &said));
    }
    blocking(move || {
        let mut stored = Vec::new();
        let mut failed = None;
        // One bad envelope spoils one envelope: the others are kept and acknowledged.
        for envelope in request.envelopes {
            match runs::told::signed(&app, &cell, envelope) {
                Ok(payload) => stored.push(payload),
                Err(error) => failed = Some(error),
            }
        }
        match failed {
            Some(error) if stored.is_empty() => Err(error),
            _ => Ok(Json(OutcomesAnswer { stored })),
        }
    })
    .await
}
