//! Numbers that look random and are the same on every machine: `SplitMix64` (Steele, Lea, Flood 2014).

/// One stream of numbers.
pub(crate) struct Random(u64);

impl Random {
    /// Returns the stream of one iteration of one target: any of them can be replayed alone.
    pub(crate) fn of(target: &str, seed: u64, iteration: u64) -> Self {
        let named = target.bytes().fold(seed, |sum, b| sum.wrapping_mul(31).wrapping_add(b.into()));
        let mut own = Self(named ^ iteration.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        // Neighbours begin alike; one step parts them.
        own.next();
        own
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Returns a number below `end`, or 0 when there is none.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % end).unwrap_or(0)
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }

    /// Returns a small number mostly, a large one at times, at most `max`.
    pub(crate) fn length(&mut self, max: usize) -> usize {
        let bits = self.below(17);
        self.below(1 << bits).min(max)
    }

    pub(crate) fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }
}
