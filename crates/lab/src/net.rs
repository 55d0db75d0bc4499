//! The lab's network: one name space with a bridge, one per host with a `host0`. Nothing else is reachable
//! from hosts, and nothing of this machine's own network is changed.

use crate::process;
use anyhow::{Context as _, Result, bail};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use std::fs::File;
use std::net::TcpListener;
use std::os::fd::AsFd as _;
use std::path::PathBuf;
use std::time::Duration;

/// Address of the bridge: package server and gateway, as hosts see them.
pub const BRIDGE: &str = "10.77.0.1";
/// Port of the gateway, as hosts see it.
pub const GATEWAY_PORT: u16 = 8421;
/// All names of the lab's name spaces and control groups begin so.
pub const PREFIX: &str = "pwlab-";

const IP_SECS: u64 = 20;

/// One lab's name spaces.
#[derive(Debug, Clone)]
pub struct Net {
    /// Name of the bridge's name space.
    pub space: String,
}

impl Net {
    /// Makes the bridge's name space for run `run`.
    ///
    /// # Errors
    /// `ip` failed: not root, or no network name spaces here.
    pub fn make(run: &str) -> Result<Self> {
        let space = format!("{PREFIX}{run}");
        ip(&["netns", "add", &space])?;
        let net = Self { space };
        net.inside(&["link", "set", "lo", "up"])?;
        net.inside(&["link", "add", "br0", "type", "bridge"])?;
        net.inside(&["addr", "add", &format!("{BRIDGE}/24"), "dev", "br0"])?;
        net.inside(&["link", "set", "br0", "up"])?;
        Ok(net)
    }

    /// Makes the name space of the `number`th host and plugs it into the bridge.
    ///
    /// # Errors
    /// `ip` failed.
    pub fn plug(&self, number: usize) -> Result<()> {
        let host = self.host_space(number);
        let cable = format!("host{number}");
        ip(&["netns", "add", &host])?;
        self.inside(&[
            "link", "add", &cable, "type", "veth", "peer", "name", "host0", "netns", &host,
        ])?;
        self.inside(&["link", "set", &cable, "master", "br0", "up"])?;
        let steps = [
            "link set lo up".to_owned(),
            format!("addr add {}/24 dev host0", address(number)),
            "link set host0 up".to_owned(),
            format!("route add default via {BRIDGE}"),
        ];
        for step in steps {
            let mut args = vec!["-n", host.as_str()];
            args.extend(step.split(' '));
            ip(&args)?;
        }
        Ok(())
    }

    /// Returns the name of the `number`th host's name space.
    pub fn host_space(&self, number: usize) -> String {
        format!("{}-{number}", self.space)
    }

    /// Opens a listening socket on the bridge; it stays in the lab's name space whoever accepts on it.
    ///
    /// # Errors
    /// The name space is gone or the port is taken there.
    pub fn listen(&self, port: u16) -> Result<TcpListener> {
        within(&self.space, move || Ok(TcpListener::bind((BRIDGE, port))?))
            .with_context(|| format!("could not listen on {BRIDGE}:{port} in the lab"))
    }

    fn inside(&self, args: &[&str]) -> Result<()> {
        let mut all = vec!["-n", self.space.as_str()];
        all.extend(args);
        ip(&all)
    }
}

/// Does something in a network name space: sockets made there stay there, and so do threads.
///
/// # Errors
/// The name space is gone, or `act` failed.
pub fn within<T: Send + 'static>(
    space: &str,
    act: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let file = File::open(space_path(space)).with_context(|| format!("no name space `{space}`"))?;
    let thread = std::thread::spawn(move || -> Result<T> {
        move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network))?;
        act()
    });
    thread.join().unwrap_or_else(|_| bail!("the thread inside the name space stopped"))
}

/// Returns the address of the `number`th host (from 1).
pub fn address(number: usize) -> String {
    format!("10.77.0.{}", 10 + number)
}

/// Plugs or unplugs a host: its own end of the cable goes up or down.
///
/// # Errors
/// `ip` failed.
pub fn set_plugged(host_space: &str, plugged: bool) -> Result<()> {
    let state = if plugged { "up" } else { "down" };
    ip(&["-n", host_space, "link", "set", "host0", state])?;
    if plugged {
        // Taking the link down took the route with it.
        ip(&["-n", host_space, "route", "replace", "default", "via", BRIDGE])?;
    }
    Ok(())
}

/// Removes all name spaces of run `run`.
///
/// # Errors
/// One could not be removed.
pub fn remove(run: &str) -> Result<()> {
    let Ok(folder) = std::fs::read_dir("/run/netns") else { return Ok(()) };
    let exact = format!("{PREFIX}{run}");
    let hosts = format!("{exact}-");
    for entry in folder {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name == exact || name.starts_with(&hosts) {
            ip(&["netns", "del", &name])?;
        }
    }
    Ok(())
}

/// Returns the file that names a name space.
pub fn space_path(space: &str) -> PathBuf {
    PathBuf::from("/run/netns").join(space)
}

fn ip(args: &[&str]) -> Result<()> {
    process::run_ok("ip", args, Duration::from_secs(IP_SECS)).map(drop)
}
