//! A camera as the register holds it, and which checks it gets.

use std::sync::Arc;

use super::LonLat;
use super::objects::{Extra, words};
use crate::model::{AreaId, CameraId, Check, ElementId, NodeId, Span};

words! {
    /// The four layers of the plan 圈块线点.
    Layer {
        /// The outer ring 圈.
        Circle = "circle",
        /// The inside 块.
        Block = "block",
        /// A road watched along its length 线.
        Line = "line",
        /// A place of its own 点.
        Point = "point",
    }
}
words! {
    /// How a camera looks.
    CameraKind {
        /// Always the same view.
        Fixed = "fixed",
        /// Turns; counts at its home preset.
        Ptz = "ptz",
        /// All round.
        Fisheye = "fisheye",
    }
}
words! {
    /// The light a camera has by night.
    NightLight {
        /// None.
        None = "none",
        /// Infrared.
        Ir = "ir",
        /// White light.
        White = "white",
    }
}
words! {
    /// The life of a camera (semantics.md §1).
    Life {
        /// Not there yet; not probed.
        Planned = "planned",
        /// In use.
        Active = "active",
        /// Being worked on; probed, and watches if it answers.
        Maintenance = "maintenance",
        /// Gone; not probed.
        Retired = "retired",
    }
}

impl Life {
    /// Active or in maintenance.
    #[must_use]
    pub const fn is_installed(self) -> bool {
        matches!(self, Life::Active | Life::Maintenance)
    }
}

/// Where a camera looks.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Azimuth {
    /// Degrees clockwise from true north, 0 to 360.
    pub degrees: f64,
    /// Degrees to either side; 22.5 where one of the eight directions was given.
    pub error: f64,
}

/// Hours a day in which a camera is on duty, local time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Duty {
    /// Minute of the day at which it begins.
    pub from_minute: u16,
    /// Minute of the day at which it ends; before `from_minute` it ends the next day.
    pub to_minute: u16,
}

/// At both ends of its hours a camera is given so many minutes to start up, and for its clock to be off.
const MARGIN: u16 = 2;
/// Of shorter hours nothing is taken away.
const SHORT: u16 = 10;

impl Duty {
    /// Whether a minute of the day (0 to 1439) lies in it.
    #[must_use]
    pub const fn includes(self, minute: u16) -> bool {
        if self.from_minute < self.to_minute {
            self.from_minute <= minute && minute < self.to_minute
        } else {
            self.from_minute <= minute || minute < self.to_minute
        }
    }

    /// The hours in which its answers count: two minutes less at either end, so that one which is just starting up, or
    /// whose own clock is a little off, is not taken for dead.
    #[must_use]
    pub const fn judged(self) -> Duty {
        const DAY: u16 = 1_440;
        let minutes = (self.to_minute + DAY - self.from_minute) % DAY;
        if minutes == 0 || minutes <= SHORT {
            return self;
        }
        Duty { from_minute: (self.from_minute + MARGIN) % DAY, to_minute: (self.to_minute + DAY - MARGIN) % DAY }
    }
}

/// One word of the column `watches`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WatchRule {
    /// An entrance, or a plan element for all its entrances.
    pub id: Arc<str>,
    /// `false` for an id with a leading `!`.
    pub watches: bool,
}

/// How reach is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReachVia {
    /// ICMP echo.
    Icmp,
    /// A TCP connect to this port.
    Tcp(u16),
}

/// One word of the column `checks`, `reach=tcp:554/5s`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChecksSpec {
    /// Which check.
    pub check: Check,
    /// For reach: how, where the word says so. `Some((via, None))` is `tcp` without a port.
    pub reach: Option<(ReachWord, Option<u16>)>,
    /// The interval, where the word says so.
    pub interval: Option<Span>,
}

words! {
    /// The word behind `reach=`.
    ReachWord {
        /// ICMP echo.
        Icmp = "icmp",
        /// TCP connect.
        Tcp = "tcp",
    }
}

/// A check that is on, with what the registry or the settings say about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CheckPlan {
    /// Time between two ordinary tries.
    pub interval: Span,
}

/// A camera.
#[derive(Clone, PartialEq, Debug)]
pub struct Camera {
    /// Its id.
    pub id: CameraId,
    /// The 20 digits of GB/T 28181.
    pub gb_code: Option<Arc<str>>,
    /// Its name.
    pub name: Arc<str>,
    /// The area it stands in.
    pub area: AreaId,
    /// Its layer of the plan.
    pub layer: Layer,
    /// Its element of the plan.
    pub element: Option<ElementId>,
    /// How it looks.
    pub kind: CameraKind,
    /// Where it stands.
    pub at: Option<LonLat>,
    /// Error of the position, metres.
    pub position_m: f64,
    /// Height of the lens above ground, metres.
    pub height_m: Option<f64>,
    /// Where it looks.
    pub azimuth: Option<Azimuth>,
    /// Degrees below the horizon.
    pub tilt: Option<f64>,
    /// Horizontal field of view, degrees.
    pub hfov: Option<f64>,
    /// How far it sees by day, metres.
    pub range_m: Option<f64>,
    /// Picture width, pixels.
    pub width_px: Option<u32>,
    /// Picture height, pixels.
    pub height_px: Option<u32>,
    /// Its light by night.
    pub night: NightLight,
    /// How far that light reaches, metres.
    pub night_range_m: Option<f64>,
    /// When it is on duty; `None`: always.
    pub duty: Option<Duty>,
    /// The nodes it hangs on; it needs all of them. Empty: the path is unknown.
    pub node: Vec<NodeId>,
    /// The feeds it hangs on; it needs all of them.
    pub power: Vec<NodeId>,
    /// Its life.
    pub status: Life,
    /// Its address: an IP address or a name.
    pub host: Option<Arc<str>>,
    /// URL of the stream, `{host}` allowed.
    pub rtsp: Option<Arc<str>>,
    /// URL of the snapshot, `{host}` allowed.
    pub snapshot: Option<Arc<str>>,
    /// URL of the ONVIF device service, `{host}` allowed.
    pub onvif: Option<Arc<str>>,
    /// Entry of the secrets file.
    pub credential: Option<Arc<str>>,
    /// Which checks, where the column says so; empty: all that have a URL.
    pub checks: Vec<ChecksSpec>,
    /// Maker.
    pub vendor: Option<Arc<str>>,
    /// Model.
    pub model: Option<Arc<str>>,
    /// Day of installation, ISO 8601.
    pub installed_on: Option<Arc<str>>,
    /// What it watches by declaration.
    pub watches: Vec<WatchRule>,
    /// Anything.
    pub note: Option<Arc<str>>,
    /// Unknown columns.
    pub extra: Extra,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_of_duty_may_go_over_midnight_and_leave_time_to_start_up() {
        let duty = |from_minute, to_minute| Duty { from_minute, to_minute };
        let day = duty(8 * 60, 18 * 60);
        assert!(day.includes(8 * 60) && day.includes(18 * 60 - 1) && !day.includes(18 * 60) && !day.includes(0));
        let night = duty(20 * 60, 6 * 60);
        assert!(night.includes(20 * 60) && night.includes(0) && night.includes(359) && !night.includes(12 * 60));
        let whole = duty(0, 1_440);
        assert!((0..1_440).all(|m| whole.includes(m) && whole.judged().includes(m)));
        assert_eq!(day.judged(), duty(8 * 60 + 2, 18 * 60 - 2));
        assert_eq!(duty(23 * 60 + 59, 60).judged(), duty(1, 58), "over midnight");
        assert_eq!(duty(60, 70).judged(), duty(60, 70), "of ten minutes nothing is taken away");
        assert_eq!(duty(12 * 60, 1_440).judged(), duty(12 * 60 + 2, 1_438));
        assert!(!duty(1_380, 1).judged().includes(0) && duty(1_380, 1).judged().includes(1_390));
    }
}
