//! Items that were seen before, found by one look: a report names hundreds, and nearly all are old acquaintances.
//! A cache beside packages and versions; hosts of one image name their items in one order, so that
//! these texts lie in that order too.

use crate::index::entry::Item;
use crate::index::lookup::{Lookup, hash};
use crate::index::versions::{PkgId, VerId, count};

/// Package and version by the texts of an item.
#[derive(Debug, Default)]
pub(super) struct Items {
    /// Version, package, module and stream of each in turn.
    arena: Vec<u8>,
    meta: Vec<Meta>,
    lookup: Lookup,
}

#[derive(Debug, Clone, Copy)]
struct Meta {
    start: u32,
    /// The texts alone would not tell `a`, `bc` from `ab`, `c`.
    bytes: [u16; 4],
    /// Installed, not only offered.
    is_held: bool,
    pkg: PkgId,
    ver: VerId,
}

fn texts(item: &Item) -> [&str; 4] {
    [&item.version, &item.package, &item.module, &item.stream]
}

impl Items {
    pub(super) fn find(&self, item: &Item, is_held: bool) -> Option<(PkgId, VerId)> {
        let texts = texts(item);
        let found = self.lookup.find(hash(is_held.into(), &texts), |id| {
            let meta = self.meta[id as usize];
            let mut start = meta.start as usize;
            meta.is_held == is_held
                && texts.iter().zip(meta.bytes).all(|(text, bytes)| {
                    let end = start + usize::from(bytes);
                    let known = &self.arena[start..end];
                    start = end;
                    known == text.as_bytes()
                })
        });
        found.map(|id| (self.meta[id as usize].pkg, self.meta[id as usize].ver))
    }

    /// Remembers an item that is not there yet. Texts that are too long to be names are not worth it.
    pub(super) fn add(&mut self, item: &Item, is_held: bool, (pkg, ver): (PkgId, VerId)) {
        let texts = texts(item);
        let mut bytes = [0; 4];
        for (bytes, text) in bytes.iter_mut().zip(texts) {
            let Ok(length) = u16::try_from(text.len()) else { return };
            *bytes = length;
        }
        let id = count(self.meta.len());
        self.meta.push(Meta { start: count(self.arena.len()), bytes, is_held, pkg, ver });
        texts.iter().for_each(|text| self.arena.extend_from_slice(text.as_bytes()));
        let (meta, arena) = (&self.meta, &self.arena);
        self.lookup.insert(hash(is_held.into(), &texts), id, |id| {
            let meta = meta[id as usize];
            let mut start = meta.start as usize;
            let texts = meta.bytes.map(|bytes| {
                let end = start + usize::from(bytes);
                let text = std::str::from_utf8(&arena[start..end]).unwrap_or_default();
                start = end;
                text
            });
            hash(meta.is_held.into(), &texts)
        });
    }
}
