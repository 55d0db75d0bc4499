//! Pages: struct in, HTML out.
#![cfg(test)]

mod contrast;
mod escaping;
mod pages;
mod samples;
