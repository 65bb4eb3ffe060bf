//! Is it a JPEG at all? Markers only (ITU-T T.81, annex B): nothing is decoded and nothing is kept.

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

/// Reads the header of a JPEG.
pub(super) fn header(body: &[u8]) -> Result<Header, JpegFault> {
    if body.is_empty() {
        return Err(JpegFault::Empty);
    }
    if !body.starts_with(&[0xff, 0xd8, 0xff]) {
        let text = body.iter().copied().find(|b| !b.is_ascii_whitespace()) == Some(b'<');
        return Err(if text { JpegFault::Html } else { JpegFault::NotJpeg });
    }
    let mut at = 2;
    let mut size = None;
    for _ in 0..MOST_SEGMENTS {
        let marker = marker_at(body, &mut at)?;
        // TEM and RST stand alone.
        if matches!(marker, 0x01 | 0xd0..=0xd7) {
            continue;
        }
        let length = usize::from(be16(body, at)?);
        match (marker, size) {
            // The picture proper begins; a thumbnail before it has an end of its own, which does not count.
            (0xda, Some((width, height))) => return judge(body.get(at..).unwrap_or_default(), width, height),
            (0xd8..=0xda, _) => return Err(JpegFault::NotJpeg),
            _ if length < 2 => return Err(JpegFault::NotJpeg),
            // Start of frame, any process; not DHT (c4), JPG (c8), DAC (cc).
            (0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf, None) => {
                size = Some((be16(body, at + 5)?, be16(body, at + 3)?));
            }
            _ => {}
        }
        at += length;
    }
    Err(JpegFault::NotJpeg)
}

fn judge(picture: &[u8], width: u16, height: u16) -> Result<Header, JpegFault> {
    let sane = |n: u16| (LEAST_PIXELS..=MOST_PIXELS).contains(&n);
    if !sane(width) || !sane(height) {
        return Err(JpegFault::Size(width, height));
    }
    // Some devices pad behind the end; a picture that was cut off has none at all.
    if picture.windows(2).rev().take(MOST_TRAILING).any(|w| w == [0xff, 0xd9]) {
        Ok(Header { width, height })
    } else {
        Err(JpegFault::NoEnd)
    }
}

fn marker_at(body: &[u8], at: &mut usize) -> Result<u8, JpegFault> {
    if body.get(*at).copied().ok_or(JpegFault::CutOff)? != 0xff {
        return Err(JpegFault::NotJpeg);
    }
    while body.get(*at).copied().ok_or(JpegFault::CutOff)? == 0xff {
        *at += 1;
    }
    let marker = body.get(*at).copied().ok_or(JpegFault::CutOff)?;
    *at += 1;
    Ok(marker)
}

fn be16(body: &[u8], at: usize) -> Result<u16, JpegFault> {
    match body.get(at..at + 2) {
        Some(&[a, b]) => Ok(u16::from_be_bytes([a, b])),
        _ => Err(JpegFault::CutOff),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn jpeg(width: u16, height: u16) -> Vec<u8> {
        let mut bytes = vec![0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc0, 0, 11, 8];
        bytes.extend(height.to_be_bytes());
        bytes.extend(width.to_be_bytes());
        bytes.extend([1, 1, 0x11, 0, 0xff, 0xda, 0, 2, 1, 2, 3, 0xff, 0xd9]);
        bytes
    }

    #[test]
    fn headers_are_read_and_lies_are_not_believed() {
        assert_eq!(header(&jpeg(704, 576)), Ok(Header { width: 704, height: 576 }));
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
    fn the_end_of_a_thumbnail_is_not_the_end_of_the_picture() {
        let whole = jpeg(704, 576);
        let mut with = vec![0xff, 0xd8, 0xff, 0xe1, 0, 6, 0xff, 0xd8, 0xff, 0xd9];
        with.extend(&whole[2..]);
        assert_eq!(header(&with), Ok(Header { width: 704, height: 576 }));
        with.truncate(with.len() - 2);
        assert_eq!(header(&with), Err(JpegFault::NoEnd));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = header(&bytes);
            let mut like = vec![0xff, 0xd8, 0xff];
            like.extend(bytes);
            let _ = header(&like);
        }
    }
}
