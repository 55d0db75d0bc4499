//! `TenantScope`: whose rows a query may see. First argument of every query, so that one without a
//! tenant does not compile.

use model::TenantId;

/// The right to one tenant's rows. Made where a caller was authenticated, then passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TenantScope {
    tenant: TenantId,
}

impl TenantScope {
    /// Returns the scope of `tenant`. Only authentication code may call it.
    pub fn of(tenant: TenantId) -> Self {
        Self { tenant }
    }

    /// Returns the tenant that this scope is for.
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    pub(crate) fn key(&self) -> String {
        self.tenant.to_string()
    }
}
