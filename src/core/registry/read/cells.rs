//! One row, cell by cell: what every kind of object is read with.

use std::sync::Arc;

use super::header::Header;
use super::number::{half_width, parse_number};
use crate::model::{IdFault, NodeId, check_id};
use crate::registry::datum::Datum;
use crate::registry::fault::{CellFault, Fault, FaultKind, Faults};
use crate::registry::guess::nearest;
use crate::registry::tables::{DATUM, FileKind, Row};
use crate::registry::{Extra, Gate, LonLat, Needs};

/// A row, and where its faults go.
pub(super) struct Cells<'a> {
    pub(super) file: FileKind,
    pub(super) header: &'a Header,
    pub(super) row: &'a Row,
    pub(super) faults: &'a mut Faults,
}

impl<'a> Cells<'a> {
    /// A cell as it is written; empty where the column or cell is missing.
    pub(super) fn raw(&self, column: &str) -> &'a str {
        self.header.at(column).and_then(|at| self.row.cells.get(at)).unwrap_or_default()
    }

    /// A cell without the white space around it.
    pub(super) fn trimmed(&self, column: &str) -> &'a str {
        self.raw(column).trim()
    }

    /// Tells a fault of this row.
    pub(super) fn fault(&mut self, column: &str, value: &str, kind: impl Into<FaultKind>) {
        self.faults.push(Fault {
            file: self.file.word().into(),
            row: (self.row.line > 0).then_some(self.row.line),
            column: Some(column.into()),
            value: value.into(),
            kind: kind.into(),
        });
    }

    /// A cell of words, numbers or ids; `None` where it is empty, which is a fault where it may not be. A required
    /// column that is missing altogether is told once, not once a row.
    pub(super) fn value(&mut self, column: &str) -> Option<&'a str> {
        let value = self.trimmed(column);
        if value.is_empty() && self.file.required().contains(&column) && self.header.at(column).is_some() {
            self.fault(column, "", CellFault::Missing);
        }
        (!value.is_empty()).then_some(value)
    }

    /// Free text, exactly as it is written.
    pub(super) fn text(&self, column: &str) -> Option<Arc<str>> {
        let text = self.raw(column);
        (!text.is_empty()).then(|| text.into())
    }

    /// A name, exactly as it is written; the id where there is none.
    pub(super) fn name(&mut self) -> Arc<str> {
        match self.value("name") {
            Some(_) => self.raw("name").into(),
            None => self.trimmed("id").into(),
        }
    }

    /// The cells of unknown columns that are not empty.
    pub(super) fn extra(&self) -> Extra {
        let filled = |(at, name): &(usize, Arc<str>)| {
            let cell = self.row.cells.get(*at).filter(|c| !c.is_empty())?;
            Some((name.clone(), cell.into()))
        };
        self.header.extra.iter().filter_map(filled).collect()
    }

    /// One word of a closed list; the default where the cell is empty or faulty.
    pub(super) fn word<T>(
        &mut self,
        column: &str,
        words: &'static [&'static str],
        from: fn(&str) -> Option<T>,
        default: T,
    ) -> T {
        let Some(value) = self.value(column) else { return default };
        from(value).unwrap_or_else(|| {
            let did_you_mean = nearest(value, words.iter().copied());
            self.fault(column, value, CellFault::Word { allowed: words, did_you_mean });
            default
        })
    }

    /// An id.
    pub(super) fn id<T>(&mut self, column: &str, new: fn(&str) -> Result<T, IdFault>) -> Option<T> {
        let value = self.value(column)?;
        new(value).map_err(|why| self.no_id(column, value, why, false)).ok()
    }

    /// A list of ids, separated by spaces.
    pub(super) fn ids<T>(&mut self, column: &str, new: fn(&str) -> Result<T, IdFault>) -> Vec<T> {
        let mut ids = Vec::new();
        for word in self.raw(column).split_whitespace() {
            match new(word) {
                Ok(id) => ids.push(id),
                Err(why) => self.no_id(column, word, why, true),
            }
        }
        ids
    }

    /// Tells that a text is no id; of one in full-width characters, which id it looks like.
    pub(super) fn no_id(&mut self, column: &str, value: &str, why: IdFault, in_list: bool) {
        let narrow = half_width(value);
        let did_you_mean = (narrow != value && check_id(&narrow).is_ok()).then(|| narrow.into());
        self.fault(column, value, CellFault::Id { why, in_list, did_you_mean });
    }

    /// A number in a range.
    pub(super) fn number(&mut self, column: &str, min: f64, max: f64) -> Option<f64> {
        let value = self.value(column)?;
        match parse_number(value) {
            Ok(n) if n >= min && n <= max => return Some(n),
            Ok(_) => self.fault(column, value, CellFault::Range { min, max }),
            Err(hint) => self.fault(column, value, CellFault::Number(hint)),
        }
        None
    }

    /// A whole number in a range.
    pub(super) fn whole(&mut self, column: &str, min: u32, max: u32) -> Option<u32> {
        let n = self.number(column, f64::from(min), f64::from(max))?;
        if n.fract() != 0.0 {
            let value = self.trimmed(column);
            self.fault(column, value, CellFault::NotWhole);
            return None;
        }
        // In range and whole, so that nothing is lost.
        Some(n as u32)
    }

    /// An "all or any" over nodes.
    pub(super) fn gate(&mut self, of: &str, needs: &str) -> Gate {
        Gate { needs: self.word(needs, Needs::WORDS, Needs::from_word, Needs::All), of: self.ids(of, NodeId::new) }
    }

    /// What lon and lat, or the shape, mean.
    pub(super) fn datum(&mut self) -> Datum {
        self.word(DATUM, Datum::WORDS, Datum::from_word, Datum::Wgs84)
    }

    /// The columns lon and lat as a place on earth.
    pub(super) fn position(&mut self) -> Option<LonLat> {
        let datum = self.datum();
        let (lon, lat) = match (self.value("lon"), self.value("lat")) {
            (None, None) => return None,
            (Some(lon), Some(lat)) => (lon, lat),
            (lon, _) => {
                let missing = if lon.is_none() { "lon" } else { "lat" };
                self.fault(missing, "", CellFault::HalfPosition { missing });
                return None;
            }
        };
        // Each is read before either is given up, so that the faults of both are told.
        let numbers = [("lon", lon), ("lat", lat)].map(|(column, value)| {
            parse_number(value).map_err(|hint| self.fault(column, value, CellFault::Number(hint))).ok()
        });
        let [Some(x), Some(y)] = numbers else { return None };
        let at = LonLat { lon: x, lat: y };
        match place_fault(at) {
            Some((column, kind)) => {
                let both = format!("{lon} {lat}");
                let value = match kind {
                    CellFault::Range { .. } => self.trimmed(column),
                    _ => &both,
                };
                self.fault(column, value, kind);
                None
            }
            None => Some(datum.to_wgs84(at).unwrap_or_else(|| {
                self.fault(DATUM, &format!("{lon} {lat}"), CellFault::OutsideDatum { datum: datum.word() });
                at
            })),
        }
    }
}

/// Why a pair of numbers is no place, with the column that is to blame.
fn place_fault(at: LonLat) -> Option<(&'static str, CellFault)> {
    let on_earth = |lon: f64, lat: f64| lon.abs() <= 180.0 && lat.abs() <= 90.0;
    let in_china = |lon: f64, lat: f64| (73.0..=135.5).contains(&lon) && (17.0..=54.0).contains(&lat);
    let LonLat { lon, lat } = at;
    if lon == 0.0 && lat == 0.0 {
        Some(("lon", CellFault::NullIsland))
    } else if !on_earth(lon, lat) && on_earth(lat, lon) || in_china(lat, lon) && !in_china(lon, lat) {
        Some(("lon", CellFault::Swapped))
    } else if lon.abs() > 180.0 {
        Some(("lon", CellFault::Range { min: -180.0, max: 180.0 }))
    } else if lat.abs() > 90.0 {
        Some(("lat", CellFault::Range { min: -90.0, max: 90.0 }))
    } else {
        None
    }
}
