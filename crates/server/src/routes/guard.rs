//! What stands before every handler: who asks, may they, is the form ours, how large, how long; and
//! behind it the security headers. No handler runs without it: the router is built here.

use crate::auth::{self, Caller};
use crate::error::{ApiError, ErrorKind};
use crate::form::{self, Form};
use crate::http::Web;
use crate::routes::{Patience, Permission, Plane, Route, Verb};
use crate::web::page;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::MethodRouter;
use std::sync::Arc;
use std::time::Duration;

/// How long a request may take, its body included; long polls have their own rules.
const REQUEST_DEADLINE: Duration = Duration::from_secs(30);

/// How long a file may be on its way and in work.
const UPLOAD_DEADLINE: Duration = Duration::from_secs(1_800);

const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Sent with every answer.
const HEADERS: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    // Not `no-referrer`: browsers would then send `Origin: null` with our own forms.
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
];

/// A row of the table with what the guard needs.
#[derive(Clone)]
struct Post {
    route: &'static Route,
    shared: Arc<Web>,
}

/// Puts the guard of `route` before its handler.
pub(crate) fn layer(
    route: &'static Route,
    shared: Arc<Web>,
    handler: MethodRouter<Arc<Web>>,
) -> MethodRouter<Arc<Web>> {
    handler.layer(from_fn_with_state(Post { route, shared }, guard))
}

/// Ends the router: what no row names, and the headers of every answer.
pub(crate) fn outside(router: Router<Arc<Web>>, shared: Arc<Web>) -> Router {
    router
        .fallback(nothing_here)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn(headers))
        .with_state(shared)
}

async fn guard(State(post): State<Post>, request: Request, next: Next) -> Response {
    let Post { route, shared } = post;
    let method = request.method().clone();
    let headers = request.headers().clone();
    let deadline = match route.patience {
        Patience::Short => REQUEST_DEADLINE,
        Patience::Long => REQUEST_DEADLINE + Duration::from_secs(model::wire::POLL_SECS_MAX.into()),
        Patience::Upload => UPLOAD_DEADLINE,
    };
    let answer = tokio::time::timeout(deadline, checked(route, &shared, request, next));
    let error = match answer.await {
        Ok(Ok(response)) => return response,
        Ok(Err(error)) => error,
        Err(_elapsed) => ApiError::new(ErrorKind::Busy, "timed_out", "it took too long")
            .hint("try again in a moment"),
    };
    match route.plane {
        Plane::Api => error.into_response(),
        Plane::Console => {
            // A page leads to the sign-in; a form does not, because its content would be lost.
            if error.kind == ErrorKind::Unauthorised && method == Method::GET {
                return Redirect::to("/sign-in").into_response();
            }
            let shell = page::shell_of(&shared.app, &headers).await;
            page::error(shell, &error)
        }
    }
}

async fn checked(
    route: &'static Route,
    shared: &Arc<Web>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let (mut parts, body) = request.into_parts();
    // A large file is no more than passed on, and only for who is known: below.
    let (streamed, body) = if route.is_streamed {
        (Some(body), axum::body::Bytes::new())
    } else {
        (None, bounded(body, route.body_bytes_max).await?)
    };
    if route.permission != Permission::Public {
        let caller = caller(shared, &parts.headers).await?;
        if !may(&caller, route) {
            let said = "an API token cannot open pages of the console";
            return Err(ApiError::forbidden("session_needed", said));
        }
        if route.method != Verb::Get {
            let form = if route.plane == Plane::Console {
                Form(form::pairs(&String::from_utf8_lossy(&body)))
            } else {
                Form::default()
            };
            let given = (route.plane == Plane::Console).then(|| form.value("csrf"));
            auth::refuse_forged(&caller, &parts.headers, given)?;
            parts.extensions.insert(form);
        }
        parts.extensions.insert(caller);
    }
    let mut response =
        next.run(Request::from_parts(parts, streamed.unwrap_or_else(|| Body::from(body)))).await;
    // A page's error: only here is it known for whom to render it.
    match response.extensions_mut().remove::<ApiError>() {
        Some(error) => Err(error),
        None => Ok(response),
    }
}

async fn caller(shared: &Arc<Web>, headers: &HeaderMap) -> Result<Caller, ApiError> {
    let headers = headers.clone();
    page::blocking(&shared.app, move |app| auth::authenticate(app, &headers)).await
}

/// There is one role so far: everyone who is known may do everything but approve, which takes a key.
/// Pages belong to sessions, because their forms do.
fn may(caller: &Caller, route: &Route) -> bool {
    let is_session = matches!(caller.via, auth::Via::Session { .. });
    match route.permission {
        Permission::Public | Permission::SignOut => is_session,
        Permission::Read
        | Permission::Draft
        | Permission::Approve
        | Permission::Stop
        | Permission::Enrol
        | Permission::Import
        | Permission::Answer
        | Permission::SignIn
        | Permission::Trust => is_session || route.plane == Plane::Api,
    }
}

async fn bounded(body: Body, bytes_max: usize) -> Result<axum::body::Bytes, ApiError> {
    to_bytes(body, bytes_max).await.map_err(|_| {
        let said = format!("the request's body is larger than {bytes_max} bytes, or was cut off");
        ApiError::bad_input("body_too_large", &said)
    })
}

async fn nothing_here(State(shared): State<Arc<Web>>, uri: Uri, headers: HeaderMap) -> Response {
    let error = ApiError::not_found("there is no such address");
    outside_error(&shared, (&uri, &headers), error).await
}

async fn wrong_method(State(shared): State<Arc<Web>>, uri: Uri, headers: HeaderMap) -> Response {
    let error = ApiError::bad_input("wrong_method", "the address does not take this method");
    let mut response = outside_error(&shared, (&uri, &headers), error).await;
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response
}

async fn outside_error(
    shared: &Arc<Web>,
    (uri, headers): (&Uri, &HeaderMap),
    error: ApiError,
) -> Response {
    if uri.path().starts_with("/api/") {
        return error.into_response();
    }
    let shell = page::shell_of(&shared.app, headers).await;
    page::error(shell, &error)
}

async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    // Pages and answers are of this moment and this person; only assets say otherwise.
    response
        .headers_mut()
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}
