//! Carries connections of hosts to a port of this machine: hosts see `10.77.0.1:8421`, the server listens
//! on loopback. The listening socket lives in the lab's name space, the connecting ones in that of the
//! thread that called: threads inherit it.

use crate::listen::Service;
use crate::net::{BRIDGE, GATEWAY_PORT, within};
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

/// Listens on a host's own loopback and forwards to the bridge, over the host's cable. A server that was
/// started without telling it of the lab calls itself `127.0.0.1`: hosts find it by that name too.
///
/// # Errors
/// The port is taken on the host.
pub fn serve_on_host(space: &str, port: u16) -> Result<Service> {
    let bridge = SocketAddr::new(BRIDGE.parse()?, GATEWAY_PORT);
    let own = SocketAddr::from(([127, 0, 0, 1], port));
    within(space, move || serve(TcpListener::bind(own)?, bridge))
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
