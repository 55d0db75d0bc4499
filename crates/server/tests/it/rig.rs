//! A server in this process, with ways to act on it.

use crate::host::TestHost;
use model::event::Event;
use model::wire::TokenRequest;
use server::{Actor, App, Clock, FeedsFrom, Server, Settings, StartError};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

pub(crate) const NOW: i64 = 1_800_000_000;
/// What a test waits for at most; far more than anything here takes.
const PATIENCE_MS: u64 = 20_000;

pub(crate) struct Rig {
    pub(crate) clock: Clock,
    data: TempDir,
    proxy: Option<String>,
    feeds: FeedsFrom,
    server: Option<Server>,
}

impl Rig {
    pub(crate) fn new() -> Self {
        Self::with_proxy(None)
    }

    pub(crate) fn with_proxy(proxy: Option<String>) -> Self {
        let data = tempfile::tempdir().unwrap();
        let feeds = FeedsFrom::Nowhere;
        let mut rig = Self { clock: Clock::manual(NOW), data, proxy, feeds, server: None };
        rig.server = Some(Server::start(rig.settings()).unwrap());
        rig
    }

    pub(crate) fn settings(&self) -> Settings {
        let loopback: SocketAddr = "127.0.0.1:0".parse().unwrap();
        Settings {
            data: self.data.path().join("data"),
            console: loopback,
            gateway: loopback,
            gateway_name: "127.0.0.1:0".to_owned(),
            proxy: self.proxy.clone(),
            clock: self.clock.clone(),
            feeds: self.feeds.clone(),
        }
    }

    /// Fetches feeds from there from now on.
    pub(crate) fn fetch_from(&mut self, feeds: FeedsFrom) {
        self.feeds = feeds;
        self.restart();
    }

    /// Returns a path in the data folder.
    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        self.data.path().join("data").join(name)
    }

    /// Starts a second server on the same folder.
    pub(crate) fn start_another(&self) -> Result<Server, StartError> {
        Server::start(self.settings())
    }

    pub(crate) fn restart(&mut self) {
        self.server.take().unwrap().stop();
        self.server = Some(Server::start(self.settings()).unwrap());
    }

    pub(crate) fn server(&self) -> &Server {
        self.server.as_ref().unwrap()
    }

    pub(crate) fn app(&self) -> Arc<App> {
        self.server().app()
    }

    pub(crate) fn anna(&self) -> Actor {
        Actor { scope: self.app().tenant(), person: "anna".to_owned() }
    }

    pub(crate) fn token(&self, uses: u32) -> String {
        let request = TokenRequest { uses, ttl_secs: 3_600, tags: vec!["test".to_owned()] };
        server::tokens::make(&self.app(), &self.anna(), request).unwrap().token
    }

    /// Enrols a host over TLS, as an agent does.
    pub(crate) fn host(&self, hostname: &str) -> TestHost {
        TestHost::enrol(self, hostname, &self.token(1)).unwrap()
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        server::events::list(&self.app(), &self.app().tenant(), 0, 1_000).unwrap()
    }

    pub(crate) fn actions(&self) -> Vec<String> {
        self.events().into_iter().map(|event| event.action).collect()
    }

    /// Waits until `is_so` says yes.
    pub(crate) fn wait(&self, what: &str, mut is_so: impl FnMut(&App) -> bool) {
        let app = self.app();
        for _ in 0..PATIENCE_MS / 20 {
            if is_so(&app) {
                return;
            }
            rest(20);
        }
        panic!("waited in vain for {what}; events: {:?}", self.actions());
    }
}

#[expect(clippy::disallowed_methods, reason = "the server works in other threads meanwhile")]
pub(crate) fn rest(millis: u64) {
    std::thread::sleep(Duration::from_millis(millis));
}
