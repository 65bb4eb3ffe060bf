//! A TOWN FROM A SEED: made-up towns with the figures of Liuzhi, and stories of faults, for the demo, tests and
//! benchmarks.
//!
//! Answers: what would the register of a town of so many cameras look like, and which faults show a newcomer what the
//! monitor does. The same seed and size give the same town for ever, bit for bit, on every machine. Never asks the
//! world for chance, never reads the real positions of anything: names and codes of the villages are real, where
//! they lie and everything else is made up, and says so.

mod cameras;
mod counts;
mod fault;
mod gates;
mod geometry;
mod ids;
mod jobs;
mod land;
mod net;
mod network;
mod notes;
mod places;
mod plan;
mod rng;
mod story;
mod tables;
#[cfg(test)]
mod tests;
mod ways;

use std::collections::BTreeMap;

use crate::model::{CameraId, EntranceId, IdFault};
use crate::registry::{Area, AreaKind, Density, Dirs, Entrance, EntranceStatus, Registry};

pub use fault::Fault;
pub use net::Net;
pub use story::{Action, Expectation, Said, Scene, Story, StoryTarget};
pub use ways::{Road, RoadClass};

use cameras::Posted;
use counts::Counts;
use gates::{GateKind, Gates};
use ids::{area_id, element_id, entrance_id};
use land::{Land, digits};
use plan::{Blocks, Plan, TOWN_ID};
use ways::{End, Way, Ways};

/// What stands where a position is made up: `source` of an entrance, `note` of everything else.
const SYNTHETIC: &str = "synthetic position";
/// The same where the name is made up too.
const SYNTHETIC_NAME: &str = "synthetic name and position";
/// The most cameras a town is made for.
const MOST_CAMERAS: usize = 100_000;

/// Which town.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Spec {
    /// Decides everything that is made up.
    pub seed: u64,
    /// Cameras, 1 to 10 000; everything else follows in proportion.
    pub cameras: usize,
    /// Where the cameras and nodes have their addresses.
    pub net: Net,
}

impl Default for Spec {
    /// Liuzhi: 778 cameras in 127.20.0.0/16.
    fn default() -> Self {
        Spec { seed: 1, cameras: counts::CAMERAS, net: Net::default() }
    }
}

/// Why there is no such town.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TownFault {
    /// None, or too many.
    #[error("a town has 1 to {MOST_CAMERAS} cameras, not {0}")]
    Cameras(usize),
    /// The network is no place for a town.
    #[error("the network of a town has a prefix of 8 to 28 bits, not {0}")]
    Prefix(u8),
    /// Not every camera and switch gets an address of its own.
    #[error("{net} has room for {room} cameras and switches, {wanted} are wanted")]
    NetTooSmall {
        /// The network.
        net: Net,
        /// Addresses that are needed.
        wanted: usize,
        /// Addresses that it has, without the canary.
        room: usize,
    },
    /// A made-up id is none: a fault of this room.
    #[error("the town has made the id {text:?}, which is none")]
    Id {
        /// The id.
        text: String,
        /// What is wrong with it.
        #[source]
        fault: IdFault,
    },
}

/// A made-up town.
#[derive(Clone, PartialEq, Debug)]
pub struct Town {
    /// What it was made from.
    pub spec: Spec,
    /// Everything the register holds.
    pub registry: Registry,
    /// The roads; not part of the registry yet.
    pub roads: Vec<Road>,
    /// Which cameras were put up for which entrance and watch it (by day; where they have light, by night too).
    /// Cameras may see further entrances by chance; the coverage room reckons that.
    pub placed: BTreeMap<EntranceId, Vec<CameraId>>,
    /// Cameras that were put up for an entrance but are known too little: at best `maybe`, a survey task.
    pub survey: BTreeMap<EntranceId, Vec<CameraId>>,
    /// A README for the folder of the registry: what is real, what is made up, and the figures. Markdown, Chinese
    /// and English.
    pub notes: String,
}

impl Town {
    /// Makes the town.
    ///
    /// # Errors
    /// When the number of cameras is out of bounds or the network too small for them.
    pub fn generate(spec: &Spec) -> Result<Town, TownFault> {
        if !(1..=MOST_CAMERAS).contains(&spec.cameras) {
            return Err(TownFault::Cameras(spec.cameras));
        }
        let counts = Counts::for_cameras(spec.cameras);
        let land = Land::new(spec.seed, &counts);
        let ways = Ways::new(spec.seed, &land, &counts);
        let blocks = Blocks::new(spec.seed, &land, &counts);
        let gates = Gates::new(&land, &ways, &blocks);
        let plan = Plan::new(spec.seed, &land, &ways, &gates, &counts);
        let jobs = jobs::jobs(spec.seed, &gates, &plan, spec.cameras);
        let mut posted = cameras::put_up(spec.seed, &land, &gates, jobs)?;
        let nodes = network::wire(spec.seed, spec.net, &land, &counts, &mut posted)?;
        let (placed, survey) = placements(&gates, &posted)?;
        let registry = Registry {
            areas: areas(&land)?.into_iter().map(|a| (a.id.clone(), a)).collect(),
            nodes: nodes.into_iter().map(|n| (n.id.clone(), n)).collect(),
            entrances: entrances(&land, &gates, &placed)?.into_iter().map(|e| (e.id.clone(), e)).collect(),
            cameras: posted.into_iter().map(|p| (p.camera.id.clone(), p.camera)).collect(),
            elements: plan.elements(&land, &blocks, &gates)?.into_iter().map(|e| (e.id.clone(), e)).collect(),
            places: places::places(spec.seed, &land, &plan, &counts)?.into_iter().map(|p| (p.id.clone(), p)).collect(),
            sites: BTreeMap::new(),
            work: BTreeMap::new(),
        };
        let mut town = Town { spec: *spec, registry, roads: roads(&land, &ways), placed, survey, notes: String::new() };
        town.notes = notes::notes(&town, counts.area_m2);
        Ok(town)
    }
}

type Placed = BTreeMap<EntranceId, Vec<CameraId>>;

/// Cameras by the entrance they are for: those that watch it, and those that may.
fn placements(gates: &Gates, posted: &[Posted]) -> Result<(Placed, Placed), TownFault> {
    let (mut placed, mut survey) = (Placed::new(), Placed::new());
    for post in posted {
        let table = if post.sure { &mut placed } else { &mut survey };
        for gate in &post.gates {
            table.entry(entrance_id(&gates.all[*gate].id)?).or_default().push(post.camera.id.clone());
        }
    }
    Ok((placed, survey))
}

fn areas(land: &Land) -> Result<Vec<Area>, TownFault> {
    let area = |id: &str, parent: Option<&str>, kind: AreaKind, name: &str, at: geometry::P, note: &str| {
        Ok(Area {
            id: area_id(id)?,
            parent: parent.map(area_id).transpose()?,
            kind,
            name: name.into(),
            code: None,
            at: Some(at.lon_lat()),
            boundary: None,
            extra: [("note".into(), note.into())].into(),
        })
    };
    let shape = |ring: &[geometry::P]| Some(geo::MultiPolygon::new(vec![geometry::polygon(ring)]));
    let town = area(TOWN_ID, None, AreaKind::Town, "六指街", geometry::P::new(0.0, 0.0), SYNTHETIC)?;
    let mut areas = vec![Area { code: Some("420116006".into()), boundary: shape(&land.ring), ..town }];
    for v in &land.villages {
        let note = if v.code.is_some() { SYNTHETIC } else { SYNTHETIC_NAME };
        let village = area(&v.id, Some(TOWN_ID), v.kind, &v.name, v.at, note)?;
        areas.push(Area { code: v.code.map(Into::into), boundary: shape(&v.ring), ..village });
    }
    for h in &land.hamlets {
        let village = &land.villages[h.village].id;
        areas.push(area(&h.id, Some(village), AreaKind::Hamlet, &h.name, h.at, SYNTHETIC_NAME)?);
    }
    Ok(areas)
}

fn entrances(land: &Land, gates: &Gates, placed: &Placed) -> Result<Vec<Entrance>, TownFault> {
    let entrance = |gate: &gates::Gate| {
        let id = entrance_id(&gate.id)?;
        let (home, density, priority) = match (gate.kind, gate.class) {
            (GateKind::Town, _) => (&land.villages[gate.village].id, Density::Observe, 1),
            (GateKind::Block(..), _) => (&land.villages[gate.village].id, Density::Detect, 2),
            (GateKind::Hamlet(h), RoadClass::Main | RoadClass::Village) => (&land.hamlets[h].id, Density::Detect, 3),
            (GateKind::Hamlet(h), RoadClass::Hamlet) => (&land.hamlets[h].id, Density::Detect, 4),
            (GateKind::Hamlet(h), RoadClass::Track) => (&land.hamlets[h].id, Density::Detect, 5),
        };
        Ok(Entrance {
            area: area_id(home)?,
            name: gate.name.as_str().into(),
            at: Some(gate.at.lon_lat()),
            bearing: Some(geometry::round(gate.heading, 1) % 360.0),
            density,
            required: 1,
            // A spare is wanted where the plan has put one up.
            target: if placed.get(&id).is_some_and(|cameras| cameras.len() > 1) { 2 } else { 1 },
            priority,
            roles: gate.roles.iter().map(|r| element_id(r)).collect::<Result<_, _>>()?,
            dirs: Dirs::Any,
            status: EntranceStatus::Active,
            source: Some(SYNTHETIC.into()),
            derived_from: Vec::new(),
            extra: Default::default(),
            id,
        })
    };
    gates.all.iter().map(entrance).collect()
}

fn roads(land: &Land, ways: &Ways) -> Vec<Road> {
    let width = digits(ways.all.len()).max(4);
    let name = |way: &Way| {
        let from = &land.hamlets[way.from];
        match way.to {
            End::Hamlet(to) if land.hamlets[to].village == from.village => {
                format!("{}—{}路", from.name, land.hamlets[to].name)
            }
            End::Hamlet(to) => {
                let village = |h: usize| &land.villages[land.hamlets[h].village].name;
                format!("{}—{}村道", village(way.from), village(to))
            }
            End::Outside => format!("{}出街路", from.name),
            End::Field(_) => format!("{}机耕路", from.name),
        }
    };
    let numbered = ways.all.iter().enumerate();
    numbered
        .map(|(i, way)| Road {
            id: format!("R{:0width$}", i + 1),
            class: way.class,
            name: name(way),
            line: geometry::line_string(&way.line),
        })
        .collect()
}
