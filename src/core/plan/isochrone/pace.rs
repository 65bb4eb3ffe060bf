//! How fast those get along who drive out from a post: by the class of the road.

use crate::model::Span;

/// What a drive costs: assumptions of the town, until somebody has driven it with a watch.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Pace {
    /// From the call until the car leaves the post; 0 to 30 minutes.
    pub turnout: Span,
    /// Who is there within this, turnout included, is there in time; 1 minute to 2 hours.
    pub limit: Span,
    /// On a paved road, km/h; 1 to 120.
    pub paved_kmh: f64,
    /// On a street of a village, and on a road of no known class, km/h; 1 to 120.
    pub street_kmh: f64,
    /// On a track into the fields, and on a way for two wheels, km/h; 1 to 120.
    pub track_kmh: f64,
    /// On a way for feet, where such ways are read, km/h; 1 to 120.
    pub foot_kmh: f64,
}

impl Default for Pace {
    /// The ten-minute circle of the plan, with the speeds of coverage.md §5.4; one walks 4 km an hour.
    fn default() -> Pace {
        Pace {
            turnout: Span::seconds(60),
            limit: Span::minutes(10),
            paved_kmh: 40.0,
            street_kmh: 20.0,
            track_kmh: 12.0,
            foot_kmh: 4.0,
        }
    }
}

/// Which part of a pace is out of range.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PaceFault {
    /// The turnout.
    #[error("a turnout is 0s to 30m long")]
    Turnout,
    /// The limit.
    #[error("the limit is 1 to 120 minutes")]
    Limit,
    /// One of the speeds.
    #[error("a speed is 1 to 120 km/h")]
    Speed,
}

/// Classes of OpenStreetMap that are paved as a rule, and those of the demo's towns.
const PAVED: [&str; 13] = [
    "main",
    "motorway",
    "motorway_link",
    "primary",
    "primary_link",
    "secondary",
    "secondary_link",
    "tertiary",
    "tertiary_link",
    "trunk",
    "trunk_link",
    "unclassified",
    "village",
];
/// Classes that a car takes slowly, if at all.
const TRACKS: [&str; 2] = ["cycleway", "track"];
/// Classes for those on foot.
const FEET: [&str; 5] = ["bridleway", "footway", "path", "pedestrian", "steps"];

impl Pace {
    /// Whether all of it is in range.
    ///
    /// # Errors
    /// The first part that is not.
    pub fn check(&self) -> Result<(), PaceFault> {
        let speeds = [self.paved_kmh, self.street_kmh, self.track_kmh, self.foot_kmh];
        let parts = [
            ((Span::ZERO..=Span::minutes(30)).contains(&self.turnout), PaceFault::Turnout),
            ((Span::minutes(1)..=Span::hours(2)).contains(&self.limit), PaceFault::Limit),
            (speeds.iter().all(|kmh| (1.0..=120.0).contains(kmh)), PaceFault::Speed),
        ];
        parts.iter().find(|(fine, _)| !fine).map_or(Ok(()), |(_, fault)| Err(*fault))
    }

    /// The same with another limit, minutes.
    ///
    /// # Errors
    /// When that is out of range.
    pub fn within(self, minutes: f64) -> Result<Pace, PaceFault> {
        // A number that is none becomes 0, and one that is too large the largest; neither is in range.
        let limit = Span::millis((minutes * 60_000.0).round() as i64);
        let pace = Pace { limit, ..self };
        pace.check().map(|()| pace)
    }

    /// How fast one gets along on a class of road, km/h.
    #[must_use]
    pub fn kmh(&self, highway: &str) -> f64 {
        match highway {
            class if PAVED.contains(&class) => self.paved_kmh,
            class if TRACKS.contains(&class) => self.track_kmh,
            class if FEET.contains(&class) => self.foot_kmh,
            _ => self.street_kmh,
        }
    }

    /// The seconds that a metre of a class of road takes.
    pub(super) fn seconds_a_metre(&self, highway: &str) -> f64 {
        3.6 / self.kmh(highway)
    }
}
