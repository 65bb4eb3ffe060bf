//! How long it takes by road from the nearest post to each entrance.

use std::collections::BTreeMap;
use std::sync::Arc;

use cunkou_core::coverage::EntranceState;
use cunkou_core::plan::{self, Arrival, Mode, Pace, Reach, Roads, Unreached};
use cunkou_core::world::Snapshot;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::geojson::feature;
use super::{FeatureCollection, SealRoads, lon_lat, stamp, village, words};
use crate::files::RoadsSeen;

/// What times by road rest on that nobody has measured: a closed list.
pub const ISOCHRONE_ASSUMPTIONS: [&str; 5] =
    ["mapped_roads", "speeds_by_class", "two_way", "posts_are_manned", "suspect_gaps_both_ways"];

/// How long it takes by road from the nearest work station or liaison point to each entrance, and who is there in time.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Isochrone {
    /// The entrances in use: those outside, then those of which it is not known, then those within; of these lost ones
    /// before others, then the longest way first.
    pub items: Vec<IsochroneEntrance>,
    /// Work stations and liaison points, in the order of ids.
    pub posts: Vec<IsochronePost>,
    /// How many entrances there are of each.
    pub totals: IsochroneTotals,
    /// Kilometres of road that are reached in time; suspect gaps are not joined.
    pub reached_km: f64,
    /// How fast one gets along.
    pub pace: IsochronePace,
    /// The roads that this rests on.
    pub roads: SealRoads,
    /// What this rests on that nobody has measured.
    #[schema(schema_with = words::isochrone_assumptions)]
    pub assumptions: Vec<String>,
    /// When entrances were as they are told, RFC 3339 in UTC.
    #[schema(format = DateTime)]
    pub as_of: String,
}

/// An entrance and the way to it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct IsochroneEntrance {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Id of its home.
    pub area: String,
    /// Id of its village or community.
    pub village: Option<String>,
    /// The village's name.
    pub village_name: Option<String>,
    /// Its state now.
    #[schema(schema_with = words::entrance_state_or_null)]
    pub state: Option<String>,
    /// Whether somebody is there in time.
    #[schema(schema_with = words::reach)]
    pub reach: String,
    /// Why not, or why that is not known.
    #[schema(schema_with = words::unreached)]
    pub why: Option<String>,
    /// Minutes from the call by the mapped roads, turnout included, also where that is too long; null where none lead
    /// there. Rounded up to a hundredth.
    pub minutes: Option<f64>,
    /// Id of the post that is so near.
    pub post: Option<String>,
    /// The same minutes if suspect gaps are joined.
    pub minutes_joined: Option<f64>,
    /// How far it stands from the nearest road, metres; null where it stands at none.
    pub road_m: Option<f64>,
    /// Longitude, WGS 84, degrees.
    pub lon: Option<f64>,
    /// Latitude, WGS 84, degrees.
    pub lat: Option<f64>,
}

/// Where somebody drives out from.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct IsochronePost {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is.
    #[schema(schema_with = words::place_kind)]
    pub kind: String,
    /// How far it stands from its road, metres; null where it stands at none: nobody drives out from it.
    pub road_m: Option<f64>,
    /// Entrances to which it is the nearest and in time.
    pub within: usize,
    /// Longitude, WGS 84, degrees.
    pub lon: Option<f64>,
    /// Latitude, WGS 84, degrees.
    pub lat: Option<f64>,
}

/// Entrances by what is said of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct IsochroneTotals {
    /// Somebody is there in time.
    pub within: usize,
    /// Nobody is.
    pub outside: usize,
    /// Of these, those that are lost.
    pub lost_outside: usize,
    /// That cannot be said.
    pub unknown: usize,
}

/// How fast one gets along: `[isochrone]` of the settings.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct IsochronePace {
    /// Who is there within so many minutes is there in time.
    pub minutes: f64,
    /// From the call until the car leaves, seconds.
    pub turnout_s: f64,
    /// On paved roads, km/h.
    pub paved_kmh: f64,
    /// On streets of villages and roads of no known class, km/h.
    pub street_kmh: f64,
    /// On tracks and ways for two wheels, km/h.
    pub track_kmh: f64,
    /// On ways for feet, km/h.
    pub foot_kmh: f64,
}

/// The answer with what is drawn of it.
pub struct IsochroneMap {
    /// The answer.
    pub answer: Isochrone,
    /// Roads that are reached in time, drawn when that is asked for: of a large town they are far more than the answer.
    parts: Vec<plan::Part>,
    /// The posts by the numbers that `parts` have for them.
    ids: Vec<String>,
    roads: Arc<Roads>,
}

impl IsochroneMap {
    /// Times by road as things stand now. `pace` must be checked.
    #[must_use]
    pub fn of(snapshot: &Snapshot, roads: Arc<Roads>, seen: &RoadsSeen, modes: &[Mode], pace: &Pace) -> IsochroneMap {
        let found = snapshot.isochrone(&roads, pace);
        let ids: Vec<String> = found.posts.iter().map(|post| post.id.to_string()).collect();
        let items: Vec<IsochroneEntrance> =
            found.items.iter().filter_map(|item| IsochroneEntrance::of(snapshot, &ids, item)).collect();
        let metres = found.parts.iter().map(|part| (part.between_m[1] - part.between_m[0]).abs());
        let reached_m = metres.fold(0.0, |all, one| all + one);
        let holds = |assumption: &&&str| **assumption != "suspect_gaps_both_ways" || !roads.gaps.is_empty();
        let answer = Isochrone {
            totals: IsochroneTotals::of(&items),
            posts: posts(snapshot, &found),
            reached_km: (reached_m / 100.0).round() / 10.0,
            pace: IsochronePace::of(pace),
            roads: SealRoads::of(&roads, seen, modes),
            assumptions: ISOCHRONE_ASSUMPTIONS.iter().filter(holds).map(|a| (*a).to_owned()).collect(),
            as_of: stamp(snapshot.at),
            items,
        };
        IsochroneMap { answer, parts: found.parts, ids, roads }
    }

    /// As a FeatureCollection: roads that are reached as lines, entrances and posts as points.
    ///
    /// # Errors
    /// When an item cannot be written as JSON.
    pub fn features(self) -> Result<FeatureCollection, serde_json::Error> {
        let mut features: Vec<Value> = self.parts.iter().map(|part| reached(&self.roads, &self.ids, part)).collect();
        for item in &self.answer.items {
            features.extend(point("entrance", serde_json::to_value(item)?));
        }
        for post in &self.answer.posts {
            features.extend(point("post", serde_json::to_value(post)?));
        }
        Ok(FeatureCollection::of(features, None))
    }
}

/// A thing with `lon` and `lat` as a point; one without a position is none.
fn point(kind: &str, thing: Value) -> Option<Value> {
    let Value::Object(mut fields) = thing else { return None };
    // Of a post this is what it is; what the feature is goes by `kind` everywhere.
    if let Some(place) = fields.remove("kind") {
        fields.insert("place".to_owned(), place);
    }
    fields.insert("kind".to_owned(), kind.into());
    feature(&mut fields)
}

/// A stretch that is reached: from its entry on, with the minutes at both ends.
fn reached(roads: &Roads, posts: &[String], part: &plan::Part) -> Value {
    let degrees = |c: &geo::Coord<f64>| [c.x, c.y].map(|degrees| (degrees * 1e7).round() / 1e7);
    let line: Vec<[f64; 2]> = part.line.iter().map(degrees).collect();
    let middle_m = (part.between_m[0] + part.between_m[1]) / 2.0;
    json!({
        "type": "Feature",
        "geometry": { "type": "LineString", "coordinates": line },
        "properties": {
            "kind": "reached",
            "road": &*roads.road_id(part.chain, middle_m),
            "post": posts.get(part.from.post as usize),
            "from_minutes": minutes(part.from.seconds),
            "minutes": minutes(part.to_s),
        },
    })
}

fn posts(snapshot: &Snapshot, found: &plan::Isochrone) -> Vec<IsochronePost> {
    let mut within: BTreeMap<u32, usize> = BTreeMap::new();
    for way in found.items.iter().filter(|item| item.reach == Reach::Within).filter_map(|item| item.way) {
        *within.entry(way.post).or_default() += 1;
    }
    let told = (0_u32..).zip(&found.posts).filter_map(|(number, post)| {
        let place = snapshot.registry.places.get(&post.id)?;
        let (lon, lat) = lon_lat(place.at);
        Some(IsochronePost {
            id: place.id.to_string(),
            name: place.name.to_string(),
            kind: place.kind.word().to_owned(),
            road_m: post.at.map(|at| metre(at.distance_m)),
            within: within.get(&number).copied().unwrap_or(0),
            lon,
            lat,
        })
    });
    told.collect()
}

impl IsochroneEntrance {
    fn of(snapshot: &Snapshot, posts: &[String], item: &Arrival) -> Option<IsochroneEntrance> {
        let slot = snapshot.topology.entrances.get(item.entrance.at())?;
        let entrance = snapshot.registry.entrances.get(&slot.id)?;
        let belief = snapshot.entrance(entrance.id.as_str()).map(|(_, belief)| belief);
        let (village, village_name) = village(&snapshot.registry, &entrance.area);
        let (lon, lat) = lon_lat(entrance.at);
        Some(IsochroneEntrance {
            id: entrance.id.to_string(),
            name: entrance.name.to_string(),
            area: entrance.area.to_string(),
            village,
            village_name,
            state: belief.map(|b| b.now.state.word().to_owned()),
            reach: item.reach.word().to_owned(),
            why: item.why.map(|why| Unreached::word(why).to_owned()),
            minutes: item.way.map(|way| minutes(way.seconds)),
            post: item.way.and_then(|way| posts.get(way.post as usize).cloned()),
            minutes_joined: item.joined.map(|way| minutes(way.seconds)),
            road_m: item.road_m.map(metre),
            lon,
            lat,
        })
    }
}

impl IsochroneTotals {
    fn of(items: &[IsochroneEntrance]) -> IsochroneTotals {
        let count = |reach: Reach| items.iter().filter(|item| item.reach == reach.word()).count();
        let lost = |item: &&IsochroneEntrance| item.state.as_deref() == Some(EntranceState::Lost.word());
        let outside = items.iter().filter(|item| item.reach == Reach::Outside.word());
        IsochroneTotals {
            within: count(Reach::Within),
            outside: count(Reach::Outside),
            lost_outside: outside.filter(lost).count(),
            unknown: count(Reach::Unknown),
        }
    }
}

impl IsochronePace {
    fn of(pace: &Pace) -> IsochronePace {
        IsochronePace {
            minutes: pace.limit.seconds_f64() / 60.0,
            turnout_s: pace.turnout.seconds_f64(),
            paved_kmh: pace.paved_kmh,
            street_kmh: pace.street_kmh,
            track_kmh: pace.track_kmh,
            foot_kmh: pace.foot_kmh,
        }
    }
}

/// Minutes, rounded up to a hundredth: what is outside is not shown within.
fn minutes(seconds: f64) -> f64 {
    (seconds / 0.6 - 1e-6).ceil() / 100.0
}

/// To a tenth of a metre.
fn metre(metres: f64) -> f64 {
    (metres * 10.0).round() / 10.0
}
