//! What is supposed, as it is typed: cameras out of a file or in one word, and new places.

use std::path::Path;

use anyhow::Context;
use cunkou_core::registry::{Fault, FileKind, Row, Table, Tables, read};

use super::super::check;
use super::super::common::Tongue;
use super::super::exit::wrong_use;
use crate::files;
use crate::http::wire::{AddedCamera, MovedCamera};

/// The added cameras; `None` where their cells have faults, which are told.
///
/// # Errors
/// When a file cannot be read, or a word is neither a file nor a camera.
pub(super) fn added(words: &[String], tongue: &Tongue) -> anyhow::Result<Option<Vec<AddedCamera>>> {
    let (mut cameras, mut faults) = (Vec::new(), Vec::new());
    for (word, number) in words.iter().zip(1..) {
        let (tables, place, found) = if word.contains('=') && !Path::new(word).exists() {
            (spec(word)?, format!("--add {number}"), Vec::new())
        } else {
            let loaded = files::load_as(Path::new(word), FileKind::Cameras);
            let loaded = loaded.with_context(|| format!("the cameras of {word} cannot be read"))?;
            (loaded.tables, word.clone(), loaded.faults)
        };
        let (registry, more) = read(&tables);
        let here = |fault: Fault| Fault { file: place.as_str().into(), ..fault };
        faults.extend(found.into_iter().chain(more).map(here));
        cameras.extend(registry.cameras.values().map(AddedCamera::of));
    }
    check::tell(&faults, true, tongue);
    check::tell(&faults, false, tongue);
    Ok((!faults.iter().any(Fault::is_error)).then_some(cameras))
}

/// One camera: `id=N1,area=V001,lon=114.35,lat=30.88`. Without a name it is called by its id.
fn spec(word: &str) -> anyhow::Result<Tables> {
    let mut cells: Vec<(String, String)> = Vec::new();
    for pair in word.split(',') {
        let (column, value) = pair
            .split_once('=')
            .ok_or_else(|| wrong_use(format!("--add: {word:?} is no file, and {pair:?} in it is not COLUMN=VALUE")))?;
        let column = column.trim();
        if !FileKind::Cameras.columns().contains(&column) && column != "datum" {
            let known = FileKind::Cameras.columns().join(", ");
            return Err(wrong_use(format!("--add: cameras.csv has no column {column:?}; it has {known}")));
        }
        cells.push((column.to_owned(), value.trim().to_owned()));
    }
    let id = cells.iter().find(|(column, _)| column == "id").map(|(_, id)| id.clone()).unwrap_or_default();
    if !cells.iter().any(|(column, _)| column == "name") {
        cells.push(("name".to_owned(), id));
    }
    let (columns, cells): (Vec<String>, Vec<String>) = cells.into_iter().unzip();
    let rows = vec![Row { line: 0, cells: cells.into_iter().collect(), shape: None }];
    Ok(Tables { files: [(FileKind::Cameras, Table { columns, rows })].into() })
}

/// A new place: `C001=114.35,30.88`, or with an azimuth behind it.
///
/// # Errors
/// Wrong use, where it is none.
pub(super) fn moved(text: &str) -> anyhow::Result<MovedCamera> {
    let bad = || wrong_use(format!("--move: {text:?} is not CAMERA=LON,LAT or CAMERA=LON,LAT,AZIMUTH in degrees"));
    let (camera, place) = text.split_once('=').ok_or_else(bad)?;
    let numbers: Vec<f64> = place
        .split(',')
        .map(|n| n.trim().parse().ok().filter(|n: &f64| n.is_finite()))
        .collect::<Option<_>>()
        .ok_or_else(bad)?;
    let (lon, lat, azimuth) = match numbers.as_slice() {
        [lon, lat] => (*lon, *lat, None),
        [lon, lat, azimuth] => (*lon, *lat, Some(*azimuth)),
        _ => return Err(bad()),
    };
    Ok(MovedCamera { camera: camera.trim().to_owned(), lon, lat, azimuth })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_place_is_two_numbers_or_three() {
        let at = |text: &str| moved(text).ok().map(|m| (m.camera, m.lon, m.lat, m.azimuth));
        assert_eq!(at("C1=114.35,30.88"), Some(("C1".to_owned(), 114.35, 30.88, None)));
        assert_eq!(at("C1=-3, 1e1 ,90"), Some(("C1".to_owned(), -3.0, 10.0, Some(90.0))));
        for bad in ["C1", "C1=", "C1=114.35", "C1=a,b", "C1=1,2,3,4", "C1=NaN,1", "C1=1,2,", "114.35,30.88"] {
            assert_eq!(at(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_camera_in_one_word_is_read_as_a_row() {
        let camera = |word: &str| read(&spec(word).unwrap()).0.cameras.into_values().next();
        let read = camera("id=N1,area=V1,lon=114.3,lat=30.8,azimuth=东,watches=E1 !E2,node=S1").unwrap();
        let added = AddedCamera::of(&read);
        assert_eq!((added.name.as_deref(), added.azimuth, added.azimuth_error), (Some("N1"), Some(90.0), Some(22.5)));
        assert_eq!((added.watches, added.node), (vec!["E1".to_owned(), "!E2".to_owned()], vec!["S1".to_owned()]));
        assert!(spec("id=N1,lon").is_err() && spec("id=N1,langitude=3").is_err());
    }
}
