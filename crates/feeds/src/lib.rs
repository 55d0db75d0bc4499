//! Parsers of other people's advisories: bytes in, normal form and typed rejects out. No network, no
//! clock, no database. One bad entry spoils one entry; bombs and truncated files are refused whole.
#![forbid(unsafe_code)]

pub mod accept;
pub mod archive;
pub mod changelog;
pub mod csaf;
pub mod cve_record;
mod dates;
pub mod deb;
pub mod deb822;
pub mod debian_list;
pub mod debian_support;
pub mod debian_tracker;
pub mod debsecan;
pub mod distro_info;
pub mod endoflife;
pub mod epss;
pub mod freshness;
pub mod hydra;
mod json;
pub mod kev;
pub mod limits;
mod lines;
pub mod load;
mod merge;
pub mod msrc;
pub mod nvd;
pub mod open_vex;
pub mod osv;
pub mod oval;
pub mod recognise;
pub mod release;
pub mod secdb;
#[cfg(test)]
mod shown;
pub mod updateinfo;
mod xml;

pub use accept::{SetSummary, accept};
pub use limits::{Limits, Refused};
pub use load::{LeftOut, Loaded, load, load_all, load_path, load_path_all};
pub use recognise::recognise;
