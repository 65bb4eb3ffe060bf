//! Bytes to text: UTF-8 strictly first, then GB 18030 (which holds GBK and GB 2312), told by content.

use std::borrow::Cow;

use encoding_rs::GB18030;

/// How a file was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// GBK, GB 2312 or GB 18030.
    Gb18030,
}

/// So many characters of three bytes each before the first broken one, and the file is UTF-8 that was damaged: Chinese
/// in GBK does not look like that by chance.
const SURELY_UTF8: usize = 4;

/// So many characters of two bytes and fewer than half of them in GB 2312 (both bytes from A1): this is some other
/// encoding, of Europe say, that GBK can be read into. Chinese text has one in a hundred outside.
const SURELY_NOT_GBK: usize = 4;

/// Text, and how it was written.
#[derive(Debug)]
pub(super) struct Decoded<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) encoding: Encoding,
    pub(super) bom: bool,
}

/// Reads bytes as text.
///
/// # Errors
/// The line, from 1, on which they are text in neither encoding. A damaged UTF-8 file is one too: read as GBK its
/// names would be other names.
pub(super) fn decode(bytes: &[u8]) -> Result<Decoded<'_>, u32> {
    let (bytes, bom) = match bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => (rest, true),
        None => (bytes, false),
    };
    if let Some(nul) = bytes.iter().position(|b| *b == 0) {
        return Err(line(&bytes[..nul]));
    }
    let broken = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok(Decoded { text: Cow::Borrowed(text), encoding: Encoding::Utf8, bom }),
        Err(broken) => broken.valid_up_to(),
    };
    let good = std::str::from_utf8(&bytes[..broken]).unwrap_or_default();
    let surely_utf8 = bom || good.chars().filter(|c| c.len_utf8() == 3).nth(SURELY_UTF8 - 1).is_some();
    match GB18030.decode_without_bom_handling_and_without_replacement(bytes) {
        Some(text) if !surely_utf8 && looks_chinese(bytes) => Ok(Decoded { text, encoding: Encoding::Gb18030, bom }),
        _ => Err(line(&bytes[..broken])),
    }
}

/// Whether most characters of two bytes are in GB 2312, the part of GBK that texts are written in.
fn looks_chinese(bytes: &[u8]) -> bool {
    let (mut all, mut common) = (0_usize, 0_usize);
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        rest = tail;
        if let (0x81.., Some((second, tail))) = (*first, tail.split_first()) {
            rest = tail;
            all += 1;
            common += usize::from(*first >= 0xa1 && *second >= 0xa1);
        }
    }
    all < SURELY_NOT_GBK || common * 2 >= all
}

fn line(before: &[u8]) -> u32 {
    let breaks = before.iter().filter(|b| **b == b'\n').count();
    u32::try_from(breaks).unwrap_or(u32::MAX).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_encodings_are_told_by_content() {
        let text = "id,name\nC1,六指街甘棠村东头\nC2,联通";
        let utf8 = decode(text.as_bytes()).unwrap();
        assert_eq!((&*utf8.text, utf8.encoding, utf8.bom), (text, Encoding::Utf8, false));
        let with_bom = [b"\xef\xbb\xbf", text.as_bytes()].concat();
        let bom = decode(&with_bom).unwrap();
        assert_eq!((&*bom.text, bom.bom), (text, true));
        let (gbk, _, lost) = encoding_rs::GBK.encode(text);
        assert!(!lost);
        let decoded = decode(&gbk).unwrap();
        assert_eq!((&*decoded.text, decoded.encoding), (text, Encoding::Gb18030));
    }

    #[test]
    fn what_is_no_text_is_told_with_its_line() {
        let mut damaged = "id,name\nC1,六指街甘棠村东头\nC2,西".as_bytes().to_vec();
        damaged.pop();
        assert_eq!(decode(&damaged).unwrap_err(), 3, "damaged UTF-8 is not read as GBK");
        assert_eq!(decode(b"id\n\n\xff\xfei\0d\0").unwrap_err(), 3, "UTF-16");
        let croatian = b"Marti\xe8eva \x8aubi\xe8eva\nVuka\xe8eva \xe8rta";
        assert_eq!(decode(croatian).unwrap_err(), 1, "windows-1250, which GBK can be read into");
        assert_eq!(decode(b"\xff").unwrap_err(), 1);
        assert_eq!(decode(b"\xef\xbb\xbf\nabc\xc4").unwrap_err(), 2, "a BOM means UTF-8");
    }
}
