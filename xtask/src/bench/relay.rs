//! Carries connections of hosts to the gateway and counts their bytes: what travels, encryption included.

use anyhow::Result;
use lab::listen::Service;
use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of one connection so far.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Bytes {
    /// From the host.
    pub(crate) up: u64,
    /// To the host.
    pub(crate) down: u64,
}

/// Connections in the order in which they began.
type Talks = Arc<Mutex<Vec<Bytes>>>;

/// The listening end; dropping it ends that.
#[derive(Debug)]
pub(crate) struct Relay {
    talks: Talks,
    _service: Service,
}

impl Relay {
    /// Listens on `listener` and connects to `target` for each connection.
    ///
    /// # Errors
    /// The socket could not be duplicated.
    pub(crate) fn start(listener: TcpListener, target: SocketAddr) -> Result<Self> {
        let talks = Talks::default();
        let ours = Arc::clone(&talks);
        // One side went away: the other sees its connection closed.
        let service = Service::start(listener, move |stream| drop(carry(stream, target, &ours)))?;
        Ok(Self { talks, _service: service })
    }

    /// Returns the bytes of all connections so far, oldest first.
    pub(crate) fn talks(&self) -> Vec<Bytes> {
        self.talks.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn carry(host: &TcpStream, target: SocketAddr, talks: &Talks) -> io::Result<()> {
    let server = TcpStream::connect(target)?;
    server.set_nodelay(true)?;
    host.set_nodelay(true)?;
    let number = change(talks, |all| {
        all.push(Bytes::default());
        all.len() - 1
    });
    let (from_server, to_host, back) = (server.try_clone()?, host.try_clone()?, Arc::clone(talks));
    let back = std::thread::spawn(move || {
        pump(&from_server, &to_host, |count| change(&back, |all| all[number].down += count));
    });
    pump(host, &server, |count| change(talks, |all| all[number].up += count));
    drop(back.join());
    Ok(())
}

fn change<T>(talks: &Talks, change: impl FnOnce(&mut Vec<Bytes>) -> T) -> T {
    change(&mut talks.lock().unwrap_or_else(PoisonError::into_inner))
}

fn pump(mut from: &TcpStream, mut to: &TcpStream, mut note: impl FnMut(u64)) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        note(u64::try_from(count).unwrap_or_default());
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    to.shutdown(Shutdown::Write).ok();
    from.shutdown(Shutdown::Read).ok();
}
