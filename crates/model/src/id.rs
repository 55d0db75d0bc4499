//! Typed ids: 128 bits, printed with a prefix, never re-used. A function never takes two bare strings.

use crate::digest::Digest;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The text is not an id of the kind that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a {kind} id (it looks like `{kind}_` and 32 hexadecimal digits)")]
pub struct ParseIdError {
    kind: &'static str,
    text: String,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u128);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{:032x}"), self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.strip_prefix(concat!($prefix, "_"))
                    .filter(|hex| hex.len() == 32)
                    .filter(|hex| hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
                    .and_then(|hex| u128::from_str_radix(hex, 16).ok())
                    .map(Self)
                    .ok_or_else(|| ParseIdError {
                        kind: $prefix,
                        text: text.chars().take(80).collect(),
                    })
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(de: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(de)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}

ids! {
    /// A client organisation; every row belongs to one.
    TenantId = "tenant";
    /// A managed server. Random, never re-used, never the machine-id: clones share that.
    HostId = "host";
    /// What people read and approve.
    ChangeId = "change";
    /// One signed instruction. A change's order is signed once per generation.
    OrderId = "order";
    /// One host carrying out its part of one order.
    RunId = "run";
}

impl RunId {
    /// Returns the id of `host`'s run of `order`. Derived, so that agent, server and command line
    /// agree without asking each other, and so that one order can never run twice under two ids.
    pub fn of(order: OrderId, host: HostId) -> Self {
        let digest = Digest::of(format!("run {order} {host}").as_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest.0[..16]);
        Self(u128::from_be_bytes(bytes))
    }
}

#[cfg(test)]
mod tests;
