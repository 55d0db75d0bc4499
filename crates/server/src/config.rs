//! Settings of the server. Read once at start; nothing else looks at the environment.

use crate::clock::Clock;
use std::net::SocketAddr;
use std::path::PathBuf;

/// How the server runs. Every field is set by the caller, so that a new one breaks it.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The data folder: database, CA, vault. Made when missing.
    pub data: PathBuf,
    /// Where the console and the API listen (127.0.0.1:8420).
    pub console: SocketAddr,
    /// Where the agent gateway listens (127.0.0.1:8421).
    pub gateway: SocketAddr,
    /// `host:port` that agents are told; its host is in the gateway's certificate. A port of 0 stands
    /// for the one that the gateway got.
    pub gateway_name: String,
    /// HTTP proxy for the vault's fetches (`http://127.0.0.1:3128`).
    pub proxy: Option<String>,
    pub clock: Clock,
    /// Where advisories are fetched from.
    pub feeds: FeedsFrom,
}

/// Where advisories come from by themselves. Files can be imported whatever is set here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedsFrom {
    /// Nothing is fetched: sites without a way out.
    Nowhere,
    /// From the publishers' own addresses, those that this fleet needs.
    Publishers,
    /// From these addresses only: a mirror of the site.
    Addresses(Vec<FeedAddress>),
}

/// One address that is fetched again and again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedAddress {
    pub feed: model::advisory::Feed,
    /// `http://` or `https://`.
    pub url: String,
    /// Between two fetches that went well, in seconds.
    pub every_secs: i64,
}
