//! The town's own generator of numbers, so that no release of a crate ever moves a house.
//!
//! xoshiro256** 1.0 (Blackman, Vigna 2018, <https://prng.di.unimi.it/xoshiro256starstar.c>, public domain), filled
//! from SplitMix64 (Steele, Lea, Flood 2014) as its authors advise. Never for secrets.

use crate::model::stable_hash;

/// A stream of numbers that its seed alone decides.
#[derive(Clone, Debug)]
pub(super) struct Rng {
    state: [u64; 4],
}

/// One step of SplitMix64.
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Rng {
    /// The stream of a seed.
    pub(super) fn new(seed: u64) -> Rng {
        let mut state = seed;
        Rng { state: std::array::from_fn(|_| split_mix(&mut state)) }
    }

    /// A stream of its own for one part of the work: what one part draws never moves what another one draws.
    pub(super) fn stream(seed: u64, part: &str) -> Rng {
        Rng::new(seed ^ stable_hash(part))
    }

    /// The next 64 bits.
    pub(super) fn next_u64(&mut self) -> u64 {
        let s = &mut self.state;
        let result = s[1].wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// A number below `n`, all equally likely but for a bias under n / 2^64; 0 for `n` = 0.
    pub(super) fn below(&mut self, n: usize) -> usize {
        let wide = u128::from(self.next_u64()) * n as u128;
        usize::try_from(wide >> 64).unwrap_or(0)
    }

    /// A number in [0, 1), with 53 bits.
    pub(super) fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number in [low, high).
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Puts things into a random order (Fisher, Yates).
    pub(super) fn shuffle<T>(&mut self, things: &mut [T]) {
        for i in (1..things.len()).rev() {
            things.swap(i, self.below(i + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The published test vectors: xoshiro256** from the state 1, 2, 3, 4; SplitMix64 from the seed 1234567.
    #[test]
    fn published_vectors() {
        let mut rng = Rng { state: [1, 2, 3, 4] };
        let got: Vec<u64> = (0..10).map(|_| rng.next_u64()).collect();
        assert_eq!(
            got,
            [
                11_520,
                0,
                1_509_978_240,
                1_215_971_899_390_074_240,
                1_216_172_134_540_287_360,
                607_988_272_756_665_600,
                16_172_922_978_634_559_625,
                8_476_171_486_693_032_832,
                10_595_114_339_597_558_777,
                2_904_607_092_377_533_576
            ]
        );
        let mut state = 1_234_567;
        assert_eq!(split_mix(&mut state), 6_457_827_717_110_365_317);
        assert_eq!(split_mix(&mut state), 3_203_168_211_198_807_973);
    }

    #[test]
    fn numbers_stay_in_their_bounds_and_are_spread() {
        let mut rng = Rng::stream(7, "test");
        let mut tenths = [0_u32; 10];
        for _ in 0..10_000 {
            tenths[rng.below(10)] += 1;
            let x = rng.between(-2.0, 3.0);
            assert!((-2.0..3.0).contains(&x));
        }
        assert!(tenths.iter().all(|n| (900..1_100).contains(n)), "{tenths:?}");
        assert_eq!(rng.below(0), 0);
    }

    #[test]
    fn parts_have_streams_of_their_own() {
        let first = |part| Rng::stream(1, part).next_u64();
        assert_ne!(first("land"), first("roads"));
        assert_eq!(first("land"), first("land"));
    }

    #[test]
    fn a_shuffle_loses_nothing() {
        let mut things: Vec<u32> = (0..100).collect();
        Rng::new(3).shuffle(&mut things);
        assert_ne!(things, (0..100).collect::<Vec<_>>());
        things.sort_unstable();
        assert_eq!(things, (0..100).collect::<Vec<_>>());
    }
}
