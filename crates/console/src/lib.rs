//! The console: the only HTML of the house. Every page is a function of a struct.
//!
//! Nothing here does I/O, reads the clock, or decides: `now` comes with the shell, facts come as the
//! nouns of `model`, and what a page says about a host is what the API and the command line say too.
//! No inline style or script, so that the strictest content policy holds.
#![forbid(unsafe_code)]

pub mod asset;
pub mod change;
pub mod changes;
pub mod condition;
pub mod cve;
pub mod deadlines;
pub mod end_of_life;
pub mod error;
pub mod events;
mod exposure;
pub mod exposures;
pub mod feeds;
pub mod host;
pub mod host_exposure;
pub mod hosts;
pub mod mark;
pub mod moment;
pub mod overview;
pub mod packages;
pub mod paging;
pub mod prose;
pub mod quantity;
pub mod query;
pub mod run;
pub mod shell;
pub mod sign_in;

pub use shell::{Person, Section, Shell};
