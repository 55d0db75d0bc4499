//! Starting and stopping the server: folder, store, CA, listeners, loops, in an order in which each
//! failure says what to do and leaves nothing behind.

use crate::app::{App, Parts};
use crate::ca::Ca;
use crate::config::Settings;
use crate::error::ApiError;
use crate::tls::GatewayKey;
use crate::{exposures, feeds, gateway, http, loops, serve, tls, tokens, vault};
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use store::{Store, StoreError};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

/// How long requests and fetches may go on once the server stops.
const STOP_SECS: u64 = 5;
/// The person of sign-in links: whoever has a shell on this machine.
const OWNER: &str = "owner";

/// A running server. Dropping it stops it.
pub struct Server {
    app: Arc<App>,
    runtime: Option<Runtime>,
    listeners: Vec<JoinHandle<()>>,
    console: SocketAddr,
    gateway: SocketAddr,
}

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the address {address} for the {what} is in use")]
    PortInUse { what: &'static str, address: SocketAddr },
    #[error("could not listen on {address} for the {what}: {text}")]
    Listen { what: &'static str, address: SocketAddr, text: String },
    #[error("`{name}` is not an address that agents could be told: it must be HOST:PORT")]
    GatewayName { name: String },
    #[error("{}", described(.0))]
    Failed(ApiError),
    #[error("could not start the server's threads: {0}")]
    Threads(String),
}

impl StartError {
    /// Returns what to do, or empty.
    pub fn hint(&self) -> String {
        match self {
            Self::Store(error) => error.hint().to_owned(),
            Self::PortInUse { what, .. } => {
                format!("stop the other program, or choose another address with `--{what}`")
            }
            Self::Listen { what, .. } => format!("choose another address with `--{what}`"),
            Self::GatewayName { .. } => "name it like `patchwell.example:8421`".to_owned(),
            Self::Failed(error) => error.hint.clone(),
            Self::Threads(_) => String::new(),
        }
    }
}

fn described(error: &ApiError) -> String {
    match error.detail.as_str() {
        "" => error.said.clone(),
        detail => detail.to_owned(),
    }
}

impl From<ApiError> for StartError {
    fn from(error: ApiError) -> Self {
        Self::Failed(error)
    }
}

impl Server {
    /// Starts the server; both listeners are bound when it returns.
    ///
    /// # Errors
    /// See `StartError`; each has a hint.
    pub fn start(settings: Settings) -> Result<Self, StartError> {
        let console = listen("console", settings.console)?;
        let gateway = listen("gateway", settings.gateway)?;
        let gateway_name = told(&settings.gateway_name, gateway.1)?;
        let store = Store::open(&settings.data)?;
        let now = settings.clock.now();
        let ca = Ca::open(&settings.data, now)?;
        let host = host_of(&gateway_name);
        let gateway_key = GatewayKey::new(&ca, host, now)?;
        let acceptor = tls::acceptor(&ca, Arc::clone(&gateway_key), settings.clock.clone())?;
        let parts = Parts { settings, store, ca, gateway_key, gateway_name };
        let app = Arc::new(App::new(parts)?);
        vault::look_at_start(&app)?;
        feeds::sweep(&app)?;
        let runtime = Runtime::new().map_err(|e| StartError::Threads(e.to_string()))?;
        let listeners = runtime.block_on(async {
            let router = gateway::router(Arc::clone(&app));
            let gate = serve::Gate::new(acceptor, router, app.stopping.subscribe());
            let filled = Arc::clone(&app);
            let filling = tokio::task::spawn_blocking(move || exposures::keeper::fill(&filled));
            let mut started = loops::start(&app);
            started.push(filling);
            started.push(serve::start(gate, asynchronous("gateway", gateway.0)?));
            started.push(http::start(Arc::clone(&app), asynchronous("console", console.0)?));
            Ok::<_, StartError>(started)
        })?;
        tracing::info!(console = %console.1, gateway = %gateway.1, "server started");
        let (console, gateway) = (console.1, gateway.1);
        Ok(Self { app, runtime: Some(runtime), listeners, console, gateway })
    }

    /// Stops: parked requests answer, running ones finish, what was heard is written.
    pub fn stop(mut self) {
        self.shut();
    }

    /// Returns where the console listens.
    pub fn console_addr(&self) -> SocketAddr {
        self.console
    }

    /// Returns where the agent gateway listens.
    pub fn gateway_addr(&self) -> SocketAddr {
        self.gateway
    }

    /// Returns the parts that handlers share.
    pub fn app(&self) -> Arc<App> {
        Arc::clone(&self.app)
    }

    /// Makes a one-time sign-in link for whoever started the server. Blocking.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn sign_in_link(&self) -> Result<String, ApiError> {
        let secret = tokens::make_link(&self.app, OWNER)?;
        Ok(format!("http://{}/sign-in/{secret}", self.console))
    }

    /// Makes an API token for the command line of `person`. Blocking.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn cli_token(&self, person: &str) -> Result<String, ApiError> {
        tokens::make_api(&self.app, person)
    }

    fn shut(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        self.app.stopping.send_replace(true);
        let deadline = Duration::from_secs(STOP_SECS);
        runtime.block_on(async {
            let ends = async {
                for listener in self.listeners.drain(..) {
                    // A task that panicked has ended too.
                    let _ended = listener.await;
                }
            };
            let _in_time = tokio::time::timeout(deadline, ends).await;
        });
        if let Err(error) = loops::flush_seen(&self.app) {
            tracing::error!(detail = %error.detail, "could not write when hosts were last heard");
        }
        runtime.shutdown_timeout(deadline);
        self.app.store.close();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shut();
    }
}

fn listen(
    what: &'static str,
    address: SocketAddr,
) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |e: std::io::Error| {
        if e.kind() == ErrorKind::AddrInUse {
            return StartError::PortInUse { what, address };
        }
        StartError::Listen { what, address, text: e.to_string() }
    };
    let listener = TcpListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

fn asynchronous(
    what: &'static str,
    listener: TcpListener,
) -> Result<tokio::net::TcpListener, StartError> {
    tokio::net::TcpListener::from_std(listener)
        .map_err(|e| StartError::Threads(format!("{what}: {e}")))
}

/// Returns what agents are told; port 0 stands for the one that was bound.
fn told(name: &str, bound: SocketAddr) -> Result<String, StartError> {
    let bad = || StartError::GatewayName { name: name.to_owned() };
    let (host, port) = name.rsplit_once(':').ok_or_else(bad)?;
    let port: u16 = port.parse().map_err(|_| bad())?;
    if host.is_empty() {
        return Err(bad());
    }
    let port = if port == 0 { bound.port() } else { port };
    Ok(format!("{host}:{port}"))
}

/// Returns the host part of `HOST:PORT`, without the brackets of IPv6.
pub(crate) fn host_of(name: &str) -> &str {
    let host = name.rsplit_once(':').map_or(name, |(host, _)| host);
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}
