//! Tests of cvss.
