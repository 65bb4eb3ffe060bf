//! The map under the map: tiles of a PMTiles file, and what the page must know to draw them, whoever serves them.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::files::{MAX_ZOOM, TileError, TileFile, TileKind};
use crate::http::packed::accepts_gzip;
use crate::http::{AppState, Problem, Tiles};

/// How long a browser may keep a tile without asking again, seconds.
const KEEP: &str = "private, max-age=3600";
/// Where the tiles of a file are served.
const OURS: &str = "/tiles/{z}/{x}/{y}";

/// What the page must know of the tiles.
#[derive(Default, Serialize)]
pub(super) struct About {
    /// Where they are; null: there are none.
    tiles: Option<String>,
    /// Whether they are vector tiles.
    vector: bool,
    min_zoom: u8,
    max_zoom: u8,
    /// West, south, east, north; null: everywhere.
    bounds: Option<[f64; 4]>,
    /// The layers of vector tiles; null: not known.
    layers: Option<Vec<String>>,
    /// Whom to thank, as text.
    credit: String,
    /// Why there are none although the settings name some.
    fault: Option<String>,
}

/// What lies under the map.
pub(super) async fn about(State(state): State<AppState>) -> Result<Json<About>, Problem> {
    let settings = &state.parts.settings;
    let own = settings.tiles_credit.clone();
    if let Some(Tiles::Server { template, vector, max_zoom, .. }) = &settings.tiles {
        let (tiles, max_zoom) = (Some(template.clone()), *max_zoom);
        return Ok(Json(About { tiles, vector: *vector, max_zoom, credit: own, ..About::default() }));
    }
    let language = settings.language;
    let looked = off_thread({
        let state = state.clone();
        move || state.tiles()
    });
    Ok(Json(match looked.await? {
        None => About::default(),
        Some(Err(error)) => About { fault: Some(error.words(language)), ..About::default() },
        Some(Ok(file)) => {
            let of = file.about();
            let credit = [of.credit.as_str(), &own].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>();
            About {
                tiles: Some(OURS.to_owned()),
                vector: of.kind == TileKind::Vector,
                min_zoom: of.min_zoom,
                max_zoom: of.max_zoom,
                bounds: Some(of.bounds),
                layers: Some(of.layers.clone()).filter(|l| !l.is_empty()),
                credit: credit.join(" · "),
                fault: None,
            }
        }
    }))
}

/// One tile of the file; 204 where it has none.
pub(super) async fn tile(
    State(state): State<AppState>,
    Path((z, x, y)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (Some(z), Some(x), Some(y)) = (place(&z), place(&x), place(&y)) else { return Err(no_tile()) };
    let zoom = u8::try_from(z).ok().filter(|z| *z <= MAX_ZOOM).ok_or_else(no_tile)?;
    if u64::from(x.max(y)) >= 1 << zoom {
        return Err(no_tile());
    }
    let packed = accepts_gzip(&headers);
    let read =
        off_thread(move || state.tiles().map(|file| file.and_then(|file| read(&file, zoom, x, y, packed)))).await?;
    let (bytes, gzip, kind) = match read.ok_or_else(no_tile)? {
        Ok(Some(tile)) => tile,
        Ok(None) => return Ok((StatusCode::NO_CONTENT, [(header::CACHE_CONTROL, KEEP)]).into_response()),
        Err(error) => {
            tracing::warn!(%error, zoom, x, y, "a tile cannot be read");
            return Err(Problem::unavailable("the tiles cannot be read at the moment; the log says why".to_owned()));
        }
    };
    let mut response = Body::from(bytes).into_response();
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind.media_type()));
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(KEEP));
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding, authorization"));
    if gzip {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(response)
}

/// A whole number as a URL of ours has it: digits, and no more than it needs.
fn place(text: &str) -> Option<u32> {
    text.parse().ok().filter(|n: &u32| n.to_string() == text)
}

fn no_tile() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "there is no such tile, or the settings name no file of tiles")
}

/// The bytes of a tile, whether they are packed, and what they are.
type Served = (Vec<u8>, bool, TileKind);

fn read(file: &TileFile, zoom: u8, x: u32, y: u32, packed: bool) -> Result<Option<Served>, Arc<TileError>> {
    let Some(tile) = file.tile(zoom, x, y)? else { return Ok(None) };
    let kind = file.about().kind;
    Ok(Some(if tile.gzip && packed { (tile.bytes, true, kind) } else { (tile.unpacked()?, false, kind) }))
}

/// Reads a disk, so not on a thread that serves others.
async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        tracing::error!(%error, "tiles cannot be read");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the tiles cannot be read; the log says why")
    })
}
