//! A table from texts to small numbers. It is never iterated, so that no answer depends on where an entry
//! lies; nothing is ever taken out.

/// Open addressing with linear probing. At most half of the slots are used.
#[derive(Debug, Default, Clone)]
pub(super) struct Lookup {
    slots: Vec<Slot>,
    used: usize,
}

#[derive(Debug, Default, Clone, Copy)]
struct Slot {
    /// The id plus one; 0: free.
    entry: u32,
    /// The low bits of the hash: whoever differs here is not looked at.
    tag: u32,
}

impl Lookup {
    /// Returns the id with this hash for which `is_it` holds.
    pub(super) fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        let (mut at, tag) = (self.first(hash), tag(hash));
        loop {
            let slot = self.slots[at];
            let id = slot.entry.checked_sub(1)?;
            if slot.tag == tag && is_it(id) {
                return Some(id);
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    /// Adds an id that is not there yet. `hash_of` gives the hash of any id, for when the table grows.
    pub(super) fn insert(&mut self, hash: u64, id: u32, hash_of: impl Fn(u32) -> u64) {
        if (self.used + 1) * 2 > self.slots.len() {
            let size = (self.slots.len() * 2).max(16);
            let old = std::mem::replace(&mut self.slots, vec![Slot::default(); size]);
            for id in old.into_iter().filter_map(|slot| slot.entry.checked_sub(1)) {
                self.place(hash_of(id), id);
            }
        }
        self.place(hash, id);
        self.used += 1;
    }

    fn place(&mut self, hash: u64, id: u32) {
        let mut at = self.first(hash);
        while self.slots[at].entry != 0 {
            at = (at + 1) & (self.slots.len() - 1);
        }
        self.slots[at] = Slot { entry: id + 1, tag: tag(hash) };
    }

    /// The high bits are the well mixed ones.
    fn first(&self, hash: u64) -> usize {
        let bits = self.slots.len().trailing_zeros();
        usize::try_from(hash >> (64 - bits)).unwrap_or(0)
    }
}

fn tag(hash: u64) -> u32 {
    u32::try_from(hash & u64::from(u32::MAX)).unwrap_or(0)
}

/// Returns a hash of parts, with their borders. Not keyed: whoever makes texts collide makes his own reports
/// slower, by a bounded amount, because a report's packages are bounded.
pub(super) fn hash(number: u64, parts: &[&str]) -> u64 {
    /// An odd number without pattern (the golden ratio in 64 bits): spreads the bits upwards.
    const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |state: u64, word: u64| (state.rotate_left(23) ^ word).wrapping_mul(SPREAD);
    let mut state = mix(SPREAD, number);
    for part in parts {
        let (words, rest) = part.as_bytes().as_chunks::<8>();
        for word in words {
            state = mix(state, u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        state = mix(state, u64::from_le_bytes(last));
        state = mix(state, part.len() as u64);
    }
    state ^ (state >> 31)
}
