//! The embedded CA: transport identity only. It makes the gateway's certificate and 72-hour agent
//! certificates; whoever steals it can talk to agents, not command them.

use crate::error::ApiError;
use crate::{files, ids};
use model::{Digest, HostId, TenantId};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName,
    DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PublicKeyData as _,
    SanType, SerialNumber,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

/// Life of an agent's certificate, in seconds: 72 hours, so that a server that is down for a weekend
/// does not orphan the fleet.
pub const AGENT_CERTIFICATE_SECS: i64 = 72 * 3_600;
/// Life of the gateway's own certificate, in seconds; made anew at each start and each month.
pub const GATEWAY_CERTIFICATE_SECS: i64 = 90 * 86_400;
const CA_SECS: i64 = 3_650 * 86_400;
/// Certificates begin that much earlier, for clocks that are behind.
const SKEW_SECS: i64 = 3_600;

/// The CA's key and certificate.
pub struct Ca {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    pem: String,
}

/// A certificate that was just made for an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    pub pem: String,
    /// Hexadecimal serial number.
    pub serial: String,
    /// Digest of the public key inside.
    pub key_digest: Digest,
    pub expires_at: i64,
}

impl Ca {
    /// Reads the CA in `data/ca`, or makes one.
    ///
    /// # Errors
    /// Its files cannot be read or written, or are damaged.
    pub fn open(data: &Path, now: i64) -> Result<Self, ApiError> {
        let folder = data.join("ca");
        files::make_folder(&folder)?;
        let (key_path, pem_path) = (folder.join("ca.key"), folder.join("ca.pem"));
        if !pem_path.exists() {
            let key = KeyPair::generate().map_err(broken)?;
            let pem = ca_params(now).self_signed(&key).map_err(broken)?.pem();
            files::write(&key_path, key.serialize_pem().as_bytes())?;
            // The certificate comes last: its presence says that the key is complete.
            files::write(&pem_path, pem.as_bytes())?;
        }
        let read = |path: &Path| {
            std::fs::read_to_string(path).map_err(|e| files::failed("read", path, &e))
        };
        Self::from_pem(&read(&key_path)?, read(&pem_path)?)
    }

    fn from_pem(key: &str, pem: String) -> Result<Self, ApiError> {
        use rustls_pki_types::pem::PemObject as _;
        let certificate = CertificateDer::from_pem_slice(pem.as_bytes())
            .map_err(|e| ApiError::internal(&format!("the CA certificate is damaged: {e}")))?;
        let key = KeyPair::from_pem(key).map_err(broken)?;
        let issuer = Issuer::from_ca_cert_der(&certificate, key).map_err(broken)?;
        Ok(Self { issuer, certificate, pem })
    }

    /// Returns the SHA-256 of the certificate's DER bytes, which install lines carry.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.certificate)
    }

    /// Returns the certificate.
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// Returns the certificate as PEM.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Makes a certificate for the gateway. `name` is the host part of what agents are told.
    pub fn for_gateway(
        &self,
        name: &str,
        now: i64,
    ) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), ApiError> {
        let key = KeyPair::generate().map_err(broken)?;
        let mut params = params(now, GATEWAY_CERTIFICATE_SECS);
        params.subject_alt_names = names(name)?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.distinguished_name.push(DnType::CommonName, "Patchwell agent gateway");
        let certificate = params.signed_by(&key, &self.issuer).map_err(broken)?;
        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        // The CA goes with it: an agent that enrols knows only its hash.
        Ok((vec![certificate.der().clone(), self.certificate.clone()], private))
    }

    /// Makes an agent's certificate from its request. Nothing but the key is taken from the request.
    ///
    /// # Errors
    /// `BadInput` when the request cannot be read or does not prove that it holds its key.
    pub fn for_agent(
        &self,
        csr_pem: &str,
        (tenant, host): (TenantId, HostId),
        now: i64,
    ) -> Result<Issued, ApiError> {
        let bad = |e: rcgen::Error| {
            let said = format!("the certificate request cannot be read: {e}");
            ApiError::bad_input("bad_csr", &said)
        };
        let request = CertificateSigningRequestParams::from_pem(csr_pem).map_err(bad)?;
        let key_digest = Digest::of(&request.public_key.subject_public_key_info());
        let mut params = params(now, AGENT_CERTIFICATE_SECS);
        let uri = spiffe(tenant, host);
        params.subject_alt_names = vec![SanType::URI(uri.as_str().try_into().map_err(broken)?)];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.distinguished_name.push(DnType::CommonName, host.to_string());
        let serial = ids::fresh()? >> 1;
        params.serial_number = Some(SerialNumber::from_slice(&serial.to_be_bytes()));
        let certificate = params.signed_by(&request.public_key, &self.issuer).map_err(broken)?;
        Ok(Issued {
            pem: certificate.pem(),
            serial: format!("{serial:032x}"),
            key_digest,
            expires_at: now + AGENT_CERTIFICATE_SECS,
        })
    }
}

/// Returns the name that a host's certificate carries.
pub fn spiffe(tenant: TenantId, host: HostId) -> String {
    format!("spiffe://{tenant}/host/{host}")
}

/// Reads a name that `spiffe` made.
pub fn from_spiffe(uri: &str) -> Option<(TenantId, HostId)> {
    let (tenant, host) = uri.strip_prefix("spiffe://")?.split_once("/host/")?;
    Some((tenant.parse().ok()?, host.parse().ok()?))
}

fn ca_params(now: i64) -> CertificateParams {
    let mut params = params(now, CA_SECS);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.distinguished_name.push(DnType::CommonName, "Patchwell agent CA");
    params
}

fn params(now: i64, life_secs: i64) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let since = |at: i64| Duration::from_secs(u64::try_from(at).unwrap_or(0));
    params.not_before = epoch + since(now - SKEW_SECS);
    params.not_after = epoch + since(now + life_secs);
    params.use_authority_key_identifier_extension = true;
    params
}

/// Names that the gateway answers to: what agents are told, and this machine itself.
fn names(name: &str) -> Result<Vec<SanType>, ApiError> {
    let mut names = vec![
        SanType::IpAddress(IpAddr::from([127, 0, 0, 1])),
        SanType::IpAddress(std::net::Ipv6Addr::LOCALHOST.into()),
        SanType::DnsName("localhost".try_into().map_err(broken)?),
    ];
    match name.parse::<IpAddr>() {
        Ok(address) => names.push(SanType::IpAddress(address)),
        Err(_) => names.push(SanType::DnsName(name.try_into().map_err(broken)?)),
    }
    names.dedup();
    Ok(names)
}

#[expect(clippy::needless_pass_by_value, reason = "shape of `map_err`")]
fn broken(error: rcgen::Error) -> ApiError {
    ApiError::internal(&format!("the CA could not do it: {error}"))
}
