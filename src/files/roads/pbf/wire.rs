//! The wire format of protocol buffers, as far as extracts of OpenStreetMap need it: fields where they lie in the bytes,
//! nothing copied, so that no input takes more room than it has.

use cunkou_core::registry::PbfFault;

/// Bytes of a number at most.
const MAX_VARINT: usize = 10;

/// What a field holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Value<'a> {
    /// A number, as it stands on the wire.
    Number(u64),
    /// A text, a message or packed numbers.
    Bytes(&'a [u8]),
    /// Four or eight bytes; no field that is read has them.
    Fixed,
}

/// The fields of a message, in their order. After a fault there are no more.
#[derive(Clone, Debug)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    fn field(&mut self) -> Option<(u64, Value<'a>)> {
        let tag = varint(&mut self.0)?;
        let value = match tag & 7 {
            0 => Value::Number(varint(&mut self.0)?),
            1 => self.take(8).map(|_| Value::Fixed)?,
            2 => {
                let length = usize::try_from(varint(&mut self.0)?).ok()?;
                Value::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Value::Fixed)?,
            _ => return None,
        };
        (tag >> 3 != 0).then_some((tag >> 3, value))
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Value<'a>), PbfFault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field().ok_or(PbfFault::Message);
        if field.is_err() {
            self.0 = &[];
        }
        Some(field)
    }
}

/// Packed numbers. After a fault there are no more.
#[derive(Clone, Debug)]
pub(super) struct Packed<'a>(pub(super) &'a [u8]);

impl Iterator for Packed<'_> {
    type Item = Result<u64, PbfFault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let number = varint(&mut self.0).ok_or(PbfFault::Message);
        if number.is_err() {
            self.0 = &[];
        }
        Some(number)
    }
}

/// Packed differences, each to the number before it.
pub(super) fn deltas(packed: &[u8]) -> impl Iterator<Item = Result<i64, PbfFault>> {
    let mut last = 0_i64;
    Packed(packed).map(move |delta| {
        last = last.checked_add(signed(delta?)).ok_or(PbfFault::Message)?;
        Ok(last)
    })
}

/// A number whose sign is its last bit.
pub(super) fn signed(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for at in 0..MAX_VARINT {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        // Bits beyond 64 are dropped, as every reader of the format does.
        number |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_to_their_bounds() {
        let mut longest: &[u8] = &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
        assert_eq!(varint(&mut longest), Some(u64::MAX));
        assert_eq!(varint(&mut &[0xff; 11][..]), None, "no number is longer");
        assert_eq!(varint(&mut &[0x80][..]), None);
        let signs = [(0, 0), (1, -1), (2, 1), (u64::MAX, i64::MIN), (u64::MAX - 1, i64::MAX)];
        signs.iter().for_each(|(number, sign)| assert_eq!(signed(*number), *sign));
        let far = [&[0xfe_u8][..], &[0xff; 8], &[1], &[2]].concat();
        let read: Vec<_> = deltas(&far).collect();
        assert_eq!(read, [Ok(i64::MAX), Err(PbfFault::Message)], "a sum that is no number is a fault");
    }

    #[test]
    fn fields_are_read_until_the_first_that_is_none() {
        let read = |bytes: &[u8]| Fields(bytes).map(|f| f.map(|(tag, _)| tag)).collect::<Vec<_>>();
        assert_eq!(
            read(&[0x08, 1, 0x12, 1, 7, 0x1d, 0, 0, 0, 0, 0x21, 0, 0, 0, 0, 0, 0, 0, 0]),
            [Ok(1), Ok(2), Ok(3), Ok(4)]
        );
        for broken in [&[0x08][..], &[0x12, 2, 7], &[0x1d, 0], &[0x21, 0], &[0x0b], &[0x0c], &[0x00, 1], &[0x0f]] {
            assert_eq!(read(broken), [Err(PbfFault::Message)], "{broken:?}");
        }
        assert_eq!(read(&[0x08, 1, 0x0b, 0x08, 1]), [Ok(1), Err(PbfFault::Message)]);
    }
}
