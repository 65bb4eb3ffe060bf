//! Cameras as they might be, for who asks what would be: read and checked as rows of the register, and put nowhere.

use super::Checking;
use crate::registry::fault::{Fault, Faults};
use crate::registry::guess::Guesses;
use crate::registry::read::read_into;
use crate::registry::tables::{FileKind, Lines, Table, Tables};
use crate::registry::write::{camera as row_of, tables_of_rows};
use crate::registry::{Camera, LonLat, Registry};

/// Cameras that might be added to a registry, in the order of ids, and every fault of their rows; they may be reckoned
/// with if none of these is an error. What the registry itself says is not judged again.
#[must_use]
pub fn judge_added(registry: &Registry, rows: &Table) -> (Vec<Camera>, Vec<Fault>) {
    let tables = Tables { files: [(FileKind::Cameras, rows.clone())].into() };
    let lines = Lines::beside(registry, &tables);
    let mut faults = Faults::default();
    let cameras = read_into(&tables, &lines, &mut faults).cameras;
    // What the checks below walk through beside the cameras themselves.
    let (areas, nodes) = (registry.areas.clone(), registry.nodes.clone());
    let supposed = Registry { areas, nodes, cameras, ..Registry::default() };
    let mut checking =
        Checking { registry: &supposed, lines: &lines, faults: &mut faults, guesses: Guesses::default() };
    checking.references();
    checking.depth();
    checking.outside_town();
    (supposed.cameras.into_values().collect(), faults.finish())
}

/// A camera of the registry as it would read with another position and, where one is given, another azimuth (degrees
/// clockwise from true north), whose error is then that of an azimuth without one. All else stays; every error of the
/// new cells is told.
#[must_use]
pub fn judge_moved(camera: &Camera, to: LonLat, azimuth: Option<f64>) -> (Option<Camera>, Vec<Fault>) {
    let mut row = row_of(camera);
    for (column, cell) in &mut row.cells {
        match (column.as_str(), azimuth) {
            ("lon", _) => *cell = to.lon.to_string(),
            ("lat", _) => *cell = to.lat.to_string(),
            ("azimuth", Some(degrees)) => *cell = degrees.to_string(),
            ("azimuth_error", Some(_)) => cell.clear(),
            _ => {}
        }
    }
    let tables = tables_of_rows(vec![row]);
    let mut faults = Faults::default();
    let moved = read_into(&tables, &Lines::of(&tables), &mut faults).cameras.into_values().next();
    (moved, faults.finish().into_iter().filter(Fault::is_error).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::tables::Row;

    fn town() -> Registry {
        let csv = |columns: &str, rows: &[&str]| Table {
            columns: columns.split(',').map(str::to_owned).collect(),
            rows: rows
                .iter()
                .zip(2..)
                .map(|(row, line)| Row { line, cells: row.split(',').collect(), shape: None })
                .collect(),
        };
        let tables = Tables {
            files: [
                (FileKind::Areas, csv("id,kind", &["T,town", "V1,village"])),
                (FileKind::Nodes, csv("id,kind", &["S1,switch"])),
                (FileKind::Entrances, csv("id,area,name", &["E1,V1,东口"])),
                (FileKind::Cameras, csv("id,area,name,lon,lat,azimuth,azimuth_error", &["C1,V1,枪机,114.3,30.8,东,"])),
            ]
            .into(),
        };
        let (registry, faults) = crate::registry::judge(&tables);
        assert!(!faults.iter().any(Fault::is_error), "{faults:?}");
        registry
    }

    fn added(rows: &[&str]) -> (Vec<Camera>, Vec<String>) {
        let columns = ["id", "area", "name", "lon", "lat", "node", "watches"].map(str::to_owned).to_vec();
        let row = |(cells, line): (&&str, u32)| Row { line, cells: cells.split(',').collect(), shape: None };
        let table = Table { columns, rows: rows.iter().zip(2..).map(row).collect() };
        let (cameras, faults) = judge_added(&town(), &table);
        (cameras, faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn what_is_added_may_name_what_the_registry_has() {
        let (cameras, faults) = added(&["N2,V1,新,114.3,30.8,S1,E1", "N1,V1,新,,,,!E1"]);
        assert_eq!((cameras.len(), faults), (2, Vec::new()));
        assert_eq!(cameras[0].id.as_str(), "N1", "in the order of ids");
    }

    #[test]
    fn every_fault_of_what_is_added_is_told_at_once() {
        let (_, faults) =
            added(&["C1,V1,新,114.3,30.8,,", "N1,V9,新,200,30.8,S9,E9", "N1,V1,新,114.3,,,", "E1,V1,新,,,,"]);
        let said = faults.join("\n");
        for word in ["\"C1\" is an id of the registry", "\"E1\" is an id of the registry", "line 3 already"] {
            assert!(said.contains(word), "{word}: {said}");
        }
        for word in
            ["\"V9\" does not exist", "\"S9\" does not exist", "\"E9\" does not exist", "\"200\"", "line 4, lat"]
        {
            assert!(said.contains(word), "{word}: {said}");
        }
    }

    #[test]
    fn what_is_moved_keeps_all_but_its_place() {
        let town = town();
        let camera = town.cameras.get("C1").unwrap();
        let to = LonLat { lon: 114.4, lat: 30.9 };
        let (moved, faults) = judge_moved(camera, to, None);
        assert_eq!((moved, faults.len()), (Some(Camera { at: Some(to), ..camera.clone() }), 0));
        let (turned, _) = judge_moved(camera, to, Some(12.5));
        let azimuth = turned.and_then(|c| c.azimuth).unwrap();
        assert_eq!((azimuth.degrees, azimuth.error), (12.5, 10.0), "more exact than one of the eight directions");
        let swapped = LonLat { lon: 30.9, lat: 80.0 };
        assert_eq!(judge_moved(camera, swapped, Some(361.0)).1.len(), 2, "place and azimuth");
    }
}
