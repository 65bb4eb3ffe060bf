//! Answers compressed with gzip, for those who accept it.

use std::io::Write;

use axum::http::{HeaderMap, header};
use flate2::Compression;
use flate2::write::GzEncoder;

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

/// Whether a client that asks has this already: one of its tags is ours. A weak tag is good enough for a GET.
pub(super) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let tags = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|v| v.to_str().ok());
    tags.flat_map(|v| v.split(',')).any(|t| t.trim().trim_start_matches("W/") == tag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

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
    fn a_tag_is_known_alone_among_others_and_weak() {
        let knows = |value: &'static str| {
            is_known(&HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_static(value))]), "\"a\"")
        };
        assert!(knows("\"a\"") && knows("\"b\", W/\"a\""));
        assert!(!knows("a") && !knows("\"b\"") && !knows("*") && !is_known(&HeaderMap::new(), "\"a\""));
    }
}
