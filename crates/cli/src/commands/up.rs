//! `up`: the control plane and this machine as its first host, with one command.

use crate::allinone;
use crate::config::Paths;
use crate::error::Failure;
use clap::{Args, ValueEnum};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// Start the control plane and look at this machine; changes nothing
///
/// Needs no settings and no root. The first start makes your keys and enrols this machine; the next
/// ones go on with the same data. Ctrl-C stops everything.
#[derive(Args)]
pub(crate) struct Up {
    /// Look once, print, and stop
    #[arg(long)]
    once: bool,

    /// Print one JSON document: host, packages, updates, problems (implies --once)
    #[arg(long)]
    json: bool,

    /// Do not enrol this machine
    #[arg(long, conflicts_with_all = ["once", "json"])]
    no_host: bool,

    #[command(flatten)]
    serving: Serving,
}

/// Where the control plane lives and listens.
#[derive(Args, Clone)]
pub(crate) struct Serving {
    /// Data folder [default: $XDG_STATE_HOME/patchwell or ~/.local/state/patchwell]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// Address of console and API
    #[arg(long, value_name = "ADDR", default_value_t = CONSOLE)]
    pub console: SocketAddr,

    /// Address that agents connect to
    #[arg(long, value_name = "ADDR", default_value_t = GATEWAY)]
    pub gateway: SocketAddr,

    /// What agents are told to connect to [default: the gateway's address]
    #[arg(long, value_name = "HOST:PORT")]
    pub gateway_name: Option<String>,

    /// HTTP proxy through which the vault fetches packages
    #[arg(long, value_name = "URL")]
    pub proxy: Option<String>,

    /// Whether advisories are fetched from their publishers; files can be imported either way
    #[arg(long, value_name = "on|off", default_value = "on", hide_possible_values = true)]
    pub feeds: FeedsSwitch,
}

/// Whether the server fetches advisories by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FeedsSwitch {
    On,
    Off,
}

const CONSOLE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8420);
const GATEWAY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8421);

impl Default for Up {
    fn default() -> Self {
        let serving = Serving {
            data: None,
            console: CONSOLE,
            gateway: GATEWAY,
            gateway_name: None,
            proxy: None,
            feeds: FeedsSwitch::On,
        };
        Self { once: false, json: false, no_host: false, serving }
    }
}

impl Up {
    pub(crate) fn run(self, paths: &Paths) -> Result<(), Failure> {
        let mode = match (self.no_host, self.once || self.json) {
            (true, _) => allinone::Mode::WithoutHost,
            (false, true) => allinone::Mode::Once { json: self.json },
            (false, false) => allinone::Mode::Stay,
        };
        allinone::run(paths, &self.serving, mode)
    }
}
