//! Which roads count: by the way one may come.

/// How one may come into the town (settings, `[coverage] modes`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Mode {
    /// By car.
    Motor,
    /// By motorcycle or bicycle.
    TwoWheel,
    /// On foot.
    Foot,
}

/// Which roads and which places count when areas are to be shut off.
#[derive(Clone, PartialEq, Debug)]
pub struct Ways {
    /// Ways of coming in.
    pub modes: Vec<Mode>,
    /// How far inside the boundary of the town the part begins that is to be shut off, metres.
    pub core_offset_m: f64,
}

impl Default for Ways {
    /// names.md, `[coverage]`.
    fn default() -> Ways {
        Ways { modes: vec![Mode::Motor, Mode::TwoWheel], core_offset_m: 800.0 }
    }
}

/// Classes that are no road one can use: not built yet, gone, or something beside a road.
const NONE: [&str; 13] = [
    "abandoned",
    "bus_stop",
    "construction",
    "corridor",
    "demolished",
    "disused",
    "elevator",
    "no",
    "platform",
    "proposed",
    "raceway",
    "razed",
    "rest_area",
];
/// Classes for those on foot.
const FEET: [&str; 5] = ["bridleway", "footway", "path", "pedestrian", "steps"];
/// Classes for those on two wheels, and on foot.
const WHEELS: [&str; 1] = ["cycleway"];

impl Mode {
    /// Every mode.
    pub const ALL: [Mode; 3] = [Mode::Motor, Mode::TwoWheel, Mode::Foot];

    /// The word that settings use.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Mode::Motor => "motor",
            Mode::TwoWheel => "two_wheel",
            Mode::Foot => "foot",
        }
    }

    /// The mode a word names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Mode> {
        Mode::ALL.into_iter().find(|m| m.word() == word)
    }
}

/// Whether a class of road carries one of these modes. A class that is not known, or none, is a road for all: that can
/// only show too many ways in. Private roads count too.
#[must_use]
pub fn carries(highway: &str, modes: &[Mode]) -> bool {
    let fits = |mode: &Mode| match highway {
        class if NONE.contains(&class) => false,
        class if FEET.contains(&class) => *mode == Mode::Foot,
        class if WHEELS.contains(&class) => *mode != Mode::Motor,
        _ => true,
    };
    modes.iter().any(fits)
}
