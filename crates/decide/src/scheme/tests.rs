//! Keys against the direct comparers.
