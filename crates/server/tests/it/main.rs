//! The server as agents and people meet it: real TLS, real store, real files, a clock that tests move.
#![cfg(test)]

mod approvers;
mod changes;
mod closes;
mod exposure;
mod feed;
mod gateway;
mod host;
mod origin;
mod rig;
mod runs;
mod start;
mod vault;
