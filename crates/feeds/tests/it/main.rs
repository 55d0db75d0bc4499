//! Parsers against real documents, and everything that they have in common.
#![cfg(test)]

mod alma_index;
mod debian;
mod debsecan;
mod ends;
mod json_samples;
mod json_whole;
mod rpm_and_apk;
mod shared;
#[path = "../../src/shown.rs"]
mod shown;
