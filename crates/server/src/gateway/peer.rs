//! Who is calling: a host, as its verified certificate names it.

use crate::app::App;
use crate::error::ApiError;
use crate::fleet::Cell;
use crate::gateway::blocking;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use model::{HostId, TenantId};
use std::sync::Arc;
use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate};

/// What a certificate says, read once per connection. Its signature and dates were checked in the
/// handshake; the end of its life is checked at each request, because connections live long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    pub tenant: TenantId,
    pub host: HostId,
    /// Hexadecimal serial number.
    pub serial: String,
    pub expires_at: i64,
}

/// The peer of a connection, or none; an extension of each of its requests.
#[derive(Debug, Clone)]
pub struct PeerOf(pub Option<Arc<Peer>>);

/// An enrolled, unlocked host that is calling now.
pub struct Caller(pub Arc<Cell>);

/// Reads a verified certificate; `None` when it names no host.
pub fn read(der: &[u8]) -> Option<Peer> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let names = certificate.subject_alternative_name().ok().flatten()?;
    let [GeneralName::URI(uri)] = names.value.general_names.as_slice() else { return None };
    let (tenant, host) = crate::ca::from_spiffe(uri)?;
    let serial = u128::from_str_radix(&certificate.serial.to_str_radix(16), 16).ok()?;
    Some(Peer {
        tenant,
        host,
        serial: format!("{serial:032x}"),
        expires_at: certificate.validity().not_after.timestamp(),
    })
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let peer = parts.extensions.get::<PeerOf>().and_then(|peer| peer.0.clone());
        let peer = peer.ok_or_else(|| {
            ApiError::unauthorised("this route needs an agent's certificate")
                .hint("enrol the host with `patchwell enrol token`")
        })?;
        let now = app.now();
        if peer.expires_at <= now {
            return Err(ApiError::unauthorised("the certificate has expired").hint("renew it"));
        }
        let unknown = || ApiError::unauthorised("this host is not enrolled here");
        let cell = app.fleet.get(peer.host).ok_or_else(unknown)?;
        if cell.scope.tenant() != peer.tenant {
            return Err(unknown());
        }
        if cell.is_locked() {
            let said = "this host is locked out: two holders of its key were seen";
            return Err(ApiError::forbidden("locked", said)
                .hint("remove the agent's state on the host and enrol it again"));
        }
        cell.heard(now);
        note_first_use(app, &cell, &peer.serial, now).await?;
        Ok(Self(cell))
    }
}

/// Stores the first use of a certificate: from then on its generation is never issued again.
async fn note_first_use(
    app: &Arc<App>,
    cell: &Arc<Cell>,
    serial: &str,
    now: i64,
) -> Result<(), ApiError> {
    if !cell.is_first_use(serial) {
        return Ok(());
    }
    let (app, scope, host, serial) = (Arc::clone(app), cell.scope, cell.host, serial.to_owned());
    blocking(move || {
        app.store.write(move |tx| {
            store::hosts::use_certificate(&tx, &scope, (host, &serial), now)?;
            tx.commit_without_event(())
        })
    })
    .await
}
