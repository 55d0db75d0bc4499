//! TLS to the server: 1.3 only, and only to a server whose certificate was issued by the CA that this
//! host was told of. There is no mode without verification.

use model::Digest;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ClientConfig, Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use std::sync::{Arc, Mutex, PoisonError};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport, TransportAdapter,
};

/// Sessions kept for resumption; there is one server.
const SESSIONS_MAX: usize = 2;

/// What a host shows the server: its certificate and the key that belongs to it.
#[derive(Debug)]
pub struct Identity {
    pub chain: Vec<CertificateDer<'static>>,
    pub key: PrivateKeyDer<'static>,
}

impl Identity {
    /// Reads certificate and key from their PEM texts.
    ///
    /// # Errors
    /// One of them is not what it should be.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, rustls_pki_types::pem::Error> {
        let chain = CertificateDer::pem_slice_iter(chain).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { chain, key: PrivateKeyDer::from_pem_slice(key)? })
    }
}

/// Settings for a host that is enrolled: our CA, our certificate.
///
/// # Errors
/// The CA's certificate or our own cannot be used.
pub fn enrolled(ca: CertificateDer<'static>, identity: Identity) -> Result<ClientConfig, Error> {
    let verifier = issued_by(ca)?;
    let config = versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_client_auth_cert(identity.chain, identity.key)?;
    Ok(tuned(config))
}

/// Settings for joining: only the pinned CA's digest is known. The returned `Pinned` holds the CA's
/// certificate once a server has shown it.
///
/// # Errors
/// The crypto library cannot do TLS 1.3.
pub fn joining(pin: Digest) -> Result<(ClientConfig, Arc<Pinned>), Error> {
    let pinned = Arc::new(Pinned { pin, shown: Mutex::default() });
    let config = versions()?
        .dangerous()
        .with_custom_certificate_verifier(pinned.clone())
        .with_no_client_auth();
    Ok((tuned(config), pinned))
}

fn versions() -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, Error> {
    ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
}

fn tuned(mut config: ClientConfig) -> ClientConfig {
    config.resumption = Resumption::in_memory_sessions(SESSIONS_MAX);
    config
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

fn issued_by(ca: CertificateDer<'static>) -> Result<Arc<WebPkiServerVerifier>, Error> {
    let mut roots = RootCertStore::empty();
    roots.add(ca)?;
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
        .build()
        .map_err(|error| Error::General(error.to_string()))
}

/// Accepts only a server whose chain holds the CA certificate with the pinned digest, and whose own
/// certificate that CA issued for the name that we asked for.
#[derive(Debug)]
pub struct Pinned {
    pin: Digest,
    shown: Mutex<Shown>,
}

/// What servers showed so far.
#[derive(Debug, Default, Clone)]
struct Shown {
    ca: Option<CertificateDer<'static>>,
    /// Digest of the last certificate of a chain without the pinned CA.
    other: Option<Digest>,
}

impl Pinned {
    /// Returns the pinned CA's certificate, once a server has proved that it belongs to it.
    pub fn ca(&self) -> Option<CertificateDer<'static>> {
        self.shown().ca
    }

    /// Returns the digest of the CA that a server showed instead of ours.
    pub fn other(&self) -> Option<Digest> {
        self.shown().other
    }

    fn shown(&self) -> Shown {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn show(&self, shown: Shown) {
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = shown;
    }
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        // Only a CA that the server shows beside its own certificate: a pinned leaf is no CA.
        let Some(ca) = intermediates.iter().find(|der| Digest::of(der) == self.pin) else {
            let last = intermediates.last().unwrap_or(end_entity);
            self.show(Shown { ca: None, other: Some(Digest::of(last)) });
            return Err(Error::InvalidCertificate(CertificateError::UnknownIssuer));
        };
        let ca = ca.clone().into_owned();
        let verified = issued_by(ca.clone())?.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        )?;
        self.show(Shown { ca: Some(ca), other: None });
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        // Never offered.
        Err(Error::PeerIncompatible(rustls::PeerIncompatible::Tls12NotOffered))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = provider().signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, &algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}

/// Puts TLS around the HTTP client's connections. The client's own wrapper knows no pin.
#[derive(Debug)]
pub struct TlsConnector {
    pub config: Arc<ClientConfig>,
}

impl<In: Transport> Connector<In> for TlsConnector {
    type Out = TlsTransport;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<TlsTransport>, ureq::Error> {
        let (Some(inner), true) = (chained, details.needs_tls()) else {
            return Err(ureq::Error::Tls("the server is spoken to by TLS only"));
        };
        let host = details.uri.host().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let name = ServerName::try_from(host).map_err(|_| {
            ureq::Error::Tls("the server's name is neither a host name nor an address")
        })?;
        let mut connection = rustls::ClientConnection::new(self.config.clone(), name)
            .map_err(std::io::Error::other)?;
        let mut socket = TransportAdapter::new(inner.boxed(), details.current_time.clone());
        socket.set_timeout(details.timeout);
        connection.complete_io(&mut socket)?;
        let (input, output) =
            (details.config.input_buffer_size(), details.config.output_buffer_size());
        let stream = rustls::StreamOwned::new(connection, socket);
        Ok(Some(TlsTransport { buffers: LazyBuffers::new(input, output), stream }))
    }
}

/// One TLS connection.
pub struct TlsTransport {
    buffers: LazyBuffers,
    stream: rustls::StreamOwned<rustls::ClientConnection, TransportAdapter>,
}

impl std::fmt::Debug for TlsTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TlsTransport")
    }
}

impl Transport for TlsTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        use std::io::Write as _;
        self.stream.sock.set_timeout(timeout);
        self.stream.write_all(&self.buffers.output()[..amount])?;
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        use std::io::Read as _;
        self.stream.sock.set_timeout(timeout);
        let amount = self.stream.read(self.buffers.input_append_buf())?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        self.stream.sock.get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests;
