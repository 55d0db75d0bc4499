//! `/sign-in` and `/sign-out`.

use crate::auth::{self, Caller, Via};
use crate::http::{Peer, Web};
use crate::web::page::{PageResult, blocking, html, outside_shell};
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect};
use console::sign_in::{SignInPage, SignedInPage};
use std::sync::Arc;

/// Tells how to get a link.
pub(crate) async fn ask(State(web): State<Arc<Web>>) -> PageResult {
    html(&SignInPage { shell: outside_shell(&web.app), refused: String::new() })
}

/// Uses a link up. Answers with a page that goes on by itself, not with a redirect: a browser that
/// came here from another site's link would not send the strict cookie along with a redirect.
pub(crate) async fn open(
    State(web): State<Arc<Web>>,
    Extension(Peer(peer)): Extension<Peer>,
    Path(link): Path<String>,
    headers: HeaderMap,
) -> PageResult {
    let signed_in = blocking(&web.app, {
        let web = Arc::clone(&web);
        move |app| {
            web.attempts.count(peer, app.now())?;
            auth::sign_in(app, &link)
        }
    });
    match signed_in.await {
        Ok(secret) => {
            let page = html(&SignedInPage { shell: outside_shell(&web.app) })?;
            let go_on = (HeaderName::from_static("refresh"), HeaderValue::from_static("0; url=/"));
            let cookie = (header::SET_COOKIE, auth::set_cookie(&headers, &secret));
            Ok(([go_on, cookie], page).into_response())
        }
        Err(error) => {
            let refused = format!("{}.", capitalised(&error.said));
            let page = html(&SignInPage { shell: outside_shell(&web.app), refused })?;
            let status = match error.status() {
                StatusCode::INTERNAL_SERVER_ERROR => return Err(error.into()),
                status => status,
            };
            Ok((status, page).into_response())
        }
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Ends the session.
pub(crate) async fn leave(
    State(web): State<Arc<Web>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> PageResult {
    blocking(&web.app, move |app| match caller.via {
        Via::Session { hash, .. } => auth::sign_out(app, hash),
        Via::Token => Ok(()),
    })
    .await?;
    let cookie = [(header::SET_COOKIE, auth::set_cookie(&headers, ""))];
    Ok((cookie, Redirect::to("/sign-in")).into_response())
}
