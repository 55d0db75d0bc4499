//! What an agent believes: envelopes, signatures, rosters, orders, ceilings, the record's chain.
//!
//! Pure: no I/O, no clock, no randomness, no async. `now` is an argument, and the same inputs give
//! the same answer. The agent, the server and the command line share this code, so that what a
//! person is shown, what the server accepts and what a host obeys cannot drift apart.
#![forbid(unsafe_code)]

pub mod ceilings;
pub mod envelope;
#[cfg(test)]
mod fixtures;
pub mod host;
pub mod order;
pub mod record;
pub mod roster;
pub mod sshsig;
mod strict;
pub mod token;
