//! The objects of the registry, but for cameras: one struct a file of names.md.

use std::collections::BTreeMap;
use std::sync::Arc;

use geo::{Geometry, MultiPolygon};

use super::{Camera, ObjectKind, PlannedWork};
use crate::model::{AreaId, CameraId, ElementId, EntranceId, NodeId, PlaceId, SiteId, WorkId};

/// Columns that names.md does not know; kept and shown, never dropped.
pub type Extra = BTreeMap<Arc<str>, Arc<str>>;

/// A position: WGS 84, degrees.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct LonLat {
    /// Longitude, -180 to 180.
    pub lon: f64,
    /// Latitude, -90 to 90.
    pub lat: f64,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// Every value.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// Every word, in the same order.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word as the registry writes it.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }

            /// The value a word names.
            #[must_use]
            pub fn from_word(word: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|v| v.word() == word)
            }
        }
    };
}
pub(super) use words;

words! {
    /// What an area is.
    AreaKind {
        /// The town (街道).
        Town = "town",
        /// A community (社区).
        Community = "community",
        /// An administrative village (行政村).
        Village = "village",
        /// A hamlet (自然湾).
        Hamlet = "hamlet",
        /// A block of the plan (块).
        Block = "block",
    }
}
words! {
    /// What a node is (names.md, nodes.csv).
    NodeKind {
        /// The way out of the town.
        Uplink = "uplink",
        /// A switch.
        Switch = "switch",
        /// The box at the end of a fibre.
        Onu = "onu",
        /// A recorder that cameras hang on.
        Nvr = "nvr",
        /// A power feed.
        Power = "power",
        /// A pole.
        Pole = "pole",
        /// An "all or any" of its parents, nothing that stands anywhere.
        Group = "group",
    }
}
words! {
    /// Whether all parents must work, or any.
    Needs {
        /// All of them.
        All = "all",
        /// At least one of them.
        Any = "any",
    }
}
words! {
    /// How finely an entrance must be seen (EN 62676-4); the settings give pixels a metre.
    Density {
        /// That somebody is there.
        Detect = "detect",
        /// What they do.
        Observe = "observe",
        /// Known persons are recognised; here only a demand on the equipment.
        Recognise = "recognise",
        /// The finest class; here only a demand on the equipment.
        Identify = "identify",
    }
}
words! {
    /// The travel direction that must be seen.
    Dirs {
        /// Heading in.
        In = "in",
        /// Heading out.
        Out = "out",
        /// Each of both.
        Both = "both",
        /// Any.
        Any = "any",
    }
}
words! {
    /// The life of an entrance.
    EntranceStatus {
        /// Suggested, not yet accepted: not judged.
        Proposed = "proposed",
        /// In use.
        Active = "active",
        /// The road is closed: not judged.
        Closed = "closed",
    }
}
words! {
    /// What a place is.
    PlaceKind {
        /// A police work station.
        Station = "station",
        /// A liaison point.
        Liaison = "liaison",
        /// A maintenance team.
        Team = "team",
    }
}
words! {
    /// What stands at a site.
    SiteKind {
        /// A pole.
        Pole = "pole",
        /// A street lamp.
        Lamp = "lamp",
        /// Nothing yet.
        New = "new",
    }
}

/// An area of the town.
#[derive(Clone, PartialEq, Debug)]
pub struct Area {
    /// Its id.
    pub id: AreaId,
    /// The area it lies in.
    pub parent: Option<AreaId>,
    /// What it is.
    pub kind: AreaKind,
    /// Its name.
    pub name: Arc<str>,
    /// Its statistics code.
    pub code: Option<Arc<str>>,
    /// A point in it.
    pub at: Option<LonLat>,
    /// Its boundary, from areas.geojson.
    pub boundary: Option<MultiPolygon<f64>>,
    /// Unknown columns.
    pub extra: Extra,
}

/// Something that cameras or other nodes hang on.
#[derive(Clone, PartialEq, Debug)]
pub struct Node {
    /// Its id.
    pub id: NodeId,
    /// What it is.
    pub kind: NodeKind,
    /// Its name.
    pub name: Arc<str>,
    /// `host` (ICMP) or `host:port` (TCP); `None` for a passive node.
    pub address: Option<Arc<str>>,
    /// Where it stands.
    pub at: Option<LonLat>,
    /// What it hangs on.
    pub parents: Gate,
    /// What feeds it.
    pub power: Gate,
    /// Unknown columns.
    pub extra: Extra,
}

/// An "all or any" over nodes. Without nodes it holds: a root works by itself, an unknown path is no reason.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Gate {
    /// All or any.
    pub needs: Needs,
    /// The nodes, in the order of the file.
    pub of: Vec<NodeId>,
}

impl Default for Gate {
    fn default() -> Self {
        Gate { needs: Needs::All, of: Vec::new() }
    }
}

/// Where a road enters an area.
#[derive(Clone, PartialEq, Debug)]
pub struct Entrance {
    /// Its id.
    pub id: EntranceId,
    /// Home: the smallest area it opens.
    pub area: AreaId,
    /// Its name.
    pub name: Arc<str>,
    /// Where it is.
    pub at: Option<LonLat>,
    /// Degrees clockwise from true north, heading in.
    pub bearing: Option<f64>,
    /// How finely it must be seen.
    pub density: Density,
    /// Live cameras it needs, at least 1.
    pub required: u32,
    /// Live cameras it should have; never below `required`.
    pub target: u32,
    /// 1 (highest) to 5.
    pub priority: u8,
    /// Further areas or plan elements whose boundary this road crosses here.
    pub roles: Vec<ElementId>,
    /// Travel direction to be seen.
    pub dirs: Dirs,
    /// Its life.
    pub status: EntranceStatus,
    /// Where the entry comes from; `derived` where cunkou made it from camera positions.
    pub source: Option<Arc<str>>,
    /// For a derived entrance: the cameras it was derived from, which watch it by declaration.
    pub derived_from: Vec<CameraId>,
    /// Unknown columns.
    pub extra: Extra,
}

/// An element of the plan: circle, block, line or point (圈块线点).
#[derive(Clone, PartialEq, Debug)]
pub struct Element {
    /// Its id; shares one namespace with areas.
    pub id: ElementId,
    /// Its layer.
    pub layer: super::Layer,
    /// Its name.
    pub name: Arc<str>,
    /// The element or area it is part of.
    pub parent: Option<ElementId>,
    /// Its entrances; empty: those whose `roles` name it, else those within 60 m of its boundary.
    pub entrances: Vec<EntranceId>,
    /// Longest stretch of a line that may go unwatched, metres.
    pub max_gap_m: Option<f64>,
    /// Radius of a point, metres.
    pub radius_m: Option<f64>,
    /// Its shape.
    pub shape: Geometry<f64>,
    /// Unknown properties.
    pub extra: Extra,
}

/// A station, liaison point or team.
#[derive(Clone, PartialEq, Debug)]
pub struct Place {
    /// Its id.
    pub id: PlaceId,
    /// What it is.
    pub kind: PlaceKind,
    /// Its name.
    pub name: Arc<str>,
    /// Where it belongs.
    pub area: Option<AreaId>,
    /// Where it stands.
    pub at: Option<LonLat>,
    /// Personal: never in metrics, logs or open reads.
    pub contact: Option<Arc<str>>,
    /// Unknown columns.
    pub extra: Extra,
}

/// Where a camera could stand.
#[derive(Clone, PartialEq, Debug)]
pub struct Site {
    /// Its id.
    pub id: SiteId,
    /// What stands there.
    pub kind: SiteKind,
    /// Where.
    pub at: Option<LonLat>,
    /// What a camera there would cost, in the town's own unit.
    pub cost: Option<f64>,
    /// Unknown columns.
    pub extra: Extra,
}

/// Everything a town has, by id.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Registry {
    /// Areas.
    pub areas: BTreeMap<AreaId, Area>,
    /// Nodes.
    pub nodes: BTreeMap<NodeId, Node>,
    /// Entrances.
    pub entrances: BTreeMap<EntranceId, Entrance>,
    /// Cameras.
    pub cameras: BTreeMap<CameraId, Camera>,
    /// Elements of the plan.
    pub elements: BTreeMap<ElementId, Element>,
    /// Stations, liaison points, teams.
    pub places: BTreeMap<PlaceId, Place>,
    /// Where cameras could stand.
    pub sites: BTreeMap<SiteId, Site>,
    /// Work that is announced.
    pub work: BTreeMap<WorkId, PlannedWork>,
}

impl Registry {
    /// Every id with what it is, by kind and in order.
    pub fn ids(&self) -> impl Iterator<Item = (&str, ObjectKind)> {
        fn of<K: AsRef<str>, V>(map: &BTreeMap<K, V>, kind: ObjectKind) -> impl Iterator<Item = (&str, ObjectKind)> {
            map.keys().map(move |id| (id.as_ref(), kind))
        }
        of(&self.areas, ObjectKind::Area)
            .chain(of(&self.nodes, ObjectKind::Node))
            .chain(of(&self.entrances, ObjectKind::Entrance))
            .chain(of(&self.cameras, ObjectKind::Camera))
            .chain(of(&self.elements, ObjectKind::Element))
            .chain(of(&self.places, ObjectKind::Place))
            .chain(of(&self.sites, ObjectKind::Site))
            .chain(of(&self.work, ObjectKind::Work))
    }

    /// The village or community an area lies in, itself included; for a town or an area above, none.
    #[must_use]
    pub fn village_of(&self, area: &AreaId) -> Option<&Area> {
        // Bounded: a cycle among areas is a fault of the registry and must not hang whoever asks.
        let mut here = self.areas.get(area)?;
        for _ in 0..16 {
            if matches!(here.kind, AreaKind::Village | AreaKind::Community) {
                return Some(here);
            }
            here = self.areas.get(here.parent.as_ref()?)?;
        }
        None
    }

    /// The middle of the town, for the sun: the point of the area of kind `town`, else the mean of the cameras.
    #[must_use]
    pub fn centre(&self) -> Option<LonLat> {
        if let Some(at) = self.areas.values().find(|a| a.kind == AreaKind::Town).and_then(|a| a.at) {
            return Some(at);
        }
        let points: Vec<LonLat> = self.cameras.values().filter_map(|c| c.at).collect();
        let n = points.len() as f64;
        let sum = points.iter().fold((0.0, 0.0), |(lon, lat), p| (lon + p.lon, lat + p.lat));
        (!points.is_empty()).then(|| LonLat { lon: sum.0 / n, lat: sum.1 / n })
    }
}
