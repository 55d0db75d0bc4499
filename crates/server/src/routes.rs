//! The one table of routes of console and API: method, path, plane, permission, body limit, patience.
//! The router is built from it, so that nothing is served that does not stand here.

mod guard;

use crate::http::Web;
use crate::{api, web};
use axum::Router;
use axum::routing::{MethodFilter, MethodRouter, on};
use std::sync::Arc;

/// Bytes of a request body at most, where there is one.
const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of an envelope that carries a roster or an order, in JSON.
const SIGNED_BYTES_MAX: usize = 2 * model::wire::ENVELOPE_BYTES_MAX + 64 * 1024;
/// A request without a body.
const NO_BODY: usize = 0;

/// How a caller is known and how errors look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plane {
    /// Programs: token or session, JSON errors.
    Api,
    /// Browsers: session only, pages as errors.
    Console,
}

/// What a caller must be allowed to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// Anyone, without a session. Sign-in and assets only.
    Public,
    Read,
    /// Draft changes. A draft changes nothing on a host.
    Draft,
    /// Keep an order that was signed elsewhere. The signature is what approves, not this.
    Approve,
    /// Stop a change.
    Stop,
    /// Make join tokens.
    Enrol,
    /// Load feeds from files. What they say decides what looks clean.
    Import,
    /// Answer questions about hosts, and choose obligations.
    Answer,
    /// Put a roster that the tenant root signed.
    Trust,
    /// Make a sign-in link for oneself.
    SignIn,
    /// End one's own session.
    SignOut,
}

/// How long a request may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// 30 seconds.
    Short,
    /// Long polls and live streams end by their own rules.
    Long,
    /// Half an hour: a file of gigabytes is on its way, and is then read.
    Upload,
}

/// One row of the table.
pub struct Route {
    pub method: Verb,
    pub path: &'static str,
    pub plane: Plane,
    pub permission: Permission,
    pub body_bytes_max: usize,
    pub patience: Patience,
    /// The body goes to the handler as it comes, which counts it; only after the caller is known.
    pub is_streamed: bool,
    handler: fn(MethodFilter) -> MethodRouter<Arc<Web>>,
}

/// Methods that are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Get,
    Post,
    Put,
}

impl Verb {
    fn filter(self) -> MethodFilter {
        match self {
            Self::Get => MethodFilter::GET,
            Self::Post => MethodFilter::POST,
            Self::Put => MethodFilter::PUT,
        }
    }
}

impl Route {
    const fn new(
        method: Verb,
        path: &'static str,
        (plane, permission): (Plane, Permission),
        handler: fn(MethodFilter) -> MethodRouter<Arc<Web>>,
    ) -> Self {
        let body_bytes_max = match method {
            Verb::Get => NO_BODY,
            Verb::Post | Verb::Put => BODY_BYTES_MAX,
        };
        let (patience, is_streamed) = (Patience::Short, false);
        Self { method, path, plane, permission, body_bytes_max, patience, is_streamed, handler }
    }

    const fn long(mut self) -> Self {
        self.patience = Patience::Long;
        self
    }

    const fn streamed(mut self) -> Self {
        self.patience = Patience::Upload;
        self.is_streamed = true;
        self
    }

    const fn body(mut self, bytes_max: usize) -> Self {
        self.body_bytes_max = bytes_max;
        self
    }
}

/// Every route of the console's listener.
pub static ROUTES: &[Route] = {
    use Permission::{
        Answer, Approve, Draft, Enrol, Import, Public, Read, SignIn, SignOut, Stop, Trust,
    };
    use Plane::{Api, Console};
    use Verb::{Get, Post, Put};
    &[
        Route::new(Get, "/api/v1/status", (Api, Read), |m| on(m, api::status)),
        Route::new(Get, "/api/v1/hosts", (Api, Read), |m| on(m, api::hosts::list)),
        Route::new(Get, "/api/v1/hosts/{host}", (Api, Read), |m| on(m, api::hosts::get)),
        Route::new(Get, "/api/v1/hosts/{host}/packages", (Api, Read), |m| {
            on(m, api::hosts::packages)
        }),
        Route::new(Get, "/api/v1/hosts/{host}/updates", (Api, Read), |m| {
            on(m, api::hosts::updates)
        }),
        Route::new(Get, "/api/v1/changes", (Api, Read), |m| on(m, api::changes::list)),
        Route::new(Post, "/api/v1/changes", (Api, Draft), |m| on(m, api::changes::plan)),
        Route::new(Get, "/api/v1/changes/{change}", (Api, Read), |m| on(m, api::changes::get)),
        Route::new(Get, "/api/v1/changes/{change}/order", (Api, Read), |m| {
            on(m, api::changes::order)
        }),
        Route::new(Put, "/api/v1/changes/{change}/order", (Api, Approve), |m| {
            on(m, api::changes::approve)
        })
        .body(SIGNED_BYTES_MAX),
        Route::new(Post, "/api/v1/changes/{change}/stop", (Api, Stop), |m| {
            on(m, api::changes::stop)
        }),
        Route::new(Get, "/api/v1/changes/{change}/watch", (Api, Read), |m| {
            on(m, api::changes::watch)
        })
        .long(),
        Route::new(Get, "/api/v1/runs/{run}", (Api, Read), |m| on(m, api::runs::get)),
        Route::new(Post, "/api/v1/runs/{run}/undo", (Api, Draft), |m| on(m, api::runs::undo)),
        Route::new(Get, "/api/v1/events", (Api, Read), |m| on(m, api::events)),
        Route::new(Post, "/api/v1/tokens", (Api, Enrol), |m| on(m, api::tokens)),
        Route::new(Post, "/api/v1/sign-in-links", (Api, SignIn), |m| on(m, api::sign_in_link)),
        Route::new(Put, "/api/v1/trust", (Api, Trust), |m| on(m, api::trust))
            .body(SIGNED_BYTES_MAX),
        Route::new(Get, "/api/v1/exposures", (Api, Read), |m| on(m, api::exposures::list)),
        Route::new(Get, "/api/v1/exposures/cves", (Api, Read), |m| on(m, api::exposures::cves)),
        Route::new(Get, "/api/v1/exposures/hosts", (Api, Read), |m| on(m, api::exposures::hosts)),
        Route::new(Get, "/api/v1/cves/{cve}", (Api, Read), |m| on(m, api::exposures::cve)),
        Route::new(Get, "/api/v1/actions", (Api, Read), |m| on(m, api::exposures::actions)),
        Route::new(Get, "/api/v1/deadlines", (Api, Read), |m| on(m, api::exposures::deadlines)),
        Route::new(Get, "/api/v1/end-of-life", (Api, Read), |m| on(m, api::exposures::end_of_life)),
        Route::new(Get, "/api/v1/questions", (Api, Read), |m| on(m, api::exposures::questions)),
        Route::new(Get, "/api/v1/hosts/{host}/answers", (Api, Read), |m| {
            on(m, api::exposures::answered)
        }),
        Route::new(Put, "/api/v1/hosts/{host}/answers", (Api, Answer), |m| {
            on(m, api::exposures::answer)
        }),
        Route::new(Get, "/api/v1/obligations", (Api, Read), |m| on(m, api::exposures::obligations)),
        Route::new(Put, "/api/v1/obligations", (Api, Answer), |m| on(m, api::exposures::choose)),
        Route::new(Get, "/api/v1/feeds", (Api, Read), |m| on(m, api::feeds::list)),
        Route::new(Post, "/api/v1/feeds/import", (Api, Import), |m| on(m, api::feeds::import))
            .streamed(),
        Route::new(Get, "/", (Console, Read), |m| on(m, web::overview)),
        Route::new(Get, "/hosts", (Console, Read), |m| on(m, web::hosts::list)),
        Route::new(Get, "/hosts/{host}", (Console, Read), |m| on(m, web::hosts::show)),
        Route::new(Get, "/hosts/{host}/packages", (Console, Read), |m| on(m, web::hosts::packages)),
        Route::new(Post, "/hosts/{host}/answers", (Console, Draft), |m| on(m, web::hosts::answer)),
        Route::new(Get, "/exposures", (Console, Read), |m| on(m, web::exposures::actions)),
        Route::new(Get, "/exposures/cves", (Console, Read), |m| on(m, web::exposures::cves)),
        Route::new(Get, "/exposures/hosts", (Console, Read), |m| on(m, web::exposures::hosts)),
        Route::new(Get, "/exposures/each", (Console, Read), |m| on(m, web::exposures::each)),
        Route::new(Get, "/cves/{cve}", (Console, Read), |m| on(m, web::exposures::cve)),
        Route::new(Get, "/deadlines", (Console, Read), |m| on(m, web::exposures::deadlines)),
        Route::new(Get, "/end-of-life", (Console, Read), |m| on(m, web::exposures::end_of_life)),
        Route::new(Get, "/feeds", (Console, Read), |m| on(m, web::exposures::feed_list)),
        Route::new(Get, "/changes", (Console, Read), |m| on(m, web::changes::list)),
        Route::new(Post, "/changes", (Console, Draft), |m| on(m, web::changes::draft)),
        Route::new(Get, "/changes/{change}", (Console, Read), |m| on(m, web::changes::show)),
        Route::new(Post, "/changes/{change}/stop", (Console, Stop), |m| on(m, web::changes::stop)),
        Route::new(Get, "/runs/{run}", (Console, Read), |m| on(m, web::changes::run)),
        Route::new(Post, "/runs/{run}/undo", (Console, Draft), |m| on(m, web::changes::undo)),
        Route::new(Get, "/events", (Console, Read), |m| on(m, web::events)),
        Route::new(Get, "/live", (Console, Read), |m| on(m, web::live::stream)).long(),
        Route::new(Get, "/sign-in", (Console, Public), |m| on(m, web::sign_in::ask)),
        Route::new(Get, "/sign-in/{link}", (Console, Public), |m| on(m, web::sign_in::open)),
        Route::new(Post, "/sign-out", (Console, SignOut), |m| on(m, web::sign_in::leave)),
        Route::new(Get, "/assets/{name}", (Console, Public), |m| on(m, web::asset)),
    ]
};

/// Builds the router from the table.
pub fn router(shared: Arc<Web>) -> Router {
    let mut router = Router::new();
    for route in ROUTES {
        let guarded =
            guard::layer(route, Arc::clone(&shared), (route.handler)(route.method.filter()));
        router = router.route(route.path, guarded);
    }
    guard::outside(router, shared)
}

#[cfg(test)]
mod tests;
