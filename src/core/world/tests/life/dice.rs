//! Chance from a seed: the same for ever, and a draw more in one place moves nothing elsewhere.

use cunkou_core::model::{Span, stable_hash_parts};

/// A seeded row of draws (SplitMix64; Steele, Lea, Flood 2014).
pub(crate) struct Dice(u64);

impl Dice {
    /// A row of its own for each purpose.
    pub(crate) fn new(seed: u64, purpose: &str) -> Dice {
        Dice(stable_hash_parts(&[purpose, &seed.to_string()]))
    }

    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides.max(1)
    }

    pub(crate) fn index(&mut self, of: usize) -> usize {
        usize::try_from(self.roll(of as u64)).unwrap_or(0)
    }

    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.roll(n) == 0
    }

    pub(crate) fn between(&mut self, from: i64, to: i64) -> i64 {
        from + i64::try_from(self.roll((to - from).max(1).unsigned_abs())).unwrap_or(0)
    }

    /// Milliseconds too, so that no two things happen at one moment by the roundness of numbers.
    pub(crate) fn span(&mut self, from_s: i64, to_s: i64) -> Span {
        Span(self.between(from_s * 1_000, to_s * 1_000))
    }

    /// Short ones as often as long ones: each doubling is as likely as any other.
    pub(crate) fn scaled(&mut self, from_s: i64, to_s: i64) -> Span {
        let mut octaves = Vec::new();
        let mut low = from_s.max(1);
        while low < to_s {
            octaves.push((low, (low * 2).min(to_s)));
            low *= 2;
        }
        let (low, high) = octaves[self.index(octaves.len())];
        self.span(low, high)
    }

    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.index(of.len())]
    }
}
