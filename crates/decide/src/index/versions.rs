//! Versions, each kept once per package: its text, its key, and its place in the package's order.

use crate::index::lookup::{Lookup, hash};
use crate::scheme::Scheme;

/// A version of one package. Never renumbered: ranks move, ids stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct VerId(pub(crate) u32);

/// A package of one stream and module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PkgId(pub(crate) u32);

impl PkgId {
    pub(crate) fn number(self) -> u32 {
        self.0
    }

    pub(crate) fn of_number(number: u32) -> Self {
        Self(number)
    }
}

/// Longer texts are no versions of anything that is packaged; they count as unparsed and are cut.
const VERSION_BYTES_MAX: usize = 512;
/// The rank of a version that does not parse: it has no place in the order.
pub(crate) const UNPARSED: u32 = u32::MAX;

/// Every version of every package.
#[derive(Debug, Default)]
pub(crate) struct Versions {
    /// Key, then text, of each version in turn.
    arena: Vec<u8>,
    meta: Vec<Meta>,
    /// By version: how many versions of its package have a smaller key. Equal keys have equal ranks.
    rank: Vec<u32>,
    lookup: Lookup,
}

#[derive(Debug, Clone, Copy)]
struct Meta {
    start: u32,
    key_bytes: u16,
    text_bytes: u16,
    pkg: PkgId,
}

impl Versions {
    pub(crate) fn text(&self, ver: VerId) -> &str {
        let meta = self.meta[ver.0 as usize];
        let start = meta.start as usize + usize::from(meta.key_bytes);
        let bytes = &self.arena[start..start + usize::from(meta.text_bytes)];
        std::str::from_utf8(bytes).unwrap_or_default()
    }

    fn text_is(&self, ver: VerId, text: &str) -> bool {
        let meta = self.meta[ver.0 as usize];
        let start = meta.start as usize + usize::from(meta.key_bytes);
        self.arena[start..start + usize::from(meta.text_bytes)] == *text.as_bytes()
    }

    pub(crate) fn key(&self, ver: VerId) -> &[u8] {
        let meta = self.meta[ver.0 as usize];
        &self.arena[meta.start as usize..][..usize::from(meta.key_bytes)]
    }

    /// Returns the place in the order; equal versions share it. `UNPARSED`: none.
    pub(crate) fn rank(&self, ver: VerId) -> u32 {
        self.rank[ver.0 as usize]
    }

    pub(crate) fn is_parsed(&self, ver: VerId) -> bool {
        self.rank(ver) != UNPARSED
    }

    /// Returns the number of versions in `order` up to and with the equals of `ver`.
    pub(crate) fn rank_after(&self, order: &[VerId], ver: VerId) -> u32 {
        let rank = self.rank(ver);
        let equal = order[rank as usize..].iter().take_while(|v| self.rank(**v) == rank).count();
        rank + count(equal)
    }

    /// Returns the version with this text, adding it to `order` where it is new. An empty text, or one that
    /// does not parse, gets an id and no rank.
    pub(crate) fn intern(
        &mut self,
        pkg: PkgId,
        scheme: Option<Scheme>,
        order: &mut Vec<VerId>,
        text: &str,
    ) -> VerId {
        let is_cut = text.len() > VERSION_BYTES_MAX;
        let text = if is_cut { cut(text) } else { text };
        if let Some(known) = self.find(pkg, text) {
            return known;
        }
        let key = scheme.filter(|_| !is_cut).and_then(|scheme| scheme.key(text).ok());
        let ver = self.add(pkg, key.as_ref().map_or(&[], |key| key.as_bytes()), text);
        let (meta, arena) = (&self.meta, &self.arena);
        self.lookup.insert(hash_of(pkg, text), ver.0, |id| {
            let meta = meta[id as usize];
            let start = meta.start as usize + usize::from(meta.key_bytes);
            let bytes = &arena[start..start + usize::from(meta.text_bytes)];
            hash_of(meta.pkg, std::str::from_utf8(bytes).unwrap_or_default())
        });
        if key.is_some() {
            self.place(order, ver);
        }
        ver
    }

    pub(crate) fn find(&self, pkg: PkgId, text: &str) -> Option<VerId> {
        let found = self.lookup.find(hash_of(pkg, text), |id| {
            self.meta[id as usize].pkg == pkg && self.text_is(VerId(id), text)
        });
        found.map(VerId)
    }

    fn add(&mut self, pkg: PkgId, key: &[u8], text: &str) -> VerId {
        let ver = VerId(count(self.meta.len()));
        // Parts and versions share 32 bits in holdings.
        assert!(ver.0 < 1 << 28, "more than 250 million versions");
        let short = |bytes: usize| u16::try_from(bytes).expect("versions are cut above");
        self.meta.push(Meta {
            start: count(self.arena.len()),
            key_bytes: short(key.len()),
            text_bytes: short(text.len()),
            pkg,
        });
        self.arena.extend_from_slice(key);
        self.arena.extend_from_slice(text.as_bytes());
        self.rank.push(UNPARSED);
        ver
    }

    /// Orders by key and then by text, so that the order does not tell which came first.
    fn place(&mut self, order: &mut Vec<VerId>, ver: VerId) {
        let sort_key = |v: VerId| (self.key(v), self.text(v));
        let at = order.partition_point(|v| sort_key(*v) < sort_key(ver));
        order.insert(at, ver);
        let mut rank = match at.checked_sub(1).map(|before| order[before]) {
            Some(before) if self.key(before) == self.key(ver) => self.rank(before),
            Some(_) | None => count(at),
        };
        self.rank[ver.0 as usize] = rank;
        for next in at + 1..order.len() {
            if self.key(order[next]) != self.key(order[next - 1]) {
                rank = count(next);
            }
            self.rank[order[next].0 as usize] = rank;
        }
    }
}

fn hash_of(pkg: PkgId, text: &str) -> u64 {
    hash(u64::from(pkg.0), &[text])
}

/// Cuts at a character border.
fn cut(text: &str) -> &str {
    let end = (0..=VERSION_BYTES_MAX).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    &text[..end]
}

/// Returns a length as an id or a rank.
pub(crate) fn count(length: usize) -> u32 {
    u32::try_from(length).expect("fewer than four thousand million of anything fit in memory")
}
