//! Parsers against real documents, and everything that they have in common.
#![cfg(test)]

mod debian;
mod debsecan;
mod ends;
mod rpm_and_apk;
mod shared;
#[path = "../../src/shown.rs"]
mod shown;
