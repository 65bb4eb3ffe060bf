//! Positions as the files have them, before they become WGS 84: for who asks whether they are what they say.

use std::collections::BTreeMap;

use super::number::parse_number;
use crate::registry::LonLat;
use crate::registry::datum::Datum;
use crate::registry::tables::{DATUM, FileKind, Table, Tables};

/// Positions of one file that are said to be of one datum.
#[derive(Clone, PartialEq, Debug)]
pub struct WrittenPositions {
    /// The file.
    pub file: FileKind,
    /// What its column `datum` says of them.
    pub said: Datum,
    /// As they stand there, degrees of that datum, in the order of the rows.
    pub at: Vec<LonLat>,
}

/// The positions of what stands at roads, by file and datum; cells that are no numbers or words are left out (that they
/// are not is told by [`super::read`]). Centres of areas lie anywhere and are not among them.
#[must_use]
pub fn written_positions(tables: &Tables) -> Vec<WrittenPositions> {
    let stands = [FileKind::Nodes, FileKind::Entrances, FileKind::Cameras, FileKind::Places, FileKind::Sites];
    let of_file = |file: FileKind| {
        let by_datum = tables.files.get(&file).map(by_datum).unwrap_or_default();
        by_datum.into_iter().map(move |(said, at)| WrittenPositions { file, said, at })
    };
    stands.into_iter().flat_map(of_file).collect()
}

fn by_datum(table: &Table) -> BTreeMap<Datum, Vec<LonLat>> {
    let column = |name: &str| table.columns.iter().position(|c| c.trim() == name);
    let (Some(lon), Some(lat)) = (column("lon"), column("lat")) else { return BTreeMap::new() };
    let datum = column(DATUM);
    let mut found: BTreeMap<Datum, Vec<LonLat>> = BTreeMap::new();
    for row in &table.rows {
        let cell = |at: usize| row.cells.get(at).map(str::trim).unwrap_or_default();
        let said = match datum.map(cell).unwrap_or_default() {
            "" => Some(Datum::Wgs84),
            word => Datum::from_word(word),
        };
        let (Some(said), Ok(lon), Ok(lat)) = (said, parse_number(cell(lon)), parse_number(cell(lat))) else { continue };
        found.entry(said).or_default().push(LonLat { lon, lat });
    }
    found
}
