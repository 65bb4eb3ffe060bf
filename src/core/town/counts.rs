//! How much of everything a town of so many cameras has: Liuzhi, larger or smaller.

/// Cameras of Liuzhi, to which every other figure belongs.
pub(super) const CAMERAS: usize = 778;
/// Its area, square metres.
const AREA_M2: f64 = 237e6;
/// A town is at least so large, square metres: smaller ones have no room for roads.
const LEAST_AREA_M2: f64 = 7e6;

/// How much of everything there is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Counts {
    pub(super) cameras: usize,
    pub(super) area_m2: f64,
    /// Communities and villages together.
    pub(super) villages: usize,
    pub(super) communities: usize,
    pub(super) hamlets: usize,
    /// Roads between hamlets.
    pub(super) ways: usize,
    /// Roads that cross the town's boundary.
    pub(super) exits: usize,
    /// Dead-end tracks beside another road.
    pub(super) tracks: usize,
    pub(super) blocks: usize,
    pub(super) lines: usize,
    pub(super) stations: usize,
    pub(super) liaisons: usize,
    /// Schools and the like.
    pub(super) public_places: usize,
    pub(super) aggregations: usize,
    /// Cameras that a switch bears at most.
    pub(super) per_switch: usize,
}

impl Counts {
    /// For so many cameras.
    pub(super) fn for_cameras(cameras: usize) -> Counts {
        let share = |of: usize| (of * cameras + CAMERAS / 2) / CAMERAS;
        // What lies along a boundary grows with its length, not with the area.
        let edge = |of: f64| (of * (cameras as f64 / CAMERAS as f64).sqrt()).round() as usize;
        let villages = share(60).max(1);
        let hamlets = share(531).max(villages);
        Counts {
            cameras,
            area_m2: (AREA_M2 * cameras as f64 / CAMERAS as f64).max(LEAST_AREA_M2),
            villages,
            communities: share(2).min(2).max(usize::from(villages > 1)),
            hamlets,
            ways: (hamlets * 142 / 100).max(hamlets - 1),
            exits: edge(24.0).max(2),
            tracks: share(20).max(usize::from(hamlets > 4)),
            blocks: share(8).max(1 + usize::from(hamlets > 1)),
            lines: edge(6.0).max(1),
            stations: share(6).max(1),
            liaisons: share(40).max(1),
            public_places: share(12),
            aggregations: if cameras < 12 { 1 } else { share(3).max(2) },
            per_switch: (cameras / 2).clamp(4, 24),
        }
    }
}
