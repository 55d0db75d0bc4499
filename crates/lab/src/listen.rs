//! The accept loop that the package server and the forwarder share: a thread per connection, a cap on
//! them, and an end.

use crate::wait;
use anyhow::Result;
use rustix::net::Shutdown;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// Connections served at a time at most: eight hosts open some ten each.
const CONNECTIONS_MAX: usize = 256;

/// A listening socket that is served; dropping it ends that.
#[derive(Debug)]
pub struct Service {
    listener: TcpListener,
    over: Arc<AtomicBool>,
}

impl Service {
    /// Hands each connection on `listener` to `handle`, on a thread of its own.
    ///
    /// # Errors
    /// The socket could not be duplicated.
    pub fn start(
        listener: TcpListener,
        handle: impl Fn(&TcpStream) + Send + Sync + 'static,
    ) -> Result<Self> {
        let over = Arc::new(AtomicBool::new(false));
        let service = Self { listener: listener.try_clone()?, over: Arc::clone(&over) };
        std::thread::spawn(move || accept(&listener, &over, &Arc::new(handle)));
        Ok(service)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        // Wakes the thread that accepts; a socket that is closed already needs no waking.
        rustix::net::shutdown(&self.listener, Shutdown::Both).ok();
    }
}

fn accept<F>(listener: &TcpListener, over: &AtomicBool, handle: &Arc<F>)
where
    F: Fn(&TcpStream) + Send + Sync + 'static,
{
    let open = Arc::new(AtomicUsize::new(0));
    while !over.load(Ordering::Relaxed) {
        let Ok((stream, _)) = listener.accept() else {
            wait::pause(Duration::from_millis(20));
            continue;
        };
        if open.load(Ordering::Relaxed) >= CONNECTIONS_MAX {
            continue;
        }
        open.fetch_add(1, Ordering::Relaxed);
        let (open, handle) = (Arc::clone(&open), Arc::clone(handle));
        std::thread::spawn(move || {
            handle(&stream);
            open.fetch_sub(1, Ordering::Relaxed);
        });
    }
}
