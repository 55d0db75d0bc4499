//! What touches the host. `process` starts processes; nothing else does.
//!
//! Hands observe and act; they hold no policy. What follows from what they saw is decided in `run`.

pub mod journal;
pub mod locks;
pub mod packages;
pub mod process;
pub mod runner;
pub mod space;
pub mod staging;
pub mod units;
