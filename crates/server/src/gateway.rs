//! The agent gateway: what hosts may ask. Each request's host comes from its certificate and from
//! nothing else; only enrolment is open to whoever holds a join token.

mod enrol;
mod objects;
mod orders;
pub mod peer;
mod reports;
mod told;

pub(crate) use enrol::Pace;

use crate::app::App;
use crate::error::{ApiError, ErrorKind};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::routing::{get, post};
use model::wire::{REPORT_BYTES_MAX, path};
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;

/// Bytes of a request's body at most, apart from reports: a few envelopes.
const BODY_BYTES_MAX: usize = 2 * 1024 * 1024;
/// A body must be there within this time: 8 MiB over a line of 1 Mbit/s.
const BODY_SECS: u64 = 75;

/// Returns the gateway's routes.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route(path::ENROL, post(enrol::enrol))
        .route(path::RENEW, post(enrol::renew))
        .route(path::ORDERS, get(orders::orders))
        .route(path::PERMITS, post(told::permits))
        .route(path::PROGRESS, post(told::progress))
        .route(path::OUTCOMES, post(told::outcomes))
        .route(path::REPORTS, post(reports::reports))
        .route(&format!("{}/{{sha256}}", path::OBJECTS), get(objects::objects))
        .fallback(|| async { ApiError::not_found("the gateway has no such route") })
        // Bodies are limited where they are read, by what each route needs.
        .layer(DefaultBodyLimit::disable())
        .with_state(app)
}

/// Runs what blocks (the store, files, the CA) on a thread where that is allowed.
pub(crate) async fn blocking<T: Send + 'static>(
    act: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(act)
        .await
        .unwrap_or_else(|e| Err(ApiError::internal(&format!("a request ended badly: {e}"))))
}

/// Reads a body of a usual request.
async fn small<T: DeserializeOwned>(body: Body) -> Result<T, ApiError> {
    read(body, BODY_BYTES_MAX).await
}

/// Reads a report's body.
async fn large<T: DeserializeOwned>(body: Body) -> Result<T, ApiError> {
    read(body, REPORT_BYTES_MAX).await
}

async fn read<T: DeserializeOwned>(body: Body, most: usize) -> Result<T, ApiError> {
    let whole = axum::body::to_bytes(body, most);
    let bytes: Bytes = tokio::time::timeout(Duration::from_secs(BODY_SECS), whole)
        .await
        .map_err(|_| ApiError::new(ErrorKind::BadInput, "slow_body", "the body came too slowly"))?
        .map_err(|_| {
            let said = format!("the body is longer than {most} bytes, or was cut off");
            ApiError::bad_input("bad_body", &said)
        })?;
    serde_json::from_slice(&bytes)
        .map_err(|e| ApiError::bad_input("bad_body", &format!("the body cannot be read: {e}")))
}

/// Makes an answer that says when to come again.
fn come_again(error: ApiError, after_secs: u32) -> axum::response::Response {
    use axum::response::IntoResponse as _;
    debug_assert_eq!(error.status(), StatusCode::SERVICE_UNAVAILABLE);
    ([("retry-after", after_secs.to_string())], error).into_response()
}
