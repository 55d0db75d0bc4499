//! TLS of the gateway: 1.3 only, one provider, client certificates of our own CA. The certificate is
//! optional in the handshake, because enrolment comes before it; every other route asks for it.

use crate::ca::Ca;
use crate::clock::Clock;
use crate::error::ApiError;
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::time_provider::TimeProvider;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::UnixTime;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio_rustls::TlsAcceptor;

/// The gateway's certificate; replaced while the server runs.
#[derive(Debug)]
pub(crate) struct GatewayKey {
    key: RwLock<Arc<CertifiedKey>>,
}

impl GatewayKey {
    /// Makes a key and its certificate.
    pub(crate) fn new(ca: &Ca, name: &str, now: i64) -> Result<Arc<Self>, ApiError> {
        Ok(Arc::new(Self { key: RwLock::new(make(ca, name, now)?) }))
    }

    /// Replaces key and certificate for new connections.
    pub(crate) fn renew(&self, ca: &Ca, name: &str, now: i64) -> Result<(), ApiError> {
        let fresh = make(ca, name, now)?;
        *self.key.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }
}

impl ResolvesServerCert for GatewayKey {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.key.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// Returns the acceptor of the gateway's connections.
pub(crate) fn acceptor(
    ca: &Ca,
    key: Arc<GatewayKey>,
    clock: Clock,
) -> Result<TlsAcceptor, ApiError> {
    let broken = |text: String| ApiError::internal(&format!("TLS could not be set up: {text}"));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(ca.certificate().clone()).map_err(|e| broken(e.to_string()))?;
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .allow_unauthenticated()
            .build()
            .map_err(|e| broken(e.to_string()))?;
    let mut config = ServerConfig::builder_with_details(provider, Arc::new(ByClock(clock)))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|e| broken(e.to_string()))?
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(key);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn make(ca: &Ca, name: &str, now: i64) -> Result<Arc<CertifiedKey>, ApiError> {
    let (chain, private) = ca.for_gateway(name, now)?;
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let key = CertifiedKey::from_der(chain, private, &provider)
        .map_err(|e| ApiError::internal(&format!("the gateway's certificate: {e}")))?;
    Ok(Arc::new(key))
}

/// Certificates are judged by the server's clock, which tests move.
#[derive(Debug)]
struct ByClock(Clock);

impl TimeProvider for ByClock {
    fn current_time(&self) -> Option<UnixTime> {
        let secs = u64::try_from(self.0.now()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(secs)))
    }
}
