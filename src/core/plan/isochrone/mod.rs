//! How long it takes by road from the nearest post to each entrance, and which roads are reached in time.
//!
//! Posts are work stations and liaison points. One drives both ways along every road that counts, as fast as its class
//! allows; from the call to the start passes the turnout. What is said of an entrance is what the mapped roads say; where a
//! suspect gap, were it none, would bring somebody there in time, that is not known. An entrance that stands at no
//! road is never said to be outside.

mod pace;
mod parts;
mod search;
#[cfg(test)]
mod tests;

pub use pace::{Pace, PaceFault};
pub use parts::Part;
pub use search::Way;

use crate::coverage::EntranceState;
use crate::model::{EntranceIx, PlaceId};
use crate::registry::{Entrance, LonLat, PlaceKind, Registry, Topology};
use search::{Gaps, Times};

use super::roads::{ON_ROAD_M, Roads, Snap};

/// Whether somebody is at an entrance in time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Reach {
    /// Nobody is.
    Outside,
    /// That cannot be said.
    Unknown,
    /// Somebody is.
    Within,
}

/// Why nobody is there in time, or why that cannot be said.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Unreached {
    /// It is too far.
    Far,
    /// The mapped roads lead there from no post.
    NoWay,
    /// In time only over a place where the map may lack a junction.
    SuspectGap,
    /// It stands at no road.
    OffRoads,
    /// Nothing says where it is.
    NoPosition,
    /// No post stands at a road.
    NoPost,
}

impl Reach {
    /// Every value.
    pub const ALL: [Reach; 3] = [Reach::Outside, Reach::Unknown, Reach::Within];

    /// The word users see.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Reach::Outside => "outside",
            Reach::Unknown => "unknown",
            Reach::Within => "within",
        }
    }
}

impl Unreached {
    /// Every value.
    pub const ALL: [Unreached; 6] = [
        Unreached::Far,
        Unreached::NoWay,
        Unreached::SuspectGap,
        Unreached::OffRoads,
        Unreached::NoPosition,
        Unreached::NoPost,
    ];

    /// The word users see.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Unreached::Far => "far",
            Unreached::NoWay => "no_way",
            Unreached::SuspectGap => "suspect_gap",
            Unreached::OffRoads => "off_roads",
            Unreached::NoPosition => "no_position",
            Unreached::NoPost => "no_post",
        }
    }
}

/// Where somebody drives out from.
#[derive(Clone, PartialEq, Debug)]
pub struct Post {
    /// The place of the registry.
    pub id: PlaceId,
    /// Where it stands on the roads; `None`: at none, and nobody drives out from it.
    pub at: Option<Snap>,
}

/// What is said of an entrance.
#[derive(Clone, PartialEq, Debug)]
pub struct Arrival {
    /// The entrance.
    pub entrance: EntranceIx,
    /// Whether somebody is there in time.
    pub reach: Reach,
    /// Why not, or why that is not known.
    pub why: Option<Unreached>,
    /// The shortest way as the map has the roads, also where it takes too long; `None` where there is none.
    pub way: Option<Way>,
    /// The same with suspect gaps joined: never longer.
    pub joined: Option<Way>,
    /// How far it stands from its road, metres; `None` where it stands at none.
    pub road_m: Option<f64>,
}

/// The answer.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Isochrone {
    /// Work stations and liaison points, in the order of ids: the numbers of posts.
    pub posts: Vec<Post>,
    /// The entrances in use: outside before unknown before within; of these lost ones before others, then the longest
    /// way first.
    pub items: Vec<Arrival>,
    /// What is reached in time, by chain.
    pub parts: Vec<Part>,
}

/// How long it takes by road from the nearest post to each entrance that is in use. `pace` must be checked. Costs a
/// search of all roads, two where there are suspect gaps.
#[must_use]
pub fn isochrone(
    roads: &Roads,
    registry: &Registry,
    topology: &Topology,
    pace: &Pace,
    state: &dyn Fn(EntranceIx) -> Option<EntranceState>,
) -> Isochrone {
    let places = registry.places.values().filter(|p| matches!(p.kind, PlaceKind::Station | PlaceKind::Liaison));
    let on_road = |at: LonLat, bearing| roads.snap(at, bearing, ON_ROAD_M);
    let posts: Vec<Post> =
        places.map(|p| Post { id: p.id.clone(), at: p.at.and_then(|at| on_road(at, None)) }).collect();
    let starts: Vec<Option<Snap>> = posts.iter().map(|post| post.at).collect();
    let times = Times::of(roads, &starts, pace);
    let limit_s = pace.limit.seconds_f64();
    let any_post = starts.iter().any(Option::is_some);
    let mut items: Vec<Arrival> = Vec::new();
    for (i, slot) in topology.entrances.iter().enumerate().filter(|(_, slot)| slot.judged) {
        let Some(object) = registry.entrances.get(&slot.id) else { continue };
        items.push(arrival(&times, EntranceIx::from(i), object, any_post, limit_s));
    }
    let lost = |item: &Arrival| state(item.entrance) == Some(EntranceState::Lost);
    let seconds = |item: &Arrival| item.way.map_or(f64::INFINITY, |way| way.seconds);
    items.sort_by(|a, b| {
        let first = (a.reach, !lost(a)).cmp(&(b.reach, !lost(b)));
        first.then(seconds(b).total_cmp(&seconds(a))).then(a.entrance.cmp(&b.entrance))
    });
    Isochrone { posts, items, parts: parts::parts(&times, limit_s) }
}

fn arrival(times: &Times<'_>, entrance: EntranceIx, object: &Entrance, any_post: bool, limit_s: f64) -> Arrival {
    let snap = object.at.and_then(|at| times.roads.snap(at, object.bearing, ON_ROAD_M));
    let [way, joined] = [Gaps::Open, Gaps::Joined].map(|gaps| times.way(&snap?, gaps));
    let in_time = |way: Option<Way>| way.is_some_and(|way| way.seconds <= limit_s);
    let (reach, why) = match (object.at, snap) {
        (None, _) => (Reach::Unknown, Some(Unreached::NoPosition)),
        (_, None) => (Reach::Unknown, Some(Unreached::OffRoads)),
        _ if !any_post => (Reach::Unknown, Some(Unreached::NoPost)),
        _ if in_time(way) => (Reach::Within, None),
        _ if in_time(joined) => (Reach::Unknown, Some(Unreached::SuspectGap)),
        _ if way.is_some() => (Reach::Outside, Some(Unreached::Far)),
        _ => (Reach::Outside, Some(Unreached::NoWay)),
    };
    Arrival { entrance, reach, why, way, joined, road_m: snap.map(|snap| snap.distance_m) }
}
