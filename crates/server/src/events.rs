//! The record, as people and programs list it.

use crate::app::App;
use crate::error::ApiError;
use model::event::Event;
use store::TenantScope;

/// Events that one answer holds at most.
pub const EVENTS_MAX: u32 = 1_000;

/// Returns events after number `after`, oldest first.
pub fn list(
    app: &App,
    scope: &TenantScope,
    after: u64,
    limit: u32,
) -> Result<Vec<Event>, ApiError> {
    app.read(|view| Ok(store::events::list(view, scope, after, limit.min(EVENTS_MAX))?))
}

/// Returns the newest `limit` events, newest first.
pub fn newest(app: &App, scope: &TenantScope, limit: u32) -> Result<Vec<Event>, ApiError> {
    app.read(|view| {
        let (last, _) = store::events::head(view, scope)?;
        let limit = limit.min(EVENTS_MAX);
        let after = last.saturating_sub(u64::from(limit));
        let mut events = store::events::list(view, scope, after, limit)?;
        events.reverse();
        Ok(events)
    })
}
