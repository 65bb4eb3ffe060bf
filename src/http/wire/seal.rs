//! Whether areas are sealed, and how one gets in.

use cunkou_core::coverage::{Level, Scope, Sealed};
use cunkou_core::model::{CameraIx, EntranceIx, Period};
use cunkou_core::plan::{self, Cordon, Mode};
use cunkou_core::registry::{AreaKind, Camera};
use cunkou_core::world::{SealAsk, Snapshot};
use geo::Coord;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{FeatureCollection, stamp, words};
use crate::files::RoadsSeen;

/// Faults of a file that are told.
const MAX_FAULTS: usize = 20;

/// What verdicts rest on that nobody has measured: a closed list.
pub const SEAL_ASSUMPTIONS: [&str; 6] = [
    "mapped_roads",
    "two_way",
    "footpaths_not_counted",
    "suspect_gaps_both_ways",
    "entrances_off_roads_cut_nothing",
    "hamlets_without_boundary_are_discs",
];

/// What is wanted.
#[derive(Clone, PartialEq, Debug)]
pub struct SealQuery {
    /// With which cameras.
    pub level: Level,
    /// When.
    pub period: Period,
    /// Of which scope; `None`: of all.
    pub scope: Option<Scope>,
    /// Only of this area or element.
    pub area: Option<String>,
}

/// No area that is judged has this id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no area or element of the plan that is to be shut off has the id {0:?}")]
pub struct NoArea(pub String);

/// Whether areas are sealed: as far as the mapped roads go, for the ways of coming in that count.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Seals {
    /// The areas: by scope, then in the order of ids.
    pub items: Vec<Seal>,
    /// With which cameras they are judged.
    #[schema(schema_with = words::level)]
    pub level: String,
    /// When.
    #[schema(schema_with = words::period)]
    pub period: String,
    /// How many there are of each verdict.
    pub totals: SealTotals,
    /// Entrances that too few cameras watch, whatever their health, and how many of these are screened all the same: no
    /// unwatched way leads to them. The two are never added up.
    pub entrances: SealEntrances,
    /// The roads that this rests on.
    pub roads: SealRoads,
    /// What this rests on that nobody has measured.
    #[schema(schema_with = words::seal_assumptions)]
    pub assumptions: Vec<String>,
    /// When this was so, RFC 3339 in UTC.
    #[schema(format = DateTime)]
    pub as_of: String,
}

/// Areas by verdict.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct SealTotals {
    /// Nothing gets in unseen.
    pub sealed: usize,
    /// Something does.
    pub leaking: usize,
    /// Something may.
    pub unknown: usize,
}

/// Entrances as the seals see them.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct SealEntrances {
    /// Entrances that too few cameras watch, whatever their health.
    pub unwatched: usize,
    /// Of these, those to which no unwatched way leads from outside the town; null where no ring is known.
    pub screened_town: Option<usize>,
    /// From another block, or from outside all; null where no block is known.
    pub screened_block: Option<usize>,
    /// From outside their hamlet's surroundings; null where no hamlet is known.
    pub screened_local: Option<usize>,
    /// Ids of the entrances that stand at no road, and cut none.
    pub off_roads: Vec<String>,
}

/// The roads of the map.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct SealRoads {
    /// Roads that count.
    pub roads: usize,
    /// Stretches of road between junctions.
    pub chains: usize,
    /// Kilometres of road.
    pub length_km: f64,
    /// Places where the map may lack a junction; judged as joined and as not.
    pub suspect_gaps: usize,
    /// Roads that carry none of the ways of coming in, and are left out.
    pub left_out: usize,
    /// The ways of coming in that count.
    #[schema(schema_with = words::modes)]
    pub modes: Vec<String>,
    /// SHA-256 of the file as it is now, in hex; empty where there is none. Judged are the roads in force, those of the last
    /// start or reload.
    pub hash: String,
    /// What is wrong with the file that is there now; the roads are then those of the last good one.
    pub faults: Vec<String>,
}

/// An area and its seal. At worst, cameras of which nothing is known are dead and suspect gaps are joined; at best it is
/// the other way about.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Seal {
    /// From where it is to be shut off.
    #[schema(schema_with = words::scope)]
    pub scope: String,
    /// Id of the area or of the element of the plan.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it is.
    #[schema(schema_with = words::sealed)]
    pub verdict: String,
    /// Why that is unknown, where it is so whatever the cameras do.
    #[schema(schema_with = words::seal_why)]
    pub why: Option<String>,
    /// The fewest failures of cameras that open a way in, at worst; null: no failure does.
    pub thickness_lower: Option<u32>,
    /// The same at best.
    pub thickness_upper: Option<u32>,
    /// The fewest sites that would close every way in, at best; null: no camera does.
    pub width_lower: Option<u32>,
    /// The same at worst.
    pub width_upper: Option<u32>,
    /// Such sites, at worst.
    pub width_sites: Vec<SealSite>,
    /// The shortest way in; of a leak one that is surely open, else one that may be.
    pub route: Option<SealRoute>,
    /// What is reached unseen, at worst.
    pub leaked: SealLeaked,
    /// Kilometres of road between the boundary and the core, which nobody judges; of the town only.
    pub grey_km: Option<f64>,
}

/// Where a camera would close a way in: at an entrance, to mend or to add, or anywhere on a road.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct SealSite {
    /// Id of the entrance; null on the open road.
    pub entrance: Option<String>,
    /// Id of the road; may be empty.
    pub road: String,
    /// Longitude, WGS 84, degrees.
    pub lon: f64,
    /// Latitude, WGS 84, degrees.
    pub lat: f64,
}

/// A way in, from outside on.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct SealRoute {
    /// How long it is, metres.
    pub length_m: f64,
    /// Ids of the roads, in order.
    pub roads: Vec<String>,
    /// Ids of the entrances on it, in order.
    pub entrances: Vec<String>,
    /// Of these, those that no camera is meant to watch.
    pub unwatched: Vec<String>,
    /// Ids of the dead cameras that should watch them.
    pub dead_cameras: Vec<String>,
    /// Suspect gaps that it leads over.
    pub suspect_gaps: u32,
    /// Where it runs: longitude and latitude, WGS 84, degrees.
    #[schema(value_type = Vec<Vec<f64>>)]
    pub line: Vec<[f64; 2]>,
}

/// What is reached unseen.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct SealLeaked {
    /// Ids of the hamlets.
    pub hamlets: Vec<String>,
    /// Kilometres of road of the area.
    pub road_km: f64,
}

impl Seals {
    /// The seals of a town.
    ///
    /// # Errors
    /// When the area that is asked for is none that can be shut off.
    pub fn of(
        snapshot: &Snapshot,
        cordon: &Cordon,
        seen: &RoadsSeen,
        modes: &[Mode],
        query: &SealQuery,
    ) -> Result<Seals, NoArea> {
        let scopes = query.scope.map_or(Scope::ALL.to_vec(), |scope| vec![scope]);
        let area = query.area.as_deref();
        let ask = SealAsk { level: query.level, period: query.period, scopes: &scopes, area };
        let found = snapshot.seals(cordon, &ask);
        if let Some(id) = area.filter(|_| found.items.is_empty()) {
            return Err(NoArea(id.to_owned()));
        }
        let names = Names { snapshot, cordon, added: &[] };
        let items: Vec<Seal> = found.items.iter().map(|seal| names.seal(seal)).collect();
        let mut totals = SealTotals::default();
        found.items.iter().for_each(|seal| totals.add(seal.verdict));
        let entrances = names.entrances(&found.unwatched);
        Ok(Seals {
            totals,
            level: query.level.word().to_owned(),
            period: query.period.word().to_owned(),
            assumptions: assumptions(snapshot, cordon, modes),
            entrances,
            roads: SealRoads::of(&cordon.roads, seen, modes),
            as_of: stamp(snapshot.at),
            items,
        })
    }

    /// As a FeatureCollection: ways in as lines, sites that would close them as points.
    #[must_use]
    pub fn features(&self) -> FeatureCollection {
        let features = self.items.iter().flat_map(|seal| seal.features(&json!({}))).collect();
        FeatureCollection::of(features, None)
    }
}

impl Seal {
    /// Its way in as a line, the sites that would close it as points, each with more properties.
    pub(super) fn features(&self, more: &Value) -> Vec<Value> {
        let about = |kind: &str, own: Value| {
            let mut properties = json!({
                "kind": kind, "scope": self.scope, "id": self.id, "name": self.name, "verdict": self.verdict,
            });
            merge(&mut properties, own);
            merge(&mut properties, more.clone());
            properties
        };
        let route = self.route.iter().map(|route| {
            let own = json!({
                "length_m": route.length_m, "roads": route.roads, "entrances": route.entrances,
                "unwatched": route.unwatched, "dead_cameras": route.dead_cameras, "suspect_gaps": route.suspect_gaps,
            });
            feature("LineString", json!(route.line), about("route", own))
        });
        let sites = self.width_sites.iter().map(|site| {
            let own = json!({ "entrance": site.entrance, "road": site.road });
            feature("Point", json!([site.lon, site.lat]), about("site", own))
        });
        route.chain(sites).collect()
    }
}

fn feature(kind: &str, coordinates: Value, properties: Value) -> Value {
    json!({ "type": "Feature", "geometry": { "type": kind, "coordinates": coordinates }, "properties": properties })
}

fn merge(into: &mut Value, more: Value) {
    if let (Value::Object(into), Value::Object(more)) = (into, more) {
        into.extend(more);
    }
}

impl SealTotals {
    /// One more of a verdict.
    pub(super) const fn add(&mut self, verdict: Sealed) {
        match verdict {
            Sealed::Sealed => self.sealed += 1,
            Sealed::Leaking => self.leaking += 1,
            Sealed::Unknown => self.unknown += 1,
        }
    }
}

impl SealRoads {
    /// The figures of a road graph.
    #[must_use]
    pub fn of(roads: &plan::Roads, seen: &RoadsSeen, modes: &[Mode]) -> SealRoads {
        SealRoads {
            roads: roads.lines.len() - roads.left_out,
            chains: roads.chains.len(),
            length_km: tenth(roads.length_m() / 1e3),
            suspect_gaps: roads.gaps.len(),
            left_out: roads.left_out,
            modes: modes.iter().map(|mode| mode.word().to_owned()).collect(),
            hash: seen.roads.hash.clone(),
            faults: seen.faults.iter().take(MAX_FAULTS).map(ToString::to_string).collect(),
        }
    }
}

/// What verdicts rest on that nobody has measured.
pub(super) fn assumptions(snapshot: &Snapshot, cordon: &Cordon, modes: &[Mode]) -> Vec<String> {
    let discs = snapshot.registry.areas.values().any(|a| a.kind == AreaKind::Hamlet && a.boundary.is_none());
    let holds = |assumption: &&&str| match **assumption {
        "footpaths_not_counted" => !modes.contains(&Mode::Foot),
        "suspect_gaps_both_ways" => !cordon.roads.gaps.is_empty(),
        "entrances_off_roads_cut_nothing" => !cordon.layout.off_roads.is_empty(),
        "hamlets_without_boundary_are_discs" => discs,
        _ => true,
    };
    SEAL_ASSUMPTIONS.iter().filter(holds).map(|a| (*a).to_owned()).collect()
}

/// Ids for the slots of a snapshot and the numbers of a cordon.
pub(super) struct Names<'s> {
    pub(super) snapshot: &'s Snapshot,
    pub(super) cordon: &'s Cordon,
    /// Cameras in the slots behind those of the snapshot.
    pub(super) added: &'s [Camera],
}

impl Names<'_> {
    pub(super) fn seal(&self, seal: &plan::Seal) -> Seal {
        Seal {
            scope: seal.scope.word().to_owned(),
            id: seal.area.id.to_string(),
            name: seal.area.name.to_string(),
            verdict: seal.verdict.word().to_owned(),
            why: seal.why.map(|why| why.word().to_owned()),
            thickness_lower: seal.thickness.0,
            thickness_upper: seal.thickness.1,
            width_lower: seal.width.0,
            width_upper: seal.width.1,
            width_sites: seal.sites.iter().map(|site| self.site(site)).collect(),
            route: seal.route.as_ref().map(|route| self.route(route)),
            leaked: SealLeaked {
                hamlets: seal.leaked.hamlets.iter().map(|key| key.id.to_string()).collect(),
                road_km: tenth(seal.leaked.road_m / 1e3),
            },
            grey_km: seal.grey_m.map(|metres| tenth(metres / 1e3)),
        }
    }

    fn site(&self, site: &plan::Site) -> SealSite {
        let [lon, lat] = degrees(site.place);
        SealSite {
            entrance: site.entrance.and_then(|e| self.entrance(e)),
            road: self.cordon.roads.road_id(site.chain, site.at_m).to_string(),
            lon,
            lat,
        }
    }

    fn route(&self, route: &plan::Route) -> SealRoute {
        let roads = &self.cordon.roads;
        let id = |road: &u32| roads.lines.get(*road as usize).map(|line| line.id.to_string());
        let mut ids: Vec<String> = route.roads.iter().filter_map(id).filter(|id| !id.is_empty()).collect();
        ids.dedup();
        let entrances = |of: &[EntranceIx]| of.iter().filter_map(|e| self.entrance(*e)).collect();
        SealRoute {
            length_m: route.length_m.round(),
            roads: ids,
            entrances: entrances(&route.entrances),
            unwatched: entrances(&route.unwatched),
            dead_cameras: route.dead.iter().filter_map(|c| self.camera(*c)).collect(),
            suspect_gaps: route.gaps,
            line: route.line.iter().map(|c| degrees(*c)).collect(),
        }
    }

    fn entrances(&self, unwatched: &[(EntranceIx, [Option<bool>; 3])]) -> SealEntrances {
        let screened = |scope: usize| {
            let known: Vec<bool> = unwatched.iter().filter_map(|(_, screened)| screened[scope]).collect();
            let any = Scope::ALL.get(scope).is_some_and(|s| self.cordon.zones.families.iter().any(|f| f.scope == *s));
            any.then(|| known.into_iter().filter(|screened| *screened).count())
        };
        SealEntrances {
            unwatched: unwatched.len(),
            screened_town: screened(0),
            screened_block: screened(1),
            screened_local: screened(2),
            off_roads: self.cordon.layout.off_roads.iter().filter_map(|e| self.entrance(*e)).collect(),
        }
    }

    fn entrance(&self, entrance: EntranceIx) -> Option<String> {
        self.snapshot.topology.entrances.get(entrance.at()).map(|slot| slot.id.to_string())
    }

    pub(super) fn camera(&self, camera: CameraIx) -> Option<String> {
        let slots = &self.snapshot.topology.cameras;
        match camera.at().checked_sub(slots.len()) {
            Some(added) => self.added.get(added).map(|camera| camera.id.to_string()),
            None => slots.get(camera.at()).map(|slot| slot.id.to_string()),
        }
    }
}

/// Seven decimals: a centimetre.
fn degrees(place: Coord<f64>) -> [f64; 2] {
    [place.x, place.y].map(|degrees| (degrees * 1e7).round() / 1e7)
}

fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
