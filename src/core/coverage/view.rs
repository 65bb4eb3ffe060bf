//! What a camera sees, reckoned from where it stands, where it looks and how: yes, no or maybe.
//!
//! Each condition of semantics.md §4 (range, light, density, field of view) is judged three times over: it holds
//! whatever the errors (yes), it fails whatever the errors (no), or it depends on them (maybe); the view is the worst
//! of them. That is the inner and outer view of coverage.md §2.2 with the condition named that decides. Houses,
//! trees and hills are not known here: a `yes` says that nothing in the register stands against it.

use super::Verdict;
use super::ground::{offset, wrap180};
use super::lens::focal_px;
use crate::registry::{Camera, CameraKind, LonLat, NightLight};

/// A camera whose range is not known may see so far, metres, and no farther: a 4K camera with a narrow lens (3 840 px
/// at 30°) detects to 287 m, and without a bound such a camera might watch the whole town.
const UNKNOWN_REACH_M: f64 = 300.0;
/// No camera is believed to see farther by view, whatever the register says, metres; what does is declared.
const MAX_REACH_M: f64 = 2_000.0;
/// A position that may be wrong by more says nothing either way, metres.
const MAX_ERROR_M: f64 = 2_000.0;

/// What decides a view: why it is not `yes`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Limit {
    /// It is too far away.
    Range,
    /// The register does not say how far the camera sees.
    RangeUnknown,
    /// The camera has no light by night.
    NoLight,
    /// It is farther than the light reaches.
    Light,
    /// The register does not say how far the light reaches.
    LightUnknown,
    /// Too few pixels a metre.
    Density,
    /// The register does not say how wide the picture is, in pixels.
    WidthUnknown,
    /// The register does not give the field of view.
    FieldUnknown,
    /// It lies beside the field of view.
    Field,
    /// The register does not say where the camera looks.
    AzimuthUnknown,
    /// Camera and entrance are one place: there is no direction.
    Overhead,
}

impl Limit {
    /// The word users see.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Limit::Range => "range",
            Limit::RangeUnknown => "range_unknown",
            Limit::NoLight => "no_light",
            Limit::Light => "light",
            Limit::LightUnknown => "light_unknown",
            Limit::Density => "density",
            Limit::WidthUnknown => "width_unknown",
            Limit::FieldUnknown => "field_unknown",
            Limit::Field => "field",
            Limit::AzimuthUnknown => "azimuth_unknown",
            Limit::Overhead => "overhead",
        }
    }
}

/// A view with every number behind it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct View {
    /// Whether the camera sees the place well enough.
    pub verdict: Verdict,
    /// From camera to place along the ground, metres.
    pub distance_m: f64,
    /// From camera to place, degrees clockwise from true north; `None` where both are one place.
    pub bearing_deg: Option<f64>,
    /// Between the azimuth and the place, 0 to 180 degrees; `None` without an azimuth or a bearing.
    pub off_axis_deg: Option<f64>,
    /// Pixels a metre at the place; `None` where hfov or width are not known, or both are one place.
    pub px_per_m: Option<f64>,
    /// Why it is not `yes`; of several reasons for the same verdict the first of [`Limit`]'s order of asking: range,
    /// light, density, field.
    pub limit: Option<Limit>,
}

/// How a camera sees a place that asks for `need` pixels a metre, by day or by night; `None` where the register does
/// not say where the camera stands. Distance and bearing are those of a tangent plane on WGS 84 at the middle latitude
/// (exact to 0.001° and a millimetre over 200 m); heights and tilt do not enter.
#[must_use]
pub fn view(camera: &Camera, place: LonLat, need: f64, night: bool) -> Option<View> {
    Some(Sight::of(camera)?.view(place, need, night))
}

/// How far a light reaches.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Light {
    /// There is none.
    None,
    /// There is one, its reach is not known.
    Unknown,
    /// Metres.
    To(f64),
}

/// What of a camera matters for seeing, with nonsense (zero, negative, not a number) taken as not known.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Sight {
    at: LonLat,
    position_m: f64,
    azimuth: Option<(f64, f64)>,
    all_round: bool,
    hfov: Option<f64>,
    width_px: Option<u32>,
    focal_px: Option<f64>,
    range_m: Option<f64>,
    light: Light,
}

type Condition = (Verdict, Option<Limit>);

const HOLDS: Condition = (Verdict::Yes, None);

impl Sight {
    /// `None` where the register does not say where the camera stands.
    pub(super) fn of(camera: &Camera) -> Option<Sight> {
        let known = |n: Option<f64>| n.filter(|n| n.is_finite() && *n > 0.0);
        let fisheye = camera.kind == CameraKind::Fisheye;
        // A dome sees all round (semantics.md §4), also where nobody wrote that down.
        let hfov = known(camera.hfov).or(fisheye.then_some(360.0));
        let width_px = camera.width_px.filter(|w| *w > 0);
        let error = |e: f64, most: f64| if e.is_nan() { most } else { e.clamp(0.0, most) };
        Some(Sight {
            at: camera.at?,
            position_m: error(camera.position_m, MAX_ERROR_M),
            azimuth: camera.azimuth.filter(|a| a.degrees.is_finite()).map(|a| (a.degrees, error(a.error, 180.0))),
            all_round: fisheye || hfov.is_some_and(|h| h >= 360.0),
            hfov,
            width_px,
            focal_px: hfov.zip(width_px).map(|(h, w)| focal_px(h, w, fisheye)),
            range_m: known(camera.range_m).map(|r| r.min(MAX_REACH_M)),
            light: match (camera.night, known(camera.night_range_m)) {
                (NightLight::None, _) => Light::None,
                (_, None) => Light::Unknown,
                (_, Some(reach)) => Light::To(reach.min(MAX_REACH_M)),
            },
        })
    }

    /// Where the camera stands.
    pub(super) fn at(&self) -> LonLat {
        self.at
    }

    /// Beyond this nothing is more than a `no`, whatever the need at or above `least_need`, metres.
    pub(super) fn outer_reach_m(&self, least_need: f64) -> f64 {
        let fine = self.focal_px.map_or(f64::INFINITY, |focal| focal / least_need);
        self.range_m.unwrap_or(UNKNOWN_REACH_M).min(fine) + self.position_m
    }

    /// See [`view`].
    pub(super) fn view(&self, place: LonLat, need: f64, night: bool) -> View {
        let way = offset(self.at, place);
        let distance_m = way.distance_m();
        let bearing_deg = way.bearing_deg();
        let off_axis_deg = bearing_deg.zip(self.azimuth).map(|(b, (azimuth, _))| wrap180(b - azimuth).abs());
        let light = if night { self.light_reaches(distance_m) } else { HOLDS };
        let conditions = [
            self.range_reaches(distance_m),
            light,
            self.fine_enough(distance_m, need),
            self.in_field(distance_m, bearing_deg, off_axis_deg),
        ];
        let (verdict, limit) = conditions.into_iter().fold(HOLDS, |worst, c| if c.0 < worst.0 { c } else { worst });
        let px_per_m = self.focal_px.filter(|_| bearing_deg.is_some()).map(|focal| focal / distance_m);
        View { verdict, distance_m, bearing_deg, off_axis_deg, px_per_m, limit }
    }

    /// Inner and outer reach: less and plus the error of the position.
    fn reaches(&self, distance_m: f64, reach_m: f64, limit: Limit) -> Condition {
        if distance_m <= reach_m - self.position_m {
            HOLDS
        } else if distance_m <= reach_m + self.position_m {
            (Verdict::Maybe, Some(limit))
        } else {
            (Verdict::No, Some(limit))
        }
    }

    /// A reach that the register does not give: within the bound at best maybe.
    fn may_reach(&self, distance_m: f64, limit: Limit) -> Condition {
        let (verdict, _) = self.reaches(distance_m, UNKNOWN_REACH_M, limit);
        (verdict.min(Verdict::Maybe), Some(limit))
    }

    fn range_reaches(&self, distance_m: f64) -> Condition {
        match self.range_m {
            Some(range) => self.reaches(distance_m, range, Limit::Range),
            None => self.may_reach(distance_m, Limit::RangeUnknown),
        }
    }

    fn light_reaches(&self, distance_m: f64) -> Condition {
        match self.light {
            Light::None => (Verdict::No, Some(Limit::NoLight)),
            Light::Unknown => self.may_reach(distance_m, Limit::LightUnknown),
            Light::To(reach) => self.reaches(distance_m, reach, Limit::Light),
        }
    }

    /// EN 62676-4: pixels a metre at d = width_px / (2 d tan(hfov / 2)); so the need is a reach like any other.
    fn fine_enough(&self, distance_m: f64, need: f64) -> Condition {
        match (self.focal_px, self.width_px) {
            (Some(focal), _) => self.reaches(distance_m, focal / need, Limit::Density),
            (None, None) => (Verdict::Maybe, Some(Limit::WidthUnknown)),
            (None, Some(_)) => (Verdict::Maybe, Some(Limit::FieldUnknown)),
        }
    }

    /// Inner and outer field: half of hfov, less and plus the error of the azimuth and atan(σ / d) (coverage.md §2.2).
    fn in_field(&self, distance_m: f64, bearing: Option<f64>, off_axis: Option<f64>) -> Condition {
        if self.all_round {
            return HOLDS;
        }
        let maybe = |limit| (Verdict::Maybe, Some(limit));
        let Some((_, azimuth_error)) = self.azimuth else { return maybe(Limit::AzimuthUnknown) };
        let Some(hfov) = self.hfov else { return maybe(Limit::FieldUnknown) };
        let (Some(_), Some(off_axis)) = (bearing, off_axis) else { return maybe(Limit::Overhead) };
        let error = azimuth_error + self.position_m.atan2(distance_m).to_degrees();
        if off_axis <= hfov / 2.0 - error {
            HOLDS
        } else if off_axis <= hfov / 2.0 + error {
            maybe(Limit::Field)
        } else {
            (Verdict::No, Some(Limit::Field))
        }
    }
}
