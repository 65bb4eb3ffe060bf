//! Who watches what: the table from cameras to entrances, built once a registry version.

use crate::model::{CameraIx, EntranceIx};

/// One camera that watches, or may watch, one entrance.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Watcher {
    /// The camera.
    pub camera: CameraIx,
    /// By day.
    pub day: Verdict,
    /// By night.
    pub night: Verdict,
    /// Said by the registry, not computed.
    pub declared: bool,
}

/// Whether a camera watches (semantics.md §4).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Verdict {
    /// It does not.
    No,
    /// It may: something about it is not known well enough. Never covers.
    Maybe,
    /// It does.
    Yes,
}

/// The table.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Watch {
    /// By [`EntranceIx`]: everything with a verdict other than no, planned cameras included, in the order of camera ids.
    pub of_entrance: Vec<Vec<Watcher>>,
    /// By [`CameraIx`]: the entrances that it watches by day or by night with `yes`.
    pub of_camera: Vec<Vec<EntranceIx>>,
}
