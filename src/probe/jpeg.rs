//! Is it a JPEG at all? Markers only (ITU-T T.81, annex B), read as they come: nothing is decoded and nothing is kept.

/// Pictures wider or higher than this are not believed.
const MOST_PIXELS: u16 = 16_384;
/// Pictures narrower or lower than this are stand-ins for a picture.
const LEAST_PIXELS: u16 = 16;
/// Bytes behind the end of a picture that are forgiven: padding, the boundary of a multipart.
const MOST_TRAILING: usize = 64 * 1024;
/// Segments before the picture proper that are read.
const MOST_SEGMENTS: usize = 256;

/// What the header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) width: u16,
    pub(super) height: u16,
    /// Of the whole picture.
    pub(super) bytes: usize,
}

/// Why it is no usable JPEG.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum JpegFault {
    #[error("the body is empty")]
    Empty,
    #[error("the body is a web page, not a picture")]
    Html,
    #[error("the body is no JPEG")]
    NotJpeg,
    #[error("the JPEG is cut off before its picture begins")]
    CutOff,
    #[error("the JPEG claims {0} x {1} pixels")]
    Size(u16, u16),
    #[error("the JPEG ends before its picture does")]
    NoEnd,
}

/// Looks at a JPEG as it comes, piece by piece, and keeps none of it: a picture costs no memory, however many cameras
/// send theirs at once.
#[derive(Debug)]
pub(super) struct Reader {
    at: At,
    segments: usize,
    size: Option<(u16, u16)>,
    bytes: usize,
}

/// Where the reader is.
#[derive(Debug, Clone, Copy)]
enum At {
    /// So many bytes of the first three were right.
    Start(usize),
    /// It is no JPEG and nothing but blanks so far.
    Blank,
    /// Before a marker; whether its first 0xff was seen.
    Marker(bool),
    /// Behind a marker: the length of its segment, of which the first byte may be known.
    Length(u8, Option<u8>),
    /// In a start of frame: so many bytes of it were read, and the last of them; so many are left.
    Frame { read: usize, last: u8, height: u16, left: usize },
    /// In a segment of no interest, of which so many bytes are left.
    Segment(usize),
    /// In the picture proper: the last byte, and how many came behind the last end marker.
    Picture(u8, Option<usize>),
}

impl Reader {
    pub(super) fn new() -> Reader {
        Reader { at: At::Start(0), segments: 0, size: None, bytes: 0 }
    }

    /// Takes the next piece.
    pub(super) fn take(&mut self, mut piece: &[u8]) -> Result<(), JpegFault> {
        self.bytes += piece.len();
        while let Some((first, rest)) = piece.split_first() {
            match self.at {
                At::Picture(last, behind) => {
                    self.at = picture(last, behind, piece);
                    return Ok(());
                }
                At::Segment(left) => {
                    let skipped = left.min(piece.len());
                    self.at = if left > skipped { At::Segment(left - skipped) } else { At::Marker(false) };
                    piece = piece.get(skipped..).unwrap_or_default();
                }
                at => {
                    self.at = self.step(at, *first)?;
                    piece = rest;
                }
            }
        }
        Ok(())
    }

    /// What the next byte leads to, outside of what is passed over.
    fn step(&mut self, at: At, byte: u8) -> Result<At, JpegFault> {
        Ok(match (at, byte) {
            (At::Start(0) | At::Blank, b) if b.is_ascii_whitespace() => At::Blank,
            (At::Start(0) | At::Blank, b'<') => return Err(JpegFault::Html),
            // The 0xff of the third byte begins the first marker.
            (At::Start(2), 0xff) => At::Marker(true),
            (At::Start(n), b) if [0xff, 0xd8].get(n) == Some(&b) => At::Start(n + 1),
            (At::Marker(_), 0xff) => At::Marker(true),
            (At::Marker(true), marker) => self.marker(marker)?,
            (At::Length(marker, None), high) => At::Length(marker, Some(high)),
            (At::Length(marker, Some(high)), low) => {
                self.segment(marker, usize::from(u16::from_be_bytes([high, low])))?
            }
            (At::Frame { read, last, height, left }, b) => self.frame(read, last, height, left, b),
            _ => return Err(JpegFault::NotJpeg),
        })
    }

    fn marker(&mut self, marker: u8) -> Result<At, JpegFault> {
        self.segments += 1;
        match marker {
            _ if self.segments > MOST_SEGMENTS => Err(JpegFault::NotJpeg),
            // TEM and RST stand alone.
            0x01 | 0xd0..=0xd7 => Ok(At::Marker(false)),
            _ => Ok(At::Length(marker, None)),
        }
    }

    fn segment(&mut self, marker: u8, length: usize) -> Result<At, JpegFault> {
        let left = length.checked_sub(2).ok_or(JpegFault::NotJpeg)?;
        match (marker, self.size) {
            // The picture proper begins; a thumbnail before it has an end of its own, which does not count.
            (0xda, Some((width, height))) => {
                let sane = |n: u16| (LEAST_PIXELS..=MOST_PIXELS).contains(&n);
                if sane(width) && sane(height) { Ok(At::Picture(0, None)) } else { Err(JpegFault::Size(width, height)) }
            }
            (0xd8..=0xda, _) => Err(JpegFault::NotJpeg),
            // Start of frame, any process; not DHT (c4), JPG (c8), DAC (cc).
            (0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf, None) if left >= 5 => {
                Ok(At::Frame { read: 0, last: 0, height: 0, left })
            }
            _ if left == 0 => Ok(At::Marker(false)),
            _ => Ok(At::Segment(left)),
        }
    }

    /// A frame begins with its precision (one byte), its height and its width (two bytes each).
    fn frame(&mut self, read: usize, last: u8, height: u16, left: usize, byte: u8) -> At {
        let pair = u16::from_be_bytes([last, byte]);
        let left = left.saturating_sub(1);
        match read {
            4 => {
                self.size = Some((pair, height));
                if left == 0 { At::Marker(false) } else { At::Segment(left) }
            }
            2 => At::Frame { read: 3, last: byte, height: pair, left },
            _ => At::Frame { read: read + 1, last: byte, height, left },
        }
    }

    /// The end of the body: what the header said, if it is a picture as far as that tells.
    pub(super) fn finish(self) -> Result<Header, JpegFault> {
        match (self.at, self.size) {
            (At::Start(0), _) => Err(JpegFault::Empty),
            (At::Start(_) | At::Blank, _) => Err(JpegFault::NotJpeg),
            // Some devices pad behind the end; a picture that was cut off has none at all.
            (At::Picture(_, Some(behind)), Some((width, height))) if behind <= MOST_TRAILING => {
                Ok(Header { width, height, bytes: self.bytes })
            }
            (At::Picture(..), _) => Err(JpegFault::NoEnd),
            _ => Err(JpegFault::CutOff),
        }
    }
}

/// Passes over a piece of the picture proper and looks for the last end marker in it.
fn picture(last: u8, behind: Option<usize>, piece: &[u8]) -> At {
    let across = last == 0xff && piece.first() == Some(&0xd9);
    let within = piece.windows(2).rposition(|w| w == [0xff, 0xd9]).map(|i| i + 2);
    let behind = match within.or(across.then_some(1)) {
        Some(end) => Some(piece.len() - end),
        None => behind.map(|n| n.saturating_add(piece.len())),
    };
    At::Picture(piece.last().copied().unwrap_or(last), behind)
}

/// A whole body, in pieces of a size.
#[cfg(test)]
pub(super) fn in_pieces(body: &[u8], size: usize) -> Result<Header, JpegFault> {
    let mut reader = Reader::new();
    body.chunks(size).try_for_each(|piece| reader.take(piece))?;
    reader.finish()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn header(body: &[u8]) -> Result<(u16, u16), JpegFault> {
        in_pieces(body, body.len().max(1))
    }

    fn in_pieces(body: &[u8], size: usize) -> Result<(u16, u16), JpegFault> {
        super::in_pieces(body, size).map(|header| {
            assert_eq!(header.bytes, body.len());
            (header.width, header.height)
        })
    }

    fn jpeg(width: u16, height: u16) -> Vec<u8> {
        let mut bytes = vec![0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc0, 0, 11, 8];
        bytes.extend(height.to_be_bytes());
        bytes.extend(width.to_be_bytes());
        bytes.extend([1, 1, 0x11, 0, 0xff, 0xda, 0, 2, 1, 2, 3, 0xff, 0xd9]);
        bytes
    }

    #[test]
    fn headers_are_read_and_lies_are_not_believed() {
        assert_eq!(header(&jpeg(704, 576)), Ok((704, 576)));
        assert_eq!(header(&jpeg(65_535, 65_535)), Err(JpegFault::Size(65_535, 65_535)));
        assert_eq!(header(&jpeg(0, 10)), Err(JpegFault::Size(0, 10)));
        assert_eq!(header(&jpeg(1, 1)), Err(JpegFault::Size(1, 1)));
        assert_eq!(header(b""), Err(JpegFault::Empty));
        assert_eq!(header(b"  <html>login</html>"), Err(JpegFault::Html));
        assert_eq!(header(b"\x89PNG\r\n"), Err(JpegFault::NotJpeg));
        assert_eq!(header(&jpeg(704, 576)[..9]), Err(JpegFault::CutOff));
        let mut cut = jpeg(704, 576);
        cut.truncate(cut.len() - 2);
        assert_eq!(header(&cut), Err(JpegFault::NoEnd));
    }

    #[test]
    fn padding_behind_the_end_is_forgiven_and_a_second_end_is_an_end() {
        let mut padded = jpeg(704, 576);
        padded.resize(padded.len() + MOST_TRAILING, 0);
        assert_eq!(header(&padded), Ok((704, 576)));
        padded.push(0);
        assert_eq!(header(&padded), Err(JpegFault::NoEnd));
        padded.extend([0xff, 0xd9]);
        assert_eq!(header(&padded), Ok((704, 576)));
    }

    #[test]
    fn segments_without_end_are_no_picture() {
        let mut body = vec![0xff, 0xd8];
        body.extend([0xff, 0xe1, 0, 3, 0].repeat(MOST_SEGMENTS + 1));
        assert_eq!(header(&body), Err(JpegFault::NotJpeg));
        assert_eq!(
            header(&[0xff, 0xd8, 0xff, 0xc0, 0, 2, 0xff, 0xda, 0, 2]),
            Err(JpegFault::NotJpeg),
            "a frame without a size"
        );
    }

    #[test]
    fn the_end_of_a_thumbnail_is_not_the_end_of_the_picture() {
        let whole = jpeg(704, 576);
        let mut with = vec![0xff, 0xd8, 0xff, 0xe1, 0, 6, 0xff, 0xd8, 0xff, 0xd9];
        with.extend(&whole[2..]);
        assert_eq!(header(&with), Ok((704, 576)));
        with.truncate(with.len() - 2);
        assert_eq!(header(&with), Err(JpegFault::NoEnd));
    }

    proptest! {
        #[test]
        fn it_does_not_matter_in_which_pieces_a_picture_comes(
            cut in 0_usize..40,
            tail in proptest::collection::vec(prop_oneof![Just(0xff_u8), Just(0xd9), any::<u8>()], 0..40),
            size in 1_usize..9,
        ) {
            let mut body = jpeg(704, 576);
            body.truncate(cut.max(3));
            body.extend(tail);
            prop_assert_eq!(in_pieces(&body, size), header(&body));
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = header(&bytes);
            let mut like = vec![0xff, 0xd8, 0xff];
            like.extend(bytes);
            let _ = header(&like);
        }
    }
}
