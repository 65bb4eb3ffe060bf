//! A directory of a PMTiles file: which tiles lie where, in the order of the Hilbert curve.

use super::{MAX_ZOOM, TileError};

/// Entries of one directory at most.
const MAX_ENTRIES: u64 = 1 << 20;

/// Tiles that lie in one place, or another directory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Entry {
    /// The number of its first tile.
    pub(super) number: u64,
    /// How many tiles in a row are this one; 0: it is a directory.
    pub(super) run: u32,
    /// Where it lies, from the beginning of its part of the file.
    pub(super) offset: u64,
    /// Bytes.
    pub(super) length: u32,
}

/// The entry that may hold a tile: a run with it in it, or the directory in which it would stand.
pub(super) fn find(entries: &[Entry], number: u64) -> Option<Entry> {
    let at = entries.partition_point(|entry| entry.number <= number).checked_sub(1)?;
    let entry = *entries.get(at)?;
    (entry.run == 0 || number - entry.number < u64::from(entry.run)).then_some(entry)
}

/// The number of a tile: those of the zooms above it, then its place on the curve. `None` where there is no such tile.
pub(super) fn tile_number(zoom: u8, x: u32, y: u32) -> Option<u64> {
    if zoom > MAX_ZOOM || u64::from(x.max(y)) >= 1 << zoom {
        return None;
    }
    let above = ((1_u64 << (2 * u32::from(zoom))) - 1) / 3;
    let (mut x, mut y, mut along) = (u64::from(x), u64::from(y), 0_u64);
    let side = 1_u64 << zoom;
    let mut half = side >> 1;
    while half > 0 {
        let (right, down) = (u64::from(x & half > 0), u64::from(y & half > 0));
        along += half * half * ((3 * right) ^ down);
        // The curve turns: what follows is seen from its corner.
        if down == 0 {
            if right == 1 {
                (x, y) = (side - 1 - x, side - 1 - y);
            }
            (x, y) = (y, x);
        }
        half >>= 1;
    }
    Some(above + along)
}

/// Reads the numbers of a directory, each seven bits a byte, the lowest first.
struct Numbers<'a>(&'a [u8]);

impl Numbers<'_> {
    fn next(&mut self) -> Result<u64, TileError> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let (first, rest) = self.0.split_first().ok_or(TileError::Damaged("a directory ends in its midst"))?;
            self.0 = rest;
            value |= u64::from(first & 0x7f) << shift;
            if first & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(TileError::Damaged("a number without end"))
    }

    fn small(&mut self) -> Result<u32, TileError> {
        u32::try_from(self.next()?).map_err(|_| TileError::Damaged("a number that is too large"))
    }
}

/// Reads a directory, unpacked.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Entry>, TileError> {
    let mut numbers = Numbers(bytes);
    let count = numbers.next()?;
    // Four numbers of a byte at least stand for each.
    if count > MAX_ENTRIES || count > bytes.len() as u64 / 4 + 1 {
        return Err(TileError::Damaged("a directory with more entries than bytes"));
    }
    let mut entries = Vec::with_capacity(usize::try_from(count).unwrap_or_default());
    let mut number = 0_u64;
    for i in 0..count {
        let step = numbers.next()?;
        if i > 0 && step == 0 {
            return Err(TileError::Damaged("a directory out of order"));
        }
        number = number.checked_add(step).ok_or(TileError::Damaged("a tile behind every tile"))?;
        entries.push(Entry { number, run: 0, offset: 0, length: 0 });
    }
    for entry in &mut entries {
        entry.run = numbers.small()?;
    }
    for entry in &mut entries {
        entry.length = numbers.small()?;
    }
    let mut end = None;
    for entry in &mut entries {
        // 0: right behind the one before.
        entry.offset = match numbers.next()? {
            0 => end.ok_or(TileError::Damaged("a tile behind none"))?,
            at => at - 1,
        };
        end = Some(entry.offset.saturating_add(u64::from(entry.length)));
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_have_the_numbers_of_the_specification() {
        for (number, (zoom, x, y)) in [
            (0, (0, 0, 0)),
            (1, (1, 0, 0)),
            (2, (1, 0, 1)),
            (3, (1, 1, 1)),
            (4, (1, 1, 0)),
            (5, (2, 0, 0)),
            (19_078_479, (12, 3_423, 1_763)),
        ] {
            assert_eq!(tile_number(zoom, x, y), Some(number), "{zoom}/{x}/{y}");
        }
        assert_eq!((tile_number(1, 2, 0), tile_number(27, 0, 0)), (None, None));
        // Each number once.
        let mut all: Vec<u64> = (0..16).flat_map(|x| (0..16).filter_map(move |y| tile_number(4, x, y))).collect();
        all.sort_unstable();
        assert_eq!(all, (85..341).collect::<Vec<_>>());
        assert!(tile_number(MAX_ZOOM, (1 << MAX_ZOOM) - 1, 0).is_some());
    }

    #[test]
    fn a_directory_that_cannot_be_is_refused() {
        for bytes in [
            &[][..],
            &[1],
            &[1, 0, 1, 4, 0],
            &[2, 0, 0, 1, 1, 4, 4, 1, 0],
            &[0xff; 20],
            &[0xff, 0xff, 0x7f, 1, 1],
            &[1, 0, 0xff, 0xff, 0xff, 0xff, 0x7f, 1, 1],
        ] {
            assert!(read(bytes).is_err(), "{bytes:?}");
        }
        let good = read(&[2, 3, 2, 2, 0, 4, 9, 1, 0]).expect("good");
        assert_eq!(good[1], Entry { number: 5, run: 0, offset: 4, length: 9 });
        assert_eq!((find(&good, 2), find(&good, 4), find(&good, 99)), (None, Some(good[0]), Some(good[1])));
    }
}
