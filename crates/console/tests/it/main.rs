//! Pages: struct in, HTML out.
#![cfg(test)]

mod escaping;
mod pages;
mod samples;
