//! Files that the page asks for: our style and scripts, and the map library, all from this program. Known by their
//! hash, so that a browser asks once; compressed for those who accept it, once in the life of the process.

use std::sync::OnceLock;

use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use sha2::{Digest, Sha256};

use crate::http::Problem;
use crate::http::packed::{accepts_gzip, gzip, is_known};

const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const PLAIN: &str = "text/plain; charset=utf-8";

/// A file that is served below `/static/`.
struct Asset {
    name: &'static str,
    kind: &'static str,
    text: &'static str,
    made: OnceLock<Made>,
}

/// What is made of a file at the first request.
struct Made {
    tag: String,
    /// `None` where compressing failed: then it goes as it is.
    gzip: Option<Bytes>,
}

const fn file(name: &'static str, kind: &'static str, text: &'static str) -> Asset {
    Asset { name, kind, text, made: OnceLock::new() }
}

static ASSETS: [Asset; 6] = [
    file("page.css", STYLE, include_str!("page.css")),
    file("page.js", SCRIPT, include_str!("page.js")),
    // The worker must stand beside the library: that is where the library looks for it.
    file("maplibre-gl.mjs", SCRIPT, include_str!("vendor/maplibre-gl.mjs")),
    file("maplibre-gl-worker.mjs", SCRIPT, include_str!("vendor/maplibre-gl-worker.mjs")),
    file("maplibre-gl.css", STYLE, include_str!("vendor/maplibre-gl.css")),
    file("maplibre-gl.LICENSE.txt", PLAIN, include_str!("vendor/maplibre-gl.LICENSE.txt")),
];

impl Asset {
    fn made(&self) -> &Made {
        self.made.get_or_init(|| {
            let hash = Sha256::digest(self.text.as_bytes());
            let tag = hash.iter().take(12).map(|b| format!("{b:02x}")).collect();
            Made { tag, gzip: gzip(self.text.as_bytes(), Compression::best()).map(Bytes::from) }
        })
    }
}

/// Serves one of the files.
pub(in crate::http) async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    let asset = ASSETS.iter().find(|a| a.name == name);
    let asset = asset.ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "there is no such file"))?;
    let made = match asset.made.get() {
        Some(made) => made,
        // The library takes some 0.1 s to compress: not on a thread that serves others.
        None => tokio::task::spawn_blocking(|| asset.made()).await.map_err(|error| {
            tracing::error!(%error, name, "a file of the page cannot be made");
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the file cannot be made; the log says why")
        })?,
    };
    let packed = made.gzip.clone().filter(|_| accepts_gzip(&headers));
    // Both forms of a file have a tag of their own, as a strong tag must.
    let tag = format!("\"{}{}\"", made.tag, if packed.is_some() { "-gzip" } else { "" });
    let is_packed = packed.is_some();
    let mut response = if is_known(&headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Body::from(packed.unwrap_or(Bytes::from_static(asset.text.as_bytes()))).into_response()
    };
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.kind));
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if is_packed {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        out.insert(header::ETAG, tag);
    }
    Ok(response)
}

/// Name and text of the scripts that we wrote ourselves.
#[cfg(test)]
pub(super) fn our_scripts() -> impl Iterator<Item = (&'static str, &'static str)> {
    ASSETS.iter().filter(|a| a.kind == SCRIPT && !a.name.starts_with("maplibre")).map(|a| (a.name, a.text))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As published in the package maplibre-gl 6.17.0 (sha512-2chIZwpLGenoUQOcnm9Pk4SLbA8ppNFq8jlpXiq9vcYm3Y1wJ3fc82FL0GLwBaPYJCLzPv/mC46KEupVov75rQ==).
    const PUBLISHED: [(&str, &str); 4] = [
        ("maplibre-gl.mjs", "e02cb08c572fd0950a75343cd558099c2a1dbbaf67f26b0c96f115431962d1ae"),
        ("maplibre-gl-worker.mjs", "73d7a024a4efe1a46e49db193e18cfe33271e3ecc652ec7542c281a4ef5f0f04"),
        ("maplibre-gl.css", "a90798a1953017790e590f7e1bd35ff103a8a4263972cb47290b78adf86f8c20"),
        ("maplibre-gl.LICENSE.txt", "ee5fc05a0677eaf69601d2c7db0d9ecd6cc27c3abc1d0733bc9ed34707cf8ef2"),
    ];

    #[test]
    fn the_map_library_is_the_one_that_was_published() {
        for (name, published) in PUBLISHED {
            let asset = ASSETS.iter().find(|a| a.name == name).expect(name);
            let hash: String = Sha256::digest(asset.text.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
            assert_eq!(hash, published, "{name}");
        }
        assert!(ASSETS[2].text.contains("MapLibre GL JS") && ASSETS[2].text.contains("v6.17.0"));
    }
}
