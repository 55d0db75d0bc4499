//! What package managers print, turned into nouns. Pure: text in, nouns and problems out; never panics.

pub mod apt;
pub mod automatic;
pub mod boot;
pub mod debversion;
pub mod dpkglog;
pub mod owners;
pub mod pending;
pub mod relation;
pub mod sources;
pub mod system;
