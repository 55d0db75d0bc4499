//! A host that speaks the gateway's protocol: its own keys, its own TLS, requests written out by hand.

use crate::rig::{NOW, Rig};
use model::host::{AgentMode, HostFacts, ListsAge};
use model::package::{Artifact, Origin, Package, PackageSet, Update};
use model::report::{Conditions, PackagesBody, PendingSet, Report, ReportAnswer};
use model::wire::{EnrolAnswer, EnrolRequest, ErrorBody, OrdersAnswer, path};
use model::{Digest, HostId};
use rcgen::{CertificateParams, KeyPair};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme, StreamOwned};
use serde::Serialize;
use serde::de::DeserializeOwned;
use ssh_key::private::{Ed25519Keypair, PrivateKey};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

/// An answer: status and body.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    /// Whether the body came as long as it was announced.
    pub(crate) is_whole: bool,
}

impl Answer {
    pub(crate) fn read<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&self.body)))
    }

    pub(crate) fn error(&self) -> ErrorBody {
        self.read()
    }
}

pub(crate) struct TestHost {
    pub(crate) id: HostId,
    pub(crate) name: String,
    pub(crate) key: PrivateKey,
    pub(crate) transport: KeyPair,
    pub(crate) certificate_pem: String,
    gateway: SocketAddr,
}

impl TestHost {
    #[expect(clippy::unwrap_in_result, reason = "only the server's refusal is an answer here")]
    pub(crate) fn enrol(rig: &Rig, hostname: &str, token: &str) -> Result<Self, Answer> {
        let transport = KeyPair::generate().unwrap();
        let seed = Digest::of(transport.public_key_raw()).0;
        let key = PrivateKey::from(Ed25519Keypair::from_seed(&seed));
        let request = EnrolRequest {
            token: token.to_owned(),
            hostname: hostname.to_owned(),
            csr_pem: csr(&transport),
            host_key: key.public_key().to_openssh().unwrap(),
        };
        let gateway = rig.server().gateway_addr();
        let answer = ask(gateway, &client(None), "POST", path::ENROL, &request);
        if answer.status != 200 {
            return Err(answer);
        }
        let EnrolAnswer { host, name, certificate_pem, renewal } = answer.read();
        assert_eq!(renewal.generation, 1);
        Ok(Self { id: host, name, key, transport, certificate_pem, gateway })
    }

    /// Copies the machine, keys and all.
    pub(crate) fn cloned(&self) -> Self {
        Self {
            id: self.id,
            name: self.name.clone(),
            key: self.key.clone(),
            transport: KeyPair::from_pem(&self.transport.serialize_pem()).unwrap(),
            certificate_pem: self.certificate_pem.clone(),
            gateway: self.gateway,
        }
    }

    /// Follows the server to its next port.
    pub(crate) fn follow(&mut self, rig: &Rig) {
        self.gateway = rig.server().gateway_addr();
    }

    pub(crate) fn tls(&self) -> Arc<ClientConfig> {
        client(Some((&self.certificate_pem, &self.transport)))
    }

    pub(crate) fn post(&self, path: &str, body: &impl Serialize) -> Answer {
        ask(self.gateway, &self.tls(), "POST", path, body)
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        ask(self.gateway, &self.tls(), "GET", path, &())
    }

    pub(crate) fn orders(&self, after: u64, wait: u32) -> OrdersAnswer {
        let answer = self.get(&format!("{}?after={after}&wait={wait}", path::ORDERS));
        assert_eq!(answer.status, 200, "{:?}", String::from_utf8_lossy(&answer.body));
        answer.read()
    }

    /// Polls and says, as the agent does, why the last orders could not be taken up.
    pub(crate) fn trouble(&self, word: &str) {
        let answer = self.get(&format!("{}?after=0&wait=0&trouble={word}", path::ORDERS));
        assert_eq!(answer.status, 200);
    }

    pub(crate) fn object(&self, sha256: Digest) -> Answer {
        self.get(&format!("{}/{sha256}", path::OBJECTS))
    }

    pub(crate) fn report(&self, report: &Report) -> ReportAnswer {
        let answer = self.post(path::REPORTS, report);
        assert_eq!(answer.status, 200, "{:?}", String::from_utf8_lossy(&answer.body));
        answer.read()
    }

    /// Reports these packages and updates in full.
    pub(crate) fn reports(&self, packages: &PackageSet, pending: &PendingSet) {
        self.reports_at(NOW, packages, pending);
    }

    /// As [`Self::reports`], of a look at `seen_at`.
    pub(crate) fn reports_at(&self, seen_at: i64, packages: &PackageSet, pending: &PendingSet) {
        let mut report = Report { seen_at, ..report(packages, pending) };
        report.packages_body = PackagesBody::Full(packages.packages.clone());
        report.pending_body = Some(pending.clone());
        assert!(self.report(&report).stored);
    }
}

pub(crate) fn csr(key: &KeyPair) -> String {
    CertificateParams::default().serialize_request(key).unwrap().pem().unwrap()
}

/// Returns a report that names its sets and brings no bodies.
pub(crate) fn report(packages: &PackageSet, pending: &PendingSet) -> Report {
    Report {
        seen_at: NOW,
        facts: facts(),
        packages: packages.set_digest(),
        installed: packages.installed_digest(),
        pending: pending.digest(),
        conditions: Conditions {
            lists: Some(ListsAge { refreshed_at: Some(NOW), refresh_error: String::new() }),
            ..Conditions::default()
        },
        packages_body: PackagesBody::Known,
        pending_body: None,
    }
}

fn facts() -> HostFacts {
    HostFacts {
        hostname: "web".to_owned(),
        os_id: "debian".to_owned(),
        os_version: "12".to_owned(),
        os_codename: "bookworm".to_owned(),
        os_pretty: "Debian GNU/Linux 12 (bookworm)".to_owned(),
        arch: "amd64".to_owned(),
        kernel_running: "6.1.0-1".to_owned(),
        kernel_newest: "6.1.0-1".to_owned(),
        kernel_package: None,
        kernel_next: String::new(),
        boot_id: "boot".to_owned(),
        booted_at: NOW - 1_000,
        has_systemd: true,
        virtualization: "none".to_owned(),
        agent_mode: AgentMode::Systemd,
        agent_version: "0.0.0".to_owned(),
    }
}

pub(crate) fn package(name: &str, version: &str) -> Package {
    Package {
        name: name.to_owned(),
        arch: "amd64".to_owned(),
        version: version.to_owned(),
        state: "ii".to_owned(),
        source: name.to_owned(),
        source_version: version.to_owned(),
        origin: None,
    }
}

/// Returns an update of `name` from 1.0 to 1.1, with both files at `site`.
pub(crate) fn update(name: &str, site: &str) -> (Update, Vec<(String, Vec<u8>)>) {
    let file = |version: &str| {
        let path = format!("/pool/{name}_{version}_amd64.deb");
        let bytes = format!("{name} {version} ").repeat(20_000).into_bytes();
        let artifact = Artifact {
            sha256: Digest::of(&bytes),
            size_bytes: u64::try_from(bytes.len()).unwrap(),
            uri: format!("{site}{path}"),
        };
        (artifact, (path, bytes))
    };
    let ((back, old), (artifact, new)) = (file("1.0"), file("1.1"));
    let update = Update {
        name: name.to_owned(),
        arch: "amd64".to_owned(),
        source: name.to_owned(),
        current: "1.0".to_owned(),
        candidate: "1.1".to_owned(),
        candidate_source_version: String::new(),
        origin: Origin {
            label: "Debian-Security".to_owned(),
            origin: "Debian".to_owned(),
            suite: "bookworm-security".to_owned(),
            site: site.to_owned(),
        },
        is_security: true,
        artifact: Some(artifact),
        back: Some(back),
        requires: Vec::new(),
        is_held: false,
    };
    (update, vec![old, new])
}

/// Sends one request on a connection of its own and reads the whole answer.
pub(crate) fn ask(
    gateway: SocketAddr,
    tls: &Arc<ClientConfig>,
    method: &str,
    path: &str,
    body: &impl Serialize,
) -> Answer {
    try_ask(gateway, tls, method, path, body).unwrap()
}

#[expect(clippy::unwrap_in_result, reason = "only what the network does is an answer here")]
pub(crate) fn try_ask(
    gateway: SocketAddr,
    tls: &Arc<ClientConfig>,
    method: &str,
    path: &str,
    body: &impl Serialize,
) -> std::io::Result<Answer> {
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let connection = ClientConnection::new(Arc::clone(tls), name).unwrap();
    let tcp = TcpStream::connect(gateway)?;
    tcp.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut stream = StreamOwned::new(connection, tcp);
    let body = if method == "GET" { Vec::new() } else { serde_json::to_vec(body).unwrap() };
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    )?;
    stream.write_all(&body)?;
    let mut bytes = Vec::new();
    let mut chunk = [0; 16 * 1024];
    loop {
        match stream.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
            // An answer that is cut off ends without a goodbye.
            Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => break,
            Err(e) => return Err(e),
        }
    }
    Ok(parsed(&bytes))
}

fn parsed(bytes: &[u8]) -> Answer {
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").expect("a whole head");
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map(|length| length.parse::<usize>().unwrap());
    let body = bytes[end + 4..].to_vec();
    Answer { status, is_whole: length.is_none_or(|length| length == body.len()), body }
}

/// Returns a client that takes whatever certificate the server shows: what the agent's own client
/// checks has its tests there.
pub(crate) fn client(own: Option<(&str, &KeyPair)>) -> Arc<ClientConfig> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let algorithms = provider.signature_verification_algorithms;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Trusting(algorithms)));
    let config = match own {
        None => builder.with_no_client_auth(),
        Some((pem, key)) => {
            let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
            let private = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
            builder.with_client_auth_cert(vec![certificate], private).unwrap()
        }
    };
    Arc::new(config)
}

/// Returns a client that checks the server's certificate against the CA, at the test's own time.
pub(crate) fn strict_client(rig: &Rig) -> Arc<ClientConfig> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut roots = rustls::RootCertStore::empty();
    roots.add(rig.app().ca.certificate().clone()).unwrap();
    let config = ClientConfig::builder_with_details(provider, Arc::new(At(rig.clock.now())))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

/// Returns whether the handshake succeeds when the server is called by `name`.
pub(crate) fn shakes_hands(gateway: SocketAddr, tls: &Arc<ClientConfig>, name: &str) -> bool {
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut connection = ClientConnection::new(Arc::clone(tls), name).unwrap();
    let mut tcp = TcpStream::connect(gateway).unwrap();
    while connection.is_handshaking() {
        if connection.complete_io(&mut tcp).is_err() {
            return false;
        }
    }
    true
}

#[derive(Debug)]
struct At(i64);

impl rustls::time_provider::TimeProvider for At {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_secs(self.0.try_into().unwrap())))
    }
}

#[derive(Debug)]
struct Trusting(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for Trusting {
    fn verify_server_cert(
        &self,
        _end: &CertificateDer<'_>,
        _between: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, certificate, signed, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, certificate, signed, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
