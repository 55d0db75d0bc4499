//! `ApiError`: every failure that a caller of API, console or gateway sees. One kind gives one status.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use model::wire::ErrorBody;
use store::StoreError;

/// A failure: `said` goes to the caller, `detail` to the log only.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{said}")]
pub struct ApiError {
    pub kind: ErrorKind,
    /// A stable word for programs.
    pub error: &'static str,
    pub said: String,
    /// What to do, or empty.
    pub hint: String,
    pub detail: String,
}

/// Kinds by what the caller can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    BadInput,
    NotFound,
    Conflict,
    Forbidden,
    Unauthorised,
    /// Try again later.
    Busy,
    DiskFull,
    Internal,
}

impl ApiError {
    /// Returns an error that says `said`.
    pub fn new(kind: ErrorKind, error: &'static str, said: &str) -> Self {
        Self { kind, error, said: said.to_owned(), hint: String::new(), detail: String::new() }
    }

    /// Returns: what was sent cannot be meant.
    pub fn bad_input(error: &'static str, said: &str) -> Self {
        Self::new(ErrorKind::BadInput, error, said)
    }

    /// Returns: there is no such thing here, for this caller.
    pub fn not_found(said: &str) -> Self {
        Self::new(ErrorKind::NotFound, "not_found", said)
    }

    /// Returns: it does not fit what is there now.
    pub fn conflict(error: &'static str, said: &str) -> Self {
        Self::new(ErrorKind::Conflict, error, said)
    }

    /// Returns: known, but not allowed.
    pub fn forbidden(error: &'static str, said: &str) -> Self {
        Self::new(ErrorKind::Forbidden, error, said)
    }

    /// Returns: not known.
    pub fn unauthorised(said: &str) -> Self {
        Self::new(ErrorKind::Unauthorised, "unauthorised", said)
    }

    /// Returns: a defect or a failing machine; the detail is for the log.
    pub fn internal(detail: &str) -> Self {
        let said = "the server could not do it; its log says why";
        Self::new(ErrorKind::Internal, "internal", said).detail(detail)
    }

    /// Returns the error with what to do.
    #[must_use]
    pub fn hint(mut self, hint: &str) -> Self {
        hint.clone_into(&mut self.hint);
        self
    }

    /// Returns the error with what the log should have.
    #[must_use]
    pub fn detail(mut self, detail: &str) -> Self {
        detail.clone_into(&mut self.detail);
        self
    }

    /// Returns the HTTP status of the kind.
    pub fn status(&self) -> StatusCode {
        match self.kind {
            ErrorKind::BadInput => StatusCode::UNPROCESSABLE_ENTITY,
            ErrorKind::NotFound => StatusCode::NOT_FOUND,
            ErrorKind::Conflict => StatusCode::CONFLICT,
            ErrorKind::Forbidden => StatusCode::FORBIDDEN,
            ErrorKind::Unauthorised => StatusCode::UNAUTHORIZED,
            ErrorKind::Busy => StatusCode::SERVICE_UNAVAILABLE,
            ErrorKind::DiskFull => StatusCode::INSUFFICIENT_STORAGE,
            ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Returns the body of the answer.
    pub fn body(&self) -> ErrorBody {
        ErrorBody {
            error: self.error.to_owned(),
            message: self.said.clone(),
            hint: self.hint.clone(),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let (kind, word) = match &error {
            StoreError::NotFound { .. } => (ErrorKind::NotFound, "not_found"),
            StoreError::Conflict { .. } => (ErrorKind::Conflict, "conflict"),
            StoreError::Busy { .. } | StoreError::Locked => (ErrorKind::Busy, "busy"),
            StoreError::DiskFull => (ErrorKind::DiskFull, "disk_full"),
            StoreError::NewerSchema { .. }
            | StoreError::Corrupt { .. }
            | StoreError::NotOurs { .. }
            | StoreError::UnsafeSqlite { .. }
            | StoreError::Os { .. }
            | StoreError::Failed { .. } => return Self::internal(&error.to_string()),
        };
        Self::new(kind, word, &error.to_string()).hint(error.hint())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if !self.detail.is_empty() {
            tracing::error!(error = self.error, detail = %self.detail, "{}", self.said);
        }
        (self.status(), Json(self.body())).into_response()
    }
}
