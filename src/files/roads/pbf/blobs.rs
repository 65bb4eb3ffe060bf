//! The blocks that an extract is cut into, each with the place where it begins, and what is packed in one.

use std::io::Read;

use cunkou_core::registry::PbfFault;
use flate2::read::ZlibDecoder;

use super::wire::{Fields, Value};

/// The largest header of a block, bytes, as the format has it.
pub(super) const MAX_HEADER: usize = 64 << 10;
/// The largest block, packed or not, bytes, as the format has it.
pub(super) const MAX_BLOCK: usize = 32 << 20;

/// A block as it lies in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Blob<'a> {
    /// Where it begins, header included.
    pub(super) offset: u64,
    /// Of what kind it is.
    pub(super) kind: &'a [u8],
    packed: &'a [u8],
}

/// The blocks of a file, in their order. After a fault there are no more.
#[derive(Clone, Debug)]
pub(super) struct Blobs<'a> {
    rest: &'a [u8],
    offset: u64,
}

/// A fault with the place where its block begins.
pub(super) type Placed = (u64, PbfFault);

impl<'a> Blobs<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Blobs<'a> {
        Blobs { rest: bytes, offset: 0 }
    }

    fn blob(&mut self) -> Result<Blob<'a>, PbfFault> {
        let before = self.rest.len();
        let offset = self.offset;
        let at_begin = |fault| if offset == 0 { PbfFault::Start } else { fault };
        let length = self.rest.first_chunk().ok_or_else(|| at_begin(PbfFault::Truncated))?;
        let length = u32::from_be_bytes(*length) as usize;
        if length > MAX_HEADER {
            // The first four bytes of any other file are a large number.
            return Err(at_begin(PbfFault::BlockSize { limit: MAX_HEADER }));
        }
        self.take(4)?;
        let header = self.take(length).map_err(at_begin)?;
        let (kind, size) = header_of(header).map_err(at_begin)?;
        if offset == 0 && kind != b"OSMHeader" {
            return Err(PbfFault::Start);
        }
        if size > MAX_BLOCK as u64 {
            return Err(PbfFault::BlockSize { limit: MAX_BLOCK });
        }
        let packed = self.take(usize::try_from(size).unwrap_or(usize::MAX))?;
        self.offset += (before - self.rest.len()) as u64;
        Ok(Blob { offset, kind, packed })
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], PbfFault> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(PbfFault::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }
}

impl<'a> Iterator for Blobs<'a> {
    type Item = Result<Blob<'a>, Placed>;

    fn next(&mut self) -> Option<Self::Item> {
        // An empty file is none; one that ends behind a block is at its end.
        if self.rest.is_empty() {
            return None;
        }
        let blob = self.blob().map_err(|fault| (self.offset, fault));
        if blob.is_err() {
            self.rest = &[];
        }
        Some(blob)
    }
}

/// Kind and size of the block behind a header. A size below 0 is one above every limit.
fn header_of(header: &[u8]) -> Result<(&[u8], u64), PbfFault> {
    let (mut kind, mut size) = (None, None);
    for field in Fields(header) {
        match field? {
            (1, Value::Bytes(name)) => kind = Some(name),
            (3, Value::Number(number)) => size = Some(number),
            _ => {}
        }
    }
    kind.zip(size).ok_or(PbfFault::Message)
}

impl Blob<'_> {
    /// Unpacks it into `into`, in the place of what is there.
    pub(super) fn unpack(&self, into: &mut Vec<u8>) -> Result<(), PbfFault> {
        into.clear();
        let mut is_there = false;
        for field in Fields(self.packed) {
            match field? {
                (1, Value::Bytes(raw)) => into.extend_from_slice(raw),
                (3, Value::Bytes(zlib)) => inflate(zlib, into)?,
                (4, _) => return Err(PbfFault::Packing { by: "LZMA" }),
                (5, _) => return Err(PbfFault::Packing { by: "bzip2" }),
                (6, _) => return Err(PbfFault::Packing { by: "LZ4" }),
                (7, _) => return Err(PbfFault::Packing { by: "Zstandard" }),
                _ => continue,
            }
            // Twice would be one behind the other.
            if std::mem::replace(&mut is_there, true) {
                return Err(PbfFault::Message);
            }
        }
        if is_there { Ok(()) } else { Err(PbfFault::Message) }
    }
}

/// What the block says of its own size is not asked: only what comes out counts.
fn inflate(zlib: &[u8], into: &mut Vec<u8>) -> Result<(), PbfFault> {
    let limit = MAX_BLOCK as u64 + 1;
    ZlibDecoder::new(zlib).take(limit).read_to_end(into).map_err(|_| PbfFault::Zlib)?;
    if into.len() > MAX_BLOCK { Err(PbfFault::BlockSize { limit: MAX_BLOCK }) } else { Ok(()) }
}
