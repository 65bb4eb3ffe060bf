//! WHAT EXISTS: areas, entrances, cameras, nodes, plan elements; how they hang together; what is wrong with them.
//!
//! Answers: what does the town have, what hangs on what, what would change, which rows are faulty. It never asks
//! whether anything is up, and never reads a file: it gets tables of text and gives values and faults.

mod camera;
mod check;
mod checks;
mod datum;
mod derive;
mod diff;
mod fault;
mod fault_en;
mod fault_pbf;
mod fault_roads;
mod fault_zh;
mod guess;
mod objects;
mod read;
mod summary;
mod tables;
#[cfg(test)]
mod tests;
mod topology;
mod work;
mod write;

pub use camera::{
    Azimuth, Camera, CameraKind, CheckPlan, ChecksSpec, Duty, Layer, Life, NightLight, ReachVia, ReachWord, WatchRule,
};
pub use check::{judge, judge_added, judge_moved};
pub use checks::{Intervals, next_due};
pub use datum::Datum;
pub use derive::{DERIVED, POLE, entrances as derived_entrances};
pub use diff::{Change, Diff, Rename, RenameBy, What, diff};
pub use fault::{
    CellFault, CheckWordFault, Fault, FaultKind, FaultSeverity, FileFault, HostHint, MAX_FAULTS, NumberHint,
    ShapeFault, Unbuilt, UrlFault,
};
pub use fault_pbf::PbfFault;
pub use fault_roads::RoadFault;
pub use objects::{
    Area, AreaKind, Density, Dirs, Element, Entrance, EntranceStatus, Extra, Gate, LonLat, Needs, Node, NodeKind,
    Place, PlaceKind, Registry, Site, SiteKind,
};
pub use read::{WrittenPositions, read, written_positions};
pub use summary::{PlanSummary, plan_summary};
pub use tables::{FileKind, Lines, ObjectKind, Row, RowCells, Table, Tables};
pub use topology::{CameraSlot, DenseGate, EntranceSlot, NodeSlot, Topology};
pub use work::{PlannedWork, WallTime, Weekly};
pub use write::{ObjectRow, empty as empty_table, object_row, object_rows, tables_of, tables_of_rows};
