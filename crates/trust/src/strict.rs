//! Strict JSON: bounded depth, integers only, no duplicate, unknown or missing field.
//!
//! serde's derived code is lenient where an agent must not be: an absent `Option` field becomes
//! `None`, a list is taken for a struct, and the last of two equal keys wins in a map. This reader
//! builds a small tree first and hands it to the derived code with those doors closed.

use model::outcome::Refusal;
use model::wire::ENVELOPE_DEPTH_MAX;
use serde::de::{self, DeserializeOwned, DeserializeSeed, IntoDeserializer, Visitor};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt;

/// Characters of a refusal's text at most.
const TEXT_CHARS_MAX: usize = 200;

/// Reads `bytes` as a `T`, refusing what a lenient reader would guess at.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    let is_deep = Cell::new(false);
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let tree = TreeSeed { depth: 0, is_deep: &is_deep }.deserialize(&mut reader);
    if is_deep.get() {
        return Err(Refusal::TooDeep);
    }
    let tree = tree.map_err(|error| malformed(&error))?;
    reader.end().map_err(|error| malformed(&error))?;
    T::deserialize(tree).map_err(|error| match error {
        Error::Unknown(field) => Refusal::UnknownField { field },
        Error::Other(text) => malformed(&text),
    })
}

/// What is wrong is told in the words of the parser, which quotes what it read: a host must not repeat
/// 200 KB of it in a refusal that is then too big itself.
fn malformed(error: &impl fmt::Display) -> Refusal {
    Refusal::Malformed { text: error.to_string().chars().take(TEXT_CHARS_MAX).collect() }
}

/// A JSON value. Maps keep their order, numbers are whole.
enum Tree {
    Null,
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Text(String),
    List(Vec<Self>),
    Map(Vec<(String, Self)>),
}

#[derive(Clone, Copy)]
struct TreeSeed<'a> {
    depth: usize,
    is_deep: &'a Cell<bool>,
}

impl TreeSeed<'_> {
    fn inside<E: de::Error>(self) -> Result<Self, E> {
        if self.depth >= ENVELOPE_DEPTH_MAX {
            self.is_deep.set(true);
            return Err(E::custom("nested too deeply"));
        }
        Ok(Self { depth: self.depth + 1, is_deep: self.is_deep })
    }
}

impl<'de> DeserializeSeed<'de> for TreeSeed<'_> {
    type Value = Tree;

    fn deserialize<D: de::Deserializer<'de>>(self, reader: D) -> Result<Tree, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for TreeSeed<'_> {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON with whole numbers")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Signed(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Tree, E> {
        Ok(Tree::Unsigned(value))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Tree, E> {
        Ok(Tree::Text(value.to_owned()))
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut items: A) -> Result<Tree, A::Error> {
        let seed = self.inside()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(seed)? {
            list.push(item);
        }
        Ok(Tree::List(list))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut entries: A) -> Result<Tree, A::Error> {
        let seed = self.inside()?;
        let mut map = Vec::new();
        let mut names = BTreeSet::new();
        while let Some(name) = entries.next_key::<String>()? {
            if !names.insert(name.clone()) {
                return Err(de::Error::custom(format_args!("field `{name}` appears twice")));
            }
            map.push((name, entries.next_value_seed(seed)?));
        }
        Ok(Tree::Map(map))
    }
}

/// Keeps unknown fields apart from everything else that derived code complains of.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("unknown field `{0}`")]
    Unknown(String),
    #[error("{0}")]
    Other(String),
}

impl de::Error for Error {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Self::Other(text.to_string())
    }

    fn unknown_field(field: &str, _: &'static [&'static str]) -> Self {
        Self::Unknown(field.chars().take(80).collect())
    }
}

impl<'de> IntoDeserializer<'de, Error> for Tree {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> de::Deserializer<'de> for Tree {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Null => visitor.visit_unit(),
            Self::Bool(value) => visitor.visit_bool(value),
            Self::Signed(value) => visitor.visit_i64(value),
            Self::Unsigned(value) => visitor.visit_u64(value),
            Self::Text(value) => visitor.visit_string(value),
            Self::List(items) => {
                let mut list = de::value::SeqDeserializer::new(items.into_iter());
                let value = visitor.visit_seq(&mut list)?;
                list.end()?;
                Ok(value)
            }
            Self::Map(entries) => {
                let mut map = de::value::MapDeserializer::new(entries.into_iter());
                let value = visitor.visit_map(&mut map)?;
                map.end()?;
                Ok(value)
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if matches!(self, Self::Null) { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let Self::Map(entries) = &self else {
            return Err(de::Error::custom(format_args!("{name} is not an object")));
        };
        // Derived code takes an absent `Option` for `None`: a signed object says what it means.
        if let Some(field) = fields.iter().find(|f| !entries.iter().any(|(name, _)| name == *f)) {
            return Err(de::Error::missing_field(field));
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let Self::Text(word) = self else {
            return Err(de::Error::custom(format_args!("{name} is not a word")));
        };
        visitor.visit_enum(word.into_deserializer())
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}
