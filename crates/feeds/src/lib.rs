//! Parsers of other people's advisories: bytes in, normal form and typed rejects out. No network, no
//! clock, no database. One bad entry spoils one entry; bombs and truncated files are refused whole.
#![forbid(unsafe_code)]
