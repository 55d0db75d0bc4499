//! Carries connections of hosts to a port of this machine: hosts see `10.77.0.1:8421`, the server listens
//! on loopback. The listening socket lives in the lab's name space, the connecting ones in ours.

use crate::listen::Service;
use anyhow::Result;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

/// Loopback answers at once or not at all.
const CONNECT_SECS: u64 = 5;

/// Forwards each connection on `listener` to `target` until the returned value is dropped.
///
/// # Errors
/// The socket could not be duplicated.
pub fn serve(listener: TcpListener, target: SocketAddr) -> Result<Service> {
    // Nobody listens there, or one side went away: the host sees its connection closed.
    Service::start(listener, move |stream| drop(carry(stream, target)))
}

fn carry(host: &TcpStream, target: SocketAddr) -> io::Result<()> {
    let server = TcpStream::connect_timeout(&target, Duration::from_secs(CONNECT_SECS))?;
    server.set_nodelay(true)?;
    host.set_nodelay(true)?;
    let (from_server, to_host) = (server.try_clone()?, host.try_clone()?);
    let back = std::thread::spawn(move || pump(&from_server, &to_host));
    pump(host, &server);
    drop(back.join());
    Ok(())
}

fn pump(mut from: &TcpStream, mut to: &TcpStream) {
    io::copy(&mut from, &mut to).ok();
    to.shutdown(Shutdown::Write).ok();
    from.shutdown(Shutdown::Read).ok();
}
