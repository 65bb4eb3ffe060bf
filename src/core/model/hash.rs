//! A hash that is the same on every machine, in every version and at every start.

/// FNV-1a (Fowler, Noll, Vo; 64 bit) with a final mix, so that neighbouring ids do not get neighbouring values.
///
/// Used for phases, samples and jitter: never for anything that must withstand an attacker.
#[must_use]
pub fn stable_hash(text: &str) -> u64 {
    mix(fnv(0xcbf2_9ce4_8422_2325, text.as_bytes()))
}

/// [`stable_hash`] over several parts; `["a", "b"]` and `["ab"]` differ.
#[must_use]
pub fn stable_hash_parts(parts: &[&str]) -> u64 {
    mix(parts.iter().fold(0xcbf2_9ce4_8422_2325, |h, part| fnv(fnv(h, part.as_bytes()), &[0xff])))
}

fn fnv(seed: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(seed, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014).
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Phases must not move with a release: these values are part of the contract.
    #[test]
    fn values_never_change() {
        assert_eq!(stable_hash(""), 0xf52a_15e9_a9b5_e89b);
        assert_eq!(stable_hash("C0001"), 0x90b6_c600_b84b_30e5);
        assert_ne!(stable_hash_parts(&["a", "b"]), stable_hash_parts(&["ab"]));
        assert_ne!(stable_hash_parts(&["a", "b"]), stable_hash_parts(&["b", "a"]));
    }

    #[test]
    fn neighbours_are_spread() {
        let mut tenths = [0_u32; 10];
        for i in 0..10_000 {
            let h = stable_hash(&format!("C{i:05}"));
            tenths[(h % 10) as usize] += 1;
        }
        assert!(tenths.iter().all(|n| (850..1_150).contains(n)), "{tenths:?}");
    }
}
