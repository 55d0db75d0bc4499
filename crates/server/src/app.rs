//! `App`: what every handler and loop of the server shares. Decisions are elsewhere; this only holds.

use crate::ca::Ca;
use crate::config::Settings;
use crate::error::ApiError;
use crate::exposures::Exposures;
use crate::feeds::inbox::Seen;
use crate::fleet::Fleet;
use crate::gateway::Pace;
use crate::hosts::Summaries;
use crate::ids;
use crate::sets::RecentSets;
use crate::tls::GatewayKey;
use crate::trusted::TrustedNow;
use crate::vault::Vault;
use model::Digest;
use std::sync::{Arc, RwLock};
use store::{Committed, NewEvent, Store, StoreError, TenantScope, Tx, View};
use tokio::sync::watch;

/// The running server's shared parts.
pub struct App {
    pub settings: Settings,
    pub store: Store,
    pub ca: Ca,
    pub fleet: Fleet,
    pub vault: Vault,
    pub(crate) summaries: Summaries,
    pub(crate) sets: RecentSets,
    pub(crate) exposures: Exposures,
    pub(crate) inbox: Seen,
    /// Rises with every committed change; pages and long polls wait on it.
    pub changed: watch::Sender<u64>,
    /// True once the server stops: parked requests answer, loops end.
    pub stopping: watch::Sender<bool>,
    /// `host:port` that agents are told.
    pub gateway_name: String,
    pub(crate) gateway_key: Arc<GatewayKey>,
    /// Rises when the roster changes; parked polls pass it on at once.
    pub(crate) trusted_changed: watch::Sender<u64>,
    pub(crate) enrolments: Pace,
    pub(crate) trusted: RwLock<Option<Arc<TrustedNow>>>,
    scope: TenantScope,
    restore_epoch: u64,
}

/// Who asks, and for which tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub scope: TenantScope,
    /// Person id, as in the roster.
    pub person: String,
}

/// What `App::new` is made of.
pub(crate) struct Parts {
    pub settings: Settings,
    pub store: Store,
    pub ca: Ca,
    pub gateway_key: Arc<GatewayKey>,
    pub gateway_name: String,
}

impl App {
    pub(crate) fn new(parts: Parts) -> Result<Self, ApiError> {
        let Parts { settings, store, ca, gateway_key, gateway_name } = parts;
        let scope = first_tenant(&store, settings.clock.now())?;
        let restore_epoch = restore_epoch(&store)?;
        let fleet = Fleet::load(&store, &scope)?;
        let vault = Vault::open(&settings.data, settings.proxy.as_deref())?;
        let trusted = crate::trusted::load(&store, &scope, settings.clock.now())?;
        Ok(Self {
            settings,
            store,
            ca,
            fleet,
            vault,
            summaries: Summaries::default(),
            sets: RecentSets::default(),
            exposures: Exposures::default(),
            inbox: Seen::default(),
            changed: watch::Sender::new(0),
            stopping: watch::Sender::new(false),
            gateway_name,
            gateway_key,
            trusted_changed: watch::Sender::new(0),
            enrolments: Pace::default(),
            trusted: RwLock::new(trusted.map(Arc::new)),
            scope,
            restore_epoch,
        })
    }

    /// Returns the time, seconds since the Unix epoch.
    pub fn now(&self) -> i64 {
        self.settings.clock.now()
    }

    /// Returns the tenant of this installation. There is one until tenants can be added.
    pub fn tenant(&self) -> TenantScope {
        self.scope
    }

    /// Returns the host part of what agents are told.
    pub(crate) fn gateway_host(&self) -> &str {
        crate::start::host_of(&self.gateway_name)
    }

    /// Returns the number that changes when the data comes back from a backup.
    pub fn restore_epoch(&self) -> u64 {
        self.restore_epoch
    }

    /// Returns the SHA-256 of the CA certificate, which install lines carry.
    pub fn ca_digest(&self) -> Digest {
        self.ca.digest()
    }

    /// Returns the roster and root that are in force, once a person has put them.
    pub fn trusted(&self) -> Option<Arc<TrustedNow>> {
        self.trusted.read().ok().and_then(|trusted| trusted.clone())
    }

    /// Reads a consistent view. Blocking.
    pub fn read<T>(
        &self,
        act: impl FnOnce(&View<'_>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        self.store.read(act)
    }

    /// Writes, waits until it is durable, then wakes who waits for changes. Blocking.
    pub fn write<T: Send + 'static>(
        &self,
        act: impl FnOnce(Tx<'_>) -> Result<Committed<T>, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let value = self.store.write(act)?;
        self.changed.send_modify(|count| *count += 1);
        Ok(value)
    }

    /// Returns whether the server is stopping.
    pub fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }
}

/// Makes an event of `actor` on `object`.
pub fn event(
    at: i64,
    actor: &str,
    action: &'static str,
    object: &str,
    detail: serde_json::Value,
) -> NewEvent {
    NewEvent { at, actor: actor.to_owned(), action, object: object.to_owned(), detail }
}

fn first_tenant(store: &Store, now: i64) -> Result<TenantScope, ApiError> {
    let found = store.read(store::tenants::all_for_start)?;
    if let Some(scope) = found.first() {
        return Ok(*scope);
    }
    let scope = TenantScope::of(model::TenantId(ids::fresh()?));
    store.write(move |tx| -> Result<_, ApiError> {
        store::tenants::insert(&tx, &scope, "default", now)?;
        let made = event(now, "server", "tenant.made", &scope.tenant().to_string(), no_detail());
        tx.record(&scope, &made)?.commit(())
    })?;
    Ok(scope)
}

fn restore_epoch(store: &Store) -> Result<u64, ApiError> {
    let key = store::meta::RESTORE_EPOCH;
    let found: Option<String> = store.read(|view| store::meta::get(view, key))?;
    if let Some(epoch) = found.and_then(|text| text.parse().ok()) {
        return Ok(epoch);
    }
    // 53 bits: survives a trip through JSON numbers everywhere.
    let epoch = u64::try_from(ids::fresh()? >> 75).unwrap_or(1);
    store.write(move |tx| -> Result<_, StoreError> {
        store::meta::put(&tx, key, &epoch.to_string())?;
        tx.commit_without_event(())
    })?;
    Ok(epoch)
}

/// Returns the detail of events that need none.
pub fn no_detail() -> serde_json::Value {
    serde_json::Value::Object(serde_json::Map::new())
}
