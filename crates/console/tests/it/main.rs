//! Pages: struct in, HTML out.
#![cfg(test)]

mod contrast;
mod escaping;
mod exposure_pages;
mod exposure_samples;
mod pages;
mod samples;
