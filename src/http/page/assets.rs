//! Files that the page asks for: our style and scripts, and the map library, all from this program. Known by their
//! hash, so that a browser asks once; compressed for those who accept it, once in the life of the process.

use std::sync::OnceLock;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use flate2::Compression;

use super::worker_policy;
use crate::http::packed::Packed;
use crate::http::{AppState, Problem};

const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const PLAIN: &str = "text/plain; charset=utf-8";
/// The worker in which the map reads tiles.
const WORKER: &str = "maplibre-gl-worker.mjs";

/// A file that is served below `/static/`.
struct Asset {
    name: &'static str,
    kind: &'static str,
    text: &'static str,
    made: OnceLock<Packed>,
}

const fn file(name: &'static str, kind: &'static str, text: &'static str) -> Asset {
    Asset { name, kind, text, made: OnceLock::new() }
}

static ASSETS: [Asset; 20] = [
    file("page.css", STYLE, include_str!("page.css")),
    file("page.js", SCRIPT, include_str!("page.js")),
    file("act.js", SCRIPT, include_str!("act.js")),
    file("keep.js", SCRIPT, include_str!("keep.js")),
    file("feed.js", SCRIPT, include_str!("feed.js")),
    file("map.js", SCRIPT, include_str!("map.js")),
    file("ground.js", SCRIPT, include_str!("ground.js")),
    file("marks.js", SCRIPT, include_str!("marks.js")),
    file("base.js", SCRIPT, include_str!("base.js")),
    file("style.js", SCRIPT, include_str!("style.js")),
    file("time.js", SCRIPT, include_str!("time.js")),
    // The worker must stand beside the library: that is where the library looks for it.
    file("maplibre-gl.mjs", SCRIPT, include_str!("vendor/maplibre-gl.mjs")),
    file(WORKER, SCRIPT, include_str!("vendor/maplibre-gl-worker.mjs")),
    file("maplibre-gl.css", STYLE, include_str!("vendor/maplibre-gl.css")),
    file("maplibre-gl.LICENSE.txt", PLAIN, include_str!("vendor/maplibre-gl.LICENSE.txt")),
    file("board.js", SCRIPT, include_str!("../boards/board.js")),
    file("sheet.css", STYLE, include_str!("../boards/sheet.css")),
    file("sheet.js", SCRIPT, include_str!("../boards/sheet.js")),
    file("wall.css", STYLE, include_str!("../boards/wall.css")),
    file("wall.js", SCRIPT, include_str!("../boards/wall.js")),
];

impl Asset {
    fn made(&self) -> &Packed {
        self.made.get_or_init(|| Packed::new(self.kind, self.text.as_bytes(), Compression::best()))
    }
}

/// Serves one of the files.
pub(in crate::http) async fn asset(
    State(state): State<AppState>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let asset = ASSETS.iter().find(|a| a.name == name);
    let asset = asset.ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "there is no such file"))?;
    let mut answer = match asset.made.get() {
        Some(made) => made.answer(&headers),
        // The library takes some 0.1 s to compress.
        None => {
            let made = tokio::task::spawn_blocking(|| asset.made()).await.map_err(|error| {
                tracing::error!(%error, name, "a file of the page cannot be made");
                Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the file cannot be made; the log says why")
            })?;
            made.answer(&headers)
        }
    };
    // What else is opened runs nothing, as the doorkeeper has it.
    if let (true, Ok(policy)) = (asset.name == WORKER, HeaderValue::from_str(&worker_policy(&state.parts.settings))) {
        answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    Ok(answer)
}

/// Name and text of the scripts that we wrote ourselves.
#[cfg(test)]
pub(super) fn our_scripts() -> impl Iterator<Item = (&'static str, &'static str)> {
    ASSETS.iter().filter(|a| a.kind == SCRIPT && !a.name.starts_with("maplibre")).map(|a| (a.name, a.text))
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

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
        let library = ASSETS.iter().find(|a| a.name == "maplibre-gl.mjs").expect("the library");
        assert!(library.text.contains("MapLibre GL JS") && library.text.contains("v6.17.0"));
    }
}
