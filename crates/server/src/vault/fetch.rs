//! Fetching one file into the vault: hashed while it is written, flushed, then put in place.

use crate::clock;
use crate::error::{ApiError, ErrorKind};
use crate::files;
use crate::vault::Vault;
use crate::vault::proxied::{Reply, Through};
use model::Digest;
use model::package::Artifact;
use model::wire::OBJECT_BYTES_MAX;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use sha2::{Digest as _, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};

/// Where Debian and its relatives keep the web's root certificates.
const WEB_ROOTS: &str = "/etc/ssl/certs/ca-certificates.crt";
const CONNECT_SECS: u64 = 15;
const ANSWER_SECS: u64 = 30;
/// A body may take this long, and a second more for each `BODY_BYTES_PER_SEC`.
const BODY_SECS: u64 = 60;
const BODY_BYTES_PER_SEC: u64 = 32 * 1024;
const CHUNK_BYTES: usize = 64 * 1024;
/// Bytes of a header that is kept; longer ones are as if they were not there.
const HEADER_BYTES_MAX: usize = 256;
/// Redirects that are followed at most.
const REDIRECTS_MAX: u32 = 5;

/// An HTTP client with the proxy that was set.
pub struct Fetcher {
    agent: ureq::Agent,
    /// The proxy, for addresses that go through it without CONNECT.
    through: Option<Through>,
}

/// Why a fetch failed.
#[derive(Debug)]
pub enum FetchError {
    /// The other side's fault; tried again later.
    Remote(String),
    /// This machine's fault (disk full): shown, and tried again later.
    Local(ApiError),
}

impl Fetcher {
    /// # Errors
    /// `BadInput` when the proxy's address cannot be read.
    pub(crate) fn new(proxy: Option<&str>) -> Result<Self, ApiError> {
        let proxy = proxy.map(ureq::Proxy::new).transpose().map_err(|e| {
            let said = format!("the proxy's address cannot be read: {e}");
            ApiError::bad_input("bad_proxy", &said).hint("write it like `http://127.0.0.1:3128`")
        })?;
        let through = proxy.as_ref().and_then(Through::of);
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(Arc::new(
                rustls::crypto::aws_lc_rs::default_provider(),
            ))
            .root_certs(web_roots())
            .build();
        let config = ureq::Agent::config_builder()
            .proxy(proxy)
            .tls_config(tls)
            .timeout_connect(Some(Duration::from_secs(CONNECT_SECS)))
            .timeout_recv_response(Some(Duration::from_secs(ANSWER_SECS)))
            .user_agent("patchwell-vault")
            .build();
        Ok(Self { agent: config.into(), through })
    }
}

/// Fetches `artifact` into the vault, unless it is there already.
///
/// # Errors
/// It cannot be fetched, is not what its digest says, or cannot be written.
pub fn fetch(vault: &Vault, artifact: &Artifact) -> Result<(), FetchError> {
    let path = vault.path(artifact.sha256);
    // A restart between the rename and its commit leaves the file there: it is checked, not fetched.
    if path.exists() && digest_of(&path).is_ok_and(|found| found == artifact.sha256) {
        return Ok(());
    }
    let incoming = vault.incoming(artifact.sha256);
    let fetched = download(vault.fetcher(), artifact, &incoming);
    let placed = fetched.and_then(|()| place(&incoming, &path).map_err(FetchError::Local));
    if placed.is_err() && incoming.exists() {
        std::fs::remove_file(&incoming)
            .map_err(|e| FetchError::Local(files::failed("remove", &incoming, &e)))?;
    }
    placed
}

fn download(fetcher: &Fetcher, artifact: &Artifact, to: &Path) -> Result<(), FetchError> {
    if artifact.size_bytes > OBJECT_BYTES_MAX {
        return Err(FetchError::Remote(format!("longer than {OBJECT_BYTES_MAX} bytes")));
    }
    let body_secs = BODY_SECS + artifact.size_bytes / BODY_BYTES_PER_SEC;
    let body_time = Duration::from_secs(body_secs);
    let body = fetcher.open(&artifact.uri, body_time).map_err(FetchError::Remote)?;
    // One byte more than declared is enough to know that it is another file.
    let mut body = body.take(artifact.size_bytes + 1);
    save(&mut body, artifact, (to, clock::Deadline::after(body_time)))
}

/// What of an address is here already; empty where nothing is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    pub etag: String,
    pub last_modified: String,
}

/// What an address answered.
pub(crate) enum Fetched {
    /// What is here is still what is there.
    Unchanged,
    New {
        body: Box<dyn Read>,
        etag: String,
        last_modified: String,
    },
}

/// What publishers' servers are told: some refuse whatever they have not heard of.
const BROWSER_LIKE: &str = "Mozilla/5.0 (compatible; Patchwell)";

impl Fetcher {
    /// Asks for an address with what is here already; the error is for people. Through a proxy that is no
    /// tunnel everything is fetched anew each time.
    pub(crate) fn ask(
        &self,
        uri: &str,
        asked: &Asked,
        body_time: Duration,
    ) -> Result<Fetched, String> {
        is_plain(uri)?;
        if self.through.is_some() && uri.starts_with("http://") {
            let body = self.open(uri, body_time)?;
            return Ok(Fetched::New { body, etag: String::new(), last_modified: String::new() });
        }
        let mut request = self.agent.get(uri).header("user-agent", BROWSER_LIKE);
        if !asked.etag.is_empty() {
            request = request.header("if-none-match", &asked.etag);
        } else if !asked.last_modified.is_empty() {
            request = request.header("if-modified-since", &asked.last_modified);
        }
        let answer = match request.config().timeout_recv_body(Some(body_time)).build().call() {
            Ok(answer) => answer,
            Err(ureq::Error::StatusCode(status)) => return Err(format!("status {status}")),
            Err(other) => return Err(other.to_string()),
        };
        if answer.status().as_u16() == 304 {
            return Ok(Fetched::Unchanged);
        }
        let header = |name: &str| {
            let value = answer.headers().get(name).and_then(|value| value.to_str().ok());
            value.filter(|value| value.len() <= HEADER_BYTES_MAX).unwrap_or("").to_owned()
        };
        let (etag, last_modified) = (header("etag"), header("last-modified"));
        Ok(Fetched::New { body: Box::new(answer.into_body().into_reader()), etag, last_modified })
    }

    /// Opens the body behind an address; the error is for people.
    fn open(&self, uri: &str, body_time: Duration) -> Result<Box<dyn Read>, String> {
        let mut uri = uri.to_owned();
        for _ in 0..=REDIRECTS_MAX {
            is_plain(&uri)?;
            let through = self.through.as_ref().filter(|_| uri.starts_with("http://"));
            let Some(through) = through else { return self.direct(&uri, body_time) };
            match through.get(&uri, Duration::from_secs(ANSWER_SECS))? {
                Reply::Body(body) => return Ok(body),
                Reply::Moved(location) if location.starts_with('/') => {
                    let site = uri.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
                    uri = format!("{site}{location}");
                }
                Reply::Moved(location) => uri = location,
            }
        }
        Err(format!("moved more than {REDIRECTS_MAX} times"))
    }

    fn direct(&self, uri: &str, body_time: Duration) -> Result<Box<dyn Read>, String> {
        let asked = self.agent.get(uri).config().timeout_recv_body(Some(body_time)).build().call();
        match asked {
            Ok(answer) => Ok(Box::new(answer.into_body().into_reader())),
            Err(ureq::Error::StatusCode(status)) => Err(format!("status {status}")),
            Err(other) => Err(other.to_string()),
        }
    }
}

/// Hosts name the addresses: nothing but a plain web address may reach a request line.
fn is_plain(uri: &str) -> Result<(), String> {
    let is_web = uri.starts_with("http://") || uri.starts_with("https://");
    if !is_web || !uri.bytes().all(|b| b.is_ascii_graphic()) {
        let shown: String = uri.chars().filter(|c| !c.is_control()).take(80).collect();
        return Err(format!("`{shown}` is not an address of the web"));
    }
    Ok(())
}

fn save(
    body: &mut dyn Read,
    artifact: &Artifact,
    (to, deadline): (&Path, clock::Deadline),
) -> Result<(), FetchError> {
    let local = |e: std::io::Error| FetchError::Local(files::failed("write", to, &e));
    let mut options = OpenOptions::new();
    let mut file =
        options.create(true).truncate(true).write(true).mode(0o600).open(to).map_err(local)?;
    let (mut hash, mut length) = (Sha256::new(), 0_u64);
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let count = body.read(&mut chunk).map_err(|e| FetchError::Remote(e.to_string()))?;
        let Some(bytes) = chunk.get(..count).filter(|bytes| !bytes.is_empty()) else { break };
        length += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        hash.update(bytes);
        file.write_all(bytes).map_err(local)?;
        if deadline.has_passed() {
            return Err(FetchError::Remote(format!("too slow: {length} bytes so far")));
        }
    }
    if length > artifact.size_bytes {
        let text = format!("longer than the {} bytes that the index names", artifact.size_bytes);
        return Err(FetchError::Remote(text));
    }
    let found = Digest(hash.finalize().into());
    if found != artifact.sha256 {
        let text = format!("{length} bytes of another digest ({})", found.short());
        return Err(FetchError::Remote(text));
    }
    file.sync_all().map_err(local)
}

fn place(incoming: &Path, path: &Path) -> Result<(), ApiError> {
    if let Some(shelf) = path.parent() {
        files::make_folder(shelf)?;
    }
    files::put_in_place(incoming, path).map_err(|e| files::failed("place", path, &e))
}

/// Returns the digest of a file's bytes.
pub(crate) fn digest_of(path: &Path) -> std::io::Result<Digest> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    std::io::copy(&mut file, &mut hash)?;
    Ok(Digest(hash.finalize().into()))
}

/// Reads the machine's root certificates. Without them only `http://` works: bits are checked by their
/// digests either way.
fn web_roots() -> RootCerts {
    let pem = std::fs::read(WEB_ROOTS).unwrap_or_default();
    let roots: Vec<Certificate<'static>> = CertificateDer::pem_slice_iter(&pem)
        .flatten()
        .map(|der| Certificate::from_der(&der).to_owned())
        .collect();
    RootCerts::Specific(Arc::new(roots))
}

impl FetchError {
    /// Returns what people are shown.
    pub fn text(&self) -> String {
        match self {
            Self::Remote(text) => text.clone(),
            Self::Local(error) if error.kind == ErrorKind::DiskFull => error.said.clone(),
            Self::Local(error) => format!("{}: {}", error.said, error.detail),
        }
    }
}
