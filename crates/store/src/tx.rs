//! Transactions: reading views, and writes that cannot be committed without their event.

use crate::error::StoreError;
use crate::events;
use crate::scope::TenantScope;
use rusqlite::Connection;
use std::ops::Deref;

/// A consistent view of the data. Every query takes one; a `Tx` is one too.
pub struct View<'a> {
    pub(crate) conn: &'a Connection,
}

/// A write in progress. It is undone unless the closure that holds it returns a `Committed`.
pub struct Tx<'a> {
    view: View<'a>,
}

/// A write that has its event. Dereferences to the `Tx`, so that more can be written and recorded.
pub struct Recorded<'a> {
    tx: Tx<'a>,
}

/// Proof that a write may be committed; made by `Recorded::commit` or `Tx::commit_without_event` only.
pub struct Committed<T> {
    pub(crate) value: T,
}

/// What happened, by whom and to what: an entry of the record before it has its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// Seconds since the Unix epoch.
    pub at: i64,
    pub actor: String,
    /// `noun.verb`.
    pub action: &'static str,
    pub object: String,
    pub detail: serde_json::Value,
}

impl<'a> View<'a> {
    pub(crate) fn new(conn: &'a Connection) -> Self {
        Self { conn }
    }
}

impl<'a> Tx<'a> {
    pub(crate) fn new(conn: &'a Connection) -> Self {
        Self { view: View::new(conn) }
    }

    /// Appends `event` to the tenant's record, in this same transaction.
    pub fn record(self, scope: &TenantScope, event: &NewEvent) -> Result<Recorded<'a>, StoreError> {
        events::append(&self, scope, event)?;
        Ok(Recorded { tx: self })
    }

    /// Commits what is no change of the world: last-seen times, progress within a state, spent
    /// sessions. Everything else needs `record`.
    pub fn commit_without_event<T, E>(self, value: T) -> Result<Committed<T>, E> {
        Ok(Committed { value })
    }
}

impl<'a> Recorded<'a> {
    /// Appends one more event.
    pub fn record(self, scope: &TenantScope, event: &NewEvent) -> Result<Self, StoreError> {
        events::append(&self.tx, scope, event)?;
        Ok(self)
    }

    /// Ends the write; it is durable when `Store::write` returns.
    pub fn commit<T, E>(self, value: T) -> Result<Committed<T>, E> {
        Ok(Committed { value })
    }
}

impl<'a> Deref for Tx<'a> {
    type Target = View<'a>;

    fn deref(&self) -> &View<'a> {
        &self.view
    }
}

impl<'a> Deref for Recorded<'a> {
    type Target = Tx<'a>;

    fn deref(&self) -> &Tx<'a> {
        &self.tx
    }
}
