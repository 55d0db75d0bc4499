//! What every page handler uses: the way off the async threads, the shell, HTML answers and errors.

use crate::app::App;
use crate::auth::{self, Caller, Via};
use crate::error::ApiError;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use console::error::ErrorPage;
use console::prose::Prose;
use console::{Person, Shell};
use std::sync::Arc;

/// A usual page; a larger one grows.
const PAGE_BYTES: usize = 32 * 1024;

/// What a page handler returns; an error becomes a page at the guard.
pub(crate) type PageResult = Result<Response, PageError>;

/// An error on its way to the page that shows it.
#[derive(Debug)]
pub(crate) struct PageError(pub ApiError);

impl From<ApiError> for PageError {
    fn from(error: ApiError) -> Self {
        Self(error)
    }
}

/// Carries the error in the answer's extensions: only the guard knows the caller's shell.
impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let mut response = self.0.status().into_response();
        response.extensions_mut().insert(self.0);
        response
    }
}

/// Runs what reads or writes the store on a thread that may wait. A panic there fails this request only.
pub(crate) async fn blocking<T, E>(
    app: &Arc<App>,
    act: impl FnOnce(&App) -> Result<T, E> + Send + 'static,
) -> Result<T, E>
where
    T: Send + 'static,
    E: From<ApiError> + Send + 'static,
{
    let app = Arc::clone(app);
    match tokio::task::spawn_blocking(move || act(&app)).await {
        Ok(answer) => answer,
        Err(failed) => Err(E::from(ApiError::internal(&format!("a handler failed: {failed}")))),
    }
}

/// Returns what a page has around its content.
pub(crate) fn shell(app: &App, caller: &Caller, notice: &str) -> Shell {
    Shell {
        now: app.now(),
        person: Some(Person { name: caller.actor.person.clone(), csrf: caller.csrf().to_owned() }),
        notice: notice.to_owned(),
    }
}

/// Returns the shell of a page that has no session.
pub(crate) fn outside_shell(app: &App) -> Shell {
    Shell { now: app.now(), person: None, notice: String::new() }
}

/// Returns the shell for whoever asks, known or not.
pub(crate) async fn shell_of(app: &Arc<App>, headers: &HeaderMap) -> Shell {
    let headers = headers.clone();
    let known = blocking(app, move |app| auth::authenticate(app, &headers)).await;
    match known {
        Ok(caller) if matches!(caller.via, Via::Session { .. }) => shell(app, &caller, ""),
        Ok(_) | Err(_) => outside_shell(app),
    }
}

/// Renders a page.
pub(crate) fn html(page: &impl std::fmt::Display) -> PageResult {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(PAGE_BYTES);
    write!(text, "{page}")
        .map_err(|e| ApiError::internal(&format!("could not render a page: {e}")))?;
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

/// Renders an error.
pub(crate) fn error(shell: Shell, error: &ApiError) -> Response {
    if !error.detail.is_empty() {
        tracing::error!(error = error.error, detail = %error.detail, "{}", error.said);
    }
    let status = error.status();
    let page = ErrorPage {
        shell,
        status: status.as_u16(),
        message: Prose(error.said.clone()),
        hint: Prose(error.hint.clone()),
    };
    match html(&page) {
        Ok(response) => (status, response).into_response(),
        Err(PageError(error)) => error.into_response(),
    }
}
