//! WHAT EXISTS: areas, entrances, cameras, nodes, plan elements; how they hang together; what is wrong with them.
//!
//! Answers: what does the town have, what hangs on what, what would change, which rows are faulty. It never asks
//! whether anything is up, and never reads a file: it gets tables of text and gives values and faults.

mod camera;
mod checks;
mod objects;
mod topology;

pub use camera::{
    Azimuth, Camera, CameraKind, CheckPlan, ChecksSpec, Duty, Layer, Life, NightLight, ReachVia, ReachWord, WatchRule,
};
pub use checks::{Intervals, next_due};
pub use objects::{
    Area, AreaKind, Density, Dirs, Element, Entrance, EntranceStatus, Extra, Gate, LonLat, Needs, Node, NodeKind,
    Place, PlaceKind, Registry, Site, SiteKind,
};
pub use topology::{CameraSlot, DenseGate, EntranceSlot, NodeSlot, Topology};
