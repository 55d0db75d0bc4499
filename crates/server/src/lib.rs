//! The program that is awake: API, console, agent gateway, vault and loops around one store.
//!
//! It holds no key that an agent obeys for action. Handlers hold no decisions, loops hold no memory
//! that matters, and every change is one transaction with its event.
#![forbid(unsafe_code)]

pub mod answers;
pub mod api;
pub mod app;
pub mod assess;
pub mod auth;
pub mod ca;
pub mod changes;
pub mod clock;
pub mod config;
pub mod error;
pub mod events;
pub mod exposures;
pub mod feeds;
mod files;
pub mod fleet;
pub mod form;
pub mod gateway;
pub mod hosts;
pub mod http;
mod ids;
pub mod loops;
pub mod obligations;
pub mod routes;
pub mod runs;
pub mod serve;
mod sets;
mod start;
mod tls;
pub mod tokens;
pub mod trusted;
pub mod vault;
pub mod web;

pub use app::{Actor, App};
pub use clock::Clock;
pub use config::{FeedAddress, FeedsFrom, Settings};
pub use error::{ApiError, ErrorKind};
pub use start::{Server, StartError};
