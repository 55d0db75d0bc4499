//! The console's listener: accepts, sets deadlines, counts connections, and hands requests to the
//! router. `axum::serve` would keep a silent connection for ever; this loop does not.

use crate::app::App;
use crate::auth::Attempts;
use crate::routes;
use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tower::ServiceExt as _;

/// How long a client may take to ask.
#[derive(Debug, Clone, Copy)]
struct Deadlines {
    /// To the first whole head.
    first: Duration,
    /// To each later head, idle time included.
    head: Duration,
}

/// The later heads' time is longer than the 15 seconds for which clients keep idle connections, so that
/// the server is never the one that closes under a request.
const DEADLINES: Deadlines =
    Deadlines { first: Duration::from_secs(10), head: Duration::from_secs(20) };
/// A request head's bytes at most.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Connections that are open at most.
const CONNECTIONS_MAX: usize = 4_000;
/// Connections of one address at most: a browser takes six, a proxy many more.
const CONNECTIONS_PER_PEER_MAX: usize = 64;
/// After a failed accept (no file handles left), so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How long open requests may go on once the server stops.
const STOP_PATIENCE: Duration = Duration::from_secs(5);

/// What the console's handlers share.
pub struct Web {
    pub app: Arc<App>,
    pub attempts: Attempts,
}

/// The address at the other end of the connection.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// Serves console and API on `listener` until the server stops.
pub fn start(app: Arc<App>, listener: TcpListener) -> JoinHandle<()> {
    let router =
        routes::router(Arc::new(Web { app: Arc::clone(&app), attempts: Attempts::default() }));
    tokio::spawn(accept(app, listener, router))
}

async fn accept(app: Arc<App>, listener: TcpListener, router: Router) {
    let doors = Arc::new(Doors::default());
    let mut stopping = app.stopping.subscribe();
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopping.wait_for(|stopping| *stopping) => break,
        };
        // Collected as they end, so that the set does not grow.
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, peer)) => {
                let Some(place) = Doors::enter(&doors, peer.ip()) else { continue };
                let serving = serve(
                    stream,
                    Peer(peer.ip()),
                    router.clone(),
                    (app.stopping.subscribe(), DEADLINES),
                );
                connections.spawn(async move {
                    serving.await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "could not accept a connection to the console");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    let all_over = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(STOP_PATIENCE, all_over).await.is_err() {
        tracing::info!("some console requests did not end in time");
    }
}

/// Serves one connection. Ends it when its first request does not come in time.
async fn serve(
    stream: TcpStream,
    peer: Peer,
    router: Router,
    (mut stopping, deadlines): (watch::Receiver<bool>, Deadlines),
) {
    // Pages are small: waiting to fill a packet only delays them.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let has_begun = Arc::new(AtomicBool::new(false));
    let begun = Arc::clone(&has_begun);
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        begun.store(true, Ordering::Relaxed);
        let mut request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(peer);
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(deadlines.head)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let deadline = tokio::time::sleep(deadlines.first);
    let mut deadline = std::pin::pin!(deadline);
    let mut is_watched = true;
    let mut is_ending = false;
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a console connection ended early");
                }
                return;
            }
            () = deadline.as_mut(), if is_watched => {
                if !has_begun.load(Ordering::Relaxed) {
                    return;
                }
                is_watched = false;
            }
            _ = stopping.wait_for(|stopping| *stopping), if !is_ending => {
                connection.as_mut().graceful_shutdown();
                is_ending = true;
            }
        }
    }
}

/// Counts open connections, in all and by address.
#[derive(Default)]
struct Doors {
    open: Mutex<BTreeMap<IpAddr, usize>>,
}

/// A counted connection; leaves when dropped.
struct Place {
    doors: Arc<Doors>,
    peer: IpAddr,
}

impl Doors {
    /// Lets a connection in, or not when there are too many.
    fn enter(doors: &Arc<Self>, peer: IpAddr) -> Option<Place> {
        let mut open = doors.open.lock().unwrap_or_else(PoisonError::into_inner);
        let total: usize = open.values().sum();
        let from_peer = open.get(&peer).copied().unwrap_or(0);
        if total >= CONNECTIONS_MAX || from_peer >= CONNECTIONS_PER_PEER_MAX {
            tracing::warn!(%peer, "too many console connections: one was closed");
            return None;
        }
        open.insert(peer, from_peer + 1);
        Some(Place { doors: Arc::clone(doors), peer })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.doors.open.lock().unwrap_or_else(PoisonError::into_inner);
        let left = open.get(&self.peer).map_or(0, |count| count.saturating_sub(1));
        if left == 0 {
            open.remove(&self.peer);
        } else {
            open.insert(self.peer, left);
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
