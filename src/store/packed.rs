//! Figures as short texts: counts that add up, written with as few characters as they need.
//!
//! Numbers are written seven bits a byte, low ones first (LEB128), the bytes as Base64: a column that every database
//! takes. Of the twelve counts of round trips only those that are not zero are written, behind a mask of which they are.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::figures::{RTT_BUCKETS, Sums};

/// Hours of a day.
const HOURS: u8 = 24;

/// Twelve counts.
pub(super) fn pack_rtt(rtt: &[u64; RTT_BUCKETS]) -> String {
    let mut bytes = Vec::new();
    put_rtt(&mut bytes, rtt);
    STANDARD_NO_PAD.encode(bytes)
}

/// Twelve counts of a text; `None` where it is none.
pub(super) fn unpack_rtt(text: &str) -> Option<[u64; RTT_BUCKETS]> {
    let bytes = STANDARD_NO_PAD.decode(text).ok()?;
    let mut rest = bytes.as_slice();
    take_rtt(&mut rest).filter(|_| rest.is_empty())
}

/// The hours of a day that have figures.
pub(super) fn pack_hours(hours: &BTreeMap<u8, Sums>) -> String {
    let mut bytes = Vec::new();
    for (hour, sums) in hours {
        bytes.push(*hour);
        put(&mut bytes, sums.probes);
        put(&mut bytes, sums.failures);
        put_rtt(&mut bytes, &sums.rtt);
    }
    STANDARD_NO_PAD.encode(bytes)
}

/// The hours of a text; `None` where it holds none.
pub(super) fn unpack_hours(text: &str) -> Option<BTreeMap<u8, Sums>> {
    let bytes = STANDARD_NO_PAD.decode(text).ok()?;
    let mut rest = bytes.as_slice();
    let mut hours = BTreeMap::new();
    while let Some((hour, tail)) = rest.split_first() {
        rest = tail;
        let sums = Sums { probes: take(&mut rest)?, failures: take(&mut rest)?, rtt: take_rtt(&mut rest)? };
        let sums = Some(sums).filter(|_| *hour < HOURS)?;
        hours.insert(*hour, sums);
    }
    Some(hours)
}

fn put_rtt(bytes: &mut Vec<u8>, rtt: &[u64; RTT_BUCKETS]) {
    let mask = rtt.iter().enumerate().filter(|(_, n)| **n > 0).fold(0_u64, |mask, (i, _)| mask | 1 << i);
    put(bytes, mask);
    rtt.iter().filter(|n| **n > 0).for_each(|n| put(bytes, *n));
}

fn take_rtt(bytes: &mut &[u8]) -> Option<[u64; RTT_BUCKETS]> {
    let mask = take(bytes)?;
    let mut rtt = [0; RTT_BUCKETS];
    for (i, n) in rtt.iter_mut().enumerate() {
        if mask & (1 << i) != 0 {
            *n = take(bytes)?;
        }
    }
    (mask >> RTT_BUCKETS == 0).then_some(rtt)
}

fn put(bytes: &mut Vec<u8>, mut n: u64) {
    loop {
        let low = (n & 0x7f) as u8;
        n >>= 7;
        if n == 0 {
            bytes.push(low);
            return;
        }
        bytes.push(low | 0x80);
    }
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut n = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let low = u64::from(byte & 0x7f);
        // Bits that would be pushed out are no number of ours.
        n |= Some(low << shift).filter(|wide| wide >> shift == low)?;
        if byte & 0x80 == 0 {
            return Some(n);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sums() -> impl Strategy<Value = Sums> {
        let count = prop_oneof![Just(0_u64), 0..400_u64, any::<u64>()];
        (count.clone(), count.clone(), prop::array::uniform12(count)).prop_map(|(probes, failures, rtt)| Sums {
            probes,
            failures,
            rtt,
        })
    }

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked_as_it_was(
            rtt in sums().prop_map(|s| s.rtt),
            hours in prop::collection::btree_map(0..24_u8, sums(), 0..=24),
        ) {
            prop_assert_eq!(unpack_rtt(&pack_rtt(&rtt)), Some(rtt));
            prop_assert_eq!(unpack_hours(&pack_hours(&hours)), Some(hours));
        }

        #[test]
        fn any_text_is_figures_or_none(text in "[A-Za-z0-9+/]{0,60}|\\PC{0,20}") {
            let _ = (unpack_rtt(&text), unpack_hours(&text));
        }
    }

    #[test]
    fn an_ordinary_day_is_short() {
        // 360 probes an hour, most of them within 4 ms.
        let sums = Sums { probes: 360, failures: 1, rtt: [3, 250, 106, 0, 0, 0, 0, 0, 0, 0, 0, 0] };
        let day: BTreeMap<u8, Sums> = (0..24).map(|h| (h, sums.clone())).collect();
        assert!(pack_hours(&day).len() <= 330, "{}", pack_hours(&day).len());
        assert_eq!(pack_rtt(&[0; RTT_BUCKETS]).len(), 2);
    }

    #[test]
    fn what_breaks_the_form_is_no_figure() {
        for text in ["", "A", "gICAgICAgICAgA", "//8B", "AQ"] {
            assert_eq!(unpack_rtt(text), None, "{text}");
        }
        assert_eq!(unpack_hours("GAAAAA"), None, "there is no hour 24");
        assert_eq!(unpack_hours(""), Some(BTreeMap::new()));
    }
}
