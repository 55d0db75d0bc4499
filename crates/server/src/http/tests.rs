use super::*;
use crate::config::Settings;
use crate::{Clock, Server};
use axum::body::Body;
use axum::http::{HeaderMap, Method, StatusCode, header};
use std::io::{Read as _, Write as _};

/// 2026-11-25 02:45:00 UTC.
pub(crate) const NOW: i64 = 1_795_574_700;

/// The real router over a real store, asked in process; nothing but the clock is made up.
pub(crate) struct Bench {
    pub server: Server,
    pub clock: Clock,
    pub router: Router,
    runtime: tokio::runtime::Runtime,
    _data: tempfile::TempDir,
}

/// An answer, read to its end.
pub(crate) struct Said {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let clock = Clock::manual(NOW);
        let loopback = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        let server = Server::start(Settings {
            data: data.path().to_owned(),
            console: loopback,
            gateway: loopback,
            gateway_name: "127.0.0.1:0".to_owned(),
            proxy: None,
            clock: clock.clone(),
            feeds: crate::FeedsFrom::Nowhere,
        })
        .unwrap();
        let web = Arc::new(Web { app: server.app(), attempts: Attempts::default() });
        let router = routes::router(web);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { server, clock, router, runtime, _data: data }
    }

    /// Asks, and reads the answer.
    pub(crate) fn ask(
        &self,
        (method, path): (Method, &str),
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Said {
        let mut request = Request::builder().method(method).uri(path).header("host", "console");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(body.into()).unwrap();
        request.extensions_mut().insert(Peer([192, 0, 2, 7].into()));
        self.runtime.block_on(async {
            let response = self.router.clone().oneshot(request).await.unwrap();
            let (parts, body) = response.into_parts();
            let bytes = axum::body::to_bytes(body, 16 << 20).await.unwrap();
            let text = String::from_utf8(bytes.to_vec()).unwrap();
            Said { status: parts.status, headers: parts.headers, text }
        })
    }

    pub(crate) fn get(&self, path: &str, headers: &[(&str, &str)]) -> Said {
        self.ask((Method::GET, path), headers, Body::empty())
    }

    /// Signs in by a fresh link and returns the cookie as browsers send it back.
    pub(crate) fn session(&self) -> String {
        let link = self.server.sign_in_link().unwrap();
        let path = &link[link.find("/sign-in/").unwrap()..];
        let said = self.get(path, &[]);
        assert_eq!(said.status, StatusCode::OK, "{}", said.text);
        said.cookie()
    }

    /// Returns the token that the session's forms carry.
    pub(crate) fn csrf(&self, cookie: &str) -> String {
        let page = self.get("/hosts", &[("cookie", cookie)]).text;
        let start = page.find("name=\"csrf\" value=\"").expect("a page has a form") + 19;
        page[start..start + 64].to_owned()
    }

    /// Runs `act` on the bench's own threads.
    pub(crate) fn wait<T>(&self, act: impl Future<Output = T>) -> T {
        self.runtime.block_on(act)
    }
}

impl Said {
    /// Returns the pair of the `Set-Cookie` header.
    pub(crate) fn cookie(&self) -> String {
        let cookie = self.headers[header::SET_COOKIE].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }
}

/// Serves one connection with short deadlines and returns its client end.
fn client_of(deadlines: Deadlines) -> (tokio::runtime::Runtime, std::net::TcpStream) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    // The bound of this test: far beyond the deadlines that it is about.
    client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let (stream, address) = listener.accept().unwrap();
    stream.set_nonblocking(true).unwrap();
    runtime.spawn(async move {
        let stream = TcpStream::from_std(stream).unwrap();
        let router = Router::new().route("/", axum::routing::get(|| async { "here" }));
        let (_keep, stopping) = watch::channel(false);
        serve(stream, Peer(address.ip()), router, (stopping, deadlines)).await;
    });
    (runtime, client)
}

const SHORT: Deadlines =
    Deadlines { first: Duration::from_millis(100), head: Duration::from_millis(200) };

#[test]
fn a_silent_connection_is_closed() {
    let (_runtime, mut client) = client_of(SHORT);
    assert_eq!(client.read(&mut [0; 16]).unwrap(), 0);
}

#[test]
fn half_a_head_is_closed() {
    let (_runtime, mut client) = client_of(SHORT);
    client.write_all(b"GET / HTTP/1.1\r\nHost: con").unwrap();
    let mut said = String::new();
    client.read_to_string(&mut said).unwrap();
    assert!(!said.contains("here"), "{said}");
}

#[test]
fn a_connection_that_asked_and_went_idle_is_closed_later() {
    let (_runtime, mut client) = client_of(SHORT);
    client.write_all(b"GET / HTTP/1.1\r\nHost: console\r\n\r\n").unwrap();
    let mut said = String::new();
    client.read_to_string(&mut said).unwrap();
    assert!(said.ends_with("here"), "{said}");
}

#[test]
fn one_address_cannot_take_every_place() {
    let doors = Arc::new(Doors::default());
    let peer = IpAddr::from([192, 0, 2, 7]);
    let mut places: Vec<_> =
        (0..CONNECTIONS_PER_PEER_MAX).map(|_| Doors::enter(&doors, peer).unwrap()).collect();
    assert!(Doors::enter(&doors, peer).is_none());
    assert!(Doors::enter(&doors, IpAddr::from([192, 0, 2, 8])).is_some(), "another gets in");
    places.pop();
    assert!(Doors::enter(&doors, peer).is_some(), "a place that was left is free");
    places.clear();
    assert!(doors.open.lock().unwrap().is_empty(), "nothing is kept of who left");
}

#[test]
fn stopping_ends_the_listener_and_its_streams() {
    let bench = Bench::new();
    let cookie = bench.session();
    let mut client = std::net::TcpStream::connect(bench.server.console_addr()).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(client, "GET /live HTTP/1.1\r\nHost: console\r\nCookie: {cookie}\r\n\r\n").unwrap();
    let mut head = [0; 12];
    client.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 200");
    bench.server.stop();
    let mut rest = Vec::new();
    client.read_to_end(&mut rest).unwrap();
}
