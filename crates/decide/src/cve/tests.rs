//! Tests of cve.
