//! Entrances that there should be: where roads cross the boundaries of hamlets and villages; and which of them are known.
//!
//! It proposes and changes nothing: a person accepts or rejects. Rules and figures are those of coverage.md §4.1. An
//! entrance that is known keeps its id wherever the map moves it by a little; what is on no map any more is told as
//! vanished and stays.

mod beyond;
mod clean;
mod crossing;
mod identity;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;

use geo::Coord;
use rstar::RTree;
use rstar::primitives::GeomWithData;

use super::cordon::shapes::{Shape, Shapes};
use super::roads::{Plane, Roads, bearing, lon_lat, metres, turn};
use crate::model::{AreaId, EntranceId};
use crate::registry::{Area, AreaKind, Entrance, LonLat, Registry};
use clean::Candidate;
pub(in crate::plan) use crossing::meet;

/// A hamlet without a boundary is known to lie within this of its place, metres.
const DISC_M: f64 = 150.0;
/// Over so much road the heading of an entrance is taken, metres.
const HEADING_M: f64 = 5.0;

/// A place where a road crosses the boundary of an area.
#[derive(Clone, PartialEq, Debug)]
pub struct Found {
    /// Home: the smallest area it opens.
    pub area: AreaId,
    /// Further areas whose boundary is crossed here.
    pub roles: Vec<AreaId>,
    /// Where.
    pub at: LonLat,
    /// Degrees clockwise from true north, heading in.
    pub bearing: f64,
    /// The road's id; may be empty.
    pub road: Arc<str>,
    /// The road's name; may be empty.
    pub name: Arc<str>,
    /// Where the other carriageways of the road cross it: whoever watches the entrance watches these too.
    pub gates: Vec<LonLat>,
    /// Whether outside of it lies nothing but a dead end.
    pub internal: bool,
}

/// An entrance that is known and was found.
#[derive(Clone, PartialEq, Debug)]
pub struct Matched {
    /// The entrance.
    pub entrance: EntranceId,
    /// What was found.
    pub found: Found,
    /// How far apart they are, metres.
    pub apart_m: f64,
    /// By how much their headings differ, degrees; `None` where the registry has none.
    pub turn_deg: Option<f64>,
}

/// An entrance that is not known yet.
#[derive(Clone, PartialEq, Debug)]
pub struct Proposed {
    /// An id that nothing has.
    pub id: EntranceId,
    /// What was found.
    pub found: Found,
}

/// What is suggested; areas and entrances in the order of their ids.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Suggestions {
    /// Known entrances that were found.
    pub matched: Vec<Matched>,
    /// What a person may accept.
    pub proposed: Vec<Proposed>,
    /// Known entrances of areas with a boundary, near which no road is found that crosses one.
    pub vanished: Vec<EntranceId>,
    /// Known entrances of areas with a boundary whose position is not known: what is proposed may be one of them.
    pub unplaced: Vec<EntranceId>,
    /// Places that are not known and behind which lies nothing but a dead end: no entrances, listed.
    pub internal_only: Vec<Found>,
    /// Areas that no road leads into: nearly always a gap of the map.
    pub isolated: Vec<AreaId>,
    /// Hamlets and villages without a boundary: of these nothing can be said.
    pub unbounded: Vec<AreaId>,
}

/// Suggests entrances. Costs a look at every road.
#[must_use]
pub fn suggest(roads: &Roads, registry: &Registry) -> Suggestions {
    let wanted: Vec<&Area> = registry.areas.values().filter(|area| rank(area.kind).is_some()).collect();
    let unbounded = wanted.iter().filter(|a| a.boundary.is_none()).map(|a| a.id.clone()).collect();
    let areas: Vec<(&Area, Shape)> = wanted
        .into_iter()
        .filter_map(|area| Some((area, Shape::new(area.id.as_str(), &area.name, area.boundary.clone()?))))
        .collect();
    let (areas, shapes): (Vec<&Area>, Vec<Shape>) = areas.into_iter().unzip();
    let found = found(roads, registry, &areas, &Shapes::new(shapes));
    let entered: BTreeSet<&AreaId> =
        found.iter().filter(|f| !f.internal).flat_map(|f| f.roles.iter().chain([&f.area])).collect();
    let isolated: Vec<AreaId> = areas.iter().map(|a| &a.id).filter(|id| !entered.contains(id)).cloned().collect();
    let bounded: BTreeSet<&AreaId> = areas.iter().map(|a| &a.id).collect();
    let mut suggestions = told(registry, found, &bounded);
    (suggestions.isolated, suggestions.unbounded) = (isolated, unbounded);
    suggestions
}

/// The kinds of areas whose boundaries are looked at, the smallest first.
const fn rank(kind: AreaKind) -> Option<u8> {
    match kind {
        AreaKind::Hamlet => Some(0),
        AreaKind::Village => Some(1),
        AreaKind::Community => Some(2),
        AreaKind::Town | AreaKind::Block => None,
    }
}

/// Every place where a road enters, by home and place.
fn found(roads: &Roads, registry: &Registry, areas: &[&Area], shapes: &Shapes) -> Vec<Found> {
    let near = (0_u32..).zip(&roads.chains).filter(|(_, chain)| shapes.may_cross(chain, 0.0));
    let met: Vec<_> = near.map(|(number, chain)| crossing::met(number, chain, shapes)).collect();
    let ends: Vec<_> = met.iter().flat_map(|met| met.ends.iter().copied()).collect();
    let mut crossings: Vec<_> = met.into_iter().flat_map(|met| met.crossings).collect();
    crossings.extend(clean::at_junctions(roads, &ends));
    let crossings = clean::settle_roundabouts(roads, shapes, crossings);
    // By number: areas are in the order of their ids.
    let rank_of = |number: u32| (areas.get(number as usize).and_then(|a| rank(a.kind)), number);
    let candidates = clean::join_carriageways(roads, clean::shared(crossings, rank_of));
    let town = registry.areas.values().find(|a| a.kind == AreaKind::Town).and_then(|a| a.boundary.as_ref());
    let discs = registry.areas.values().filter(|a| rank(a.kind).is_some() && a.boundary.is_none());
    let beyond: Vec<_> = discs.filter_map(|a| roads.snap(a.at?, None, DISC_M)).collect();
    let internal = beyond::dead_ends(roads, &candidates, town, &beyond);
    let told = candidates.iter().zip(internal);
    let mut found: Vec<Found> =
        told.filter_map(|(candidate, internal)| of_candidate(roads, areas, candidate, internal)).collect();
    found.sort_by(|a, b| {
        let place = |f: &Found| (f.at.lon, f.at.lat);
        a.area.cmp(&b.area).then(place(a).partial_cmp(&place(b)).unwrap_or(std::cmp::Ordering::Equal))
    });
    found
}

fn of_candidate(roads: &Roads, areas: &[&Area], candidate: &Candidate, internal: bool) -> Option<Found> {
    let chain = roads.chains.get(candidate.chain as usize)?;
    let place = |(chain, at_m): &(u32, f64)| Some(lon_lat(roads.chains.get(*chain as usize)?.place(*at_m)));
    let inward = candidate.opens.first()?.1;
    let ends = [candidate.at_m - HEADING_M, candidate.at_m + HEADING_M];
    let [before, behind] = ends.map(|at_m| chain.place(at_m.clamp(0.0, chain.length_m())));
    let (from, to) = if inward { (before, behind) } else { (behind, before) };
    let mut opened = candidate.opens.iter().filter_map(|(area, _)| Some(areas.get(*area as usize)?.id.clone()));
    Some(Found {
        area: opened.next()?,
        roles: opened.collect(),
        at: lon_lat(chain.place(candidate.at_m)),
        bearing: bearing(from, to).rem_euclid(360.0),
        road: roads.road_id(candidate.chain, candidate.at_m),
        name: roads.lines.get(chain.road_at(candidate.at_m) as usize).map(|l| l.name.clone()).unwrap_or_default(),
        gates: candidate.gates.iter().filter_map(place).collect(),
        internal,
    })
}

/// What is known, what is new, what is gone.
fn told(registry: &Registry, found: Vec<Found>, bounded: &BTreeSet<&AreaId>) -> Suggestions {
    // What was derived from cameras for want of a list is nobody's knowledge, and goes when there is a list.
    let listed = || registry.entrances.values().filter(|e| e.derived_from.is_empty());
    let known: Vec<(&Entrance, LonLat)> = listed().filter_map(|e| Some((e, e.at?))).collect();
    let chosen = identity::assign(found.len(), known.len(), &pairs(&found, &known));
    let mut entrance_of = vec![None; found.len()];
    let mut gone: BTreeSet<&EntranceId> = known.iter().map(|(e, _)| &e.id).collect();
    for (place, number) in chosen {
        if let (Some(of), Some((entrance, at))) = (entrance_of.get_mut(place), known.get(number)) {
            *of = Some((*entrance, *at));
            gone.remove(&entrance.id);
        }
    }
    let mut told = Suggestions::default();
    let mut ids = Ids { taken: registry.ids().map(|(id, _)| id.into()).collect() };
    for (place, known) in found.into_iter().zip(entrance_of) {
        match known {
            Some((entrance, at)) => told.matched.push(Matched {
                entrance: entrance.id.clone(),
                apart_m: metres(coord(at), coord(place.at)),
                turn_deg: entrance.bearing.map(|own| turn(own, place.bearing)),
                found: place,
            }),
            None if place.internal => told.internal_only.push(place),
            None => told.proposed.extend(ids.free(&place.area).map(|id| Proposed { id, found: place })),
        }
    }
    told.matched.sort_by(|a, b| a.entrance.cmp(&b.entrance));
    let in_bounds = |e: &&Entrance| bounded.contains(&e.area);
    told.unplaced = listed().filter(|e| e.at.is_none()).filter(in_bounds).map(|e| e.id.clone()).collect();
    let gone = known.iter().filter(|(e, _)| gone.contains(&e.id) && bounded.contains(&e.area));
    // Each carriageway may be known by itself: its road is there, as a gate of the other.
    let is_gate = |at: LonLat| {
        let mut gates = told.matched.iter().flat_map(|m| &m.found.gates);
        gates.any(|gate| metres(coord(*gate), coord(at)) <= identity::REACH_M)
    };
    told.vanished = gone.filter(|(_, at)| !is_gate(*at)).map(|(e, _)| e.id.clone()).collect();
    told
}

/// Pairs that may be one, with what that costs.
fn pairs(found: &[Found], known: &[(&Entrance, LonLat)]) -> Vec<(usize, usize, f64)> {
    let plane = Plane::around(found.iter().map(|f| coord(f.at)));
    let places = found.iter().enumerate().map(|(i, f)| GeomWithData::new(plane.of(coord(f.at)), i));
    let tree = RTree::bulk_load(places.collect());
    let reach = identity::REACH_M * 1.02;
    let mut pairs = Vec::new();
    for (number, (entrance, at)) in known.iter().enumerate() {
        for near in tree.locate_within_distance(plane.of(coord(*at)), reach * reach) {
            let Some(place) = found.get(near.data) else { continue };
            let turned = entrance.bearing.map(|own| turn(own, place.bearing));
            let other_name = !place.name.is_empty() && !entrance.name.contains(&*place.name);
            let cost = identity::cost(metres(coord(*at), coord(place.at)), turned, other_name);
            pairs.extend(cost.map(|cost| (near.data, number, cost)));
        }
    }
    pairs.sort_by_key(|(place, number, _)| (*place, *number));
    pairs
}

/// Ids that are in use.
struct Ids {
    taken: BTreeSet<Arc<str>>,
}

impl Ids {
    /// The first id of an area that nothing has, such as `H07-E1`.
    fn free(&mut self, area: &AreaId) -> Option<EntranceId> {
        // An id has 64 characters at most, and is ASCII.
        let stem: String = area.as_str().chars().take(52).collect();
        let id = (1_u32..).map(|n| format!("{stem}-E{n}")).find(|id| !self.taken.contains(id.as_str()))?;
        self.taken.insert(id.as_str().into());
        EntranceId::new(&id).ok()
    }
}

fn coord(at: LonLat) -> Coord<f64> {
    Coord { x: at.lon, y: at.lat }
}
