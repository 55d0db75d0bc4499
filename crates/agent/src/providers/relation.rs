//! Debian's relations between packages (`Depends`, `Breaks`, `Provides`), and what satisfies them. Pure.

use crate::providers::debversion::compare;
use std::cmp::Ordering;

/// One package that a field names, with the versions that will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation<'a> {
    pub name: &'a str,
    /// `any`, an architecture, or empty.
    pub arch: &'a str,
    /// `<<`, `<=`, `=`, `>=` or `>>` and a version; `None`: any version.
    pub bound: Option<(&'a str, &'a str)>,
}

impl Relation<'_> {
    /// Returns whether a package of this version will do.
    pub fn admits(&self, version: &str) -> bool {
        let Some((operator, bound)) = self.bound else { return true };
        let order = compare(version, bound);
        match operator {
            "<<" | "<" => order == Ordering::Less,
            "<=" => order != Ordering::Greater,
            "=" => order == Ordering::Equal,
            ">=" => order != Ordering::Less,
            ">>" | ">" => order == Ordering::Greater,
            // An operator that dpkg does not know either: nothing satisfies it.
            _ => false,
        }
    }
}

/// Returns the clauses of a field; each is a list of alternatives.
pub fn clauses(field: &str) -> impl Iterator<Item = Vec<Relation<'_>>> {
    field
        .split(',')
        .map(|clause| clause.split('|').filter_map(relation).collect::<Vec<_>>())
        .filter(|alternatives| !alternatives.is_empty())
}

fn relation(text: &str) -> Option<Relation<'_>> {
    let text = text.trim();
    let (head, bound) = match text.split_once('(') {
        Some((head, rest)) => (head, Some(rest.split(')').next().unwrap_or_default().trim())),
        None => (text, None),
    };
    let head = head.split_whitespace().next().unwrap_or_default();
    let (name, arch) = head.split_once(':').unwrap_or((head, ""));
    if name.is_empty() {
        return None;
    }
    let bound = bound.map(|bound| {
        let digits = bound.find(|c| !matches!(c, '<' | '>' | '=')).unwrap_or(bound.len());
        (&bound[..digits], bound[digits..].trim())
    });
    Some(Relation { name, arch, bound })
}

#[cfg(test)]
mod tests;
