//! The cordon: roads cut at their entrances, and the areas that are to be shut off.
//!
//! Built once a map and registry version; whoever asks brings the cameras. Roads are contracted to zones
//! ([`crate::coverage::Zones`]), on which verdict and thickness are reckoned; only for a leak the roads themselves are
//! looked at again: for a way in, and for the fewest sites that would close it.

mod answer;
mod areas;
mod compare;
mod leak;
mod local;
mod net;
pub(super) mod shapes;
#[cfg(test)]
pub(super) mod tests;

use std::sync::Arc;

use crate::coverage::{Family, Scope, Zones};
use crate::model::EntranceIx;
use crate::registry::{LonLat, Registry, Topology};

use super::roads::{ON_ROAD_M, Roads, Snap};

pub use answer::{Leaked, Question, Route, Seal, Site};
pub use areas::AreaKey;
use areas::Outline;
pub use compare::Compared;
use net::Net;

/// An entrance that cuts a road.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Gate {
    /// The entrance.
    pub entrance: EntranceIx,
    /// Where it cuts.
    pub at: Snap,
    /// Whether this is the other carriageway of the road it stands at.
    pub twin: bool,
}

/// Where entrances cut roads, and which places are of which area; what contraction works on.
#[derive(Clone, Debug)]
pub struct Layout {
    /// In the order of entrances.
    pub gates: Vec<Gate>,
    /// Judged entrances that cut no road: none is near enough, or nothing says where they are.
    pub off_roads: Vec<EntranceIx>,
    outlines: Vec<Outline>,
}

/// The roads, cut and contracted.
#[derive(Clone, Debug)]
pub struct Cordon {
    /// The road graph.
    pub roads: Arc<Roads>,
    /// Where entrances cut.
    pub layout: Layout,
    /// What is judged at every change.
    pub zones: Zones,
    net: Net,
}

impl Layout {
    /// Puts entrances on the roads, and labels all junctions. `core_offset_m`: how far inside the boundary of the town
    /// the part begins that is to be shut off.
    #[must_use]
    pub fn new(roads: &Roads, registry: &Registry, topology: &Topology, core_offset_m: f64) -> Layout {
        let mut layout = Layout { gates: Vec::new(), off_roads: Vec::new(), outlines: Vec::new() };
        let slots = topology.entrances.iter().enumerate().filter(|(_, slot)| slot.judged);
        for (i, slot) in slots {
            let entrance = EntranceIx::from(i);
            let object = registry.entrances.get(&slot.id);
            let at = object.and_then(|e| roads.snap(e.at?, e.bearing, ON_ROAD_M));
            match at {
                None => layout.off_roads.push(entrance),
                Some(at) => {
                    layout.gates.push(Gate { entrance, at, twin: false });
                    let twins = roads.twins(&at).into_iter().map(|at| Gate { entrance, at, twin: true });
                    layout.gates.extend(twins);
                }
            }
        }
        layout.outlines = areas::outlines(roads, &layout.gates, registry, core_offset_m);
        layout
    }
}

impl Cordon {
    /// Contracts the roads between the gates to zones.
    #[must_use]
    pub fn contract(roads: Arc<Roads>, layout: Layout) -> Cordon {
        let marks: Vec<Snap> = layout.outlines.iter().flat_map(Outline::marks).collect();
        let net = Net::new(&roads, &layout.gates, &marks);
        let families = families(&layout.outlines, &net);
        let zones = Zones::new(net.zones, net.zone_edges(), families);
        Cordon { roads, layout, zones, net }
    }

    /// Cuts the roads of a registry; see [`Layout::new`].
    #[must_use]
    pub fn build(roads: Arc<Roads>, registry: &Registry, topology: &Topology, core_offset_m: f64) -> Cordon {
        let layout = Layout::new(&roads, registry, topology, core_offset_m);
        Cordon::contract(roads, layout)
    }

    /// The areas of a family, in their order.
    #[must_use]
    pub fn areas(&self, family: usize) -> &[AreaKey] {
        self.layout.outlines.get(family).map_or(&[], |outline| &outline.areas)
    }

    /// By scope, whether nothing unwatched leads to an entrance, also where nobody watches it: on neither side lies a
    /// zone into which an area of the scope leaks, or may. `None` where it cuts no road or the scope has no area.
    #[must_use]
    pub fn screened(&self, entrance: EntranceIx, into: &[Vec<bool>], scope: Scope) -> Option<bool> {
        let nodes = self.net.gate_sides(&self.layout.gates, entrance);
        let zones: Vec<u32> = nodes.map(|node| self.net.zone[node as usize]).collect();
        let families: Vec<usize> = (0..self.zones.families.len())
            .filter(|f| self.zones.families[*f].scope == scope && !self.areas(*f).is_empty())
            .collect();
        let leaks = |family: &usize| zones.iter().any(|z| into[*family].get(*z as usize) == Some(&true));
        (!zones.is_empty() && !families.is_empty()).then(|| !families.iter().any(leaks))
    }
}

/// The families of areas, with labels by zone.
fn families(outlines: &[Outline], net: &Net) -> Vec<Family> {
    let mut mark = net.first_mark;
    let mut families = Vec::new();
    for outline in outlines {
        let marks = outline.marks().count();
        let here = mark..mark + u32::try_from(marks).unwrap_or(0);
        mark = here.end;
        let zone = |node: u32| net.zone[node as usize];
        let mut cores = outline.cores(here.start, &net.zone);
        for nodes in &mut cores {
            nodes.iter_mut().for_each(|node| *node = zone(*node));
            nodes.sort_unstable();
            nodes.dedup();
        }
        let of_roads = (0_u32..).zip(outline.labels.iter().copied());
        let of_marks = here.zip(outline.marked.iter().map(|(area, _)| *area));
        let places = of_roads.chain(of_marks).map(|(node, label)| (zone(node), label));
        families.push(Family::new(outline.scope, cores, net.zones, places));
    }
    families
}

/// A place of the registry as the map has it.
fn coord(at: LonLat) -> geo::Coord<f64> {
    geo::Coord { x: at.lon, y: at.lat }
}
