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
}
