//! The gateway's accept loop: TLS with an optional client certificate, and deadlines on everything
//! that a slow or silent client could hold open (reference: slow clients).

use crate::gateway::peer::{self, PeerOf};
use axum::Router;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

/// From the first byte to a finished handshake.
const HANDSHAKE_SECS: u64 = 10;
/// From the handshake to the first whole request head.
const FIRST_REQUEST_SECS: u64 = 10;
/// For each later head, idle time included: longer than the 15 seconds for which clients keep idle
/// connections, so that the server is never the one that closes under a request.
const HEAD_SECS: u64 = 20;
/// A request head's bytes at most.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Connections at once: 100,000 parked polls and some air.
const CONNECTIONS_MAX: usize = 120_000;
/// Connections from one address at once: a whole site behind one NAT.
const CONNECTIONS_PER_ADDRESS_MAX: u32 = 512;
/// Rest after a failed accept (out of file descriptors), so that the loop does not spin.
const ACCEPT_REST_MS: u64 = 100;

/// What the loop needs.
pub struct Gate {
    pub tls: TlsAcceptor,
    pub router: Router,
    pub stopping: watch::Receiver<bool>,
    /// Connections from one address at once; `CONNECTIONS_PER_ADDRESS_MAX` outside of tests.
    pub per_address_max: u32,
}

impl Gate {
    /// Returns a gate with the usual limits.
    pub fn new(tls: TlsAcceptor, router: Router, stopping: watch::Receiver<bool>) -> Self {
        Self { tls, router, stopping, per_address_max: CONNECTIONS_PER_ADDRESS_MAX }
    }
}

/// Serves until `stopping` turns true; then no new connection is taken and parked ones answer.
pub fn start(gate: Gate, listener: TcpListener) -> JoinHandle<()> {
    tokio::spawn(accept(Arc::new(gate), listener))
}

async fn accept(gate: Arc<Gate>, listener: TcpListener) {
    let total = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let peers = Arc::new(Peers::default());
    let mut stopping = gate.stopping.clone();
    loop {
        let Ok(place) = Arc::clone(&total).acquire_owned().await else { return };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopping.wait_for(|stop| *stop) => return,
        };
        match accepted {
            Ok((stream, address)) => {
                let seat = peers.sit(address.ip(), gate.per_address_max);
                let Some(seat) = seat else { continue };
                tokio::spawn(converse(Arc::clone(&gate), stream, (place, seat)));
            }
            Err(error) => {
                tracing::warn!(%error, "could not accept a connection");
                tokio::time::sleep(Duration::from_millis(ACCEPT_REST_MS)).await;
            }
        }
    }
}

async fn converse(gate: Arc<Gate>, stream: TcpStream, _held: (OwnedSemaphorePermit, Seat)) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "could not set a connection to answer at once");
    }
    let handshake = gate.tls.accept(stream);
    let deadline = Duration::from_secs(HANDSHAKE_SECS);
    let Ok(Ok(stream)) = tokio::time::timeout(deadline, handshake).await else { return };
    let chain = stream.get_ref().1.peer_certificates();
    let peer = chain.and_then(|chain| chain.first()).and_then(|first| peer::read(first));
    let peer = PeerOf(peer.map(Arc::new));
    let asked = Arc::new(Asked::default());
    let service = {
        let asked = Arc::clone(&asked);
        let router = gate.router.clone();
        service_fn(move |mut request: hyper::Request<Incoming>| {
            asked.note();
            request.extensions_mut().insert(peer.clone());
            let router = router.clone();
            async move { router.oneshot(request.map(axum::body::Body::new)).await }
        })
    };
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(HEAD_SECS))
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let mut stopping = gate.stopping.clone();
    tokio::select! {
        _ended = &mut connection => return,
        () = asked.missed(Duration::from_secs(FIRST_REQUEST_SECS)) => return,
        _ = stopping.wait_for(|stop| *stop) => {}
    }
    connection.as_mut().graceful_shutdown();
    // Whatever the last request does, the process's own deadline at stop is shorter.
    let _ended = connection.await;
}

/// Whether a connection has asked anything yet.
#[derive(Default)]
struct Asked {
    has: AtomicBool,
    first: Notify,
}

impl Asked {
    fn note(&self) {
        if !self.has.swap(true, Ordering::Relaxed) {
            self.first.notify_one();
        }
    }

    /// Returns when the deadline has passed without a request; never once there was one.
    async fn missed(&self, deadline: Duration) {
        if tokio::time::timeout(deadline, self.first.notified()).await.is_ok() {
            std::future::pending::<Infallible>().await;
        }
    }
}

/// Connections by address.
#[derive(Default)]
struct Peers {
    counts: Mutex<BTreeMap<IpAddr, u32>>,
}

/// One connection's place among those of its address; given back when dropped.
struct Seat {
    peers: Arc<Peers>,
    address: IpAddr,
}

impl Peers {
    fn sit(self: &Arc<Self>, address: IpAddr, most: u32) -> Option<Seat> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(address).or_insert(0);
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Seat { peers: Arc::clone(self), address })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut counts = self.peers.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests;
