//! Tests of hazard.
