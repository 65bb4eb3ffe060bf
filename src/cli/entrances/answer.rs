//! What is suggested, as JSON, CSV and GeoJSON have it.

use cunkou_core::model::{AreaId, Language};
use cunkou_core::plan::{Found, Suggestions};
use cunkou_core::registry::{LonLat, Registry};
use serde::Serialize;
use serde_json::{Value, json};

use super::super::common::Tongue;
use super::super::table::{self, Cell};
use crate::http::wire::FeatureCollection;

/// Everything that is suggested.
#[derive(Debug, Serialize)]
pub(super) struct Answer {
    /// Known entrances that were found.
    pub(super) matched: Vec<Match>,
    /// What a person may accept.
    pub(super) proposed: Vec<Proposal>,
    /// Known entrances near which no road is found that crosses a boundary.
    pub(super) vanished: Vec<Named>,
    /// Known entrances without a position.
    pub(super) unplaced: Vec<Named>,
    /// Roads that end in the fields.
    pub(super) internal_only: Vec<Spot>,
    /// Areas that no road leads into.
    pub(super) isolated: Vec<Named>,
    /// Areas without a boundary.
    pub(super) unbounded: Vec<Named>,
}

/// A thing of the registry.
#[derive(Debug, Serialize)]
pub(super) struct Named {
    /// Its id.
    pub(super) id: String,
    /// Its name.
    pub(super) name: String,
    /// Longitude, WGS 84, degrees.
    pub(super) lon: Option<f64>,
    /// Latitude, WGS 84, degrees.
    pub(super) lat: Option<f64>,
}

/// A place where a road crosses boundaries.
#[derive(Debug, Serialize)]
pub(super) struct Spot {
    /// Id of its home.
    pub(super) area: String,
    /// Its home's name.
    pub(super) area_name: String,
    /// Ids of further areas whose boundary is crossed here.
    pub(super) roles: Vec<String>,
    /// Id of the road; may be empty.
    pub(super) road: String,
    /// The road's name; may be empty.
    pub(super) road_name: String,
    /// Degrees clockwise from true north, heading in.
    pub(super) bearing: f64,
    /// Where other carriageways of the road cross: longitude and latitude.
    pub(super) gates: Vec<[f64; 2]>,
    /// Whether outside of it lies nothing but a dead end.
    pub(super) internal: bool,
    /// Longitude, WGS 84, degrees.
    pub(super) lon: f64,
    /// Latitude, WGS 84, degrees.
    pub(super) lat: f64,
}

/// A known entrance that was found.
#[derive(Debug, Serialize)]
pub(super) struct Match {
    /// Its id.
    pub(super) id: String,
    /// Its name.
    pub(super) name: String,
    /// How far from what is known it was found, metres.
    pub(super) apart_m: f64,
    /// By how much the headings differ, degrees; null where the registry has none.
    pub(super) turn_deg: Option<f64>,
    #[serde(flatten)]
    pub(super) spot: Spot,
}

/// An entrance that may be accepted.
#[derive(Debug, Serialize)]
pub(super) struct Proposal {
    /// An id that nothing has.
    pub(super) id: String,
    /// A name, after its home and the side of it.
    pub(super) name: String,
    #[serde(flatten)]
    pub(super) spot: Spot,
}

impl Answer {
    pub(super) fn of(found: &Suggestions, registry: &Registry, tongue: &Tongue) -> Answer {
        let named = |id: &str, name: &str, at: Option<LonLat>| {
            let at = at.map(degrees);
            Named { id: id.to_owned(), name: name.to_owned(), lon: at.map(|at| at[0]), lat: at.map(|at| at[1]) }
        };
        let area = |id: &AreaId| {
            let area = registry.areas.get(id)?;
            Some(named(area.id.as_str(), &area.name, area.at))
        };
        let entrance = |id| registry.entrances.get(id);
        let matched = found.matched.iter().filter_map(|m| {
            let known = entrance(&m.entrance)?;
            Some(Match {
                id: known.id.to_string(),
                name: known.name.to_string(),
                apart_m: tenth(m.apart_m),
                turn_deg: m.turn_deg.map(tenth),
                spot: Spot::of(&m.found, registry),
            })
        });
        let proposed = found.proposed.iter().map(|p| {
            let spot = Spot::of(&p.found, registry);
            Proposal { id: p.id.to_string(), name: name(&spot, tongue), spot }
        });
        let known = |id| entrance(id).map(|known| named(known.id.as_str(), &known.name, known.at));
        Answer {
            matched: matched.collect(),
            proposed: proposed.collect(),
            vanished: found.vanished.iter().filter_map(known).collect(),
            unplaced: found.unplaced.iter().filter_map(known).collect(),
            internal_only: found.internal_only.iter().map(|f| Spot::of(f, registry)).collect(),
            isolated: found.isolated.iter().filter_map(area).collect(),
            unbounded: found.unbounded.iter().filter_map(area).collect(),
        }
    }

    /// What is proposed, as rows of entrances.csv.
    pub(super) fn csv(&self, status: &str, bom: bool) -> String {
        let header = ["id", "area", "name", "lon", "lat", "bearing", "roles", "status", "source"];
        let row = |p: &Proposal| {
            vec![
                Cell::text(Some(&p.id)),
                Cell::text(Some(&p.spot.area)),
                Cell::text(Some(&p.name)),
                Cell::number(Some(p.spot.lon)),
                Cell::number(Some(p.spot.lat)),
                Cell::number(Some(p.spot.bearing)),
                Cell::text(Some(&p.spot.roles.join(" "))),
                Cell::text(Some(status)),
                Cell::text(Some("suggested")),
            ]
        };
        table::csv(&header, self.proposed.iter().map(row), bom)
    }

    /// As a FeatureCollection of points: `kind` says what each is.
    pub(super) fn features(&self) -> FeatureCollection {
        let mut features: Vec<Value> = Vec::new();
        features.extend(self.matched.iter().filter_map(|m| point("matched", m)));
        features.extend(self.proposed.iter().filter_map(|p| point("proposed", p)));
        features.extend(self.vanished.iter().filter_map(|v| point("vanished", v)));
        features.extend(self.internal_only.iter().filter_map(|s| point("internal_only", s)));
        features.extend(self.isolated.iter().filter_map(|a| point("isolated", a)));
        FeatureCollection::of(features, None)
    }
}

/// A thing with a position, or with several where a road has several carriageways; `None` where it has none.
fn point(kind: &str, thing: &impl Serialize) -> Option<Value> {
    let Ok(Value::Object(mut fields)) = serde_json::to_value(thing) else { return None };
    let at = json!([fields.remove("lon")?.as_f64()?, fields.remove("lat")?.as_f64()?]);
    // Positions are geometry: what is moved to another datum is moved as a whole.
    let gates = fields.remove("gates").and_then(|gates| gates.as_array().cloned()).unwrap_or_default();
    let geometry = if gates.is_empty() {
        json!({ "type": "Point", "coordinates": at })
    } else {
        let all = [vec![at], gates].concat();
        json!({ "type": "MultiPoint", "coordinates": all })
    };
    fields.insert("kind".to_owned(), kind.into());
    let id = fields.get("id").cloned();
    Some(json!({ "type": "Feature", "id": id, "geometry": geometry, "properties": fields }))
}

impl Spot {
    fn of(found: &Found, registry: &Registry) -> Spot {
        let [lon, lat] = degrees(found.at);
        Spot {
            area: found.area.to_string(),
            area_name: registry.areas.get(&found.area).map(|a| a.name.to_string()).unwrap_or_default(),
            roles: found.roles.iter().map(ToString::to_string).collect(),
            road: found.road.to_string(),
            road_name: found.name.to_string(),
            bearing: tenth(found.bearing) % 360.0,
            gates: found.gates.iter().map(|at| degrees(*at)).collect(),
            internal: found.internal,
            lon,
            lat,
        }
    }
}

/// After the home and the side on which it is entered: who heads east comes in from the west.
fn name(spot: &Spot, tongue: &Tongue) -> String {
    const ZH: [&str; 8] = ["南", "西南", "西", "西北", "北", "东北", "东", "东南"];
    const EN: [&str; 8] = ["south", "southwest", "west", "northwest", "north", "northeast", "east", "southeast"];
    // In 0 to 7: the bearing is 0 or more and below 360.
    let side = ((spot.bearing / 45.0).round() as usize) % 8;
    match tongue.language {
        Language::ZhCn => format!("{}{}口", spot.area_name, ZH[side]),
        Language::En => format!("{} {}", spot.area_name, EN[side]),
    }
}

/// Seven decimals: a centimetre.
fn degrees(at: LonLat) -> [f64; 2] {
    [at.lon, at.lat].map(|degrees| (degrees * 1e7).round() / 1e7)
}

fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
