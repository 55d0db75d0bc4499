//! Facts and a time in, decisions out. No I/O, no clock, no randomness, no hash iteration: the same
//! inputs, in any order, give the same answer. Everything here can be replayed for any moment.
#![forbid(unsafe_code)]

pub mod action;
pub mod change;
pub mod clause;
pub mod cve;
pub mod cvss;
pub mod deadline;
#[cfg(test)]
mod fleet_text;
pub mod gap;
pub mod hazard;
pub mod index;
pub mod kind;
pub mod lifecycle;
pub mod lint;
pub mod plan;
pub mod reach;
pub mod schedule;
pub mod scheme;
pub mod ssvc;
pub mod stream;
pub mod support;
pub mod version;
