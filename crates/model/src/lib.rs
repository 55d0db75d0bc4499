//! The nouns. No verbs, no I/O, no clock: what every program of the house agrees on.
//!
//! Each file is one noun of `docs/glossary.md`. Nouns carry serde, so that they are their own wire
//! form; fields are only ever added, with a default. What an agent obeys (orders, plans) refuses
//! unknown fields instead.
#![forbid(unsafe_code)]

pub mod advisory;
pub mod change;
pub mod clause;
pub mod cve;
pub mod digest;
pub mod event;
pub mod exposure;
pub mod host;
pub mod id;
pub mod order;
pub mod outcome;
pub mod package;
pub mod plan;
pub mod problem;
pub mod report;
pub mod roster;
pub mod run;
pub mod wire;

pub use cve::CveId;
pub use digest::Digest;
pub use id::{ChangeId, HostId, OrderId, RunId, TenantId};
pub use problem::Problem;
