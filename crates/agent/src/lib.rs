//! The agent: looks at its host, and carries out orders that people signed.
pub mod hands;
