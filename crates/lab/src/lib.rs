//! Real hosts on one machine, for tests and demonstrations: booted Debian in containers, each with its
//! own network name space, real package managers, real reboots.
//!
//! Never shipped. It starts the built programs as programs, and it never touches a host that it did
//! not make. Everything it makes carries the run's id, so that leftovers of a dead run are found.

pub mod base;
pub mod boot;
pub mod enrol;
pub mod fault;
pub mod files;
pub mod forward;
pub mod host;
pub mod leftovers;
pub mod listen;
pub mod net;
pub mod process;
pub mod repository;
pub mod run;
pub mod settings;
pub mod tree;
pub mod wait;
pub mod web;

pub use host::Host;
pub use run::{Lab, Wish};
pub use settings::Settings;

/// Where progress goes: one line at a time, for people.
pub type Say<'a> = &'a (dyn Fn(&str) + Sync);
