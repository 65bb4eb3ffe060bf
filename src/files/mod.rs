//! FROM AND TO DISK: registry tables as CSV and GeoJSON, settings as TOML, secrets.
//!
//! Bytes in, values and faults out. Decides nothing about cameras and puts nothing in force.

mod csv_table;
mod encoding;
pub mod folder;
mod judge;
mod load;
mod roads;
pub mod roster;
pub mod rows;
pub mod secrets;
pub mod settings;
mod shapes;
pub mod templates;
#[cfg(test)]
mod tests;
mod tiles;
mod told;

pub use encoding::Encoding;
pub use folder::{FolderError, Loaded, from_bytes, is_registry_file, replace_files, write_files, write_folder};
pub use judge::judge;
pub use load::{load, load_as, load_still, load_with_bytes, small_text};
pub use roads::{
    ROADS, ROADS_PBF, RoadBook, RoadLine, RoadMap, RoadsSeen, check_roads, read_roads, read_roads_pbf, roads,
};
pub use rows::{RowsError, decode, encode, encode_one, life_of};
pub use shapes::shape_json;
#[cfg(test)]
pub(crate) use tiles::tests::{METADATA as TILES_METADATA, file as tiles_file};
pub use tiles::{MAX_ZOOM, Tile, TileBook, TileError, TileFile, TileKind, TilesAbout};
