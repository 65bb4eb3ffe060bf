//! Answers that stay as they are for a while: made once with their tag, compressed with gzip for those who accept it.

use std::io::{self, Write};

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

/// A piece of a compressed answer is handed on when it is so long, bytes.
const PIECE: usize = 32 * 1024;

/// Whether `gzip` is named, and not with a quality of zero.
pub(super) fn accepts_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|v| v.to_str().ok());
    values.flat_map(|v| v.split(',')).any(|part| {
        let mut words = part.split(';').map(str::trim);
        let refused = |w: &str| w.strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()) == Some(0.0);
        words.next().is_some_and(|w| w.eq_ignore_ascii_case("gzip")) && !words.any(refused)
    })
}

/// Compressed bytes; `None` where that fails, which is logged.
pub(super) fn gzip(bytes: &[u8], level: Compression) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), level);
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.inspect_err(|error| tracing::error!(%error, "an answer cannot be compressed")).ok()
}

/// Compresses what comes piece by piece, quickly and not tightly, and hands it on piece by piece. Where that fails the
/// last thing that is handed on is the error, which ends the answer before its end, so that no half of it is taken for the
/// whole. Waits for what comes: not on a thread that serves others.
pub(super) fn gzip_pieces(
    pieces: &mut dyn Iterator<Item = io::Result<String>>,
    mut take: impl FnMut(io::Result<Bytes>),
) {
    let mut encoder = GzEncoder::new(Vec::with_capacity(2 * PIECE), Compression::fast());
    for piece in pieces {
        if let Err(error) = piece.and_then(|piece| encoder.write_all(piece.as_bytes())) {
            return take(Err(error));
        }
        if encoder.get_ref().len() >= PIECE {
            let full = std::mem::replace(encoder.get_mut(), Vec::with_capacity(2 * PIECE));
            take(Ok(full.into()));
        }
    }
    take(encoder.finish().map(Bytes::from));
}

/// Whether a client that asks has this already: one of its tags is ours. A weak tag is good enough for a GET.
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let tags = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|v| v.to_str().ok());
    tags.flat_map(|v| v.split(',')).any(|t| t.trim().trim_start_matches("W/") == tag)
}

/// An answer in both forms, known by its hash.
#[derive(Debug)]
pub(super) struct Packed {
    kind: &'static str,
    tag: String,
    plain: Bytes,
    /// `None` where compressing failed: then it goes as it is.
    gzip: Option<Bytes>,
}

impl Packed {
    /// Makes both forms: milliseconds for a megabyte, so not on a thread that serves others.
    pub(super) fn new(kind: &'static str, plain: impl Into<Bytes>, level: Compression) -> Packed {
        let plain = plain.into();
        let tag = Sha256::digest(&plain).iter().take(12).map(|b| format!("{b:02x}")).collect();
        Packed { kind, tag, gzip: gzip(&plain, level).map(Bytes::from), plain }
    }

    /// The form that a client takes, or that it has it already.
    pub(super) fn answer(&self, headers: &HeaderMap) -> Response {
        let packed = self.gzip.clone().filter(|_| accepts_gzip(headers));
        // Both forms have a tag of their own, as a strong tag must.
        let tag = format!("\"{}{}\"", self.tag, if packed.is_some() { "-gzip" } else { "" });
        let is_packed = packed.is_some();
        let mut response = if is_known(headers, &tag) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            Body::from(packed.unwrap_or_else(|| self.plain.clone())).into_response()
        };
        let out = response.headers_mut();
        out.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
        // A browser keeps it, and asks each time whether it is still the one.
        out.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        out.insert(header::VARY, HeaderValue::from_static("accept-encoding, authorization"));
        if is_packed {
            out.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            out.insert(header::ETAG, tag);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn gzip_is_sent_to_those_who_accept_it() {
        let accepts = |value: &'static str| {
            accepts_gzip(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(value))]))
        };
        assert!(accepts("gzip") && accepts("br, GZIP;q=0.5") && accepts("deflate,gzip"));
        assert!(!accepts("") && !accepts("br") && !accepts("gzip;q=0") && !accepts("xgzip"));
        assert!(!accepts_gzip(&HeaderMap::new()));
    }

    #[test]
    fn pieces_are_compressed_as_they_come_and_an_error_ends_them() {
        let lines: Vec<String> = (0..200_000_u64).map(|n| format!("{}\n", n * 7_919 % 100_003)).collect();
        let mut taken = Vec::new();
        gzip_pieces(&mut lines.iter().cloned().map(Ok), |piece| taken.push(piece.unwrap()));
        assert!(taken.len() > 1);
        let mut read = String::new();
        flate2::read::GzDecoder::new(taken.concat().as_slice()).read_to_string(&mut read).unwrap();
        assert_eq!(read, lines.concat());

        let mut taken = Vec::new();
        let broken = [Ok("a\n".to_owned()), Err(io::Error::other("no more")), Ok("b\n".to_owned())];
        gzip_pieces(&mut broken.into_iter(), |piece| taken.push(piece.map_err(|e| e.to_string())));
        assert_eq!(taken, [Err("no more".to_owned())]);
    }

    #[test]
    fn a_tag_is_known_alone_among_others_and_weak() {
        let knows = |value: &'static str| {
            is_known(&HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_static(value))]), "\"a\"")
        };
        assert!(knows("\"a\"") && knows("\"b\", W/\"a\""));
        assert!(!knows("a") && !knows("\"b\"") && !knows("*") && !is_known(&HeaderMap::new(), "\"a\""));
    }
}
